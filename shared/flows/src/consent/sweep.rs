//! Expiry sweep of the consent component. It reads each row anyway, and so finds the consents whose
//! outcome was not announced, and adds the index entries that earlier releases did not write.
//!
//! A record's name is a hash of the party, and the record itself does not name it. The ticket of its
//! request does, until the record expires. So the index entries come from the tickets. After two
//! sweeps that came to the end of the store, every ticket has been seen, and no further one is
//! looked at.

use serde::Deserialize;

use super::Consents;
use super::announce::Due;
use super::maintenance_rows::Search;
use super::record::Ticket;
use super::rows::{Indexed, Rows};
use crate::events::AgendaSnapshot;
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::config::Consumers;
use innsyn_runtime::store::{SealedRow, SweepResult};

/// Number of sweeps to the end of the store after which every ticket has an index entry: the first
/// may have begun in the middle.
const SEARCHES: u8 = 2;

/// Row of a kind that the sweep looks into.
#[derive(Deserialize)]
#[serde(untagged)]
enum Visited {
    Indexed(Indexed),
    Ticket(Box<Ticket>),
}

/// Sweep of the consents' store, as far as it is the consent component's own.
struct Visit<'a, P> {
    consents: &'a Consents,
    rows: Rows<'a, P>,
    consumers: &'a Consumers,
    /// Agendas of the consumers that have a receiver.
    agendas: Vec<(&'a OrganisationNumber, AgendaSnapshot<Due>)>,
    searches_tickets: bool,
}

impl Consents {
    /// Removes expired rows here and at `token`, and visits the others.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the problems of the call to `token`.
    pub(super) async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<SweepResult, Problem> {
        let rows = self.rows(context);
        let search = rows.search(&consumers.default).await?;
        let mut agendas = Vec::new();
        for consumer in consumers.all() {
            if self.receivers.of_consumer(consumer).is_some() {
                let agenda = self.agenda(context, consumer).snapshot().await?;
                agendas.push((consumer, agenda));
            }
        }
        let visit = Visit {
            consents: self,
            rows: self.rows(context),
            consumers,
            agendas,
            searches_tickets: search.ends < SEARCHES,
        };
        let tokens = async || self.sweep_tokens(&rows, consumers).await;
        let row = async |row: &SealedRow<'_>| visit.row(row).await;
        let swept = self
            .store
            .sweep_and_visit_in_turn(context, &consumers.default, row, tokens)
            .await?;
        if swept.whole && visit.searches_tickets {
            let ends = search.ends.saturating_add(1);
            rows.keep_search(&consumers.default, Search { ends })
                .await?;
        }
        Ok(swept)
    }
}

impl<P: Platform> Visit<'_, P> {
    async fn row(&self, row: &SealedRow<'_>) -> Result<(), Problem> {
        for consumer in self.consumers.all() {
            let agenda = self.agendas.iter().find(|(other, _)| *other == consumer);
            if agenda.is_none() && !self.searches_tickets {
                continue;
            }
            match self.consents.store.opened::<Visited>(consumer, row) {
                None => {}
                Some(Visited::Indexed(entry)) => {
                    return match agenda {
                        Some((_, agenda)) => self.find_unannounced(consumer, agenda, entry).await,
                        None => Ok(()),
                    };
                }
                Some(Visited::Ticket(ticket)) => return self.index(consumer, &ticket).await,
            }
        }
        Ok(())
    }

    /// Enters the consent of an index entry in the agenda, if its outcome was not announced.
    async fn find_unannounced(
        &self,
        consumer: &OrganisationNumber,
        agenda: &AgendaSnapshot<Due>,
        entry: Indexed,
    ) -> Result<(), Problem> {
        if agenda.is_full() {
            return Ok(());
        }
        let context = self.rows.context;
        let record = self.rows.record_named(consumer, &entry.record).await?;
        let Some(record) = record.filter(|record| record.request.id == entry.indexed) else {
            return Ok(());
        };
        let due = Due::new(entry.record, &record, context.now());
        if let Some(news) = due.news(consumer)
            && self.consents.announcer(context).is_news(&news).await?
        {
            let slots = self.consents.agenda(context, consumer);
            slots.add_to(agenda, &due).await?;
        }
        Ok(())
    }

    /// Writes the index entry of a ticket's request, if it has none.
    async fn index(&self, consumer: &OrganisationNumber, ticket: &Ticket) -> Result<(), Problem> {
        if !self.searches_tickets {
            return Ok(());
        }
        let Some(party) = ticket.party(self.consents.environment) else {
            return Ok(());
        };
        let request = &ticket.request;
        if self.rows.indexed(consumer, &request.id).await?.is_none() {
            let key = ticket.key(consumer, &party);
            self.rows.index(&key, request).await?;
        }
        Ok(())
    }
}
