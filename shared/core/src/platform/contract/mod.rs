//! Conformance tests of the platform, run on each implementation.
//!
//! [`report`] runs all cases and reports the result of each. The tests run it on
//! [`Memory`](super::memory::Memory); a guest runs it on Spin.

mod keys;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::{Body, Limits, Platform, Refusal, Request, SendError};

/// Header that the echo returns.
const ECHO: HeaderName = HeaderName::from_static("x-echo");

const LIMITS: Limits = Limits {
    timeout: Duration::from_secs(5),
    max_body: 1024,
};

/// Test environment that the runner provides.
#[derive(Clone, Copy, Debug)]
pub struct TestEnvironment<'a> {
    /// Permitted store, which is empty.
    pub store: &'a str,
    /// Store that is not permitted.
    pub forbidden_store: &'a str,
    /// Variable and its value.
    pub variable: (&'a str, &'a str),
    /// Name of an undefined variable.
    pub undefined_variable: &'a str,
    /// Address that answers 201 with the method in `x-method`, the request's `x-echo` and its body.
    pub echo: &'a str,
    /// Address that answers after more than a second.
    pub slow: &'a str,
    /// Address that answers at once and takes more than a second for its body.
    pub slow_body: &'a str,
    /// The address of `slow_body`, or, if the platform has no slow bodies, another that answers at
    /// once.
    pub handed_over: &'a str,
    /// Permitted address without a listener.
    pub deaf: &'a str,
    /// Address that is not permitted.
    pub forbidden: &'a str,
    /// TLS address with an untrusted certificate.
    pub stranger: &'a str,
    /// TLS address that is trusted and requires a client certificate, which the platform does not
    /// have.
    pub choosy: &'a str,
}

/// Result of one case.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CaseResult {
    /// Expected behaviour.
    pub case: &'static str,
    /// Observed behaviour; `None` if the case passed.
    pub failure: Option<String>,
}

type Outcome = Result<(), String>;

/// Runs every case.
pub async fn report<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Vec<CaseResult> {
    let cases: [(&'static str, Outcome); 21] = [
        ("a missing key is absent", missing_key(platform, env).await),
        (
            "a value is kept, overwritten and deleted",
            life_of_a_value(platform, env).await,
        ),
        ("a value is any bytes", binary_value(platform, env).await),
        ("keys lists what is there", keys::all(platform, env).await),
        ("keys come some at a time", keys::some(platform, env).await),
        (
            "a store that is not allowed fails",
            forbidden_store(platform, env).await,
        ),
        ("a variable has its value", variable(platform, env).await),
        (
            "an undefined variable is absent",
            undefined_variable(platform, env).await,
        ),
        ("the clock goes on", clock(platform).await),
        ("randomness differs", randomness(platform)),
        (
            "status, headers and body come back",
            echo(platform, env).await,
        ),
        (
            "a body over the limit is refused",
            too_large(platform, env).await,
        ),
        (
            "a body that is passed on is refused over the limit too",
            too_large_on_its_way(platform, env).await,
        ),
        (
            "a slow body is handed over before its end",
            on_its_way(platform, env).await,
        ),
        ("a slow answer is cut off", slow(platform, env.slow).await),
        (
            "a slow body is cut off",
            slow(platform, env.slow_body).await,
        ),
        (
            "an address that is not allowed is refused",
            forbidden(platform, env).await,
        ),
        (
            "where nobody listens there is no connection",
            deaf(platform, env).await,
        ),
        (
            "a certificate that is not trusted is told from others",
            stranger(platform, env).await,
        ),
        (
            "a certificate that is wanted and not shown is told from others",
            choosy(platform, env).await,
        ),
        (
            "a request without a body has none",
            no_body(platform, env).await,
        ),
    ];
    let cases = cases.into_iter();
    cases
        .map(|(case, outcome)| CaseResult {
            case,
            failure: outcome.err(),
        })
        .collect()
}

async fn missing_key<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    same(platform.get(env.store, "missing").await, Ok(None))?;
    same(platform.delete(env.store, "missing").await, Ok(()))
}

async fn life_of_a_value<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    for value in [&b"first"[..], b"second", b""] {
        same(platform.set(env.store, "life", value).await, Ok(()))?;
        same(
            platform.get(env.store, "life").await,
            Ok(Some(value.to_vec())),
        )?;
    }
    same(platform.delete(env.store, "life").await, Ok(()))?;
    same(platform.get(env.store, "life").await, Ok(None))
}

async fn binary_value<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let value: Vec<u8> = (0..=255).collect();
    same(platform.set(env.store, "binary", &value).await, Ok(()))?;
    same(platform.get(env.store, "binary").await, Ok(Some(value)))?;
    same(platform.delete(env.store, "binary").await, Ok(()))
}

async fn forbidden_store<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    match platform.get(env.forbidden_store, "any").await {
        Err(error) if error.store == env.forbidden_store => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn variable<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let (name, value) = env.variable;
    same(platform.variable(name).await, Ok(Some(value.to_owned())))
}

async fn undefined_variable<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    same(platform.variable(env.undefined_variable).await, Ok(None))
}

