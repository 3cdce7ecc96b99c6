//! Scopes that one organisation lets another use in its name (Digdir, "Delegering"; Altinn's
//! delegation of Maskinporten schemes).
//!
//! Assumption: a delegation is for one scope; that several scopes may share one resource in Altinn,
//! and are then delegated together, is left out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Altinn;

/// The register as tokens name it. The slash at the end stands in real tokens, not in every page of
/// documentation. The sandbox plays the test environment.
pub const DELEGATION_SOURCE: &str = "https://tt02.altinn.no/";

/// The scope that the demo's customer lets Fjordbanken use in its name.
pub const DEMO_DELEGATED_SCOPE: &str = "fjellapi:deliveries.read";

/// That a consumer lets a supplier use one of its scopes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Who may use the scope: nine digits.
    pub supplier_org: String,
    /// Whose scope it is: nine digits.
    pub consumer_org: String,
    /// The scope.
    pub scope: String,
}

/// All delegations.
pub(super) type Delegations = BTreeSet<Delegation>;

/// The demo's one: Fjordvik Snekkerverksted to Fjordbanken.
pub(super) fn demo() -> Delegations {
    [Delegation {
        supplier_org: crate::consumer::FJORDBANKEN.to_owned(),
        consumer_org: "313367002".to_owned(),
        scope: DEMO_DELEGATED_SCOPE.to_owned(),
    }]
    .into()
}

impl Altinn {
    /// All delegations.
    pub fn delegations(&self) -> Vec<Delegation> {
        self.state().delegations.iter().cloned().collect()
    }

    /// A consumer delegates. It may do so before the scope's owner has granted it the scope. False
    /// when it had already.
    pub fn delegate(&self, delegation: Delegation) -> bool {
        self.state().delegations.insert(delegation)
    }

    /// A consumer takes a delegation back. False when there was none.
    pub fn withdraw_delegation(&self, delegation: &Delegation) -> bool {
        self.state().delegations.remove(delegation)
    }

    /// Whether it stands: what Maskinporten asks when a grant names a consumer.
    pub(crate) fn is_delegated(&self, delegation: &Delegation) -> bool {
        self.state().delegations.contains(delegation)
    }
}
