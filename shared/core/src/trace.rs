//! Distributed tracing: spans of W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
//!
//! A trace connects the log lines of several components. Every request begins a new trace: a caller
//! chooses the ids that it sends, and could write a national identity number in them. Its trace is
//! continued only if it has presented a credential of the app's own components, or if the setting
//! `trace_from_callers` allows it ([`CallerTraces`]).

use hmac_sha256::HMAC;
use serde::{Serialize, Serializer};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::identifier;
use crate::platform::Platform;
use crate::secret::Secret;

/// Header that carries a span to the next system.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Span: a request that the app answers, or one attempt at an outgoing call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    trace: u128,
    id: u64,
    parent: Option<u64>,
    /// Trace flags (whether the caller may have recorded the trace), passed on unchanged.
    flags: u8,
}

impl Span {
    /// Creates the root span of a new trace.
    pub fn root(platform: &impl Platform) -> Self {
        Self {
            trace: u128::from_be_bytes(identifier::random(platform)).max(1),
            id: id(platform),
            parent: None,
            flags: 1,
        }
    }

    /// Returns the span of the caller, if the headers name exactly one.
    pub fn of_caller(headers: &HeaderMap) -> Option<Self> {
        let mut named = headers.get_all(&TRACEPARENT).iter();
        match (named.next(), named.next()) {
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            _ => None,
        }
    }

    /// Returns whether the app may have generated the ids: its own never contain a long number.
    pub fn may_be_ours(&self) -> bool {
        identifier::has_no_number(&self.trace.to_be_bytes())
            && identifier::has_no_number(&self.id.to_be_bytes())
    }

    /// Creates a child span.
    #[must_use]
    pub fn child(&self, platform: &impl Platform) -> Self {
        Self {
            id: id(platform),
            parent: Some(self.id),
            ..*self
        }
    }

    /// Returns the value of `traceparent` for an outgoing call (§3.2).
    pub fn header(&self) -> HeaderValue {
        let text = format!("00-{}-{}-{:02x}", self.trace(), self.id(), self.flags);
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Returns the trace id: 32 hexadecimal digits.
    pub fn trace(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// Returns the span id: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:016x}", self.id)
    }

    /// Returns the id of the parent span.
    pub fn parent(&self) -> Option<String> {
        self.parent.map(|id| format!("{id:016x}"))
    }

    /// Parses `traceparent`. A later version may have more parts than the four (§3.2.2), which are
    /// the same.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let version = hexadecimal(parts.next()?, 2)?;
        let (trace, id) = (parts.next()?, parts.next()?);
        let flags = hexadecimal(parts.next()?, 2)?;
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let span = Self {
            trace: hexadecimal(trace, 32)?,
            id: u64::try_from(hexadecimal(id, 16)?).ok()?,
            parent: None,
            flags: u8::try_from(flags).ok()? & 1,
        };
        (span.trace != 0 && span.id != 0).then_some(span)
    }
}

fn id(platform: &impl Platform) -> u64 {
    u64::from_be_bytes(identifier::random(platform)).max(1)
}

/// Parses exactly this many lower-case hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() == digits && text.bytes().all(is_digit);
    u128::from_str_radix(text, 16).ok().filter(|_| fits)
}

/// Treatment of callers' traces by a component.
#[derive(Clone, Debug)]
pub struct CallerTraces {
    /// Set if each request continues its caller's trace.
    pub continued: bool,
    key: Secret<[u8; 32]>,
}

impl CallerTraces {
    /// Creates the settings. `secret` is any secret that the instances of the component share. The
    /// key is derived from it.
    pub fn new(continued: bool, secret: &str) -> Self {
        let key = HMAC::mac(b"innsyn: traces of callers", secret);
        Self {
            continued,
            key: Secret::new(key),
        }
    }

    /// Returns the pseudonym of a caller's trace for the log, a keyed hash: the same trace gives
    /// the same pseudonym, which does not reveal the trace.
    pub fn hash(&self, caller: &Span) -> CallerTrace {
        let mac = HMAC::mac(caller.trace.to_be_bytes(), self.key.expose());
        let mut bytes = [0; 16];
        for (byte, of_mac) in bytes.iter_mut().zip(mac) {
            *byte = of_mac;
        }
        identifier::break_numbers(&mut bytes);
        CallerTrace(bytes)
    }
}

/// Keyed hash of a caller's trace id (HMAC-SHA-256, the first 16 bytes).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CallerTrace([u8; 16]);

impl Serialize for CallerTrace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::memory::Memory;

    const CALLERS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parsed(values: &[&str]) -> Option<Span> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(TRACEPARENT, value);
        }
        Span::of_caller(&headers)
    }

    #[test]
    fn a_callers_span_is_read_and_continued() {
        let caller = parsed(&[CALLERS]).expect("a span");
        let span = caller.child(&Memory::new());
        assert_eq!(span.trace(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.parent().as_deref(), Some("b7ad6b7169203331"));
        assert_ne!(span.id(), "b7ad6b7169203331");
        let header = format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", span.id());
        assert_eq!(span.header(), header.as_str());
        let later = format!("01{}-more", CALLERS.trim_start_matches("00"));
        assert_eq!(parsed(&[&later]), Some(caller));
    }

    #[test]
    fn what_has_another_form_is_left_alone() {
        for other in [
            "",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(parsed(&[other]), None, "{other}");
        }
        assert_eq!(parsed(&[CALLERS, CALLERS]), None, "said twice");
        assert_eq!(parsed(&[]), None);
    }

    #[test]
    fn a_part_has_its_whole_as_parent() {
        let platform = Memory::new();
        let whole = Span::root(&platform);
        let part = whole.child(&platform);
        assert_eq!(part.trace(), whole.trace());
        assert_eq!(part.parent(), Some(whole.id()));
        assert_ne!(Span::root(&platform).trace(), whole.trace());
    }

    #[test]
    fn our_own_ids_have_no_long_number_in_them() {
        let platform = Memory::new();
        for _ in 0..2_000 {
            let span = Span::root(&platform).child(&platform);
            assert!(span.may_be_ours(), "{span:?}");
        }
        for (trace, id) in [
            ("0af7651916cd43dd8028290901230319", "b7ad6b7169203331"),
            ("0af7651916cd43dd8448eb211c80319c", "b028290901230333"),
        ] {
            let span = parsed(&[&format!("00-{trace}-{id}-01")]).expect("a span");
            assert!(!span.may_be_ours(), "{span:?}");
        }
    }

    #[test]
    fn a_callers_trace_is_hashed_under_a_key() {
        let written = |traces: &CallerTraces, caller: &str| {
            let hash = traces.hash(&parsed(&[caller]).expect("a span"));
            serde_json::to_string(&hash).expect("JSON")
        };
        let (one, other) = (CallerTraces::new(false, "a"), CallerTraces::new(false, "b"));
        let another = CALLERS.replace("0af7", "0af8");
        let of_next_call = CALLERS.replace("-b7ad", "-b7ae");
        assert_eq!(written(&one, CALLERS), written(&one, &of_next_call));
        assert_ne!(written(&one, CALLERS), written(&one, &another));
        assert_ne!(written(&one, CALLERS), written(&other, CALLERS));
        assert_eq!(written(&one, CALLERS).len(), 34);
    }
}
