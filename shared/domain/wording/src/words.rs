//! The words of a text, as they are compared: lower case, no accents, numbers and addresses only by their kind.

use std::ops::Range;

/// One word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is compared.
    pub(crate) plain: String,
    /// Where it stands in the text.
    pub(crate) at: Range<usize>,
}

/// What stands for an amount of money, a number, a name made of letters and digits, an address and a link. None of them
/// can be written as a word.
pub(crate) const AMOUNT: &str = "$amount";
const NUMBER: &str = "#number";
const NAME: &str = "#name";
const ADDRESS: &str = "@address";
const LINK: &str = "@link";

/// The first words of a text, up to a bound.
pub(crate) fn words(text: &str, most: usize) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    for (start, piece) in pieces(text) {
        if found.len() >= most {
            break;
        }
        take(piece, start, &mut found);
    }
    found.truncate(most);
    found
}

/// Runs of characters without a blank, each with its place.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split_whitespace().map(move |piece| (piece.as_ptr() as usize - base, piece))
}

fn take(piece: &str, start: usize, found: &mut Vec<Word>) {
    let whole = || start..start + piece.len();
    if piece.starts_with("http://") || piece.starts_with("https://") || piece.starts_with("www.") {
        return found.push(Word { plain: LINK.to_owned(), at: whole() });
    }
    if piece.contains('@') && piece.contains('.') {
        return found.push(Word { plain: ADDRESS.to_owned(), at: whole() });
    }
    if piece.contains(is_currency) && piece.contains(|c: char| c.is_ascii_digit()) {
        return found.push(Word { plain: AMOUNT.to_owned(), at: whole() });
    }
    let mut from = None;
    for (place, c) in piece.char_indices() {
        let within = c.is_alphanumeric() || is_apostrophe(c) || is_between_digits(piece, place, c);
        match (within, from) {
            (true, None) => from = Some(place),
            (false, Some(begun)) => {
                push(&piece[begun..place], start + begun, found);
                from = None;
            }
            _ => {}
        }
        if c == '%' {
            found.push(Word { plain: "%".to_owned(), at: start + place..start + place + 1 });
        }
        if is_currency(c) {
            found.push(Word { plain: AMOUNT.to_owned(), at: start + place..start + place + c.len_utf8() });
        }
    }
    if let Some(begun) = from {
        push(&piece[begun..], start + begun, found);
    }
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£' | '¥' | '₹')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '`' | '´')
}

fn is_between_digits(piece: &str, place: usize, c: char) -> bool {
    matches!(c, '.' | ',' | ':' | '/')
        && piece[..place].ends_with(|c: char| c.is_ascii_digit())
        && piece[place + c.len_utf8()..].starts_with(|c: char| c.is_ascii_digit())
}

/// A run of letters and digits: a number, or a word, or what an apostrophe joins to one, as in `l'abonnement`.
fn push(run: &str, start: usize, found: &mut Vec<Word>) {
    let trimmed = run.trim_matches(is_apostrophe);
    let start = start + (run.len() - run.trim_start_matches(is_apostrophe).len());
    if trimmed.is_empty() {
        return;
    }
    if let Some(cut) = trimmed.find(is_apostrophe)
        && (cut == 1 || trimmed[..cut].eq_ignore_ascii_case("qu"))
    {
        let rest = trimmed[cut..].trim_start_matches(is_apostrophe);
        let skipped = trimmed.len() - rest.len();
        found.push(Word { plain: plain(&trimmed[..cut]), at: start..start + cut });
        return push(rest, start + skipped, found);
    }
    let plain = kind(trimmed).map_or_else(|| plain(trimmed), str::to_owned);
    found.push(Word { plain, at: start..start + trimmed.len() });
}

/// What stands for a run with digits. Single digits and short names (`2x`, `w9`, `3ds`) are words.
fn kind(run: &str) -> Option<&'static str> {
    let digits = run.chars().filter(char::is_ascii_digit).count();
    if digits == 0 || run.chars().count() <= 1 {
        return None;
    }
    if run.chars().all(|c| !c.is_alphabetic()) {
        return Some(NUMBER);
    }
    (run.len() > 4).then_some(NAME)
}

fn plain(run: &str) -> String {
    let mut plain = String::with_capacity(run.len());
    if run.is_ascii() {
        plain.extend(run.chars().filter(|c| !is_apostrophe(*c)).map(|c| c.to_ascii_lowercase()));
        return plain;
    }
    for c in run.chars().filter(|c| !is_apostrophe(*c)).flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' => plain.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => plain.push('u'),
            'ç' => plain.push('c'),
            'ñ' => plain.push('n'),
            'ß' => plain.push_str("ss"),
            'œ' => plain.push_str("oe"),
            // Marks that stand by themselves over the letter before.
            '\u{300}'..='\u{36f}' => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::words;

    fn plain(text: &str) -> String {
        words(text, 100).into_iter().map(|word| word.plain).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_compared_without_case_accent_and_number() {
        let rows = [
            ("Charged TWICE!", "charged twice"),
            ("I can’t pay, it doesn't work", "i cant pay it doesnt work"),
            ("l'abonnement qu'on a payé", "l abonnement qu on a paye"),
            ("Rückerstattung für Straße", "ruckerstattung fur strasse"),
            ("$24.00 and 24,00 € twice", "$amount and #number $amount twice"),
            ("on 12/03/2026 at 10:15", "on #number at #number"),
            ("INV-20931 and inv20931", "inv #number and #name"),
            ("2 x w9, 3DS", "2 x w9 3ds"),
            ("mail me: ann@shop.example https://x.example/a?b=1", "mail me @address @link"),
            ("15% off", "#number % off"),
            ("请退款", "请退款"),
            ("' '' \u{301}", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(plain(text).trim(), expected, "{text}");
        }
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "Hello, l’été: «remboursé» 5%";
        for word in words(text, 100) {
            assert!(!text[word.at.clone()].contains(char::is_whitespace), "{word:?}");
        }
        assert_eq!(&text[words(text, 100)[3].at.clone()], "remboursé");
    }

    #[test]
    fn no_more_words_than_asked_for_are_read() {
        assert_eq!(words(&"word ".repeat(1000), 10).len(), 10);
    }
}
