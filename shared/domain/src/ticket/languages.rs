//! By which words is a letter's language told? The lists are data: `shared/policy/languages/`.

use super::Tongue;
use crate::policy::{Complaint, Rules};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use toml::Spanned;
use wording::{Enough, LANGUAGES_MAX, Languages, Spoken, spellings};

/// How much a word may speak.
const POINTS_MAX: u8 = 9;

/// One released version, made ready to be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Lists")]
pub struct LanguagePolicy {
    lists: Lists,
    languages: Arc<Languages>,
}

/// As it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    version: u32,
    effective: String,
    enough: Least,
    shared: Shared,
    /// Of languages that say as much the first is told.
    language: Vec<Language>,
}

/// When it is enough: points, and shares in percent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Least {
    points_min: u32,
    lead_min: u32,
    near_max: u32,
    share_min: u32,
    why: String,
}

/// Words that speak as much for one language as for another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    words: Vec<Spanned<String>>,
    why: String,
}

/// A language, whether it is told, and what speaks for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    id: Spanned<String>,
    told: bool,
    letters: String,
    letter_points: u8,
    why: String,
    said: Vec<Said>,
}

/// Words of one kind that speak as much as each other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    kind: Spanned<String>,
    points: u8,
    words: Vec<Spanned<String>>,
}

impl Language {
    fn words(&self) -> impl Iterator<Item = (&Spanned<String>, u8)> {
        self.said.iter().flat_map(|said| said.words.iter().map(move |word| (word, said.points)))
    }

