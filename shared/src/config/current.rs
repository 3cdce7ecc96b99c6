//! What an instance has made of its settings, made anew when they have changed: so a key is changed without a restart.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use time::OffsetDateTime;

use super::{ConfigError, Raw, Settings};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::platform::Platform;

/// How old settings may be. Spin asks its providers at each reading (its crate `factor-variables`), and one of them may be a
/// vault across the network: so they are not read for each request.
const FRESH: time::Duration = time::Duration::seconds(30);

/// How long a request waits for settings that it has already.
const PATIENCE: Duration = Duration::from_secs(2);

/// A component's work, `D`, with the settings that it was made of. Lives as long as the instance.
#[derive(Debug)]
pub struct Current<D>(RefCell<Option<Kept<D>>>);

#[derive(Debug)]
struct Kept<D> {
    desk: Rc<D>,
    raw: Raw,
    /// When somebody last began to read them.
    read: OffsetDateTime,
}

impl<D> Default for Current<D> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<D> Current<D> {
    /// The work under the settings as they were within the last half minute; `make` is asked where they are other than before.
    ///
    /// Settings that cannot be read, or that are wrong, are told to whoever asks first. To those who come later the former
    /// ones hold for as long as the instance lives, with an error in the log at each try.
    pub async fn get<P: Platform, S: Settings>(
        &self,
        platform: &P,
        component: &'static str,
        make: impl FnOnce(S) -> D,
    ) -> Result<Rc<D>, ConfigError> {
        let now = platform.now();
        if let Some(desk) = self.fresh(now) {
            return Ok(desk);
        }
        let Some(former) = self.begin(now) else {
            let raw = S::read(platform).await?;
            return self.take(raw, now, make);
        };
        let read = std::pin::pin!(S::read(platform));
        let end = std::pin::pin!(platform.sleep(PATIENCE));
        let renewed = match select(read, end).await {
            Either::Left((raw, _)) => raw.and_then(|raw| self.take(raw, now, make)),
            Either::Right(_) => Err(ConfigError::slow(PATIENCE)),
        };
        Ok(renewed.unwrap_or_else(|error| {
            let event = Event::new(Level::Error, "settings", "not-renewed").cause(error);
            Context::new(platform, component, PATIENCE).log(&event);
            former
        }))
    }

    /// What there is, whatever its age.
    pub fn kept(&self) -> Option<Rc<D>> {
        self.0.borrow().as_ref().map(|kept| Rc::clone(&kept.desk))
    }

    fn fresh(&self, now: OffsetDateTime) -> Option<Rc<D>> {
        let kept = self.0.borrow();
        let kept = kept.as_ref()?;
        // A clock that was set back says nothing about their age.
        let fresh = kept.read <= now && now < kept.read.saturating_add(FRESH);
        fresh.then(|| Rc::clone(&kept.desk))
    }

    /// Has the other requests go on with what there is, for one of them reads.
    fn begin(&self, now: OffsetDateTime) -> Option<Rc<D>> {
        let mut kept = self.0.borrow_mut();
        let kept = kept.as_mut()?;
        kept.read = now;
        Some(Rc::clone(&kept.desk))
    }

    fn take<S: Settings>(
        &self,
        raw: Raw,
        read: OffsetDateTime,
        make: impl FnOnce(S) -> D,
    ) -> Result<Rc<D>, ConfigError> {
        if let Some(kept) = self.0.borrow().as_ref()
            && kept.raw == raw
        {
            return Ok(Rc::clone(&kept.desk));
        }
        let desk = Rc::new(make(S::resolve(&raw)?));
        *self.0.borrow_mut() = Some(Kept {
            desk: Rc::clone(&desk),
            raw,
            read,
        });
        Ok(desk)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::config::Resolver;
    use crate::platform::memory::Memory;

    /// Settings of one variable, which is a number.
    struct Number(u32);

    impl Settings for Number {
        const VARIABLES: &'static [&'static str] = &["number"];

        fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
            let mut resolver = Resolver::new(raw);
            let number = resolver.parsed("number", "is none", "set it to one", |text| {
                text.parse().ok()
            });
            resolver.finish(number.map(Self))
        }
    }

    async fn get(current: &Current<u32>, platform: &Memory) -> Result<Rc<u32>, ConfigError> {
        let number = |number: Number| number.0;
        current.get(platform, "claims", number).await
    }

    #[test]
    fn a_change_is_seen_within_half_a_minute() {
        let (platform, current) = (Memory::new(), Current::default());
        platform.run(async {
            assert!(get(&current, &platform).await.is_err());
            platform.set_variable("number", "1");
            let first = get(&current, &platform).await.expect("a number");
            platform.set_variable("number", "2");
            platform.advance(Duration::from_secs(29));
            assert_eq!(*get(&current, &platform).await.expect("kept"), 1);
            platform.advance(Duration::from_secs(1));
            assert_eq!(*get(&current, &platform).await.expect("new"), 2);
            assert_eq!(*first, 1, "a request under way keeps what it has");
        });
    }

    #[test]
    fn without_a_change_nothing_is_made_anew() {
        let (platform, current) = (Memory::new(), Current::default());
        platform.set_variable("number", "1");
        platform.run(async {
            let first = get(&current, &platform).await.expect("a number");
            platform.advance(FRESH.unsigned_abs());
            let second = get(&current, &platform).await.expect("a number");
            assert!(Rc::ptr_eq(&first, &second));
            platform.shift(time::Duration::hours(-1));
            platform.set_variable("number", "2");
            assert_eq!(*get(&current, &platform).await.expect("new"), 2, "set back");
        });
    }

    #[test]
    fn those_who_come_first_share_what_one_has_made() {
        let (platform, current) = (Memory::new(), Current::default());
        platform.set_variable("number", "1");
        platform.run(async {
            let all = join_all((0..20).map(|_| get(&current, &platform))).await;
            let one = current.kept().expect("kept");
            let same = |other: Result<Rc<u32>, _>| Rc::ptr_eq(&other.expect("a number"), &one);
            assert!(all.into_iter().all(same));
        });
    }

    #[test]
    fn what_is_wrong_or_cannot_be_read_leaves_the_former() {
        let (platform, current) = (Memory::new(), Current::default());
        platform.set_variable("number", "1");
        let not_renewed = || {
            let events = platform.events();
            let told = events
                .iter()
                .filter(|event| event["outcome"] == "not-renewed");
            told.filter_map(|event| event["cause"].as_str().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        platform.run(async {
            get(&current, &platform).await.expect("a number");
            platform.set_variable("number", "s3cret");
            platform.advance(FRESH.unsigned_abs());
            for _ in 0..3 {
                assert_eq!(*get(&current, &platform).await.expect("kept"), 1);
            }
            assert_eq!(not_renewed(), ["number is none: set it to one"]);
            platform.fail_variables(true);
            platform.advance(FRESH.unsigned_abs());
            assert_eq!(*get(&current, &platform).await.expect("kept"), 1);
            assert_eq!(not_renewed().len(), 2);
            platform.fail_variables(false);
            platform.set_variable("number", "2");
            platform.advance(FRESH.unsigned_abs());
            assert_eq!(*get(&current, &platform).await.expect("new"), 2);
        });
    }
}
