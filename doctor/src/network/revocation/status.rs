//! Revocation status of a certificate.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::language::Bilingual;

/// Largest difference between two clocks that is tolerated.
const TOLERANCE: time::Duration = time::Duration::minutes(5);

/// Statement of an issuer about a certificate.
pub(super) enum RevocationStatus {
    /// The certificate is not revoked.
    Good,
    /// The certificate is revoked since this time.
    Revoked(OffsetDateTime),
    /// The response cannot be used, for this reason.
    Unusable(Bilingual),
}

impl RevocationStatus {
    /// Response that the issuer has not signed.
    pub(super) fn false_signature() -> Self {
        Self::Unusable(Bilingual::new(
            "det er ikke signert av utstederen",
            "it is not signed by the issuer",
        ))
    }

    /// Response that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self::Unusable(Bilingual::new("det kan ikke leses", "it cannot be read"))
    }

    /// Returns [`RevocationStatus::Good`] for a response issued at `this_update` if it is valid at `now`.
    pub(super) fn good_if_current(
        this_update: OffsetDateTime,
        next_update: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Self {
        if this_update > now.saturating_add(TOLERANCE) {
            let at = minutes(this_update);
            return Self::Unusable(Bilingual::new(
                format!("det er fra {at}"),
                format!("it is of {at}"),
            ));
        }
        match next_update.filter(|next| *next < now.saturating_sub(TOLERANCE)) {
            None => Self::Good,
            Some(next) => {
                let at = minutes(next);
                Self::Unusable(Bilingual::new(
                    format!("det gjaldt til {at}"),
                    format!("it held until {at}"),
                ))
            }
        }
    }
}

/// Formats a time to the minute.
pub(super) fn minutes(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.format(format).unwrap_or_default()
}
