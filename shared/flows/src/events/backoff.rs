//! Exponential back-off with jitter, between attempts of different timer runs.

use innsyn_core::platform::Platform;

/// Returns the pause after this many failed attempts, in seconds: `first` after one, doubled by each
/// further one up to `longest`. Half of it is jitter.
pub(crate) fn pause(platform: &impl Platform, attempts: u32, first: i64, longest: i64) -> i64 {
    let doubled = 2_i64.saturating_pow(attempts.saturating_sub(1).min(20));
    let whole = first.saturating_mul(doubled).min(longest);
    let mut chance = [0_u8; 1];
    platform.random(&mut chance);
    let [chance] = chance;
    let half = whole.checked_div(2).unwrap_or_default();
    let more = half.saturating_mul(chance.into()).checked_div(255);
    half.saturating_add(more.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use innsyn_core::platform::memory::Memory;

    #[test]
    fn pauses_double_up_to_a_limit_and_half_is_jitter() {
        let platform = Memory::new();
        for (attempts, whole) in [(1, 30), (2, 60), (5, 480), (8, 3_600), (u32::MAX, 3_600)] {
            let pauses: Vec<_> = (0..50)
                .map(|_| pause(&platform, attempts, 30, 3_600))
                .collect();
            assert!(
                pauses
                    .iter()
                    .all(|pause| (whole / 2..=whole).contains(pause))
            );
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "jitter");
        }
    }
}
