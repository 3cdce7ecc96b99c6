//! Access tokens in the sidecar's cache: expiry, head-room and time of renewal.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use innsyn_core::secret::Secret;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

/// Longest head-room, in seconds: code written for texas relies on as much.
const HEAD_ROOM: u64 = 59;

/// Time that a token needs to reach the API.
const JOURNEY: time::Duration = time::Duration::seconds(2);

/// Largest step back of the clock after which a cached token is still accepted.
const STEP_BACK: time::Duration = time::Duration::seconds(30);

/// Longest accepted lifetime, in seconds: a year.
const LONGEST: u64 = 365 * 24 * 3600;

/// Answer of the token component. `expires_in` is the remaining time, in seconds. It is less than
/// in the token's claims if the token rests on a consent or a system user.
#[derive(Deserialize)]
pub(in crate::sidecar) struct TokenResponse {
    access_token: String,
    expires_in: u64,
}

/// Access token with the period in which it may be handed out.
#[derive(Debug)]
pub(in crate::sidecar) struct Token {
    /// JSON of the answer, up to the number of its last member.
    answer: Secret<String>,
    obtained: OffsetDateTime,
    expires: OffsetDateTime,
    /// Half of the lifetime, at most [`HEAD_ROOM`].
    head_room: time::Duration,
    renewal: OffsetDateTime,
}

impl Token {
    /// Creates a token that was received at `now`. Its renewal is due after three quarters of the
    /// time until the head-room begins, later by up to an eighth of that time with a greater
    /// `jitter`: sidecars with the same token renew it one after the other, and the first renewal
    /// serves all.
    pub(super) fn new(response: TokenResponse, now: OffsetDateTime, jitter: u8) -> Self {
        let left = Duration::from_secs(response.expires_in.min(LONGEST));
        let lifetime = claimed_lifetime(&response.access_token);
        let half = lifetime.unwrap_or(left.as_secs()).div_ceil(2);
        let head_room = Duration::from_secs(half.min(HEAD_ROOM));
        let usable = left.saturating_sub(head_room);
        let eighth = usable.checked_div(8).unwrap_or_default();
        let part = eighth.saturating_mul(jitter.into());
        let later = part.checked_div(u8::MAX.into()).unwrap_or_default();
        let renewal = eighth.saturating_mul(6).saturating_add(later);
        Self {
            answer: Secret::new(format!(
                r#"{{"access_token":{},"token_type":"Bearer","expires_in":"#,
                Value::from(response.access_token)
            )),
            obtained: now,
            expires: after(now, left),
            head_room: signed(head_room),
            renewal: after(now, renewal),
        }
    }

    /// Returns the JSON of the answer (RFC 6749 §5.1), with the remaining lifetime in seconds. It
    /// has the members that texas has and no others, since some clients refuse unknown members.
    pub(in crate::sidecar) fn answer(&self, expires_in: u64) -> String {
        format!("{}{expires_in}}}", self.answer.expose())
    }

    /// Returns the size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.answer.expose().capacity())
    }

    /// Returns whether the token's remaining time exceeds its head-room.
    pub(super) fn is_fresh(&self, now: OffsetDateTime) -> bool {
        self.is_alive(now) && now.saturating_add(self.head_room) <= self.expires
    }

    /// Returns whether the token will still be valid when it reaches the API. A clock that is set
    /// back does not make an expired token valid.
    pub(super) fn is_alive(&self, now: OffsetDateTime) -> bool {
        now.saturating_add(JOURNEY) < self.expires && now.saturating_add(STEP_BACK) > self.obtained
    }

    /// Returns the moment from which the token is renewed ahead of its expiry.
    pub(super) const fn renewal(&self) -> OffsetDateTime {
        self.renewal
    }

    /// Returns the expiry.
    pub(super) const fn expires(&self) -> OffsetDateTime {
        self.expires
    }

    /// Returns whether the token expires later than `other`. The app rounds the remaining time to
    /// seconds, so an answer with the same token may seem to expire a second later.
    pub(super) fn outlives(&self, other: &Self) -> bool {
        self.expires > other.expires.saturating_add(JOURNEY)
    }

    /// Returns the remaining whole seconds.
    pub(super) fn expires_in(&self, now: OffsetDateTime) -> u64 {
        let left = self.expires.unix_timestamp_nanos();
        let left = left.saturating_sub(now.unix_timestamp_nanos());
        let seconds = left.checked_div(1_000_000_000).unwrap_or_default();
        u64::try_from(seconds).unwrap_or_default()
    }
}

