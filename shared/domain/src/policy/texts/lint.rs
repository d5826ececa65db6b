//! What is wrong with texts that can be read? Every language says everything, with the same gaps.

use super::{Complaint, GAPS, Text, Texts, language, phrase};
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

impl Texts {
    pub(super) fn complaints(&self) -> Vec<Complaint> {
        let mut complaints = self.of_languages();
        complaints.extend(self.of_phrases());
        complaints.extend(self.text.iter().flat_map(|text| self.of_text(text)));
        complaints.extend(self.of_translations());
        complaints
    }

    fn languages(&self) -> impl Iterator<Item = &str> {
        self.language.iter().map(|language| language.id.get_ref().as_str())
    }

    fn of_languages(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.language.iter().map(|language| &language.id));
        if self.languages().next() != Some(language::ENGLISH) {
            complaints.push(Complaint::at(0, "the first language is `en`, which everybody falls back to"));
        }
        let mut clear = BTreeSet::new();
        for language in &self.language {
            if strtime::format(&language.date, Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC).date()).is_err() {
                complaints.push(Complaint::on(&language.id, format!("`{}` writes no date", language.date)));
            }
            for country in language.countries.iter().filter(|country| !clear.insert(country.as_str())) {
                complaints.push(Complaint::on(&language.id, format!("`{country}` reads another language already")));
            }
            let all = language.countries.iter().chain(language.regions.keys());
            for country in all.filter(|code| code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase())) {
                complaints.push(Complaint::on(&language.id, format!("`{country}` is no country: write it like DE")));
            }
        }
        complaints
    }

    fn of_phrases(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut seen = BTreeSet::new();
        for phrase in &self.phrase {
            let Some(english) = phrase.get(language::ENGLISH) else {
                let place = phrase.values().next().map_or(0, |words| words.span().start);
                complaints.push(Complaint::at(place, "a phrase is not there in `en`, by which it is found"));
                continue;
            };
            let words = english.get_ref();
            if !seen.insert(words) {
                complaints.push(Complaint::on(english, format!("`{words}` is there twice")));
            }
            for language in self.languages().filter(|language| !phrase.contains_key(*language)) {
                complaints.push(Complaint::on(english, format!("`{words}` is not there in `{language}`")));
            }
            for (language, said) in phrase {
                if !self.languages().any(|known| known == language) {
                    complaints.push(Complaint::on(said, format!("no language is called `{language}`")));
                }
                if said.get_ref().trim().is_empty() {
                    complaints.push(Complaint::on(said, format!("`{words}` has no words in `{language}`")));
                }
            }
        }
        let said = phrase::ALL.into_iter().chain(phrase::request::ALL).filter(|words| !self.has_phrase(words));
        complaints.extend(said.map(|words| Complaint::at(0, format!("no phrase says `{words}`, which the code does"))));
        complaints
    }

    fn of_text(&self, text: &Text) -> Vec<Complaint> {
        let (id, locale) = (text.id.get_ref(), &text.locale);
        let mut faults = Vec::new();
        if !self.languages().any(|language| language == locale) {
            faults.push(format!("no language is called `{locale}`"));
        }
        if text.subject.trim().is_empty() || text.body.trim().is_empty() {
            faults.push(format!("`{id}` has an empty subject or body in `{locale}`"));
        }
        let known =
            GAPS.iter().fold(format!("{} {}", text.subject, text.body), |rest, gap| rest.replace(&braced(gap), ""));
        if known.contains(['{', '}']) {
            faults.push(format!("`{id}` has a gap that nothing fills"));
        }
        if let Some(fault) = text.sms.as_ref().and_then(|sms| self.sms.fault(sms)) {
            faults.push(format!("`{id}` in `{locale}`: {fault}"));
        }
        faults.into_iter().map(|fault| Complaint::on(&text.id, fault)).collect()
    }

    fn of_translations(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut seen = BTreeSet::new();
        for text in &self.text {
            let (id, locale) = (text.id.get_ref(), &text.locale);
            if !seen.insert((id, locale)) {
                complaints.push(Complaint::on(&text.id, format!("`{id}` is there twice in `{locale}`")));
            }
            let Some(english) = self.text(id) else {
                let fault = format!("`{id}` is not there in `en`, which everybody falls back to");
                complaints.push(Complaint::on(&text.id, fault));
                continue;
            };
            if gaps(english) != gaps(text) {
                let fault = format!("`{id}` has other gaps in `{locale}` than in `en`");
                complaints.push(Complaint::on(&text.id, fault));
            }
            if english.sms.is_some() != text.sms.is_some() || english.for_staff != text.for_staff {
                let fault = format!("`{id}` has an SMS, or is for staff, in some languages only");
                complaints.push(Complaint::on(&text.id, fault));
            }
        }
        for english in self.text.iter().filter(|text| text.locale == language::ENGLISH && !text.for_staff) {
            let id = english.id.get_ref();
            let is_there =
                |language: &str| self.text.iter().any(|text| text.id.get_ref() == id && text.locale == language);
            for language in self.languages().filter(|language| !is_there(language)) {
                complaints.push(Complaint::on(&english.id, format!("`{id}` is not there in `{language}`")));
            }
        }
        complaints
    }
}

