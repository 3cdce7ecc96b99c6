//! Why the other side of a TLS connection does not take our certificate: the alerts of RFC 8446 §6.2 that are about it.

use std::fmt::{self, Display};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $alert:literal $name:literal $advice:literal;)*) => {
        /// What was said of our certificate.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Refusal { $($(#[$doc])* $variant,)* }

        impl Refusal {
            /// The refusal that an alert is; `None` for alerts about anything else.
            pub const fn of_alert(alert: u8) -> Option<Self> {
                match alert {
                    $($alert => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Where to look.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }

        impl Display for Refusal {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name,)* })
            }
        }
    };
}

refusals! {
    /// It is broken, or signed wrongly.
    Bad 42 "bad_certificate" "it is signed with SHA-1, cannot be read there, or its key is not the one that signs";
    /// Of a kind that is not taken.
    Unsupported 43 "unsupported_certificate" "it is for another purpose than a client's, such as sealing or encryption";
    /// Taken back by its issuer.
    Revoked 44 "certificate_revoked" "its issuer has revoked it";
    /// Its time is over, or has not come.
    Expired 45 "certificate_expired" "it has expired, or is not valid yet";
    /// Anything else.
    Unspecified 46 "certificate_unknown" "the other side does not say why: look at its purpose, its organisation and its environment";
    /// No path to an issuer that is trusted there.
    Issuer 48 "unknown_ca" "its issuer is not trusted there: it is no organisation's certificate, it is of another environment, or the issuing certificates are not sent with it";
    /// In order, and still not let in.
    Denied 49 "access_denied" "it is in order, but its organisation is not let in";
    /// None was shown.
    Missing 116 "certificate_required" "none was shown: neither `client_tls` nor a pin names one for this component and host";
}
