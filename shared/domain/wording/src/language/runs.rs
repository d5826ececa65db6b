//! The words of a text one by one, in small letters, without room of their own in memory.

/// How many bytes of a word are kept: what is longer is in no list.
const KEPT: usize = 24;

/// A run of letters, in small ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    small: [u8; KEPT],
    length: usize,
    /// How many letters it has.
    pub(super) letters: usize,
    /// The first letter that not every language has.
    pub(super) peculiar: Option<char>,
    /// Whether it is in another script than ours.
    pub(super) is_strange: bool,
}

impl Run {
    /// In small letters; nothing where it is too long for any list.
    pub(super) fn word(&self) -> &str {
        std::str::from_utf8(&self.small[..self.length]).unwrap_or_default()
    }
}

/// The words of a text. Addresses, links, and whatever has a digit in it are none.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Run> {
    let pieces = text.split(|letter: char| letter.is_whitespace()).filter(|piece| !is_address(piece));
    pieces.flat_map(|piece| Runs { rest: piece })
}

fn is_address(piece: &str) -> bool {
    let has = |sign: u8| piece.bytes().any(|byte| byte == sign);
    has(b'@') || (has(b':') && piece.contains("://")) || piece.starts_with("www.")
}

struct Runs<'a> {
    rest: &'a str,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        loop {
            let begin = self.rest.find(|letter| letter == '¿' || letter == '¡' || is_within(letter))?;
            let rest = &self.rest[begin..];
            let (run, length, has_digit) = read(rest);
            self.rest = &rest[length..];
            if !has_digit && (run.letters > 0 || run.peculiar.is_some()) {
                return Some(run);
            }
        }
    }
}

/// Reads what begins a text: up to what is no letter, or behind the apostrophe of `l'an`.
fn read(text: &str) -> (Run, usize, bool) {
    let mut run = Run { small: [0; KEPT], length: 0, letters: 0, peculiar: None, is_strange: false };
    let (mut end, mut has_digit) = (text.len(), false);
    for (place, letter) in text.char_indices() {
        // Most are, and nothing else need be asked of them.
        if letter.is_ascii_alphabetic() {
            run.letters += 1;
            run.keep(letter.to_ascii_lowercase());
            continue;
        }
        let after = place + letter.len_utf8();
        if matches!(letter, '¿' | '¡') {
            // They stand before a word, and speak by themselves.
            run.peculiar = Some(letter);
            end = after;
            break;
        }
        if is_apostrophe(letter) {
            let is_short = run.letters == 1 || (run.letters == 2 && run.word() == "qu");
            if is_short && text[after..].starts_with(char::is_alphabetic) {
                run.keep('\'');
                end = after;
                break;
            }
            continue;
        }
        if !is_within(letter) {
            end = place;
            break;
        }
        has_digit |= letter.is_numeric();
        run.take(letter);
    }
    if run.length > KEPT {
        run.length = 0;
    }
    (run, end, has_digit)
}

impl Run {
    fn take(&mut self, letter: char) {
        if letter.is_ascii() {
            return;
        }
        let is_mark = matches!(letter, '\u{300}'..='\u{36f}');
        self.letters += usize::from(!is_mark);
        self.is_strange |= !is_mark && !matches!(letter, '\u{a0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
        letter.to_lowercase().for_each(|small| {
            self.peculiar = self.peculiar.or(Some(small));
            self.keep(small);
        });
    }

    fn keep(&mut self, letter: char) {
        let end = self.length + letter.len_utf8();
        if end <= KEPT {
            letter.encode_utf8(&mut self.small[self.length..end]);
            self.length = end;
        } else {
            // Longer than what is kept, and so it stays.
            self.length = KEPT + 1;
        }
    }
}

fn is_within(letter: char) -> bool {
    letter.is_alphanumeric() || is_apostrophe(letter) || matches!(letter, '\u{300}'..='\u{36f}')
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '`' | '´')
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn words_are_told_apart_and_what_is_none_is_left_out() {
        for (text, expected) in [
            ("Ich WURDE, (doppelt)!", "ich wurde doppelt"),
            ("l’abonnement qu'on n'a", "l' abonnement qu' on n' a"),
            ("I'm sure it doesn't", "i' m sure it doesnt"),
            ("aujourd'hui, the boys' room", "aujourdhui the boys room"),
            ("ÜBER Été", "über été"),
            ("¿Por qué?", " por qué"),
            ("INV-20931 2x 49,00 € w9", "inv"),
            ("ann@shop.example https://x.example/und www.der.example und", "und"),
            ("'' ' 12 :-)", ""),
            ("fu\u{308}r", "fu\u{308}r"),
            ("Donaudampfschifffahrtsgesellschaft und", " und"),
        ] {
            let found: Vec<String> = runs(text).map(|run| run.word().to_owned()).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn letters_that_few_have_and_other_scripts_are_seen() {
        for (text, peculiar, is_strange) in [
            ("fur", None, false),
            ("Über", Some('ü'), false),
            ("łódź", Some('ł'), false),
            ("请退款", Some('请'), true),
            ("вернуть", Some('в'), true),
        ] {
            let run = runs(text).next().unwrap();
            assert_eq!((run.peculiar, run.is_strange), (peculiar, is_strange), "{text}");
        }
    }
}
