//! Propagation of registrations to the token endpoint: in reality it takes up to a quarter of an
//! hour.

use std::collections::VecDeque;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Register;

/// Register in its registered, pending and effective states.
#[derive(Debug, Default)]
pub(in crate::maskinporten) struct Registrations {
    latest: Arc<Register>,
    /// Changed registrations that the token endpoint does not use yet, with the time from which it
    /// does; earliest first.
    on_the_way: VecDeque<(OffsetDateTime, Arc<Register>)>,
    known: Arc<Register>,
}

impl Registrations {
    /// Returns the registered state.
    pub(in crate::maskinporten) fn latest(&self) -> Arc<Register> {
        self.latest.clone()
    }

    /// Returns the state that the token endpoint has at `now`.
    pub(in crate::maskinporten) fn known(&mut self, now: OffsetDateTime) -> Arc<Register> {
        while self.on_the_way.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, register)) = self.on_the_way.pop_front() {
                self.known = register;
            }
        }
        self.known.clone()
    }

    /// Registers a change that takes effect immediately, along with all pending ones.
    pub(in crate::maskinporten) fn change_at_once(&mut self, change: impl FnOnce(&mut Register)) {
        change(Arc::make_mut(&mut self.latest));
        self.on_the_way.clear();
        self.known = self.latest.clone();
    }

    /// Registers `register`, effective from `at` on, together with all later changes.
    pub(in crate::maskinporten) fn replace(&mut self, register: Register, at: OffsetDateTime) {
        self.latest = Arc::new(register);
        self.on_the_way.retain(|(earlier, _)| *earlier < at);
        self.on_the_way.push_back((at, self.latest.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn with(scopes: &[&str]) -> Register {
        let mut register = Register::default();
        for scope in scopes {
            register.grant(scope, "1");
        }
        register
    }

    fn known(registrations: &mut Registrations, seconds: i64) -> usize {
        let known = registrations.known(START + Duration::seconds(seconds));
        known.access.len()
    }

    #[test]
    fn changes_become_known_in_their_order() {
        let mut registrations = Registrations::default();
        registrations.replace(with(&["a"]), START + Duration::seconds(10));
        registrations.replace(with(&["a", "b"]), START + Duration::seconds(20));
        assert_eq!(registrations.latest().access.len(), 2);
        for (at, count) in [(9, 0), (10, 1), (19, 1), (20, 2)] {
            assert_eq!(known(&mut registrations, at), count, "{at}");
        }
    }

    #[test]
    fn a_change_that_is_known_earlier_takes_the_others_with_it() {
        let mut registrations = Registrations::default();
        registrations.replace(with(&["a"]), START + Duration::seconds(10));
        registrations.replace(with(&["a", "b"]), START);
        assert_eq!(known(&mut registrations, 0), 2);
        registrations.replace(with(&["a"]), START + Duration::seconds(10));
        registrations.change_at_once(|register| register.grant("c", "1"));
        assert_eq!(known(&mut registrations, 0), 2);
    }
}
