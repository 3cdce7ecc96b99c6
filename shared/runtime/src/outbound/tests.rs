use bytes::Bytes;
use http::HeaderValue;

use super::*;
use innsyn_core::fixtures::{CONSUMER, consumer, context};
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::platform::Refusal;
use innsyn_core::platform::memory::{Delay, Memory};

const CALL: Endpoint = Endpoint {
    counterparty: "altinn",
    timeout: Duration::from_secs(2),
    max_body: 1024,
    retry: RetryPolicy::Idempotent(3),
};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the form in which answers are queued"
)]
fn status(status: u16) -> Result<Response, SendError> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    Ok(answer)
}

fn too_many(retry_after: &'static str) -> Result<Response, SendError> {
    let mut answer = status(429)?;
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static(retry_after));
    Ok(answer)
}

fn broken() -> Result<Response, SendError> {
    Err(SendError::Broken("reset".to_owned()))
}

fn refused() -> Result<Response, SendError> {
    Err(SendError::NoConnection("refused".to_owned()))
}

/// Returns the outcome of `call` with these responses, and the number of calls made.
fn end(
    endpoint: Endpoint,
    answers: Vec<Result<Response, SendError>>,
) -> (Result<u16, Kind>, usize) {
    let platform = Memory::new();
    for answer in answers {
        platform.push_answer(answer);
    }
    let request = Request::new(Bytes::new());
    let end = platform.run(async { send(&context(&platform), &endpoint, &request).await });
    let end = end
        .map(|answer| answer.status().as_u16())
        .map_err(|problem| problem.kind);
    assert_eq!(
        platform.events().len(),
        platform.requests().len(),
        "one line for each call"
    );
    (end, platform.requests().len())
}

#[test]
fn what_may_pass_is_tried_again() {
    for (answers, expected, calls) in [
        (vec![status(200)], Ok(200), 1),
        (vec![broken(), status(200)], Ok(200), 2),
        (vec![refused(), broken(), status(200)], Ok(200), 3),
        (vec![broken(), broken(), broken()], Err(Kind::SourceDown), 3),
        (vec![status(503), status(502), status(504)], Ok(504), 3),
        (vec![too_many("1"), status(200)], Ok(200), 2),
        (vec![too_many("60")], Ok(429), 1),
        (
            vec![too_many("Thu, 01 Jan 2026 12:00:01 GMT"), status(200)],
            Ok(200),
            2,
        ),
        (vec![too_many("Thu, 01 Jan 2026 12:01:00 GMT")], Ok(429), 1),
        (vec![status(429)], Ok(429), 1),
        (vec![status(500)], Ok(500), 1),
        (vec![status(404)], Ok(404), 1),
        (
            vec![Err(SendError::Tls("no common version".to_owned()))],
            Err(Kind::SourceDown),
            1,
        ),
        (
            vec![Err(SendError::CertificateRefused(Refusal::Expired))],
            Err(Kind::OwnCertificateRefused),
            1,
        ),
        (
            vec![Err(SendError::NotTrusted("expired".to_owned()))],
            Err(Kind::CounterpartyNotTrusted),
            1,
        ),
        (
            vec![Err(SendError::TimedOut(CALL.timeout))],
            Err(Kind::SourceSlow),
            1,
        ),
        (
            vec![Err(SendError::TooLarge(1024))],
            Err(Kind::SourceUnreadable),
            1,
        ),
        (
            vec![Err(SendError::NotAllowed("list".to_owned()))],
            Err(Kind::ConfigurationMissing),
            1,
        ),
    ] {
        let case = format!("{answers:?}");
        assert_eq!(end(CALL, answers), (expected, calls), "{case}");
    }
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let never = Endpoint {
        retry: RetryPolicy::Never,
        ..CALL
    };
    assert_eq!(end(never, vec![broken()]), (Err(Kind::SourceDown), 1));
    assert_eq!(end(never, vec![status(503)]), (Ok(503), 1));
    assert_eq!(
        end(never, vec![refused(), status(200)]),
        (Ok(200), 2),
        "it never left"
    );
    let connection = Endpoint {
        retry: RetryPolicy::OnDisconnect(2),
        ..CALL
    };
    assert_eq!(end(connection, vec![broken(), status(200)]), (Ok(200), 2));
    assert_eq!(end(connection, vec![status(503)]), (Ok(503), 1));
}

