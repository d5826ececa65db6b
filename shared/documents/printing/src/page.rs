//! The words and figures of a page, as the law of the issuer's country calls them.

mod figures;

use crate::script::shown;
use domain::document::{DocumentLine, Party, Payment, Sound, Supplied, Tax, TaxDocument};
use figures::{amount, figure, per_cent};
use serde::Serialize;

/// What a page shows, every text ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Page {
    pub title: String,
    pub number: String,
    /// Year, month, day.
    issued_on: [i16; 3],
    paper: &'static str,
    issuer: Vec<String>,
    customer: Vec<String>,
    facts: Vec<[String; 2]>,
    tax: String,
    lines: Vec<[String; 5]>,
    totals: Vec<Total>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Total {
    label: String,
    amount: String,
    is_strong: bool,
}

/// Remembers whether every text could be shown whole.
struct Texts {
    is_whole: bool,
}

impl Texts {
    fn show(&mut self, text: &str) -> String {
        let shown = shown(text);
        self.is_whole &= shown.is_whole;
        shown.text
    }
}

impl Page {
    /// Puts a document into the words of its law.
    pub(crate) fn of(sound: &Sound<'_>) -> Self {
        let (document, law) = (sound.document(), sound.law());
        let texts = &mut Texts { is_whole: true };
        let kind = if document.corrects.is_some() { "Credit note" } else { "Invoice" };
        let number = texts.show(&document.number);
        let mut page = Self {
            title: format!("{kind} {number}"),
            number,
            issued_on: day(document),
            // Letters of the United States have another size.
            paper: if document.issuer.country == "US" { "us-letter" } else { "a4" },
            issuer: party(&document.issuer, &law.tax_id, texts),
            customer: party(&document.customer, &law.tax_id, texts),
            facts: facts(document, texts),
            tax: law.tax.clone(),
            lines: lines(sound, texts),
            totals: totals(sound, texts),
            notes: notes(sound, texts),
        };
        if !texts.is_whole {
            page.notes
                .push("Letters that this page cannot show (□) stand in the e-invoice inside this file.".to_owned());
        }
        page
    }
}

fn day(document: &TaxDocument) -> [i16; 3] {
    let day = document.issued_on;
    [day.year(), day.month().into(), day.day().into()]
}

fn party(party: &Party, tax_id: &str, texts: &mut Texts) -> Vec<String> {
    let region = party.region.as_deref().unwrap_or_default();
    // Letters within the United States are sorted by what stands last.
    let place = match party.country.as_str() {
        "US" => [party.city.as_str(), region, &party.post_code],
        _ => [party.post_code.as_str(), &party.city, region],
    };
    let place: Vec<&str> = place.into_iter().filter(|part| !part.trim().is_empty()).collect();
    let mut lines = vec![party.name.clone()];
    lines.extend(party.street.iter().cloned());
    lines.extend([place.join(" "), party.country.clone()]);
    lines.extend(party.tax_id.as_ref().map(|id| format!("{tax_id}: {id}")));
    lines.extend(party.registration.as_ref().map(|number| format!("Registered: {number}")));
    lines.extend(party.email.clone());
    lines.iter().filter(|line| !line.trim().is_empty()).map(|line| texts.show(line)).collect()
}

fn facts(document: &TaxDocument, texts: &mut Texts) -> Vec<[String; 2]> {
    let mut facts = vec![["Number".to_owned(), texts.show(&document.number)]];
    let mut say = |label: &str, text: String| facts.push([label.to_owned(), text]);
    say("Date", document.issued_on.to_string());
    match document.supplied {
        Some(Supplied::On(day)) => say("Supplied", day.to_string()),
        Some(Supplied::Between(from, to)) => say("Supplied", format!("{from} to {to}")),
        None => {}
    }
    match &document.corrects {
        Some(original) => say("Corrects", texts.show(&format!("{} of {}", original.number, original.issued_on))),
        None => {
            if let Some(day) = document.due_on {
                say("Due", day.to_string());
            }
        }
    }
    say("Payment", paid_how(document, texts));
    facts
}

