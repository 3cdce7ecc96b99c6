//! Writer of PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Characters of a line.
const WIDTH: usize = 64;

/// Returns a certificate in PEM.
pub(crate) fn certificate(der: &[u8]) -> String {
    block("CERTIFICATE", der)
}

/// Returns a block with this label.
pub(crate) fn block(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % WIDTH == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + &format!("\n-----END {label}-----\n")
}
