//! V: the time in which it is valid.

use time::OffsetDateTime;
use time::macros::format_description;

use super::super::catalogue::time::{V01, V02, V03};
use super::super::finding::{Finding, Level};
use super::Case;

/// From so many days on it is worth a word, and from so many a warning.
const WORD: i64 = 90;
const WARNING: i64 = 60;

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let validity = case.leaf.read.validity;
    let left = validity.days_left(case.now);
    let finding = if case.now > validity.until {
        V01.found([written(validity.until).into()])
    } else if case.now < validity.from {
        V02.found([written(validity.from).into()])
    } else if left < WARNING {
        V03.found([left.to_string().into()])
    } else if left < WORD {
        V03.found([left.to_string().into()]).at_most(Level::Info)
    } else {
        return Vec::new();
    };
    vec![finding]
}

fn written(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.format(format).unwrap_or_default()
}
