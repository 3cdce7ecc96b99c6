//! Norwegian identifiers: their length and check digits.

/// Checks nine digits, the last by weights 3 2 7 6 5 4 3 2 modulo 11.
pub(crate) fn is_organisation(number: &str) -> bool {
    digits::<9>(number)
        .is_some_and(|digits| is_zero_modulo_11(&digits, &[3, 2, 7, 6, 5, 4, 3, 2, 1]))
}

/// Checks eleven digits, the last two by their weights modulo 11.
pub(crate) fn is_person(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        is_zero_modulo_11(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1])
            && is_zero_modulo_11(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1])
    })
}

fn digits<const LENGTH: usize>(number: &str) -> Option<[u32; LENGTH]> {
    let digits: Option<Vec<u32>> = number
        .chars()
        .map(|character| character.to_digit(10))
        .collect();
    digits?.try_into().ok()
}

fn is_zero_modulo_11(digits: &[u32], weights: &[u32]) -> bool {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit.saturating_mul(*weight))
        .fold(0, u32::saturating_add)
        .is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        for number in ["313367002", "311851381", "314961900", "314055403"] {
            assert!(is_organisation(number), "{number}");
        }
        for number in ["02829090123", "14858512450"] {
            assert!(is_person(number), "{number}");
        }
        for number in [
            "",
            "313367003",
            "31336700",
            "3133670020",
            "31336700x",
            "02829090123",
        ] {
            assert!(!is_organisation(number), "{number}");
        }
        for number in ["02829090124", "02829090133", "313367002", "0282909012３"] {
            assert!(!is_person(number), "{number}");
        }
    }
}
