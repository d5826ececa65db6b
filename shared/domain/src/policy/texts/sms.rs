//! What fits into one SMS? The alphabet of GSM counts in septets, and any letter outside it would halve what fits.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The default alphabet of 3GPP TS 23.038, without its control characters.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
    abcdefghijklmnopqrstuvwxyzäöñüà";
/// What takes two septets.
const EXTENDED: &str = "^{}\\[~]|€";

/// How long an SMS may be, and the longest that may stand in its gaps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sms {
    pub septets_max: usize,
    pub longest: BTreeMap<String, usize>,
}

impl Sms {
    /// What is wrong with the text of one, at its longest.
    pub fn fault(&self, text: &str) -> Option<String> {
        let fixed = self.longest.keys().fold(text.to_owned(), |text, gap| text.replace(&format!("{{{gap}}}"), ""));
        if fixed.contains(['{', '}']) {
            return Some("an SMS has a gap that is not for it".to_owned());
        }
        if let Some(strange) = fixed.chars().find(|letter| septets(*letter).is_none()) {
            return Some(format!("an SMS cannot hold `{strange}`"));
        }
        let gaps = self.longest.iter().map(|(gap, longest)| text.matches(&format!("{{{gap}}}")).count() * longest);
        let length = fixed.chars().filter_map(septets).sum::<usize>() + gaps.sum::<usize>();
        (length > self.septets_max).then(|| format!("an SMS takes {length} septets at its longest"))
    }
}

impl Sms {
    /// Words cut to what may stand in a gap: nothing, if one of their letters cannot stand in any, or nothing is left.
    pub fn cut(&self, gap: &str, words: &str) -> Option<String> {
        let most = self.longest.get(gap).copied()?;
        let (mut cut, mut taken, mut is_whole) = (String::new(), 0, true);
        for letter in words.trim().chars() {
            taken += septets(letter).filter(|_| !letter.is_control())?;
            is_whole &= taken <= most;
            if is_whole {
                cut.push(letter);
            }
        }
        Some(cut.trim_end().to_owned()).filter(|cut| !cut.is_empty())
    }
}

fn septets(letter: char) -> Option<usize> {
    match letter {
        _ if BASIC.contains(letter) => Some(1),
        _ if EXTENDED.contains(letter) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_to_what_fits_and_left_out_where_no_phone_could_show_it() {
        let sms = Sms { septets_max: 160, longest: BTreeMap::from([("company".to_owned(), 10)]) };
        for (name, expected) in [
            ("Juniper", Some("Juniper")),
            ("0123456789", Some("0123456789")),
            ("01234567890", Some("0123456789")),
            (" Müller & Söhne ", Some("Müller & S")),
            ("Ein Laden im Ort", Some("Ein Laden")),
            ("12345678€", Some("12345678€")),
            ("123456789€", Some("123456789")),
            ("123456789€1", Some("123456789")),
            ("Łódź", None),
            ("日本", None),
            ("", None),
        ] {
            assert_eq!(sms.cut("company", name).as_deref(), expected, "{name}");
        }
        assert_eq!(sms.cut("name", "Ada"), None, "it has no such gap");
    }

    #[test]
    fn an_sms_is_one_message_of_gsm_at_its_longest() {
        let sms = Sms { septets_max: 20, longest: BTreeMap::from([("link".to_owned(), 10)]) };
        for (text, expected) in [
            ("0123456789{link}", None),
            ("01234567890{link}", Some("an SMS takes 21 septets at its longest")),
            ("{link}{link}", None),
            ("{link} {link}", Some("an SMS takes 21 septets at its longest")),
            ("01234567€{link}", None),
            ("012345678€{link}", Some("an SMS takes 21 septets at its longest")),
            ("Zahlung für Sie", None),
            ("Aquí", Some("an SMS cannot hold `í`")),
            ("l’avis", Some("an SMS cannot hold `’`")),
            ("Hello {name}", Some("an SMS has a gap that is not for it")),
            ("", None),
        ] {
            assert_eq!(sms.fault(text).as_deref(), expected, "{text}");
        }
    }
}
