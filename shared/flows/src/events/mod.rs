//! Events that the app announces to its consumers: `CloudEvents`, sent as Standard Webhooks.
//!
//! An event is derived from a stored row, never queued beside it. A change of a row adds an entry to
//! the agenda (`agenda`), which only says where to look. The drain looks there and compares the row
//! with what was last announced about its subject (`announce`). What was announced is in a row of
//! its own, which only the drain writes, under its lease.
//!
//! Delivery is at least once: the announcement is stored before it is sent, and stored as delivered
//! after. A repeat has the same id and the same contents. The numbers of a subject's events grow;
//! the order of delivery is not defined. After a status that ends a subject, no earlier one is
//! announced.

mod agenda;
mod announce;
mod backoff;
mod certificate;
mod receivers;
mod round;
#[cfg(test)]
mod tests;

pub(crate) use agenda::{Agenda, AgendaSnapshot};
pub(crate) use announce::{Announcer, News, Outcome};
pub(crate) use backoff::pause;
pub use certificate::EndingCertificate;
pub use receivers::Receivers;
pub(crate) use receivers::{EVENT_RECEIVERS, EVENTS, Receiver};
pub(crate) use round::{in_turn, next_round};
