//! Removes personal numbers and credentials from text before it is logged or printed.
//!
//! Redaction is a safety net, not the rule: code that reads a secret reports errors without quoting the input. Each
//! removed part becomes an ellipsis. The crate removes:
//!
//! - numbers of eleven digits or more, with separators inside, in any script: see `numbers`;
//! - private keys and other PEM, JSON Web Tokens, vault tokens, passwords in addresses, what follows `Bearer`, long random
//!   words, and bytes that are listed as decimal numbers: see `credentials`.

mod credentials;
mod numbers;

/// The mark that replaces what is removed.
const REMOVED: &str = "…";

/// Returns `text` without numbers and credentials.
///
/// # Examples
///
/// ```
/// assert_eq!(redaction::redacted("028290 90123 is unknown"), "… is unknown");
/// assert_eq!(redaction::redacted("for 310 000 205"), "for 310 000 205");
/// ```
pub fn redacted(text: &str) -> String {
    numbers::removed(&credentials::removed(text))
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn what_operators_need_survives() {
        for text in [
            "",
            "name lookup: failed to lookup address information",
            "2026-01-01T12:00:00.123456789Z 6f1c0e82-8290-4012-8345-6789012345ab 310000205",
            "MP-121 (6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b)",
            "https://test.maskinporten.no/.well-known/oauth-authorization-server: 503",
            "/home/innsyn/.local/share/innsyn/conf/client-310000205.key, line 12",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn the_order_of_the_two_hides_nothing() {
        assert_eq!(redacted("Bearer 028290 90123"), "Bearer … 90123");
        assert_eq!(redacted("redis://app:02829090123@host"), "redis://…@host");
    }
}
