//! Tests of orders: stored rows, requests sent, and the effect of a lost response or a refusal.

use super::*;
use crate::signature::fake::{answered, refused, shut_out};
use innsyn_core::platform::slow::SlowPlatform;
use innsyn_core::platform::{Refusal, Response, SendError};
use innsyn_core::problem::Kind;

#[test]
fn a_direct_job_gives_each_signer_a_page() {
    let bed = TestBed::new();
    let mut order = direct();
    order.signers.push(signer(OLA));
    let job = bed.made(order);
    assert_eq!(
        (job.flow, job.status),
        (innsyn_protocols::posten::Flow::Direct, Status::InProgress)
    );
    let pages: Vec<_> = job
        .signers
        .iter()
        .map(|signer| signer.redirect_url.clone())
        .collect();
    let page = |place| Some(format!("{PAGES}/#/-/page-90000-{place}"));
    // Posten returns them in reverse order.
    assert_eq!(pages, [page(0), page(1)]);
    let kept = bed.posten.jobs();
    assert_eq!(kept[0].reference, job.id);
    assert_eq!(kept[0].organisation, CONSUMER);
    assert_eq!(bed.status(&job.id).signers[1].status, "waiting");
    bed.assert_discreet();
}

#[test]
fn a_portal_job_has_no_pages() {
    let bed = TestBed::new();
    let job = bed.made(portal());
    assert!(
        job.signers
            .iter()
            .all(|signer| signer.redirect_url.is_none())
    );
    assert_eq!(bed.status(&job.id).status, Status::InProgress);
    assert_eq!(bed.rows(), 2, "a record and a slot; no way back, no ticket");
}

#[test]
fn ids_have_no_digits_and_are_never_the_same() {
    let platform = Memory::new();
    let ids: Vec<String> = (0..100)
        .map(|_| crate::signature::record::random_id(&platform))
        .collect();
    for id in &ids {
        assert!(crate::signature::record::is_id(id), "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase()), "{id}");
    }
    let mut different = ids.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), ids.len());
    for text in [
        "",
        "a",
        "A",
        &"q".repeat(32),
        &"1".repeat(32),
        &"a".repeat(33),
    ] {
        assert!(!crate::signature::record::is_id(text), "{text}");
    }
}

#[test]
fn a_job_lives_longer_than_anybody_can_sign() {
    let bed = TestBed::new();
    let mut order = portal();
    order.signers[1].order = 3;
    order.flow = FlowOptions::Portal {
        activation: Some(bed.platform.now() + time::Duration::days(10)),
        available: Some(time::Duration::days(90)),
    };
    let job = bed.made(order);
    bed.platform.shift(time::Duration::days(10 + 2 * 90 + 59));
    assert_eq!(bed.status(&job.id).id, job.id);
    bed.platform.shift(time::Duration::days(2));
    let context = context(&*bed.platform);
    let status = bed.signatures.status(&context, &bed.kari, &job.id);
    assert_eq!(
        bed.platform.run(status).expect_err("run out").kind,
        Kind::SignatureUnknown
    );
}

#[test]
fn what_posten_would_not_take_is_refused_before_anything_is_stored_or_sent() {
    let misplaced = |change: fn(&mut Order)| {
        let mut order = portal();
        change(&mut order);
        order
    };
    for (order, kind) in [
        (
            misplaced(|order| order.nonsensitive_title = Some(format!("Sak {OLA}"))),
            Kind::PersonalDataMisplaced,
        ),
        (
            misplaced(|order| order.documents[0].title = "178974 32161".to_owned()),
            Kind::PersonalDataMisplaced,
        ),
        (
            misplaced(|order| order.documents[0].content = Bytes::from_static(b"PK\x03\x04")),
            Kind::DocumentRefused,
        ),
        (
            misplaced(|order| order.documents[0].content = Bytes::new()),
            Kind::DocumentRefused,
        ),
        (
            misplaced(|order| {
                let mut large = PDF.to_vec();
                large.resize(10_485_761, b' ');
                order.documents[0].content = Bytes::from(large);
            }),
            Kind::DocumentRefused,
        ),
        (
            misplaced(|order| order.title = "x".repeat(81)),
            Kind::RequestInvalid,
        ),
        (
            misplaced(|order| order.signers.clear()),
            Kind::RequestInvalid,
        ),
        (
            misplaced(|order| order.signers[0].who = person("02013299997")),
            Kind::RequestInvalid,
        ),
    ] {
        let bed = TestBed::new();
        let problem = bed.order(order).expect_err("refused");
        assert_eq!(problem.kind, kind, "{problem:?}");
        assert!(problem.detail.is_some());
        assert!(!format!("{problem:?}").contains(OLA));
        assert_eq!(bed.rows(), 0);
        assert!(bed.platform.requests().is_empty());
    }
    // A number is allowed where only the signers see it.
    let bed = TestBed::new();
    let mut order = portal();
    order.description = Some(format!("For {OLA}"));
    bed.made(order);
}

