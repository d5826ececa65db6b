//! How the weights are learned: the same rows give the same bytes, on every machine.

use crate::Class;
use crate::corpus::{self, Lists, Row, dressed};
use crate::evaluation::Judged;
use crate::features::{self, Kind, number};
use crate::guess::{Thresholds, guess};
use crate::model::{CLASSES, Known, MARK, Model};
use crate::numbers::{Draw, ln, shares};
use crate::sorted::Sorted;
use crate::words::words;
use std::collections::BTreeMap;

/// How learning is done.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// How many features are kept.
    pub features: usize,
    /// How often every row is seen.
    pub rounds: usize,
    /// How strongly weights are held near nought.
    pub restraint: f64,
    /// How many times a row is seen in other dress.
    pub dresses: usize,
    /// How many times more a row counts that is not about billing.
    pub outside: f64,
    /// Into how many parts the wordings are split to measure.
    pub parts: usize,
}

impl Course {
    /// As the shipped weights were learned.
    pub const SHIPPED: Self =
        Self { features: 48_000, rounds: 14, restraint: 5e-5, dresses: 1, outside: 3.0, parts: 5 };
}

/// What learning came to.
pub struct Learned {
    /// The file of weights.
    pub bytes: Vec<u8>,
    /// Every row, judged by weights that had not seen its wording.
    pub judged: Vec<Judged>,
}

/// Everything that is learned from.
#[derive(Debug)]
pub struct Material {
    /// The utterances.
    pub rows: Vec<Row>,
    /// What is put around them.
    pub around: Lists,
    /// Words that mean the same: `name = word | beginning* | two words`.
    pub meanings: Lists,
}

/// The languages of the corpus, each a folder.
const LANGUAGES: [&str; 4] = ["de", "en", "es", "fr"];

/// How many utterances are made of one line.
const OF_A_LINE: usize = 12;

impl Material {
    /// Puts the corpus together from the files of its folder, by their names; nothing where a list is missing.
    pub fn gather(text: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let lists = corpus::lists(&text("lists.txt")?);
        let mut rows = Vec::new();
        for language in LANGUAGES {
            for class in Class::ALL {
                let lines = text(&format!("{language}/{}.txt", class.name())).unwrap_or_default();
                rows.extend(corpus::rows(class, language, &lines, &lists, OF_A_LINE));
            }
        }
        let (around, meanings) = (corpus::lists(&text("around.txt")?), corpus::lists(&text("meanings.txt")?));
        Some(Self { rows, around, meanings })
    }

    /// A number for all of it and how it is learned, by which weights tell what they were learned from.
    pub fn digest(&self, course: &Course) -> u32 {
        let whole = format!("{:?} {course:?} {:?}", self, features::STRENGTHS);
        number(22, &[whole.as_bytes()])
    }
}

/// Learns weights, and measures them on wordings that were held back.
pub fn learn(material: &Material, course: &Course) -> Learned {
    let rows = Rows::new(material, course);
    let held = |row: &Row, part: usize| part_of(&row.wording, course.parts) == part;
    let mut scores = vec![[0.0; CLASSES]; material.rows.len()];
    for part in 0..course.parts {
        let bytes = rows.weights(course, 1.0, |row| !held(row, part));
        let model = Model::parse(&bytes).expect("it was just written");
        for (place, row) in material.rows.iter().enumerate().filter(|(_, row)| held(row, part)) {
            scores[place] = model.scores(&model.known_of_all(&words(&row.text, 400)));
        }
    }
    let temperature = temperature(&material.rows, &scores);
    let judged = |(row, scores): (&Row, &[f64; CLASSES])| Judged::by_shares(row.class, &shares(scores, temperature));
    Learned {
        bytes: rows.weights(course, temperature, |_| true),
        judged: material.rows.iter().zip(&scores).map(judged).collect(),
    }
}

/// Only the weights, without measuring.
pub fn weights(material: &Material, course: &Course, temperature: f64) -> Vec<u8> {
    Rows::new(material, course).weights(course, temperature, |_| true)
}

fn part_of(wording: &str, parts: usize) -> usize {
    number(21, &[wording.as_bytes()]) as usize % parts.max(1)
}

struct Rows<'a> {
    material: &'a Material,
    digest: u32,
    /// What each row says, plainly and dressed.
    texts: Vec<(usize, String)>,
    meanings: BTreeMap<u32, u8>,
}

impl<'a> Rows<'a> {
    fn new(material: &'a Material, course: &Course) -> Self {
        let mut draw = Draw::new(14);
        let mut texts = Vec::new();
        for (place, row) in material.rows.iter().enumerate() {
            texts.push((place, row.text.clone()));
            texts.extend((0..course.dresses).map(|_| (place, dressed(row, &material.around, &mut draw))));
        }
        let meanings = meanings(&material.meanings);
        Self { material, digest: material.digest(course), texts, meanings }
    }

