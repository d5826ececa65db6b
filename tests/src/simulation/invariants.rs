//! What must hold after any storm.

mod account;
mod answers;
mod asked;
mod effects;
mod recovery;
mod said;
mod service;
mod tickets;
mod told;
mod unasked;

pub use effects::changes;

use super::tickets::Talk;
use super::{Storm, Words};
use crate::world::records;
use account::{
    effects_were_decided, ledger_verifies, no_letter_after_the_end, nothing_hangs, same_in_any_order,
    tasks_are_those_left, who_left_is_let_go,
};
use answers::answers_leave_once;
use app::ports::Order;
use app::store::{Of, Page, Timeline, keys, page, read};
use asked::{debt_letters_end_with_their_request, money_counts_once, money_that_names_a_request_has_its_place};
use domain::action::Action;
use domain::book::{Head, Invoice, KeptCard, Payment, Subscription, Touched};
use domain::case::Case;
use domain::cash::{Received, Request};
use domain::classify::desk::Desk;
use domain::dunning::Plan;
use domain::id::{AccountId, ActionId, sha256};
use domain::incident::Pulse;
use domain::ledger::{Entry, LedgerHead};
use domain::report::fact::{Fact, of_received};
use domain::task::Task;
use effects::{effects_are_ours, limits_hold_together, no_money_is_promised_twice, refunds_are_ours};
use local::service::Service;
use recovery::{fallen, promises_settled, recoveries_keep_their_word, tries, tries_keep_to_their_budget};
use said::nothing_leaves_that_waits;
use service::{
    events_are_done, imports_are_whole, letters_once, pulses_are_those_of_the_book, queues_are_empty, reports_recompute,
};
use std::collections::BTreeMap;
use tickets::{each_has_an_owner_or_an_end, strangers_hear_nothing, what_was_pressed_left_once};
use told::{all_is_told_in_order, each_is_signed_under_one_id, what_happened_was_told};

fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Everything that one account has.
struct Books {
    desk: Desk,
    ledger: Vec<Entry>,
    ledger_head: Option<LedgerHead>,
    timeline: Vec<Timeline>,
    subscriptions: BTreeMap<String, Subscription>,
    tasks: Vec<Task>,
    requests: Vec<Request>,
    received: Vec<Received>,
}

/// What stands in the end.
pub(super) struct Found {
    /// A digest of all of it.
    pub state: String,
    /// How often a payment was tried again.
    pub tries: usize,
    /// What people have said of what is asked for.
    pub words: Words,
    /// How many promises of customers were kept or broken, and how often access fell.
    pub promises: usize,
    pub fallen: usize,
    /// What customers were asked to pay because of tickets, and how many payments are known to be for that.
    pub requests: usize,
    pub matched: usize,
}

/// Without the links, which are made with a secret that each service has for itself.
fn unlinked(request: &Request) -> Request {
    let mut request = request.clone();
    request.lines.iter_mut().for_each(|line| line.link = None);
    request
}

