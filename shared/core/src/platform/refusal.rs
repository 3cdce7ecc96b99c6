//! Refusals of the app's TLS certificate: the alerts of RFC 8446 §6.2 about certificates.

use std::fmt::{self, Display};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $alert:literal $name:literal $advice:literal;)*) => {
        /// Reason why a server refused the app's certificate.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Refusal { $($(#[$doc])* $variant,)* }

        impl Refusal {
            /// Returns the refusal that an alert means; `None` for alerts that are not about the
            /// certificate.
            pub const fn of_alert(alert: u8) -> Option<Self> {
                match alert {
                    $($alert => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the probable cause, for operators.
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
    /// Malformed, or signed incorrectly.
    Bad 42 "bad_certificate" "it is signed with SHA-1, cannot be read there, or its key is not the one that signs";
    /// Unsupported type.
    Unsupported 43 "unsupported_certificate" "it is for another purpose than a client's, such as sealing or encryption";
    /// Revoked by its issuer.
    Revoked 44 "certificate_revoked" "its issuer has revoked it";
    /// Expired, or not valid yet.
    Expired 45 "certificate_expired" "it has expired, or is not valid yet";
    /// Reason that the other side does not state.
    Unspecified 46 "certificate_unknown" "the other side does not say why: look at its purpose, its organisation and its environment";
    /// Unknown issuer: no path to one that the server trusts.
    Issuer 48 "unknown_ca" "its issuer is not trusted there: it is no organisation's certificate, it is of another environment, or the issuing certificates are not sent with it";
    /// Valid certificate of an organisation without access.
    Denied 49 "access_denied" "it is in order, but its organisation is not let in";
    /// Missing certificate.
    Missing 116 "certificate_required" "none was shown: neither `client_tls` nor a pin names one for this component and host";
}
