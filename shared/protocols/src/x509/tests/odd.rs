//! Irregular certificates: each irregularity is reported, and only malformed certificates are
//! errors.

use time::Duration;

use super::*;
use crate::x509::plan::*;

fn number(subject: &[(&'static str, &str)]) -> Result<String, NumberError> {
    let certificate = read(&Plan::new("").subject(subject));
    let number = certificate.subject.number();
    number.map(|own| own.number.as_str().to_owned())
}

#[test]
fn the_number_stands_in_any_of_three_places_which_must_agree() {
    let found = Ok("310000205".to_owned());
    for subject in [
        &[("2.5.4.97", "NTRNO-310000205")][..],
        &[("2.5.4.5", "310000205")],
        &[("2.5.4.10", "LUR KATT AS-310000205")],
        &[("2.5.4.10", "Lur Katt AS - 310 000 205")],
        &[("2.5.4.5", "310000205"), ("2.5.4.97", "NTRNO-310000205")],
    ] {
        assert_eq!(number(subject), found, "{subject:?}");
    }
    for (subject, error) in [
        (
            &[("2.5.4.5", "310000302"), ("2.5.4.97", "NTRNO-310000205")][..],
            NumberError::Mismatch("310000205".to_owned(), "310000302".to_owned()),
        ),
        (
            &[("2.5.4.97", "NTRNO-987654321")],
            NumberError::CheckDigit("987654321".to_owned()),
        ),
        (&[("2.5.4.10", "Lur Katt AS")], NumberError::Missing),
        (&[("2.5.4.11", "Nord-310000302")], NumberError::Missing),
        (&[("2.5.4.97", "310000205")], NumberError::Missing),
        (&[("2.5.4.97", "ntrno-310000205")], NumberError::Missing),
        (&[("2.5.4.97", "PSDNO-310000205")], NumberError::Missing),
    ] {
        assert_eq!(number(subject), Err(error), "{subject:?}");
    }
    let foreign = read(&Plan::new("VATSE-556000000001"));
    assert_eq!(
        foreign.subject.unexpected_identifiers(),
        ["VATSE-556000000001"]
    );
    assert_eq!(foreign.holder(), Holder::Unknown);
}

#[test]
fn whoever_it_is_for_is_recognised() {
    let mine = || Plan::new("NTRNO-310000205");
    let person = |name, value| mine().subject(&[("2.5.4.10", "LUR KATT AS"), (name, value)]);
    for (plan, holder) in [
        (mine(), Holder::Enterprise),
        (
            person("2.5.4.5", "UN:NO-9578-4050-127545879"),
            Holder::Person,
        ),
        (person("2.5.4.5", "9578-4050-127545879"), Holder::Person),
        (person("2.5.4.5", "02829090123"), Holder::Person),
        (person("2.5.4.4", "KATT"), Holder::Person),
        (
            mine().with(policies(&["2.16.578.1.26.1.3.1"])),
            Holder::Person,
        ),
        (
            mine().with(alternative(0x82, "lurkatt.example")),
            Holder::Website,
        ),
        (
            mine().with(Extension::critical(
                "2.5.29.19",
                sequence(&[tlv(1, &[0xff])]),
            )),
            Holder::Authority,
        ),
        (person("2.5.4.97", "NTRNO-987654321"), Holder::Enterprise),
        (mine().subject(&[("2.5.4.3", "somebody")]), Holder::Unknown),
    ] {
        let certificate = read(&plan);
        assert_eq!(certificate.holder(), holder, "{:?}", plan.subject);
        assert!(
            !format!("{certificate:?}").contains("0282"),
            "a number of a person is printed"
        );
    }
}

#[test]
fn whoever_issued_it_is_known_by_the_key() {
    let known = Authorities::known();
    let mine = || Plan::new("NTRNO-310000205");
    for authority in known.iter() {
        let issued = read(&mine().with(plan::authority(&authority.key.to_string())));
        assert_eq!(known.issuer_of(&issued), Issuer::Known(authority));
    }
    let other = || plan::authority("00112233445566778899aabbccddeeff00112233");
    let like = read(&mine().with(other()));
    assert!(
        matches!(known.issuer_of(&like), Issuer::LookAlike(authority) if authority.vendor == CaVendor::Buypass)
    );
    let mut named = mine().with(other());
    named.issuer = names(&[("2.5.4.3", "SIMULERT Class 3 Test4 CA G2 ST Business")]);
    let simulated = read(&named);
    assert_eq!(known.issuer_of(&simulated), Issuer::Unknown);
    let ours = Authority {
        name: "SIMULERT Class 3 Test4 CA G2 ST Business".to_owned(),
        vendor: CaVendor::Buypass,
        role: Role::Issuing,
        generation: Generation::Seid2,
        environment: Environment::Test,
        key: simulated.authority_key.clone().expect("a key"),
        fingerprint: like.fingerprint,
    };
    let configured = known.clone().with(ours.clone());
    assert_eq!(configured.issuer_of(&simulated), Issuer::Known(&ours));
    assert_eq!(configured.whose(&like), Some(&ours));
    assert_eq!(configured.whose(&simulated), None);
    // Names are equal regardless of case, blanks, order and encoding.
    let mut own = mine();
    own.issuer = names(&[
        ("2.5.4.97", "NTRNO-310000205"),
        ("2.5.4.3", "Testvirksomhet "),
    ]);
    own.subject = names(&[
        ("2.5.4.3", "TESTVIRKSOMHET"),
        ("2.5.4.97", "ntrno-310000205"),
    ]);
    assert_eq!(known.issuer_of(&read(&own)), Issuer::Itself);
}

#[test]
fn every_known_authority_is_in_the_table_once() {
    let known = Authorities::known();
    assert_eq!(
        known.iter().count(),
        20,
        "none was lost to a slip of the pen"
    );
    for authority in known.iter() {
        let same = known.iter().filter(|other| {
            other.key == authority.key || other.fingerprint == authority.fingerprint
        });
        assert_eq!(same.count(), 1, "{}", authority.name);
        assert_eq!(authority.key.to_string().len(), 40, "{}", authority.name);
        assert_eq!(
            authority.name.to_lowercase().contains("test"),
            authority.environment == Environment::Test
        );
    }
}

#[test]
fn what_is_missing_or_critical_is_told() {
    let mine = || Plan::new("NTRNO-310000205");
    let bare = read(
        &mine()
            .without("2.5.29.15")
            .without("2.5.29.19")
            .without("2.5.29.35"),
    );
    assert_eq!(
        (bare.key_usage.clone(), bare.basic_constraints),
        (None, None)
    );
    assert_eq!((bare.purpose(), bare.authority_key), (None, None));
    let mut loose = usage(&[0x05, 0xa0]);
    loose.is_critical = false;
    let loose = read(&mine().with(loose));
    assert!(!loose.key_usage.expect("key usage").is_critical);
    let mut critical = extended(&["1.3.6.1.5.5.7.3.1", "1.2.3.4"]);
    critical.is_critical = true;
    let critical = read(&mine().with(critical));
    assert_eq!(critical.other_critical, ["2.5.29.37"]);
    let usage = critical.extended_key_usage.expect("extended");
    assert!(usage.is_critical && !usage.allows_client());
    assert_eq!(usage.uses[1], ExtendedUse::Other("1.2.3.4".to_owned()));
    let unknown = read(&mine().with(Extension::critical("1.2.3.4.5", tlv(5, &[]))));
    assert_eq!(unknown.other_critical, ["1.2.3.4.5"]);
}

#[test]
fn keys_signatures_and_strings_of_every_kind_are_read() {
    let mine = || Plan::new("NTRNO-310000205");
    for (key, expected) in [
        (Key::P256, PublicKey::Elliptic("P-256")),
        (Key::Rsa(1024), PublicKey::Rsa(1024)),
        (Key::Rsa(4096), PublicKey::Rsa(4096)),
    ] {
        assert_eq!(read(&Plan { key, ..mine() }).public_key, expected);
    }
    for (signature, is_broken) in [
        ("1.2.840.113549.1.1.4", true),
        ("1.2.840.113549.1.1.5", true),
        ("1.2.840.10045.4.1", true),
        ("1.2.840.113549.1.1.13", false),
        ("1.2.840.10045.4.3.2", false),
        ("1.2.3", false),
    ] {
        let certificate = read(&Plan {
            signature,
            ..mine()
        });
        assert_eq!(certificate.signature.is_broken(), is_broken, "{signature}");
    }
    for string in [UTF8, TELETEX, BMP] {
        let subject = names(&[("2.5.4.10", "BLÅBÆR & FLØTE AS")]);
        let certificate = read(&Plan {
            string,
            subject,
            ..mine()
        });
        assert_eq!(
            certificate.subject.organisation(),
            Some("BLÅBÆR & FLØTE AS")
        );
    }
}

#[test]
fn days_are_counted_in_whole() {
    let certificate = read(&Plan::new("NTRNO-310000205"));
    let until = certificate.validity.until;
    for (left, days) in [
        (Duration::days(60), 60),
        (Duration::days(60) - Duration::SECOND, 59),
        (Duration::ZERO, 0),
        (-Duration::SECOND, -1),
        (-Duration::days(2), -2),
    ] {
        assert_eq!(certificate.validity.days_left(until - left), days);
    }
}

#[test]
fn fingerprints_are_read_as_people_write_them() {
    let text = "AB:".repeat(31) + "cd";
    let fingerprint = Fingerprint::parse(&text).expect("a fingerprint");
    assert_eq!(fingerprint.to_string(), "ab".repeat(31) + "cd");
    for text in ["", "ab", "zz", &"ab".repeat(33), &"a".repeat(63)] {
        assert_eq!(Fingerprint::parse(text), None, "{text}");
    }
    assert_eq!(KeyIdentifier::parse(""), None);
}

#[test]
fn what_cannot_be_read_is_an_error_that_says_why() {
    let mine = || Plan::new("NTRNO-310000205");
    let der = mine().der();
    for bytes in [
        &[][..],
        b"leaf",
        &der[..der.len() - 1],
        &[&der[..], &[0]].concat(),
    ] {
        assert_eq!(Certificate::read(bytes), Err(CertificateError::Malformed));
    }
    let broken = mine().with(Extension::critical("2.5.29.15", vec![0x30, 0x00]));
    assert_eq!(
        Certificate::read(&broken.der()),
        Err(CertificateError::Extension("2.5.29.15".to_owned()))
    );
    let mut twice = mine();
    twice.extensions.push(usage(&[0x06, 0x40]));
    assert_eq!(
        Certificate::read(&twice.der()),
        Err(CertificateError::Repeated("2.5.29.15".to_owned()))
    );
}

#[test]
fn no_damage_makes_the_reader_fall_over() {
    let der = Plan::new("NTRNO-310000205").der();
    for at in 0..der.len() {
        for change in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[at] ^= change;
            let _read_or_not = Certificate::read(&damaged)
                .map(|certificate| (certificate.holder(), certificate.subject.sub_unit()));
        }
    }
}
