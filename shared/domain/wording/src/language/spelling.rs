//! How is a word written by people in a hurry? Without accents, and with `ue` for `ü`.

/// All spellings of a word that are looked for, its own first: `für`, `fuer`, and `fur`, which speaks a little less.
/// Nothing of what is no word.
pub fn spellings(word: &str, points: u8) -> Vec<(String, u8)> {
    let small = word.to_lowercase();
    // Where it ends what stands before a word, as in `l'an`, the apostrophe counts; elsewhere many leave it out.
    let own = if small.ends_with('\'') { small } else { small.replace('\'', "") };
    if own.is_empty() {
        return Vec::new();
    }
    if own.is_ascii() {
        return vec![(own, points)];
    }
    let others = [(spread(&own), points), (plain(&own), points.saturating_sub(1).max(1))];
    let mut all = vec![(own, points)];
    for (other, points) in others {
        if all.iter().all(|(known, _)| *known != other) {
            all.push((other, points));
        }
    }
    all
}

/// Without accents.
pub(super) fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        match letter {
            'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'ă' | 'ą' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' | 'ě' | 'ę' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ı' => plain.push('i'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'ő' | 'ø' => plain.push('o'),
            'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => plain.push('u'),
            'ý' => plain.push('y'),
            'ç' | 'ć' | 'č' => plain.push('c'),
            'ñ' | 'ń' | 'ň' => plain.push('n'),
            'ł' => plain.push('l'),
            'ř' => plain.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => plain.push('s'),
            'ţ' | 'ț' => plain.push('t'),
            'ź' | 'ż' | 'ž' => plain.push('z'),
            'ğ' => plain.push('g'),
            'ß' => plain.push_str("ss"),
            'œ' => plain.push_str("oe"),
            'æ' => plain.push_str("ae"),
            // Marks that stand by themselves over the letter before.
            '\u{300}'..='\u{36f}' => {}
            _ => plain.push(letter),
        }
    }
    plain
}

/// With two letters for one that has dots, as whoever has no key for it writes.
fn spread(word: &str) -> String {
    if word.contains(['ä', 'ö', 'ü', 'ß']) {
        plain(&word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue"))
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn a_word_is_looked_for_as_people_write_it() {
        for (word, expected) in [
            ("und", "und 3"),
            ("Für", "für 3 fuer 3 fur 2"),
            ("größer", "größer 3 groesser 3 grosser 2"),
            ("daß", "daß 3 dass 3"),
            ("déjà", "déjà 3 deja 2"),
            ("cœur", "cœur 3 coeur 2"),
            ("l'", "l' 3"),
            ("don't", "dont 3"),
            ("'", "' 3"),
            ("mañana", "mañana 3 manana 2"),
        ] {
            let told: Vec<String> =
                spellings(word, 3).into_iter().map(|(own, points)| format!("{own} {points}")).collect();
            assert_eq!(told.join(" "), expected, "{word}");
        }
        assert_eq!(spellings("été", 1)[1], ("ete".to_owned(), 1), "what speaks at all");
        assert_eq!(spellings("", 1), []);
    }
}
