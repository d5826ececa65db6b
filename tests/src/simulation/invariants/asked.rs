//! What must hold of what customers were asked to pay, by what came in at the provider and what lies in the outbox.

use super::must;
use crate::simulation::CUSTOMERS;
use crate::simulation::tickets::Talk;
use app::ports::Letter;
use app::store::{keys, read};
use domain::cash::{Received, Request};
use domain::id::{AccountId, ReceivedId, RequestId};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// For so long a letter may have been on its way when what it asks for ended: as long as others keep a worker waiting.
const LEAVING: SignedDuration = SignedDuration::from_secs(30);

/// What stands in the provider's books: each charge that brought something.
struct Book(BTreeMap<String, Value>);

impl Book {
    fn of(service: &Service) -> Result<Self, String> {
        let charges = service.sandbox.charges().map_err(|error| error.to_string())?;
        let named = charges.into_iter().map(|charge| (charge["id"].as_str().unwrap_or_default().to_owned(), charge));
        Ok(Self(named.collect()))
    }

    /// In minor units, and in which currency.
    fn taken(&self, charge: &str) -> Option<(i64, String)> {
        let charge = self.0.get(charge)?;
        Some((charge["amount_captured"].as_i64()?, charge["currency"].as_str()?.to_uppercase()))
    }

    /// Whether some of it went back.
    fn gave_back(&self, charge: &str) -> bool {
        self.0.get(charge).is_some_and(|charge| charge["amount_refunded"].as_i64().unwrap_or(0) > 0)
    }
}

/// A payment counts for one request and once, and for no more than came in with it: so what counts for requests is
/// never more than what came in.
pub(super) fn money_counts_once(service: &Service, requests: &[Request]) -> Result<(), String> {
    let book = Book::of(service)?;
    let mut counted: BTreeMap<(&AccountId, &str), &RequestId> = BTreeMap::new();
    for request in requests {
        for matched in &request.matched {
            let payment = matched.payment.as_str();
            let before = counted.insert((&matched.account, payment), &request.id);
            must(before.is_none(), || {
                format!("payment {payment} counts for {before:?}, and again for {}", request.id)
            })?;
            let (taken, currency) = book
                .taken(payment)
                .ok_or_else(|| format!("payment {payment} counts for {}, and never came in", request.id))?;
            let (minor, own) = (matched.amount.minor().unwrap_or(i64::MAX), matched.amount.currency());
            must(own.code() == currency && minor <= taken, || {
                format!(
                    "{} of payment {payment} counts for {}, and {taken} {currency} came in",
                    matched.amount, request.id
                )
            })?;
        }
    }
    Ok(())
}

/// Money that names a request counts for one, or a person was shown it.
pub(super) async fn money_that_names_a_request_has_its_place(
    service: &Service,
    requests: &[Request],
    talk: &Talk,
) -> Result<(), String> {
    let book = Book::of(service)?;
    for paid in &talk.paid {
        let Some(named) = &paid.named else { continue };
        let mut matched = requests.iter().flat_map(|request| &request.matched);
        if matched.any(|it| it.account == paid.account && it.payment == paid.charge) || book.gave_back(&paid.charge) {
            continue;
        }
        let shown = keys::received(&ReceivedId::of(&paid.account, &paid.charge));
        let shown: Option<Received> = read(&service.context, &shown).await.map_err(|fault| fault.to_string())?;
        must(shown.is_some(), || format!("payment {} names {named}, and nobody knows what it is for", paid.charge))?;
    }
    Ok(())
}

/// What asks a customer for what is open goes to their own address, once each time that somebody asked, and not after
/// what it asks for was withdrawn or was there. Nobody is told twice that it is.
pub(super) fn debt_letters_end_with_their_request(
    service: &Service,
    requests: &[Request],
    talk: &Talk,
) -> Result<(), String> {
    let mut letters = service.outbox.letters().map_err(|error| error.to_string())?;
    letters.retain(|(_, letter)| letter.id.starts_with("cash_"));
    // Only what asks for a payment says what to write with it.
    let is_of = |letter: &Letter, request: &Request| letter.text.contains(request.id.as_str());
    for request in requests {
        let own: Vec<_> = letters.iter().filter(|(_, letter)| is_of(letter, request)).collect();
        let asked = talk.askings.iter().filter(|ticket| ticket.to_string() == request.ticket).count();
        must(own.len() <= asked, || format!("{} was asked for {asked} times, by {} letters", request.id, own.len()))?;
        let (ended, address) = (ended(request), address(request)?);
        for (at, letter) in own {
            must(letter.to == address, || format!("{} went to {}, and not to {address}", request.id, letter.to))?;
            must(ended.is_none_or(|ended| *at <= ended + LEAVING), || {
                format!("{} was asked for at {at}, and was withdrawn or paid at {ended:?}", request.id)
            })?;
        }
    }
    let mut thanked = BTreeSet::new();
    for (_, letter) in letters.iter().filter(|(_, letter)| !requests.iter().any(|request| is_of(letter, request))) {
        let is_first = thanked.insert((&letter.id, letter.channel));
        must(is_first, || format!("{} was thanked twice: {}", letter.to, letter.subject))?;
    }
    Ok(())
}

/// When nothing of a request was left to ask for: it was withdrawn or over, or as much had been found for it as was
/// asked for at first.
fn ended(request: &Request) -> Option<Timestamp> {
    let mut found: Vec<_> = request.matched.iter().map(|matched| (matched.at, matched.amount)).collect();
    found.sort_by_key(|(at, _)| *at);
    let wanted: i64 = request.lines.iter().filter_map(|line| line.amount.minor()).sum();
    let mut sum = 0;
    let all_there = found.iter().find(|(_, amount)| {
        sum += amount.minor().unwrap_or(0);
        sum >= wanted
    });
    let all_there = all_there.map(|(at, _)| *at);
    let withdrawn = request.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
    [withdrawn, request.resolved_at, all_there].into_iter().flatten().min()
}

/// Where the customer of a request is written to.
fn address(request: &Request) -> Result<String, String> {
    let is_own = |customer: &&str| AccountId::of("stripe", "default", customer) == request.account;
    let customer = CUSTOMERS.iter().copied().find(is_own);
    let known = customer.map(|customer| format!("{customer}@shop.example"));
    known.ok_or_else(|| format!("{} asks {}, who wrote nothing", request.id, request.account))
}
