//! Content encodings of responses. The app requests none.

use http::{HeaderMap, header};

/// Maximum length of an encoding's name in a cause, in bytes.
const LONGEST: usize = 32;

/// Returns the `Content-Encoding` of a response, if it has one other than `identity` (RFC 9110
/// §8.4).
pub(super) fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut names = names.map(<[u8]>::trim_ascii);
    let name = names.find(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))?;
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_known = name.len() <= LONGEST && name.iter().all(is_token);
    let known = is_known.then(|| String::from_utf8_lossy(name).to_ascii_lowercase());
    Some(known.unwrap_or_else(|| "an unknown encoding".to_owned()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, StatusCode};

    use crate::outbound::*;
    use innsyn_core::fixtures::context;
    use innsyn_core::platform::memory::Memory;

    const CALL: Endpoint = Endpoint {
        counterparty: "altinn",
        timeout: Duration::from_secs(2),
        max_body: 1024,
        retry: RetryPolicy::Never,
    };

    /// Returns the outcome of a call with such a response.
    fn sent(answer: Response) -> (Result<Response, Problem>, Memory) {
        let platform = Memory::new();
        platform.push_answer(Ok(answer));
        let request = Request::new(Bytes::new());
        let end = platform.run(async { send(&context(&platform), &CALL, &request).await });
        (end, platform)
    }

    fn encoded(code: u16, encoding: &'static str) -> Response {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::from_u16(code).expect("a status");
        let encoding = HeaderValue::from_static(encoding);
        answer
            .headers_mut()
            .insert(header::CONTENT_ENCODING, encoding);
        answer
    }

    #[test]
    fn no_encoding_is_asked_for_and_one_that_comes_is_named() {
        for (code, encoding, named) in [
            (200, "gzip", "altinn: the answer is encoded as gzip"),
            (200, "identity, BR", "altinn: the answer is encoded as br"),
            (200, "x\"y", "altinn: the answer is encoded as an unknown"),
            (404, "zstd", "altinn: the answer is encoded as zstd"),
        ] {
            let (end, platform) = sent(encoded(code, encoding));
            let problem = end.expect_err(encoding);
            assert_eq!(problem.kind, Kind::SourceUnreadable);
            let cause = problem.cause.expect("a cause");
            assert!(cause.starts_with(named), "{cause}");
            assert!(problem.advice.expect("advice").contains("compresses"));
            let requests = platform.requests();
            assert_eq!(
                requests.len(),
                1,
                "an answer that came is not asked for again"
            );
            assert_eq!(requests[0].headers()["accept-encoding"], "identity");
            assert_eq!(platform.events()[0]["outcome"], "source-unreadable");
        }
        // Only the status of these responses is read.
        for code in [204, 429, 503] {
            let answer = sent(encoded(code, "gzip")).0.expect("an answer");
            assert_eq!(answer.status(), code);
        }
        for encoding in ["identity", "", "Identity, "] {
            assert!(sent(encoded(200, encoding)).0.is_ok(), "{encoding}");
        }
        assert!(SendError::Encoded("gzip".to_owned()).may_have_arrived());
    }
}