#[test]
fn a_refusal_leaves_nothing_behind() {
    let refusals = [
        (refused(403, "NOT_AUTHORIZED"), Kind::PostenAccessRefused),
        (
            refused(403, "BROKER_NOT_AUTHORIZED"),
            Kind::BrokerNotAuthorised,
        ),
        (
            refused(400, "ASICE_VALIDATION_FAILED"),
            Kind::PackageRefused,
        ),
        (
            refused(400, "SCHEMA_VALIDATION_ERROR"),
            Kind::MessageRefused,
        ),
        (
            refused(400, "FEATURE_NOT_AVAILABLE"),
            Kind::FeatureNotAvailable,
        ),
        (refused(400, "SOMETHING_NEW"), Kind::SourceRefused),
        (answered(413, "<html>"), Kind::SourceRefused),
        (shut_out(), Kind::TooManyCalls),
        (
            answered(
                502,
                r#"{"problem":"own-certificate-refused","title":"x","pin":"posten"}"#,
            ),
            Kind::OwnCertificateRefused,
        ),
    ];
    for (refusal, kind) in refusals {
        let bed = TestBed::new();
        bed.posten.fail("signature-jobs", Ok(refusal));
        let problem = bed.order(direct()).expect_err("refused");
        assert_eq!(problem.kind, kind);
        assert_eq!(bed.rows(), 1, "the slot in its hour: {kind:?}");
        bed.made(direct());
        bed.assert_discreet();
    }
}

#[test]
fn a_call_that_never_arrived_leaves_nothing_behind() {
    let text = || "x".to_owned();
    for error in [
        SendError::NoConnection(text()),
        SendError::NotAllowed(text()),
        SendError::NotTrusted(text()),
        SendError::Tls(text()),
        SendError::CertificateRefused(Refusal::Missing),
    ] {
        let bed = TestBed::new();
        bed.posten.fail("signature-jobs", Err(error));
        assert!(bed.order(direct()).is_err());
        assert_eq!(bed.rows(), 1, "the slot in its hour");
        assert!(bed.posten.jobs().is_empty());
    }
}

#[test]
fn a_lost_answer_is_unknown_and_nothing_is_sent_again() {
    let text = || "x".to_owned();
    for end in [
        Err(SendError::Broken(text())),
        Err(SendError::TimedOut(Duration::from_secs(30))),
        Err(SendError::TooLarge(7)),
        Ok(answered(500, "")),
        Ok(answered(502, "<html>")),
        Ok(answered(200, "")),
        Ok(answered(200, "<x/>")),
        Ok(answered(302, "")),
    ] {
        let bed = TestBed::new();
        bed.posten.fail("signature-jobs", end.clone());
        let job = unknown(bed.order(direct()));
        assert_eq!(job.status, Status::Unknown, "{end:?}");
        assert_eq!(job.signers[0].status, "unknown");
        assert_eq!(bed.platform.requests().len(), 1, "{end:?}");
        assert_eq!(bed.status(&job.id), job);
        let events = bed.platform.events();
        let line = events
            .iter()
            .find(|event| event["event"] == "order")
            .expect("a line");
        assert_eq!(
            (&line["level"], &line["outcome"]),
            (&"error".into(), &"unknown".into())
        );
    }
}

#[test]
fn an_answer_about_another_job_is_no_answer() {
    let bed = TestBed::new();
    let foreign = "<portal-signature-job-response xmlns=\"http://signering.posten.no/schema/v1\"><reference>another</reference><signature-job-id>1</signature-job-id><cancellation-url>https://api.posten.example/api/x</cancellation-url></portal-signature-job-response>";
    bed.posten
        .fail("signature-jobs", Ok(answered(200, foreign)));
    assert_eq!(unknown(bed.order(portal())).status, Status::Unknown);
}

#[test]
fn a_page_that_is_not_postens_is_not_given_out() {
    let mut bed = TestBed::new();
    let elsewhere = origin("https://elsewhere.example");
    let place = innsyn_protocols::posten::Posten::new(origin(ORIGIN), "", None, elsewhere);
    bed.signatures.posten = place.expect("a place");
    let job = bed.made(direct());
    assert_eq!(job.signers[0].redirect_url, None);
    assert!(
        bed.platform
            .events()
            .iter()
            .any(|event| event["outcome"] == "no-page")
    );
}

