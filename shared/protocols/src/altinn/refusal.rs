//! Altinn's refusals.

use innsyn_core::problem::{Kind, Problem};

/// Refusal by Altinn. Only codes are kept: extension members of Altinn's problems hold national
/// identity numbers (AM-00003, AM-00004).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Kind of the refusal.
    pub reason: Reason,
    /// HTTP status, for the log.
    pub status: u16,
    /// Altinn's codes, in the order of the answer.
    pub codes: Vec<String>,
    /// `traceId` from Altinn.
    pub trace_id: Option<String>,
}

/// Kind of a refusal, by who has to act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// 401: the token was not accepted.
    Token,
    /// AM-00001: no consent has this id.
    Unknown,
    /// AM-00003, AM-00004: a party is not in the register. At Altinn 2, 40332: the party has
    /// another name.
    PartyUnknown,
    /// 429, with the seconds to wait if Altinn gives them.
    TooManyCalls(Option<u64>),
    /// Failure of Altinn that may be temporary.
    Down,
    /// Permanent: the same request will be refused again.
    Final,
    /// The answer is not as documented.
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
