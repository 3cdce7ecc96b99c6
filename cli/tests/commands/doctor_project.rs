//! Runs of `innsyn doctor` on the configuration of a project: each certificate and key, by the
//! setting that names it.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::doctor::{ask, ask_with, file, text};
use crate::doctor_revocation::RevocationTestBed;
use crate::project::{ORGANISATION, Project, client_tls, found, pin};

fn is_found(project: &Project, setting: &str, finding: &str) {
    let answer = project.looked_at(&[]);
    let found = found(&answer);
    let is_it = |(name, what): &(String, String)| name.contains(setting) && what == finding;
    assert!(
        found.iter().any(is_it),
        "{setting} {finding}: {found:?} {}",
        answer.text
    );
}

#[test]
fn nothing_is_wrong_and_everything_was_looked_at() {
    let answer = Project::new().looked_at(&[]);
    assert_eq!(found(&answer), [], "{}", answer.text);
    assert_eq!((answer.code, &answer.json()["verdict"]), (0, &json!("ok")));
    let json = answer.json();
    let settings = json["settings"].as_array().expect("settings").iter();
    let settings: Vec<_> = settings
        .map(|setting| {
            let part = |name: &str| setting[name].as_str().expect("text").to_owned();
            (part("setting"), part("purpose"))
        })
        .collect();
    let expected = [
        ("client_tls 1, client_cert_file", "tls"),
        ("pin post, client_cert_file", "tls"),
        ("pin post, roots_file", "tls"),
        ("maskinporten_clients, client 1 (310000302), key 1", "token"),
        ("maskinporten_clients, client 1 (310000302), key 2", "key"),
        ("seal_certificate_chain, seal_key", "tls"),
        ("maskinporten_origin", "token"),
    ];
    let expected = expected.map(|(name, purpose)| (name.to_owned(), purpose.to_owned()));
    assert_eq!(settings, expected);
}

#[test]
fn what_is_wrong_is_said_of_its_setting() {
    let changed = |change: &dyn Fn(&mut Project)| {
        let mut project = Project::new();
        change(&mut project);
        project
    };
    let bad = changed(&|project| {
        project.runtime = client_tls("bad/authentication-chain.pem", "bad/authentication-key.pem");
    });
    is_found(&bad, "client_tls 1, client_cert_file", "error V01");
    let bad = changed(&|project| {
        project.runtime = client_tls("good/authentication-chain.pem", "seal/signing-key.pem");
    });
    is_found(&bad, "client_tls 1", "error F05");
    let bad = changed(&|project| {
        project.runtime = client_tls("good/authentication.p12", "good/authentication-key.pem");
    });
    is_found(&bad, "client_tls 1", "error F09");
    let bad = changed(&|project| project.runtime = client_tls("none.pem", "none.key"));
    is_found(&bad, "client_tls 1", "error A01");
    let bad = changed(&|project| project.runtime += "ca_roots_file = \"good/root.pem\"\n");
    is_found(&bad, "client_tls 1, ca_roots_file", "warning N05");
    let bad = changed(&|project| {
        project.pins = pin("good/root.pem", "bad/authentication-chain.pem");
    });
    is_found(&bad, "pin post", "error V01");
    let bad = changed(&|project| project.set("seal_certificate_chain", "seal/signing-chain.pem"));
    is_found(&bad, "seal_certificate_chain", "error F05");
    let bad = changed(&|project| {
        _ = project
            .variables
            .insert("environment", "production".to_owned());
    });
    is_found(&bad, "maskinporten_origin", "error N06");
    is_found(&bad, "maskinporten_clients", "error I03");
    is_found(&bad, "pin post, roots_file", "error N04");
    let bad = changed(&|project| {
        project
            .variables
            .insert("consumer_organisation", "310000205".to_owned());
    });
    is_found(&bad, "client_tls 1", "error O04");
    let bad = changed(&|project| {
        let services = json!([{ "subject": "payroll", "consumer_orgs": [ORGANISATION] }]);
        project
            .variables
            .insert("token_services", services.to_string());
    });
    is_found(&bad, "token_services, payroll", "error O08");
    let of_supplier = changed(&|project| {
        let services = json!([{ "subject": "payroll", "consumer_orgs": ["310000205"] }]);
        project
            .variables
            .insert("token_services", services.to_string());
        let clients = &project.variables["maskinporten_clients"];
        let mut clients: serde_json::Value = serde_json::from_str(clients).expect("JSON");
        clients[0]["consumers"] = json!(["310000205"]);
        project
            .variables
            .insert("maskinporten_clients", clients.to_string());
        project
            .variables
            .insert("consumer_organisation", "310000205".to_owned());
    });
    let text = of_supplier.looked_at(&[]).text;
    assert!(!text.contains("O08"), "{text}");
    for text in ["[{\"organisation\": s3cret", "{}", "[{\"client_id\": 7}]"] {
        let bad = changed(&|project| {
            project
                .variables
                .insert("maskinporten_clients", text.to_owned());
        });
        is_found(&bad, "maskinporten_clients", "error A01");
        assert!(!bad.looked_at(&[]).text.contains("s3cret"));
    }
}

