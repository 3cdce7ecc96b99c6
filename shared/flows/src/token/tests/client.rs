use futures::future::{join_all, poll_immediate};

use super::*;
use crate::token::SweepBody;
use innsyn_core::context::Context;
use innsyn_core::credential::Verifier;
use innsyn_core::fixtures::SECOND_CONSUMER;
use innsyn_core::problem::{Kind, Problem};
use innsyn_runtime::fixtures::{AnyCaller, routed_request};
use innsyn_runtime::outbound::{Endpoint, RetryPolicy};

fn client() -> Client {
    Client::new("claims", component_key())
}

fn ask() -> TokenRequest {
    TokenRequest::new("a").expect("a scope")
}

/// Returns a platform whose token component issues `token-1`, `token-2` and so on.
fn platform() -> Memory {
    let platform = Memory::new();
    let given = Cell::new(0);
    platform.respond(move |request| {
        assert_eq!(request.uri(), ADDRESS);
        given.set(given.get() + 1);
        let token = format!("token-{}", given.get());
        Ok(json_answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 120, "scope": "a"})))
    });
    platform
}

async fn obtain(platform: &Memory, client: &Client, ask: &TokenRequest) -> Result<Token, Problem> {
    client
        .obtain(&context(platform), &consumer(CONSUMER), ask)
        .await
}

fn form(platform: &Memory, index: usize) -> String {
    String::from_utf8(platform.requests()[index].body().to_vec()).expect("a form")
}

#[test]
fn a_token_is_kept_in_memory() {
    let (platform, client) = (platform(), client());
    platform.run(async {
        for _ in 0..3 {
            assert_eq!(
                obtain(&platform, &client, &ask())
                    .await
                    .expect("a token")
                    .value()
                    .expose(),
                "token-1"
            );
        }
        platform.advance(Duration::from_secs(91));
        assert_eq!(
            obtain(&platform, &client, &ask())
                .await
                .expect("a token")
                .value()
                .expose(),
            "token-2"
        );
        let other = client
            .obtain(&context(&platform), &consumer(SECOND_CONSUMER), &ask())
            .await
            .expect("a token");
        assert_eq!(other.value().expose(), "token-3");
    });
    assert!(platform.lines().iter().all(|line| !line.contains("token-")));
}

#[test]
fn each_request_shows_a_credential_for_its_consumer() {
    let (platform, client) = (platform(), client());
    platform
        .run(obtain(&platform, &client, &ask()))
        .expect("a token");
    let request = platform.requests().remove(0);
    let bearer = request.headers()["authorization"]
        .to_str()
        .expect("text")
        .trim_start_matches("Bearer ")
        .to_owned();
    let credential = Verifier::new(COMPONENT).verify(
        &bearer,
        "claims",
        &[component_key().verifying_key()],
        "POST",
        "/token",
        platform.now(),
    );
    let credential = credential.expect("a credential");
    assert_eq!(credential.consumer(), Some(CONSUMER));
    assert_eq!(credential.check_body(request.body()), Ok(()));
    assert_eq!(form(&platform, 0), "scope=a");
}

#[test]
fn what_is_asked_for_survives_the_journey() {
    let (platform, client) = (platform(), client());
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:313367002"},
        "externalRef": "ærlig",
    }]);
    let person = innsyn_core::party::PersonNumber::parse(PERSON).expect("a number");
    let ask = ask()
        .consumer_org(&consumer("313367002"))
        .pid(&person)
        .resource("https://api.example/?a=b&c+d")
        .and_then(|ask| ask.authorization_details(&details))
        .expect("an ask");
    platform
        .run(obtain(&platform, &client, &ask))
        .expect("a token");
    let body = Full::new(Bytes::from(form(&platform, 0)));
    let routed_request = routed_request(request(PATH, "Bearer x", FORM, body));
    let context = Context::new(&platform, "token", Duration::from_secs(9));
    let read = platform.run(TokenRequest::read(&context, &routed_request, &AnyCaller));
    let read = read.expect("readable");
    assert_eq!((read.token_request, read.skip_cache), (ask, false));
}

#[test]
fn a_refused_token_is_forgotten_and_not_taken_again() {
    let (platform, client) = (platform(), client());
    platform.run(async {
        let first = obtain(&platform, &client, &ask()).await.expect("a token");
        client.forget(&consumer(CONSUMER), &ask(), &first);
        let second = obtain(&platform, &client, &ask()).await.expect("a token");
        assert_eq!(second.value().expose(), "token-2");
        assert_eq!(form(&platform, 1), "scope=a&skip_cache=true");
        client.forget(&consumer(CONSUMER), &ask(), &first);
        assert_eq!(
            obtain(&platform, &client, &ask()).await.expect("a token"),
            second,
            "the new one was not refused"
        );
    });
    assert_eq!(platform.requests().len(), 2);
}

#[test]
fn refused_tokens_are_remembered_until_they_end_and_the_newest_are() {
    let (platform, client) = (platform(), client());
    let ask = |number: usize| TokenRequest::new(&format!("a{number}")).expect("a scope");
    let refuse = async |number: usize| {
        let token = obtain(&platform, &client, &ask(number))
            .await
            .expect("a token");
        client.forget(&consumer(CONSUMER), &ask(number), &token);
    };
    let is_asked_anew = async |number: usize| {
        obtain(&platform, &client, &ask(number))
            .await
            .expect("a token");
        form(&platform, platform.requests().len() - 1).contains("skip_cache=true")
    };
    platform.run(async {
        for number in 0..100 {
            refuse(number).await;
            platform.advance(Duration::from_millis(100));
        }
        assert!(is_asked_anew(99).await, "more than 64 were refused");
        assert!(is_asked_anew(36).await);
        platform.advance(Duration::from_secs(121));
        assert!(!is_asked_anew(98).await, "no cache has it any more");
    });
}

