//! Why Altinn did not do as it was asked.

use crate::problem::{Kind, Problem};

/// Altinn's refusal. Extension members of its problems hold national identity numbers
/// (AM-00003, AM-00004), so nothing but the codes is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub reason: Reason,
    /// The HTTP status, for the log.
    pub(super) status: u16,
    /// Altinn's codes, the first one first.
    pub(super) codes: Vec<String>,
    /// Altinn's `traceId`.
    pub(super) trace_id: Option<String>,
}

/// What kind of refusal it is, by who has to act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// 401: the token was not accepted.
    Token,
    /// AM-00001: there is no consent with this id.
    Unknown,
    /// AM-00003, AM-00004: a party is not in the register. At Altinn 2 40332: not by that name.
    PartyUnknown,
    /// 429, with the seconds to wait where Altinn says.
    TooManyCalls(Option<u64>),
    /// A failure of Altinn's, which may pass.
    Down,
    /// Refused for good: the same request will be refused again.
    Final,
    /// Not an answer as documented.
    Unreadable(&'static str),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.reason {
            Reason::PartyUnknown => Kind::PartyUnknown,
            Reason::TooManyCalls(_) => Kind::TooManyCalls,
            Reason::Down => Kind::SourceDown,
            Reason::Token | Reason::Unknown | Reason::Final => Kind::SourceRefused,
            Reason::Unreadable(_) => Kind::SourceUnreadable,
        };
        let mut cause = format!("Altinn answered {}", refusal.status);
        if let Reason::Unreadable(what) = refusal.reason {
            cause = format!("{cause}: {what}");
        }
        if refusal.codes.len() > 1 {
            cause = format!("{cause}: {}", refusal.codes.join(", "));
        }
        let mut problem = Self::new(kind).cause(cause);
        if let Reason::TooManyCalls(seconds) = refusal.reason {
            problem.retry_after = seconds;
        }
        problem.source_code = refusal.codes.into_iter().next();
        problem.source_correlation_id = refusal.trace_id;
        problem
    }
}
