//! Reloading configuration: a value built from the settings, rebuilt when they change, so that keys
//! rotate without a restart.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use time::OffsetDateTime;

use super::{ConfigError, Raw, Settings};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::Platform;

/// Maximum age of settings before they are read again. Spin queries its providers at each read
/// (crate `factor-variables`), and a provider may be a remote vault, so settings are not read for
/// each request.
const FRESH: time::Duration = time::Duration::seconds(30);

/// Maximum time that a request waits for settings if earlier ones are available.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reloading value `T` of a component, with the settings from which it was built. Lives as long as
/// the instance.
#[derive(Debug)]
pub struct Reloading<T>(RefCell<Option<Loaded<T>>>);

#[derive(Debug)]
struct Loaded<T> {
    value: Rc<T>,
    raw: Raw,
    /// Time at which a request last began to read the settings.
    read: OffsetDateTime,
}

impl<T> Default for Reloading<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> Reloading<T> {
    /// Returns the value built from settings that are at most 30 s old; calls `make` if the
    /// settings have changed.
    ///
    /// An instance without earlier settings reports a failure to its first caller. Later failures
    /// are logged as errors, and the earlier settings stay in use for the instance's lifetime.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the first settings cannot be read or are not valid.
    pub async fn get<P: Platform, S: Settings>(
        &self,
        platform: &P,
        component: &'static str,
        make: impl FnOnce(S) -> T,
    ) -> Result<Rc<T>, ConfigError> {
        let now = platform.now();
        if let Some(value) = self.fresh(now) {
            return Ok(value);
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

    /// Returns the current value, whatever its age.
    pub fn last(&self) -> Option<Rc<T>> {
        self.0
            .borrow()
            .as_ref()
            .map(|loaded| Rc::clone(&loaded.value))
    }

    fn fresh(&self, now: OffsetDateTime) -> Option<Rc<T>> {
        let loaded = self.0.borrow();
        let loaded = loaded.as_ref()?;
        // A clock that was set back does not show the age of the settings.
        let fresh = loaded.read <= now && now < loaded.read.saturating_add(FRESH);
        fresh.then(|| Rc::clone(&loaded.value))
    }

    /// Marks a read as begun and returns the current value, which other requests use meanwhile.
    fn begin(&self, now: OffsetDateTime) -> Option<Rc<T>> {
        let mut loaded = self.0.borrow_mut();
        let loaded = loaded.as_mut()?;
        loaded.read = now;
        Some(Rc::clone(&loaded.value))
    }

    fn take<S: Settings>(
        &self,
        raw: Raw,
        read: OffsetDateTime,
        make: impl FnOnce(S) -> T,
    ) -> Result<Rc<T>, ConfigError> {
        if let Some(loaded) = self.0.borrow().as_ref()
            && loaded.raw == raw
        {
            return Ok(Rc::clone(&loaded.value));
        }
        let value = Rc::new(make(S::resolve(&raw)?));
        *self.0.borrow_mut() = Some(Loaded {
            value: Rc::clone(&value),
            raw,
            read,
        });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::config::{Resolver, Setting};
    use innsyn_core::platform::memory::Memory;

    /// Settings of one variable, which is a number.
    struct Number(u32);

    impl Settings for Number {
        const SETTINGS: &'static [&'static [Setting]] = &[&[Setting::required("number")]];

        fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
            let mut resolver = Resolver::new(raw);
            let number = resolver.parsed("number", "is none", "set it to one", |text| {
                text.parse().ok()
            });
            resolver.finish(number.map(Self))
        }
    }

    async fn get(current: &Reloading<u32>, platform: &Memory) -> Result<Rc<u32>, ConfigError> {
        let number = |number: Number| number.0;
        current.get(platform, "claims", number).await
    }

    #[test]
    fn a_change_is_seen_within_half_a_minute() {
        let (platform, current) = (Memory::new(), Reloading::default());
        platform.run(async {
            assert!(get(&current, &platform).await.is_err());
            platform.set_variable("number", "1");
            let first = get(&current, &platform).await.expect("a number");
            platform.set_variable("number", "2");
            platform.advance(Duration::from_secs(29));
            assert_eq!(*get(&current, &platform).await.expect("loaded"), 1);
            platform.advance(Duration::from_secs(1));
            assert_eq!(*get(&current, &platform).await.expect("new"), 2);
            assert_eq!(*first, 1, "a request under way keeps what it has");
        });
    }

    #[test]
    fn without_a_change_nothing_is_made_anew() {
        let (platform, current) = (Memory::new(), Reloading::default());
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
        let (platform, current) = (Memory::new(), Reloading::default());
        platform.set_variable("number", "1");
        platform.run(async {
            let all = join_all((0..20).map(|_| get(&current, &platform))).await;
            let one = current.last().expect("loaded");
            let same = |other: Result<Rc<u32>, _>| Rc::ptr_eq(&other.expect("a number"), &one);
            assert!(all.into_iter().all(same));
        });
    }

    #[test]
    fn what_is_wrong_or_cannot_be_read_leaves_the_former() {
        let (platform, current) = (Memory::new(), Reloading::default());
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
                assert_eq!(*get(&current, &platform).await.expect("loaded"), 1);
            }
            assert_eq!(not_renewed(), ["number is none: set it to one"]);
            platform.fail_variables(true);
            platform.advance(FRESH.unsigned_abs());
            assert_eq!(*get(&current, &platform).await.expect("loaded"), 1);
            assert_eq!(not_renewed().len(), 2);
            platform.fail_variables(false);
            platform.set_variable("number", "2");
            platform.advance(FRESH.unsigned_abs());
            assert_eq!(*get(&current, &platform).await.expect("new"), 2);
        });
    }
}
