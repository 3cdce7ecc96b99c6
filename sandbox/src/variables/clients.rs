//! `maskinporten_clients`: each consumer's client, with the key that signs its grants.

use serde::Serialize;

use crate::population::{Consumer, Credential, PrivateKey};

/// Entry of `maskinporten_clients`.
#[derive(Debug, Serialize)]
pub(super) struct Registration<'a> {
    organisation: &'a str,
    client_id: &'a str,
    keys: [Key<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Key<'a> {
    #[serde(flatten)]
    identifier: Identifier<'a>,
    #[serde(flatten)]
    signer: Signer<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Identifier<'a> {
    Kid(&'a str),
    CertificateChain(&'a [String]),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Signer<'a> {
    /// Private key in PKCS#8 PEM.
    Key(&'a str),
    Transit {
        key: &'a str,
        version: u32,
    },
}

pub(super) fn clients(consumers: &[Consumer]) -> Vec<Registration<'_>> {
    consumers.iter().map(Registration::new).collect()
}

impl<'a> Registration<'a> {
    fn new(consumer: &'a Consumer) -> Self {
        let identifier = match &consumer.credential {
            Credential::Registered { kid } => Identifier::Kid(kid),
            Credential::Certified { chain } => Identifier::CertificateChain(chain),
        };
        let signer = match &consumer.key {
            PrivateKey::Here(pem) => Signer::Key(pem),
            PrivateKey::InVault { name, version } => Signer::Transit {
                key: name,
                version: *version,
            },
        };
        Self {
            organisation: consumer.organisation,
            client_id: consumer.client_id,
            keys: [Key { identifier, signer }],
        }
    }
}
