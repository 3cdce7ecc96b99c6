//! Coverage of the catalogue: each check has a case that trips it and a case that passes. A check
//! without both is a defect of these tests.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::pki::certificates::Defect;
use sandbox::pki::{Profile, Purpose, Vendor};
use serde_json::json;

use crate::doctor::{Answer, ask};
use crate::doctor_and_the_sandbox::{DoctorOptions, examined, order};
use crate::project::{Project, client_tls, found, pin};

/// Checks that need a server or `openssl`, with the test that covers both outcomes.
const ELSEWHERE: &[(&str, &str)] = &[
    ("V04", "a_wrong_clock_is_told_by_how_much"),
    ("V05", "a_key_that_was_registered_over_a_year_ago"),
    ("C05", "a_damaged_key_and_a_damaged_certificate"),
    ("A02", "what_has_no_value_was_not_looked_at"),
    ("C08", "a_registered_key_is_judged_by_itself"),
    ("F11", "a_key_without_a_certificate_is_no_certificate"),
    ("F12", "a_missing_password_is_missing"),
    ("F13", "a_cipher_that_is_not_known_is_no_wrong_password"),
    ("F14", "a_password_in_another_form_is_named"),
    ("N01", "whether_it_is_revoked"),
    ("N02", "issuers_that_do_not_answer_as_they_should"),
    ("N03", "issuers_that_do_not_answer_as_they_should"),
    ("L01", "whoever_does_not_answer_is_told_apart"),
    ("L02", "whoever_does_not_answer_is_told_apart"),
    ("L03", "a_server_of_another_name"),
    ("L04", "an_answer_that_is_none_is_told_apart"),
    ("L05", "a_certificate_gets_a_token_that_is_not_shown"),
    ("L06", "an_answer_that_is_none_is_told_apart"),
    ("L07", "a_certificate_gets_a_token_that_is_not_shown"),
    ("L08", "a_refusal_says_what_to_do"),
    ("L09", "an_answer_that_is_none_is_told_apart"),
    (
        "L10",
        "a_counterparty_accepts_the_certificate_or_refuses_it",
    ),
    ("L11", "whether_it_is_revoked"),
    (
        "L12",
        "a_counterparty_accepts_the_certificate_or_refuses_it",
    ),
    ("L13", "an_answer_that_is_none_is_told_apart"),
    ("L14", "whether_it_is_revoked"),
    ("L15", "the_wrong_truststore"),
    ("L16", "no_version_in_common"),
    ("L17", "no_organisation_certificate"),
    ("L18", "signed_with_sha_1"),
];

/// Sources of those tests.
const TESTS: [&str; 8] = [
    include_str!("doctor_with_openssl.rs"),
    include_str!("doctor_live.rs"),
    include_str!("doctor_looks_first.rs"),
    include_str!("doctor_reads_settings.rs"),
    include_str!("doctor_opens_files.rs"),
    include_str!("doctor_meets_servers.rs"),
    include_str!("doctor_revocation.rs"),
    include_str!("doctor_common_problems.rs"),
];

/// Defects that PKCS#12 cannot show.
const IN_PEM: [Defect; 6] = [
    Defect::ReadableByOthers,
    Defect::Utf16,
    Defect::TrustedCertificate,
    Defect::IntermediateMissing,
    Defect::ChainOrder,
    Defect::UnrelatedCertificates,
];

fn catalogue() -> BTreeSet<String> {
    let listed = ask(&["--list-checks"]);
    assert_eq!(listed.code, 0);
    let ids = listed.text.lines().map(|line| {
        let (id, sentence) = line.split_once("  ").expect("a name and a sentence");
        assert!(!sentence.is_empty(), "{line}");
        id.to_owned()
    });
    ids.collect()
}

fn ids(findings: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let ids = findings.into_iter();
    ids.filter_map(|finding| finding.split(' ').nth(1).map(str::to_owned))
        .collect()
}