fn paid_how(document: &TaxDocument, texts: &mut Texts) -> String {
    match &document.payment {
        Payment::Transfer { iban, bic, reference } => {
            let bic = bic.as_ref().map(|bic| format!(", BIC {bic}")).unwrap_or_default();
            texts.show(&format!("to {}{bic}, reference {reference}", in_fours(iban)))
        }
        Payment::Card { last4 } => texts.show(&format!("card ending in {last4}")),
        Payment::Other(text) => texts.show(text),
    }
}

/// As an account's number is written on paper.
fn in_fours(iban: &str) -> String {
    let letters: Vec<char> = iban.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn lines(sound: &Sound<'_>, texts: &mut Texts) -> Vec<[String; 5]> {
    let with_nets = sound.document().lines.iter().zip(&sound.totals().nets);
    with_nets
        .map(|(line, net)| {
            let quantity = format!("{} {}", figure(line.quantity.normalize()), line.unit.word());
            let price = line.price.money().map_or_else(|| figure(line.price.amount()), |price| figure(price.amount()));
            [texts.show(&named(line)), quantity.trim().to_owned(), price, rate(&line.tax), figure(net.amount())]
        })
        .collect()
}

fn named(line: &DocumentLine) -> String {
    let period = line.period.map(|(from, to)| format!(", {from} to {to}")).unwrap_or_default();
    let discount = line.discount.filter(|discount| discount.is_positive());
    let discount = discount.map(|discount| format!(", less {}", amount(discount))).unwrap_or_default();
    format!("{}{period}{discount}", line.name)
}

fn rate(tax: &Tax) -> String {
    match tax {
        Tax::Standard { rate } | Tax::SalesTax { rate, .. } => per_cent(*rate),
        Tax::Zero => per_cent(rust_decimal::Decimal::ZERO),
        _ => "none".to_owned(),
    }
}

fn totals(sound: &Sound<'_>, texts: &mut Texts) -> Vec<Total> {
    let (document, sums, law) = (sound.document(), sound.totals(), sound.law());
    let mut totals = Vec::new();
    let mut say = |label: String, amount: String, is_strong| totals.push(Total { label, amount, is_strong });
    for discount in &document.discounts {
        say(texts.show(&discount.reason), format!("-{}", amount(discount.amount)), false);
    }
    say("Net".to_owned(), amount(sums.net), false);
    for group in &sums.groups {
        let base = figure(group.base.amount());
        let label = match &group.tax {
            Tax::SalesTax { rate, reason } => format!("{} {} ({reason}) on {base}", law.tax, per_cent(*rate)),
            tax if tax.rate().is_zero() => format!("No {} on {base}", law.tax),
            tax => format!("{} {} on {base}", law.tax, per_cent(tax.rate())),
        };
        say(texts.show(&label), amount(group.amount), false);
    }
    say("Total".to_owned(), amount(sums.gross), true);
    if document.paid.is_some() {
        say("Already paid".to_owned(), amount(sums.paid), false);
    }
    if !sums.rounding.amount().is_zero() {
        say("Rounded to the smallest coin".to_owned(), amount(sums.rounding), false);
    }
    let open = if document.corrects.is_some() { "Owed to you" } else { "To be paid" };
    say(open.to_owned(), amount(sums.due), true);
    if let (Some(books), Some(own)) = (&document.books, sums.own_tax) {
        let label = format!(
            "{} in {} at {} ({}, {})",
            law.tax,
            books.currency,
            books.rate.normalize(),
            books.source,
            books.rate_on
        );
        say(texts.show(&label), amount(own), false);
    }
    totals
}

fn notes(sound: &Sound<'_>, texts: &mut Texts) -> Vec<String> {
    let (document, law) = (sound.document(), sound.law());
    let mut notes = Vec::new();
    if let Some(original) = &document.corrects {
        notes.push(format!("This corrects {} of {}: {}.", original.number, original.issued_on, original.reason));
    }
    for tax in document.taxes() {
        let note = match tax {
            Tax::SalesTax { .. } => None,
            tax => law.note(tax),
        };
        if let Some(note) = note.filter(|note| notes.iter().all(|known| known != note)) {
            notes.push(note.to_owned());
        }
    }
    notes.iter().map(|note| texts.show(note)).collect()
}