#[test]
fn a_store_that_cannot_be_read_sends_nothing() {
    let bed = TestBed::new();
    bed.platform.fail_store(STORE, true);
    assert_eq!(bed.order(direct()).expect_err("down").kind, Kind::StoreDown);
    assert!(bed.posten.jobs().is_empty());
}

/// Returns the answer of the keeper of Posten's budget to a call that it refuses.
fn over_budget() -> Response {
    let mut answer = answered(429, r#"{"problem":"too-many-calls"}"#);
    let headers = answer.headers_mut();
    headers.insert(
        "innsyn-call-refused",
        http::HeaderValue::from_static("posten"),
    );
    headers.insert("retry-after", http::HeaderValue::from_static("3"));
    answer
}

#[test]
fn an_order_over_the_budget_is_sealed_anew_and_sent_when_it_may() {
    let bed = TestBed::new();
    bed.platform.set_latency(Duration::from_secs(2));
    bed.posten.fail("signature-jobs", Ok(over_budget()));
    bed.made(direct());
    let requests = bed.platform.requests();
    let [first, second] = requests.as_slice() else {
        panic!("two calls")
    };
    assert_ne!(first.body(), second.body(), "the seal is new");
    assert_eq!(bed.posten.jobs().len(), 1);
}

#[test]
fn an_order_that_waits_in_vain_was_never_made() {
    let bed = TestBed::new();
    bed.platform.set_latency(Duration::from_secs(2));
    bed.platform.respond(|_| Ok(over_budget()));
    let problem = bed.order(direct()).expect_err("over the budget");
    assert_eq!(problem.kind, Kind::TooManyCalls);
    assert_eq!(problem.retry_after, Some(3));
    assert_eq!(bed.rows(), 1, "the slot in its hour");
    let calls = bed.platform.requests().len();
    assert!((2..=6).contains(&calls), "{calls}");
}

/// Store that takes time for each row after the slot, which is acquired of a quick store only.
#[test]
fn a_package_is_sealed_when_it_is_sent() {
    for seed in 0..12 {
        let bed = TestBed::new();
        bed.platform.reseed(seed);
        let slow = SlowPlatform::new(&bed.platform, Duration::from_millis(2_900)).after(4);
        made(bed.platform.run(bed.order_on(&slow, direct())));
        assert_eq!(bed.posten.seal_ages(), [0], "seed {seed}");
    }
}

#[test]
fn a_package_that_was_long_on_its_way_is_sealed_and_sent_once_more() {
    let bed = TestBed::new();
    bed.posten.delay(Duration::from_secs(6));
    made(bed.order(direct()));
    assert_eq!(bed.posten.seal_ages(), [6, 0]);
    assert_eq!(bed.posten.jobs().len(), 1);

    // Once only, and no row remains but the slot in its hour.
    let bed = TestBed::new();
    bed.posten.delay(Duration::from_secs(6));
    bed.posten.delay(Duration::from_secs(6));
    let problem = bed.order(direct()).expect_err("refused");
    assert_eq!(problem.kind, Kind::PackageRefused);
    assert_eq!((bed.rows(), bed.posten.seal_ages().len()), (1, 2));

    // One that was sent quickly is refused for another reason.
    let bed = TestBed::new();
    let refusal = refused(400, "ASICE_VALIDATION_FAILED");
    bed.posten.fail("signature-jobs", Ok(refusal));
    let problem = bed.order(direct()).expect_err("refused");
    assert_eq!(problem.kind, Kind::PackageRefused);
    assert_eq!(bed.platform.requests().len(), 1);
}

#[test]
fn the_end_of_time_is_no_activation() {
    for activation in [
        time::macros::datetime!(9999-12-31 23:59:59.999_999_999 UTC),
        time::macros::datetime!(9999-12-31 23:59:59 -23:59),
    ] {
        let bed = TestBed::new();
        let mut order = portal();
        order.flow = FlowOptions::Portal {
            activation: Some(activation),
            available: Some(time::Duration::days(90)),
        };
        let problem = bed.order(order).expect_err("refused");
        assert_eq!(problem.kind, Kind::RequestInvalid);
        assert!(problem.detail.expect("a detail").contains("activation"));
        assert_eq!((bed.rows(), bed.posten.jobs().len()), (0, 0));
    }
}
