//! Tests of reads on the basis of the consumer's own right: the lookup in Folkeregisteret.

use super::*;
use innsyn_core::credential::SigningKey;

const PERSON: &str =
    r#"{"identifikasjonsnummer":[{"foedselsEllerDNummer":"02829090123"}],"navn":[]}"#;

fn lookup(
    platform: &Memory,
    answers: impl IntoIterator<Item = Response>,
) -> Result<String, Problem> {
    let services = ExternalServices::install(platform);
    services.serve(answers);
    let key = SigningKey::from_seed(&[5; 32]).expect("a key");
    let reader = reader(
        examples::persons(),
        AccessBasis::ConsumerRight(Box::new(Client::new("persons", key))),
    );
    let bank = Bank::new(OTHER_PERSON);
    platform.run(read_as(platform, &reader, &bank, "oppslag", &[]))
}

#[test]
fn nobody_is_asked_for_a_consent_and_the_answer_is_the_sources() {
    let platform = Memory::new();
    let data = lookup(&platform, [raw(200, PERSON)]);
    assert_eq!(data.as_deref(), Ok(PERSON));
    let hosts: Vec<_> = platform
        .requests()
        .iter()
        .map(|request| request.uri().host().expect("a host").to_owned())
        .collect();
    assert_eq!(hosts, [TOKEN, SOURCE]);
    let asked = &platform.requests()[0];
    let form = std::str::from_utf8(asked.body()).expect("a form");
    assert!(!form.contains("authorization_details"), "{form}");
    assert!(
        !platform
            .lines()
            .iter()
            .any(|line| line.contains(OTHER_PERSON))
    );
    assert!(
        platform
            .lines()
            .iter()
            .any(|line| line.contains(r#""counterparty":"folkeregisteret""#))
    );
}

#[test]
fn milliseconds_are_never_waited_for_as_seconds() {
    let platform = Memory::new();
    let mut slow_down = failure(429, "FREG-001");
    let wait = "1500".parse().expect("a value");
    slow_down.headers_mut().insert("retry-after", wait);
    let before = innsyn_core::platform::Platform::now(&platform);
    let problem = lookup(&platform, [slow_down]).expect_err("throttled");
    assert_eq!(
        (problem.kind, problem.retry_after),
        (Kind::TooManyCalls, Some(2))
    );
    assert_eq!(innsyn_core::platform::Platform::now(&platform), before);
    assert_eq!(
        platform.requests().len(),
        2,
        "the token, and the source once"
    );
}

#[test]
fn no_refusal_is_about_a_consent() {
    for (answer, kind) in [
        (failure(404, "FREG-001"), Kind::PartyUnknown),
        (failure(400, "FREG-001"), Kind::RequestInvalid),
        (failure(403, "FREG-001"), Kind::SourceRefused),
        (failure(401, "FREG-001"), Kind::SourceRefused),
        (raw(404, "<html>"), Kind::SourceRefused),
        (raw(200, "{}"), Kind::SourceUnreadable),
    ] {
        let platform = Memory::new();
        let problem = lookup(&platform, [answer]).expect_err("refused");
        assert_eq!(problem.kind, kind);
    }
    let platform = Memory::new();
    let services = ExternalServices::install(&platform);
    services.fail(TOKEN, Ok(refused_consent()));
    let key = SigningKey::from_seed(&[5; 32]).expect("a key");
    let reader = reader(
        examples::persons(),
        AccessBasis::ConsumerRight(Box::new(Client::new("persons", key))),
    );
    let bank = Bank::new(OTHER_PERSON);
    let refused = platform.run(read_as(&platform, &reader, &bank, "oppslag", &[]));
    assert_eq!(refused.expect_err("refused").kind, Kind::SourceRefused);
}
