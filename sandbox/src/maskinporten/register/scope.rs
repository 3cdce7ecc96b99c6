//! Scopes, as their API owners define them.

use serde::{Deserialize, Serialize};

use super::INTEGRATION_TYPE;

/// Registered scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Description by its owner.
    pub description: String,
    /// Organisation number of the owner: nine digits.
    pub owner: String,
    /// Visibility, which is stored and returned. Assumption: no rule of the token endpoint depends
    /// on it.
    pub visibility: Visibility,
    /// Type of the scope's tokens.
    pub token_type: TokenType,
    /// The longest lifetime of a token with it, in seconds; none when absent or 0.
    pub at_max_age_s: Option<i64>,
    /// True if every organisation has access.
    pub accessible_for_all: bool,
    /// The types of clients that may have it.
    pub integration_types: Vec<String>,
    /// Register of the consumers' delegations, if the scope can be delegated.
    pub delegation_source: Option<String>,
    /// True if it is active. Assumption: an inactive one counts as missing.
    pub active: bool,
}

/// Visibility of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// Visible to all.
    #[default]
    Public,
    /// Visible to organisations with access.
    Private,
    /// Visible to the owner.
    Internal,
}

/// Type of a scope's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenType {
    /// Signed JWTs.
    #[default]
    SelfContained,
    /// Opaque text. Documentation names it in one place and denies it in another.
    Opaque,
}

impl Scope {
    /// Returns whether clients of Maskinporten may have it at all.
    pub(in crate::maskinporten) fn is_for_maskinporten(&self) -> bool {
        self.integration_types
            .iter()
            .any(|kind| kind == INTEGRATION_TYPE)
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            description: String::new(),
            owner: String::new(),
            visibility: Visibility::default(),
            token_type: TokenType::default(),
            at_max_age_s: None,
            accessible_for_all: false,
            integration_types: vec![INTEGRATION_TYPE.to_owned()],
            delegation_source: None,
            active: true,
        }
    }
}
