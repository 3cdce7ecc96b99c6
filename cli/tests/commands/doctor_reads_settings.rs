//! Settings, read as the app and the host read them.

use std::fs;

use crate::doctor::closed;
use crate::project::{Project, found};

#[test]
fn settings_are_read_as_the_app_and_the_host_read_them() {
    type Form = fn(&str) -> String;
    let indented: Form = |text| {
        let lines = text.lines().map(|line| format!("    {line}\n"));
        lines.collect::<Vec<_>>().concat()
    };
    let forms: [(&str, Form, &str); 5] = [
        ("one line", |text| text.replace('\n', " "), "warning F09"),
        ("escapes", |text| text.replace('\n', "\\n"), "warning F09"),
        ("indented", indented, "warning F09"),
        (
            "quoted",
            |text| format!("\"{}\"", text.trim_end()),
            "warning F09",
        ),
        ("76 columns", wide, "info F09"),
    ];
    for (name, form, expected) in forms {
        let mut project = Project::new();
        let key = form(&project.read("good/authentication-key.pem"));
        closed(project.folder(), "odd.key", &key);
        project.pins = project
            .pins
            .replace("good/authentication-key.pem", "odd.key");
        project.runtime = project
            .runtime
            .replace("good/authentication-key.pem", "odd.key");
        project.variables.insert("seal_key", key.clone());
        let answer = project.looked_at(&[]);
        // The app and the host read it; A01 would report that they do not.
        let all = [
            "client_tls 1, client_cert_file",
            "pin post, client_cert_file",
        ];
        let seal = "seal_certificate_chain, seal_key";
        let expected: Vec<_> = all
            .into_iter()
            .chain([seal])
            .map(|setting| (setting.to_owned(), expected.to_owned()))
            .collect();
        assert_eq!(found(&answer), expected, "{name}");
    }
    // An unreadable value is an error, with the same cause.
    let mut project = Project::new();
    let key = project.read("good/authentication-key.pem");
    let cut = key.split("-----END").next().expect("a start").to_owned();
    closed(project.folder(), "odd.key", &cut);
    project.pins = project
        .pins
        .replace("good/authentication-key.pem", "odd.key");
    project.variables.insert("seal_key", cut);
    let answer = project.looked_at(&[]);
    let all = [
        "pin post, client_cert_file",
        "seal_certificate_chain, seal_key",
    ];
    let expected = all.map(|setting| (setting.to_owned(), "error F09".to_owned()));
    assert_eq!(found(&answer), expected);
    assert!(
        answer.text.contains("the block has no END line"),
        "{}",
        answer.text
    );
}

/// Returns `pem` with its base64 in lines of 76 characters.
fn wide(pem: &str) -> String {
    let mut lines: Vec<&str> = pem.lines().collect();
    let (begin, end) = (lines.remove(0), lines.pop().expect("an end"));
    let base64 = lines.concat();
    let lines = base64.as_bytes().chunks(76).map(String::from_utf8_lossy);
    format!("{begin}\n{}\n{end}\n", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn roots_with_text_in_latin_1_are_roots() {
    let mut project = Project::new();
    let roots = fs::read(project.folder().join("good/root.pem")).expect("PEM");
    let text = [b"Utstedt p\xe5 pr\xf8ve\n", roots.as_slice()].concat();
    closed(project.folder(), "latin1.pem", text);
    project.pins = project.pins.replace("good/root.pem", "latin1.pem");
    let answer = project.looked_at(&[]);
    assert_eq!(
        (found(&answer), answer.code),
        (Vec::new(), 0),
        "{}",
        answer.text
    );
}

#[test]
fn what_has_no_value_was_not_looked_at() {
    let mut project = Project::new();
    project
        .variables
        .insert("seal_certificate_chain", String::new());
    let answer = project.looked_at(&[]);
    // A key without its certificate.
    let seal = "seal_certificate_chain, seal_key".to_owned();
    assert_eq!(found(&answer), [(seal, "error F11".to_owned())]);
    // A key in a vault is not tested, and the doctor says so.
    let mut project = Project::new();
    let transit = serde_json::json!({ "key": "signing", "version": 1 });
    project.clients(&[serde_json::json!({ "kid": "k-2", "transit": transit })]);
    project.with_vault();
    let answer = project.looked_at(&[]);
    let name = "maskinporten_clients, client 1 (310000302), key 1".to_owned();
    assert_eq!(found(&answer), [(name, "info A02".to_owned())]);
    assert_eq!(answer.code, 0, "{}", answer.text);
}