fn of_project(answer: &Answer) -> BTreeSet<String> {
    ids(found(answer).into_iter().map(|(_, finding)| finding))
}

#[test]
fn each_has_what_trips_it_and_what_does_not() {
    let mut tripped = BTreeSet::new();
    let mut content: BTreeMap<String, usize> = BTreeMap::new();
    let all = catalogue();
    let mut examine = |found: BTreeSet<String>| {
        for id in all.difference(&found) {
            *content.entry(id.clone()).or_default() += 1;
        }
        tripped.extend(found);
    };

    // Certificates and files, good ones and each with its defect.
    let authentication = [Purpose::Authentication];
    let good = order(Vendor::Buypass, Profile::Seid2, &authentication, &[]);
    let asked = |environment| DoctorOptions {
        environment,
        ..DoctorOptions::default()
    };
    examine(ids(examined(good.path(), &asked("test")).findings()));
    examine(ids(examined(good.path(), &asked("production")).findings()));
    let seal = DoctorOptions {
        purpose: "seal",
        ..DoctorOptions::default()
    };
    examine(ids(examined(good.path(), &seal).findings()));
    for defect in Defect::ALL {
        let (vendor, profile) = match defect {
            Defect::Lcp | Defect::PolicyOfOtherEnvironment => (Vendor::Commfides, Profile::Seid2),
            Defect::Seid1OfProduction => (Vendor::Buypass, Profile::Seid1),
            _ => (Vendor::Buypass, Profile::Seid2),
        };
        let folder = order(vendor, profile, &authentication, &[*defect]);
        let asked = DoctorOptions {
            as_pem: IN_PEM.contains(defect),
            ..DoctorOptions::default()
        };
        examine(ids(examined(folder.path(), &asked).findings()));
    }

    // The configuration.
    examine(of_project(&Project::new().looked_at(&[])));
    let changes: [&dyn Fn(&mut Project); 7] = [
        &|project| {
            _ = project
                .variables
                .insert("environment", "production".to_owned());
        },
        &|project| {
            _ = project
                .variables
                .insert("consumer_organisation", "310000205".to_owned());
        },
        &|project| project.runtime = client_tls("none.pem", "none.key"),
        &|project| project.runtime += "ca_roots_file = \"good/root.pem\"\n",
        &|project| project.pins = pin("good/root.pem", "bad/authentication-chain.pem"),
        &|project| {
            let services = json!([{ "subject": "payroll", "consumer_orgs": ["310000302"] }]);
            project
                .variables
                .insert("token_services", services.to_string());
        },
        &|project| {
            let mut both = project.certified(&json!("hei"));
            both["kid"] = json!("k-1");
            project.clients(&[both]);
        },
    ];
    for change in changes {
        let mut project = Project::new();
        change(&mut project);
        examine(of_project(&project.looked_at(&[])));
    }

    let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|(id, _)| (*id).to_owned()).collect();
    let never: Vec<_> = all
        .iter()
        .filter(|id| !tripped.contains(*id) && !elsewhere.contains(*id))
        .collect();
    assert!(never.is_empty(), "nothing trips {never:?}");
    let always: Vec<_> = all.iter().filter(|id| !content.contains_key(*id)).collect();
    assert!(always.is_empty(), "everything trips {always:?}");
    let gone: Vec<_> = elsewhere.difference(&all).collect();
    assert!(gone.is_empty(), "{gone:?} are no checks");
}

#[test]
fn what_is_tried_elsewhere_is() {
    for (id, test) in ELSEWHERE {
        let has_both = |text: &&str| {
            let Some((_, body)) = text.split_once(&format!("fn {test}()")) else {
                return false;
            };
            let end = body.find("\n}\n").unwrap_or(body.len());
            body.get(..end).is_some_and(|body| body.contains(id))
        };
        assert!(TESTS.iter().any(has_both), "{test} says nothing of {id}");
    }
}
