//! Excessive requests by a customer's app: far more often, and for far more, than necessary.

use std::time::Duration;

use futures::future::join_all;
use journeys::{Generation, SOLE_PROPRIETORSHIP, TestBed, on_spin};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_questions_make_one_look_at_altinn_and_head_makes_none() {
    for altinn in Generation::BOTH {
        let bed = TestBed::with_altinn(altinn).await;
        let ragna = bed.customer("ragna");
        ragna.consent_address(SOLE_PROPRIETORSHIP).await;
        let ask = |method: &Method| {
            let party = Some(SOLE_PROPRIETORSHIP);
            ragna.send(method.clone(), "/consent", party, None)
        };
        let all = async |method: Method| {
            let answers = join_all((0..20).map(|_| ask(&method))).await;
            assert!(
                answers.iter().all(|answer| answer.status == 200),
                "{answers:#?}"
            );
        };

        let before = bed.calls_to_altinn();
        all(Method::HEAD).await;
        assert_eq!(bed.calls_to_altinn(), before);
        // Altinn is asked again after five seconds, which a busy machine may exceed in one round.
        let looked = bed
            .within(Duration::from_secs(4), async || {
                bed.advance_to_next_look();
                let before = bed.calls_to_altinn();
                all(Method::GET).await;
                let looked = bed.calls_to_altinn() - before;
                all(Method::GET).await;
                all(Method::HEAD).await;
                (looked, bed.calls_to_altinn() - before)
            })
            .await;
        let (first, all_looks) = looked;
        // Of simultaneous requests, one of each instance may ask.
        let instances = if on_spin() {
            4
        } else {
            bed.app().instances("consent")
        };
        assert!((1..=instances).contains(&first), "{first} of {instances}");
        assert_eq!(all_looks, first);
        let before = bed.calls_to_altinn();
        bed.advance_to_next_look();
        ask(&Method::GET).await;
        assert_eq!(bed.calls_to_altinn() - before, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_of_no_use_are_refused_before_anything_is_asked_or_kept() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    for (from, to) in [
        ("0000-01", "9999-12"),
        ("0000-01", "0000-01"),
        ("9999-12", "9999-12"),
        ("2026-04", "2026-03"),
        ("2015-01", "2026-01"),
    ] {
        let period = json!({ "fraOgMed": from, "tilOgMed": to });
        ragna
            .ask_consent_to("inntekt", period)
            .await
            .problem(400, "request-invalid");
        for path in [
            format!("/income/inntekter?fraOgMed={from}&tilOgMed={to}"),
            format!("/claims/krav?fraOgMed={from}-01&tilOgMed={to}-28"),
            format!("/consent?service=inntekt&fraOgMed={from}&tilOgMed={to}"),
        ] {
            ragna
                .send(Method::GET, &path, None, None)
                .await
                .problem(400, "request-invalid");
        }
    }
    for year in ["0000", "9999"] {
        ragna
            .ask_consent_to("summert-skattegrunnlag", json!({ "inntektsaar": year }))
            .await
            .problem(400, "request-invalid");
    }
    assert_eq!((bed.calls_to_altinn(), bed.minted()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_requests_may_be_open_and_the_next_is_too_many() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    let periods: Vec<_> = (1..=12)
        .flat_map(|to| (1..=to).map(move |from| (from, to)))
        .map(|(from, to)| {
            let month = |month: u8| format!("2026-{month:02}");
            json!({ "fraOgMed": month(from), "tilOgMed": month(to) })
        })
        .take(23)
        .collect();
    let (first, more) = periods.split_at(20);
    for period in first {
        ragna
            .ask_consent_to("inntekt", period.clone())
            .await
            .json(201);
    }
    let calls = bed.calls_to_altinn();
    for period in more {
        let answer = ragna.ask_consent_to("inntekt", period.clone()).await;
        answer.problem(429, "too-many-calls");
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=120).contains(&wait), "{wait}");
    }
    assert_eq!(bed.calls_to_altinn(), calls);
    // Two minutes later they are still open.
    bed.advance(Duration::from_mins(3));
    let ragna = bed.customer("ragna");
    ragna
        .ask_consent_to("inntekt", more[0].clone())
        .await
        .problem(429, "too-many-calls");
    let again = ragna.ask_consent_to("inntekt", first[0].clone()).await;
    assert!(again.json(200)["redirect_url"].is_string());
    let solveig = bed.customer("solveig");
    solveig
        .ask_consent_to("inntekt", more[0].clone())
        .await
        .json(201);
}
