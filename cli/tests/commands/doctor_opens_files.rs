//! Encrypted files: those that open, those that do not, and the reasons.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::doctor::{ask_with, closed, json_of, text};
use crate::openssl::{CertificateOptions, EXTENSIONS, OpensslAuthority};

#[test]
fn a_cipher_that_is_not_known_is_no_wrong_password() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let sealed = ca.path("sealed.key");
    let arguments = [
        "pkcs8",
        "-topk8",
        "-in",
        text(&key),
        "-v2",
        "sm4",
        "-out",
        text(&sealed),
    ];
    ca.run(&[&arguments[..], &["-passout", "pass:p"]].concat());
    let arguments = json_of(&sealed, &["--purpose", "key"]);
    for password in ["p", "another"] {
        let answer = ask_with(&arguments, &[("INNSYN_PASSWORD", password)]);
        // F13 names it, and says nothing of the password.
        assert_eq!(
            (answer.findings(), answer.code),
            (vec!["error F13".to_owned()], 2)
        );
        assert!(
            answer.text.contains("1.2.156.10197.1.104.2"),
            "{}",
            answer.text
        );
    }
}

#[test]
fn a_password_in_another_form_is_named() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let sealed = ca.path("sealed.key");
    let decomposed = "pass:bla\u{30a}";
    let arguments = [
        "pkcs8",
        "-topk8",
        "-in",
        text(&key),
        "-v2",
        "aes256",
        "-out",
    ];
    ca.run(&[&arguments[..], &[text(&sealed), "-passout", decomposed]].concat());
    closed(
        &ca.path(""),
        "sealed.key",
        fs::read(&sealed).expect("a key"),
    );
    let arguments = json_of(&sealed, &["--purpose", "key"]);
    let answer = ask_with(&arguments, &[("INNSYN_PASSWORD", "bl\u{e5}")]);
    // F14.
    assert_eq!(
        (answer.findings(), answer.code),
        (vec!["info F14".to_owned()], 0)
    );
    assert!(answer.text.contains("NFD"), "{}", answer.text);
}

/// Checks with `script` as a terminal that the command asks for the password without an echo.
#[test]
fn on_a_terminal_the_password_is_asked_for() {
    if !programs::is_installed("script", "the doctor is not seen on a terminal") {
        return;
    }
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let sealed = ca.path("sealed.key");
    let arguments = [
        "pkcs8",
        "-topk8",
        "-in",
        text(&key),
        "-v2",
        "aes256",
        "-out",
    ];
    ca.run(&[&arguments[..], &[text(&sealed), "-passout", "pass:s3cr3t"]].concat());
    closed(
        &ca.path(""),
        "sealed.key",
        fs::read(&sealed).expect("a key"),
    );
    let command = format!(
        "timeout --foreground 60 {} doctor --purpose key --certificate {}",
        env!("CARGO_BIN_EXE_innsyn"),
        text(&sealed)
    );
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env_remove("INNSYN_PASSWORD")
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a terminal");
    let mut typed = child.stdin.take().expect("its input");
    let mut screen = child.stdout.take().expect("its output");
    let mut shown = Vec::new();
    let mut times = 0;
    let mut some = [0; 512];
    // Text typed before the echo is off is lost. It is echoed then, and typed again; `timeout` ends
    // the command in any case.
    while let Ok(count @ 1..) = screen.read(&mut some) {
        shown.extend(&some[..count]);
        let text = String::from_utf8_lossy(&shown);
        if text.contains("sealed.key: ") && text.matches("s3cr3t").count() >= times {
            // The command may have ended meanwhile.
            _ = typed.write_all(b"s3cr3t\n");
            times += 1;
        }
    }
    let status = child.wait().expect("its end");
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("Password of "), "{shown}");
    assert!(shown.contains("OK: can sign grants"), "{shown}");
    assert!(status.success(), "{shown}");
}

#[test]
fn a_leaf_that_does_not_name_its_issuers_key_is_judged_by_its_signature() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let extensions = format!(
        "{EXTENSIONS}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=none\n\
         crlDistributionPoints=URI:http://localhost:1/issuing.crl\n"
    );
    let options = CertificateOptions {
        extensions: &extensions,
        ..CertificateOptions::new(&key)
    };
    let certificate = ca.certificate("nameless", &options);
    let judged = |authority: &std::path::Path| {
        let authority = text(authority);
        let more = [
            "--key",
            text(&key),
            "--chain",
            authority,
            "--trust",
            authority,
        ];
        ask_with(&json_of(&certificate, &more), &[])
    };
    let answer = judged(&ca.authority());
    assert_eq!(
        (answer.findings(), answer.code),
        (Vec::<String>::new(), 0),
        "{}",
        answer.text
    );
    // Another authority of the same name has not signed it.
    let other = OpensslAuthority::open().expect("openssl");
    let answer = judged(&other.authority());
    assert!(
        answer.findings().contains(&"error I08".to_owned()),
        "{}",
        answer.text
    );
    assert!(
        answer.findings().contains(&"error I12".to_owned()),
        "{}",
        answer.text
    );
}

#[test]
fn an_algorithm_that_is_not_known_is_no_false_signature() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    // An authority whose signatures the verifier does not know.
    let authority = ca.key("authority", &["ED448"]);
    ca.run(&[
        "req",
        "-x509",
        "-new",
        "-days",
        "3650",
        "-key",
        text(&authority),
        "-out",
        text(&ca.authority()),
        "-subj",
        "/C=NO/O=Simulert/CN=SIMULERT Buypass Class 3 Test4 CA G2 ST Business",
    ]);
    let options = CertificateOptions {
        digest: "-sha512",
        ..CertificateOptions::new(&key)
    };
    let certificate = ca.certificate("unknown", &options);
    let authority = ca.authority();
    let authority = text(&authority);
    let more = [
        "--key",
        text(&key),
        "--chain",
        authority,
        "--trust",
        authority,
    ];
    let answer = ask_with(&json_of(&certificate, &more), &[]);
    assert_eq!(
        (answer.findings(), answer.code),
        (Vec::<String>::new(), 3),
        "{}",
        answer.text
    );
    let not_made = &answer.json()["not_made"];
    assert_eq!(not_made[0]["check"], "issuer-signature");
    let reason = not_made[0]["reason"].as_str().expect("text");
    assert!(
        reason.contains("does not know the signature algorithm 1.3.101.113"),
        "{reason}"
    );
}

#[test]
fn a_certificate_that_expired_yesterday_expired_1_day_ago() {
    let Some(ca) = OpensslAuthority::open() else {
        return;
    };
    let key = ca.usual_key();
    let options = CertificateOptions {
        days: "-1",
        ..CertificateOptions::new(&key)
    };
    let certificate = ca.certificate("expired", &options);
    let arguments = ["--certificate", text(&certificate), "--key", text(&key)];
    let answer = ask_with(&arguments, &[]);
    assert!(answer.text.contains("expired 1 day ago"), "{}", answer.text);
    assert!(
        answer.text.contains("Expired        1 day ago"),
        "{}",
        answer.text
    );
}
