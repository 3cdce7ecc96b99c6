//! One drain at a time.
//!
//! Two at once lose nothing by themselves, but both together ask more often than Posten allows, and Posten may take a
//! confirmation to be for all changes of the job that are lent out, the other drain's too. The store has no
//! compare-and-set, so this is a courtesy and no lock.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::record::random_id;
use crate::context::Context;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::store::{Name, Store};

/// How long it takes until what one writes is there for the other.
const SETTLING: Duration = Duration::from_millis(250);

/// A drain's turn, until it is given back or its time is up.
pub(super) struct Turn<'a> {
    store: &'a Store,
    name: Name<'a>,
    row: Row,
}

#[derive(Deserialize, Eq, PartialEq, Serialize)]
struct Row {
    /// Random: whose turn it is.
    holder: String,
}

impl<'a> Turn<'a> {
    /// Takes the turn of a deployment, whose first consumer is `consumer`; `None` while another has it.
    pub(super) async fn take<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        consumer: &'a OrganisationNumber,
    ) -> Result<Option<Self>, Problem> {
        let name = Name {
            consumer,
            kind: "drain",
            parts: &[],
        };
        if store.get::<_, Row>(context, &name).await?.is_some() {
            return Ok(None);
        }
        let holder = random_id(context.platform);
        let turn = Self {
            store,
            name,
            row: Row { holder },
        };
        let until: OffsetDateTime = context.now() + context.left();
        store.set(context, &turn.name, &turn.row, until).await?;
        context.platform.sleep(SETTLING).await;
        Ok(turn.is_ours(context).await?.then_some(turn))
    }

    /// Gives it back, if it is still ours.
    pub(super) async fn give_back<P: Platform>(
        self,
        context: &Context<'_, P>,
    ) -> Result<(), Problem> {
        if self.is_ours(context).await? {
            self.store.delete(context, &self.name).await?;
        }
        Ok(())
    }

    async fn is_ours<P: Platform>(&self, context: &Context<'_, P>) -> Result<bool, Problem> {
        let row: Option<Row> = self.store.get(context, &self.name).await?;
        Ok(row.is_some_and(|row| row == self.row))
    }
}
