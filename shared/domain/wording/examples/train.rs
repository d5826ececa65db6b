//! Learns the weights from `tests/tickets/`, writes them where they are read, and prints how good they are:
//! `cargo run -p wording --example train`. With `--check` nothing is written, with `--wrong` what is
//! confidently wrong is listed; with a file of rows, these are judged too.

#![allow(
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it measures, and stops where it cannot"
)]

use std::path::Path;
use std::time::Instant;
use wording::training::{Course, Material, counts, judge, learn};
use wording::{Class, Model, Thresholds, corpus, evaluation, read};

const SURE: f64 = 0.6;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let tickets = root.join("tests/tickets");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let material = material(&tickets);
    for (class, count) in counts(&material.rows) {
        println!("{count:6} {}", class.name());
    }
    let learned = learn(&material, &Course::SHIPPED);
    let model = Model::parse(&learned.bytes).unwrap();
    println!("{} rows, {} features, {} bytes", material.rows.len(), model.features(), learned.bytes.len());
    println!("\nFamilies held back:\n{}", evaluation::told(&learned.judged, SURE));
    println!("{}", evaluation::matrix(&learned.judged));
    if arguments.iter().any(|argument| argument == "--wrong") {
        wrong(&material, &learned.judged);
    }
    let weights = root.join("shared/policy/wording/weights.bin");
    corrected(&tickets, &std::fs::read(&weights).unwrap_or_default(), &model);
    for file in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        others(Path::new(file), &model);
    }
    timed(&material, &model);
    if !arguments.iter().any(|argument| argument == "--check") {
        std::fs::create_dir_all(weights.parent().unwrap()).unwrap();
        std::fs::write(&weights, &learned.bytes).unwrap();
    }
}

/// The corpus as it lies in its folder, in the order of names.
fn material(tickets: &Path) -> Material {
    let text = |file: &str| std::fs::read_to_string(tickets.join(file)).unwrap();
    let lists = corpus::lists(&text("lists.txt"));
    let mut rows = Vec::new();
    for language in ["de", "en", "es", "fr"] {
        for class in Class::ALL {
            let file = format!("{language}/{}.txt", class.name());
            if tickets.join(&file).exists() {
                rows.extend(corpus::rows(class, language, &text(&file), &lists, 12));
            }
        }
    }
    Material { rows, around: corpus::lists(&text("around.txt")), meanings: corpus::lists(&text("meanings.txt")) }
}

/// Families held back that are confidently taken for something else: a gap in the corpus, or a line in the wrong file.
fn wrong(material: &Material, judged: &[evaluation::Judged]) {
    let mut last = "";
    for (row, judged) in material.rows.iter().zip(judged) {
        if judged.class() != row.class && judged.confidence() >= SURE && row.family != last {
            println!("{} {:.2} for {}: {}", judged.class().name(), judged.confidence(), row.family, row.text);
            last = &row.family;
        }
    }
}

/// What changes for letters that people have classified.
fn corrected(tickets: &Path, before: &[u8], model: &Model<'_>) {
    let rows = corpus::table(&std::fs::read_to_string(tickets.join("corrections.tsv")).unwrap_or_default());
    let after = judge(model, &rows);
    let right = rows.iter().zip(&after).filter(|(row, judged)| judged.class() == row.class).count();
    println!("Corrections: {right} of {} right", rows.len());
    let Some(before) = Model::parse(before) else { return };
    for ((row, before), after) in rows.iter().zip(judge(&before, &rows)).zip(&after) {
        if before.class() != after.class() {
            println!(
                "  {} became {} ({}): {}",
                before.class().name(),
                after.class().name(),
                row.class.name(),
                row.text
            );
        }
    }
}

/// Rows that are not in the repository: `class<TAB>source<TAB>words`.
fn others(file: &Path, model: &Model<'_>) {
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<_> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let rows = rows.iter().map(|(class, rest)| format!("{class}\ten\t{rest}")).collect::<Vec<_>>().join("\n");
    let rows = corpus::table(&rows);
    let judged = judge(model, &rows);
    println!("\n{}:\n{}", file.display(), evaluation::told(&judged, SURE));
    let thresholds = Thresholds { sure: 600, also: 800, reasons: 4 };
    for (row, judged) in rows.iter().zip(&judged).filter(|(row, judged)| judged.class() != row.class) {
        let reasons = read(model, "", &row.text, &thresholds).reasons.join(", ");
        println!(
            "{} not {} {:.2} [{reasons}]: {}",
            judged.class().name(),
            row.class.name(),
            judged.confidence(),
            row.text
        );
    }
}

fn timed(material: &Material, model: &Model<'_>) {
    let thresholds = Thresholds { sure: 600, also: 800, reasons: 4 };
    let begun = Instant::now();
    let count = material.rows.iter().filter(|row| !read(model, "", &row.text, &thresholds).abstained).count();
    let each = begun.elapsed().as_secs_f64() * 1e6 / material.rows.len() as f64;
    let long = material.rows.iter().take(200).map(|row| row.text.as_str()).collect::<Vec<_>>().join(". ");
    let begun = Instant::now();
    (0..100).for_each(|_| drop(read(model, "", &long, &thresholds)));
    let longest = begun.elapsed().as_secs_f64() * 1e4;
    println!("\n{each:.1} µs a ticket, {longest:.1} µs the longest, {count} sure");
}
