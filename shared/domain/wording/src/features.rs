//! What a text shows of itself: words, pairs of words, parts of words, and what they mean, each by a number.

use crate::words::Word;

/// Kinds of features. Each counts for itself, so that parts of words, which are many, do not drown the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Pair,
    Part,
    Meaning,
    Shape,
}

pub(crate) const KINDS: usize = 5;

/// How much each kind counts.
pub(crate) const STRENGTHS: [f64; KINDS] = [3.2, 2.8, 3.0, 3.6, 1.0];

/// One feature, and the words that it was seen in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    pub(crate) kind: Kind,
    pub(crate) number: u32,
    /// Where it was found: features come in the order of their places.
    pub(crate) place: usize,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// How far apart two meanings may stand, in words, to count as one thing said.
const REACH: usize = 7;

/// A number for some words of a kind: the same on every machine, and spread evenly.
pub(crate) fn number(kind: u8, parts: &[&[u8]]) -> u32 {
    let more = |hash, part: &&[u8]| step(part.iter().fold(hash, |hash, byte| step(hash, *byte)), END);
    finished(parts.iter().fold(begun(kind), more))
}

/// The numbers of how a word begins, from four bytes on, the longest last.
pub(crate) fn beginnings(kind: u8, plain: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let states = plain.iter().scan(begun(kind), |hash, byte| {
        *hash = step(*hash, *byte);
        Some(*hash)
    });
    states.skip(3).take(13).map(|hash| finished(step(hash, END)))
}

const END: u8 = 0x1f;

fn begun(kind: u8) -> u32 {
    0x811c_9dc5 ^ u32::from(kind).wrapping_mul(0x9e37_79b1)
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

fn finished(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Calls for each feature of a text but its shape; `meaning` says what the words from a place on mean, and how many
/// they are.
pub(crate) fn each(words: &[Word], meaning: impl Fn(&[Word]) -> Option<(u8, usize)>, mut found: impl FnMut(Feature)) {
    let mut meanings: Vec<(u8, usize)> = Vec::new();
    let mut covered = 0;
    for (place, word) in words.iter().enumerate() {
        let plain = word.plain.as_bytes();
        let mut say = |kind, number, last| found(Feature { kind, number, place, first: place, last });
        say(Kind::Word, number(1, &[plain]), place);
        for (gap, kind) in [(1, 3), (2, 4)] {
            if let Some(next) = words.get(place + gap) {
                say(Kind::Pair, number(kind, &[plain, next.plain.as_bytes()]), place + gap);
            }
        }
        parts(plain, |part| say(Kind::Part, number(5, &[part]), place));
        if place >= covered
            && let Some((meant, length)) = meaning(&words[place..])
        {
            covered = place + length;
            let last = covered - 1;
            say(Kind::Meaning, number(6, &[&[meant]]), last);
            for (before, at) in meanings.iter().rev().take_while(|(_, at)| place - at <= REACH) {
                let number = number(7, &[&[*before], &[meant]]);
                found(Feature { kind: Kind::Meaning, number, place, first: *at, last });
            }
            meanings.push((meant, place));
        }
    }
}

/// The shape of a text: how it begins, how long it is, and how much of it are words that the weights do not know, of
/// which what is not about billing is full.
pub(crate) fn shape(words: &[Word], strange: usize) -> [u32; 3] {
    let length = match words.len() {
        0..=3 => 0,
        4..=8 => 1,
        9..=20 => 2,
        21..=60 => 3,
        _ => 4,
    };
    let first = words.first().map_or(&[][..], |word| word.plain.as_bytes());
    [number(2, &[first]), number(8, &[&[length]]), strangeness(strange, words.len())]
}

fn strangeness(strange: usize, words: usize) -> u32 {
    let tenths = strange * 10 / words.max(1);
    number(9, &[&[u8::try_from(tenths.min(8)).unwrap_or(8)]])
}

/// All that `strangeness` can say.
pub(crate) fn strangenesses() -> impl Iterator<Item = u32> {
    (0..=8).map(|tenths| strangeness(tenths, 10))
}

/// The parts of a word that survive a slip of the finger: runs of three and of four letters, and how it begins.
fn parts(plain: &[u8], mut found: impl FnMut(&[u8])) {
    if plain.len() < 4 || !plain[0].is_ascii_alphabetic() {
        return;
    }
    let mut framed = [0_u8; 34];
    let length = plain.len().min(32);
    framed[0] = b'<';
    framed[1..=length].copy_from_slice(&plain[..length]);
    framed[length + 1] = b'>';
    let framed = &framed[..length + 2];
    framed.windows(3).for_each(&mut found);
    framed.windows(4).for_each(&mut found);
    if length > 6 {
        found(&framed[..6]);
    }
}
