//! What must hold between what happened and what the product heard of it: all of it, in its order, signed, each under
//! one id.

use super::{Books, must};
use crate::simulation::CUSTOMERS;
use crate::simulation::endpoints::Listening;
use crate::simulation::product::{Heard, Product};
use crate::world::records;
use app::ports::Clock;
use app::store::{keys, read};
use domain::action::{Action, State as ActionState};
use domain::ageing::Climb;
use domain::book::entitlement::entitlement;
use domain::case::{Class, State as CaseState};
use domain::dunning::{Plan, StepState};
use domain::outgoing::{Line, State};
use domain::task::About;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// For less than that no event is sent again and again before the next one has its turn.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// What a recovery takes.
const TAKEN: [&str; 2] = ["warned", "restricted"];

/// Whatever arrived is signed by a secret of its endpoint, and however often it was sent, one thing has one id.
pub(super) fn each_is_signed_under_one_id(product: &Product, listening: &[Listening]) -> Result<(), String> {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for endpoint in listening {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for heard in product.heard(&endpoint.url) {
            let (id, told) = (heard.id().to_owned(), heard.told());
            must(endpoint.is_signed(&heard), || format!("{id} at {} is not signed as it should be", heard.at))?;
            let what = format!("{} {}", told["type"], told["data"]);
            must(*said.entry(id.clone()).or_insert_with(|| what.clone()) == what, || format!("{id} is two things"))?;
            let first = ids.entry(heard.body.clone()).or_insert_with(|| id.clone()).clone();
            must(first == id, || format!("{what} has two ids: {first} and {id}"))?;
        }
    }
    Ok(())
}

/// Each event of an account reached each endpoint that it was to be told, and the next one left when it was taken. One
/// that was never taken was given up after days, and people have a task.
pub(super) async fn all_is_told_in_order(
    service: &Service,
    books: &Books,
    product: &Product,
    listening: &[Listening],
) -> Result<(), String> {
    let account = &books.desk.head.account;
    for Listening { id, url, .. } in listening {
        let line: Option<Line> =
            read(&service.context, &keys::line(account, id)).await.map_err(|fault| fault.to_string())?;
        let heard = product.heard(url);
        let mut before: Option<(usize, String)> = None;
        for record in line.map(|line| line.records).unwrap_or_default() {
            let event = &record.event.id;
            let about = || format!("{event} ({}) of {account} at {url}", record.event.kind.name());
            let is_given_up = matches!(record.state, State::GivenUp { .. });
            let is_task = books
                .tasks
                .iter()
                .any(|task| matches!(&task.about, About::Undelivered { endpoint, .. } if endpoint == id));
            must(record.state != State::Waiting, || format!("{} waits still", about()))?;
            must(!is_given_up || is_task, || format!("{} was given up, and nobody has a task", about()))?;
            let first = heard.iter().position(|it| it.id() == event);
            let first = first.ok_or_else(|| format!("{} was never sent", about()))?;
            must(is_given_up || is_taken(&heard, event), || format!("{} was never taken", about()))?;
            if let Some((place, earlier)) = before {
                let waited = heard[first].at.duration_since(heard[place].at) >= GIVEN_UP_AFTER;
                must(place < first, || format!("{} came before {earlier}", about()))?;
                must(waited || is_taken(&heard[..first], &earlier), || format!("{} overtook {earlier}", about()))?;
            }
            before = Some((first, event.clone()));
        }
    }
    Ok(())
}

fn is_taken(heard: &[Heard], id: &str) -> bool {
    heard.iter().any(|it| it.id() == id && it.is_taken())
}

/// What an endpoint took of an account, each thing once, in the order in which it first came.
fn heard_of(books: &Books, product: &Product, endpoint: &Listening) -> Vec<Value> {
    let (account, all) = (json!(books.desk.head.account), product.heard(&endpoint.url));
    let mut left: BTreeSet<&str> = all.iter().filter(|heard| heard.is_taken()).map(Heard::id).collect();
    let first = all.iter().filter(|heard| left.remove(heard.id()));
    first.map(Heard::told).filter(|told| told["data"]["account"] == account).collect()
}

