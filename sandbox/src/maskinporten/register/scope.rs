//! What an API owner has decided about a scope.

use serde::{Deserialize, Serialize};

use super::INTEGRATION_TYPE;

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What its owner says of it.
    pub description: String,
    /// Whose it is: nine digits.
    pub owner: String,
    /// Who sees it. It is kept and told; assumption: no rule of the token endpoint depends on it.
    pub visibility: Visibility,
    /// What its tokens are.
    pub token_type: TokenType,
    /// The longest lifetime of a token with it, in seconds; none when absent or 0.
    pub at_max_age_s: Option<i64>,
    /// Whether every organisation has access.
    pub accessible_for_all: bool,
    /// The types of clients that may have it.
    pub integration_types: Vec<String>,
    /// The register that says to whom consumers delegate it, if they can.
    pub delegation_source: Option<String>,
    /// Whether it is in use. Assumption: one that is not is as one that is not there.
    pub active: bool,
}

/// Who sees a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Those who have access.
    Private,
    /// Its owner.
    Internal,
}

/// What a scope's tokens are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenType {
    /// Signed JWTs.
    #[default]
    SelfContained,
    /// Text that says nothing. Documentation names it in one place and denies it in another.
    Opaque,
}

impl Scope {
    /// Whether clients of Maskinporten may have it at all.
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
