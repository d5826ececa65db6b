//! What the shipped weights make of letters.

use super::{Guess, Thresholds, WORDS};
use crate::evaluation::{Figures, told, told_of_corrections};
use crate::training::{Course, Material, judge, learn, weights};
use crate::words::words;
use crate::{Class, Model, corpus, guess, letter, shipped};
use std::collections::BTreeSet;
use std::path::Path;

const THRESHOLDS: Thresholds = Thresholds { sure: 880, also: 850, reasons: 4 };

fn of(subject: &str, body: &str) -> Guess {
    guess(shipped(), subject, body, &THRESHOLDS)
}

#[test]
fn the_borders_between_the_classes_are_those_that_were_asked_for() {
    let rows = [
        (Class::DuplicateCharge, "I was charged twice"),
        (Class::DuplicateCharge, "one thing was taken twice from my card"),
        (Class::DuplicateSubscription, "There are two contracts for the same service, please end one"),
        (Class::DuplicateSubscription, "I have two active subscriptions on the same email"),
        (Class::Overcharge, "More was taken than we agreed"),
        (Class::Overcharge, "you charge us for 12 seats and we have 9"),
        (Class::Overcharge, "an extra fee was charged that nobody told me about"),
        (Class::InvoiceDiscrepancy, "The lines of the invoice do not add up to its sum"),
        (Class::InvoiceDiscrepancy, "the invoice shows the wrong period"),
        (Class::UsageDispute, "The metered quantity is wrong, we never made that many API calls"),
        (Class::PlanMismatch, "the features differ from what we pay for"),
        (Class::PlanMismatch, "I pay for Pro but only have Basic features"),
        (Class::EnterpriseInvoice, "Please put our purchase order number on every invoice"),
        (Class::EnterpriseInvoice, "we need one consolidated invoice for all subsidiaries"),
        (Class::EnterpriseInvoice, "upload your invoices to our supplier portal"),
        (Class::Chargeback, "My bank has opened a dispute about your charge"),
        (Class::Chargeback, "I do not recognise this payment"),
        (Class::PaymentMethodUpdate, "I want to change the card that I pay with"),
        (Class::OtherBilling, "Please send me a copy of my last invoice"),
        (Class::OtherBilling, "when is my next payment due?"),
        (Class::OtherBilling, "please send invoices to our new billing contact"),
        (Class::OtherBilling, "what are your payment terms?"),
        (Class::TaxQuestion, "Why is there VAT on my invoice? We gave you our VAT number."),
        (Class::PlanChange, "We want to upgrade from Basic to Pro"),
        (Class::PlanChange, "please cancel my subscription at the end of the month"),
        (Class::RefundRequest, "I want my money back, the product does not work"),
        (Class::PaymentFailed, "My card was declined when the subscription renewed"),
        (Class::NotBilling, "how do I reset my password"),
        (Class::NotBilling, "The app crashes when I open the settings"),
        (Class::NotBilling, "what will the weather be like tomorrow"),
        (Class::NotBilling, "how do I activate my new debit card"),
        (Class::NotBilling, "where is my package"),
        (Class::DuplicateCharge, "Mir wurde der Betrag doppelt abgebucht"),
        (Class::RefundRequest, "Ich m\u{f6}chte mein Geld zur\u{fc}ck"),
        (Class::PlanChange, "Hiermit k\u{fc}ndige ich mein Abo"),
        (Class::PaymentFailed, "Mon paiement a \u{e9}t\u{e9} refus\u{e9}"),
        (Class::OtherBilling, "Pouvez-vous m'envoyer une copie de ma facture ?"),
        (Class::DuplicateCharge, "Me cobraron dos veces la misma factura"),
        (Class::Chargeback, "No reconozco este cargo en mi tarjeta"),
    ];
    for (class, text) in rows {
        let guess = of("", text);
        assert_eq!(guess.class, class, "{text}: {guess:?}");
        assert!(!guess.abstained, "{text}: {guess:?}");
    }
}

