//! Published key set of a party (RFC 7517 §5).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jwk::{Jwk, SkipReason};

/// Maximum number of keys that are read.
const MOST: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Keys of a set, with remarks on its form for operators.
#[derive(Debug, Default)]
pub struct Published {
    /// Valid keys, in the order of the set.
    pub keys: Vec<Jwk>,
    /// Deviations from the standards, for the log.
    pub remarks: Vec<String>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Box<RawValue>>,
}

impl Published {
    /// Parses a set. An invalid key is skipped with a remark and does not affect the others.
    /// Returns `None` if `body` is not a key set.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut read = Self::default();
        let json = without_byte_order_mark(body);
        if json.len() < body.len() {
            let remark = "it begins with a byte order mark (RFC 8259 §8.1 forbids it)";
            read.remarks.push(remark.to_owned());
        }
        // serde accepts a list for a struct too.
        let is_object = json.trim_ascii_start().starts_with(b"{");
        let set: Set = serde_json::from_slice(json).ok().filter(|_| is_object)?;
        if set.keys.len() > MOST {
            let remark = format!("of its {} keys, the first {MOST} are read", set.keys.len());
            read.remarks.push(remark);
        }
        let mut deviations = Vec::new();
        for (number, key) in (1..=MOST).zip(&set.keys) {
            match Jwk::read(key.get(), &mut deviations) {
                Ok(key) => read.keys.push(key),
                Err(SkipReason::Other) => {}
                Err(SkipReason::Malformed(fault)) => {
                    read.remarks
                        .push(format!("key {number} is left out: {fault}"));
                }
            }
        }
        deviations.sort_unstable();
        deviations.dedup();
        read.remarks
            .extend(deviations.into_iter().map(str::to_owned));
        Some(read)
    }
}

/// Strips the byte order mark that some programs write before JSON.
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}
