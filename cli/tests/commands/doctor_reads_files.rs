//! File formats in use: PKCS#12, PEM and DER, plain, encrypted and wrapped.

use std::fs;
use std::path::Path;

use crate::doctor::{ask, ask_with, closed, file, json_of, text};
use crate::openssl::OpensslAuthority;

const PASSWORD: (&str, &str) = ("INNSYN_PASSWORD", "tæst");

#[test]
fn files_as_they_come() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let authority = ca.authority();
    let trust = ["--trust", text(&authority)];
    let look = |path: &Path| ask_with(&json_of(path, &trust), &[PASSWORD]);
    let folder = ca.path("");

    let store = ca.store("new.p12", &good, &key, &["-name", "drift"]);
    assert_eq!(look(&store).findings(), Vec::<String>::new());
    let wrong = ask_with(&json_of(&store, &trust), &[("INNSYN_PASSWORD", "test")]);
    assert_eq!(wrong.findings(), ["error F02"]);
    assert_eq!(wrong.code, 2);
    let old = ca.store(
        "old.p12",
        &good,
        &key,
        &[
            "-keypbe",
            "PBE-SHA1-3DES",
            "-certpbe",
            "PBE-SHA1-3DES",
            "-macalg",
            "sha1",
        ],
    );
    assert_eq!(look(&old).findings(), ["error F03"]);
    let named = ca.store("named.p12", &good, &key, &["-name", "Nøkkel til drift"]);
    assert_eq!(look(&named).findings(), ["warning F07"]);

    assert_eq!(look(&good).findings(), ["error F04", "info I10"]);
    let pem = [&good, &key, &authority].map(|path| fs::read_to_string(path).expect("PEM"));
    let whole = pem.concat();
    let open = file(&folder, "open.pem", &whole);
    let closed = |name: &str, content: &[u8]| closed(&folder, name, content);
    assert_eq!(look(&open).findings(), ["warning F08"]);
    let is_fine = closed("closed.pem", whole.as_bytes());
    assert_eq!(look(&is_fine).findings(), Vec::<String>::new());
    let marked = closed("bom.pem", format!("\u{feff}{whole}").as_bytes());
    assert_eq!(look(&marked).findings(), ["warning F09"]);
    let trusted = whole
        .replace("BEGIN CERT", "BEGIN TRUSTED CERT")
        .replace("END CERT", "END TRUSTED CERT");
    let trusted = closed("trusted.pem", trusted.as_bytes());
    let found = look(&trusted).findings();
    assert!(
        found.iter().all(|finding| finding == "error F09"),
        "{found:?}"
    );
    let [leaf, private, above] = pem;
    let turned = closed("turned.pem", [above, private, leaf].concat().as_bytes());
    assert_eq!(look(&turned).findings(), ["warning I11"]);

    for (name, content) in [
        ("text", &b"hei"[..]),
        ("empty", b""),
        ("jks", &[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2]),
        ("der", &[0x30, 0x03, 2, 1, 9]),
    ] {
        let path = file(&folder, name, content);
        assert_eq!(look(&path).findings(), ["error F01"], "{name}");
    }
}

#[test]
fn an_encrypted_key_opens_with_its_password_alone() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let good = ca.good(&key);
    let sealed = ca.path("sealed.key");
    ca.run(&[
        "pkcs8",
        "-topk8",
        "-in",
        text(&key),
        "-out",
        text(&sealed),
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:tæst",
    ]);
    let authority = ca.authority();
    let authority = text(&authority);
    let more = [
        "--key",
        text(&sealed),
        "--chain",
        authority,
        "--trust",
        authority,
    ];
    let arguments = json_of(&good, &more);
    assert_eq!(ask(&arguments).findings(), ["error F12"]);
    assert_eq!(
        ask_with(&arguments, &[("INNSYN_PASSWORD", "x")]).findings(),
        ["error F02"]
    );
    assert_eq!(
        ask_with(&arguments, &[PASSWORD]).findings(),
        Vec::<String>::new()
    );
    let kept = file(&ca.path(""), "password", "tæst\n");
    let mut with_file = arguments.clone();
    with_file.extend(["--password-file", text(&kept)]);
    assert_eq!(ask(&with_file).findings(), Vec::<String>::new());
}
