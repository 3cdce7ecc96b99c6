//! Validation of jobs before they are sent.

mod signers;
mod texts;

use super::*;
use innsyn_core::party::Environment;

type Alter = fn(&mut Job);

fn fault(job: &Job) -> Option<(String, Violation)> {
    let invalid = job.check(Environment::Test, NOW).err()?;
    Some((invalid.field, invalid.violation))
}

/// Checks that each alteration alone breaks the rule at the given field.
fn each_breaks(job: fn() -> Job, cases: &[(&str, Violation, Alter)]) {
    assert_eq!(fault(&job()), None, "it is fit as it is");
    for (field, rule, alter) in cases {
        let mut job = job();
        alter(&mut job);
        assert_eq!(fault(&job), Some(((*field).to_owned(), *rule)));
    }
}

fn all_fit(job: fn() -> Job, alterations: &[Alter]) {
    for (place, alter) in alterations.iter().enumerate() {
        let mut job = job();
        alter(&mut job);
        assert_eq!(fault(&job), None, "{place}");
    }
}

fn exit(job: &mut Job) -> &mut ExitAddresses {
    match &mut job.plan {
        Plan::Direct { exit } => exit,
        Plan::Portal { .. } => panic!("a direct job"),
    }
}

fn times(activation: Option<OffsetDateTime>, available: Option<Duration>) -> Plan {
    Plan::Portal {
        activation,
        available,
    }
}

fn addresses(email: Option<&str>, sms: Option<&str>) -> Notifications {
    Notifications::Addresses {
        email: email.map(str::to_owned),
        sms: sms.map(str::to_owned),
    }
}

#[test]
fn documents() {
    each_breaks(
        portal,
        &[
            ("documents", Violation::Count(1, 20), |job| {
                job.documents.clear();
            }),
            ("documents", Violation::Count(1, 20), |job| {
                job.documents = vec![pdf("x"); 21];
            }),
            ("documents", Violation::TooLarge, |job| {
                let size = MOST_BYTES - job.documents[0].content.len() + 1;
                job.documents.push(Document {
                    media_type: MediaType::Text,
                    title: "Stor".to_owned(),
                    content: Bytes::from(vec![b'x'; size]),
                });
            }),
            ("documents[0].content", Violation::Empty, |job| {
                job.documents[0].content = Bytes::new();
            }),
            ("documents[0].content", Violation::NotPdf, |job| {
                job.documents[0].content = Bytes::from_static(b"<html>");
            }),
            ("documents[0].content", Violation::NotPdf, |job| {
                let late = [vec![b'\n'; 1024], b"%PDF-1.7".to_vec()].concat();
                job.documents[0].content = Bytes::from(late);
            }),
            ("documents[0].content", Violation::PdfVersion, |job| {
                job.documents[0].content = Bytes::from_static(b"%PDF-2.0\n");
            }),
            ("documents[0].content", Violation::PdfVersion, |job| {
                job.documents[0].content = Bytes::from_static(b"%PDF-1.0\n");
            }),
            ("documents[0].content", Violation::PdfEncrypted, |job| {
                job.documents[0].content =
                    Bytes::from_static(b"%PDF-1.6\ntrailer << /Encrypt 12 0 R /Root 1 0 R >>");
            }),
            ("documents[0].content", Violation::PdfEncrypted, |job| {
                job.documents[0].content =
                    Bytes::from_static(b"%PDF-1.6\ntrailer << /Encrypt<< /V 4 >> >>");
            }),
            ("documents[0].content", Violation::NotText, |job| {
                job.documents[0].media_type = MediaType::Text;
                job.documents[0].content = Bytes::from_static(b"Bl\xe5b\xe6r");
            }),
        ],
    );
    all_fit(
        portal,
        &[
            |job| {
                job.signers[0].signature_type = None;
                job.documents = vec![pdf("x"); 20];
            },
            |job| job.documents[0].content = Bytes::from_static(b"%PDF-1.1"),
            |job| job.documents[0].content = Bytes::from_static(b"\n%PDF-1.7"),
            |job| {
                let text =
                    b"%PDF-1.4 /EncryptMetadata false (/Encrypt me) /Encrypt 12 of them /Encrypt";
                job.documents[0].content = Bytes::from_static(text);
            },
        ],
    );
}

