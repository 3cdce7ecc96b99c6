//! Claims of a token.

use jwt_simple::prelude::JWTClaims;
use serde_json::{Map, Value};

/// Claims of a verified token.
pub type Claims = JWTClaims<Map<String, Value>>;
