//! Conversion of DER to BER.

/// Splits DER with short tags into tag, content and the rest.
pub(crate) fn value(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (head, length) = match der[1] {
        short if short < 0x80 => (2, usize::from(short)),
        long => {
            let size = usize::from(long & 0x7F);
            let digits = &der[2..2 + size];
            let length = digits
                .iter()
                .fold(0, |all, digit| all * 256 + usize::from(*digit));
            (2 + size, length)
        }
    };
    (der[0], &der[head..head + length], &der[head + length..])
}

pub(crate) fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a length");
    let mut all = vec![tag, 0x84];
    all.extend(length.to_be_bytes());
    all.extend(content);
    all
}

pub(crate) fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

/// Splits the content under the MAC of a PKCS#12 file into pieces; its octets stay the same.
pub(crate) fn in_pieces(der: &[u8], wrap: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let (_, whole, _) = value(der);
    let (_, version, rest) = value(whole);
    let (_, info, mac) = value(rest);
    let (_, kind, content) = value(info);
    let (_, explicit, _) = value(content);
    let (_, octets, _) = value(explicit);
    let (one, two) = octets.split_at(octets.len() / 2);
    let pieces = [encoded(4, one), encoded(4, two)].concat();
    let explicit = wrap(0xA0, &wrap(0x24, &pieces));
    let info = wrap(0x30, &[encoded(6, kind), explicit].concat());
    wrap(0x30, &[encoded(2, version), info, mac.to_vec()].concat())
}

/// Encodes the length of the version in its shortest form, by which programs recognise the file.
pub(crate) fn recognisable(ber: &[u8]) -> Vec<u8> {
    let long = encoded(2, &[3]);
    let place = ber.windows(long.len()).position(|window| window == long);
    let place = place.expect("a version");
    let mut all = ber[..place].to_vec();
    all.extend([2, 1, 3]);
    all.extend(&ber[place + long.len()..]);
    // A definite length around it is now three less, five octets before.
    if ber[1] == 0x84 {
        let length = u32::try_from(all.len() - 6)
            .expect("a length")
            .to_be_bytes();
        all[2..6].copy_from_slice(&length);
    }
    all
}
