//! `RequestStatus`: the progress of a request.

/// Person's answer to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Accepted,
    Rejected,
}

/// Status of a request, `RequestStatus` in answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    Unopened,
    Opened,
    Answered(Answer),
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unopened => "Unopened",
            Self::Opened => "Opened",
            Self::Answered(Answer::Accepted) => "Accepted",
            Self::Answered(Answer::Rejected) => "Rejected",
        }
    }
}
