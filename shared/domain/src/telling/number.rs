//! Is this the number of a phone that can be written to from anywhere?

/// How many digits a number has at most, behind its plus.
const DIGITS_MAX: usize = 15;

/// A number as services for phones want it: a plus and digits, with its country's first. People write it with signs in between;
/// whoever writes a zero in brackets as well means one of two numbers, and nobody knows which.
pub fn international(written: &str) -> Option<String> {
    let bare: String = written.chars().filter(|sign| !sign.is_whitespace()).collect();
    if bare.contains("(0)") {
        return None;
    }
    let bare = bare.replace(['-', '.', '/', '(', ')'], "");
    let digits = bare.strip_prefix('+')?;
    let is_number = (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !digits.starts_with('0')).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_begins_with_its_country_and_is_not_two() {
        for (written, expected) in [
            ("+4930123456", Some("+4930123456")),
            ("+49 (30) 123-456", Some("+4930123456")),
            ("+1.415/555.0100", Some("+14155550100")),
            ("+49 (0)170 1234567", None),
            ("+49 ( 0 ) 170 1234567", None),
            ("+49 (030) 123456", Some("+49030123456")),
            ("030 123456", None),
            ("0049 30 123456", None),
            ("+0049 30 123456", None),
            ("+", None),
            ("", None),
            ("+49 30 call me", None),
            ("+123456789012345", Some("+123456789012345")),
            ("+1234567890123456", None),
        ] {
            assert_eq!(international(written).as_deref(), expected, "{written}");
        }
    }
}
