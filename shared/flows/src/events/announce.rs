//! Announcement of a subject's status to the consumer's receiver.

use std::cell::RefCell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::backoff::pause;
use super::receivers::{Receiver, Receivers};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::cloud_events::{CloudEvent, MEDIA_TYPE};
use innsyn_protocols::standard_webhooks::Message;
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};
use innsyn_runtime::store::{Name, Store};

/// Endpoint policy of a receiver: the back-off is longer than a request.
const RECEIVER: Endpoint = Endpoint {
    counterparty: "event-receiver",
    timeout: Duration::from_secs(5),
    max_body: 64 * 1024,
    retry: RetryPolicy::Never,
};

/// Minimum time left for which an event is sent.
const LEAST: Duration = Duration::from_secs(6);

/// Pause after the first failed attempt; it doubles with each further one.
const FIRST_PAUSE: i64 = 30;

/// Longest pause between two attempts, in seconds.
const LONGEST_PAUSE: i64 = 3_600;

/// Number of failures after which a drain tries a receiver no more. An attempt without an answer in
/// time counts as that many.
const FAILURES: usize = 3;

/// Number of attempts from which a failure needs an operator.
const ALARMING: u32 = 6;

/// Status of a subject, to be announced.
#[derive(Clone, Debug)]
pub(crate) struct News<'a> {
    pub(crate) consumer: &'a OrganisationNumber,
    /// Kind of the subject: `consent`, `signature` or `certificate`.
    pub(crate) kind: &'static str,
    /// Id of the subject.
    pub(crate) id: &'a str,
    /// Last part of the event's type, such as `revoked`.
    pub(crate) status: &'a str,
    /// Progress within the status, which is announced too if it changes.
    pub(crate) progress: usize,
    /// Rank of the status in the life of the subject. After one that was announced, none of a lower
    /// rank is: an entry of the agenda may be older than what was announced.
    pub(crate) rank: u8,
    /// Contents of the event, as an object, without its number.
    pub(crate) data: Value,
    /// Expiry of the row that stores what was announced.
    pub(crate) until: OffsetDateTime,
}

/// Result of an announcement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Delivered by this attempt.
    Delivered,
    /// Nothing to announce: this status or one of a higher rank was delivered before, or the
    /// consumer has no receiver.
    Known,
    /// To be tried again.
    Waiting,
}

/// Last announcement about a subject.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Announcement {
    /// Number of the event.
    number: u32,
    status: String,
    #[serde(default)]
    progress: usize,
    #[serde(default)]
    rank: u8,
    /// Time of the event, in Unix seconds.
    at: i64,
    attempts: u32,
    /// Time of the next attempt, in Unix seconds.
    next_at: i64,
    is_delivered: bool,
}

/// Announcer of events, within one drain.
pub(crate) struct Announcer<'a, P> {
    store: &'a Store,
    context: &'a Context<'a, P>,
    receivers: &'a Receivers,
    /// Address of the component that is the source of the events.
    source: &'a str,
    /// Addresses of receivers that have failed, one entry for each failure. Several consumers may
    /// have one receiver.
    failed: RefCell<Vec<&'a str>>,
}

impl<'a, P: Platform> Announcer<'a, P> {
    pub(crate) const fn new(
        store: &'a Store,
        context: &'a Context<'a, P>,
        receivers: &'a Receivers,
        source: &'a str,
    ) -> Self {
        Self {
            store,
            context,
            receivers,
            source,
            failed: RefCell::new(Vec::new()),
        }
    }

