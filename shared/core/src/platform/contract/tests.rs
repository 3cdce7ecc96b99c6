use super::*;
use crate::platform::Response;
use crate::platform::memory::{Delay, Memory};

fn answer(request: &Request) -> Result<Response, SendError> {
    let mut answer = Response::new(request.body().clone());
    *answer.status_mut() = StatusCode::CREATED;
    let method = HeaderValue::from_str(request.method().as_str()).expect("a method");
    answer.headers_mut().insert("x-method", method);
    if let Some(echo) = request.headers().get(ECHO) {
        answer.headers_mut().insert(ECHO, echo.clone());
    }
    match request.uri().path() {
        "/echo" => {}
        "/slow" => {
            answer
                .extensions_mut()
                .insert(Delay(Duration::from_secs(2)));
        }
        "/deaf" => return Err(SendError::NoConnection("refused".to_owned())),
        "/stranger" => return Err(SendError::NotTrusted("unknown issuer".to_owned())),
        "/choosy" => return Err(SendError::CertificateRefused(Refusal::Missing)),
        _ => return Err(SendError::NotAllowed("not in the list".to_owned())),
    }
    Ok(answer)
}

#[test]
fn memory_holds_the_contract() {
    let platform = Memory::new();
    platform.add_store("default");
    platform.set_variable("greeting", "hello");
    platform.respond(answer);
    let env = TestEnvironment {
        store: "default",
        forbidden_store: "other",
        variable: ("greeting", "hello"),
        undefined_variable: "farewell",
        echo: "http://localhost/echo",
        slow: "http://localhost/slow",
        slow_body: "http://localhost/slow",
        handed_over: "http://localhost/echo",
        deaf: "http://localhost/deaf",
        forbidden: "http://localhost/forbidden",
        stranger: "https://localhost/stranger",
        choosy: "https://localhost/choosy",
    };
    let report = platform.run(report(&platform, &env));
    let broken: Vec<&CaseResult> = report
        .iter()
        .filter(|held| held.failure.is_some())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