#[test]
fn the_deadline_of_the_request_comes_first() {
    let platform = Memory::new();
    platform.respond(|_| {
        let mut answer = status(503)?;
        answer
            .extensions_mut()
            .insert(Delay(Duration::from_millis(700)));
        Ok(answer)
    });
    let (end, took) = platform.run(async {
        let context = context(&platform).within(Duration::from_secs(1));
        let end = send(&context, &CALL, &Request::new(Bytes::new())).await;
        (end, platform.uptime())
    });
    assert!(took <= Duration::from_secs(1), "{took:?}");
    assert_eq!(
        end.map(|answer| answer.status().as_u16())
            .map_err(|problem| problem.kind),
        Err(Kind::SourceSlow)
    );
}

#[test]
fn one_that_is_at_fault_is_not_sent_again_and_one_that_failed_is() {
    for (answer, attempts) in [
        (status(400), 1),
        (status(403), 1),
        (too_many("1"), 1),
        (status(500), 3),
        (status(503), 3),
        (Err(SendError::TimedOut(Duration::from_secs(1))), 3),
    ] {
        let platform = Memory::new();
        let copy = answer.clone();
        platform.respond(move |_| copy.clone());
        let endpoint = Endpoint {
            retry: RetryPolicy::OnUnavailable(3),
            ..CALL
        };
        let request = Request::new(Bytes::new());
        let _end = platform.run(async { send(&context(&platform), &endpoint, &request).await });
        assert_eq!(platform.requests().len(), attempts, "{answer:?}");
    }
}

#[test]
fn each_attempt_is_made_anew() {
    let platform = Memory::new();
    platform.push_answer(broken());
    platform.push_answer(status(200));
    let mut count = 0;
    let make = async || {
        count += 1;
        Ok(Request::new(Bytes::from(count.to_string())))
    };
    platform
        .run(async { send_anew(&context(&platform), &CALL, make).await })
        .expect("an answer");
    let bodies: Vec<Bytes> = platform
        .requests()
        .into_iter()
        .map(http::Request::into_body)
        .collect();
    assert_eq!(bodies, ["1", "2"]);
}

#[test]
fn the_line_tells_the_call_and_never_the_address() {
    let platform = Memory::new();
    platform.push_answer(broken());
    platform.push_answer(status(200));
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = "https://api.example/02829090123?x=1"
        .parse()
        .expect("an address");
    platform
        .run(async { send(&context(&platform), &CALL, &request).await })
        .expect("an answer");
    let events = platform.events();
    assert_eq!(events[0]["counterparty"], "altinn");
    assert_eq!(
        (&events[0]["outcome"], &events[0]["attempt"]),
        (&"source-down".into(), &1.into())
    );
    assert_eq!(
        (&events[1]["status"], &events[1]["attempt"]),
        (&200.into(), &2.into())
    );
    assert!(
        platform
            .lines()
            .iter()
            .all(|line| !line.contains("0282") && !line.contains("api.example"))
    );
}

#[test]
fn unexpected_answers_say_whose_fault_they_are() {
    for (code, kind) in [
        (500, Kind::SourceDown),
        (504, Kind::SourceSlow),
        (429, Kind::TooManyCalls),
        (403, Kind::SourceRefused),
        (302, Kind::SourceUnreadable),
    ] {
        assert_eq!(
            unexpected("altinn", &status(code).expect("an answer")).kind,
            kind
        );
    }
    assert_eq!(
        unexpected("altinn", &too_many("7").expect("an answer")).retry_after,
        Some(7)
    );
}

/// Common problems in setting up mutual TLS (Posten signering, "Security").
#[test]
fn each_common_problem_is_named() {
    let detail = |error: SendError| problem("altinn", &error).advice.expect("advice");
    let refused = |alert| {
        let refusal = Refusal::of_alert(alert).expect("about a certificate");
        detail(SendError::CertificateRefused(refusal))
    };
    let untrusted = detail(SendError::NotTrusted("unknown issuer".to_owned()));
    assert!(untrusted.contains("the wrong truststore"), "{untrusted}");
    assert!(refused(48).contains("no organisation's certificate"));
    assert!(refused(42).contains("signed with SHA-1"));
    let version = detail(SendError::Tls("ProtocolVersion".to_owned()));
    assert!(version.contains("no version in common"), "{version}");
}

