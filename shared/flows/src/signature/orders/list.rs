//! Lists of orders, by time and by reference, in pages.

use futures::{StreamExt as _, stream};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_runtime::inbound::Query;

use super::cursor::{Cursor, PageQuery};
use super::index::{AT_ONCE, List, MOST_OF_REFERENCE, hour_at};
use super::view::OrderView;
use crate::signature::Signatures;
use crate::signature::job::Job;
use crate::signature::order_request::invalid;
use crate::signature::record::is_id;

/// Query parameters of a list.
pub(in crate::signature) const PARAMETERS: &[&str] =
    &["reference", "from", "to", "limit", "cursor"];

/// Maximum length of the time that one list covers.
const LONGEST: Duration = Duration::days(31);

/// Time left before the deadline at which a page ends early.
const RESERVE: std::time::Duration = std::time::Duration::from_secs(10);

/// Requested page of a list.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::signature) struct ListQuery {
    filter: Filter,
    limit: usize,
    cursor: Option<Cursor>,
}

#[derive(Debug, Eq, PartialEq)]
enum Filter {
    Reference(Reference),
    /// Orders placed at or after the first time, and before the second.
    Time(OffsetDateTime, OffsetDateTime),
}

/// Page of a list.
#[derive(Serialize)]
pub(in crate::signature) struct Page {
    orders: Vec<OrderView>,
    /// Cursor of the next page; `None` at the end of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl ListQuery {
    /// Reads the query of a list.
    ///
    /// # Errors
    ///
    /// `Kind::RequestInvalid` for a value that cannot be read, and for parameters that do not belong
    /// together.
    pub(in crate::signature) fn read(query: &Query, now: OffsetDateTime) -> Result<Self, Problem> {
        let PageQuery { limit, cursor } = PageQuery::read(query)?;
        let (from, to) = (query.get("from"), query.get("to"));
        let filter = match (query.get("reference"), from) {
            (Some(reference), None) if to.is_none() => {
                Filter::Reference(Reference::parse_field("reference", reference)?)
            }
            (None, Some(from)) => {
                let from = time("from", from)?;
                let to = to.map_or(Ok(now), |to| time("to", to))?;
                if to < from || to > from.saturating_add(LONGEST) {
                    return Err(invalid("to must be at most 31 days after from"));
                }
                Filter::Time(from, to)
            }
            _ => return Err(invalid("The list needs either reference, or from")),
        };
        Ok(Self {
            filter,
            limit,
            cursor,
        })
    }
}

