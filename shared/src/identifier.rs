//! Random identifiers without long numbers: a search of the log for national numbers must not find them.

use crate::platform::Platform;

/// The most decimal digits that follow each other where that can be chosen.
const LONGEST_NUMBER: u32 = 7;

/// Random bytes whose hexadecimal form has at most seven decimal digits in a row.
pub(crate) fn random<const N: usize>(platform: &impl Platform) -> [u8; N] {
    let mut bytes = [0; N];
    platform.random(&mut bytes);
    break_numbers(&mut bytes);
    bytes
}

/// Turns every eighth decimal digit of a row into a letter.
pub(crate) fn break_numbers(bytes: &mut [u8]) {
    let mut row = 0;
    for byte in bytes {
        let high = unbroken(*byte >> 4, &mut row);
        let low = unbroken(*byte & 0x0f, &mut row);
        *byte = (high << 4) | low;
    }
}

/// Returns whether [`break_numbers`] would leave `bytes` unchanged.
pub(crate) fn has_no_number(bytes: &[u8]) -> bool {
    let mut row = 0;
    let mut digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.all(|digit| unbroken(digit, &mut row) == digit)
}

fn unbroken(digit: u8, row: &mut u32) -> u8 {
    if digit > 9 {
        *row = 0;
        digit
    } else if *row == LONGEST_NUMBER {
        *row = 0;
        (digit % 6).saturating_add(10)
    } else {
        *row = row.saturating_add(1);
        digit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_eight_digits_follow_each_other() {
        let mut bytes = [0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x5a];
        assert!(!has_no_number(&bytes));
        break_numbers(&mut bytes);
        assert_eq!(bytes, [0x12, 0x34, 0x56, 0x7c, 0x90, 0x12, 0x34, 0x5a]);
        assert!(has_no_number(&bytes));
    }
}
