//! Tests of path parameters, uploads, streamed responses and traces.

use super::*;

#[test]
fn what_stands_in_a_path_reaches_the_handler_and_not_the_log() {
    let (answer, platform) = ask("GET", "/places/a-1_B", &[], "");
    assert_eq!(text(&answer), "a-1_B ");
    assert_eq!(platform.events()[0]["route"], "/places/{id}");
    assert!(!platform.lines()[0].contains("a-1_B"));
    assert_eq!(
        slug(&ask("GET", "/places/a%41", &[], "").0),
        "route-unknown"
    );
    assert_eq!(slug(&ask("GET", "/places/", &[], "").0), "route-unknown");
    // A literal path takes precedence over a parameter that would match it.
    assert_eq!(text(&ask("POST", "/places/fixed", &[], "").0), "fixed");
    let (answer, _) = ask("GET", "/places/fixed", &[], "");
    assert_eq!(slug(&answer), "method-not-allowed");
}

#[test]
fn a_large_body_is_left_to_its_handler() {
    let upload = |length: usize| ask("POST", "/upload", &[], vec![b'x'; length]).0;
    assert_eq!(
        text(&upload(LARGEST_UPLOAD)),
        format!("took {LARGEST_UPLOAD}")
    );
    assert_eq!(slug(&upload(LARGEST_UPLOAD + 1)), "body-too-large");
    let length = [("content-length", "99999999999")];
    let (answer, _) = ask("POST", "/upload", &length, "");
    assert_eq!(slug(&answer), "body-too-large");
}

#[test]
fn an_answer_may_be_passed_on_while_it_comes() {
    let (answer, _) = ask("GET", "/stream", &[], "");
    assert_eq!(text(&answer), "piece piece piece ");
    assert!(answer.headers().get("content-length").is_none());
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

const CALLERS: &str = "00-0af7651916cd43dd8028290901230319-b028290901233331-01";

#[test]
fn a_request_begins_a_trace_of_its_own_and_names_its_callers_by_a_hash() {
    let traced = |traceparent: &str| {
        let (_, platform) = ask("GET", "/thing", &[("traceparent", traceparent)], "");
        let event = platform.events()[0].clone();
        assert!(!platform.lines()[0].contains("02829090123"), "{event}");
        event
    };
    let event = traced(CALLERS);
    assert_ne!(event["trace_id"], "0af7651916cd43dd8028290901230319");
    assert!(event.get("parent_id").is_none());
    let hash = event["caller_trace"].as_str().expect("a hash");
    assert_eq!(hash.len(), 32);
    assert_eq!(traced(CALLERS)["caller_trace"], hash);
    assert_ne!(
        traced(&CALLERS.replace("0af7", "0af8"))["caller_trace"],
        hash
    );
    assert!(traced("00-x").get("caller_trace").is_none());
    let (_, platform) = ask("GET", "/thing", &[], "");
    assert!(platform.events()[0].get("caller_trace").is_none());
}

#[test]
fn a_callers_trace_is_continued_where_the_settings_say_so() {
    let platform = Memory::new();
    platform.set_variable("trace_from_callers", "true");
    let request = http::Request::get("/thing").header("traceparent", CALLERS);
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    platform.run(serve(&platform, &Reloading::<Test>::default(), request));
    let event = &platform.events()[0];
    assert_eq!(event["trace_id"], "0af7651916cd43dd8028290901230319");
    assert_eq!(event["parent_id"], "b028290901233331");
    assert!(event.get("caller_trace").is_none());
}
