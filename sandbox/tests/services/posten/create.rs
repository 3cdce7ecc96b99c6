//! The bodies of create requests.

use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use sandbox::population::FJORDBANKEN;

use crate::posten::package_writer::Draft;
use crate::posten::support::{ClientFiles, Reply, TestBed};

const SCHEMA: &str = "SCHEMA_VALIDATION_ERROR";

#[tokio::test]
async fn the_body_is_read_as_leniently_as_clients_write_it() {
    let bed = TestBed::in_a_hurry().await;
    let (shown, draft) = (bed.given(), Draft::direct());
    let package = draft.package(&shown, bed.clock.now());
    let xml = ("Application/XML; charset=utf-8", draft.request.as_bytes());
    let asice = ("application/octet-stream", package.as_slice());
    let with_extras = (
        "application/octet-stream\r\nContent-Disposition: attachment; filename=\"a b\"\r\nX-More: 1",
        &package[..],
    );
    for (kind, parts) in [
        ("multipart/mixed; boundary=x", vec![xml, asice]),
        (
            "multipart/mixed;charset=ISO-8859-1;boundary=\"x\"",
            vec![asice, xml],
        ),
        (
            "Multipart/Mixed; Boundary=x; charset=utf-8",
            vec![xml, with_extras],
        ),
    ] {
        post(&bed, &shown, kind, &parts).await.is_taken();
    }
    let other = ("text/plain", &b"x"[..]);
    for (kind, parts, why) in [
        (
            "multipart/form-data; boundary=x",
            vec![xml, asice],
            "not multipart/mixed",
        ),
        ("application/xml", vec![xml, asice], "not multipart/mixed"),
        ("multipart/mixed", vec![xml, asice], "not multipart/mixed"),
        (
            "multipart/mixed; boundary=y",
            vec![xml, asice],
            "not well-formed",
        ),
        (
            "multipart/mixed; boundary=x",
            vec![xml],
            "a part is missing",
        ),
        (
            "multipart/mixed; boundary=x",
            vec![xml, xml, asice],
            "one media type",
        ),
        (
            "multipart/mixed; boundary=x",
            vec![xml, other, asice],
            "neither",
        ),
    ] {
        post(&bed, &shown, kind, &parts)
            .await
            .is_refused(400, SCHEMA, why);
    }
    let too_much = vec![b' '; 13 * 1024 * 1024];
    let said = post(
        &bed,
        &shown,
        "multipart/mixed; boundary=x",
        &[("application/octet-stream", &too_much)],
    )
    .await;
    assert_eq!((said.status, said.body.as_str()), (413, ""));
}

/// Chunked, as the Java client sends it.
#[tokio::test]
async fn a_body_of_unknown_length_is_read() {
    let bed = TestBed::in_a_hurry().await;
    let (shown, draft) = (bed.given(), Draft::portal());
    let (kind, body) = draft.body(&draft.package(&shown, bed.clock.now()));
    let chunks = body
        .chunks(700)
        .map(|chunk| Frame::data(Bytes::copy_from_slice(chunk)));
    let chunks: Vec<_> = chunks.map(Ok::<_, std::io::Error>).collect();
    let request = bed
        .client(&shown)
        .post(format!("{}/portal/signature-jobs", bed.root(FJORDBANKEN)))
        .header("content-type", kind)
        .body(reqwest::Body::wrap(StreamBody::new(futures::stream::iter(
            chunks,
        ))));
    Reply::receive(request.send().await.unwrap())
        .await
        .is_taken();
}

/// Sends a body with these parts, whose boundary is `x`.
async fn post(bed: &TestBed, shown: &ClientFiles, kind: &str, parts: &[(&str, &[u8])]) -> Reply {
    let mut body = b"a preamble\r\n".to_vec();
    for (kind, content) in parts {
        body.extend_from_slice(format!("--x\r\nContent-Type: {kind}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--x--\r\nan epilogue");
    let address = format!("{}/direct/signature-jobs", bed.root(FJORDBANKEN));
    bed.post(shown, &address, kind, body).await
}