#[test]
fn slips_of_the_finger_do_not_hide_what_is_meant() {
    let rows = [
        (Class::DuplicateCharge, "i was chraged twise for teh same invocie"),
        (Class::RefundRequest, "pls refnud my last paymnt"),
        (Class::PaymentFailed, "my crad keeps getting delcined"),
        (Class::PlanChange, "cancle my subscribtion plz"),
    ];
    for (class, text) in rows {
        assert_eq!(of("", text).class, class, "{text}");
    }
}

#[test]
fn what_says_nothing_is_left_to_a_person() {
    let nothing = ["", "   ", "???", "12 000 $5", "\u{1f600}", "zxcvb qwrtp", "12345", "<div><img src=x></div>"];
    let scripts = ["\u{8bf7}\u{9000}\u{6b3e}", "\u{412}\u{435}\u{440}\u{43d}\u{438}\u{442}\u{435}", "\u{0627}\u{0644}"];
    for text in nothing.into_iter().chain(scripts) {
        let guess = of("", text);
        assert!(guess.abstained, "{text:?}: {guess:?}");
        assert_eq!(guess.class, Class::NotBilling, "{text:?}");
    }
    let between = of("", "account");
    assert!(between.abstained, "one word is not enough: {between:?}");
}

#[test]
fn the_newest_words_count() {
    let quoted = "Please cancel my subscription instead.\n\nOn Mon, Support wrote:\n> You were charged twice\n\
                  > Charged twice again";
    let rows = [
        ("a reply above a quoted mail", "Re: I was charged twice", quoted, Class::PlanChange),
        ("a reply that says little", "Re: I was charged twice", "Any news?\n> old", Class::DuplicateCharge),
        (
            "a signature about something else",
            "Question",
            "My card was declined.\nBest regards,\nAnn, VAT and tax invoices",
            Class::PaymentFailed,
        ),
        ("a subject alone", "Fwd: I was charged twice", "", Class::DuplicateCharge),
        ("a page", "", "<html><style>vat tax</style><p>I was <b>charged</b> twice</p></html>", Class::DuplicateCharge),
    ];
    for (name, subject, body, class) in rows {
        assert_eq!(of(subject, body).class, class, "{name}");
    }
}

#[test]
fn a_trouble_among_much_else_is_found_and_a_letter_without_one_has_none() {
    let before = "I have been with you since 2019 and was always happy until this week. My sister recommended your \
                  company to me. We are a small bakery with four people. I'm writing from my phone.";
    let after = "I looked through the help pages last night. As a loyal customer I had hoped this would be easier. \
                 You can reach me any afternoon between two and five.";
    for (class, trouble) in [
        (Class::DuplicateCharge, "I was charged twice for the same invoice."),
        (Class::PaymentFailed, "My card was declined when the subscription renewed."),
        (Class::RefundRequest, "I want my money back, the product does not work."),
    ] {
        for letter in [format!("{before} {trouble} {after}"), format!("{trouble} {before} {after}")] {
            let guess = of("", &letter);
            assert_eq!((guess.class, guess.abstained), (class, false), "{letter}: {guess:?}");
        }
    }
    let guess = of("", &format!("{before} {after}"));
    assert!(guess.class == Class::NotBilling && guess.also.is_empty(), "{guess:?}");
}

#[test]
fn of_a_long_letter_the_beginning_and_the_end_are_read_and_not_the_middle() {
    let filler = "The weather was fine and we went to the lake. ".repeat(30);
    let trouble = "I was charged twice for the same invoice.";
    for (name, letter, is_read) in [
        ("at the beginning", format!("{trouble} {filler}"), true),
        ("at the end", format!("{filler} {trouble}"), true),
        ("in the middle", format!("{filler} {trouble} {filler}"), false),
    ] {
        let guess = of("", &letter);
        assert_eq!(guess.class == Class::DuplicateCharge, is_read, "{name}: {guess:?}");
        assert_eq!(guess.abstained, !is_read, "{name}: {guess:?}");
    }
}

