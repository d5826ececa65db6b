//! Learns the weights from `tests/tickets/`, writes them where they are read, and prints how good they are, by class
//! and by language: `cargo run -p wording --example train`. Where reading a letter takes too long it fails. With
//! `--check` nothing is written and other weights than the shipped ones are an error; with `--wrong` what is
//! confidently wrong is listed; with a file of rows, these are judged too, as those are that were never learned from
//! (`unseen.tsv`).

#![allow(
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it measures, and stops where it cannot"
)]

use std::path::Path;
use std::time::Instant;
use wording::corpus::Row;
use wording::evaluation::{Figures, Judged};
use wording::training::{Course, Material, counts, judge, learn};
use wording::{Model, Thresholds, corpus, evaluation, guess};

/// In thousandths: from where on a reading counts, and for which others it is told how much is judged.
const SURE: u16 = 880;
const FROM: [u16; 9] = [0, 300, 400, 500, 600, 700, 800, 850, 900];

/// How long reading a letter may take on average, in microseconds.
const MICROS_MAX: f64 = 100.0;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let tickets = root.join("tests/tickets");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let material = Material::gather(|file| std::fs::read_to_string(tickets.join(file)).ok()).unwrap();
    for (class, count) in counts(&material.rows) {
        println!("{count:6} {}", class.name());
    }
    let learned = learn(&material, &Course::SHIPPED);
    let model = Model::parse(&learned.bytes).unwrap();
    println!("{} rows, {} features, {} bytes", material.rows.len(), model.features(), learned.bytes.len());
    let figures = Figures::of(&learned.judged, SURE, &FROM);
    println!("\nWordings held back:\n{}", evaluation::told(&figures));
    println!("{}", evaluation::matrix(&figures));
    println!("By language:\n{}", by_language(&material.rows, &learned.judged));
    if arguments.iter().any(|argument| argument == "--wrong") {
        wrong(&material, &learned.judged);
    }
    let weights = root.join("shared/policy/wording/weights.bin");
    corrected(&tickets, &std::fs::read(&weights).unwrap_or_default(), &model);
    let unseen = corpus::table(&std::fs::read_to_string(tickets.join("unseen.tsv")).unwrap_or_default());
    let judged = judge(&model, &unseen);
    let figures = Figures::of(&judged, SURE, &FROM);
    println!("\nSentences that nothing was learned from:\n{}", evaluation::told(&figures));
    println!("{}", evaluation::matrix(&figures));
    println!("By language:\n{}", by_language(&unseen, &judged));
    for file in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        others(Path::new(file), &model);
    }
    let micros = timed(&material, &model);
    assert!(micros <= MICROS_MAX, "a letter takes {micros:.1} µs on average, and {MICROS_MAX} are promised");
    if arguments.iter().any(|argument| argument == "--check") {
        let is_same = std::fs::read(&weights).is_ok_and(|shipped| shipped == learned.bytes);
        println!("The shipped weights are {}these", if is_same { "" } else { "not " });
        std::process::exit(i32::from(!is_same));
    }
    std::fs::write(&weights, &learned.bytes).unwrap();
}

fn by_language(rows: &[Row], judged: &[Judged]) -> String {
    evaluation::told_by_language(&evaluation::by_language(rows, judged, SURE))
}

/// Wordings held back that are confidently taken for something else: a gap in the corpus, or a line in the wrong file.
fn wrong(material: &Material, judged: &[Judged]) {
    let mut last = "";
    for (row, judged) in material.rows.iter().zip(judged) {
        if judged.class != row.class && judged.confidence >= f64::from(SURE) / 1000.0 && row.wording != last {
            println!("{} {:.2} for {}: {}", judged.class.name(), judged.confidence, row.wording, row.text);
            last = &row.wording;
        }
    }
}

/// What changes for letters that people have classified, beside the weights that are shipped.
fn corrected(tickets: &Path, before: &[u8], model: &Model<'_>) {
    let rows = corpus::table(&std::fs::read_to_string(tickets.join("corrections.tsv")).unwrap_or_default());
    let before = Model::parse(before).map(|before| judge(&before, &rows));
    print!("{}", evaluation::told_of_corrections(&rows, before.as_deref(), &judge(model, &rows)));
}

/// Rows that are not in the repository: `class<TAB>source<TAB>words`.
fn others(file: &Path, model: &Model<'_>) {
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<_> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let rows = rows.iter().map(|(class, rest)| format!("{class}\ten\t{rest}")).collect::<Vec<_>>().join("\n");
    let rows = corpus::table(&rows);
    let judged = judge(model, &rows);
    println!("\n{}:\n{}", file.display(), evaluation::told(&Figures::of(&judged, SURE, &FROM)));
    let thresholds = Thresholds { sure: SURE, also: SURE, reasons: 4 };
    for (row, judged) in rows.iter().zip(&judged).filter(|(row, judged)| judged.class != row.class) {
        let reasons = guess(model, "", &row.text, &thresholds).reasons.join(", ");
        println!("{} not {} {:.2} [{reasons}]: {}", judged.class.name(), row.class.name(), judged.confidence, row.text);
    }
}

/// How long guessing takes, the least of some runs: every row as it stands, letters of some sentences and long ones, a
/// line each, and the same above a long thread and within a page. Gives the mean of these kinds.
fn timed(material: &Material, model: &Model<'_>) -> f64 {
    let thresholds = Thresholds { sure: SURE, also: SURE, reasons: 4 };
    let plain: Vec<String> =
        material.rows.iter().filter(|row| row.language == "en").map(|row| row.text.clone()).collect();
    let letters: Vec<String> = plain.chunks(6).map(|texts| texts.join(".\n")).collect();
    let long: Vec<String> = plain.chunks(100).map(|texts| texts.join(".\n")).collect();
    let thread = "> We have been charged twice, and nobody answers.\n".repeat(400);
    let threads: Vec<String> =
        letters.iter().map(|text| format!("{text}\n\nOn Mon, 2 Mar 2026, Ann wrote:\n{thread}")).collect();
    let pages: Vec<String> = letters
        .iter()
        .map(|text| format!("<html><style>{}</style><p>{}</p></html>", "p {} ".repeat(400), text.replace('\n', "<br>")))
        .collect();
    let all =
        [("a sentence", plain), ("a letter", letters), ("a long letter", long), ("a letter above a thread", threads)];
    let mut all_micros = Vec::new();
    for (name, texts) in all.into_iter().chain([("a letter in a page", pages)]) {
        let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
        let (mut least, mut sure) = (f64::MAX, 0);
        for _ in 0..9 {
            let begun = Instant::now();
            sure = texts.iter().filter(|text| !guess(model, "", text, &thresholds).abstained).count();
            least = least.min(begun.elapsed().as_secs_f64() * 1e6 / texts.len() as f64);
        }
        println!("{name} of {} words: {least:.1} µs; {sure} of {} sure", words / texts.len(), texts.len());
        all_micros.push(least);
    }
    all_micros.iter().sum::<f64>() / all_micros.len() as f64
}