fn braced(gap: &str) -> String {
    format!("{{{gap}}}")
}

/// The gaps of subject and body, and those of the SMS.
fn gaps(text: &Text) -> [BTreeSet<&'static str>; 2] {
    let of = |text: &str| GAPS.iter().copied().filter(|gap| text.contains(&braced(gap))).collect();
    [of(&format!("{} {}", text.subject, text.body)), of(text.sms.as_deref().unwrap_or_default())]
}

#[cfg(test)]
mod tests {
    use super::super::Texts;
    use crate::policy::{Rules, read};

    /// Two languages, every phrase that the code says, and one text.
    fn texts() -> String {
        let language = |id: &str, countries: &str| {
            format!(
                "[[language]]\nid = \"{id}\"\ncountries = [{countries}]\nnumbers = {{ decimal = \".\", thousands = \"\" }}\n\
                 date = \"%Y-%m-%d\"\nsymbols = {{}}\n"
            )
        };
        let all = super::phrase::ALL.into_iter().chain(super::phrase::request::ALL);
        let said: Vec<String> =
            all.map(|words| format!("[[phrase]]\nen = \"{words}\"\nde = \"auf Deutsch {words}\"\n")).collect();
        let text = |locale: &str| {
            format!(
                "[[text]]\nid = \"one\"\nlocale = \"{locale}\"\nsubject = \"{{amount}} in {locale}\"\n\
                 sms = \"pay {{link}} in {locale}\"\nbody = \"{{name}} in {locale}\"\n"
            )
        };
        format!(
            "version = 1\neffective = \"2026-01-01\"\n{}{}[sms]\nseptets_max = 160\nlongest = {{ link = 60 }}\n{}{}{}",
            language("en", ""),
            language("de", "\"DE\""),
            said.concat(),
            text("en"),
            text("de"),
        )
    }

    #[test]
    fn every_language_says_everything_with_the_same_gaps() {
        let own = texts();
        assert_eq!(read("texts", &own, Texts::lint).err(), None);
        for (from, to, expected) in [
            ("id = \"en\"", "id = \"fr\"", "the first language is `en`"),
            ("countries = []", "countries = [\"DE\"]", "`DE` reads another language already"),
            ("countries = []", "countries = [\"de\"]", "`de` is no country"),
            ("date = \"%Y-%m-%d\"", "date = \"%!\"", "writes no date"),
            ("id = \"de\"", "id = \"en\"", "used twice"),
            ("de = \"auf Deutsch nothing\"\n", "", "`nothing` is not there in `de`"),
            ("de = \"auf Deutsch nothing\"", "de = \" \"", "`nothing` has no words in `de`"),
            ("de = \"auf Deutsch nothing\"", "de = \"nichts\"\nfr = \"rien\"", "no language is called `fr`"),
            ("en = \"nothing\"", "en = \"something\"", "no phrase says `nothing`"),
            ("en = \"nothing\"\n", "", "not there in `en`, by which it is found"),
            ("en = \"nothing\"", "en = \"attached\"", "`attached` is there twice"),
            ("locale = \"de\"", "locale = \"fr\"", "no language is called `fr`"),
            ("locale = \"de\"", "locale = \"en\"", "`one` is there twice in `en`"),
            ("locale = \"en\"", "locale = \"de\"", "`one` is not there in `en`"),
            ("{amount} in de", " ", "`one` has an empty subject"),
            ("{amount} in de", "in de", "`one` has other gaps in `de`"),
            ("{name} in de", "{name} in de {invoice}", "`one` has other gaps in `de`"),
            ("{name} in de", "{nam} in de", "a gap that nothing fills"),
            ("pay {link} in de", "pay in de", "`one` has other gaps in `de`"),
            ("sms = \"pay {link} in de\"\n", "", "in some languages only"),
            ("pay {link} in de", "{name} {link}", "`one` in `de`: an SMS has a gap"),
            ("septets_max = 160", "septets_max = 60", "an SMS takes"),
            ("locale = \"de\"", "locale = \"de\"\nfor_staff = true", "in some languages only"),
        ] {
            assert!(own.contains(from), "`{from}` is there");
            let refused = read("texts", &own.replacen(from, to, 1), Texts::lint).err();
            let all: Vec<_> = toml::from_str::<Texts>(&own.replacen(from, to, 1)).map(|texts| texts.lint()).unwrap();
            assert!(refused.is_some(), "`{to}` is not refused");
            assert!(all.iter().any(|it| it.message.contains(expected)), "{to}: {all:?}");
        }
    }

    #[test]
    fn what_only_staff_read_needs_no_translation() {
        let mut own = texts();
        own.push_str("[[text]]\nid = \"two\"\nlocale = \"en\"\nsubject = \"s\"\nbody = \"b\"\n");
        let refused = read("texts", &own, Texts::lint).err().unwrap();
        assert!(refused.message.contains("`two` is not there in `de`"), "{refused}");
        own.push_str("for_staff = true\n");
        assert_eq!(read("texts", &own, Texts::lint).err(), None);
    }
}
