//! Selection of the keys that can verify a token.

use std::fmt;

use super::algorithm::Algorithm;
use super::jwk::Jwk;

/// Maximum number of keys with the same name that are tried: bounds the cost of a forged token.
const MOST: usize = 4;

/// Maximum length of a key name in log texts, in bytes.
const LONGEST_NAME: usize = 64;

/// Key selection criteria of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selector {
    /// `alg` of the token's header.
    pub algorithm: Algorithm,
    /// `kid` of the token, or, without one, its `x5t` or `x5t#S256`.
    pub name: Option<String>,
}

/// No key of the set meets the criteria, or several do and the token names none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyNotFound {
    selector: Selector,
    suitable: usize,
}

impl Selector {
    /// Returns the suitable keys: those with the token's key name, in the set's order and at most
    /// four; for a token without a name, the only suitable key.
    ///
    /// # Errors
    /// [`KeyNotFound`] if no key is suitable, or if the choice is ambiguous.
    pub fn select<'a>(&self, keys: &'a [Jwk]) -> Result<Vec<&'a Jwk>, KeyNotFound> {
        let is_called = |key: &&Jwk| match &self.name {
            Some(name) => key.is_called(name),
            None => true,
        };
        let suitable = keys.iter().filter(|key| self.algorithm.suits(key));
        let suitable: Vec<_> = suitable.filter(is_called).collect();
        match (suitable.len(), &self.name) {
            (1, _) => Ok(suitable),
            (2.., Some(_)) => Ok(suitable.into_iter().take(MOST).collect()),
            (count, _) => Err(self.key_not_found(count)),
        }
    }

    /// Returns the error for a set with this number of suitable keys.
    pub fn key_not_found(&self, suitable: usize) -> KeyNotFound {
        KeyNotFound {
            selector: self.clone(),
            suitable,
        }
    }
}

impl fmt::Display for KeyNotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Selector { algorithm, name } = &self.selector;
        let algorithm = algorithm.name();
        match name.as_deref() {
            Some(name) if is_presentable(name) => {
                write!(
                    formatter,
                    "the key set has no key for {algorithm} named {name}"
                )
            }
            Some(_) => write!(
                formatter,
                "the key set has no key for {algorithm} of the token's name"
            ),
            None if self.suitable == 0 => {
                write!(formatter, "the key set has no key for {algorithm}")
            }
            None => write!(
                formatter,
                "the token names no key, and the key set has {} for {algorithm}",
                self.suitable
            ),
        }
    }
}

/// Returns whether a key name may appear in the log. An attacker chooses the name, so it must be
/// short and use common characters.
fn is_presentable(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/+=".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_usual)
}
