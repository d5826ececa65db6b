//! Takes card numbers, security codes and bank accounts out of what people write.

use serde_json::Value;
use std::borrow::Cow;

/// What stands where a number stood.
const MASKED: &str = "[masked]";

/// Masks the texts of a JSON document. What cannot be read as JSON is masked as one text: it may be kept with its reason.
pub(crate) fn json(body: &[u8]) -> Cow<'_, [u8]> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            if mask(&mut document) {
                Cow::Owned(document.to_string().into_bytes())
            } else {
                Cow::Borrowed(body)
            }
        }
        Err(_) => Cow::Owned(text(&String::from_utf8_lossy(body)).into_owned().into_bytes()),
    }
}

/// Whether a field names something: nobody writes into it, and a masked id would be somebody else's.
fn is_name(field: &str) -> bool {
    matches!(field, "id" | "type" | "time" | "uuid")
        || ["_id", "_at", "_version"].iter().any(|ending| field.ends_with(ending))
}

fn mask(value: &mut Value) -> bool {
    match value {
        Value::String(written) => match text(written) {
            Cow::Borrowed(_) => false,
            Cow::Owned(masked) => {
                *written = masked;
                true
            }
        },
        Value::Number(number) if is_card(&number.to_string()) => {
            *value = Value::String(MASKED.to_owned());
            true
        }
        Value::Array(values) => values.iter_mut().fold(false, |changed, value| mask(value) | changed),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(field, _)| !is_name(field))
            .fold(false, |changed, (_, value)| mask(value) | changed),
        _ => false,
    }
}

/// Masks card numbers (by their check digit), IBANs (by theirs), security codes and account numbers that are called so.
pub(crate) fn text(written: &str) -> Cow<'_, str> {
    let mut spans: Vec<(usize, usize)> = runs(written, |c| digit(c).is_some())
        .into_iter()
        .filter(|(start, end)| is_card(&written[*start..*end]) || is_named(&written[..*start], &written[*start..*end]))
        .collect();
    spans.extend(ibans(written));
    if spans.is_empty() {
        return Cow::Borrowed(written);
    }
    spans.sort_unstable();
    let (mut masked, mut at) = (String::with_capacity(written.len()), 0);
    for (start, end) in spans {
        if start >= at {
            masked.push_str(&written[at..start]);
            masked.push_str(MASKED);
            at = end;
        }
    }
    masked.push_str(&written[at..]);
    Cow::Owned(masked)
}

/// How many characters may stand between the parts of a number.
const GAP_MAX: usize = 3;

/// A digit, as people of any keyboard write it.
fn digit(c: char) -> Option<u32> {
    let wide = |first: char| u32::from(c).checked_sub(u32::from(first)).filter(|digit| *digit < 10);
    c.to_digit(10).or_else(|| ['０', '٠', '۰', '०'].into_iter().find_map(wide))
}

