//! Rounds in which targets take turns.

use std::time::Duration;

use benches::load::{Burst, Target, burst};
use benches::report::{Figure, Samples};

/// Rounds of a comparison, and the time of one burst.
const ROUNDS: usize = 5;
const BURST: Duration = Duration::from_millis(600);

/// A target by its name, with its burst of each round.
pub(crate) struct MeasuredTarget {
    name: String,
    bursts: Vec<Burst>,
}

/// Measures the targets in alternation.
pub(crate) async fn alternate(
    targets: &[(&str, &Target)],
    connections: usize,
) -> Vec<MeasuredTarget> {
    let sides = targets.iter().map(|(name, _)| MeasuredTarget {
        name: (*name).to_owned(),
        bursts: Vec::new(),
    });
    let mut sides: Vec<MeasuredTarget> = sides.collect();
    for _ in 0..ROUNDS {
        for (side, (_, target)) in sides.iter_mut().zip(targets) {
            side.bursts.push(burst(target, connections, BURST).await);
        }
    }
    sides
}

impl MeasuredTarget {
    fn values(&self, value: fn(&Burst) -> f64) -> Vec<f64> {
        self.bursts.iter().map(value).collect()
    }

    /// Compares this side with another: requests per second, computing time, and median time to the
    /// answer. `suffix` follows the name.
    pub(crate) fn against(&self, other: &Self, part: &'static str, suffix: &str) -> [Figure; 3] {
        let figure = |unit, value| {
            let here = self.values(value);
            let beside = other.values(value);
            let name = format!("{}{suffix}", self.name);
            let (here, beside) = (
                Samples::new(&name, &here),
                Samples::new(&other.name, &beside),
            );
            Figure::compared(part, here, beside, unit)
        };
        [
            figure("requests/s", Burst::per_second),
            figure("ms of a core", Burst::computed_ms),
            figure("ms to the answer", |burst| {
                burst.median.as_secs_f64() * 1_000.0
            }),
        ]
    }
}
