//! What customers were sent that they had not asked for, whoever wrote it: one letter a day, as the outbox has it, and
//! what counts as said by the letter of another rung stands in that letter.

use super::{Books, must};
use crate::world::records;
use app::ports::{Channel, Letter};
use app::store::keys;
use domain::ageing::Climb;
use domain::dunning::StepState;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use std::collections::{BTreeMap, BTreeSet};

/// Within that no second one leaves: a minute less than the rules say, for what a sending takes.
const A_DAY: SignedDuration = SignedDuration::from_mins(24 * 60 - 1);
/// Longer than a letter is on its way before it is in doubt.
const LEAVES: SignedDuration = SignedDuration::from_hours(1);
/// How a rung says whose letter has said it.
const WITH: &str = "in one letter with ";

/// Letters of recoveries, of the ladder and of cards that end, by the address that they went to: nothing is asked of
/// what the product remembers of them.
pub(super) async fn one_a_day(service: &Service, all: &[Books]) -> Result<(), String> {
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let unasked = unasked(service, &letters);
    let mut written: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for (at, letter) in &unasked {
        written.entry(letter.to.as_str()).or_default().push(*at);
    }
    for (to, times) in &mut written {
        times.sort();
        for pair in times.windows(2) {
            must(pair[1].duration_since(pair[0]) >= A_DAY, || format!("{to} was written to at {pair:?}"))?;
        }
    }
    for books in all {
        what_is_said_stands_there(service, books, &unasked).await?;
    }
    Ok(())
}

/// That a card was not saved answers who has just given it: it is known by its subject, in every language.
fn unasked<'a>(service: &Service, letters: &'a [(Timestamp, Letter)]) -> Vec<(Timestamp, &'a Letter)> {
    let texts = service.context.policies.texts.current();
    let answer = |locale: &str| texts.reader(Some(locale), None).text("card_not_saved").map(|it| it.subject.clone());
    let answers: BTreeSet<String> = ["en", "de", "fr", "es"].into_iter().filter_map(answer).collect();
    let is_unasked = |letter: &Letter| {
        let is_own = ["dun_", "card_"].iter().any(|mark| letter.id.starts_with(mark));
        let is_to_customer = letter.channel == Channel::Mail && letter.to.ends_with("@shop.example");
        is_own && is_to_customer && !answers.contains(&letter.subject)
    };
    letters.iter().filter(|(_, letter)| is_unasked(letter)).map(|(at, letter)| (*at, letter)).collect()
}

async fn what_is_said_stands_there(
    service: &Service,
    books: &Books,
    unasked: &[(Timestamp, &Letter)],
) -> Result<(), String> {
    let climbs: Vec<Climb> = records(service, &keys::climbs(&books.desk.head.account)).await;
    for climb in &climbs {
        let invoice = books.desk.touched.invoices.get(&climb.way.invoice);
        let Some(number) = invoice.and_then(|invoice| invoice.number.value()) else { continue };
        // What went with one of which nobody knows whether it left is in doubt as well, and need not be there.
        for step in climb.way.steps.iter().filter(|step| step.state == StepState::Sent) {
            let said = step.why.as_deref().and_then(|why| why.strip_prefix(WITH)).zip(step.done_at);
            let Some((other, at)) = said else { continue };
            let is_there = |(left, letter): &(Timestamp, &Letter)| {
                at <= *left && *left < at + LEAVES && letter.text.contains(number.as_str())
            };
            must(unasked.iter().any(is_there), || {
                format!("{number} counts as said with {other} at {at}, and no letter says it")
            })?;
        }
    }
    Ok(())
}
