//! Pins: services that are identified by attributes of their certificate instead of a host name.
//! Spin's format has no pins, so they have a file of their own. The rest of a certificate
//! is checked as without a pin.

mod definition;
mod pin_tls;
mod revocation;
mod verifier;

pub(crate) use definition::Pin;
pub(super) use definition::{RawPin, check_name};
pub(crate) use pin_tls::PinTls;
