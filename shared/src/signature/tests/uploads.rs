//! Orders as apps send them.

use serde_json::{Value, json};

use super::super::form::Form;
use super::super::upload::{Format, LARGEST, LARGEST_JSON, Rights};
use super::*;
use crate::inbound::{Allowance, UnreadBody};
use crate::posten::job::{AuthenticationLevel, SignatureType};
use crate::problem::Kind;

fn read_as(
    customer: &Customer,
    claim: Option<&str>,
    content_type: &str,
    body: &[u8],
) -> Result<Order, Problem> {
    let list = ReturnAddresses::parse(["https://bank.example"].into_iter()).expect("a list");
    let rights = Rights {
        customer,
        orders_claim: claim,
        return_addresses: &list,
    };
    rights.read(content_type, &Bytes::copy_from_slice(body))
}

fn kari() -> Customer {
    Customer::invented("kari", Some(KARI), &consumer(CONSUMER), &[])
}

/// With the right to have others sign.
fn clerk() -> Customer {
    Customer::invented("clerk", Some(OLA), &consumer(CONSUMER), &["may_order"])
}

fn read(customer: &Customer, body: &Value) -> Result<Order, Problem> {
    read_as(
        customer,
        Some("may_order"),
        "application/json",
        body.to_string().as_bytes(),
    )
}

fn wanted() -> Value {
    json!({
        "flow": "direct",
        "title": "Avtale",
        "documents": [{"title": "Avtale", "content": STANDARD.encode(PDF)}],
        "return_address": "https://bank.example/back",
    })
}

fn with(changes: &Value) -> Value {
    let mut body = wanted();
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

#[test]
fn the_customer_signs_where_nobody_is_named() {
    for body in [
        wanted(),
        with(&json!({"signers": [{}]})),
        with(&json!({"signers": [{"number": KARI}]})),
    ] {
        let order = read(&kari(), &body).expect("an order");
        assert_eq!(order.signers, [signer(KARI)]);
        assert_eq!(order.documents[0].content, PDF);
    }
}

#[test]
fn others_sign_only_where_the_login_says_so() {
    for named in [
        json!({"number": OLA}),
        json!({"identifier": "part-2"}),
        json!({"contact": true}),
    ] {
        let body = with(&json!({"signers": [{}, named]}));
        let problem = read(&kari(), &body).expect_err("refused");
        assert_eq!(problem.kind, Kind::PartyNotAllowed);
        assert!(!format!("{problem:?}").contains(OLA));
        assert_eq!(read(&clerk(), &body).expect("an order").signers.len(), 2);
        // Without the setting, nobody may.
        let body = body.to_string();
        let problem = read_as(&clerk(), None, "application/json", body.as_bytes());
        assert_eq!(problem.is_ok(), named["number"] == OLA, "a clerk may sign");
    }
}

#[test]
fn a_customer_of_whom_the_login_says_nothing_names_the_signers() {
    let nobody = Customer::invented("x", None, &consumer(CONSUMER), &["may_order"]);
    assert_eq!(
        read(&nobody, &wanted()).expect_err("refused").kind,
        Kind::PartyNotAllowed
    );
    let body = with(&json!({"signers": [{"number": OLA}]}));
    assert!(read(&nobody, &body).is_ok());
}

#[test]
fn everything_that_can_be_said_is_read() {
    let mut body = wanted();
    body.as_object_mut()
        .expect("an object")
        .remove("return_address");
    body["flow"] = json!("portal");
    body["documents"][0]["media_type"] = json!("application/pdf");
    body["activation"] = json!("2026-11-23T08:00:00+01:00");
    body["available"] = json!(604_800);
    body["authentication"] = json!(4);
    body["identifier"] = json!("date-of-birth-and-name");
    body["nonsensitive_title"] = json!("Avtale");
    body["signers"] = json!([
        {"number": OLA, "signature_type": "advanced", "on_behalf_of": "other", "order": 1,
         "notifications": {"email": "ola@bank.example", "sms": "40000001"}},
        {"contact": true, "notifications": {"sms": "40000002"}},
        {"number": KARI, "notifications": {"lookup": {"sms": true}}},
    ]);
    let order = read(&clerk(), &body).expect("an order");
    let Way::Portal {
        activation,
        available,
    } = order.way
    else {
        panic!("another way");
    };
    assert_eq!(
        activation,
        Some(time::macros::datetime!(2026-11-23 07:00 UTC))
    );
    assert_eq!(available, Some(time::Duration::days(7)));
    assert_eq!(order.authentication, Some(AuthenticationLevel::Four));
    let [ola, contact, kari] = order.signers.as_slice() else {
        panic!("three signers");
    };
    assert_eq!(ola.signature_type, Some(SignatureType::Advanced));
    assert_eq!((ola.on_behalf_of, ola.order), (OnBehalfOf::Other, 1));
    assert_eq!(contact.who, Who::Contact);
    assert_eq!(
        kari.notifications,
        Some(Notifications::Lookup { sms: true })
    );
}

#[test]
fn nonsense_is_refused_and_not_repeated() {
    for changes in [
        json!({"flow": "other"}),
        json!({"flow": null}),
        json!({"more": KARI}),
        json!({"title": 7}),
        json!({"return_address": null}),
        json!({"available": 7}),
        json!({"activation": "2026-11-23T08:00:00+01:00"}),
        json!({"authentication": 2}),
        json!({"documents": [{"title": "x"}]}),
        json!({"documents": [{"title": "x", "content": "%"}]}),
        json!({"documents": [{"title": "x", "content": 7}]}),
        json!({"documents": [{"title": "x", "content": "AAAA", "media_type": "image/png"}]}),
        json!({"signers": [{"number": KARI, "contact": true}]}),
        json!({"signers": [{"number": "17897432162"}]}),
        json!({"signers": [{"notifications": {"lookup": {}, "email": "x@bank.example"}}]}),
        json!({"signers": [{"order": 256}]}),
    ] {
        let problem = read(&clerk(), &with(&changes)).expect_err("refused");
        assert_eq!(problem.kind, Kind::RequestInvalid, "{changes}: {problem:?}");
        let told = format!("{problem:?}");
        assert!(
            !told.contains("1789743216") && !told.contains("bank.example"),
            "{told}"
        );
    }
    let problem = read(
        &kari(),
        &with(&json!({"return_address": "https://evil.example/"})),
    );
    assert_eq!(
        problem.expect_err("refused").kind,
        Kind::ReturnAddressNotAllowed
    );
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
        let problem = read_as(&kari(), None, content_type, b"").expect_err("refused");
        assert_eq!(problem.kind, Kind::MediaTypeUnsupported, "{content_type}");
    }
}