/// What nobody sees between two digits: it takes no room in a gap.
fn is_unseen(c: char) -> bool {
    matches!(c, '\r' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Stretches of wanted characters, with what people put between them.
fn runs(text: &str, wanted: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    let (mut gap, mut skip) = (0, 0);
    for (place, c) in text.char_indices() {
        if place < skip {
            continue;
        }
        if wanted(c) {
            run = Some((run.map_or(place, |(start, _)| start), place + c.len_utf8()));
            gap = 0;
        } else if run.is_some() && gap < GAP_MAX && text[place..].starts_with("&nbsp;") {
            gap += 1;
            skip = place + "&nbsp;".len();
        } else if run.is_some() && is_unseen(c) {
            // It neither ends a number nor parts it.
        } else if run.is_some()
            && gap < GAP_MAX
            && (c.is_whitespace() || matches!(c, '-' | '‐' | '‑' | '–' | '—' | '.' | ',' | '/' | '_' | '|' | '>'))
        {
            gap += 1;
        } else {
            runs.extend(run.take());
            gap = 0;
        }
    }
    runs.extend(run);
    runs
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(digit).collect()
}

/// Whether a stretch of digits holds a card number: some of its groups together have 13 to 19 digits and the right check
/// digit. A security code may follow as a group of its own, and digits without any gap may hide a number inside.
fn is_card(text: &str) -> bool {
    let groups: Vec<Vec<u32>> =
        text.split(|c| digit(c).is_none()).map(digits).filter(|group| !group.is_empty()).collect();
    // Each group has a digit, so that no more than nineteen of them can be one number.
    let joined = (0..groups.len()).flat_map(|from| (from + 1..=groups.len().min(from + 19)).map(move |to| (from, to)));
    let mut cards =
        joined.map(|(from, to)| groups[from..to].concat()).filter(|digits| (13..=19).contains(&digits.len()));
    cards.any(|digits| luhn(&digits)) || groups.iter().any(|group| group.len() > 19 && group.windows(16).any(luhn))
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    // A row of zeros has the right sum and is nobody's card.
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// Whether the words before a number say what it is: a security code, an account or a routing number.
fn is_named(before: &str, number: &str) -> bool {
    let near: String =
        before.chars().rev().take(24).collect::<Vec<_>>().into_iter().rev().collect::<String>().to_lowercase();
    let count = digits(number).len();
    let says = |words: &[&str]| words.iter().any(|word| near.contains(word));
    (3..=4).contains(&count)
        && says(&["cvc", "cvv", "cvn", "csc", "cid ", "security code", "prüfnummer", "prüfziffer", "cryptogramme"])
        || (5..=17).contains(&count)
            && says(&["account n", "account:", "acct", "routing", "sort code", "konto", "blz", "rekening"])
}

/// Finds IBANs: two letters, two digits, then up to thirty more, with the right check sum.
fn ibans(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, end) in runs(text, |c| c.is_ascii_alphanumeric()) {
        let stretch = &text[start..end];
        let starts = stretch
            .char_indices()
            .filter(|(place, _)| *place == 0 || !stretch.as_bytes()[place - 1].is_ascii_alphanumeric());
        for (place, _) in starts {
            if let Some(length) = iban_length(&stretch[place..]) {
                found.push((start + place, start + place + length));
            }
        }
    }
    found
}

/// How many bytes of a text, from its beginning, are an IBAN.
fn iban_length(text: &str) -> Option<usize> {
    let head: Vec<char> = text.chars().take(4).collect();
    if head.len() < 4 || !head[..2].iter().all(char::is_ascii_alphabetic) || !head[2..].iter().all(char::is_ascii_digit)
    {
        return None;
    }
    let mut compact = String::new();
    let mut longest = None;
    for (place, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            compact.push(c.to_ascii_uppercase());
            if compact.len() > 34 {
                break;
            }
            if compact.len() >= 15 && mod_97(&compact) == 1 {
                longest = Some(place + 1);
            }
        }
    }
    longest
}

fn mod_97(iban: &str) -> u32 {
    let (head, tail) = iban.split_at(4);
    tail.chars().chain(head.chars()).fold(0, |rest, c| {
        let value = c.to_digit(36).unwrap_or(0);
        if value >= 10 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_open_accounts_are_masked_and_others_stay() {
        for (written, expected) in [
            ("my card is 4242 4242 4242 4242, please", "my card is [masked], please"),
            ("4242-4242-4242-4242", "[masked]"),
            ("amex 378282246310005 cvc 1234", "amex [masked] cvc [masked]"),
            ("exp 12/30 CVV: 123.", "exp 12/30 CVV: [masked]."),
            ("IBAN DE89 3704 0044 0532 0130 00 bitte", "IBAN [masked] bitte"),
            ("nl91abna0417164300", "[masked]"),
            ("account number 000123456789", "account number [masked]"),
            ("4242 4242 4242 4242 123 12/30", "[masked]"),
            ("4242  4242  4242  4242", "[masked]"),
            ("4242 - 4242 – 4242 / 4242", "[masked]"),
            ("4242&nbsp;4242&nbsp;4242&nbsp;4242", "[masked]"),
            ("4242\n4242\t4242,4242", "[masked]"),
            ("４２４２４２４２４２４２４２４２", "[masked]"),
            ("۴۲۴۲ ۴۲۴۲ ۴۲۴۲ ۴۲۴۲", "[masked]"),
            ("4242\r\n> 4242\r\n> 4242\r\n> 4242\r\n", "[masked]\r\n"),
            ("42\u{200b}42\u{200b}42\u{200b}42 4242\u{2060}\u{feff}\u{200d}\u{ad}4242", "[masked]"),
            ("family 👩\u{200d}👧 of 4", "family 👩\u{200d}👧 of 4"),
            ("at 2026-03-01 10:00:00 and 2026-03-02 11:00:00", "at 2026-03-01 10:00:00 and 2026-03-02 11:00:00"),
            ("order 1234567890123456 of 2026-03-01", "order 1234567890123456 of 2026-03-01"),
            ("invoice in_1MtHbELkdIwHu7ixl4OzzPMv for 49.00", "invoice in_1MtHbELkdIwHu7ixl4OzzPMv for 49.00"),
            ("call +49 30 901820", "call +49 30 901820"),
            ("zeros 0000000000000000", "zeros 0000000000000000"),
            ("", ""),
            ("1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
            ("カード 4242 4242 4242 4242 です", "カード [masked] です"),
        ] {
            assert_eq!(text(written), expected, "{written}");
        }
    }

    #[test]
    fn a_document_keeps_all_else() {
        let body = br#"{"id":"t1","ticket":{"body":"4242 4242 4242 4242","csat":5}}"#;
        assert_eq!(json(body).as_ref(), br#"{"id":"t1","ticket":{"body":"[masked]","csat":5}}"#);
        // An id with the check digit of a card is still an id, and what is not JSON is masked all the same.
        let named =
            br#"{"id":"4242424242424242","requester_id":"4242424242424242","detail":{"note":4242424242424242}}"#;
        let masked = br#"{"detail":{"note":"[masked]"},"id":"4242424242424242","requester_id":"4242424242424242"}"#;
        assert_eq!(json(named).as_ref(), masked);
        assert_eq!(json(b"{\"body\":\"4242 4242 4242 4242\"").as_ref(), b"{\"body\":\"[masked]\"");
        let clean = br#"{ "id": "t1" }"#;
        assert!(matches!(json(clean), Cow::Borrowed(_)));
    }
}
