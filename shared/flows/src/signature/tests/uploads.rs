//! Tests of orders as apps send them.

use serde_json::{Value, json};

use super::*;
use crate::signature::upload::{Format, LARGEST, LARGEST_JSON, Rights, Upload};
use innsyn_core::problem::Kind;
use innsyn_runtime::inbound::{BodyLimits, UnreadBody};

pub(super) fn read_as(
    customer: &Customer,
    claim: Option<&str>,
    content_type: &str,
    body: &[u8],
) -> Result<Order, Problem> {
    let list = ReturnAddresses::parse(["https://bank.example"].into_iter()).expect("a list");
    let rights = Rights {
        customer: Some(customer),
        orders_claim: claim,
        return_addresses: &list,
    };
    rights.read(&Upload::read(content_type, &Bytes::copy_from_slice(body))?)
}

pub(super) fn kari() -> Customer {
    Customer::invented("kari", Some(KARI), &consumer(CONSUMER), &[])
}

/// Returns a customer who may have others sign.
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

pub(super) fn with(changes: &Value) -> Value {
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
fn a_member_that_stands_twice_is_refused() {
    let body = wanted().to_string();
    for (place, twice) in [
        ("{", r#"{"title":"Another","#),
        ("{", r#"{"Title":"Another","#),
        ("[{", r#"[{"content":"AAAA","#),
    ] {
        let body = body.replacen(place, twice, 1);
        let problem = read_as(&kari(), None, "application/json", body.as_bytes());
        let problem = problem.expect_err(twice);
        assert_eq!(problem.kind, Kind::RequestInvalid, "{twice}");
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
    let FlowOptions::Portal {
        activation,
        available,
    } = order.flow
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
    assert_eq!(contact.who, SignerIdentifier::Contact);
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

/// Reads an upload as the handlers do; returns the result, and the number of bytes consumed.
fn uploaded(content_type: &str, body: &[u8]) -> (Result<Bytes, Problem>, usize) {
    let mut most = 0;
    let mut judge = Format::from_content_type(content_type)
        .expect("a format")
        .watch();
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
    let limits = BodyLimits {
        largest: LARGEST,
        reservation: None,
        watch: Some(&mut watch),
    };
    let unread = UnreadBody::new(&http::HeaderMap::new(), stream);
    let end = platform.run(unread.read(&context(&platform), &kari(), limits));
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
    // A large document alone does not count.
    let document = STANDARD.encode(vec![b'x'; 6_000_000]);
    let body = with(&json!({"documents": [{"title": "x", "content": document}]})).to_string();
    let (end, most) = uploaded("application/json", body.as_bytes());
    assert_eq!(end.expect("all of it").len(), body.len());
    assert_eq!(most, body.len());
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