async fn clock<P: Platform>(platform: &P) -> Outcome {
    let (start, wall) = (platform.uptime(), platform.now());
    platform.sleep(Duration::from_millis(20)).await;
    let (slept, moved) = (platform.uptime().checked_sub(start), platform.now() > wall);
    if slept >= Some(Duration::from_millis(20)) && moved {
        return Ok(());
    }
    Err(format!(
        "slept {slept:?}, the time of day moved on: {moved}"
    ))
}

fn randomness<P: Platform>(platform: &P) -> Outcome {
    let (mut one, mut two) = ([0_u8; 100], [0_u8; 100]);
    platform.random(&mut one);
    platform.random(&mut two);
    let rich = |bytes: &[u8]| {
        bytes
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len()
            > 20
    };
    if one != two && rich(&one) && rich(&two) {
        Ok(())
    } else {
        Err("it repeats".to_owned())
    }
}

async fn echo<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let mut request = request(env.echo, Method::POST, Bytes::from_static(b"\x00\xff body"))?;
    request
        .headers_mut()
        .insert(ECHO, HeaderValue::from_static("seen"));
    let answer = platform
        .send(request, LIMITS)
        .await
        .map_err(|error| error.to_string())?;
    same(answer.status(), StatusCode::CREATED)?;
    same(
        answer.headers().get(ECHO),
        Some(&HeaderValue::from_static("seen")),
    )?;
    same(
        answer.headers().get("x-method"),
        Some(&HeaderValue::from_static("POST")),
    )?;
    same(answer.body().as_ref(), &b"\x00\xff body"[..])
}

async fn no_body<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let request = request(env.echo, method.clone(), Bytes::new())?;
        let answer = platform.send(request, LIMITS).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let sent = answer.headers().get("x-method");
        same(
            sent.map(HeaderValue::as_bytes),
            Some(method.as_str().as_bytes()),
        )?;
        same(answer.body().len(), 0)?;
    }
    Ok(())
}

async fn too_large<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    for (length, fits) in [
        (LIMITS.max_body, true),
        (LIMITS.max_body.saturating_add(1), false),
    ] {
        let body = Bytes::from(vec![b'x'; length]);
        let answer = platform
            .send(request(env.echo, Method::POST, body)?, LIMITS)
            .await;
        match answer {
            Ok(answer) if fits && answer.body().len() == length => {}
            Err(SendError::TooLarge(limit)) if !fits && limit == LIMITS.max_body => {}
            other => return Err(format!("{length} bytes: {other:?}")),
        }
    }
    Ok(())
}

async fn too_large_on_its_way<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    for (length, fits) in [
        (LIMITS.max_body, true),
        (LIMITS.max_body.saturating_add(1), false),
    ] {
        let body = Bytes::from(vec![b'x'; length]);
        let answer = platform
            .open(request(env.echo, Method::POST, body)?, LIMITS)
            .await
            .map_err(|error| error.to_string())?;
        match Body::Stream(answer.into_body()).collect(usize::MAX).await {
            Ok(body) if fits && body.len() == length => {}
            Err(SendError::TooLarge(limit)) if !fits && limit == LIMITS.max_body => {}
            other => return Err(format!("{length} bytes: {other:?}")),
        }
    }
    Ok(())
}

async fn on_its_way<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let start = platform.uptime();
    let request = request(env.handed_over, Method::GET, Bytes::new())?;
    let answer = platform.open(request, LIMITS).await;
    let took = platform.uptime().saturating_sub(start);
    if took > Duration::from_millis(900) {
        return Err(format!("the head took {} ms", took.as_millis()));
    }
    answer.map(drop).map_err(|error| error.to_string())
}

async fn slow<P: Platform>(platform: &P, address: &str) -> Outcome {
    let limits = Limits {
        timeout: Duration::from_millis(200),
        ..LIMITS
    };
    let start = platform.uptime();
    let answer = platform
        .send(request(address, Method::GET, Bytes::new())?, limits)
        .await;
    let took = platform.uptime().saturating_sub(start);
    if took > Duration::from_millis(900) {
        return Err(format!("it took {} ms", took.as_millis()));
    }
    same(answer.map(drop), Err(SendError::TimedOut(limits.timeout)))
}

async fn forbidden<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    match platform
        .send(request(env.forbidden, Method::GET, Bytes::new())?, LIMITS)
        .await
    {
        Err(SendError::NotAllowed(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn deaf<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    match platform
        .send(request(env.deaf, Method::GET, Bytes::new())?, LIMITS)
        .await
    {
        Err(SendError::NoConnection(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn stranger<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let request = request(env.stranger, Method::GET, Bytes::new())?;
    match platform.send(request, LIMITS).await {
        Err(SendError::NotTrusted(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn choosy<P: Platform>(platform: &P, env: &TestEnvironment<'_>) -> Outcome {
    let request = request(env.choosy, Method::GET, Bytes::new())?;
    let answer = platform.send(request, LIMITS).await.map(drop);
    same(answer, Err(SendError::CertificateRefused(Refusal::Missing)))
}

fn request(address: &str, method: Method, body: Bytes) -> Result<Request, String> {
    let request = http::Request::builder()
        .method(method)
        .uri(address)
        .body(body);
    request.map_err(|error| error.to_string())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what is compared is made on the spot"
)]
fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("found {found:?}, expected {expected:?}"))
    }
}

#[cfg(test)]
mod tests;
