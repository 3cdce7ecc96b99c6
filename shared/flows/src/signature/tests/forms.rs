//! Tests of orders in form encoding.

use serde_json::json;

use super::uploads::{kari, read_as, with};
use super::*;
use crate::signature::form::Form;
use innsyn_core::problem::Kind;

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(b"--b1e55ed\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b1e55ed--\r\n");
    body
}

const FORM: &str = "multipart/form-data; boundary=b1e55ed";
const JOB: &str = "Content-Disposition: form-data; name=\"job\"\r\nContent-Type: application/json";
/// Head of a part whose file name looks like parameters.
const DOCUMENT: &str = "content-type: application/pdf\r\nContent-disposition: form-data; filename=\"a; name=job; \\\" name=job.pdf\"; name=document";

#[test]
fn a_form_brings_the_documents_as_they_are() {
    let mut body = with(&json!({"documents": [{"title": "One"}, {"title": "Two"}]}));
    let tricky = b"%PDF-1.7\r\n--b1e55e\r\n\r\n--\r\n";
    let parts = [
        (DOCUMENT, PDF),
        (JOB, body.to_string().as_bytes()),
        (DOCUMENT, tricky),
    ]
    .map(|(head, content)| (head, content.to_vec()));
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(head, content)| (*head, content.as_slice()))
        .collect();
    for content_type in [
        FORM,
        "Multipart/Form-Data; charset=utf-8; Boundary=\"b1e55ed\"",
    ] {
        let order = read_as(&kari(), None, content_type, &form(&parts)).expect("an order");
        let [one, two] = order.documents.as_slice() else {
            panic!("two documents");
        };
        assert_eq!((one.title.as_str(), &one.content[..]), ("One", PDF));
        assert_eq!(&two.content[..], tricky);
    }
    // Exactly the documents of the job, and not in two places.
    assert!(read_as(&kari(), None, FORM, &form(&parts[..2])).is_err());
    body["documents"][0]["content"] = json!("AAAA");
    let twice = [
        (DOCUMENT, PDF),
        (JOB, body.to_string().as_bytes()),
        (DOCUMENT, PDF),
    ]
    .map(|(head, content)| (head, content.to_vec()));
    let twice: Vec<(&str, &[u8])> = twice
        .iter()
        .map(|(head, content)| (*head, content.as_slice()))
        .collect();
    assert!(read_as(&kari(), None, FORM, &form(&twice)).is_err());
}

#[test]
fn documents_of_a_form_are_not_copied() {
    let body = Bytes::from(form(&[(JOB, b"{}"), (DOCUMENT, PDF)]));
    let read = Form::read(FORM, &body).expect("a form");
    let within = body.as_ptr_range();
    assert!(within.contains(&read.documents[0].as_ptr()));
}