#[test]
fn further_troubles_of_a_letter_are_named_beside_the_first() {
    let letter =
        "I was charged twice for my subscription in March. Also, please update my credit card, it has expired.";
    let guess = of("", letter);
    let mut all = guess.also.clone();
    all.push(guess.class);
    assert!(all.contains(&Class::DuplicateCharge), "{guess:?}");
    assert!(all.contains(&Class::PaymentMethodUpdate), "{guess:?}");
    assert!(of("", "I was charged twice. Please help. I love the product.").also.is_empty());
}

#[test]
fn the_words_that_decided_stand_in_the_letter_and_are_neither_names_nor_numbers() {
    let letter = "Zebulon Quagmire here. You CHARGED me twice, card 4242 4242\n4242 4242, zq@shop.example, IBAN DE8937";
    let guess = of("", letter);
    assert_eq!(guess.class, Class::DuplicateCharge);
    assert!(guess.reasons.iter().any(|reason| reason.contains("twice")), "{guess:?}");
    assert!(guess.reasons.len() <= THRESHOLDS.reasons);
    for reason in &guess.reasons {
        assert!(letter.contains(reason.as_str()), "{reason}");
        assert!(!reason.contains(|c: char| c.is_ascii_digit() || c == '@'), "{reason}");
        assert!(!reason.contains("Quagmire") && !reason.contains("Zebulon"), "{reason}");
    }
}

#[test]
fn a_letter_of_a_megabyte_is_read_from_its_beginning() {
    let filler = "<".repeat(300_000) + &"<style></style>".repeat(30_000) + &"word ".repeat(100_000);
    let long = format!("My card was declined. {filler}");
    assert_eq!(of("My card was declined", &"again and again ".repeat(70_000)).class, Class::PaymentFailed);
    let _ = of(&long, &long);
}

#[test]
fn however_long_a_letter_is_no_more_than_a_bounded_number_of_features_is_looked_up() {
    // Time is spent on features, and these can be counted: `train` measures the time of letters as people write them.
    let looked_up = |body: &str| {
        let new = letter::newest("", body);
        shipped().seen(&words(&letter::ends(&new.body), WORDS)).len()
    };
    let letter = "Hello, we were charged twice for our subscription this month. Please refund one of the two payments\n\
        to the card that it was taken from, and tell us how this could happen. Kind regards, Ann";
    let found = looked_up(letter);
    assert!((100..=900).contains(&found), "{found} of a letter as people write them");
    for piece in
        ["a ", "tax ", "refund ", "charged twice ", "overcharged\n", "unsubscribe", "请退款 ", "1 ", "$1 ", "l'a "]
    {
        let found = looked_up(&piece.repeat(1_000_000 / piece.len()));
        assert!(found <= 3_000, "{found} of {piece:?} over and over");
    }
}

#[test]
fn reading_again_gives_the_same() {
    let letter = "I was overcharged, and the invoice is wrong; refund the difference";
    assert_eq!(of("Bill", letter), of("Bill", letter));
}

#[test]
fn the_weights_are_small_and_those_that_the_corpus_gives() {
    let bytes = include_bytes!("../../../../policy/wording/weights.bin");
    assert!(bytes.len() <= 1_000_000, "{} bytes", bytes.len());
    let model = Model::parse(bytes).unwrap();
    assert_eq!(
        model.learned_from(),
        material().digest(&Course::SHIPPED),
        "the corpus has changed: `cargo run -p wording --example train` learns the weights again"
    );
}

#[test]
fn the_same_rows_give_the_same_weights_and_these_know_their_rows() {
    let mut material = material();
    let mut place = 0;
    material.rows.retain(|row| {
        place += 1;
        row.language == "en" && place % 12 == 0
    });
    let course = Course { rounds: 6, ..Course::SHIPPED };
    let learned = weights(&material, &course, 1.0);
    assert_eq!(learned, weights(&material, &course, 1.0));
    let model = Model::parse(&learned).unwrap();
    let judged = judge(&model, &material.rows);
    let right = judged.iter().filter(|judged| judged.is_right()).count();
    assert!(right * 10 > judged.len() * 9, "{right} of {}", judged.len());
}

