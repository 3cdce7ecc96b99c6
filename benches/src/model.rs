//! Capacity model: from parties to requests, tokens, cores and rows, and to the first limit
//! reached.

use std::fmt::Write;

use crate::capacity::{CapacityModel, MissingFigure};

/// Numbers of parties, one row of the table for each.
const PARTIES: [f64; 4] = [1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

const SECONDS_IN_AN_HOUR: f64 = 3_600.0;
const DAYS_IN_A_MONTH: f64 = 30.0;
const MEGA: f64 = 1_000_000.0;

/// Cost of one visit by one party, and the visits per second in the busiest hour.
struct Load<'a> {
    capacity: &'a CapacityModel,
    /// Visits per second for each party.
    visits: f64,
    reads: f64,
    calls: f64,
}

impl<'a> Load<'a> {
    fn from_model(capacity: &'a CapacityModel) -> Result<Self, MissingFigure> {
        let per_day = capacity.figure("visits_per_month")? / DAYS_IN_A_MONTH;
        Ok(Self {
            capacity,
            visits: per_day
                * capacity.figure("busiest_day_factor")?
                * capacity.figure("busiest_hour_share")?
                / SECONDS_IN_AN_HOUR,
            reads: capacity.figure("reads_per_visit")?,
            calls: capacity.figure("calls_per_visit")?,
        })
    }

    /// Returns the app's CPU time for a visit, in seconds of one core: the first read fetches a
    /// token, the others reuse it.
    fn computing(&self) -> Result<f64, MissingFigure> {
        let (warm, cold) = (
            self.capacity.figure("warm_read_ms")?,
            self.capacity.figure("cold_read_ms")?,
        );
        Ok((cold + (self.reads - 1.0) * warm) / 1_000.0)
    }

    /// Returns the store operations for a visit.
    fn store(&self) -> Result<f64, MissingFigure> {
        let (warm, cold) = (
            self.capacity.figure("warm_read_store_operations")?,
            self.capacity.figure("cold_read_store_operations")?,
        );
        Ok(cold + (self.reads - 1.0) * warm)
    }

    /// Returns the calls open at Skatteetaten at once, by Little's law: arrival rate times
    /// duration.
    fn open_calls(&self, parties: f64, latency: f64) -> f64 {
        parties * self.visits * self.calls * latency
    }

    fn log_bytes(&self) -> Result<f64, MissingFigure> {
        let (warm, cold) = (
            self.capacity.figure("warm_read_log_bytes")?,
            self.capacity.figure("cold_read_log_bytes")?,
        );
        Ok(cold + (self.reads - 1.0) * warm)
    }
}

/// Renders both tables.
pub(crate) fn tables(capacity: &CapacityModel) -> Result<String, MissingFigure> {
    Ok(format!("{}\n{}", growth(capacity)?, limits(capacity)?))
}

fn growth(capacity: &CapacityModel) -> Result<String, MissingFigure> {
    let load = Load::from_model(capacity)?;
    let latency = capacity.figure("latency_s")?;
    let row_bytes =
        capacity.figure("consent_redis_bytes")? + capacity.figure("token_redis_bytes")?;
    let mut table = String::from(
        "| Parties | Visits/s | Reads/s | Tokens/s | Open calls at Skatteetaten | Cores | Store operations/s | Rows, MB | Log, GB a month |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for parties in PARTIES {
        let visits = parties * load.visits;
        let cells = [
            visits,
            visits * load.reads,
            visits * capacity.figure("cold_read_mints")?,
            load.open_calls(parties, latency),
            visits * load.computing()?,
            visits * load.store()?,
            parties * row_bytes / MEGA,
            parties * capacity.figure("visits_per_month")? * load.log_bytes()? / (1_000.0 * MEGA),
        ];
        row(&mut table, &whole(parties), &cells.map(short));
    }
    Ok(table)
}

/// Renders the capacity limits, lowest first.
fn limits(capacity: &CapacityModel) -> Result<String, MissingFigure> {
    let load = Load::from_model(capacity)?;
    let (latency, slow) = (
        capacity.figure("latency_s")?,
        capacity.figure("slow_latency_s")?,
    );
    let at_once = capacity.figure("skatteetaten_calls_at_once")?;
    let per_instance = capacity.figure("calls_at_once_of_an_instance")?;
    let calls = |at_once: f64, latency: f64| at_once / load.open_calls(1.0, latency);
    let mut limits = vec![
        (
            format!("Skatteetaten's {at_once} calls at once, at {slow} s each"),
            calls(at_once, slow),
        ),
        (
            format!("Skatteetaten's {at_once} calls at once, at {latency} s each"),
            calls(at_once, latency),
        ),
        (
            format!("one instance's {per_instance} calls at once, at {latency} s each"),
            calls(per_instance, latency),
        ),
        (
            "one core".to_owned(),
            1.0 / (load.visits * load.computing()?),
        ),
        (
            "one Redis".to_owned(),
            capacity.figure("redis_operations_per_second")? / (load.visits * load.store()?),
        ),
    ];
    limits.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut table = String::from(
        "| What is full | at so many parties | and so many reads/s |\n|---|---|---|\n",
    );
    for (what, parties) in limits {
        let reads = parties * load.visits * load.reads;
        row(&mut table, &what, &[short(parties), short(reads)]);
    }
    Ok(table)
}

fn row<const CELLS: usize>(table: &mut String, name: &str, cells: &[String; CELLS]) {
    // Writing into a string does not fail.
    _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
}

/// Rounds to two significant digits; more would suggest a precision that is not there.
fn short(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let mut unit = 1.0;
    while value / unit >= 100.0 {
        unit *= 10.0;
    }
    while value / unit < 10.0 {
        unit /= 10.0;
    }
    let rounded = (value / unit).round() * unit;
    if rounded >= 10.0 {
        return whole(rounded);
    }
    let text = format!("{rounded:.6}");
    // As many decimals as two significant digits need.
    let first = text
        .find(|digit: char| matches!(digit, '1'..='9'))
        .unwrap_or_default();
    let end = if first == 0 { 3 } else { first + 2 };
    text.chars().take(end).collect()
}

/// Formats an integer with a space between thousands.
fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_count() {
        for (value, text) in [
            (0.0, "0"),
            (0.004_449, "0.0044"),
            (0.0996, "0.10"),
            (1.0, "1.0"),
            (9.96, "10"),
            (12.3, "12"),
            (1_234.0, "1 200"),
            (987_654.0, "990 000"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