    /// The file of weights that the rows give which may be seen.
    fn weights(&self, course: &Course, temperature: f64, may_see: impl Fn(&Row) -> bool) -> Vec<u8> {
        let seen: Vec<&(usize, String)> =
            self.texts.iter().filter(|(place, _)| may_see(&self.material.rows[*place])).collect();
        let nothing = Weights { numbers: Vec::new(), bias: [0.0; CLASSES], weights: Vec::new() };
        let empty = self.encode(&nothing, temperature);
        let numbers = self.vocabulary(&seen, &Model::parse(&empty).expect("it was just written"), course.features);
        let untrained = Weights { weights: vec![[0.0; CLASSES]; numbers.len()], numbers, ..nothing };
        let bytes = self.encode(&untrained, temperature);
        let model = Model::parse(&bytes).expect("it was just written");
        let importance = self.importance(&seen, course.outside);
        let examples: Vec<Example> = seen
            .iter()
            .zip(importance)
            .map(|((place, text), importance)| Example {
                class: self.material.rows[*place].class.index(),
                importance,
                known: model.known_of_all(&words(text, 400)),
            })
            .collect();
        self.encode(&descend(untrained, &examples, course), temperature)
    }

    /// Writes the file that `Model` reads.
    fn encode(&self, learned: &Weights, temperature: f64) -> Vec<u8> {
        let mut highest = [1e-9_f64; CLASSES];
        for row in &learned.weights {
            for class in 0..CLASSES {
                highest[class] = highest[class].max(row[class].abs());
            }
        }
        let scale = highest.map(|highest| highest / 127.0);
        let mut bytes = MARK.to_vec();
        bytes.extend(self.digest.to_le_bytes());
        bytes.extend(u32::try_from(learned.numbers.len()).expect("some thousands").to_le_bytes());
        bytes.extend(u32::try_from(self.meanings.len()).expect("some hundreds").to_le_bytes());
        let reals = [temperature].into_iter().chain(learned.bias).chain(scale);
        bytes.extend(reals.flat_map(f64::to_le_bytes));
        bytes.extend(Sorted::bytes(&learned.numbers));
        for row in &learned.weights {
            bytes.extend((0..CLASSES).map(|class| ((row[class] / scale[class]).round() as i8).cast_unsigned()));
        }
        bytes.extend(Sorted::bytes(&self.meanings.keys().copied().collect::<Vec<_>>()));
        bytes.extend(self.meanings.values());
        bytes
    }