impl Signatures {
    /// Returns a page of the consumer's orders.
    pub(in crate::signature) async fn list<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        query: &ListQuery,
    ) -> Result<Page, Problem> {
        let (jobs, next) = match &query.filter {
            Filter::Reference(reference) => {
                self.by_reference(context, consumer, reference, query)
                    .await?
            }
            Filter::Time(from, to) => self.by_time(context, consumer, (*from, *to), query).await?,
        };
        Ok(Page {
            orders: jobs.iter().map(OrderView::new).collect(),
            next_cursor: next.map(Cursor::to_text),
        })
    }

    /// Returns the id of the job that a back end names by its id, or by a reference that no other
    /// job has.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job, `Kind::RequestInvalid` for a reference of
    /// several jobs, and `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn named<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        name: &str,
    ) -> Result<String, Problem> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        let reference = Reference::parse(name).map_err(|_| Kind::SignatureUnknown)?;
        let slots = 0..MOST_OF_REFERENCE;
        let listed = self
            .listed(context, consumer, List::Reference(&reference), slots)
            .await?;
        let mut ids = listed.into_iter().filter_map(|slot| Some(slot.job?.id));
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id),
            (Some(_), Some(_)) => Err(invalid(
                "Several jobs have this reference: list them, and use the id of one",
            )),
            _ => Err(Kind::SignatureUnknown.into()),
        }
    }

    async fn by_reference<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        reference: &Reference,
        query: &ListQuery,
    ) -> Result<(Vec<Job>, Option<Cursor>), Problem> {
        let first = query.cursor.unwrap_or_default().slot;
        let slots = first.min(MOST_OF_REFERENCE)..MOST_OF_REFERENCE;
        let listed = self
            .listed(context, consumer, List::Reference(reference), slots)
            .await?;
        let mut jobs = Vec::new();
        for Listed { slot, job, .. } in listed {
            let Some(job) = job else { continue };
            if jobs.len() == query.limit {
                return Ok((jobs, Some(Cursor { hour: 0, slot })));
            }
            jobs.push(job);
        }
        Ok((jobs, None))
    }

    /// Returns the orders of a time, by their hours. Within an hour, they are in the order of their
    /// slots.
    async fn by_time<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        (from, to): (OffsetDateTime, OffsetDateTime),
        query: &ListQuery,
    ) -> Result<(Vec<Job>, Option<Cursor>), Problem> {
        let rows = self.rows(context);
        let (first, last) = (hour_at(from), hour_at(to));
        let start = Cursor {
            hour: first,
            slot: 0,
        };
        let mut cursor = query.cursor.unwrap_or(start);
        if !(first..=last).contains(&cursor.hour) {
            return Err(invalid("cursor is not of a page of this list"));
        }
        let mut jobs: Vec<Job> = Vec::new();
        while jobs.len() < query.limit && context.left() > RESERVE {
            if cursor.slot == 0 {
                let hours = cursor.hour..=last;
                let Some(hour) = rows.first_hour(consumer, hours).await? else {
                    return Ok((jobs, None));
                };
                cursor.hour = hour;
            }
            let missing = query.limit.saturating_sub(jobs.len()).min(AT_ONCE);
            let end = u32::try_from(missing)
                .map_or(u32::MAX, |missing| cursor.slot.saturating_add(missing));
            let mut is_end = false;
            for slot in self
                .listed(context, consumer, List::Hour(cursor.hour), cursor.slot..end)
                .await?
            {
                is_end |= slot.is_free;
                let is_within = |job: &Job| {
                    let time = job.record.ordered_at();
                    time.is_some_and(|time| (from..to).contains(&time))
                };
                jobs.extend(slot.job.filter(is_within));
            }
            cursor.slot = end;
            if is_end {
                if cursor.hour == last {
                    return Ok((jobs, None));
                }
                cursor = Cursor {
                    hour: cursor.hour.saturating_add(1),
                    slot: 0,
                };
            }
        }
        Ok((jobs, Some(cursor)))
    }

    /// Returns these slots of a list with their jobs. An abandoned slot has none.
    async fn listed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        list: List<'_>,
        slots: std::ops::Range<u32>,
    ) -> Result<Vec<Listed>, Problem> {
        let slots = self.rows(context).slots(consumer, list, slots).await?;
        let read = stream::iter(slots).map(async |(slot, id)| {
            let is_free = id.is_none();
            let job = match id {
                Some(id) => self.owner(context, consumer, list, slot, id).await?,
                None => None,
            };
            Ok(Listed { slot, job, is_free })
        });
        let read: Vec<Result<_, Problem>> = read.buffered(AT_ONCE).collect().await;
        read.into_iter().collect()
    }

    /// Returns the job with this id, if its record names the slot.
    async fn owner<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        list: List<'_>,
        slot: u32,
        id: String,
    ) -> Result<Option<Job>, Problem> {
        let rows = self.rows(context);
        let Some(record) = rows.record(consumer, &id).await? else {
            return Ok(None);
        };
        let is_owner = match list {
            List::Hour(hour) => {
                let ordered = record.ordered_at().map(hour_at);
                record.slots.hour == Some(slot) && ordered == Some(hour)
            }
            List::Reference(reference) => {
                record.slots.reference == Some(slot) && record.reference() == Some(reference)
            }
        };
        if !is_owner {
            return Ok(None);
        }
        let snapshot = rows.snapshot(consumer, &id, record.signers.len()).await?;
        Ok(Some(Job {
            id,
            record,
            snapshot,
        }))
    }
}

/// Slot of a list, as it was read.
struct Listed {
    slot: u32,
    /// Job that owns the slot.
    job: Option<Job>,
    is_free: bool,
}

fn time(field: &str, text: &str) -> Result<OffsetDateTime, Problem> {
    let time = OffsetDateTime::parse(text, &Rfc3339);
    time.map_err(|_| invalid(&format!("{field} must be a time with an offset (RFC 3339)")))
}
