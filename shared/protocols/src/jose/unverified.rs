//! Unverified header of a signed token (RFC 7515 §4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::algorithm::Algorithm;
use super::selector::Selector;

/// Supported header members; others are ignored (RFC 7515 §4). `null` is treated as absent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    alg: Value,
    kid: Value,
    x5t: Value,
    #[serde(rename = "x5t#S256")]
    x5t_sha256: Value,
    typ: Value,
    cty: Value,
    jku: Value,
    x5u: Value,
    x5c: Value,
    jwk: Value,
    crit: Value,
    /// Extension of the library that verifies the token.
    salt: Value,
}

/// Unverified token: only its header has been parsed, to select the key and the algorithm.
#[derive(Debug)]
pub struct UnverifiedToken<'a> {
    pub(super) token: &'a str,
    /// Key selection criteria.
    pub selector: Selector,
}

/// Fault of a token found before its signature is verified. No text repeats any of the token.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedToken {
    /// Longer than the caller allows.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts separated by points.
    #[error("the token has not three parts")]
    Parts,
    /// Not base64url.
    #[error("the token's header is not base64url")]
    Encoding,
    /// Not a JSON object, or a member occurs twice.
    #[error("the token's header is no JSON object, or has a member twice")]
    Json,
    /// No `alg`.
    #[error("the token's header has no alg")]
    NoAlgorithm,
    /// `alg` that is not a supported [`Algorithm`].
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// Critical members (RFC 7515 §4.1.11).
    #[error("the token's header has critical members, and none is understood")]
    Critical,
    /// Key in the header (RFC 7515 §4.1.3).
    #[error("the token's header holds a key of its own (jwk), which is not accepted")]
    OwnKey,
    /// Member with an invalid value.
    #[error("the {0} of the token's header is not what RFC 7515 has")]
    Member(&'static str),
}

impl<'a> UnverifiedToken<'a> {
    /// Parses the header of a token of at most `longest` bytes.
    ///
    /// # Errors
    /// [`MalformedToken`] with the first fault of the header.
    pub fn read(token: &'a str, longest: usize) -> Result<Self, MalformedToken> {
        if token.len() > longest {
            return Err(MalformedToken::TooLong);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, _, _] = parts.as_slice() else {
            return Err(MalformedToken::Parts);
        };
        let header = URL_SAFE_NO_PAD.decode(header);
        let header = header.map_err(|_| MalformedToken::Encoding)?;
        if header.first() != Some(&b'{') {
            return Err(MalformedToken::Json);
        }
        let header: Header = serde_json::from_slice(&header).map_err(|_| MalformedToken::Json)?;
        header.check()?;
        let algorithm = header.alg.as_str().ok_or(MalformedToken::NoAlgorithm)?;
        let algorithm = Algorithm::from_name(algorithm).ok_or(MalformedToken::Algorithm)?;
        let names = [&header.kid, &header.x5t, &header.x5t_sha256];
        let name = names.into_iter().find_map(Value::as_str);
        Ok(Self {
            token,
            selector: Selector {
                algorithm,
                name: name.map(str::to_owned),
            },
        })
    }
}

impl UnverifiedToken<'_> {
    /// Returns the algorithm named in the header.
    pub const fn algorithm(&self) -> Algorithm {
        self.selector.algorithm
    }

    /// Returns whether the token names its key.
    pub const fn names_key(&self) -> bool {
        self.selector.name.is_some()
    }
}

impl Header {
    /// Checks the members. The verifying library rejects the same headers, without a reason.
    fn check(&self) -> Result<(), MalformedToken> {
        for (name, value) in [
            ("alg", &self.alg),
            ("kid", &self.kid),
            ("x5t", &self.x5t),
            ("x5t#S256", &self.x5t_sha256),
            ("typ", &self.typ),
            ("cty", &self.cty),
            ("jku", &self.jku),
            ("x5u", &self.x5u),
            ("salt", &self.salt),
        ] {
            if !value.is_null() && !value.is_string() {
                return Err(MalformedToken::Member(name));
            }
        }
        match &self.x5c {
            Value::Null => {}
            Value::Array(chain) if chain.iter().all(Value::is_string) => {}
            _ => return Err(MalformedToken::Member("x5c")),
        }
        match &self.crit {
            Value::Null => {}
            Value::Array(members) if members.is_empty() => {}
            _ => return Err(MalformedToken::Critical),
        }
        match &self.jwk {
            Value::Null => Ok(()),
            _ => Err(MalformedToken::OwnKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(header: &impl ToString) -> String {
        format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    fn selector(header: &Value) -> Result<(Algorithm, Option<String>), MalformedToken> {
        let token = token(&header);
        let read = UnverifiedToken::read(&token, 20_000)?;
        Ok((read.selector.algorithm, read.selector.name))
    }

    #[test]
    fn the_name_is_kid_or_a_thumbprint() {
        for (header, name) in [
            (json!({"kid": "a", "x5t": "b", "x5t#S256": "c"}), Some("a")),
            (json!({"x5t": "b", "x5t#S256": "c"}), Some("b")),
            (json!({"kid": null, "x5t#S256": "c"}), Some("c")),
            (json!({"more": {"than": "is understood"}}), None),
        ] {
            let mut header = header;
            header["alg"] = json!("RS256");
            let name = name.map(str::to_owned);
            assert_eq!(selector(&header), Ok((Algorithm::Rs256, name)), "{header}");
        }
        let chain = json!({"alg": "Ed25519", "x5c": ["A".repeat(9_000)], "jwk": null});
        assert_eq!(selector(&chain), Ok((Algorithm::EdDsa, None)));
    }

    #[test]
    fn each_fault_is_named() {
        for (header, fault) in [
            (json!({"kid": "a"}), MalformedToken::NoAlgorithm),
            (json!({"alg": 256}), MalformedToken::Member("alg")),
            (json!({"alg": "none"}), MalformedToken::Algorithm),
            (json!({"alg": "HS256"}), MalformedToken::Algorithm),
            (
                json!({"alg": "RS256", "kid": 1}),
                MalformedToken::Member("kid"),
            ),
            (
                json!({"alg": "RS256", "x5c": "MIIB"}),
                MalformedToken::Member("x5c"),
            ),
            (
                json!({"alg": "RS256", "crit": ["b64"]}),
                MalformedToken::Critical,
            ),
            (
                json!({"alg": "RS256", "jwk": {"kty": "RSA"}}),
                MalformedToken::OwnKey,
            ),
            (json!(["RS256"]), MalformedToken::Json),
        ] {
            assert_eq!(selector(&header), Err(fault), "{header}");
        }
        let read = |token: &str| UnverifiedToken::read(token, 100).map(|_| ());
        assert_eq!(read("a.b"), Err(MalformedToken::Parts));
        assert_eq!(read("a.b.c.d.e"), Err(MalformedToken::Parts));
        assert_eq!(read("a b.c.d"), Err(MalformedToken::Encoding));
        assert_eq!(read(&token(&"{")), Err(MalformedToken::Json));
        let twice = token(&r#"{"alg":"RS256","kid":"a","kid":"b"}"#);
        assert_eq!(read(&twice), Err(MalformedToken::Json));
        assert_eq!(read(&"a".repeat(101)), Err(MalformedToken::TooLong));
    }
}