/// Returns the lifetime in a JWT's own claims, in seconds.
fn claimed_lifetime(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Times {
        iat: u64,
        exp: u64,
    }
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let Times { iat, exp } = serde_json::from_slice(&claims).ok()?;
    exp.checked_sub(iat)
}

fn after(now: OffsetDateTime, time: Duration) -> OffsetDateTime {
    now.saturating_add(signed(time))
}

fn signed(time: Duration) -> time::Duration {
    time::Duration::try_from(time).unwrap_or(time::Duration::MAX)
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenResponse(…)")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    pub(in crate::sidecar::tokens) const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    pub(in crate::sidecar::tokens) fn at(seconds: i64) -> OffsetDateTime {
        NOW + time::Duration::seconds(seconds)
    }

    /// Builds a JWT of `lifetime` seconds, of which `left` remain.
    pub(in crate::sidecar::tokens) fn response(
        name: &str,
        lifetime: u64,
        left: u64,
    ) -> TokenResponse {
        let claims = json!({"iat": 1_000, "exp": 1_000 + lifetime, "jti": name});
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        TokenResponse {
            access_token: format!("e30.{claims}.c2ln"),
            expires_in: left,
        }
    }

    #[test]
    fn half_of_the_lifetime_is_enough_or_59_seconds() {
        for (lifetime, enough) in [(120, 59), (119, 59), (3_600, 59), (60, 30), (61, 31)] {
            let token = Token::new(response("a", lifetime, lifetime), NOW, 0);
            let last = i64::try_from(lifetime - enough).expect("seconds");
            assert!(token.is_fresh(at(last)), "{lifetime}");
            assert!(!token.is_fresh(at(last + 1)), "{lifetime}");
            let aged = Token::new(response("a", lifetime, enough - 1), NOW, 0);
            assert!(!aged.is_fresh(NOW), "{lifetime}");
            assert!(aged.is_alive(NOW), "{lifetime}");
        }
        for token in ["opaque", "e30.e30.c2ln", "e30.eyJpYXQiOjIsImV4cCI6MX0.c2ln"] {
            let response = || TokenResponse {
                access_token: token.to_owned(),
                expires_in: 20,
            };
            let token = Token::new(response(), NOW, 0);
            assert!(token.is_fresh(at(10)));
            assert!(!token.is_fresh(at(11)));
        }
    }

    #[test]
    fn renewal_is_due_before_the_head_room_begins() {
        for (lifetime, earliest, latest) in [(120, 45, 54), (3_600, 2_655, 3_099), (60, 22, 27)] {
            let due = |jitter| Token::new(response("a", lifetime, lifetime), NOW, jitter).renewal();
            assert!(due(0) >= at(earliest), "{lifetime}");
            assert!(due(0) < due(255), "{lifetime}");
            assert!(due(255) <= at(latest), "{lifetime}");
        }
    }

    #[test]
    fn a_token_ends_when_the_app_says() {
        // A consent's token lives for an hour and is cached for two minutes.
        let token = Token::new(response("a", 3_600, 120), NOW, 0);
        assert_eq!(token.expires_in(at(0)), 120);
        assert_eq!(token.expires_in(at(117)), 3);
        assert!(token.is_alive(at(117)));
        assert!(!token.is_alive(at(118)));
        assert_eq!(token.expires_in(at(500)), 0);
        let long = Token::new(response("a", 3_600, u64::MAX), NOW, 0);
        assert_eq!(long.expires_in(NOW), LONGEST);
    }

    #[test]
    fn a_clock_that_was_set_back_revives_no_token() {
        let token = Token::new(response("a", 120, 120), NOW, 0);
        assert!(token.is_fresh(at(-20)));
        assert!(!token.is_fresh(at(-600)));
        assert!(!token.is_alive(at(-600)));
    }

    #[test]
    fn an_answer_is_json_whatever_the_token() {
        let response = TokenResponse {
            access_token: "a\"b\\c\u{1}".to_owned(),
            expires_in: 120,
        };
        let token = Token::new(response, NOW, 0);
        let answer: Value = serde_json::from_str(&token.answer(7)).expect("JSON");
        let expected =
            json!({"access_token": "a\"b\\c\u{1}", "token_type": "Bearer", "expires_in": 7});
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_token_is_not_printed() {
        let response = response("a", 120, 120);
        assert_eq!(format!("{response:?}"), "TokenResponse(…)");
        let token = Token::new(response, NOW, 0);
        assert!(!format!("{token:?}").contains("e30"));
    }
}