#[test]
fn a_form_that_is_not_one_is_refused() {
    let whole = form(&[(JOB, b"{}"), (DOCUMENT, PDF)]);
    for length in 0..whole.len() - 4 {
        let cut = Bytes::copy_from_slice(&whole[..length]);
        assert!(Form::read(FORM, &cut).is_err(), "cut at {length}");
    }
    let other = "Content-Disposition: form-data; name=\"other\"";
    let nameless = "Content-Type: text/plain";
    let attached = "Content-Disposition: attachment; name=\"job\"";
    for parts in [
        &[(JOB, &b"{}"[..]), (JOB, b"{}")][..],
        &[(DOCUMENT, PDF)],
        &[(JOB, b"{}"), (other, b"x")],
        &[(JOB, b"{}"), (nameless, b"x")],
        &[(attached, b"{}")],
        &vec![(DOCUMENT, PDF); 33],
    ] {
        assert!(Form::read(FORM, &Bytes::from(form(parts))).is_err());
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a{\"",
    ] {
        assert!(Form::read(content_type, &Bytes::from(whole.clone())).is_err());
    }
    // Text before the first boundary, and blanks after one, have no meaning.
    let talkative = [b"preamble\r\n".to_vec(), whole.clone()].concat();
    assert!(Form::read(FORM, &Bytes::from(talkative)).is_ok());
}

#[test]
fn the_job_of_a_form_is_small() {
    let signers = format!("[{}{{}}]", "{},".repeat(30_000));
    let job = format!(r#"{{"signers":{signers}}}"#);
    let body = form(&[(JOB, job.as_bytes()), (DOCUMENT, PDF)]);
    let problem = read_as(&kari(), None, FORM, &body).expect_err("refused");
    assert_eq!(problem.kind, Kind::BodyTooLarge);
}

/// Browsers write the name of a file in the encoding of the page.
#[test]
fn heads_of_parts_may_have_any_encoding() {
    for name in [
        &b"L\xe5neavtale.pdf"[..],
        "Låneavtale.pdf".as_bytes(),
        b"\xff\xfe\x80.pdf",
    ] {
        let job = with(&json!({"documents": [{"title": "One"}]})).to_string();
        let mut body = b"--b1e55ed\r\nX-Page: b\xf8k\r\n".to_vec();
        body.extend_from_slice(JOB.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(job.as_bytes());
        body.extend_from_slice(b"\r\n--b1e55ed\r\nContent-Disposition: form-data; filename=\"");
        body.extend_from_slice(name);
        body.extend_from_slice(b"\"; name=\"document\"\r\n\r\n");
        body.extend_from_slice(PDF);
        body.extend_from_slice(b"\r\n--b1e55ed--\r\n");
        let order = read_as(&kari(), None, FORM, &body).expect("an order");
        assert_eq!(&order.documents[0].content[..], PDF);
    }
    // A name that is not ASCII is unknown.
    let head = "Content-Disposition: form-data; name=\"j\u{f8}b\"";
    let body = form(&[(JOB, b"{}"), (head, b"x")]);
    assert!(Form::read(FORM, &Bytes::from(body)).is_err());
}

#[test]
fn a_form_may_say_that_it_is_utf8() {
    const CHARSET: &str = "Content-Disposition: form-data; name=\"_charset_\"";
    let job = "{\"title\":\"L\u{e5}n\"}".as_bytes();
    let read = |charset: &[u8], job: &[u8]| {
        let body = form(&[(CHARSET, charset), (JOB, job), (DOCUMENT, PDF)]);
        Form::read(FORM, &Bytes::from(body))
    };
    for charset in ["utf-8", "UTF-8", " utf8 ", "us-ascii"] {
        let form = read(charset.as_bytes(), job).expect(charset);
        assert_eq!((&form.job[..], form.documents.len()), (job, 1));
    }
    // ASCII reads the same in each.
    for charset in ["iso-8859-1", "windows-1252", "", "\u{fffd}"] {
        assert!(read(charset.as_bytes(), b"{}").is_ok(), "{charset}");
        let problem = read(charset.as_bytes(), job).expect_err(charset);
        let detail = problem.detail.expect("a detail");
        assert!(
            detail.contains("says a _charset_ other than UTF-8"),
            "{detail}"
        );
    }
    let problem = read(b"iso-8859-1", b"{\"title\":\"L\xe5n\"}").expect_err("refused");
    assert_eq!(problem.kind, Kind::RequestInvalid);
    let detail = problem.detail.expect("a detail");
    assert!(detail.contains("job that is not UTF-8"), "{detail}");
    let twice = form(&[(CHARSET, b"utf-8"), (CHARSET, b"utf-8"), (JOB, b"{}")]);
    assert!(Form::read(FORM, &Bytes::from(twice)).is_err());
}

#[test]
fn a_byte_order_mark_before_the_job_is_ignored() {
    let job = with(&json!({"documents": [{"title": "One"}]})).to_string();
    let marked = [b"\xef\xbb\xbf", job.as_bytes()].concat();
    let body = form(&[(JOB, &marked), (DOCUMENT, PDF)]);
    let order = read_as(&kari(), None, FORM, &body).expect("an order");
    assert_eq!(order.documents[0].title, "One");
    let json = with(&json!({})).to_string();
    let marked = [b"\xef\xbb\xbf", json.as_bytes()].concat();
    assert!(read_as(&kari(), None, "application/json", &marked).is_ok());
}
