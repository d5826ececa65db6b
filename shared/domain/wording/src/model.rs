//! The weights, read where they lie: nothing is unpacked, so that whoever never asks pays nothing.

use crate::features::{self, Feature, KINDS, Kind, STRENGTHS, number};
use crate::sorted::Sorted;
use crate::words::Word;
use std::ops::Range;

pub(crate) const CLASSES: usize = crate::Class::ALL.len();
pub(crate) const MARK: &[u8; 8] = b"wording1";

/// Weights as a file has them: a mark, what it was learned from, how many features and
/// meanings there are, the temperature, what each class has by
/// itself and how it is scaled, the features by number with their weights, the meanings by number with what is meant.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    learned_from: u32,
    temperature: f64,
    bias: [f64; CLASSES],
    scale: [f64; CLASSES],
    numbers: Sorted<'a>,
    weights: &'a [u8],
    meanings: Sorted<'a>,
    meant: &'a [u8],
}

/// A feature of a text, and its place among those that the model knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// `STRANGE` where it is not among them.
    index: u32,
    kind: Kind,
    pub(crate) place: u16,
    first: u16,
    last: u16,
}

const STRANGE: u32 = u32::MAX;

/// A feature that the model knows, with how much it counts in this text and the words that show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) index: usize,
    kind: Kind,
    pub(crate) value: f64,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl<'a> Model<'a> {
    /// Reads weights, or nothing where they are not such a file.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MARK)?;
        let (learned_from, bytes) = whole(bytes)?;
        let (features, bytes) = count(bytes)?;
        let (meanings, bytes) = count(bytes)?;
        let (temperature, bytes) = real(bytes)?;
        let (bias, bytes) = reals(bytes)?;
        let (scale, bytes) = reals(bytes)?;
        let (numbers, bytes) = Sorted::parse(bytes, features)?;
        let (weights, bytes) = bytes.split_at_checked(features.checked_mul(CLASSES)?)?;
        let (named, meant) = Sorted::parse(bytes, meanings)?;
        (meant.len() == meanings && temperature > 0.0).then_some(Self {
            learned_from,
            temperature,
            bias,
            scale,
            numbers,
            weights,
            meanings: named,
            meant,
        })
    }

    /// The number of what it was learned from: `training::Material::digest`.
    pub fn learned_from(&self) -> u32 {
        self.learned_from
    }

    /// How many features it knows.
    pub fn features(&self) -> usize {
        self.numbers.count()
    }

    /// What the words at the beginning of some mean, and how many of them say it: two together before one alone.
    pub(crate) fn meaning(&self, words: &[Word]) -> Option<(u8, usize)> {
        let meant = |number| self.meanings.find(number).map(|place| self.meant[place]);
        if let [first, second, ..] = words
            && let Some(meant) = meant(number(10, &[first.plain.as_bytes(), second.plain.as_bytes()]))
        {
            return Some((meant, 2));
        }
        let plain = words[0].plain.as_bytes();
        if let Some(meant) = meant(number(11, &[plain])) {
            return Some((meant, 1));
        }
        features::beginnings(12, plain).filter_map(meant).last().map(|meant| (meant, 1))
    }

    /// The features of a text, which has some hundred words, in the order of these.
    pub(crate) fn seen(&self, words: &[Word]) -> Vec<Seen> {
        let mut seen = Vec::with_capacity(words.len() * 16);
        features::each(
            words,
            |words| self.meaning(words),
            |Feature { kind, number, place, first, last }| {
                let index = self.numbers.find(number).map_or(STRANGE, |index| index as u32);
                let [place, first, last] = [place, first, last].map(|place| place as u16);
                seen.push(Seen { index, kind, place, first, last });
            },
        );
        seen
    }

    /// What it knows of some neighbouring words of a text, each feature once, in the order of its places, with how much
    /// it counts among them.
    pub(crate) fn known(&self, words: &[Word], seen: &[Seen], part: Range<usize>) -> Vec<Known> {
        let mut counts = [0_u32; KINDS];
        let mut strange = 0;
        let mut known: Vec<Seen> = Vec::with_capacity(seen.len() + 3);
        let mut marks = vec![0_u64; self.numbers.count() / 64 + 1];
        let mut is_first = |index: u32| {
            let (mark, bit) = (&mut marks[index as usize / 64], 1 << (index % 64));
            let is_first = *mark & bit == 0;
            *mark |= bit;
            is_first
        };
        let is_within = |place: u16| part.contains(&usize::from(place));
        for seen in seen.iter().filter(|seen| is_within(seen.first) && is_within(seen.last)) {
            counts[seen.kind as usize] += 1;
            if seen.index == STRANGE {
                strange += usize::from(seen.kind == Kind::Word);
            } else if is_first(seen.index) {
                known.push(*seen);
            }
        }
        let place = part.start as u16;
        let shape = features::shape(&words[part], strange);
        let shape = shape.into_iter().filter_map(|number| self.numbers.find(number));
        let shape =
            shape.map(|index| Seen { index: index as u32, kind: Kind::Shape, place, first: place, last: place });
        known.extend(shape);
        let values: [f64; KINDS] = std::array::from_fn(|kind| value(kind, counts[kind]));
        let whole = |seen: Seen| Known {
            index: seen.index as usize,
            kind: seen.kind,
            value: values[seen.kind as usize],
            first: seen.first.into(),
            last: seen.last.into(),
        };
        known.into_iter().map(whole).collect()
    }

    /// What it knows of a whole text.
    pub(crate) fn known_of_all(&self, words: &[Word]) -> Vec<Known> {
        self.known(words, &self.seen(words), 0..words.len())
    }

    /// How much speaks for each class. Features of one kind count alike in a text, so that whole numbers are summed,
    /// which is quick, and each sum is weighed once.
    pub(crate) fn scores(&self, known: &[Known]) -> [f64; CLASSES] {
        let mut sums = [[0_i32; CLASSES]; KINDS];
        let mut values = [0.0; KINDS];
        for Known { index, kind, value, .. } in known {
            values[*kind as usize] = *value;
            for (sum, weight) in sums[*kind as usize].iter_mut().zip(self.row(*index)) {
                *sum = sum.wrapping_add(i32::from(weight.cast_signed()));
            }
        }
        let mut scores = self.bias;
        for (sums, value) in sums.iter().zip(values) {
            for class in 0..CLASSES {
                scores[class] += self.scale[class] * value * f64::from(sums[class]);
            }
        }
        scores
    }

    /// How likely each class is.
    pub(crate) fn shares(&self, scores: &[f64; CLASSES]) -> [f64; CLASSES] {
        crate::numbers::shares(scores, self.temperature)
    }

    /// How much more one feature speaks for a class than for the others.
    pub(crate) fn leaning(&self, known: &Known, class: usize) -> f64 {
        let row = self.row(known.index);
        let mut all = 0.0;
        for (weight, scale) in row.iter().zip(&self.scale) {
            all += f64::from(weight.cast_signed()) * scale;
        }
        let own = f64::from(row[class].cast_signed()) * self.scale[class];
        known.value * (own - (all - own) / 14.0)
    }

    /// Whether a word is known as it stands: neither a name nor a slip.
    pub(crate) fn knows(&self, word: &Word) -> bool {
        self.numbers.find(number(1, &[word.plain.as_bytes()])).is_some()
            || self.meaning(std::slice::from_ref(word)).is_some()
    }

    fn row(&self, index: usize) -> &'a [u8; CLASSES] {
        self.weights[index * CLASSES..].first_chunk().expect("a row for each feature")
    }
}

/// How much a feature counts where its kind was seen so often: many words say less each. To the power of three eighths,
/// by roots, which are the same everywhere.
pub(crate) fn value(kind: usize, count: u32) -> f64 {
    let fourth = f64::from(count.max(1)).sqrt().sqrt();
    STRENGTHS[kind] / (fourth * fourth.sqrt())
}

fn whole(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (whole, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*whole), rest))
}

fn count(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (count, rest) = whole(bytes)?;
    Some((usize::try_from(count).ok()?, rest))
}

fn real(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let (real, rest) = bytes.split_first_chunk::<8>()?;
    Some((f64::from_le_bytes(*real), rest))
}

fn reals(mut bytes: &[u8]) -> Option<([f64; CLASSES], &[u8])> {
    let mut reals = [0.0; CLASSES];
    for place in &mut reals {
        (*place, bytes) = real(bytes)?;
    }
    Some((reals, bytes))
}

#[cfg(test)]
mod tests {
    use super::Model;

    #[test]
    fn what_is_no_file_of_weights_is_refused() {
        for bytes in [b"".as_slice(), b"wording1", b"wording2\0\0\0\0", &[255; 400]] {
            assert!(Model::parse(bytes).is_none(), "{bytes:?}");
        }
    }
}
