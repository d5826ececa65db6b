//! The weights, read where they lie: nothing is unpacked, so that whoever never asks pays nothing.

use crate::features::{self, KINDS, Kind, STRENGTHS, number};
use crate::words::Word;

pub(crate) const CLASSES: usize = crate::Class::ALL.len();
pub(crate) const MARK: &[u8; 8] = b"wording1";

/// Weights as a file has them: a mark, how many features and meanings there are, the temperature, what each class has by
/// itself and how it is scaled, the features by number with their weights, the meanings by number with what is meant.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    temperature: f64,
    bias: [f64; CLASSES],
    scale: [f64; CLASSES],
    numbers: &'a [u8],
    weights: &'a [u8],
    meanings: &'a [u8],
    meant: &'a [u8],
}

/// A feature that the model knows, with how much it counts in this text and the words that show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) index: usize,
    pub(crate) value: f64,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl<'a> Model<'a> {
    /// Reads weights, or nothing where they are not such a file.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MARK)?;
        let (features, bytes) = count(bytes)?;
        let (meanings, bytes) = count(bytes)?;
        let (temperature, bytes) = real(bytes)?;
        let (bias, bytes) = reals(bytes)?;
        let (scale, bytes) = reals(bytes)?;
        let (numbers, bytes) = bytes.split_at_checked(features.checked_mul(4)?)?;
        let (weights, bytes) = bytes.split_at_checked(features.checked_mul(CLASSES)?)?;
        let (named, meant) = bytes.split_at_checked(meanings.checked_mul(4)?)?;
        (meant.len() == meanings && temperature > 0.0).then_some(Self {
            temperature,
            bias,
            scale,
            numbers,
            weights,
            meanings: named,
            meant,
        })
    }

    /// How many features it knows.
    pub fn features(&self) -> usize {
        self.numbers.len() / 4
    }

    /// What the words at the beginning of some mean, and how many of them say it: two together before one alone.
    pub(crate) fn meaning(&self, words: &[Word]) -> Option<(u8, usize)> {
        let meant = |number| find(self.meanings, number).map(|place| self.meant[place]);
        if let [first, second, ..] = words
            && let Some(meant) = meant(number(10, &[first.plain.as_bytes(), second.plain.as_bytes()]))
        {
            return Some((meant, 2));
        }
        let plain = words[0].plain.as_bytes();
        if let Some(meant) = meant(number(11, &[plain])) {
            return Some((meant, 1));
        }
        let longest = plain.len().min(16);
        (4..=longest).rev().find_map(|length| meant(number(12, &[&plain[..length]]))).map(|meant| (meant, 1))
    }

    /// The features of a text that it knows, each once.
    pub(crate) fn known(&self, words: &[Word]) -> Vec<Known> {
        let mut counts = [0_u32; KINDS];
        let mut strange = 0;
        let mut known: Vec<(usize, Kind, usize, usize)> = Vec::with_capacity(words.len() * 8);
        features::each(
            words,
            |words| self.meaning(words),
            |feature| {
                counts[feature.kind as usize] += 1;
                match find(self.numbers, feature.number) {
                    Some(index) => known.push((index, feature.kind, feature.first, feature.last)),
                    None if feature.kind == Kind::Word => strange += 1,
                    None => {}
                }
            },
        );
        let strangeness = features::strangeness(strange, words.len());
        known.extend(find(self.numbers, strangeness).map(|index| (index, Kind::Shape, 0, 0)));
        known.sort_unstable_by_key(|(index, _, first, _)| (*index, *first));
        known.dedup_by_key(|(index, ..)| *index);
        let values: [f64; KINDS] = std::array::from_fn(|kind| value(kind, counts[kind]));
        let whole = |(index, kind, first, last): (usize, Kind, usize, usize)| Known {
            index,
            value: values[kind as usize],
            first,
            last,
        };
        known.into_iter().map(whole).collect()
    }

    /// How much speaks for each class.
    pub(crate) fn scores(&self, known: &[Known]) -> [f64; CLASSES] {
        let mut sums = [0.0; CLASSES];
        for Known { index, value, .. } in known {
            for (sum, weight) in sums.iter_mut().zip(self.row(*index)) {
                *sum += value * f64::from(weight.cast_signed());
            }
        }
        std::array::from_fn(|class| self.bias[class] + self.scale[class] * sums[class])
    }

    /// How likely each class is.
    pub(crate) fn shares(&self, scores: &[f64; CLASSES]) -> [f64; CLASSES] {
        crate::numbers::shares(scores, self.temperature)
    }

    /// How much more one feature speaks for a class than for the others.
    pub(crate) fn leaning(&self, known: &Known, class: usize) -> f64 {
        let weight = |class: usize| f64::from(self.row(known.index)[class].cast_signed()) * self.scale[class];
        let others: f64 = (0..CLASSES).filter(|other| *other != class).map(weight).sum();
        known.value * (weight(class) - others / 14.0)
    }

    /// Whether a word is known as it stands: neither a name nor a slip.
    pub(crate) fn knows(&self, word: &Word) -> bool {
        find(self.numbers, number(1, &[word.plain.as_bytes()])).is_some()
            || self.meaning(std::slice::from_ref(word)).is_some()
    }

    fn row(&self, index: usize) -> &'a [u8] {
        &self.weights[index * CLASSES..(index + 1) * CLASSES]
    }
}

/// How much a feature counts where its kind was seen so often: many words say less each. To the power of three eighths,
/// by roots, which are the same everywhere.
pub(crate) fn value(kind: usize, count: u32) -> f64 {
    let fourth = f64::from(count.max(1)).sqrt().sqrt();
    STRENGTHS[kind] / (fourth * fourth.sqrt())
}

/// Where a number stands among sorted ones. They are spread evenly, so a guess is nearly right.
fn find(sorted: &[u8], number: u32) -> Option<usize> {
    let at = |place: usize| {
        let bytes = sorted[place * 4..place * 4 + 4].try_into().expect("four bytes were cut");
        u32::from_le_bytes(bytes)
    };
    let count = sorted.len() / 4;
    if count == 0 {
        return None;
    }
    let guess = usize::try_from((u64::from(number) * count as u64) >> 32).expect("it is below the count");
    let mut step = 8;
    let (mut low, mut high) = (guess, guess + 1);
    while low > 0 && at(low) > number {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 8;
    while high < count && at(high) <= number {
        high = (high + step).min(count);
        step *= 2;
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if at(middle) <= number {
            low = middle;
        } else {
            high = middle;
        }
    }
    (at(low) == number).then_some(low)
}

fn count(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*count)).ok()?, rest))
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
    use super::{Model, find};

    #[test]
    fn a_number_is_found_where_it_stands_and_nowhere_else() {
        let numbers: Vec<u32> = (0..2000_u32).map(|n| crate::features::number(9, &[&n.to_le_bytes()])).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let bytes: Vec<u8> = sorted.iter().flat_map(|number| number.to_le_bytes()).collect();
        for number in numbers {
            assert_eq!(find(&bytes, number), sorted.binary_search(&number).ok(), "{number}");
            let beside = number.wrapping_add(1);
            assert_eq!(find(&bytes, beside), sorted.binary_search(&beside).ok(), "{beside}");
        }
        for number in [0, u32::MAX] {
            assert_eq!(find(&bytes, number), None);
            assert_eq!(find(&[], number), None);
        }
    }

    #[test]
    fn what_is_no_file_of_weights_is_refused() {
        for bytes in [b"".as_slice(), b"wording1", b"wording2\0\0\0\0", &[255; 400]] {
            assert!(Model::parse(bytes).is_none(), "{bytes:?}");
        }
    }
}