#[test]
fn a_token_that_was_refused_during_the_preparation_is_not_sent() {
    let call = Endpoint {
        counterparty: "source",
        timeout: Duration::from_secs(1),
        max_body: 64,
        retry: RetryPolicy::Never,
    };
    for (is_refused, sent) in [(false, "Bearer token-1"), (true, "Bearer token-2")] {
        let (platform, client) = (Memory::new(), client());
        let given = Cell::new(0);
        platform.respond(move |request| {
            if request.uri() != ADDRESS {
                return Ok(json_answer(200, &json!({})));
            }
            given.set(given.get() + 1);
            let token = format!("token-{}", given.get());
            Ok(json_answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 120, "scope": "a"})))
        });
        let (consumer, ask, context) = (consumer(CONSUMER), ask(), context(&platform));
        let prepare = async || {
            if is_refused {
                let first = obtain(&platform, &client, &ask).await?;
                client.forget(&consumer, &ask, &first);
            }
            Ok((Request::default(), ()))
        };
        let answer = client.send_prepared(&context, &consumer, &ask, &call, prepare);
        platform.run(answer).expect("an answer");
        let requests = platform.requests();
        assert_eq!(requests.len(), if is_refused { 3 } else { 2 });
        let last = requests.last().expect("a request");
        assert_eq!(last.headers()["authorization"], sent);
    }
}

#[test]
fn fifty_at_once_ask_once() {
    let (platform, client) = (platform(), client());
    platform.set_latency(Duration::from_millis(100));
    let ask = ask();
    let ends = platform.run(join_all((0..50).map(|_| obtain(&platform, &client, &ask))));
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(platform.requests().len(), 1);
}

#[test]
fn when_the_one_that_asks_is_cancelled_another_takes_over() {
    let (platform, client) = (platform(), client());
    platform.set_latency(Duration::from_millis(100));
    let ask = ask();
    platform.run(async {
        let mut first = Box::pin(obtain(&platform, &client, &ask));
        assert!(poll_immediate(first.as_mut()).await.is_none());
        let mut second = Box::pin(obtain(&platform, &client, &ask));
        assert!(poll_immediate(second.as_mut()).await.is_none());
        drop(first);
        assert!(second.await.is_ok());
    });
    assert_eq!(platform.requests().len(), 2);
}

#[test]
fn a_customer_is_told_nothing_of_what_maskinporten_said() {
    const SAID: &str = "Client 0b1c2d3e not found";
    for kind in Kind::ALL {
        let (platform, client) = (platform(), client());
        let body = json!({"error": "x", "error_description": SAID, "problem": kind.slug()});
        let status = kind.status().as_u16();
        platform.respond(move |_| Ok(json_answer(status, &body)));
        let problem = platform.run(obtain(&platform, &client, &ask()));
        let problem = problem.expect_err("refused");
        let told = problem.response("c").into_body();
        let told = String::from_utf8_lossy(&told);
        assert!(!told.contains("0b1c2d3e"), "{told}");
        let cause = problem.cause.unwrap_or_default();
        assert!(cause.contains(SAID), "{kind:?}: {cause}");
    }
}

#[test]
fn refusals_come_back_as_problems() {
    let error = |status: u16, problem: &str| {
        let body = json!({"error": "x", "error_description": "y", "problem": problem, "code": "MP-303", "trace_id": "t"});
        Ok(json_answer(status, &body))
    };
    for (answer, kind, code) in [
        (
            error(400, "consent-required"),
            Kind::ConsentRequired,
            Some("MP-303"),
        ),
        (error(503, "source-down"), Kind::SourceDown, Some("MP-303")),
        (
            error(429, "too-many-calls"),
            Kind::TooManyCalls,
            Some("MP-303"),
        ),
        (
            error(400, "source-refused"),
            Kind::SourceRefused,
            Some("MP-303"),
        ),
        (error(401, "login-required"), Kind::Internal, Some("MP-303")),
        (
            error(400, "request-invalid"),
            Kind::Internal,
            Some("MP-303"),
        ),
        (error(500, "something-else"), Kind::SourceDown, None),
        (
            Ok(json_answer(200, &json!({}))),
            Kind::SourceUnreadable,
            None,
        ),
        (
            Err(SendError::NotAllowed("list".to_owned())),
            Kind::ConfigurationMissing,
            None,
        ),
    ] {
        let platform = Memory::new();
        platform.push_answer(answer);
        let problem = platform
            .run(obtain(&platform, &client(), &ask()))
            .expect_err("no token");
        assert_eq!((problem.kind, problem.source_code.as_deref()), (kind, code));
    }
}

#[test]
fn the_sweep_comes_back_as_a_count() {
    let platform = Memory::new();
    platform.push_answer(Ok(json_answer(200, &json!({"removed": 7}))));
    let swept = platform.run(async {
        client()
            .sweep(&context(&platform), &consumer(CONSUMER))
            .await
    });
    let expected = SweepBody {
        removed: 7,
        certificates: Vec::new(),
    };
    assert_eq!(swept, Ok(expected));
    assert_eq!(platform.requests()[0].uri(), SWEEP_ADDRESS);
}
