//! Signers and their notifications.

use super::*;

#[test]
fn signers() {
    each_breaks(
        direct,
        &[
            ("signers", Violation::Count(1, 10), |job| {
                job.signers.clear();
            }),
            ("signers", Violation::Count(1, 10), |job| {
                job.signers = (0..11)
                    .map(|place| signer(SignerIdentifier::Own(format!("part-{place}"))))
                    .collect();
            }),
            ("signers[2]", Violation::Duplicate, |job| {
                job.signers
                    .push(signer(SignerIdentifier::Own("part-2".to_owned())));
            }),
            ("signers[2]", Violation::Duplicate, |job| {
                job.signers.push(signer(person(KARI)));
            }),
            // A real number, one of NAV's tests, and numbers outside Posten's test environment.
            ("signers[0].number", Violation::Population, |job| {
                job.signers[0].who = person("30108299920");
            }),
            ("signers[0].number", Violation::Population, |job| {
                job.signers[0].who = person("13527248013");
            }),
            ("signers[0].order", Violation::PortalOnly, |job| {
                job.signers[0].order = 1;
            }),
            ("signers[0]", Violation::PortalOnly, |job| {
                job.signers[0].who = SignerIdentifier::Contact;
            }),
            ("signers[0].notifications", Violation::PortalOnly, |job| {
                job.signers[0].notifications = Some(addresses(None, Some("40000001")));
            }),
            ("nonsensitive_title", Violation::PortalOnly, |job| {
                job.nonsensitive_title = Some("x".to_owned());
            }),
        ],
    );
    each_breaks(
        portal,
        &[
            ("signers[0].order", Violation::Order, |job| {
                job.signers[0].order = 10;
            }),
            ("signers[2].identifier", Violation::DirectOnly, |job| {
                job.signers[2].who = SignerIdentifier::Own("part-2".to_owned());
            }),
            ("signers[1].notifications", Violation::Needed, |job| {
                job.signers[1].notifications = None;
            }),
            ("signers[1].notifications", Violation::Needed, |job| {
                job.signers[1].notifications = Some(addresses(None, None));
            }),
            (
                "signers[2].notifications",
                Violation::LookupWithoutNumber,
                |job| {
                    job.signers[2].notifications = Some(Notifications::Lookup { sms: false });
                },
            ),
            (
                "signers[0].notifications",
                Violation::LookupForOther,
                |job| {
                    job.signers[0].on_behalf_of = OnBehalfOf::Other;
                },
            ),
            ("signers[3]", Violation::Duplicate, |job| {
                job.signers.push(job.signers[2].clone());
            }),
        ],
    );
    all_fit(
        portal,
        &[
            |job| {
                job.signers = (0..10)
                    .map(|place| Signer {
                        notifications: Some(addresses(None, Some(&format!("4000000{place}")))),
                        ..signer(SignerIdentifier::Contact)
                    })
                    .collect();
            },
            |job| job.signers[0].order = 9,
            |job| job.signers[2].notifications = Some(addresses(Some("a@b.example"), None)),
        ],
    );
    let real = Job {
        signers: vec![signer(person("30108299920"))],
        ..direct()
    };
    assert_eq!(real.check(Environment::Production, NOW), Ok(()));
    let synthetic = direct().check(Environment::Production, NOW);
    assert_eq!(
        synthetic.map_err(|invalid| invalid.violation),
        Err(Violation::Population)
    );
}

#[test]
fn addresses_of_signers() {
    for email in [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b@c.example",
        "a b@c.example",
        "a@b..example",
        "a@b.",
        "a@b.example\n",
        "a\u{1}@b.example",
    ] {
        let mut job = portal();
        job.signers[1].notifications = Some(addresses(Some(email), None));
        let field = "signers[1].notifications.email".to_owned();
        assert_eq!(fault(&job), Some((field, Violation::Email)), "{email}");
    }
    for number in [
        "",
        "4000000",
        "400 00 001",
        "+",
        "++4740000001",
        "0047x0000001",
        "1234567890123456",
    ] {
        let mut job = portal();
        job.signers[1].notifications = Some(addresses(Some("a@b.example"), Some(number)));
        let field = "signers[1].notifications.sms".to_owned();
        assert_eq!(fault(&job), Some((field, Violation::Mobile)), "{number}");
    }
    for (email, sms) in [
        (format!("{}@b.example", "x".repeat(244)), "40000001"),
        ("blåbær+x@æøå.example".to_owned(), "+123456789012345"),
    ] {
        let mut job = portal();
        job.signers[1].notifications = Some(addresses(Some(&email), Some(sms)));
        assert_eq!(fault(&job), None, "{email}");
    }
    let mut job = portal();
    let long = format!("{}@b.example", "x".repeat(245));
    job.signers[1].notifications = Some(addresses(Some(&long), None));
    assert_eq!(fault(&job).map(|(_, rule)| rule), Some(Violation::Email));
    // A foreign mobile number may have the form of a national identity number.
    let mut job = portal();
    job.signers[1].notifications = Some(addresses(Some("blåbær+x@æøå.example"), Some(KARI)));
    assert_eq!(fault(&job), None);
}
