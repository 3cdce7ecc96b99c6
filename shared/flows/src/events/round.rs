//! Number of a drain. What takes turns goes by it, and so does not depend on the timer's period.

use serde::{Deserialize, Serialize};

use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::store::{Name, Store};

/// Time-to-live of the number. The turns begin anew after it.
const REMEMBERED: time::Duration = time::Duration::days(30);

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Round {
    round: u32,
}

/// Returns the number of this drain, one more than the last one's, and stores it. Requires the
/// drain's lease. `consumer` is the default one of the deployment.
///
/// The number is stored before the work: a drain that is stopped does not repeat its turn.
///
/// # Errors
///
/// `Kind::StoreDown` if the store fails.
pub(crate) async fn next_round<P: Platform>(
    store: &Store,
    context: &Context<'_, P>,
    consumer: &OrganisationNumber,
) -> Result<u32, Problem> {
    let name = Name {
        consumer,
        kind: "drain-round",
        parts: &[],
    };
    let last: Option<Round> = store.get(context, &name).await?;
    let round = last.unwrap_or_default().round.wrapping_add(1);
    let until = context.now().saturating_add(REMEMBERED);
    store.set(context, &name, &Round { round }, until).await?;
    Ok(round)
}

/// Returns `all`, beginning with another one in each round.
pub(crate) fn in_turn<T>(all: impl Iterator<Item = T>, round: u32) -> Vec<T> {
    let mut all: Vec<_> = all.collect();
    let round = usize::try_from(round).unwrap_or_default();
    let first = round.checked_rem(all.len()).unwrap_or_default();
    all.rotate_left(first);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_first_in_turn() {
        let rounds = [0, 1, 2, 3, u32::MAX].map(|round| in_turn(0..3, round));
        let expected = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2], [0, 1, 2]];
        assert_eq!(rounds, expected);
        assert!(in_turn(std::iter::empty::<u8>(), 7).is_empty());
    }
}
