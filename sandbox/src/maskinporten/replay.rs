//! A grant works once.
//!
//! Assumptions: a `jti` is unique per client, stored until a minute after the grant has expired,
//! and used up even if the grant is refused afterwards for its request.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::refusal::Refusal;

/// Time that a grant is remembered after its expiry, in seconds.
const REMEMBERED: i64 = 60;

/// Used grants, with the expiry of each.
#[derive(Debug, Default)]
pub(super) struct UsedGrants(HashMap<GrantIdentifier, i64>);

/// Identifier of a grant for replay detection.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum GrantIdentifier {
    Identifier { client_id: String, jti: String },
    Digest(Vec<u8>),
}

impl GrantIdentifier {
    pub(super) fn new(client_id: &str, jti: Option<&str>, signed: &str) -> Self {
        match jti {
            Some(jti) => Self::Identifier {
                client_id: client_id.to_owned(),
                jti: jti.to_owned(),
            },
            None => Self::Digest(digest(&SHA256, signed.as_bytes()).as_ref().to_vec()),
        }
    }
}

impl UsedGrants {
    /// Records that a grant, which expires at `expires`, has been used. Refuses a grant that was
    /// used before.
    pub(super) fn spend(
        &mut self,
        mark: GrantIdentifier,
        expires: i64,
        now: i64,
    ) -> Result<(), Refusal> {
        self.0.retain(|_, until| *until >= now);
        match self.0.insert(mark, expires.saturating_add(REMEMBERED)) {
            None => Ok(()),
            Some(_) => Err(Refusal::Replayed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_remembered_until_a_minute_after_it_expired() {
        let mut spent = UsedGrants::default();
        let mark = || GrantIdentifier::new("client", Some("1"), "");
        assert_eq!(spent.spend(mark(), 100, 0), Ok(()));
        assert_eq!(spent.spend(mark(), 100, 160), Err(Refusal::Replayed));
        assert_eq!(spent.spend(mark(), 300, 161), Ok(()));
    }

    #[test]
    fn another_client_may_use_the_same_identifier() {
        let mut spent = UsedGrants::default();
        assert_eq!(
            spent.spend(GrantIdentifier::new("a", Some("1"), ""), 100, 0),
            Ok(())
        );
        assert_eq!(
            spent.spend(GrantIdentifier::new("b", Some("1"), ""), 100, 0),
            Ok(())
        );
    }

    #[test]
    fn a_grant_without_identifier_is_known_by_what_was_signed() {
        let mut spent = UsedGrants::default();
        assert_eq!(
            spent.spend(GrantIdentifier::new("a", None, "x"), 100, 0),
            Ok(())
        );
        assert_eq!(
            spent.spend(GrantIdentifier::new("a", None, "y"), 100, 0),
            Ok(())
        );
        assert_eq!(
            spent.spend(GrantIdentifier::new("a", None, "x"), 100, 0),
            Err(Refusal::Replayed)
        );
    }
}
