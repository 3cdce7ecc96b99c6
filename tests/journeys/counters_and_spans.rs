//! Signals of the log for operators: counters of tokens and consents, and one span for each call.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use journeys::{
    ANOTHER_PROPRIETORSHIP, Generation, SOLE_PROPRIETORSHIP, TestBed, ThirdPartyPrograms,
    by_our_host_alone, on_spin,
};
use sandbox::kit::ExternalService;
use serde_json::Value;

use crate::house::project;

/// Attributes of Spin's spans that identify a person or their query, and must be dropped. The host
/// name alone remains of an address.
const NEVER_KEPT: [&str; 7] = [
    "url.full",
    "url.path",
    "url.query",
    "client.address",
    "network.peer.address",
    "error.type",
    "app_log",
];

/// Runs a consent that is given, used twice, and withdrawn; one that is refused; one that is given
/// anew, and one left open.
async fn walked(altinn: Generation) -> TestBed {
    let bed = TestBed::with_altinn(altinn).await;
    let (ragna, solveig) = (bed.customer("ragna"), bed.customer("solveig"));
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    for _ in 0..2 {
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
    }
    bed.browser().revokes(&ragna.pid).await;
    bed.advance(Duration::from_secs(121));
    ragna
        .open_claims(SOLE_PROPRIETORSHIP)
        .await
        .problem(403, "consent-revoked");
    let address = solveig.consent_address(ANOTHER_PROPRIETORSHIP).await;
    bed.browser().refuses(&address, &solveig.pid).await;
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    solveig.consent_address(ANOTHER_PROPRIETORSHIP).await;
    bed
}

/// Counts the log lines with `event` and `outcome`, over all components.
fn counted(bed: &TestBed, event: &str, outcome: &str) -> u64 {
    let counters = bed.log.counters().into_iter();
    counters
        .filter(|(series, _)| series.of == event && series.outcome == outcome)
        .map(|(_, total)| total)
        .sum()
}

/// Counts the calls to `counterparty` that got an answer.
fn answered(bed: &TestBed, counterparty: &str) -> u64 {
    let counters = bed.log.counters().into_iter();
    counters
        .filter(|(series, _)| series.counterparty.as_deref() == Some(counterparty))
        .filter(|(series, _)| series.of == "outbound" && series.status.is_some())
        .map(|(_, total)| total)
        .sum()
}

/// Counts Altinn's requests by Altinn's own status names.
async fn at_altinn(bed: &TestBed) -> BTreeMap<String, u64> {
    let consents = match bed.altinn() {
        Generation::Two => "altinn2/consents",
        Generation::Three => "altinn/consents",
    };
    let address = format!("{}/{consents}", bed.sandbox.addresses().admin);
    let answer = reqwest::get(address).await.expect("an answer");
    let listed: Vec<Value> = answer.json().await.expect("JSON");
    let mut statuses = BTreeMap::new();
    for consent in listed {
        let status = consent["status"].as_str().expect("a status");
        // Altinn 2 reports a withdrawal in a separate member.
        let status = consent["ending"].as_str().map_or(status, |_| "Revoked");
        *statuses.entry(status.to_lowercase()).or_default() += 1;
    }
    statuses
}

