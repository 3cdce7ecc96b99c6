//! Requests are compared byte for byte and verified by independent programs. Answers are recorded
//! ones or follow the schemas.

mod answers;
mod changes;
mod golden;
mod judged;
mod others;
mod refusals;
mod requests;
mod rules;
mod seals;
mod texts;

use std::sync::LazyLock;

use bytes::Bytes;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::job::*;
use super::*;
use crate::fixtures::{SEAL_CHAIN as CHAIN, seal_key as key};
use innsyn_core::fixtures::{CONSUMER, consumer};
use innsyn_core::origin::Origin;
use innsyn_core::party::PersonNumber;

const NOW: OffsetDateTime = datetime!(2026-11-20 14:05:09.75 +01:00);
const BOUNDARY: &str = "b1e55edb1e55edb1e55ed";

/// Synthetic persons of the test population.
const KARI: &str = "17897432161";
const OLA: &str = "69886141211";

static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::from_pem(CHAIN, &key()).expect("a seal"));

fn origin(text: &str) -> Origin {
    Origin::parse(text).expect("an origin")
}

/// Returns a configuration with a local proxy.
fn posten() -> Posten {
    Posten::new(
        origin("http://localhost:3100"),
        "/posten",
        Some(origin("https://api.posten.example")),
        origin("https://posten.example"),
    )
    .expect("a place")
}

fn person(number: &str) -> SignerIdentifier {
    SignerIdentifier::Person(PersonNumber::parse(number).expect("a number"))
}

fn signer(who: SignerIdentifier) -> Signer {
    Signer {
        who,
        signature_type: None,
        on_behalf_of: OnBehalfOf::Oneself,
        order: 0,
        notifications: None,
    }
}

fn pdf(title: &str) -> Document {
    Document {
        media_type: MediaType::Pdf,
        title: title.to_owned(),
        content: Bytes::from_static(
            b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
        ),
    }
}

/// Returns a job with every compatible option.
fn direct() -> Job {
    Job {
        plan: Plan::Direct {
            exit: ExitAddresses {
                completion: "https://bank.example/signatures/return/completion?job=a&b=\"c\""
                    .to_owned(),
                rejection: "https://bank.example/signatures/return/rejection?job=a".to_owned(),
                error: "https://bank.example/signatures/return/error?job=a".to_owned(),
            },
        },
        sender: consumer(CONSUMER),
        reference: "sak-ZqVb0yJ2bqkYt2mD".to_owned(),
        queue: Some("innsending".to_owned()),
        title: "Avtale <1> & ]]> \"to\"".to_owned(),
        nonsensitive_title: None,
        // Decomposed characters.
        description: Some("Les avtalen fo\u{308}r du signe\u{301}rer.".to_owned()),
        documents: vec![
            pdf("Avtale"),
            Document {
                media_type: MediaType::Text,
                title: "Vedlegg".to_owned(),
                content: Bytes::from_static("Blåbær\r\n".as_bytes()),
            },
        ],
        signers: vec![
            Signer {
                signature_type: Some(SignatureType::Authenticated),
                ..signer(person(KARI))
            },
            Signer {
                on_behalf_of: OnBehalfOf::Other,
                ..signer(SignerIdentifier::Own("part-2".to_owned()))
            },
        ],
        authentication: Some(AuthenticationLevel::Three),
        identifier: Some(IdentifierInDocument::DateOfBirthAndName),
    }
}

fn portal() -> Job {
    let addresses = |email: Option<&str>, sms: Option<&str>| {
        Some(Notifications::Addresses {
            email: email.map(str::to_owned),
            sms: sms.map(str::to_owned),
        })
    };
    Job {
        plan: Plan::Portal {
            activation: Some(datetime!(2026-11-23 08:00 +01:00)),
            available: Some(Duration::days(7)),
        },
        queue: None,
        nonsensitive_title: Some("Avtale til signering".to_owned()),
        description: None,
        documents: vec![pdf("Avtale")],
        signers: vec![
            Signer {
                signature_type: Some(SignatureType::Advanced),
                notifications: Some(Notifications::Lookup { sms: true }),
                ..signer(person(KARI))
            },
            Signer {
                on_behalf_of: OnBehalfOf::Other,
                order: 1,
                notifications: addresses(Some("o'leder&co@bedrift.example"), Some("+4740000001")),
                ..signer(person(OLA))
            },
            Signer {
                order: 1,
                notifications: addresses(None, Some("40000002")),
                ..signer(SignerIdentifier::Contact)
            },
        ],
        authentication: Some(AuthenticationLevel::Four),
        identifier: None,
        ..direct()
    }
}