#[test]
fn times_of_the_portal() {
    each_breaks(
        portal,
        &[
            ("available", Violation::Availability, |job| {
                job.plan = times(None, Some(Duration::seconds(7_776_001)));
            }),
            ("available", Violation::Availability, |job| {
                job.plan = times(None, Some(Duration::seconds(-1)));
            }),
            ("available", Violation::Availability, |job| {
                job.plan = times(None, Some(Duration::milliseconds(1500)));
            }),
            ("activation", Violation::Time, |job| {
                job.plan = times(Some(datetime!(0000-01-01 00:00 UTC)), None);
            }),
            ("activation", Violation::Time, |job| {
                job.plan = times(Some(datetime!(9999-12-31 23:59:59 UTC)), None);
            }),
            // In UTC the year is out of range.
            ("activation", Violation::Time, |job| {
                job.plan = times(Some(datetime!(9999-12-31 23:59:59 -23:59)), None);
            }),
            ("activation", Violation::Time, |job| {
                let later = NOW + FARTHEST + Duration::SECOND;
                job.plan = times(Some(later), None);
            }),
            ("available", Violation::Availability, |job| {
                job.plan = times(None, Some(Duration::MAX));
            }),
        ],
    );
    all_fit(
        portal,
        &[
            |job| job.plan = times(None, Some(Duration::seconds(7_776_000))),
            |job| job.plan = times(None, Some(Duration::ZERO)),
            |job| job.plan = times(Some(datetime!(1999-01-01 00:00 UTC)), None),
            |job| job.plan = times(Some(datetime!(0001-01-01 00:00 +23:59)), None),
            |job| job.plan = times(Some(NOW + FARTHEST), Some(LONGEST)),
            |job| job.plan = times(None, None),
        ],
    );
}

#[test]
fn mixtures() {
    each_breaks(
        direct,
        &[
            ("identifier", Violation::NumberNotKnown, |job| {
                job.identifier = Some(IdentifierInDocument::NumberAndName);
            }),
            ("identifier", Violation::NameWithAdvanced, |job| {
                job.signers[1].signature_type = Some(SignatureType::Advanced);
                job.identifier = Some(IdentifierInDocument::Name);
            }),
            // Level 3 and authenticated signatures are for public senders.
            ("identifier", Violation::BirthWithAdvanced, |job| {
                job.signers[1].signature_type = Some(SignatureType::Advanced);
            }),
            ("documents", Violation::OneDocument, |job| {
                job.identifier = None;
                job.signers[1].signature_type = Some(SignatureType::Advanced);
            }),
        ],
    );
    each_breaks(
        portal,
        &[("documents", Violation::OneDocument, |job| {
            job.documents.push(pdf("Vedlegg"));
        })],
    );
    all_fit(
        direct,
        &[
            |job| {
                job.signers.truncate(1);
                job.identifier = Some(IdentifierInDocument::NumberAndName);
            },
            |job| job.identifier = Some(IdentifierInDocument::Name),
            // Combinations that a private sender may use.
            |job| {
                job.authentication = Some(AuthenticationLevel::Four);
                job.signers[0].signature_type = Some(SignatureType::Advanced);
            },
        ],
    );
}

#[test]
fn what_is_told_holds_no_value() {
    let mut job = direct();
    job.reference = format!("sak-{KARI}");
    let invalid = job.check(Environment::Test, NOW).expect_err("unfit");
    assert_eq!(
        invalid.to_string(),
        "`reference` must not hold a national identity number"
    );
    assert!(!format!("{invalid:?}").contains(KARI));
    assert!(!format!("{:?}", job.signers).contains(KARI));
}
