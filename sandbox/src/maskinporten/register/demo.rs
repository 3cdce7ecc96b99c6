//! What a sandbox starts with.
//!
//! Each consumer of the demo has a client with all of its scopes, and is granted them. One scope can
//! be delegated: Fjordvik Snekkerverksted (313367002) is granted it too, and has delegated it to
//! Fjordbanken, as Altinn's register says. Organisations are those of Altinn's register. The scopes'
//! owner is invented, also where their names are real.

use time::OffsetDateTime;

use super::{Client, Register, RegisteredKey, Scope};
use crate::altinn::register::ORGANISATIONS;
use crate::altinn::{DELEGATION_SOURCE, DEMO_DELEGATED_SCOPE};
use crate::consumer::{Consumer, Credential};

const SCOPES: [&str; 9] = [
    "altinn:consentrequests.read",
    "altinn:consentrequests.write",
    "altinn:consenttokens.read",
    "altinn:consenttokens.write",
    "skatteetaten:kravogbetalinger",
    "skatteetaten:inntekt",
    "skatteetaten:summertskattegrunnlag",
    "folkeregister:deling/finans",
    DEMO_DELEGATED_SCOPE,
];
/// Fjellsystem AS.
const OWNER: &str = "310000108";
/// Fjordvik Snekkerverksted.
const CUSTOMER: &str = "313367002";

impl Register {
    /// The demo's, at `now`.
    pub(in crate::maskinporten) fn of(consumers: &[Consumer], now: OffsetDateTime) -> Self {
        let mut register = Self::default();
        for organisation in ORGANISATIONS {
            register.add_organisation(organisation.number, organisation.name);
        }
        for name in SCOPES {
            let delegable = name == DEMO_DELEGATED_SCOPE;
            let scope = Scope {
                owner: OWNER.to_owned(),
                delegation_source: delegable.then(|| DELEGATION_SOURCE.to_owned()),
                ..Scope::default()
            };
            register.add_scope(name, scope);
        }
        register.grant(DEMO_DELEGATED_SCOPE, CUSTOMER);
        for consumer in consumers {
            let mut client = Client::new(consumer.client_id, consumer.organisation);
            client.scopes = SCOPES.map(str::to_owned).into();
            client.keys = keys(consumer, now);
            register.add_client(client);
            for scope in SCOPES {
                register.grant(scope, consumer.organisation);
            }
        }
        register
    }
}

fn keys(consumer: &Consumer, now: OffsetDateTime) -> Vec<RegisteredKey> {
    match consumer.credential {
        Credential::Registered { kid } => vec![RegisteredKey {
            kid: kid.to_owned(),
            key: consumer.public_key.clone(),
            posted: now,
            expires: None,
        }],
        Credential::Certified { .. } => vec![],
    }
}
