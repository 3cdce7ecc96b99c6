//! Addresses and headers of requests.

use http::{Method, header};

use super::*;
use innsyn_core::platform::Request;

fn address(path: &str) -> Address {
    posten()
        .address(&format!("https://api.posten.example{path}"))
        .expect("an address")
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method(), request.uri())
}

#[test]
fn each_request() {
    let posten = posten();
    let sender = consumer(CONSUMER);
    let bare = "http://localhost:3100/posten";
    let requests = [
        (
            posten.poll(Flow::Portal, &sender, None),
            "GET",
            "/api/310000205/portal/signature-jobs".to_owned(),
        ),
        (
            posten.poll(Flow::Direct, &sender, Some("kø & co")),
            "GET",
            "/api/310000205/direct/signature-jobs?polling_queue=k%C3%B8%20%26%20co".to_owned(),
        ),
        (
            posten.status(&address("/a/status"), "token-_=+&"),
            "GET",
            "/a/status?status_query_token=token-_%3D%2B%26".to_owned(),
        ),
        (
            posten.status(&address("/a?b=c"), "t"),
            "GET",
            "/a?b=c&status_query_token=t".to_owned(),
        ),
        (
            posten.confirm(&address("/a/complete")),
            "POST",
            "/a/complete".to_owned(),
        ),
        (
            posten.cancel(&address("/a/cancel?x")),
            "POST",
            "/a/cancel?x".to_owned(),
        ),
        (
            posten.delete_documents(&address("/a/d")),
            "DELETE",
            "/a/d".to_owned(),
        ),
        (posten.xades(&address("/a/x/1")), "GET", "/a/x/1".to_owned()),
    ];
    for (request, method, path) in requests {
        let request = request.expect("a request");
        assert_eq!(line(&request), format!("{method} {bare}{path}"));
        assert_eq!(request.headers()[header::ACCEPT], "application/xml");
        assert_eq!(request.headers().len(), 1);
        assert!(request.body().is_empty());
    }
}

#[test]
fn who_we_are_is_told_in_text() {
    let request = posten().who_am_i(&consumer(CONSUMER)).expect("a request");
    assert_eq!(
        line(&request),
        "GET http://localhost:3100/posten/api/310000205"
    );
    assert_eq!(request.headers()[header::ACCEPT], "*/*");
}

#[test]
fn a_document_may_be_refused_in_xml() {
    let request = posten().pades(&address("/a/pades")).expect("a request");
    assert_eq!(
        request.headers()[header::ACCEPT],
        "application/octet-stream, application/xml"
    );
}

#[test]
fn a_new_page() {
    let request = posten().new_redirect(&address("/a/signers/1"));
    let request = request.expect("a request");
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/xml");
    assert_eq!(
        request.body(),
        &Bytes::from_static(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
            <direct-signer-update-request xmlns=\"http://signering.posten.no/schema/v1\">\
            <redirect-url></redirect-url></direct-signer-update-request>"
        )
    );
}

#[test]
fn without_a_proxy_posten_itself_is_called() {
    let own = origin("https://api.posten.example");
    let posten = Posten::new(own, "", None, origin("https://posten.example")).expect("a place");
    let address = posten.address("https://api.posten.example/x?y=z#fragment");
    let request = posten.confirm(&address.expect("an address"));
    assert_eq!(
        line(&request.expect("a request")),
        "POST https://api.posten.example/x?y=z"
    );
}

#[test]
fn only_addresses_of_posten_are_taken() {
    let posten = posten();
    for text in [
        "https://api.posten.example.evil.example/a",
        "https://evil.example/https://api.posten.example/a",
        "https://api.posten.example@evil.example/a",
        "https://u:p@api.posten.example/a",
        "http://api.posten.example/a",
        "https://api.posten.example:8443/a",
        "http://localhost:3100/posten/a",
        "//api.posten.example/a",
        "/a",
        "",
    ] {
        assert_eq!(posten.address(text), None, "{text}");
    }
    // Equivalent spelling of the address.
    assert_eq!(
        posten.address("HTTPS://API.posten.example:443/a/../b?c"),
        Some(address("/b?c"))
    );
    let climbing = posten.address("https://api.posten.example/../../a");
    let request = posten.confirm(&climbing.expect("an address"));
    assert_eq!(
        line(&request.expect("a request")),
        "POST http://localhost:3100/posten/a"
    );
}

#[test]
fn pages_are_on_their_own_origin() {
    let page = "https://posten.example/signere/#/-/ZqVb0yJ2bqkYt2mD";
    assert_eq!(posten().page(page).as_deref(), Some(page));
    for page in [
        "https://api.posten.example/a",
        "https://posten.example.evil.example/",
        "javascript:1",
    ] {
        assert_eq!(posten().page(page), None);
    }
}

#[test]
fn an_address_is_kept_as_a_path() {
    let json = serde_json::to_string(&address("/a?b=c")).expect("JSON");
    assert_eq!(json, r#""/a?b=c""#);
    let back: Address = serde_json::from_str(&json).expect("an address");
    assert_eq!(back, address("/a?b=c"));
    assert_eq!(format!("{back:?}"), "Address(…)");
    for json in [
        r#""https://evil.example/""#,
        r#""@evil.example""#,
        r#""""#,
        r#""/a b""#,
    ] {
        assert!(serde_json::from_str::<Address>(json).is_err(), "{json}");
    }
}

#[test]
fn the_path_at_a_proxy_is_a_path() {
    let made = |path| {
        let origin = origin("https://proxy.example");
        Posten::new(origin.clone(), path, None, origin)
    };
    for path in ["", "/posten", "/a/b-c_d.e~f"] {
        assert!(made(path).is_ok(), "{path}");
    }
    for path in [
        "posten", "/", "/posten/", "/a//b", "/a/../b", "/.", "/a?b", "/a#b", "/a%2e", "/å",
    ] {
        assert_eq!(made(path).err(), Some(PostenError::ProxyPath), "{path}");
    }
}
