//! Output of the doctor: its texts, its JSON and the data that it withholds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::doctor::{ask, ask_with, file, json_of, text};
use crate::openssl::OpensslAuthority;

const PASSWORD: &str = "tæst";

#[test]
fn a_report_in_the_language_of_the_reader() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let authority = ca.authority();
    let arguments = [
        "--certificate",
        text(&good),
        "--trust",
        text(&authority),
        "--purpose",
        "tls",
    ];
    let english = ask(&arguments);
    assert_eq!(english.code, 2);
    let mut lines = english.text.lines();
    assert_eq!(lines.next(), Some("ERRORS: cannot do two-way TLS"));
    for expected in [
        "Issuer",
        "SIMULERT Buypass Class 3 Test4 CA G2 ST Business",
        "SEID 2",
        "test",
        "INNLANDSBANKEN ASA, 310000302",
        "authentication",
        "1094 (",
        "Fingerprint",
    ] {
        assert!(
            english.text.contains(expected),
            "{expected}: {}",
            english.text
        );
    }
    let error = english.text.find("ERROR F04").expect("the error");
    let warning = english.text.find("WARNING I10").expect("the warning");
    assert!(error < warning);

    let by_locale = ask_with(&arguments, &[("LANG", "nb_NO.UTF-8")]);
    assert!(
        by_locale
            .text
            .starts_with("FEIL: kan ikke brukes til toveis TLS\n")
    );
    let mut flagged = arguments.to_vec();
    flagged.extend(["--language", "nb"]);
    assert_eq!(ask(&flagged).text, by_locale.text);
    assert!(
        !english.text.contains('\u{1b}'),
        "colours are for terminals"
    );
}

#[test]
fn what_is_not_there_was_not_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = folder.path().join("none.p12");
    let answer = ask(&["--certificate", text(&none)]);
    assert_eq!(answer.code, 3);
    assert!(
        answer.complaints.contains("none.p12 cannot be read"),
        "{}",
        answer.complaints
    );
    let some = file(folder.path(), "some", "x");
    for more in [
        ["--organisation", "310000206"],
        ["--password-file", text(&none)],
        ["--key", text(&none)],
    ] {
        let answer = ask(&json_of(&some, &more));
        assert_eq!(answer.code, 3, "{more:?}");
        assert_eq!(answer.json()["verdict"], "unchecked");
    }
}

#[test]
fn an_alias_chooses() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let store = ca.store("a.p12", &good, &key, &["-name", "drift"]);
    let authority = ca.authority();
    let look = |alias| {
        let more = ["--alias", alias, "--trust", text(&authority)];
        ask_with(&json_of(&store, &more), &[("INNSYN_PASSWORD", PASSWORD)])
    };
    assert_eq!(look("drift").code, 0);
    assert_eq!(look("annet").code, 3);
}

#[test]
fn what_the_app_needs_is_written_once() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let store = ca.store("a.p12", &good, &key, &[]);
    let authority = ca.authority();
    let out = ca.path("out");
    let write = |purpose| {
        let more = [
            "--trust",
            text(&authority),
            "--purpose",
            purpose,
            "--write",
            text(&out),
        ];
        ask_with(&json_of(&store, &more), &[("INNSYN_PASSWORD", PASSWORD)])
    };
    let answer = write("token");
    assert_eq!(answer.code, 0, "{}", answer.complaints);
    assert_eq!(answer.json()["written"].as_array().expect("files").len(), 3);
    for name in ["key.pem", "chain.pem", "maskinporten_clients.json"] {
        let mode = fs::metadata(out.join(name))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // The key and the certificate of `openssl`'s reading are a pair.
    let public = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        let output = command
            .args(arguments)
            .current_dir(&out)
            .output()
            .expect("openssl");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    assert_eq!(
        public(&["pkey", "-in", "key.pem", "-pubout"]),
        public(&["x509", "-in", "chain.pem", "-noout", "-pubkey"])
    );
    let kept = fs::read_to_string(out.join("key.pem")).expect("PEM");
    let label = "PRIVATE KEY";
    assert!(kept.starts_with(&format!("-----BEGIN {label}-----\n")));
    let clients = fs::read_to_string(out.join("maskinporten_clients.json")).expect("JSON");
    let clients: serde_json::Value = serde_json::from_str(&clients).expect("JSON");
    assert_eq!(clients[0]["organisation"], "310000302");
    assert_eq!(clients[0]["keys"][0]["key"], kept);
    assert_eq!(
        clients[0]["keys"][0]["certificate_chain"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    let again = write("tls");
    assert_eq!(again.code, 3);
    assert!(again.text.contains("is there already"), "{}", again.text);
    assert!(!out.join("client_tls.toml").exists());
    fs::remove_dir_all(&out).expect("removed");
    assert_eq!(write("tls").code, 0);
    let settings = fs::read_to_string(out.join("client_tls.toml")).expect("TOML");
    let settings: toml::Table = settings.parse().expect("TOML");
    let entry = &settings["client_tls"][0];
    assert_eq!(entry["client_cert_file"].as_str(), Some("chain.pem"));
}

#[test]
fn with_an_error_nothing_is_written() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let out = ca.path("out");
    let answer = ask(&json_of(
        &good,
        &["--key", text(&key), "--write", text(&out)],
    ));
    assert_eq!(answer.code, 2);
    assert!(!out.exists());
}

#[test]
fn nothing_secret_is_printed() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let store = ca.store("a.p12", &good, &key, &["-name", "drift"]);
    let out = ca.path("out");
    let authority = ca.authority();
    let secrets: Vec<String> = [&key, &good]
        .iter()
        .flat_map(|path| {
            let pem = fs::read_to_string(path).expect("PEM");
            let lines = pem.lines().filter(|line| !line.starts_with('-'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        })
        .chain([PASSWORD.to_owned()])
        .collect();
    for arguments in [
        vec!["--certificate", text(&store)],
        vec!["--certificate", text(&store), "--json"],
        vec![
            "--certificate",
            text(&store),
            "--trust",
            text(&authority),
            "--write",
            text(&out),
        ],
        vec![
            "--certificate",
            text(&good),
            "--key",
            text(&key),
            "--alias",
            "x",
        ],
    ] {
        for password in [PASSWORD, "another"] {
            let answer = ask_with(&arguments, &[("INNSYN_PASSWORD", password)]);
            for secret in &secrets {
                let printed = [&answer.text, &answer.complaints];
                assert!(
                    printed.iter().all(|text| !text.contains(secret)),
                    "{arguments:?}"
                );
            }
        }
    }
}