#[test]
fn all_that_one_wording_says_is_held_back_together() {
    let mut material = material();
    let mut place = 0;
    material.rows.retain(|row| {
        place += 1;
        row.language == "en" && place % 12 == 0
    });
    let is_of_one = |class: Class| class == Class::DuplicateCharge;
    material.rows.iter_mut().filter(|row| is_of_one(row.class)).for_each(|row| row.wording.clear());
    let course = Course { rounds: 4, parts: 2, ..Course::SHIPPED };
    let judged = learn(&material, &course).judged;
    let of_one: Vec<_> = judged.iter().filter(|judged| is_of_one(judged.truth)).collect();
    assert!(of_one.len() > 10, "{}", of_one.len());
    assert!(of_one.iter().all(|judged| !judged.is_right()), "they were judged by who had not seen any of them");
}

#[test]
fn what_people_have_corrected_stays_right() {
    let text = std::fs::read_to_string(folder().join("corrections.tsv")).unwrap();
    let rows = corpus::table(&text);
    assert_eq!(rows.len(), text.lines().filter(|line| !line.starts_with('#')).count(), "each line is a row");
    for row in rows {
        assert_eq!(of("", &row.text).class, row.class, "{}", row.text);
    }
}

#[test]
fn learning_says_what_changes_on_what_people_have_corrected() {
    let text = std::fs::read_to_string(folder().join("corrections.tsv")).unwrap();
    let rows = corpus::table(&text);
    let shipped = judge(shipped(), &rows);
    let right = format!("Corrections: {0} of {0} right\n", rows.len());
    assert_eq!(told_of_corrections(&rows, Some(&shipped), &shipped), right, "the same weights change nothing");
    // Weights that were taught next to nothing take most of them for something else.
    let material = Material { rows: rows.iter().take(2).cloned().collect(), ..material() };
    let untaught = weights(&material, &Course { rounds: 2, ..Course::SHIPPED }, 1.0);
    let untaught = judge(&Model::parse(&untaught).unwrap(), &rows);
    let lost = untaught.iter().filter(|judged| !judged.is_right()).count();
    assert!(lost > 0, "{untaught:?}");
    let told = told_of_corrections(&rows, Some(&shipped), &untaught);
    assert!(told.starts_with(&format!("Corrections: {} of {} right\n", rows.len() - lost, rows.len())), "{told}");
    assert_eq!(told.matches("  lost: ").count(), lost, "{told}");
}

#[test]
fn what_is_judged_by_is_not_learned_from() {
    let text = std::fs::read_to_string(folder().join("unseen.tsv")).unwrap();
    let unseen = corpus::table(&text);
    assert_eq!(unseen.len(), text.lines().filter(|line| !line.starts_with('#')).count(), "each line is a row");
    let outside = unseen.iter().filter(|row| row.class == Class::NotBilling).count();
    assert!(outside >= 400 && unseen.len() - outside >= 200, "{outside} of {}", unseen.len());
    let plain = |text: &str| words(text, 400).into_iter().map(|word| word.plain).collect::<Vec<_>>().join(" ");
    let learned: BTreeSet<String> = material().rows.iter().map(|row| plain(&row.text)).collect();
    for row in unseen {
        assert!(!learned.contains(&plain(&row.text)), "{}", row.text);
    }
}

#[test]
fn sentences_that_were_never_learned_are_judged_as_well_as_was_asked_for() {
    let text = std::fs::read_to_string(folder().join("unseen.tsv")).unwrap();
    let judged = judge(shipped(), &corpus::table(&text));
    let figures = Figures::of(&judged, THRESHOLDS.sure, &[]);
    let told = told(&figures);
    assert!(figures.macro_f1 >= 0.8, "{told}");
    assert!(figures.sure.coverage >= 0.5 && figures.sure.right.unwrap() >= 0.95, "{told}");
    assert!(figures.sure.strays <= 0.02, "{told}");
    let apart: f64 = figures.deciles.iter().map(|it| it.rows as f64 * (it.confidence - it.right).abs()).sum();
    assert!(apart / figures.rows as f64 <= 0.05, "a confidence is how often it is right: {told}");
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/tickets")
}

fn material() -> Material {
    Material::gather(|file| std::fs::read_to_string(folder().join(file)).ok()).expect("the corpus has its lists")
}
