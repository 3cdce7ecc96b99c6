//! Rate limit of the API: ten calls a second from an organisation, or else nothing for half a
//! minute.
//!
//! From the vendor's documentation of job creation, and its .NET client, which knows the header
//! `DoSFilter`. Assumption: the organisation is that in the path.

use std::collections::{HashMap, VecDeque};

use time::{Duration, OffsetDateTime};

const WINDOW: Duration = Duration::SECOND;
const BLOCKED: Duration = Duration::seconds(30);

/// Recent calls, by organisation.
#[derive(Debug, Default)]
pub(super) struct Calls(HashMap<String, Caller>);

#[derive(Debug, Default)]
struct Caller {
    latest: VecDeque<OffsetDateTime>,
    blocked_until: Option<OffsetDateTime>,
}

impl Calls {
    /// Returns whether a call at `now` is let through, when `most` are in a second.
    pub(super) fn admit(&mut self, organisation: &str, most: usize, now: OffsetDateTime) -> bool {
        let caller = self.0.entry(organisation.to_owned()).or_default();
        if caller.blocked_until.is_some_and(|until| now < until) {
            return false;
        }
        while caller
            .latest
            .front()
            .is_some_and(|earliest| earliest.saturating_add(WINDOW) <= now)
        {
            caller.latest.pop_front();
        }
        if caller.latest.len() >= most {
            caller.latest.clear();
            caller.blocked_until = Some(now.saturating_add(BLOCKED));
            return false;
        }
        caller.latest.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    #[test]
    fn ten_calls_a_second_pass_and_the_eleventh_costs_half_a_minute() {
        let mut calls = Calls::default();
        let mut admit =
            |who: &str, after: i64| calls.admit(who, 10, START + Duration::milliseconds(after));
        assert!((0..10).all(|call| admit("1", call * 50)));
        assert!(!admit("1", 999));
        assert!(admit("2", 999), "another organisation is not concerned");
        assert!(!admit("1", 30_998));
        assert!(admit("1", 30_999));
    }

    #[test]
    fn a_second_slides() {
        let mut calls = Calls::default();
        let mut admit = |after: i64| calls.admit("1", 10, START + Duration::milliseconds(after));
        // Ten in every second, for ten seconds.
        assert!((0..100).all(|call| admit(call * 100)));
    }
}
