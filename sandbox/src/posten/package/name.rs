//! Names of files, as three places write them: the archive plain, `href` and reference URIs perhaps
//! encoded.

/// Decodes a name as in a form, where `+` is a blank. A name that cannot be decoded is used as it
/// is. The vendor's own library compares names in this way.
pub(super) fn meant(name: &str) -> String {
    decoded(name).unwrap_or_else(|| name.to_owned())
}

fn decoded(name: &str) -> Option<String> {
    let mut bytes = name.bytes();
    let mut decoded = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn what_cannot_be_decoded_stands_for_itself() {
        for (written, name) in [
            ("0000_avtale.pdf", "0000_avtale.pdf"),
            ("a+b%20c.pdf", "a b c.pdf"),
            ("b%C3%A6%c3%a5.pdf", "bæå.pdf"),
            ("100%.pdf", "100%.pdf"),
            ("a+50%2", "a+50%2"),
            ("%+1", "%+1"),
            ("%2Fa", "/a"),
            ("bæ.pdf", "bæ.pdf"),
        ] {
            assert_eq!(meant(written), name);
        }
    }
}