/// Whatever the books show to have happened was told: that a case is open, that an action was carried out, and what a
/// customer may use now.
pub(super) async fn what_happened_was_told(
    service: &Service,
    books: &Books,
    product: &Product,
    listening: &[Listening],
) -> Result<(), String> {
    let climbs: Vec<Climb> = records(service, &keys::climbs(&books.desk.head.account)).await;
    for endpoint in listening.iter().filter(|endpoint| endpoint.is_steady) {
        let (heard, account) = (heard_of(books, product, endpoint), &books.desk.head.account);
        let told = |kind: &str, field: &str, value: &Value| {
            heard.iter().any(|it| it["type"] == kind && it["data"][field] == *value)
        };
        // Some banks tell of a claim only once it is over.
        let opened =
            books.desk.cases.values().filter(|it| it.class != Class::Chargeback || it.state == CaseState::Open);
        for case in opened {
            must(told("case.opened", "case", &json!(case.id)), || format!("nobody was told of {}", case.id))?;
        }
        let is_done = |it: &&Action| it.state() == ActionState::Executed && it.members.is_empty();
        for action in books.desk.actions.values().filter(is_done) {
            must(told("action.executed", "action", &json!(action.id)), || format!("nobody was told of {}", action.id))?;
        }
        let recovered: Vec<&Value> = heard.iter().filter(|it| it["type"] == "payment.recovered").collect();
        for it in &recovered {
            let invoice = it["data"]["invoice"].as_str().unwrap_or_default();
            let known = books.desk.touched.invoices.get(invoice);
            must(known.is_some_and(|it| it.first_failed_at.is_some()), || format!("{invoice} had not failed"))?;
            is_given_back(&heard, (&books.desk.plans, &climbs), it)?;
        }
        let head = &books.desk.head;
        if head.provider == "stripe" && CUSTOMERS.contains(&head.customer.as_str()) {
            let is = entitlement(head, service.clock.now()).map(|is| is.name());
            let last = last_states(&heard, Timestamp::MAX);
            let is_told = is.is_none_or(|is| last.iter().any(|state| state == is));
            must(is_told, || format!("{account} may use {is:?}, and {last:?} was told last"))?;
        }
    }
    Ok(())
}

/// What a customer was last told to be able to use until then: of what changed in one instant, all.
fn last_states(heard: &[Value], until: Timestamp) -> Vec<String> {
    let changes = heard.iter().filter(|it| it["type"] == "entitlement.changed");
    let read = |it: &Value| Some((time(it)?, it["data"]["state"].as_str()?.to_owned()));
    let mut states: Vec<(Timestamp, String)> = changes.filter_map(read).filter(|(at, _)| *at <= until).collect();
    let last = states.last().map(|(at, _)| *at);
    states.retain(|(at, _)| Some(*at) == last);
    states.into_iter().map(|(_, state)| state).collect()
}

fn time(told: &Value) -> Option<Timestamp> {
    told["timestamp"].as_str()?.parse().ok()
}

/// Access that fell with a recovery is given back with the payment, unless another recovery has taken it as well, or a
/// rung of the ladder has.
fn is_given_back(
    heard: &[Value],
    (plans, climbs): (&BTreeMap<String, Plan>, &[Climb]),
    recovered: &Value,
) -> Result<(), String> {
    let invoice = recovered["data"]["invoice"].as_str().unwrap_or_default();
    let at = time(recovered).ok_or_else(|| format!("{recovered} has no time"))?;
    let states = last_states(heard, at);
    let takes = |plan: &Plan| {
        let mut taken = plan.steps.iter().filter(|step| step.kind.is_access() && step.state == StepState::Sent);
        plan.invoice != invoice && taken.any(|step| step.done_at.is_some_and(|done| done <= at))
    };
    let is_back = states.is_empty() || states.iter().any(|state| !TAKEN.contains(&state.as_str()));
    let has_risen = |climb: &Climb| {
        let mut higher = climb.way.steps.iter().skip(1);
        climb.way.invoice != invoice && higher.any(|step| step.done_at.is_some_and(|done| done <= at))
    };
    let is_taken = plans.values().any(takes) || climbs.iter().any(has_risen);
    must(is_back || is_taken, || format!("{invoice} was paid by {at}, and its customer is {states:?}"))
}
