//! What a browser brings back from Altinn or Posten.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::platform::Platform;
use crate::secret::Secret;

/// What ties a way back to its request: 32 random bytes that only the redirect address holds.
#[derive(Clone, Debug)]
pub struct State(Secret<String>);

impl State {
    /// The length of 32 bytes in base64url without padding.
    const LENGTH: usize = 43;

    pub(crate) fn random(platform: &impl Platform) -> Self {
        let mut bytes = [0_u8; 32];
        platform.random(&mut bytes);
        Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads what came back; `None` for what we can never have sent.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        shaped.then(|| Self(Secret::new(text.to_owned())))
    }

    /// Base64url, which needs no escaping in a query.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_we_make_and_nothing_else() {
        let state = State::random(&crate::platform::memory::Memory::new());
        assert!(State::parse(state.expose()).is_some());
        for text in [
            "",
            "x",
            &"a".repeat(42),
            &"a".repeat(44),
            &"å".repeat(43),
            &format!("{}=", "a".repeat(42)),
        ] {
            assert!(State::parse(text).is_none(), "{text}");
        }
    }
}
