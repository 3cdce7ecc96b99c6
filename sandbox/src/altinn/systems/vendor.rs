//! Callers: the vendor that a token is for.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::altinn::authentication::authenticate;
use crate::altinn::body::InvalidBody;
use crate::altinn::party::Party;
use crate::altinn::refused::Refused;
use crate::altinn::state::Altinn;

pub(super) const REGISTER_WRITE: &str = "altinn:authentication/systemregister.write";
pub(super) const REGISTER_ADMIN: &str = "altinn:authentication/systemregister.admin";
pub(super) const REQUEST_WRITE: &str = "altinn:authentication/systemuser.request.write";
pub(super) const REQUEST_READ: &str = "altinn:authentication/systemuser.request.read";
pub(super) const LOOKUP: &str = "altinn:maskinporten/systemuser.read";

/// Number of items on a page of a list.
const PAGE: usize = 50;

/// Vendor, authenticated by a verified token.
pub(super) struct Vendor {
    /// Organisation number: nine digits.
    pub(super) number: String,
    is_admin: bool,
}

impl Vendor {
    /// Accepts the request's token if it has one of the scopes.
    pub(super) fn authenticate(
        altinn: &Altinn,
        headers: &HeaderMap,
        any_of: &[&str],
    ) -> Result<Self, StatusCode> {
        let caller = authenticate(altinn, headers, any_of)?;
        let is_admin = caller.has_scope(REGISTER_ADMIN);
        match caller.consumer {
            Party::Organisation(number) => Ok(Self { number, is_admin }),
            _ => Err(StatusCode::UNAUTHORIZED),
        }
    }

    /// Returns whether the vendor may change the registrations of `owner`.
    pub(super) fn may_write(&self, owner: &str) -> bool {
        self.is_admin || self.number == owner
    }
}

/// Reads an identifier in a path; .NET accepts every form there.
pub(super) fn id(text: &str, name: &str) -> Result<Uuid, Refused> {
    Uuid::parse_str(text).map_err(|_| {
        let message = format!("The value '{text}' is not valid.");
        Refused::InvalidBody(InvalidBody::at(name, message))
    })
}

/// Page of `items`, which are in the order of their identifiers. `token` is the query's; the next
/// page is at `address`.
pub(super) fn paginated(items: Vec<(Uuid, Value)>, token: Option<&str>, address: &str) -> Value {
    let from = token.and_then(|token| Uuid::parse_str(token).ok());
    let mut rest = items
        .into_iter()
        .filter(|(id, _)| from.is_none_or(|from| *id >= from));
    let shown: Vec<_> = rest.by_ref().take(PAGE).map(|(_, item)| item).collect();
    let links = match rest.next() {
        Some((next, _)) => json!({ "next": format!("{address}?token={next}") }),
        None => json!({}),
    };
    json!({ "links": links, "data": shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_fifty_on_a_page() {
        let items = |count: u128| -> Vec<_> {
            (0..count)
                .map(|id| (Uuid::from_u128(id), json!(id)))
                .collect()
        };
        let first = paginated(items(51), None, "https://a/b");
        assert_eq!(first["data"].as_array().unwrap().len(), 50);
        let next = first["links"]["next"].as_str().unwrap();
        let token = next.strip_prefix("https://a/b?token=").unwrap();
        let second = paginated(items(51), Some(token), "https://a/b");
        assert_eq!(second, json!({ "links": {}, "data": [50] }));
        assert_eq!(paginated(items(50), None, "x")["links"], json!({}));
    }
}
