//! In which language is a letter written? The small words tell that everybody uses whatever they write about, and
//! letters that few languages have: which ones, and how much each speaks, is data in `shared/policy/languages/`.

mod lookup;
mod runs;
mod spelling;

use crate::letter;
use lookup::Lookup;
use runs::{Run, runs};
use std::collections::BTreeMap;

pub use spelling::spellings;

/// When is a language told?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enough {
    /// How many points speak for it at least.
    pub points: u32,
    /// How many of them no other language shares with it at least.
    pub lead: u32,
    /// How much another may have beside what they share, in percent of that.
    pub near: u32,
    /// How many of the words speak for it at least, in percent.
    pub share: u32,
}

/// A language and what speaks for it: words as anybody writes them, and letters, each with its points.
#[derive(Debug, Clone, Copy)]
pub struct Spoken<'a> {
    /// Its id, as `de`.
    pub id: &'a str,
    /// Whether it may be told. The others are there so that none of these is told in their place.
    pub told: bool,
    pub words: &'a [(&'a str, u8)],
    pub letters: (&'a str, u8),
}

/// Which language it is, and the first words that speak for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tongue<'a> {
    pub language: &'a str,
    /// Whether the letter told it, and not just its subject, which stands above all letters of a ticket alike.
    pub by_letter: bool,
    pub words: Vec<String>,
}

/// How many languages are told apart at most.
pub const LANGUAGES_MAX: usize = 23;

/// The last stands for every script but ours.
const LANGUAGES: usize = LANGUAGES_MAX + 1;
const OTHER_SCRIPT: usize = LANGUAGES_MAX;

/// How much a word of another script speaks.
const STRANGE: u16 = 4;

/// How many runs of letters are read, and how many of those that speak are shown.
const RUNS: usize = 400;
const SHOWN: usize = 3;

/// Everything that speaks for a language.
#[derive(Debug, Clone)]
pub struct Languages {
    /// Ids, and which of them may be told.
    ids: Vec<(String, bool)>,
    words: Lookup,
    letters: Vec<(char, Box<[Points]>)>,
}

/// How much something speaks for the language of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Points {
    place: u8,
    points: u8,
}

/// What a text comes to.
struct Tally {
    points: [u16; LANGUAGES],
    /// What the same words say for two languages: it tells neither from the other.
    alike: [[u16; LANGUAGES]; LANGUAGES],
    hits: [u16; LANGUAGES],
    words: u16,
}

impl Tally {
    fn add(&mut self, said: &[Points]) {
        for own in said {
            let place = usize::from(own.place);
            self.points[place] += u16::from(own.points);
            for other in said {
                self.alike[place][usize::from(other.place)] += u16::from(own.points.min(other.points));
            }
        }
    }
}

impl Languages {
    /// Of no more languages than are told apart.
    pub fn new(spoken: &[Spoken<'_>]) -> Self {
        let mut words: BTreeMap<String, Vec<Points>> = BTreeMap::new();
        let mut letters: BTreeMap<char, Vec<Points>> = BTreeMap::new();
        let spoken = &spoken[..spoken.len().min(OTHER_SCRIPT)];
        for (place, own) in (0_u8..).zip(spoken) {
            for (word, points) in own.words {
                for (spelling, points) in spellings(word, *points) {
                    say(words.entry(spelling).or_default(), place, points);
                }
            }
            own.letters.0.chars().for_each(|own_one| say(letters.entry(own_one).or_default(), place, own.letters.1));
        }
        Self {
            ids: spoken.iter().map(|own| (own.id.to_owned(), own.told)).collect(),
            words: Lookup::new(words),
            letters: letters.into_iter().map(|(letter, points)| (letter, points.into_boxed_slice())).collect(),
        }
    }

    /// The language of a letter's newest words; nothing, where too little speaks, or two languages are near.
    pub fn tell(&self, subject: &str, body: &str, enough: &Enough) -> Option<Tongue<'_>> {
        let new = letter::newest(subject, body);
        let of = |parts: [&str; 2], by_letter: bool| {
            let place = self.told(&self.tally(parts), enough)?;
            Some(Tongue { language: &self.ids[place].0, by_letter, words: self.speaking(parts, place) })
        };
        // The subject of an answer is somebody else's, or says nothing of what is written now.
        let is_old = new.subject.is_empty() || (new.is_reply && !new.body.is_empty());
        of(["", &new.body], true).or_else(|| if is_old { None } else { of([&new.subject, &new.body], false) })
    }

    fn tally(&self, parts: [&str; 2]) -> Tally {
        let mut tally =
            Tally { points: [0; LANGUAGES], alike: [[0; LANGUAGES]; LANGUAGES], hits: [0; LANGUAGES], words: 0 };
        for run in parts.into_iter().flat_map(runs).take(RUNS) {
            if run.is_strange {
                tally.words += 1;
                tally.points[OTHER_SCRIPT] += STRANGE;
                continue;
            }
            let word = self.word(&run);
            tally.words += u16::from(run.letters > 1 || !word.is_empty());
            for said in word {
                tally.hits[usize::from(said.place)] += 1;
            }
            // Letters speak where the word does not.
            tally.add(match run.peculiar.filter(|_| word.is_empty()) {
                Some(letter) => self.letter(letter),
                None => word,
            });
        }
        tally
    }

    /// The place of the language that is told.
    fn told(&self, tally: &Tally, enough: &Enough) -> Option<usize> {
        let best = (0..LANGUAGES).rev().max_by_key(|place| tally.points[*place])?;
        let percent = |part: u16, percent: u32| u32::from(part) * percent;
        let stands_out = |other: usize| {
            let alike = tally.alike[best][other];
            let (own, others) = (tally.points[best] - alike, tally.points[other] - alike);
            u32::from(own) >= enough.lead && percent(others, 100) <= percent(own, enough.near)
        };
        let is_enough = u32::from(tally.points[best]) >= enough.points
            && percent(tally.hits[best], 100) >= percent(tally.words, enough.share)
            && (0..LANGUAGES).filter(|other| *other != best).all(stands_out);
        (is_enough && self.ids.get(best)?.1).then_some(best)
    }

    /// The first words that speak for a language, each once.
    fn speaking(&self, parts: [&str; 2], place: usize) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for run in parts.into_iter().flat_map(runs).take(RUNS) {
            let speaks = self.word(&run).iter().any(|said| usize::from(said.place) == place && said.points > 1);
            if speaks && !words.iter().any(|word| word == run.word()) {
                words.push(run.word().to_owned());
                if words.len() == SHOWN {
                    break;
                }
            }
        }
        words
    }

    fn word(&self, run: &Run) -> &[Points] {
        let found = self.words.find(run.word());
        if found.is_empty() && run.peculiar.is_some() { self.words.find(&spelling::plain(run.word())) } else { found }
    }

    fn letter(&self, letter: char) -> &[Points] {
        self.letters.binary_search_by_key(&letter, |(own, _)| *own).map_or(&[], |place| &*self.letters[place].1)
    }
}

/// Of a word that a language says in two ways, the better counts.
fn say(said: &mut Vec<Points>, place: u8, points: u8) {
    match said.iter_mut().find(|said| said.place == place) {
        Some(said) => said.points = said.points.max(points),
        None => said.push(Points { place, points }),
    }
}

#[cfg(test)]
mod tests;