    fn lint(&self) -> Vec<Complaint> {
        let (id, mut seen, mut complaints) = (self.id.get_ref(), BTreeSet::new(), Vec::new());
        for (word, _) in self.words() {
            let own = word.get_ref();
            if own.is_empty() || own.contains(char::is_whitespace) || *own != own.to_lowercase() {
                complaints.push(Complaint::on(word, format!("`{own}` is not one word in small letters")));
            }
            if !seen.insert(own) {
                complaints.push(Complaint::on(word, format!("`{own}` stands twice among the words of `{id}`")));
            }
        }
        if seen.is_empty() || self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{id}` has no words or no `why`")));
        }
        let is_wrong = |points: u8| !(1..=POINTS_MAX).contains(&points);
        for said in self.said.iter().filter(|said| is_wrong(said.points) || said.kind.get_ref().trim().is_empty()) {
            let what = format!("words of `{id}` are of a kind, and have 1 to {POINTS_MAX} points");
            complaints.push(Complaint::on(&said.kind, what));
        }
        if is_wrong(self.letter_points) {
            complaints.push(Complaint::on(&self.id, format!("letters have 1 to {POINTS_MAX} points")));
        }
        complaints
    }
}

impl Lists {
    fn languages(&self) -> Languages {
        let words: Vec<Vec<(&str, u8)>> = self
            .language
            .iter()
            .map(|own| own.words().map(|(word, points)| (word.get_ref().as_str(), points)).collect())
            .collect();
        let spoken: Vec<Spoken<'_>> = self
            .language
            .iter()
            .zip(&words)
            .map(|(own, words)| Spoken {
                id: own.id.get_ref(),
                told: own.told,
                words,
                letters: (&own.letters, own.letter_points),
            })
            .collect();
        Languages::new(&spoken)
    }

    /// Words that speak as much for one language as for another and are not said to, and those that are said to and do
    /// not.
    fn undecided(&self) -> Vec<Complaint> {
        let mut said: BTreeMap<String, BTreeMap<usize, u8>> = BTreeMap::new();
        for (place, language) in self.language.iter().enumerate() {
            for (spelling, points) in language.words().flat_map(|(word, points)| spellings(word.get_ref(), points)) {
                let own = said.entry(spelling).or_default().entry(place).or_insert(points);
                *own = points.max(*own);
            }
        }
        let shared: BTreeSet<&str> = self.shared.words.iter().map(|word| word.get_ref().as_str()).collect();
        let (mut both, mut complaints) = (BTreeSet::new(), Vec::new());
        for (place, language) in self.language.iter().enumerate() {
            for (word, _) in language.words() {
                for (spelling, _) in spellings(word.get_ref(), 1) {
                    let (own, id) = (&said[&spelling], language.id.get_ref());
                    let Some(other) = own.range(..place).find(|other| *other.1 == own[&place]) else { continue };
                    if !shared.contains(spelling.as_str()) {
                        let other = self.language[*other.0].id.get_ref();
                        let what = format!("`{spelling}` says as much for `{other}` as for `{id}`, and is not shared");
                        complaints.push(Complaint::on(word, what));
                    }
                    both.insert(spelling);
                }
            }
        }
        let alone = self.shared.words.iter().filter(|word| !both.contains(word.get_ref()));
        complaints
            .extend(alone.map(|word| Complaint::on(word, format!("no two languages share `{}`", word.get_ref()))));
        complaints
    }
}

impl From<Lists> for LanguagePolicy {
    fn from(lists: Lists) -> Self {
        let languages = Arc::new(lists.languages());
        Self { lists, languages }
    }
}

impl LanguagePolicy {
    /// In which language the newest words of a letter are; nothing, where they do not tell.
    pub fn tell(&self, subject: &str, body: &str, at: Timestamp) -> Option<Tongue> {
        let Least { points_min, lead_min, near_max, share_min, .. } = self.lists.enough;
        let enough = Enough { points: points_min, lead: lead_min, near: near_max, share: share_min };
        let found = self.languages.tell(subject, body, &enough)?;
        let (by_letter, language) = (found.by_letter, found.language.to_owned());
        Some(Tongue { by_letter, at, chosen: false, language, words: found.words })
    }

    /// The languages that may be told.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        self.lists.language.iter().filter(|language| language.told).map(|language| language.id.get_ref().as_str())
    }
}

impl Rules for LanguagePolicy {
    const NAME: &'static str = "languages";

    fn version(&self) -> u32 {
        self.lists.version
    }

    fn effective(&self) -> &str {
        &self.lists.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let Lists { enough, shared, language, .. } = &self.lists;
        let mut complaints = Complaint::doubled(language.iter().map(|language| &language.id));
        complaints.extend(Complaint::doubled(shared.words.iter()));
        complaints.extend(language.iter().flat_map(Language::lint));
        complaints.extend(self.lists.undecided());
        let rows = [
            (language.len() > LANGUAGES_MAX, "23 languages are told apart at most"),
            (enough.points_min < 1 || enough.lead_min < 1, "one point at least tells a language"),
            (
                enough.near_max > 99 || enough.share_min > 100,
                "`near_max` is below 100 percent, `share_min` at most that",
            ),
            (enough.why.trim().is_empty(), "`enough` has no `why`"),
            (shared.why.trim().is_empty(), "`shared` has no `why`"),
        ];
        complaints.extend(rows.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| Complaint::at(0, what)));
        complaints
    }
}

#[cfg(test)]
mod tests {
    use crate::policies::Policies;
    use jiff::Timestamp;

    #[test]
    fn the_shipped_lists_tell_the_languages_that_there_are_texts_in() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.languages.current();
        assert_eq!(policy.told().collect::<Vec<_>>(), ["en", "de", "fr", "es"]);
        for (text, expected, words) in [
            ("I was charged twice", Some("en"), "i was charged"),
            ("Hi, ich wurde double charged", Some("de"), "ich wurde"),
            ("koennt ihr das pruefen", Some("de"), "koennt ihr das"),
            ("ou est mon remboursement", Some("fr"), "ou est mon"),
            ("gracias, pero no me sirve", Some("es"), "gracias pero"),
            ("vorrei il rimborso per favore", None, ""),
            ("ok", None, ""),
        ] {
            let told = policy.tell("", text, Timestamp::UNIX_EPOCH);
            assert_eq!(told.as_ref().map(|tongue| tongue.language.as_str()), expected, "{text}");
            assert_eq!(told.map(|tongue| tongue.words.join(" ")).unwrap_or_default(), words, "{text}");
        }
    }
}