/// Checks all invariants, and returns what was found.
pub(super) async fn check(storm: &mut Storm) -> Result<Found, String> {
    let Storm { service, dice, acknowledged, refused, product, listening, bills, allowed, is_long, talk, .. } = storm;
    let (service, acknowledged) = (&*service, acknowledged.as_slice());
    let mut state = String::new();
    let mut facts = BTreeMap::new();
    let mut actions = BTreeMap::new();
    let mut by_provider: BTreeMap<String, BTreeMap<ActionId, Action>> = BTreeMap::new();
    let mut beats = Vec::new();
    let mut all_books = Vec::new();
    let all: Page<Head> = page(&service.context, keys::lists::ACCOUNTS, None, 1000, Order::Ascending)
        .await
        .map_err(|error| error.to_string())?;
    for head in all.items {
        let Some(books) = books(service, &head.account).await else { continue };
        same_in_any_order(&books, dice)?;
        ledger_verifies(&books)?;
        effects_were_decided(&books)?;
        nothing_hangs(&books)?;
        no_money_is_promised_twice(&books)?;
        tasks_are_those_left(&books)?;
        who_left_is_let_go(service, &books)?;
        no_letter_after_the_end(service, &books)?;
        all_is_told_in_order(service, &books, product, listening).await?;
        what_happened_was_told(service, &books, product, listening).await?;
        beats.extend(
            Pulse::all(&books.desk.touched, &books.desk.head, &service.context.policies.declines).into_values(),
        );
        facts.extend(books.desk.facts(&service.context.policies.declines).into_values().map(|fact| (fact, 1)));
        actions.extend(books.desk.actions.clone());
        by_provider.entry(head.provider.clone()).or_default().extend(books.desk.actions.clone());
        facts.extend(books.requests.iter().map(|request| (Fact::of_request(request), 1)));
        facts.extend(books.received.iter().map(|received| (of_received(received), 1)));
        let requests: Vec<Request> = books.requests.iter().map(unlinked).collect();
        state += &format!("{:?}{:?}{:?}{:?}", books.desk, books.ledger, books.subscriptions, requests);
        all_books.push(books);
    }
    let nobody = BTreeMap::new();
    let at_stripe = by_provider.get("stripe").unwrap_or(&nobody);
    let tried = tries(service, at_stripe)?;
    tries_keep_to_their_budget(service, &tried, bills, *allowed)?;
    let mut words = Words::default();
    for books in &all_books {
        recoveries_keep_their_word(service, books, &tried, *is_long)?;
        words.count_in(nothing_leaves_that_waits(service, books).await?);
    }
    each_is_signed_under_one_id(product, listening)?;
    events_are_done(service, acknowledged).await?;
    refunds_are_ours(service, at_stripe)?;
    effects_are_ours(service, &by_provider, acknowledged)?;
    limits_hold_together(service, &actions)?;
    letters_once(service)?;
    unasked::one_a_day(service, &all_books).await?;
    let requests: Vec<Request> = all_books.iter().flat_map(|books| books.requests.clone()).collect();
    tickets_are_seen_to(service, &requests, talk).await?;
    queues_are_empty(service)?;
    reports_recompute(service, refused, facts, &tickets::all(service).await?).await?;
    pulses_are_those_of_the_book(service, &beats).await?;
    imports_are_whole(service).await?;
    let matched = requests.iter().map(|request| request.matched.len()).sum();
    let plans = || all_books.iter().flat_map(|books| books.desk.plans.values());
    Ok(Found {
        state: sha256(state.as_bytes()),
        tries: tried.len(),
        words,
        promises: plans().map(promises_settled).sum(),
        fallen: plans().map(fallen).sum(),
        requests: requests.len(),
        matched,
    })
}

/// What must hold of tickets and of what was asked for because of them.
async fn tickets_are_seen_to(service: &Service, requests: &[Request], talk: &Talk) -> Result<(), String> {
    let all = tickets::all(service).await?;
    answers_leave_once(service, &all).await?;
    each_has_an_owner_or_an_end(service, &all, talk)?;
    if talk.tickets.is_empty() {
        return Ok(());
    }
    what_was_pressed_left_once(service, &all, talk)?;
    strangers_hear_nothing(service, talk)?;
    money_counts_once(service, requests)?;
    money_that_names_a_request_has_its_place(service, requests, talk).await?;
    debt_letters_end_with_their_request(service, requests, talk)
}

async fn books(service: &Service, account: &AccountId) -> Option<Books> {
    let head: Head = read(&service.context, &keys::head(account)).await.unwrap()?;
    let cards: Vec<Of<KeptCard>> = records(service, &keys::cards(account)).await;
    let invoices: Vec<Of<Invoice>> = records(service, &keys::invoices(account)).await;
    let payments: Vec<Of<Payment>> = records(service, &keys::payments(account)).await;
    let subscriptions: Vec<Of<Subscription>> = records(service, &keys::subscriptions(account)).await;
    let cases: Vec<Case> = records(service, &keys::cases(account)).await;
    let plans: Vec<Plan> = records(service, &keys::plans(account)).await;
    let actions: Vec<Action> = records(service, &keys::actions(account)).await;
    let touched = Touched {
        person: None,
        cards: cards.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        invoices: invoices.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        payments: payments.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        subscriptions: BTreeMap::new(),
    };
    let desk = Desk {
        cases: cases.into_iter().map(|case| (case.id.clone(), case)).collect(),
        plans: plans.into_iter().map(|plan| (plan.invoice.clone(), plan)).collect(),
        actions: actions.into_iter().map(|action| (action.id.clone(), action)).collect(),
        ..Desk::of(head, touched)
    };
    Some(Books {
        desk,
        ledger: records(service, &keys::ledger_entries(account)).await,
        ledger_head: read(&service.context, &keys::ledger_head(account)).await.unwrap(),
        timeline: records(service, &keys::timeline_of(account)).await,
        tasks: records(service, &keys::tasks(account)).await,
        requests: records(service, &keys::payment_requests(account)).await,
        received: records(service, &keys::received_of(account)).await,
        subscriptions: subscriptions.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
    })
}