    /// Returns whether a status differs from what was delivered about its subject.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn is_news(&self, news: &News<'_>) -> Result<bool, Problem> {
        if self.receivers.of_consumer(news.consumer).is_none() {
            return Ok(false);
        }
        let last = self.last(news).await?;
        Ok(!last.is_some_and(|last| (last.says(news) && last.is_delivered) || last.outranks(news)))
    }

    /// Returns whether nothing was tried to announce a status. One that was tried and not delivered is
    /// in the agenda.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn is_untried(&self, news: &News<'_>) -> Result<bool, Problem> {
        if self.receivers.of_consumer(news.consumer).is_none() {
            return Ok(false);
        }
        let last = self.last(news).await?;
        Ok(!last.is_some_and(|last| last.says(news) || last.outranks(news)))
    }

    /// Returns whether this drain may still send to the consumer's receiver.
    pub(crate) fn can_send(&self, consumer: &OrganisationNumber) -> bool {
        let receiver = self.receivers.of_consumer(consumer);
        receiver.is_some_and(|receiver| !self.has_failed(receiver)) && self.context.left() >= LEAST
    }

    /// Announces a status, unless it was delivered before.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn announce(&self, news: &News<'_>) -> Result<Outcome, Problem> {
        let Some(receiver) = self.receivers.of_consumer(news.consumer) else {
            return Ok(Outcome::Known);
        };
        let now = self.context.now().unix_timestamp();
        let last = self.last(news).await?;
        let mut next = match last {
            Some(last) if last.is_delivered && (last.says(news) || last.outranks(news)) => {
                return Ok(Outcome::Known);
            }
            Some(last) if last.outranks(news) => return Ok(Outcome::Waiting),
            Some(last) if last.says(news) && last.next_at > now => return Ok(Outcome::Waiting),
            Some(last) if last.says(news) => last,
            other => Announcement::new(news, other.map_or(0, |last| last.number), now),
        };
        if !self.can_send(news.consumer) {
            return Ok(Outcome::Waiting);
        }
        next.attempts = next.attempts.saturating_add(1);
        let pause = pause(
            self.context.platform,
            next.attempts,
            FIRST_PAUSE,
            LONGEST_PAUSE,
        );
        next.next_at = now.saturating_add(pause);
        // Stored before it is sent: a repeat after a stop has the same id and contents.
        self.keep(news, &next).await?;
        match self.send(news, receiver, &next).await {
            Ok(()) => {
                next.is_delivered = true;
                self.keep(news, &next).await?;
                let mut event = Event::new(Level::Info, "event", "delivered");
                event.attempt = Some(next.attempts);
                self.context.log(&event);
                Ok(Outcome::Delivered)
            }
            Err(problem) => {
                let failures = if problem.kind == Kind::SourceSlow {
                    FAILURES
                } else {
                    1
                };
                let failures = std::iter::repeat_n(receiver.address(), failures);
                self.failed.borrow_mut().extend(failures);
                let mut event = Event::from_problem("event", &problem);
                event.outcome = "not-delivered";
                event.level = if next.attempts < ALARMING {
                    Level::Warn
                } else {
                    Level::Error
                };
                event.attempt = Some(next.attempts);
                self.context.log(&event);
                Ok(Outcome::Waiting)
            }
        }
    }

    async fn send(
        &self,
        news: &News<'_>,
        receiver: &Receiver,
        announcement: &Announcement,
    ) -> Result<(), Problem> {
        let id = format!("{}-{}-{}", news.kind, news.id, announcement.number);
        let kind = format!("innsyn.{}.{}", news.kind, news.status);
        let mut data = news.data.clone();
        if let Some(members) = data.as_object_mut() {
            members.insert("number".to_owned(), announcement.number.into());
        }
        let time = OffsetDateTime::from_unix_timestamp(announcement.at)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let event = CloudEvent {
            id: &id,
            source: self.source,
            kind: &kind,
            subject: news.id,
            time,
            data: &data,
        };
        let message = Message {
            id: &id,
            at: self.context.now(),
            content_type: MEDIA_TYPE,
            body: event.to_json().into(),
        };
        let request = receiver.request(&message)?;
        let answer = outbound::open(self.context, &RECEIVER, request).await?;
        let status = answer.status();
        // A redirect is not followed: the address in it is not configured.
        if status.is_success() {
            Ok(())
        } else {
            Err(Problem::new(Kind::SourceRefused)
                .cause(format_args!("the receiver answered {status}")))
        }
    }

    fn has_failed(&self, receiver: &Receiver) -> bool {
        let failed = self.failed.borrow();
        let failures = failed
            .iter()
            .filter(|failed| **failed == receiver.address());
        failures.count() >= FAILURES
    }

    async fn last(&self, news: &News<'_>) -> Result<Option<Announcement>, Problem> {
        let parts = [news.kind, news.id];
        self.store
            .get(self.context, &name(news.consumer, &parts))
            .await
    }

    async fn keep(&self, news: &News<'_>, announcement: &Announcement) -> Result<(), Problem> {
        let parts = [news.kind, news.id];
        let name = name(news.consumer, &parts);
        self.store
            .set(self.context, &name, announcement, news.until)
            .await
    }
}

impl Announcement {
    fn new(news: &News<'_>, last: u32, now: i64) -> Self {
        Self {
            number: last.saturating_add(1),
            status: news.status.to_owned(),
            progress: news.progress,
            rank: news.rank,
            at: now,
            attempts: 0,
            next_at: now,
            is_delivered: false,
        }
    }

    fn says(&self, news: &News<'_>) -> bool {
        self.status == news.status && self.progress == news.progress
    }

    const fn outranks(&self, news: &News<'_>) -> bool {
        self.rank > news.rank
    }
}

const fn name<'a>(consumer: &'a OrganisationNumber, parts: &'a [&'a str]) -> Name<'a> {
    Name {
        consumer,
        kind: "announced",
        parts,
    }
}
