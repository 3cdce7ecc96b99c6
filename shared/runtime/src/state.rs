//! OAuth-style `state` that a browser brings back from Altinn or Posten.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use innsyn_core::platform::Platform;
use innsyn_core::secret::Secret;

/// `state` that binds a browser's return to its request: 32 random bytes that only the redirect URI
/// holds.
#[derive(Clone, Debug)]
pub struct State(Secret<String>);

impl State {
    /// Length of 32 bytes in base64url without padding.
    const LENGTH: usize = 43;

    /// Creates a random state.
    pub fn random(platform: &impl Platform) -> Self {
        let mut bytes = [0_u8; 32];
        platform.random(&mut bytes);
        Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Parses a returned state; `None` for a text that cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        shaped.then(|| Self(Secret::new(text.to_owned())))
    }

    /// Returns the state in base64url, which needs no escaping in a query.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_we_make_and_nothing_else() {
        let state = State::random(&innsyn_core::platform::memory::Memory::new());
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
