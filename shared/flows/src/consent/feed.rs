//! Polling of Altinn's event feed, which reports withdrawals of consents that nobody reads.
//!
//! The feed adds to the lookups of statuses and replaces none: its events are five minutes late. An
//! ended consent is marked in its record, which every read looks at before it uses a token.
//!
//! The position in the feed is stored after the events of a page are, so that a drain that stops in
//! between reads the page again. Marking is idempotent.
//!
//! Another request that has read the record before it was marked may overwrite the mark. Its write
//! follows its read at once. So the ended consents of a page are marked once more, after a pause
//! that is longer than such a request takes.

use std::time::Duration;

use time::OffsetDateTime;

use super::Consents;
use super::maintenance_rows::Position;
use super::record::Record;
use super::rows::Rows;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::{
    self, FeedEvent, Outcome, Page, READ_SCOPE, Reason, Selection, Status,
};

/// Maximum number of calls to the feed in one drain, for each consumer.
const MOST_CALLS: usize = 3;

/// Maximum time of one call to Altinn in a drain, with its token and its repeats: the next drain is
/// a repeat too.
pub(super) const CALL: Duration = Duration::from_secs(4);

/// Minimum interval between two polls of a feed. Shorter than the timer's minute.
const POLL_PAUSE: i64 = 45;

/// Part of a request's time that a drain leaves unused before the deadline, longer than [`CALL`].
pub(super) const RESERVE: Duration = Duration::from_secs(6);

/// Pause before ended consents are marked once more.
const SETTLING: Duration = Duration::from_secs(1);

/// Outcomes that an entry which cannot be read may have changed.
const CHANGEABLE: &[Outcome] = &[Outcome::Pending, Outcome::Granted];

/// Age of the oldest events of the first poll.
const FIRST_POLL: time::Duration = time::Duration::days(1);

/// Number of a drain's events, by what became of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Polled {
    /// Events read from the feed.
    pub(super) events: usize,
    /// Consents that were not known to have ended before.
    pub(super) ended: usize,
    /// Consents whose outcome is new, or was not announced.
    pub(super) entered: usize,
}

/// Result of the poll of one page.
enum Poll {
    /// Last page of the feed.
    Last,
    /// Page with further ones behind it.
    More,
    /// No page: the feed was just polled, there is none, or the time was up.
    Skipped,
}