#[test]
fn whose_certificate_it_is_and_what_to_look_at_stands_in_the_problem() {
    for alert in [42, 43, 44, 45, 46, 48, 49, 116] {
        let refusal = Refusal::of_alert(alert).expect("about a certificate");
        let problem = problem("altinn", &SendError::CertificateRefused(refusal));
        let detail = problem.advice.expect("advice");
        assert!(
            detail.starts_with("The certificate that the app shows to altinn"),
            "{detail}"
        );
        assert!(detail.contains(refusal.advice()), "{detail}");
    }
    for alert in [0, 40, 41, 47, 51, 70, 112, 120] {
        assert_eq!(Refusal::of_alert(alert), None, "{alert}");
    }
    let theirs = problem("altinn", &SendError::NotTrusted("expired".to_owned()));
    let detail = theirs.advice.expect("advice");
    assert!(
        detail.starts_with("The certificate that altinn shows"),
        "{detail}"
    );
}

#[test]
fn each_attempt_is_a_span_of_the_request() {
    let platform = Memory::new();
    platform.push_answer(status(503));
    platform.push_answer(status(200));
    let context = context(&platform);
    let request = Request::new(Bytes::new());
    let end = platform.run(send(&context, &CALL, &request));
    assert_eq!(end.expect("answered").status(), 200);
    let (events, requests) = (platform.events(), platform.requests());
    assert_eq!(events.len(), 2);
    assert_ne!(events[0]["span_id"], events[1]["span_id"]);
    for (event, request) in events.iter().zip(requests) {
        let (trace, span) = (&event["trace_id"], &event["span_id"]);
        assert_eq!(*trace, context.span().trace());
        assert_eq!(event["parent_id"], context.span().id());
        let sent = request.headers()["traceparent"].to_str().expect("text");
        let (trace, span) = (trace.as_str().expect("text"), span.as_str().expect("text"));
        assert_eq!(sent, format!("00-{trace}-{span}-01"));
    }
}

#[test]
fn a_call_over_its_budget_was_not_made_and_is_not_made_again() {
    let mut over = too_many("7").expect("an answer");
    let name = HeaderValue::from_static("altinn");
    over.headers_mut().insert("innsyn-call-refused", name);
    let platform = Memory::new();
    platform.push_answer(Ok(over.clone()));
    let context = context(&platform);
    let request = Request::new(Bytes::new());
    let sent = platform.run(send_once(&context, &CALL, request));
    let error = sent.expect_err("over the budget");
    assert_eq!(error, SendError::OverBudget(7));
    assert!(!error.may_have_arrived());
    let problem = problem("altinn", &error);
    assert_eq!(
        (problem.kind, problem.retry_after),
        (Kind::TooManyCalls, Some(7))
    );
    assert_eq!(end(CALL, vec![Ok(over)]), (Err(Kind::TooManyCalls), 1));
}

#[test]
fn calls_are_marked_where_a_budget_is_kept_and_nowhere_else() {
    let platform = Memory::new();
    let origin = Origin::parse("https://altinn.example").expect("an origin");
    let marking = Marking::new(&[origin], b"key");
    let context = context(&platform).marked(marking.marks(Class::Customers));
    let context = context.for_customer(&consumer(CONSUMER), "kari");
    for address in ["https://altinn.example/a", "https://other.example/a"] {
        platform.push_answer(status(200));
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = address.parse().expect("a URI");
        platform
            .run(send(&context, &CALL, &request))
            .expect("an answer");
    }
    let requests = platform.requests();
    let marks = |request: &Request| {
        let names = request.headers().keys().map(http::HeaderName::as_str);
        let mut marks: Vec<_> = names
            .filter(|name| name.starts_with("innsyn-"))
            .map(str::to_owned)
            .collect();
        marks.sort_unstable();
        marks
    };
    let all = ["class", "customer", "service", "tenant", "timeout", "wait"];
    assert_eq!(
        marks(&requests[0]),
        all.map(|name| format!("innsyn-call-{name}"))
    );
    assert!(marks(&requests[1]).is_empty());
    let headers = requests[0].headers();
    assert_eq!(headers["innsyn-call-service"], "altinn");
    // Two of the nine seconds are the call's.
    assert_eq!(headers["innsyn-call-timeout"], "2000");
    assert_eq!(headers["innsyn-call-wait"], "7000");
    assert!(!format!("{headers:?}").contains("kari"));
}