fn lines(bed: &TestBed) -> Vec<Value> {
    let lines = bed.log.lines().into_iter();
    lines
        .filter_map(|line| serde_json::from_str(&line).ok())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counters_are_what_maskinporten_and_altinn_have_seen() {
    if by_our_host_alone("it counts what components log") {
        return;
    }
    for altinn in Generation::BOTH {
        let mut bed = walked(altinn).await;

        let (minted, memory) = (
            counted(&bed, "token", "minted"),
            counted(&bed, "token", "memory"),
        );
        assert!(minted > 0 && memory > 0, "{minted} minted, {memory} kept");
        assert_eq!(minted, bed.minted(), "{altinn:?}");

        let at_altinn = at_altinn(&bed).await;
        let stand = |status: &str| at_altinn.get(status).copied().unwrap_or_default();
        let outcomes = ["asked", "granted", "rejected", "revoked"];
        let ours = outcomes.map(|outcome| counted(&bed, "consent", outcome));
        assert_eq!(
            ours,
            [
                at_altinn.values().sum(),
                stand("accepted") + stand("revoked"),
                stand("rejected"),
                stand("revoked")
            ],
            "{altinn:?}: {at_altinn:?}"
        );
        assert_eq!(ours, [4, 2, 1, 1], "{altinn:?}: {at_altinn:?}");

        assert_eq!(answered(&bed, "altinn"), bed.calls_to_altinn());
        for (name, counterparty) in [
            ("maskinporten", ExternalService::Maskinporten),
            ("skatteetaten", ExternalService::Skatteetaten),
        ] {
            assert_eq!(answered(&bed, name), bed.calls(counterparty), "{name}");
        }

        bed.restart_app().await;
        // At its end, the host logs all counters.
        let told: u64 = lines(&bed)
            .iter()
            .filter(|line| line["event"] == "counter" && line["of"] == "token")
            .filter(|line| line["outcome"] == "minted")
            .map(|line| line["total"].as_u64().expect("a number"))
            .sum();
        assert_eq!(told, minted, "{altinn:?}");
        // A token that another instance left in the store does not count as issued.
        let ragna = bed.customer("ragna");
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        ragna.open_claims(SOLE_PROPRIETORSHIP).await.json(200);
        assert_eq!(counted(&bed, "token", "minted"), bed.minted());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_a_span_with_outcome_and_duration_and_no_number_in_it() {
    let bed = walked(Generation::Three).await;
    let lines = lines(&bed);
    let requests: BTreeSet<_> = lines
        .iter()
        .filter(|line| line["event"] == "request" && line.get("span_id").is_some())
        .map(|line| (line["trace_id"].to_string(), line["span_id"].to_string()))
        .collect();
    let calls: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "outbound" && line.get("counterparty").is_some())
        .collect();
    let mut spans = BTreeSet::new();
    for call in &calls {
        assert!(call["duration_ms"].is_u64(), "{call}");
        assert_eq!(call["outcome"], "answered", "{call}");
        assert!(spans.insert(call["span_id"].to_string()), "twice: {call}");
        let above = (call["trace_id"].to_string(), call["parent_id"].to_string());
        assert!(requests.contains(&above), "no request has made {call}");
    }
    let asked = |counterparty| usize::try_from(bed.calls(counterparty)).expect("not so many");
    let given_to_token = if on_spin() {
        let requests = lines.iter().filter(|line| line["event"] == "request");
        requests.filter(|line| line["component"] == "token").count()
    } else {
        usize::try_from(bed.app().requests("token")).expect("not so many")
    };
    let made = asked(ExternalService::Maskinporten)
        + asked(ExternalService::Altinn)
        + asked(ExternalService::Skatteetaten)
        + asked(ExternalService::Login)
        + given_to_token;
    assert_eq!(calls.len(), made, "one span for each call");

    for line in &lines {
        let fields = line.as_object().expect("an object").iter();
        for (name, value) in fields {
            // The services' own ids are random.
            if name == "source_correlation_id" {
                continue;
            }
            let run = longest_run_of_digits(&value.to_string());
            // The time is written with nine digits behind its point.
            let longest = if name == "time" { 9 } else { 8 };
            assert!(run <= longest, "{name} has a number in it: {line}");
        }
    }
}

/// Returns the longest run of digits, except in trace ids, which Maskinporten's messages contain.
fn longest_run_of_digits(text: &str) -> usize {
    let is_trace_id =
        |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !is_trace_id(word))
        .flat_map(|word| word.split(|character: char| !character.is_ascii_digit()))
        .map(str::len)
        .max()
        .unwrap_or_default()
}

/// Trace with a national identity number in both of its ids.
const CALLERS: &str = "00-0af7651916cd43dd8028290901230319-b028290901233331-01";

/// Returns our components' log lines for a read within the caller's trace, which needs a token.
async fn lines_of_a_read(bed: &TestBed) -> Vec<Value> {
    let before = lines(bed).len();
    let ragna = bed.customer("ragna");
    let read = ragna.open_claims_within(CALLERS, SOLE_PROPRIETORSHIP).await;
    read.json(200);
    let mut lines = lines(bed).split_off(before);
    lines.retain(|line| line.get("trace_id").is_some());
    let components = lines.iter().filter_map(|line| line["component"].as_str());
    let components: BTreeSet<_> = components.collect();
    assert_eq!(components, BTreeSet::from(["claims", "token"]), "{lines:?}");
    lines
}

fn traces(lines: &[Value]) -> BTreeSet<&str> {
    let traces = lines.iter().filter_map(|line| line["trace_id"].as_str());
    traces.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_no_further_and_ours_reaches_through_all_components() {
    let mut bed = TestBed::with_altinn(Generation::Three).await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    let lines = lines_of_a_read(&bed).await;
    assert_eq!(traces(&lines).len(), 1, "{lines:?}");
    let hashes = lines
        .iter()
        .filter_map(|line| line["caller_trace"].as_str());
    assert_eq!(hashes.map(str::len).collect::<Vec<_>>(), [32], "{lines:?}");
    for line in bed.log.lines() {
        assert!(!line.contains("02829090123"), "{line}");
    }

    let taken_over = [("trace_from_callers".to_owned(), "true".to_owned())];
    bed.restart_app_with(taken_over.into()).await;
    let lines = lines_of_a_read(&bed).await;
    let callers = BTreeSet::from(["0af7651916cd43dd8028290901230319"]);
    assert_eq!(traces(&lines), callers, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_told_to_count_the_same_and_to_keep_no_address() {
    if by_our_host_alone("it counts what components log, as the collector does") {
        return;
    }
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let file = project().join("deploy/otel/collector.yaml");
    let environment = [("COLLECTOR", file.to_str().expect("a path"))];
    let collector = others.run("collector.py", &file, &environment).await;

    let kept = collector["processors"]["transform/span"]["trace_statements"][0]
        .as_str()
        .expect("a statement");
    assert!(kept.starts_with("keep_keys(span.attributes, ["), "{kept}");
    for name in NEVER_KEPT {
        assert!(!kept.contains(&format!("\"{name}\"")), "{name} is kept");
    }
    let traces = &collector["service"]["pipelines"]["traces"]["processors"];
    assert_eq!(traces[0], "transform/span");
    assert_eq!(traces[1], "filter/events");

    let bed = walked(Generation::Three).await;
    let lines = lines(&bed);
    let metrics = collector["connectors"]["count"]["logs"].as_object();
    for (metric, event) in [
        ("innsyn.tokens", "token"),
        ("innsyn.consents", "consent"),
        ("innsyn.calls", "outbound"),
        ("innsyn.requests", "request"),
    ] {
        let metric = &metrics.expect("metrics")[metric];
        let condition = metric["conditions"][0].as_str().expect("a condition");
        assert!(condition.starts_with(&format!("attributes[\"event\"] == \"{event}\"")));
        let ours = bed.log.counters().into_iter();
        let ours: u64 = ours
            .filter(|(series, _)| series.of == event)
            .map(|(_, total)| total)
            .sum();
        let theirs = lines.iter().filter(|line| counts(metric, line)).count();
        assert_eq!(u64::try_from(theirs), Ok(ours), "{metric}");
        assert!(ours > 0, "{metric}");
    }
}

/// Returns whether the connector counts the line: all parts of the condition hold, and no attribute
/// is missing.
fn counts(metric: &Value, line: &Value) -> bool {
    let condition = metric["conditions"][0].as_str().expect("a condition");
    let holds = condition.split(" and ").all(|part| {
        let (name, rest) = part
            .strip_prefix("attributes[\"")
            .and_then(|part| part.split_once("\"] "))
            .expect("a condition of ours");
        match rest.split_once(' ') {
            Some(("==", value)) => line[name].as_str() == Some(value.trim_matches('"')),
            Some(("!=", "nil")) => line.get(name).is_some(),
            _ => panic!("another condition: {part}"),
        }
    });
    let mut keys = metric["attributes"].as_array().expect("a list").iter();
    holds
        && keys.all(|key| {
            let name = key["key"].as_str().expect("a name");
            line.get(name).is_some() || key.get("default_value").is_some()
        })
}