impl Consents {
    /// Polls the feed of a consumer and marks the consents whose status has changed.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the problems of refusals by Altinn.
    pub(super) async fn poll<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        selections: &[Selection],
    ) -> Result<Polled, Problem> {
        let rows = self.rows(context);
        let mut polled = Polled::default();
        let mut calls = MOST_CALLS;
        for selection in selections {
            if *selection == Selection::Accepted {
                self.settle_waiting(&rows, consumer, &mut polled).await?;
            }
            while calls > 0 && context.left() > RESERVE {
                match self
                    .poll_page(&rows, consumer, *selection, &mut polled)
                    .await?
                {
                    Poll::More => calls = calls.saturating_sub(1),
                    Poll::Last => {
                        calls = calls.saturating_sub(1);
                        break;
                    }
                    Poll::Skipped => break,
                }
            }
        }
        Ok(polled)
    }

    async fn poll_page<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        selection: Selection,
        polled: &mut Polled,
    ) -> Result<Poll, Problem> {
        let context = rows.context;
        let position = rows.position(consumer, selection).await?;
        let mut position = position.unwrap_or_else(|| Position::first(context.now()));
        let since = context
            .now()
            .unix_timestamp()
            .saturating_sub(position.polled_at);
        if position.continuation.is_none() && (0..POLL_PAUSE).contains(&since) {
            return Ok(Poll::Skipped);
        }
        let request = self.altinn.events(
            selection,
            time(position.after),
            position.continuation.as_deref(),
        )?;
        let Some(request) = request else {
            return Ok(Poll::Skipped);
        };
        let limited = context.within(CALL);
        let response = self.send(&limited, consumer, READ_SCOPE, request).await?;
        let page = match altinn::page(&response) {
            Ok(page) => page,
            Err(refusal) => {
                if refusal.reason == Reason::Final && position.continuation.take().is_some() {
                    // Altinn no longer knows the position: the next poll goes by time.
                    rows.keep_position(consumer, selection, &position).await?;
                }
                return Err(refusal.into());
            }
        };
        polled.events = polled.events.saturating_add(page.events.len());
        self.look_up_unreadable(rows, consumer, &page, polled)
            .await?;
        let is_taken = match selection {
            Selection::Ended => self.take_ended(rows, consumer, &page, polled).await?,
            Selection::Accepted => self.take_accepted(rows, consumer, &page, polled).await?,
        };
        if !is_taken {
            return Ok(Poll::Skipped);
        }
        position.advance(&page, context.now());
        rows.keep_position(consumer, selection, &position).await?;
        Ok(if position.continuation.is_some() {
            Poll::More
        } else {
            Poll::Last
        })
    }

    /// Logs the entries of a page that cannot be read, and looks up the consents that they name:
    /// one such entry must not stop the feed.
    async fn look_up_unreadable<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        page: &Page,
        polled: &mut Polled,
    ) -> Result<(), Problem> {
        if page.unreadable.is_empty() {
            return Ok(());
        }
        let mut event = Event::new(Level::Warn, "feed", "unreadable")
            .cause("entries of Altinn's feed without a consent's id or a time");
        event.count = Some(page.unreadable.len());
        rows.context.log(&event);
        for id in page.unreadable.iter().flatten() {
            if rows.context.left() < RESERVE {
                break;
            }
            self.look_up_named(rows, consumer, id, CHANGEABLE, polled)
                .await?;
        }
        Ok(())
    }

    /// Marks the ended consents of a page. Returns false if the time was up before its end.
    async fn take_ended<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        page: &Page,
        polled: &mut Polled,
    ) -> Result<bool, Problem> {
        let mut marked = Vec::new();
        for (event, outcome) in page.events.iter().filter_map(ending) {
            if rows.context.left() < RESERVE {
                return Ok(false);
            }
            if self.mark(rows, consumer, &event.id, outcome).await? {
                polled.ended = polled.ended.saturating_add(1);
                polled.entered = polled.entered.saturating_add(1);
                marked.push((event, outcome));
            } else {
                self.enter_known(rows, consumer, &event.id, polled).await?;
            }
        }
        if !marked.is_empty() {
            rows.context.platform.sleep(SETTLING).await;
        }
        for (event, outcome) in marked {
            self.mark(rows, consumer, &event.id, outcome).await?;
        }
        Ok(true)
    }

    /// Stores the outcome of an ended consent in its record. Returns whether the record said
    /// otherwise.
    async fn mark<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        outcome: Outcome,
    ) -> Result<bool, Problem> {
        let Some((parts, mut record)) = find_record(rows, consumer, id).await? else {
            return Ok(false);
        };
        let known = record.outcome(rows.context.now());
        if !matches!(known, Outcome::Pending | Outcome::Granted) {
            return Ok(false);
        }
        Self::take(rows.context, &mut record, outcome);
        self.keep_settled_named(rows, consumer, parts, &record)
            .await?;
        Ok(true)
    }

    /// Enters a consent in the agenda whose end is known and was not announced. The components that
    /// read datasets notice ends too, and have no receivers.
    async fn enter_known<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        polled: &mut Polled,
    ) -> Result<(), Problem> {
        if self.receivers.of_consumer(consumer).is_none() {
            return Ok(());
        }
        if let Some((parts, record)) = find_record(rows, consumer, id).await?
            && self
                .enter_unannounced(rows.context, consumer, parts, &record)
                .await?
        {
            polled.entered = polled.entered.saturating_add(1);
        }
        Ok(())
    }
}

/// Returns the event with the outcome that it reports, if it ends its consent.
const fn ending(event: &FeedEvent) -> Option<(&FeedEvent, Outcome)> {
    match event.status {
        Some(Status::Rejected) => Some((event, Outcome::Rejected)),
        Some(Status::Revoked) => Some((event, Outcome::Revoked)),
        Some(Status::Accepted | Status::Created | Status::Expired) | None => None,
    }
}

/// Returns the record of the consent with this id, and the parts of its name. `None` for a consent
/// of another system of the consumer's, and for one that another request has replaced.
pub(super) async fn find_record<P: Platform>(
    rows: &Rows<'_, P>,
    consumer: &OrganisationNumber,
    id: &str,
) -> Result<Option<([String; 3], Record)>, Problem> {
    let Some(entry) = rows.indexed(consumer, id).await? else {
        return Ok(None);
    };
    let record = rows.record_named(consumer, &entry.record).await?;
    let record = record.filter(|record| record.request.id == id);
    Ok(record.map(|record| (entry.record, record)))
}

impl Position {
    fn first(now: OffsetDateTime) -> Self {
        let after = micros(now.saturating_sub(FIRST_POLL));
        Self {
            after,
            newest: after,
            continuation: None,
            polled_at: 0,
        }
    }

    /// Moves behind a page. The time of the newest event is requested again: other events may have
    /// the same.
    fn advance(&mut self, page: &Page, now: OffsetDateTime) {
        let newest = page.events.iter().map(|event| micros(event.at)).max();
        self.newest = newest.map_or(self.newest, |newest| newest.max(self.newest));
        self.continuation.clone_from(&page.continuation);
        if self.continuation.is_none() {
            self.after = self.newest;
        }
        self.polled_at = now.unix_timestamp();
    }
}

/// Nanoseconds per microsecond.
const MICROSECOND: i128 = 1_000;

fn micros(time: OffsetDateTime) -> i64 {
    let micros = time.unix_timestamp_nanos().div_euclid(MICROSECOND);
    i64::try_from(micros).unwrap_or_default()
}

fn time(micros: i64) -> OffsetDateTime {
    let nanoseconds = i128::from(micros).saturating_mul(MICROSECOND);
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
