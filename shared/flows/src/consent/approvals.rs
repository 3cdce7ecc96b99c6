//! Approvals in Altinn's event feed. An event does not say what was approved and by whom, so each
//! approval of an open request is looked up.
//!
//! An approval whose lookup fails waits in a row of its own, and the feed goes on. Later drains look
//! it up again, for a day.

use std::collections::VecDeque;

use super::Consents;
use super::feed::{CALL, Polled, RESERVE, find_record};
use super::maintenance_rows::WaitingApproval;
use super::record::{Key, Record};
use super::rows::Rows;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::{OrganisationNumber, Party};
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::{Outcome, Page, Status};

/// Maximum number of approvals that wait. While there are as many, the feed does not go on.
const MOST_WAITING: usize = 300;

/// Time after which an approval is looked up no more, in seconds. The consent stays pending until
/// the customer or the app asks for it.
const GIVEN_UP: i64 = 24 * 60 * 60;

/// Outcomes that an approval may have changed. Most approvals are known by the browser's return.
const UNANSWERED: &[Outcome] = &[Outcome::Pending];

impl Consents {
    /// Looks up the approvals of a page. Returns false if as many wait as may.
    pub(super) async fn take_accepted<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        page: &Page,
        polled: &mut Polled,
    ) -> Result<bool, Problem> {
        let accepted = page.events.iter();
        let accepted = accepted.filter(|event| event.status == Some(Status::Accepted));
        let mut failed = Vec::new();
        for event in accepted {
            // After a failure Altinn may be in trouble: the others wait.
            let is_settled = failed.is_empty()
                && rows.context.left() > RESERVE
                && self
                    .look_up_named(rows, consumer, &event.id, UNANSWERED, polled)
                    .await?;
            if !is_settled {
                failed.push(&event.id);
            }
        }
        if failed.is_empty() {
            return Ok(true);
        }
        let mut waiting = rows.waiting_approvals(consumer).await?;
        let since = rows.context.now().unix_timestamp();
        for id in failed {
            if waiting.iter().all(|other| other.id != *id) {
                let id = id.clone();
                waiting.push(WaitingApproval { id, since });
            }
        }
        if waiting.len() > MOST_WAITING {
            return Ok(false);
        }
        rows.keep_waiting_approvals(consumer, &waiting).await?;
        Ok(true)
    }

    /// Looks up the approvals that wait, until one fails again.
    pub(super) async fn settle_waiting<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        polled: &mut Polled,
    ) -> Result<(), Problem> {
        let stored = rows.waiting_approvals(consumer).await?;
        let mut waiting = VecDeque::from(stored.clone());
        while rows.context.left() > RESERVE
            && let Some(approval) = waiting.pop_front()
        {
            if self
                .look_up_named(rows, consumer, &approval.id, UNANSWERED, polled)
                .await?
            {
                continue;
            }
            let now = rows.context.now().unix_timestamp();
            if now.saturating_sub(approval.since) < GIVEN_UP {
                waiting.push_back(approval);
            } else {
                let event = Event::new(Level::Warn, "feed", "given-up");
                rows.context
                    .log(&event.cause("an approved consent could not be looked up for a day"));
            }
            break;
        }
        if waiting != stored {
            let waiting: Vec<_> = waiting.into();
            rows.keep_waiting_approvals(consumer, &waiting).await?;
        }
        Ok(())
    }

    /// Looks up the consent that an event names, if its known outcome is one of `changeable`. Returns
    /// false if an answer is still expected: Altinn did not answer, or does not say what its own
    /// event says.
    pub(super) async fn look_up_named<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        changeable: &[Outcome],
        polled: &mut Polled,
    ) -> Result<bool, Problem> {
        let now = rows.context.now();
        let Some((parts, record)) = find_record(rows, consumer, id).await? else {
            return Ok(true);
        };
        let before = record.outcome(now);
        let mut after = before;
        if changeable.contains(&before)
            && let Some(found) = self.look_up_in_drain(rows, consumer, &parts, &record).await
        {
            after = found.outcome(now);
        }
        if after == before {
            let context = rows.context;
            let has_entered = self
                .enter_unannounced(context, consumer, parts, &record)
                .await?;
            polled.entered = polled.entered.saturating_add(has_entered.into());
            return Ok(after != Outcome::Pending);
        }
        polled.entered = polled.entered.saturating_add(1);
        if after != Outcome::Granted {
            polled.ended = polled.ended.saturating_add(1);
        }
        Ok(true)
    }

    /// Looks up a consent within the time of one call, if it is due. `None` if that failed.
    async fn look_up_in_drain<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        entry: &[String; 3],
        record: &Record,
    ) -> Option<Record> {
        let [number, service, _] = entry;
        let party = Party::parse(number, self.environment).ok()?;
        let right = record.request.right.clone();
        let key = Key::new(consumer, &party, service, &right);
        let limited = rows.context.within(CALL);
        match self
            .refresh(&self.rows(&limited), &key, record.clone())
            .await
        {
            Ok(found) => found,
            Err(problem) => {
                rows.context.log(&Event::from_problem("feed", &problem));
                None
            }
        }
    }
}
