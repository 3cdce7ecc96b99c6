//! Secrets in documents: in the right place, in a wrong one, and in a broken document.

use serde_json::{Value, json};

/// Returns JSON documents with `secret` in place of the text `@` of `document`, each with a
/// description. `document` has exactly one `@`.
///
/// # Panics
///
/// If `document` has no `@`.
pub fn in_json(document: &Value, secret: &str) -> Vec<(&'static str, String)> {
    let quoted = json!(secret).to_string();
    let bare = quoted.trim_matches('"');
    let text = document.to_string();
    assert_eq!(text.matches("\"@\"").count(), 1, "{text}");
    let with = |value: &str| text.replace("\"@\"", value);
    let good = with(&quoted);
    let end = good.find(bare).expect("the secret") + bare.len();
    vec![
        ("right", good.clone()),
        ("in a list", with(&format!("[{quoted}]"))),
        ("in an object", with(&format!("{{\"pem\":{quoted}}}"))),
        ("as the name of a member", with(&format!("{{{quoted}:1}}"))),
        (
            "with an unknown member beside it",
            with(&format!("{quoted},\"colour\":1")),
        ),
        ("as an unknown member", with(&format!("null,{quoted}:true"))),
        (
            "as an unknown member's value",
            with(&format!("null,\"colour\":{quoted}")),
        ),
        (
            "twice",
            with(&format!("{quoted},\"kid\":{quoted},\"algorithm\":{quoted}")),
        ),
        ("as bytes", with(&json!(secret.as_bytes()).to_string())),
        ("without quotes", with(bare)),
        ("in single quotes", with(&format!("'{bare}'"))),
        ("unended", good[..end].to_owned()),
        ("cut in its middle", good[..end - bare.len() / 2].to_owned()),
        (
            "with line breaks as they are",
            with(&format!("\"{secret}\n\"")),
        ),
        ("with a wrong escape", with(&format!("\"\\q{bare}\""))),
        ("with a comma too many", with(&format!("{quoted},"))),
        ("with a bracket too many", format!("{good}]")),
        ("with more after it", format!("{good}{quoted}")),
        ("the secret alone", quoted.clone()),
        ("the secret bare", secret.to_owned()),
        ("a list of it", json!([secret]).to_string()),
        ("an object of it", json!({ secret: secret }).to_string()),
        ("escaped twice", with(&json!(quoted).to_string())),
        ("as a text", json!(good).to_string()),
        ("every text is it", every_text(document, secret).to_string()),
    ]
}

/// Replaces all texts in `value` with `secret`; member names stay.
fn every_text(value: &Value, secret: &str) -> Value {
    match value {
        Value::String(_) => secret.into(),
        Value::Array(list) => list.iter().map(|value| every_text(value, secret)).collect(),
        Value::Object(object) => {
            let members = object.iter();
            let members = members.map(|(name, value)| (name.clone(), every_text(value, secret)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// Returns TOML documents with `secret` in the place of the `@` of `document`, each with a
/// description.
///
/// # Panics
///
/// If `document` does not have exactly one `@`.
pub fn in_toml(document: &str, secret: &str) -> Vec<(&'static str, String)> {
    let quoted = json!(secret).to_string();
    let bare = quoted.trim_matches('"');
    assert_eq!(document.matches('@').count(), 1, "{document}");
    let with = |value: &str| document.replace('@', value);
    let good = with(&quoted);
    let (before, _) = document.split_once('@').expect("the place");
    let name = before.rsplit('\n').next().unwrap_or_default();
    vec![
        ("right", good.clone()),
        ("in a list", with(&format!("[{quoted}]"))),
        ("in a table", with(&format!("{{ pem = {quoted} }}"))),
        ("as a key", with(&format!("{{ {quoted} = 1 }}"))),
        (
            "as a key of its table",
            with(&format!("\"\"\n{quoted} = 1")),
        ),
        ("as a bare key", with(&format!("\"\"\n{bare} = 1"))),
        (
            "as another key's value",
            with(&format!("\"\"\ncolour = {quoted}")),
        ),
        ("as a table", format!("{good}\n[{quoted}]\na = 1")),
        ("as a table's bare name", format!("{good}\n[{bare}]\na = 1")),
        ("as bytes", with(&format!("{:?}", secret.as_bytes()))),
        ("without quotes", with(bare)),
        ("in single quotes", with(&format!("'{bare}'"))),
        ("in wrong quotes", with(&format!("“{bare}”"))),
        ("unended", with(quoted.trim_end_matches('"'))),
        (
            "with line breaks as they are",
            with(&format!("\"{secret}\n\"")),
        ),
        ("with a wrong escape", with(&format!("\"\\q{bare}\""))),
        ("with more after it", with(&format!("{quoted} {quoted}"))),
        ("twice", with(&format!("{quoted}\n{name}{quoted}"))),
        ("with a colon", good.replacen(" = ", ": ", 1)),
        ("the secret alone", quoted.clone()),
        ("the secret bare", secret.to_owned()),
        ("with Windows' line breaks", good.replace('\n', "\r")),
        ("after an open bracket", with(&format!("[{quoted}"))),
        ("in three quotes, unended", with(&format!("\"\"\"{secret}"))),
    ]
}
