//! Probe of the host's tests: the last segment of the path selects the action, and headers named
//! `probe-*` are its parameters.

use std::cell::RefCell;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{self, EmptyBody, HeaderMap, Request, Response, StatusCode, send};
use spin_sdk::key_value::Store;
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::RequestOptions;
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::wasip3::wit_stream;
use spin_sdk::wit_bindgen::StreamWriter;
use spin_sdk::{http_service, variables};

type Answer = Result<String, String>;

#[http_service]
async fn probe(request: Request) -> (StatusCode, HeaderMap, String) {
    let action = request
        .uri()
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let (parts, body) = request.into_parts();
    let given = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let answer = match action.as_str() {
        "hello" => Ok("hello".to_owned()),
        "echo" => body
            .bytes()
            .await
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|error| format!("{error:?}")),
        "headers" => Ok(parts
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join("\n")),
        "uri" => Ok(parts.uri.to_string()),
        "variable" => variables::get(given("probe-name"))
            .await
            .map_err(|error| format!("{error:?}")),
        "key-value" => {
            key_value(
                &given("probe-store"),
                &given("probe-operation"),
                &given("probe-key"),
                &given("probe-value"),
            )
            .await
        }
        "outbound" => {
            outbound(
                &given("probe-url"),
                &given("probe-pass-url"),
                &given("probe-first-byte-ms"),
                &parts.headers,
            )
            .await
        }
        "clock" => Ok(SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
            .to_string()),
        "environment" => std::env::var(given("probe-name")).map_err(|error| error.to_string()),
        "output" => {
            let written = writeln!(std::io::stdout(), "to standard output");
            eprint!("to standard ");
            eprintln!("error");
            written
                .map(|()| String::new())
                .map_err(|error| error.to_string())
        }
        "slow" => {
            sleep(Duration::from_millis(
                given("probe-ms").parse().unwrap_or(0),
            ))
            .await;
            Ok("slow".to_owned())
        }
        "flight" => Ok(flight().await.to_owned()),
        "busy" => loop {
            std::hint::spin_loop();
        },
        "memory" => Ok(vec![1_u8; given("probe-bytes").parse().unwrap_or(0)]
            .len()
            .to_string()),
        "trap" => std::process::abort(),
        other => Err(format!("no action {other}")),
    };
    let (status, text) = match answer {
        Ok(text) => (StatusCode::OK, text),
        Err(text) => (StatusCode::BAD_GATEWAY, text),
    };
    let mut headers = HeaderMap::new();
    headers.insert("content-length", text.len().into());
    (status, headers, text)
}

async fn key_value(store: &str, operation: &str, key: &str, value: &str) -> Answer {
    let outcome = async {
        let store = Store::open(store).await?;
        Ok(match operation {
            "set" => store.set(key, value).await.map(|()| String::new())?,
            "delete" => store.delete(key).await.map(|()| String::new())?,
            "exists" => store.exists(key).await?.to_string(),
            "keys" => store.get_keys().await.collect().await?.join(","),
            _ => store.get(key).await?.map_or_else(
                || "none".to_owned(),
                |value| String::from_utf8_lossy(&value).into_owned(),
            ),
        })
    };
    outcome
        .await
        .map_err(|error: spin_sdk::key_value::Error| format!("{error:?}"))
}

/// Calls `url`, with the headers of `asked` that mark a call, and with those for a proxy.
async fn outbound(url: &str, pass_url: &str, first_byte_ms: &str, asked: &HeaderMap) -> Answer {
    let mut request = http::Request::get(url)
        .header("probe-url", pass_url)
        .body(EmptyBody::new())
        .map_err(|error| error.to_string())?;
    for (name, value) in asked {
        if name.as_str().starts_with("innsyn-") {
            request.headers_mut().insert(name, value.clone());
        }
        if name == "probe-proxy-authorization" {
            let name = "proxy-authorization";
            request.headers_mut().insert(name, value.clone());
        }
    }
    if let Ok(limit) = first_byte_ms.parse::<u64>() {
        let options = RequestOptions::new();
        options
            .set_first_byte_timeout(Some(limit * 1_000_000))
            .map_err(|error| format!("{error:?}"))?;
        request
            .extensions_mut()
            .insert(RequestOptionsExtension(options));
    }
    let response: Response = send(request).await.map_err(|error| format!("{error:?}"))?;
    let status = response.status().as_u16();
    let body = response
        .into_body()
        .bytes()
        .await
        .map_err(|error| format!("{error:?}"))?;
    Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
}

thread_local! {
    /// Streams of the requests that wait for the leader. `None` without a leader.
    static WAITING: RefCell<Option<Vec<StreamWriter<u8>>>> = const { RefCell::new(None) };
}

/// Runs a single-flight: one request leads, and the others of its instance wait, each on a stream
/// that ends when the leader is done.
async fn flight() -> &'static str {
    let seat = WAITING.with_borrow_mut(|waiting| {
        let (writer, reader) = wit_stream::new::<u8>();
        waiting.as_mut().map(|waiting| {
            waiting.push(writer);
            reader
        })
    });
    let Some(mut seat) = seat else {
        WAITING.set(Some(Vec::new()));
        sleep(Duration::from_millis(100)).await;
        drop(WAITING.take());
        return "led";
    };
    seat.next().await;
    "followed"
}
