//! What accompanies a request through every flow: the platform, the log's identity and the deadline.

use std::time::Duration;

use http::HeaderMap;
use time::OffsetDateTime;

use crate::log::{self, Event};
use crate::outbound::Marks;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::trace::Span;

/// One request being served. Flows take it by reference and pass it on.
#[derive(Debug)]
pub struct Context<'a, P> {
    /// The outside world.
    pub platform: &'a P,
    /// Which component serves, for the log.
    pub component: &'static str,
    /// Ties the log lines of the request to what its caller was told.
    pub correlation_id: CorrelationId,
    /// Ties them to those of whoever calls, and of whom we call.
    pub span: Span,
    /// When the whole request must have been answered.
    pub deadline: Deadline,
    /// Marks of outgoing calls, for the budgets of services.
    pub marks: Option<Marks>,
}

impl<P> Clone for Context<'_, P> {
    fn clone(&self) -> Self {
        Self {
            platform: self.platform,
            component: self.component,
            correlation_id: self.correlation_id.clone(),
            span: self.span,
            deadline: self.deadline,
            marks: self.marks.clone(),
        }
    }
}

impl<'a, P: Platform> Context<'a, P> {
    /// A new request that must be answered within `time`.
    pub fn new(platform: &'a P, component: &'static str, time: Duration) -> Self {
        Self {
            platform,
            component,
            correlation_id: CorrelationId::random(platform),
            span: Span::root(platform),
            deadline: Deadline::after(platform, time),
            marks: None,
        }
    }

    /// The same request with a deadline that is at most `time` away, for a part of the work.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        let mut part = self.clone();
        part.deadline = part.deadline.earlier(Deadline::after(self.platform, time));
        part
    }

    /// Returns the same request with these marks on its outgoing calls.
    #[must_use]
    pub fn marked(&self, marks: Marks) -> Self {
        let mut marked = self.clone();
        marked.marks = Some(marks);
        marked
    }

    /// Returns the same request with marks that name this tenant, where it has marks.
    #[must_use]
    pub fn for_tenant(&self, tenant: &OrganisationNumber) -> Self {
        let mut marked = self.clone();
        marked.marks = marked.marks.map(|marks| marks.for_tenant(tenant));
        marked
    }

    /// Returns the same request with marks that name this customer of a tenant, where it has marks.
    #[must_use]
    pub fn for_customer(&self, tenant: &OrganisationNumber, subject: &str) -> Self {
        let mut marked = self.clone();
        marked.marks = marked
            .marks
            .map(|marks| marks.for_customer(tenant, subject));
        marked
    }

    /// The same request within its caller's trace, if the caller names one.
    #[must_use]
    pub fn called_by(mut self, headers: &HeaderMap) -> Self {
        self.span = Span::of_request(headers, self.platform);
        self
    }

    /// A part of the work that is told from others in traces.
    #[must_use]
    pub fn part(&self) -> Self {
        let mut part = self.clone();
        part.span = self.span.child(self.platform);
        part
    }

    /// The time of day.
    pub fn now(&self) -> OffsetDateTime {
        self.platform.now()
    }

    /// How much time is left.
    pub fn left(&self) -> Duration {
        self.deadline.left(self.platform)
    }

    /// Writes one line to the log.
    pub fn log(&self, event: &Event) {
        let line = log::line(
            self.platform.now(),
            self.component,
            &self.correlation_id,
            &self.span,
            event,
        );
        self.platform.log(&line);
    }
}

/// A random UUID that we make ourselves; nothing from outside is taken over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// A new one.
    pub fn random(platform: &impl Platform) -> Self {
        Self(uuid(platform))
    }

    /// As text, lower case with hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A random UUID (version 4), lower case with hyphens.
pub fn uuid(platform: &impl Platform) -> String {
    let mut bytes = [0_u8; 16];
    platform.random(&mut bytes);
    uuid_of(bytes)
}

/// The UUID (version 4) with these random bytes.
pub(crate) fn uuid_of(mut bytes: [u8; 16]) -> String {
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 0x0f));
    }
    text
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

/// A moment on the platform's own clock ([`Platform::uptime`]).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Deadline(Duration);

impl Deadline {
    /// `time` from now.
    pub fn after(platform: &impl Platform, time: Duration) -> Self {
        Self(platform.uptime().saturating_add(time))
    }

    /// The one that comes first.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        self.min(other)
    }

    /// What is left, or zero.
    pub fn left(self, platform: &impl Platform) -> Duration {
        self.0.saturating_sub(platform.uptime())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::memory::Memory;

    #[test]
    fn a_uuid_says_version_4_and_its_variant() {
        let platform = Memory::new();
        let text = uuid(&platform);
        assert_eq!(text.len(), 36);
        assert_eq!(text.as_bytes()[14], b'4');
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(text, uuid(&platform));
    }

    #[test]
    fn a_part_never_outlives_the_whole() {
        let platform = Memory::new();
        let whole = Context::new(&platform, "claims", Duration::from_secs(5));
        assert_eq!(
            whole.within(Duration::from_secs(2)).left(),
            Duration::from_secs(2)
        );
        assert_eq!(
            whole.within(Duration::from_secs(9)).left(),
            Duration::from_secs(5)
        );
        platform.advance(Duration::from_secs(6));
        assert_eq!(whole.left(), Duration::ZERO);
    }
}