    /// The features that more than one wording shows, the commonest first, then sorted.
    fn vocabulary(&self, seen: &[&(usize, String)], model: &Model<'_>, most: usize) -> Vec<u32> {
        let mut wordings: BTreeMap<u32, (u32, u32, u32)> = BTreeMap::new();
        let mut numbered: BTreeMap<&str, u32> = BTreeMap::new();
        for (place, text) in seen {
            let next = numbered.len() as u32;
            let wording = *numbered.entry(&self.material.rows[*place].wording).or_insert(next);
            let words = words(text, 400);
            let mut shown = BTreeMap::new();
            features::each(
                &words,
                |words| model.meaning(words),
                |feature| {
                    shown.insert(feature.number, feature.kind);
                },
            );
            let [first, length, _] = features::shape(&words, 0);
            shown.extend([(first, Kind::Shape), (length, Kind::Shape)]);
            for (number, kind) in shown {
                // A word is known from three wordings on: so every wording sees its rare words as a stranger would.
                let needed = if kind == Kind::Word { 3 } else { 2 };
                let (count, last, _) = wordings.entry(number).or_insert((0, u32::MAX, needed));
                if *last != wording {
                    (*count, *last) = (*count + 1, wording);
                }
            }
        }
        let mut common: Vec<(u32, u32)> = wordings
            .into_iter()
            .filter(|(_, (count, _, needed))| count >= needed)
            .map(|(number, (count, ..))| (count, number))
            .collect();
        common.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut numbers: Vec<u32> = common.into_iter().take(most).map(|(_, number)| number).collect();
        numbers.extend(features::strangenesses());
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// A wording with many rows counts more than one with a single row, but not as many times more; and no class counts
    /// for nothing because little was written about it. What is not about billing counts more: it is more various than
    /// its lines, and a stranger's words that are taken for billing cost more than a look.
    fn importance(&self, seen: &[&(usize, String)], outside: f64) -> Vec<f64> {
        let mut wordings: BTreeMap<&str, f64> = BTreeMap::new();
        for (place, _) in seen {
            *wordings.entry(&self.material.rows[*place].wording).or_insert(0.0) += 1.0;
        }
        let own = |place: &usize| 1.0 / wordings[self.material.rows[*place].wording.as_str()].sqrt();
        let mut classes = [0.0; CLASSES];
        seen.iter().for_each(|(place, _)| classes[self.material.rows[*place].class.index()] += own(place));
        let mean = classes.iter().sum::<f64>() / 15.0;
        let class = |place: &usize| (mean / classes[self.material.rows[*place].class.index()]).sqrt();
        let outside = |place: &usize| if self.material.rows[*place].class == Class::NotBilling { outside } else { 1.0 };
        seen.iter().map(|(place, _)| own(place) * class(place) * outside(place)).collect()
    }
}

struct Example {
    class: usize,
    importance: f64,
    known: Vec<Known>,
}

struct Weights {
    numbers: Vec<u32>,
    bias: [f64; CLASSES],
    weights: Vec<[f64; CLASSES]>,
}

/// Goes down the slope of the error, row by row in a fixed disorder, each weight at a pace of its own; what is kept is
/// the mean of the second half of the way.
fn descend(mut learned: Weights, examples: &[Example], course: &Course) -> Weights {
    let mut paces = vec![[1e-3; CLASSES]; learned.weights.len()];
    let mut bias_paces = [1e-3; CLASSES];
    let mut seen = vec![0.0; learned.weights.len()];
    for known in examples.iter().flat_map(|example| &example.known) {
        seen[known.index] += 1.0;
    }
    let total = examples.len() as f64;
    let mut mean = vec![[0.0; CLASSES]; learned.weights.len()];
    let (mut bias_mean, mut kept) = ([0.0; CLASSES], 0.0);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut draw = Draw::new(7);
    for round in 0..course.rounds {
        for place in (1..order.len()).rev() {
            order.swap(place, draw.below(place + 1));
        }
        for example in order.iter().map(|place| &examples[*place]) {
            let mut scores = learned.bias;
            for known in &example.known {
                for (score, weight) in scores.iter_mut().zip(&learned.weights[known.index]) {
                    *score += known.value * weight;
                }
            }
            let mut errors = shares(&scores, 1.0);
            errors[example.class] -= 1.0;
            errors.iter_mut().for_each(|error| *error *= example.importance);
            for class in 0..CLASSES {
                bias_paces[class] += errors[class] * errors[class];
                learned.bias[class] -= 0.05 * errors[class] / bias_paces[class].sqrt();
            }
            for known in &example.known {
                let pull = course.restraint * total / seen[known.index];
                let (weights, paces) = (&mut learned.weights[known.index], &mut paces[known.index]);
                for class in 0..CLASSES {
                    let slope = errors[class] * known.value + pull * weights[class];
                    paces[class] += slope * slope;
                    weights[class] -= 0.12 * slope / paces[class].sqrt();
                }
            }
        }
        if round * 2 >= course.rounds {
            kept += 1.0;
            for (mean, now) in mean.iter_mut().flatten().zip(learned.weights.iter().flatten()) {
                *mean += now;
            }
            (0..CLASSES).for_each(|class| bias_mean[class] += learned.bias[class]);
        }
    }
    mean.iter_mut().flatten().for_each(|sum| *sum /= kept);
    Weights { numbers: learned.numbers, bias: bias_mean.map(|sum| sum / kept), weights: mean }
}

/// The temperature at which what was held back is likeliest.
fn temperature(rows: &[Row], scores: &[[f64; CLASSES]]) -> f64 {
    let surprise = |temperature: f64| -> f64 {
        rows.iter().zip(scores).map(|(row, scores)| -ln(shares(scores, temperature)[row.class.index()])).sum()
    };
    let steps = (8..80_u32).map(|step| f64::from(step) / 20.0);
    steps
        .fold((1.0, f64::MAX), |best, step| {
            let surprise = surprise(step);
            if surprise < best.1 { (step, surprise) } else { best }
        })
        .0
}

/// The numbers of words with a meaning: two words, a whole word, or how a word begins.
fn meanings(lists: &Lists) -> BTreeMap<u32, u8> {
    let mut meanings = BTreeMap::new();
    for (meant, list) in lists.values().enumerate() {
        for said in list {
            let number = match (said.split_once(' '), said.strip_suffix('*')) {
                (Some((first, second)), _) => number(10, &[first.as_bytes(), second.as_bytes()]),
                (None, Some(beginning)) => number(12, &[beginning.as_bytes()]),
                (None, None) => number(11, &[said.as_bytes()]),
            };
            meanings.insert(number, u8::try_from(meant).expect("a byte holds every meaning"));
        }
    }
    meanings
}

/// What weights make of rows, read as letters are.
pub fn judge(model: &Model<'_>, rows: &[Row]) -> Vec<Judged> {
    let thresholds = Thresholds { sure: 0, also: 0, reasons: 0 };
    let judged = |row: &Row| Judged::by_guess(row.class, &guess(model, "", &row.text, &thresholds));
    rows.iter().map(judged).collect()
}

/// How many rows each class has.
pub fn counts(rows: &[Row]) -> BTreeMap<Class, usize> {
    rows.iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row.class).or_insert(0) += 1;
        counts
    })
}
