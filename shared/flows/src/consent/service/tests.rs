use time::macros::datetime;

use super::*;
use crate::altinn2::Altinn2;
use innsyn_core::origin::Origin;
use innsyn_runtime::config;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

fn resolved(json: &str, default: &str) -> Option<Services> {
    let raw = config::Raw::from_pairs([("services", json), ("default_service", default)]);
    let mut resolver = Resolver::new(&raw);
    let services = Services::resolve(&mut resolver, None);
    resolver.finish(services).ok()
}

fn services(json: &str) -> Option<Services> {
    resolved(json, "")
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn are_found_by_name_and_the_only_one_or_the_default_without() {
    let one = services(r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"2025"}}}"#)
        .expect("services");
    let a = one.find(None).expect("the only one");
    let right = a
        .with_only(&BTreeMap::new(), NOW)
        .expect("nothing is asked");
    assert_eq!((a.name.as_str(), a.valid_for), ("a", Duration::days(90)));
    assert_eq!(right.metadata, values(&[("aar", "2025")]));
    assert_eq!(one.find(Some("a")), Ok(a));
    assert_eq!(
        one.find(Some("b")).expect_err("unknown").kind,
        Kind::RequestInvalid
    );
    let two = r#"{"a":{"resource":"r","valid_days":1},"b":{"resource":"s","valid_days":2}}"#;
    let unsaid = services(two).expect("services");
    assert_eq!(unsaid.find(Some("b")).expect("b").resource, "s");
    assert!(unsaid.find(None).is_err());
    let said = resolved(two, "b").expect("services");
    assert_eq!(said.find(None).expect("the default").resource, "s");
    assert_eq!(resolved(two, "c"), None);
}

#[test]
fn a_consent_says_what_is_asked_for_and_nothing_else() {
    let services = services(
        r#"{"a":{"resource":"r","valid_days":9,"metadata":{"fraogmed":"{month}","tilogmed":"{month}","form":"x"}}}"#,
    )
    .expect("services");
    let template = services.find(None).expect("the only one");
    let asked = values(&[("fraOgMed", "2026-01"), ("tilOgMed", "2026-03")]);
    let right = template.with_only(&asked, NOW).expect("all is said");
    let expected = [
        ("form", "x"),
        ("fraogmed", "2026-01"),
        ("tilogmed", "2026-03"),
    ];
    assert_eq!(right.metadata, values(&expected));
    for pairs in [
        &[][..],
        &[("fraOgMed", "2026-01")],
        &[("fraOgMed", "2026-01"), ("tilOgMed", "2026-13")],
        &[("fraOgMed", "2026-04"), ("tilOgMed", "2026-03")],
        &[("fraOgMed", "2026-01"), ("tilOgMed", "2026-03"), ("x", "y")],
        &[("fraOgMed", "0000-01"), ("tilOgMed", "2026-03")],
        &[("fraOgMed", "2026-01"), ("tilOgMed", "9999-12")],
        &[("fraOgMed", "2016-01"), ("tilOgMed", "2026-01")],
        &[
            ("fraOgMed", "2026-01"),
            ("tilOgMed", "2026-03"),
            ("form", "y"),
        ],
    ] {
        let problem = template
            .with_only(&values(pairs), NOW)
            .expect_err("refused");
        assert_eq!(problem.kind, Kind::RequestInvalid, "{pairs:?}");
    }
    assert!(
        template.is_said_by([("tilOgMed", Unit::Month), ("fraOgMed", Unit::Month)].into_iter())
    );
    assert!(!template.is_said_by([("tilOgMed", Unit::Month), ("fraOgMed", Unit::Day)].into_iter()));
    assert!(!template.is_said_by([("tilOgMed", Unit::Month)].into_iter()));
}

#[test]
fn each_altinn_has_its_names() {
    let origin = || Origin::parse("https://altinn.example").expect("an origin");
    let key = "0198a000-1111-4222-8333-444455556666";
    let former = || Altinn2::of_one(&origin(), "310000205", key);
    let two = || Altinn::two(former(), origin(), origin());
    let three = || Altinn::three(origin(), origin());
    for (resource, altinn, fine) in [
        ("5928_202301", two(), true),
        ("ske-samtykke-krav-og-betalinger", two(), false),
        ("5928", two(), false),
        ("ske-samtykke-krav-og-betalinger", three(), true),
    ] {
        let json = format!(r#"{{"a":{{"resource":"{resource}","valid_days":90}}}}"#);
        let raw = config::Raw::from_pairs([("services", json.as_str())]);
        let mut resolver = Resolver::new(&raw);
        let services = Services::resolve(&mut resolver, Some(&altinn));
        let outcome = resolver.finish(services).map_err(|error| error.to_string());
        assert_eq!(outcome.is_ok(), fine, "{resource}");
        let error = outcome.err().unwrap_or_default();
        assert!(fine || error.contains("altinn_generation"), "{error}");
    }
}

#[test]
fn nonsense_is_a_fault() {
    for json in [
        "{}",
        "[]",
        r#"{"a":{"resource":"","valid_days":90}}"#,
        r#"{"":{"resource":"r","valid_days":90}}"#,
        r#"{"a":{"resource":"r","valid_days":0}}"#,
        r#"{"a":{"resource":"r","valid_days":9000}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"metadta":{}}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":""}}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"period":{"span_years":0}}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"period":{"years":1}}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"{week}"}}}"#,
        r#"{"a":{"resource":"r","valid_days":90,"metadata":{"aar":"{year}","Aar":"2025"}}}"#,
        r#"{"a":{"resource":"r","valid_days":90},"a":{"resource":"s","valid_days":90}}"#,
    ] {
        assert_eq!(services(json), None, "{json}");
    }
}
