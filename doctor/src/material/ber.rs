//! Reader of BER (X.690 §8). Unlike DER, it permits indefinite lengths, lengths in more octets than necessary and strings
//! in segments. PKCS#12 is BER.

/// Maximum depth of nesting.
const DEEPEST: u8 = 32;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const BMP_STRING: u8 = 0x1E;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Bit of the identifier octet of a constructed value.
const CONSTRUCTED: u8 = 0x20;

/// A value with its tag.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    /// Identifier octet.
    pub(crate) tag: u8,
    /// Contents, without the end of an indefinite length.
    pub(crate) content: &'a [u8],
}

impl<'a> Value<'a> {
    /// Reads the first value of `bytes`, and returns it with what follows.
    pub(crate) fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, 0)
    }

    /// Returns the values inside a constructed one.
    pub(crate) fn inside(&self) -> Option<Vec<Self>> {
        if self.tag & CONSTRUCTED == 0 {
            return None;
        }
        let mut all = Vec::new();
        let mut rest = self.content;
        while !rest.is_empty() {
            let (value, after) = Self::first(rest)?;
            all.push(value);
            rest = after;
        }
        Some(all)
    }

    /// Returns the values inside a sequence.
    pub(crate) fn sequence(&self) -> Option<Vec<Self>> {
        (self.tag == SEQUENCE).then(|| self.inside()).flatten()
    }

    /// Returns the one value inside an explicit tag.
    pub(crate) fn explicit(&self, number: u8) -> Option<Self> {
        let inside = (self.tag == 0xA0 | number)
            .then(|| self.inside())
            .flatten()?;
        let [value] = inside.as_slice() else {
            return None;
        };
        Some(*value)
    }

    /// Returns the octets of a string, in one segment or several. The tag may be any: some structures tag implicitly.
    pub(crate) fn octets(&self) -> Option<Vec<u8>> {
        if self.tag & CONSTRUCTED == 0 {
            return Some(self.content.to_vec());
        }
        let pieces = self.inside()?;
        let mut all = Vec::new();
        for piece in pieces {
            if piece.tag & !CONSTRUCTED != OCTET_STRING {
                return None;
            }
            all.extend(piece.octets()?);
        }
        Some(all)
    }

    /// Returns the octets of an octet string.
    pub(crate) fn octet_string(&self) -> Option<Vec<u8>> {
        (self.tag & !CONSTRUCTED == OCTET_STRING)
            .then(|| self.octets())
            .flatten()
    }

    /// Returns an object identifier in dotted notation.
    pub(crate) fn oid(&self) -> Option<String> {
        if self.tag != OBJECT_IDENTIFIER {
            return None;
        }
        let mut arcs: Vec<u128> = Vec::new();
        let mut arc: u128 = 0;
        for byte in self.content {
            arc = arc.checked_mul(128)? | u128::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                arcs.push(arc);
                arc = 0;
            }
        }
        let (first, rest) = arcs.split_first()?;
        let top = (first / 40).min(2);
        let mut text = format!("{top}.{}", first.saturating_sub(top.saturating_mul(40)));
        for arc in rest {
            text.push('.');
            text += &arc.to_string();
        }
        Some(text)
    }

    /// Returns the object identifier and the parameters of an `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).
    pub(super) fn algorithm(&self) -> Option<(String, Option<Self>)> {
        let parts = self.sequence()?;
        Some((parts.first()?.oid()?, parts.get(1).copied()))
    }

    /// Returns a non-negative integer below 2³².
    pub(crate) fn number(&self) -> Option<u32> {
        if self.tag != INTEGER || self.content.first()? & 0x80 != 0 {
            return None;
        }
        let mut bytes = self.content.iter().skip_while(|byte| **byte == 0);
        bytes.try_fold(0_u32, |number, byte| {
            Some(number.checked_mul(256)? | u32::from(*byte))
        })
    }

    /// Encodes the value in DER: definite and shortest lengths, octet strings in one segment.
    pub(crate) fn to_der(self) -> Option<Vec<u8>> {
        if self.tag == OCTET_STRING | CONSTRUCTED {
            return Some(encoded(OCTET_STRING, &self.octets()?));
        }
        if self.tag & CONSTRUCTED == 0 {
            return Some(encoded(self.tag, self.content));
        }
        let parts: Option<Vec<_>> = self.inside()?.into_iter().map(Self::to_der).collect();
        Some(encoded(self.tag, &parts?.concat()))
    }
}

fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut all = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => all.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            all.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            all.extend(bytes);
        }
    }
    all.extend(content);
    all
}

fn read(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    // Tags above 30 occur in none of the structures.
    if tag & 0x1F == 0x1F || depth > DEEPEST {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    let size = usize::from(length & 0x7F);
    let length = match length {
        0x80 => return indefinite(*tag, rest, depth),
        short if *short < 0x80 => size,
        _ => {
            let digits = rest.get(..size)?;
            let mut digits = digits.iter();
            digits.try_fold(0_usize, |all, digit| {
                Some(all.checked_mul(256)? | usize::from(*digit))
            })?
        }
    };
    let start = if bytes.get(1)? & 0x80 == 0 { 0 } else { size };
    let content = rest.get(start..)?.get(..length)?;
    let after = rest.get(start..)?.get(length..)?;
    let tag = *tag;
    Some((Value { tag, content }, after))
}

fn indefinite(tag: u8, bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    if tag & CONSTRUCTED == 0 {
        return None;
    }
    let mut rest = bytes;
    loop {
        if let [0, 0, after @ ..] = rest {
            let length = bytes.len().saturating_sub(rest.len());
            let content = bytes.get(..length)?;
            return Some((Value { tag, content }, after));
        }
        (_, rest) = read(rest, depth.saturating_add(1))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_forms_are_the_same_value() {
        let strict = [0x30, 4, 4, 2, 7, 8];
        for loose in [
            &[0x30, 4, 4, 2, 7, 8][..],
            &[0x30, 0x81, 4, 4, 2, 7, 8],
            &[0x30, 0x84, 0, 0, 0, 4, 4, 2, 7, 8],
            &[0x30, 0x80, 4, 2, 7, 8, 0, 0],
            &[0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 1, 8, 0, 0, 0, 0],
            &[0x30, 8, 0x24, 6, 4, 1, 7, 4, 1, 8],
            &[0x30, 10, 0x24, 8, 0x24, 3, 4, 1, 7, 4, 1, 8],
        ] {
            let (value, rest) = Value::first(loose).unwrap_or_else(|| panic!("{loose:?}"));
            assert!(rest.is_empty());
            assert_eq!(value.to_der().as_deref(), Some(&strict[..]), "{loose:?}");
            let [string] = value.sequence().expect("a sequence")[..] else {
                panic!("one string");
            };
            assert_eq!(string.octet_string().as_deref(), Some(&[7, 8][..]));
        }
        let (value, rest) = Value::first(&[4, 1, 7, 10]).expect("a value");
        assert_eq!((value.content, rest), (&[7][..], &[10][..]));
    }

    #[test]
    fn what_ends_early_or_nests_for_ever_is_none() {
        let deep = [0x30, 0x80].repeat(40_000);
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 5, 4],
            &[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x30, 0xFF],
            &[4, 0x80, 0, 0],
            &[0x3F, 0x81, 1],
            &deep,
        ] {
            assert!(Value::first(wrong).is_none());
        }
    }

    #[test]
    fn identifiers_and_numbers() {
        let oid = |bytes: &[u8]| Value::first(bytes).and_then(|(value, _)| value.oid());
        let written = oid(&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]);
        assert_eq!(written.as_deref(), Some("1.2.840.113549.1.1.1"));
        assert_eq!(oid(&[6, 3, 0x55, 0x1D, 0x0E]).as_deref(), Some("2.5.29.14"));
        assert_eq!(oid(&[6, 2, 0x88, 0x37]).as_deref(), Some("2.999"));
        let number = |bytes: &[u8]| Value::first(bytes).and_then(|(value, _)| value.number());
        assert_eq!(number(&[2, 2, 8, 0]), Some(2048));
        assert_eq!(number(&[2, 1, 0xFF]), None);
        assert_eq!(number(&[2, 6, 0, 1, 0, 0, 0, 0]), None);
    }
}
