//! From a letter to what it is about, how sure that is, and the words that decided.

use crate::model::{CLASSES, Known, Model, Seen};
use crate::words::{Word, words};
use crate::{Class, letter};
use std::ops::Range;

/// When is a guess sure enough? In thousandths; the policy has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Below this a person classifies.
    pub sure: u16,
    /// From this on a further sentence names a trouble of its own.
    pub also: u16,
    /// How many reasons are given.
    pub reasons: usize,
}

/// What a letter is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The best guess, also where it abstains.
    pub class: Class,
    /// How often such a guess is right, in thousandths.
    pub confidence: u16,
    /// Whether a person should classify.
    pub abstained: bool,
    /// What else the letter is about, by its sentences, in their order.
    pub also: Vec<Class>,
    /// The words that decided, as they stand in the letter, the weightiest first.
    pub reasons: Vec<String>,
}

/// How many words are read, and how many sentences are looked at for a trouble of their own.
const WORDS: usize = 400;
const SENTENCES: usize = 24;

/// A sentence as sure as this, in thousandths, says what a letter is about that is not about billing otherwise: the
/// more somebody tells, the less of it is about their trouble.
const ALONE: u16 = 950;

/// So few words may be about anything, where they answer something.
const FEW: usize = 8;

/// Reads a letter.
pub fn guess(model: &Model<'_>, subject: &str, body: &str, thresholds: &Thresholds) -> Guess {
    let new = letter::newest(subject, body);
    // The subject of an answer is old: it counts only where the new words do not say enough, as in "any news?".
    if new.is_reply && !new.body.is_empty() {
        let alone = judge(model, &new.body, thresholds);
        let is_short = new.body.split_whitespace().nth(FEW).is_none();
        if !(alone.abstained || is_short && alone.class == Class::NotBilling) {
            return alone;
        }
    }
    if new.subject.is_empty() {
        return judge(model, &new.body, thresholds);
    }
    judge(model, &format!("{}\n{}", new.subject, new.body), thresholds)
}

fn judge(model: &Model<'_>, letter: &str, thresholds: &Thresholds) -> Guess {
    let text = &*letter::ends(letter);
    let words = words(text, WORDS);
    // Where not one word is known, a guess is only a guess; and a number is none.
    let says_something = |word: &Word| word.plain.starts_with(char::is_alphabetic) && model.knows(word);
    if !words.iter().any(says_something) {
        let (also, reasons) = (Vec::new(), Vec::new());
        return Guess { class: Class::NotBilling, confidence: 0, abstained: true, also, reasons };
    }
    let seen = model.seen(&words);
    let known = model.known(&words, &seen, 0..words.len());
    let shares = model.shares(&model.scores(&known));
    let (whole, share) = (best(&shares), shares[best(&shares).index()]);
    let troubles = troubles(model, text, &words, &seen);
    let alone = troubles.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let (class, share) = match alone {
        Some((class, alone)) if whole == Class::NotBilling && thousandths(*alone) >= ALONE => (*class, *alone),
        // A letter is not about billing where none of its sentences is.
        Some((_, alone)) if whole == Class::NotBilling && *alone >= 0.5 => (whole, share.min(1.0 - alone)),
        _ => (whole, share),
    };
    // What was not read may be about billing.
    let is_open = class == Class::NotBilling && text.len() < letter.len();
    let confidence = thousandths(if is_open { share.min(0.5) } else { share });
    Guess {
        class,
        confidence,
        abstained: confidence < thresholds.sure,
        also: also(&troubles, class, thresholds.also),
        reasons: reasons(model, text, &words, &known, class, thresholds.reasons),
    }
}

/// The likeliest class; of two the first.
pub(crate) fn best(shares: &[f64; CLASSES]) -> Class {
    let mut best = Class::ALL[0];
    for class in Class::ALL {
        if shares[class.index()] > shares[best.index()] {
            best = class;
        }
    }
    best
}

fn thousandths(share: f64) -> u16 {
    (share * 1000.0).round() as u16
}

/// What single sentences are about and how sure that is, in their order, where that is billing and there are several.
fn troubles(model: &Model<'_>, text: &str, words: &[Word], seen: &[Seen]) -> Vec<(Class, f64)> {
    let sentences = sentences(text, words);
    if sentences.len() < 2 {
        return Vec::new();
    }
    let trouble = |sentence: Range<usize>| {
        let first = seen.partition_point(|seen| usize::from(seen.place) < sentence.start);
        let last = seen.partition_point(|seen| usize::from(seen.place) < sentence.end);
        let scores = model.scores(&model.known(words, &seen[first..last], sentence));
        let class = best(&scores);
        (class != Class::NotBilling).then(|| (class, model.shares(&scores)[class.index()]))
    };
    sentences.into_iter().filter(|sentence| sentence.len() > 2).take(SENTENCES).filter_map(trouble).collect()
}

/// The classes of other sentences beside the letter's own.
fn also(troubles: &[(Class, f64)], class: Class, from: u16) -> Vec<Class> {
    let mut also = Vec::new();
    for (other, share) in troubles {
        if *other != class && thousandths(*share) >= from && !also.contains(other) {
            also.push(*other);
        }
    }
    also
}

/// The words of each sentence.
fn sentences(text: &str, words: &[Word]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut begun = 0;
    for (place, pair) in words.windows(2).enumerate() {
        if text[pair[0].at.end..pair[1].at.start].contains(['.', '!', '?', ';', '\n']) {
            sentences.push(begun..place + 1);
            begun = place + 1;
        }
    }
    sentences.push(begun..words.len());
    sentences
}

/// The words that speak most for a class, neighbours together. Only words that the weights know are shown, so that
/// neither names nor numbers are.
fn reasons(model: &Model<'_>, text: &str, words: &[Word], known: &[Known], class: Class, most: usize) -> Vec<String> {
    let mut leanings = vec![0.0; words.len()];
    for feature in known {
        let leaning = model.leaning(feature, class.index());
        let span = feature.last - feature.first;
        let both = if span == 0 { 1.0 } else { 2.0 };
        leanings[feature.first] += leaning / both;
        if span > 0 {
            leanings[feature.last] += leaning / both;
        }
    }
    let strongest = leanings.iter().copied().fold(0.0, f64::max);
    let is_shown = |place: usize| {
        let word = &words[place];
        leanings[place] > strongest * 0.25
            && word.plain.chars().count() > 1
            && word.plain.chars().all(char::is_alphabetic)
            && model.knows(word)
    };
    let mut shown: Vec<(f64, String)> = Vec::new();
    let mut place = 0;
    while place < words.len() {
        if !is_shown(place) {
            place += 1;
            continue;
        }
        let begun = place;
        while place + 1 < words.len() && place - begun < 3 && is_shown(place + 1) && is_beside(text, words, place) {
            place += 1;
        }
        let weight = leanings[begun..=place].iter().copied().fold(0.0, f64::max);
        let said = text[words[begun].at.start..words[place].at.end].to_owned();
        if !shown.iter().any(|(_, other)| other.to_lowercase() == said.to_lowercase()) {
            shown.push((weight, said));
        }
        place += 1;
    }
    shown.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    shown.into_iter().take(most).map(|(_, said)| said).collect()
}

fn is_beside(text: &str, words: &[Word], place: usize) -> bool {
    text[words[place].at.end..words[place + 1].at.start].chars().all(|c| c == ' ')
}

#[cfg(test)]
mod tests;