#[test]
fn lists_are_counted_while_they_are_read() {
    let signers: Vec<Value> = (0..11).map(|_| json!({})).collect();
    let document = json!({"title": "x", "content": "AAAA"});
    for (changes, told) in [
        (json!({"signers": signers}), "expected at most 10 elements"),
        (
            json!({"documents": vec![document; 21]}),
            "expected at most 20 elements",
        ),
    ] {
        let problem = read(&clerk(), &with(&changes)).expect_err("refused");
        assert_eq!(problem.kind, Kind::RequestInvalid);
        let detail = problem.detail.expect("a detail");
        assert!(detail.contains(told), "{detail}");
    }
}

/// Reads an upload as the desk does: what came of it, and how much of it was taken.
fn uploaded(content_type: &str, body: &[u8]) -> (Result<Bytes, Problem>, usize) {
    let mut most = 0;
    let mut judge = Format::of(content_type).expect("a format").watch();
    let mut watch = |arrived: &[u8]| {
        most = most.max(arrived.len());
        judge(arrived)
    };
    let pieces = body.chunks(16 * 1024).map(|piece| {
        let frame = http_body::Frame::data(Bytes::copy_from_slice(piece));
        Ok::<_, std::convert::Infallible>(frame)
    });
    let pieces: Vec<_> = pieces.collect();
    let stream = http_body_util::StreamBody::new(futures::stream::iter(pieces));
    let platform = Memory::new();
    let allowance = Allowance {
        largest: LARGEST,
        share: None,
        watch: Some(&mut watch),
    };
    let unread = UnreadBody::new(&http::HeaderMap::new(), stream);
    let end = platform.run(unread.read(&context(&platform), &kari(), allowance));
    (end, most)
}

#[test]
fn json_that_is_large_without_its_documents_is_refused_before_it_is_here() {
    let signers = format!("[{}{{}}]", "{},".repeat(2_000_000));
    let whole = wanted().to_string();
    for body in [
        format!(r#"{{"signers":{signers},{}"#, &whole[1..]),
        format!(r#"{},"signers":{signers}}}"#, &whole[..whole.len() - 1]),
        format!(r#"{{"title":"{}",{}"#, "x".repeat(6_000_000), &whole[1..]),
        format!(r#"{{"{}":1,{}"#, "x".repeat(6_000_000), &whole[1..]),
        format!("{}{whole}", " ".repeat(6_000_000)),
        "[".repeat(6_000_000),
        "\"".repeat(6_000_000),
        "\\".repeat(6_000_000),
    ] {
        let (end, most) = uploaded("application/json; charset=utf-8", body.as_bytes());
        let problem = end.expect_err("refused");
        assert_eq!(problem.kind, Kind::BodyTooLarge, "{}", &body[..20]);
        assert!(most <= LARGEST_JSON + 16 * 1024, "{most} of {}", body.len());
    }
    // A large document alone is no such thing.
    let document = STANDARD.encode(vec![b'x'; 6_000_000]);
    let body = with(&json!({"documents": [{"title": "x", "content": document}]})).to_string();
    let (end, most) = uploaded("application/json", body.as_bytes());
    assert_eq!(end.expect("all of it").len(), body.len());
    assert_eq!(most, body.len());
}

#[test]
fn the_job_of_a_form_is_small() {
    let signers = format!("[{}{{}}]", "{},".repeat(30_000));
    let job = format!(r#"{{"signers":{signers}}}"#);
    let body = form(&[(JOB, job.as_bytes()), (DOCUMENT, PDF)]);
    let problem = read_as(&kari(), None, FORM, &body).expect_err("refused");
    assert_eq!(problem.kind, Kind::BodyTooLarge);
}

#[test]
fn escaped_base64_is_base64() {
    let content = STANDARD.encode([0xff_u8; 30]);
    assert!(content.contains('/'));
    let body = with(&json!({"documents": [{"title": "x", "content": content}]}));
    let escaped = body
        .to_string()
        .replace(&content, &content.replace('/', "\\/"));
    let order = read_as(&kari(), None, "application/json", escaped.as_bytes());
    assert_eq!(
        order.expect("an order").documents[0].content,
        [0xff_u8; 30][..]
    );
}

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
/// Its file's name is nobody's business, and says nothing.
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
    // Neither more nor fewer than the job says, and not in two places.
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
    // What stands before the first boundary, and blanks after one, mean nothing.
    let talkative = [b"preamble\r\n".to_vec(), whole.clone()].concat();
    assert!(Form::read(FORM, &Bytes::from(talkative)).is_ok());
}
