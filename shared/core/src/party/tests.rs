//! Synthetic vectors, and vectors published by the tax administration for this purpose.

use super::*;

#[test]
fn reads_synthetic_parties_in_test() {
    for text in [
        "313367002",
        "212201782",
        "310000108",
        "100101688",
        "02829090123",
        "14858512450",
        "41819077302",
        "01819095287",
    ] {
        let party = Party::parse(text, Environment::Test);
        assert_eq!(party.expect("well formed").expose(), text);
        assert_eq!(
            Party::parse(text, Environment::Production),
            Err(PartyError::SyntheticInProduction)
        );
    }
}

#[test]
fn refuses_what_is_not_a_party() {
    for (text, error) in [
        ("", PartyError::Malformed),
        ("31336700", PartyError::Malformed),
        ("31336700x", PartyError::Malformed),
        ("３１３", PartyError::Malformed),
        ("313367003", PartyError::CheckDigit),
        ("02829090124", PartyError::CheckDigit),
        ("974760673", PartyError::RealInTest),
        ("02013299997", PartyError::RealInTest),
        ("29820195254", PartyError::Date),
    ] {
        assert_eq!(Party::parse(text, Environment::Test), Err(error), "{text}");
    }
}

#[test]
fn numbers_of_other_registers_are_told_from_those_of_the_population_register() {
    for environment in [Environment::Test, Environment::Production] {
        for text in ["01419095008", "01669095054"] {
            let party = Party::parse(text, environment);
            assert_eq!(party, Err(PartyError::OtherSeries), "{text}");
        }
    }
    assert!(Party::parse("974760673", Environment::Production).is_ok());
    assert!(Party::parse("02013299997", Environment::Production).is_ok());
}

#[test]
fn organisation_numbers_have_a_check_digit_and_a_kind() {
    for (kind, texts) in [
        (
            OrganisationKind::Registered,
            &["991825827", "983163327", "988312495", "974761076"][..],
        ),
        (
            OrganisationKind::Synthetic,
            &[
                "313367002",
                "311851381",
                "314961900",
                "314055403",
                "212201782",
                "313506673",
                "313000060",
            ],
        ),
        (OrganisationKind::BuypassTest, &["100101688", "100101696"]),
    ] {
        for text in texts {
            let number = OrganisationNumber::parse(text).expect(text);
            assert_eq!(number.kind(), kind, "{text}");
        }
    }
    // The last two numbers would need the check digit ten.
    let never = (0..10).map(|check| format!("31300001{check}"));
    for text in never.chain(["987654321".to_owned(), "399573952".to_owned()]) {
        let number = OrganisationNumber::parse(&text);
        assert_eq!(number, Err(PartyError::CheckDigit), "{text}");
    }
}

#[test]
fn persons_numbers_are_read_by_the_rules_of_1964_and_2032() {
    use ControlRule::{Of1964, Of2032};
    use PersonKind::{DNumber, National};
    use Series::{HealthOrNavTest, NavOrHealthNetworkTest, Register, TestNorge};
    for (text, rule, kind, series) in [
        ("02013299997", Of1964, National, Register),
        ("02013299903", Of2032, National, Register),
        ("02013299806", Of1964, National, Register),
        ("30108299920", Of1964, National, Register),
        ("30108299939", Of2032, National, Register),
        ("30908299902", Of2032, National, TestNorge),
        ("55102499947", Of2032, DNumber, Register),
        ("41819077906", Of2032, DNumber, TestNorge),
        ("41819077302", Of1964, DNumber, TestNorge),
        ("03851598730", Of1964, National, TestNorge),
        ("01819095252", Of1964, National, TestNorge),
        ("01819095260", Of2032, National, TestNorge),
        ("01819095279", Of2032, National, TestNorge),
        ("01819095287", Of2032, National, TestNorge),
        ("41819095246", Of1964, DNumber, TestNorge),
        ("41819095254", Of2032, DNumber, TestNorge),
        ("41819095262", Of2032, DNumber, TestNorge),
        ("41819095270", Of2032, DNumber, TestNorge),
        ("01419095008", Of1964, National, HealthOrNavTest),
        ("01669095054", Of1964, National, NavOrHealthNetworkTest),
        ("29820095152", Of1964, National, TestNorge),
    ] {
        let number = PersonNumber::parse(text).expect(text);
        assert_eq!(number.control_rule(), rule, "{text}");
        assert_eq!(number.kind(), kind, "{text}");
        assert_eq!(number.series(), series, "{text}");
    }
    for (text, error) in [
        ("20036914712", PartyError::CheckDigit),
        ("29820195254", PartyError::Date),
    ] {
        assert_eq!(PersonNumber::parse(text), Err(error), "{text}");
    }
}

#[test]
fn every_addition_to_the_month_is_told() {
    for (month, series) in [
        ("01", Some(Series::Register)),
        ("12", Some(Series::Register)),
        ("13", None),
        ("21", Some(Series::Nav)),
        ("33", None),
        ("52", Some(Series::HealthOrNavTest)),
        ("61", Some(Series::NavTest)),
        ("66", Some(Series::NavOrHealthNetworkTest)),
        ("72", Some(Series::NavOrHealthNetworkTest)),
        ("73", Some(Series::HealthNetworkTest)),
        ("78", None),
        ("81", Some(Series::TestNorge)),
        ("93", None),
    ] {
        let ends = (0..100_000).map(|end| format!("01{month}90{end:05}"));
        let told = ends
            .filter_map(|text| PersonNumber::parse(&text).ok())
            .map(|number| number.series())
            .next();
        assert_eq!(told, series, "{month}");
    }
}

#[test]
fn a_person_is_never_printed() {
    let party = Party::parse("02829090123", Environment::Test).expect("well formed");
    assert!(!format!("{party:?}").contains("0282"));
}
