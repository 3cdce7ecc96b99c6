//! Which operation belongs to which: W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
//!
//! A trace ties the log lines of several components, and of whoever calls them, together. What a caller says of it is taken
//! over if it has the right form, and is used for nothing else: the ids are random, and tell nobody anything.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::platform::Platform;

/// The header that carries a span to the next one.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One operation: a request that we answer, or one attempt at a call of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    trace: u128,
    id: u64,
    parent: Option<u64>,
    /// Whether the caller may have recorded it; handed on as it came.
    flags: u8,
}

impl Span {
    /// The first of a new trace.
    pub fn root(platform: &impl Platform) -> Self {
        let mut trace = [0; 16];
        platform.random(&mut trace);
        Self {
            trace: u128::from_be_bytes(trace).max(1),
            id: id(platform),
            parent: None,
            flags: 1,
        }
    }

    /// The span of a request: within its caller's trace where the caller names one.
    pub fn of_request(headers: &HeaderMap, platform: &impl Platform) -> Self {
        let mut named = headers.get_all(&TRACEPARENT).iter();
        let caller = match (named.next(), named.next()) {
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            _ => None,
        };
        caller.map_or_else(|| Self::root(platform), |caller| caller.child(platform))
    }

    /// A part of this operation.
    #[must_use]
    pub fn child(&self, platform: &impl Platform) -> Self {
        Self {
            id: id(platform),
            parent: Some(self.id),
            ..*self
        }
    }

    /// What tells the other side of a call where it belongs (§3.2).
    pub fn header(&self) -> HeaderValue {
        let text = format!("00-{}-{}-{:02x}", self.trace(), self.id(), self.flags);
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// 32 hexadecimal digits.
    pub fn trace(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// 16 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:016x}", self.id)
    }

    /// The operation that this is a part of.
    pub fn parent(&self) -> Option<String> {
        self.parent.map(|id| format!("{id:016x}"))
    }

    /// A later version may say more after the four parts (§3.2.2); those of ours it has.
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
    let mut id = [0; 8];
    platform.random(&mut id);
    u64::from_be_bytes(id).max(1)
}

/// Exactly so many digits, in lower case.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() == digits && text.bytes().all(is_digit);
    u128::from_str_radix(text, 16).ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::memory::Memory;

    const CALLERS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn of(values: &[&str]) -> Span {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(TRACEPARENT, value);
        }
        Span::of_request(&headers, &Memory::new())
    }

    #[test]
    fn a_request_continues_its_callers_trace() {
        let span = of(&[CALLERS]);
        assert_eq!(span.trace(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.parent().as_deref(), Some("b7ad6b7169203331"));
        assert_ne!(span.id(), "b7ad6b7169203331");
        let header = format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", span.id());
        assert_eq!(span.header(), header.as_str());
        let later = format!("01{}-more", CALLERS.trim_start_matches("00"));
        assert_eq!(of(&[&later]).trace(), span.trace());
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
            assert_eq!(of(&[other]).parent(), None, "{other}");
        }
        assert_eq!(of(&[CALLERS, CALLERS]).parent(), None, "said twice");
        assert_eq!(of(&[]).parent(), None);
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
}