#[test]
fn chains_as_people_write_them() {
    let good = Project::new();
    let list = good.list(&["good/authentication-chain.pem"]);
    let first = list[0].as_str().expect("base64");
    let url_safe = URL_SAFE_NO_PAD.encode(STANDARD.decode(first).expect("DER"));
    let with_root = good.list(&["good/authentication-chain.pem", "good/root.pem"]);
    let turned = good.list(&["good/issuing.pem", "good/authentication.pem"]);
    let pem = json!(good.read("good/authentication-chain.pem"));
    let bad = [
        json!([pem]),
        json!([url_safe]),
        json!(first),
        with_root,
        turned,
        json!(["x!"]),
        json!([STANDARD.encode("hei")]),
        json!([7]),
        json!(7),
    ];
    for chain in bad {
        let mut project = Project::new();
        let key = project.certified(&chain);
        project.clients(&[key]);
        is_found(&project, "key 1", "error C06");
    }
    for chain in [pem, list.clone()] {
        let mut project = Project::new();
        let key = project.certified(&chain);
        project.clients(&[key]);
        assert_eq!(found(&project.looked_at(&[])), []);
    }
    let mut project = Project::new();
    let mut both = project.certified(&list);
    both["kid"] = json!("k-1");
    project.clients(&[both]);
    is_found(&project, "key 1", "error C07");
    // A key in a vault is not reported as missing; one that cannot be read is.
    let transit = json!({ "key": "signing", "version": 1 });
    let in_vault = json!({ "certificate_chain": list, "transit": transit });
    project.clients(&[in_vault, json!({ "kid": "k-2", "transit": transit })]);
    is_found(&project, "vault_token", "error A01");
    project.with_vault();
    let named = [1, 2].map(|number| {
        let name = format!("maskinporten_clients, client 1 (310000302), key {number}");
        (name, "info A02".to_owned())
    });
    let answer = project.looked_at(&[]);
    assert_eq!(found(&answer), named);
    assert_eq!(answer.code, 0, "{}", answer.text);
    project.clients(&[json!({ "kid": "k-1", "key": "hei" })]);
    is_found(&project, "key 1", "error F09");
}

/// Checks this project with the sandbox's values, as environment variables.
#[tokio::test(flavor = "multi_thread")]
async fn this_project_with_the_sandboxs_values() {
    let bed = RevocationTestBed::start().await;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
    let runtime = bed.sandbox.runtime_config();
    let runtime = file(bed.folder.path(), "runtime-config.toml", runtime);
    let variables = bed.sandbox.variables("http://localhost:3000");
    let variables: Vec<(String, String)> = variables
        .into_iter()
        .map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value))
        .collect();
    let pairs: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let trusted: PathBuf = bed.trusted();
    let arguments = [
        "--json",
        "--live",
        "--manifest",
        text(&manifest),
        "--runtime-config",
        text(&runtime),
        "--trust",
        text(&trusted),
    ];
    let answer = tokio::task::block_in_place(|| ask_with(&arguments, &pairs));
    let found = found(&answer);
    let client = |number: u8, organisation: &str, what: &str| {
        let name = format!("maskinporten_clients, client {number} ({organisation}), key 1");
        (name, what.to_owned())
    };
    let certified = "maskinporten_clients, client 2 (310000302), key 1".to_owned();
    let second = |what: &str| (certified.clone(), what.to_owned());
    let seal = "seal_certificate_chain, seal_key".to_owned();
    let sealed = |what: &str| (seal.clone(), what.to_owned());
    assert_eq!(
        found,
        [
            client(1, "310000205", "info C03"),
            second("info C03"),
            second("info L14"),
            second("info L14"),
            client(3, "310000418", "info A02"),
            sealed("info C03"),
            sealed("info L14"),
            sealed("info L14"),
        ],
        "{}",
        answer.text
    );
    assert_eq!(answer.code, 0);
    // Without values there is nothing to examine, and the doctor says so.
    let bare = ask(&["--manifest", text(&manifest), "--json"]);
    assert_eq!(
        (bare.code, &bare.json()["verdict"]),
        (3, &json!("unchecked"))
    );
    let unset = bare.json()["unset"].to_string();
    assert!(unset.contains("maskinporten_clients"), "{unset}");
}

#[test]
fn for_a_person_each_setting_has_its_line() {
    let mut project = Project::new();
    project.runtime = client_tls("bad/authentication-chain.pem", "bad/authentication-key.pem");
    let manifest = project.looked_at(&[]);
    assert_eq!(manifest.code, 2);
    let folder = project.folder();
    let paths = ["spin.toml", "runtime.toml", "variables.toml", "trusted.pem"];
    let [manifest, runtime, variables, trusted] = paths.map(|name| folder.join(name));
    let answer = ask(&[
        "--manifest",
        text(&manifest),
        "--runtime-config",
        text(&runtime),
        "--variables",
        text(&variables),
        "--trust",
        text(&trusted),
    ]);
    let expected = "client_tls 1, client_cert_file: ERRORS: cannot do two-way TLS\n";
    assert!(answer.text.starts_with(expected), "{}", answer.text);
    assert!(answer.text.contains("\nERROR V01  "), "{}", answer.text);
    let mixed = ask(&["--certificate", text(&trusted), "--pins", text(&runtime)]);
    assert_eq!(mixed.code, 2);
    assert!(
        mixed.complaints.contains("cannot be used with"),
        "{}",
        mixed.complaints
    );
}
