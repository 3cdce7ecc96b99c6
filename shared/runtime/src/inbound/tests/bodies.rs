//! Tests of request bodies: unread until the caller is verified, at a minimum rate, in pieces of a
//! minimum size.

use std::convert::Infallible;
use std::rc::Rc;

use futures::StreamExt as _;
use futures::stream::{self, Stream as Pieces};
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Returns a body of equal pieces, with a pause before each.
fn pieces(
    platform: &Rc<Memory>,
    count: usize,
    bytes: usize,
    pause: Duration,
) -> impl Pieces<Item = Bytes> + use<> {
    let platform = Rc::clone(platform);
    stream::iter(0..count).then(move |_| {
        let platform = Rc::clone(&platform);
        async move {
            if !pause.is_zero() {
                platform.sleep(pause).await;
            }
            Bytes::from(vec![b'x'; bytes])
        }
    })
}

/// Returns the response to such a body, and the time at which it was given.
fn post(
    platform: &Rc<Memory>,
    path: &'static str,
    body: impl Pieces<Item = Bytes> + 'static,
) -> (Answer, Duration) {
    let frames = body.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let mut request = http::Request::new(StreamBody::new(Box::pin(frames)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = http::Uri::from_static(path);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    let answer = platform.run(serve(&**platform, &Reloading::<Test>::default(), request));
    (answer, platform.uptime())
}

#[test]
fn nothing_is_read_for_a_caller_who_is_not_known() {
    let platform = Rc::new(Memory::new());
    let never = stream::pending();
    let (answer, time) = post(&platform, "/ignore", never);
    assert_eq!(
        (answer.status(), time),
        (StatusCode::UNAUTHORIZED, Duration::ZERO)
    );
}

#[test]
fn a_body_that_never_comes_is_given_up_after_ten_seconds() {
    let platform = Rc::new(Memory::new());
    let started = stream::once(std::future::ready(Bytes::from_static(b"\"half")));
    let (answer, time) = post(&platform, "/thing", started.chain(stream::pending()));
    assert_eq!(
        (answer.status(), time),
        (StatusCode::REQUEST_TIMEOUT, 10 * SECOND)
    );
    let event = &platform.events()[0];
    assert_eq!(event["level"], "info");
    assert_eq!(event["outcome"], "request-timeout");
}

#[test]
fn sixty_four_kibibytes_must_come_in_each_ten_seconds() {
    const KIB: usize = 1024;
    for (count, bytes, pause, status, seconds) in [
        // 8 KiB/s: the second window begins with the ninth piece.
        (12, 8 * KIB, SECOND, 200, 12),
        (24, 4 * KIB, SECOND / 2, 200, 12),
        (30, 6 * KIB, SECOND, 408, 10),
        (30, 16, SECOND, 408, 10),
        (2, 64 * KIB - 1, 10 * SECOND, 408, 10),
    ] {
        let platform = Rc::new(Memory::new());
        let body = pieces(&platform, count, bytes, pause);
        let (answer, time) = post(&platform, "/upload", body);
        assert_eq!(answer.status(), status, "{count} of {bytes}");
        assert_eq!(time.as_secs(), seconds, "{count} of {bytes}");
    }
    let platform = Rc::new(Memory::new());
    let fast = pieces(&platform, 1, 65 * KIB, Duration::ZERO);
    let slow = pieces(&platform, 9, KIB, 3 * SECOND);
    let (answer, time) = post(&platform, "/upload", fast.chain(slow));
    assert_eq!((answer.status().as_u16(), time), (408, 10 * SECOND));
}

#[test]
fn small_pieces_are_refused_after_the_first_hundred() {
    for (count, bytes, status) in [
        (100, 1, 200),
        (101, 1, 400),
        (360_000, 15, 400),
        (999, 16, 200),
    ] {
        let platform = Rc::new(Memory::new());
        let body = pieces(&platform, count, bytes, Duration::ZERO);
        let (answer, _) = post(&platform, "/upload", body);
        assert_eq!(answer.status(), status, "{count} of {bytes}");
        if status == 400 {
            assert_eq!(platform.events()[0]["outcome"], "request-invalid");
        }
    }
}

#[test]
fn a_body_without_end_is_cut_off() {
    let platform = Rc::new(Memory::new());
    let endless = stream::repeat_with(|| Bytes::from_static(&[b'x'; 4096]));
    let (answer, _) = post(&platform, "/thing", endless);
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for body in [r#"{"a":1,"a":2}"#, r#"{"a":1,"A":2}"#] {
        let json = [("content-type", "application/json")];
        let (answer, _) = ask("POST", "/object", &json, body);
        assert_eq!(slug(&answer), "request-invalid", "{body}");
    }
    let json = [("content-type", "application/json")];
    let (answer, _) = ask("POST", "/object", &json, r#"{"a":1,"b":2}"#);
    assert_eq!(text(&answer), "2 members");
}
