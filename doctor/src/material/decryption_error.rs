//! Error of opening encrypted content.

/// Reason why encrypted content does not open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum DecryptionError {
    /// The algorithm, by name or object identifier, or its parameters are not supported.
    UnknownAlgorithm(String),
    /// The password is wrong, or the content is damaged.
    WrongPassword,
}

impl DecryptionError {
    /// Creates [`DecryptionError::UnknownAlgorithm`].
    pub(super) fn unknown(name: &str) -> Self {
        Self::UnknownAlgorithm(name.to_owned())
    }
}
