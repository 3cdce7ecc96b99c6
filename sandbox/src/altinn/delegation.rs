//! Delegations: scopes that one organisation lets another use in its name (Digdir, "Delegering";
//! Altinn's delegation of Maskinporten schemes).
//!
//! Assumption: a delegation is for one scope; that several scopes may share one resource in Altinn,
//! and are then delegated together, is left out.

use std::collections::BTreeSet;

use crate::interfaces::Delegation;
use crate::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};

/// Delegations in force.
pub(super) type Delegations = BTreeSet<Delegation>;

/// Returns the delegation of the demo: from Fjordvik Snekkerverksted to Fjordbanken.
pub(super) fn demo() -> Delegations {
    [Delegation {
        supplier_org: FJORDBANKEN.to_owned(),
        consumer_org: "313367002".to_owned(),
        scope: DEMO_DELEGATED_SCOPE.to_owned(),
    }]
    .into()
}
