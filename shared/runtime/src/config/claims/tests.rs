use super::{BackEndClaim, Meaning, REGISTERED};
use crate::config::tests::faults;
use crate::config::{Raw, Resolver};
use crate::fixtures::common_settings_with;

const SETTINGS: [(&str, Meaning); 4] = [
    ("login_party_claim", Meaning::Party),
    ("login_organisations_claim", Meaning::Party),
    ("consumer_claim", Meaning::Consumer),
    ("login_back_end_claim", Meaning::BackEnd),
];

#[test]
fn a_registered_claim_can_say_what_a_setting_has_it_say_or_is_refused() {
    for (name, meaning) in SETTINGS {
        for claim in REGISTERED {
            let works = meaning.registered().contains(&claim);
            let is_pair = meaning == Meaning::BackEnd;
            let value = if is_pair {
                format!("{claim}=case-work")
            } else {
                claim.to_owned()
            };
            // With `sub` as customer claim, only `sub` can identify a back end: another test covers
            // that.
            let others = (name == "login_party_claim").then_some(("login_back_end_claim", None));
            let changed = [Some((name, Some(value.as_str()))), others];
            let changed: Vec<_> = changed.into_iter().flatten().collect();
            let faults = faults(&changed);
            let told =
                format!("{name} is the registered claim {claim}, which says something else: ");
            match faults.as_slice() {
                [] => assert!(works, "{name} {claim}"),
                [fault] => assert!(!works && fault.starts_with(&told), "{fault}"),
                _ => panic!("{faults:?}"),
            }
        }
        let others = [("login_party_claim", "ssn"), (name, "role=x")];
        let pair = if meaning == Meaning::BackEnd {
            others[1]
        } else {
            (name, "role")
        };
        assert!(faults(&[(pair.0, Some(pair.1))]).is_empty());
    }
}

#[test]
fn no_registered_claim_is_a_permission() {
    let read = |claim: &str| {
        let raw = Raw::from_pairs([("signature_orders_claim", claim)]);
        let mut resolver = Resolver::new(&raw);
        let read = resolver.optional_claim("signature_orders_claim", Meaning::Permission, "x");
        resolver.finish(Some(read))
    };
    for claim in REGISTERED {
        assert!(read(claim).is_err(), "{claim}");
    }
    assert_eq!(read("may_order"), Ok(Some("may_order".to_owned())));
    assert_eq!(read(""), Ok(None));
}

#[test]
fn back_ends_are_pairs_of_claim_and_value() {
    let read = |text: &str| {
        common_settings_with(&[("login_back_end_claim", text)])
            .login
            .back_end_claims
    };
    let claim = |claim: &str, value: &str| BackEndClaim {
        claim: claim.to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(read(""), []);
    assert_eq!(
        read("client_id=case-work, azp = payroll,scope=a=b"),
        [
            claim("client_id", "case-work"),
            claim("azp", "payroll"),
            claim("scope", "a=b")
        ]
    );
    for (text, reason) in [
        ("client_id", "has a part that is not claim=value"),
        ("=x", "has a part that is not claim=value"),
        ("client_id=", "has a part that is not claim=value"),
        ("sub=02829090123", "has a value that is a person's number"),
        ("scope=a b", "has a scope with a space in it"),
        (
            "pid=case-work",
            "has the claim of login_party_claim, by which a token is a person's",
        ),
    ] {
        let faults = faults(&[("login_back_end_claim", Some(text))]);
        assert!(
            faults[0].starts_with(&format!("login_back_end_claim {reason}: ")),
            "{faults:?}"
        );
        assert!(!faults[0].contains("02829090123"));
    }
}

#[test]
fn where_each_token_names_a_person_only_the_subject_is_a_back_ends() {
    let with = |back_end| {
        faults(&[
            ("login_party_claim", Some("sub")),
            ("login_back_end_claim", Some(back_end)),
        ])
    };
    for good in ["", "sub=case-work"] {
        assert!(with(good).is_empty(), "{good}");
    }
    for never in ["client_id=case-work", "sub=case-work,scope=back-end"] {
        assert_eq!(
            with(never),
            [
                "login_back_end_claim never holds beside login_party_claim sub, by which every token is a person's: set it to sub=value, the back end's own subject"
            ]
        );
    }
}

#[test]
fn the_longest_life_is_at_most_a_day() {
    for (text, good) in [
        ("1", true),
        ("3600", true),
        ("86400", true),
        ("0", false),
        ("86401", false),
        ("-1", false),
        ("1h", false),
    ] {
        let faults = faults(&[("login_max_lifetime", Some(text))]);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
}
