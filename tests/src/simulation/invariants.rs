//! What must hold after any storm.

use super::{CUSTOMERS, MONTHS, Sent};
use crate::world::{get, records, rows};
use jiff::{SignedDuration, Timestamp};
use local::demo::Dice;
use local::sandbox::Seen;
use local::service::Service;
use shared::app::classify::watch::pulses;
use shared::app::ports::{Clock, Order};
use shared::app::store::{External, Of, Page, Receipt, Timeline, keys, page, read};
use shared::domain::action::{Action, Decision, Kind, Reason, State, Vote};
use shared::domain::approval::{Measure, missing};
use shared::domain::book::{Head, Invoice, KeptCard, Payment, Person, Subscription, Touched};
use shared::domain::case::Case;
use shared::domain::desk::Desk;
use shared::domain::dunning::Plan;
use shared::domain::fact::{Fact, sum};
use shared::domain::id::{AccountId, sha256};
use shared::domain::incident::{Outcome as PulseOutcome, Pulse, Stretch};
use shared::domain::ledger::{Entry, LedgerHead, Step, verify};
use shared::domain::money::Money;
use shared::domain::task::{About, State as TaskState, Task};
use std::collections::{BTreeMap, BTreeSet};

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
}

/// Checks all invariants and returns a digest of what stands.
pub async fn check(
    service: &Service,
    acknowledged: &[Sent],
    refused: &BTreeSet<(String, String)>,
    dice: &mut Dice,
) -> Result<String, String> {
    let mut state = String::new();
    let mut facts = BTreeMap::new();
    let mut actions = BTreeMap::new();
    let mut beats = Vec::new();
    let all: Page<Head> = page(&service.context, "ACCOUNTS", None, 1000, Order::Ascending).await.map_err(|error| error.to_string())?;
    for head in all.items {
        let Some(books) = books(service, &head.account).await else { continue };
        same_in_any_order(&books, dice)?;
        ledger_verifies(&books)?;
        effects_were_decided(&books)?;
        nothing_hangs(&books)?;
        tasks_are_those_left(&books)?;
        who_left_is_left_alone(&books, service.clock.now())?;
        no_letter_after_the_end(service, &books)?;
        beats.extend(Pulse::all(&books.desk.touched, &books.desk.head, &service.context.policies.declines).into_values());
        facts.extend(books.desk.facts(&service.context.policies.declines).into_values().map(|fact| (fact, 1)));
        actions.extend(books.desk.actions.clone());
        state += &format!("{:?}{:?}{:?}", books.desk, books.ledger, books.subscriptions);
    }
    events_are_done(service, acknowledged).await?;
    refunds_are_ours(service, &actions)?;
    effects_are_ours(service, &actions, acknowledged)?;
    limits_hold_together(service, &actions)?;
    letters_once(service)?;
    queues_are_empty(service)?;
    reports_recompute(service, refused, &facts).await?;
    pulses_are_those_of_the_book(service, &beats).await?;
    imports_are_whole(service).await?;
    Ok(sha256(state.as_bytes()))
}

async fn books(service: &Service, account: &AccountId) -> Option<Books> {
    let head: Head = read(&service.context, &keys::head(account)).await.unwrap()?;
    let by = |account: &AccountId, prefix: &'static str| (account.clone(), prefix);
    let (id, _) = by(account, "");
    let cards: Vec<Of<KeptCard>> = records(service, &id, "CARD#").await;
    let invoices: Vec<Of<Invoice>> = records(service, &id, "INVOICE#").await;
    let payments: Vec<Of<Payment>> = records(service, &id, "PAYMENT#").await;
    let subscriptions: Vec<Of<Subscription>> = records(service, &id, "SUBSCRIPTION#").await;
    let cases: Vec<Case> = records(service, &id, "CASE#").await;
    let plans: Vec<Plan> = records(service, &id, "PLAN#").await;
    let actions: Vec<Action> = records(service, &id, "ACTION#").await;
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
        ledger: records(service, account, keys::LEDGER_PREFIX).await,
        ledger_head: read(&service.context, &keys::ledger_head(account)).await.unwrap(),
        timeline: records(service, account, keys::TIMELINE_PREFIX).await,
        tasks: records(service, account, "TASK#").await,
        subscriptions: subscriptions.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
    })
}

/// State = fold of the events in any order, duplicates included.
fn same_in_any_order(books: &Books, dice: &mut Dice) -> Result<(), String> {
    let mut events: Vec<_> = books.timeline.iter().map(|line| &line.event).collect();
    for place in (1..events.len()).rev() {
        events.swap(place, usize::try_from(dice.roll(place as u64 + 1)).unwrap());
    }
    let head = &books.desk.head;
    let mut folded = Head::new(&head.provider, &head.source, &head.customer);
    let mut touched = Touched::default();
    for event in events.iter().chain(events.first()) {
        touched.fold(&mut folded, event, SignedDuration::from_mins(10));
    }
    let mut stored = books.desk.touched.clone();
    stored.payments.values_mut().for_each(|payment| payment.reserved.clear());
    touched.person = None;
    must(touched.cards == stored.cards, || "the cards are not the fold of their events".to_owned())?;
    must(touched.subscriptions == books.subscriptions, || "the subscriptions are not the fold of their events".to_owned())?;
    must(folded.book == head.book, || format!("the head is not the fold of its events:\n{:?}\n{:?}", folded.book, head.book))?;
    must(touched.invoices == stored.invoices, || "the invoices are not the fold of their events".to_owned())?;
    must(touched.payments == stored.payments, || {
        format!("the payments are not the fold of their events:\n{:?}\n{:?}", touched.payments, stored.payments)
    })
}

fn is_told(kind: &Kind) -> bool {
    kind.is_told() && !matches!(kind, Kind::Downgrade { .. })
}

fn ledger_verifies(books: &Books) -> Result<(), String> {
    let Some(head) = &books.ledger_head else { return must(books.ledger.is_empty(), || "a ledger without a head".to_owned()) };
    verify(head, &books.ledger).map_err(|broken| format!("the ledger of {}: {broken}", head.account))?;
    for action in books.desk.actions.values().filter(|action| action.state == State::Executed) {
        let steps: Vec<Step> = books.ledger.iter().filter(|entry| entry.action == action.id).map(|entry| entry.step).collect();
        let alone = action.bundle.is_none();
        let sent = !action.kind.is_own() && action.members.is_empty();
        let wanted = [
            (Step::Requested, alone),
            (Step::Decided, alone),
            (Step::Attempted, sent),
            // A webhook that is quicker than the answer is the outcome of a refund as well.
            (Step::Outcome, !matches!(action.kind, Kind::Refund { .. })),
            (Step::Confirmed, is_told(&action.kind)),
        ];
        for (step, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
            must(steps.contains(&step), || format!("the receipt of {} {} lacks {step:?}: {steps:?}", action.kind.name(), action.id))?;
        }
    }
    Ok(())
}

/// No effect without a valid decision by permitted people, given before it.
fn effects_were_decided(books: &Books) -> Result<(), String> {
    for action in books.desk.actions.values() {
        if action.attempt.is_none() {
            continue;
        }
        let approvals: Vec<_> = action.votes.iter().filter(|vote| vote.decision == Decision::Approve).collect();
        must(!approvals.is_empty() && approvals.len() == action.votes.len(), || format!("{} was tried without approval", action.id))?;
        must(missing(&action.required, &action.votes).is_empty(), || format!("{} lacks an approval", action.id))?;
        for vote in approvals {
            must(vote.by != action.requested_by || (vote.within_limit && action.required.is_empty()), || {
                format!("{} approved their own {}", vote.by, action.id)
            })?;
            must(vote.digest == action.preview.digest, || format!("{} was approved as something else", action.id))?;
        }
    }
    Ok(())
}

/// Nothing is in doubt for ever, and nothing stays reserved for what has ended.
fn nothing_hangs(books: &Books) -> Result<(), String> {
    for action in books.desk.actions.values() {
        must(!matches!(action.state, State::Approved | State::Executing | State::InDoubt), || {
            format!("{} hangs: {:?} {:?}", action.id, action.state, action.attempt)
        })?;
        // A downgrade is told of at the renewal, which no storm lives to see.
        let told = is_told(&action.kind) && action.state == State::Executed;
        must(!told || action.confirmed_at.is_some(), || format!("{} {} was never confirmed", action.kind.name(), action.id))?;
    }
    for payment in books.desk.touched.payments.values() {
        for id in payment.reserved.keys() {
            let state = books.desk.actions.get(id).map(|action| action.state);
            must(state == Some(State::NeedsPerson), || format!("{} is still reserved on {}: {state:?}", id, payment.id))?;
        }
        if let (Some(taken), Some(back)) = (payment.taken(), payment.given_back()) {
            must(back <= taken, || format!("{} gave back {back} of {taken}", payment.id))?;
        }
    }
    Ok(())
}

/// What is left to a person is their task until it is over, and nothing else is.
fn tasks_are_those_left(books: &Books) -> Result<(), String> {
    let left = books.desk.actions.values().filter(|action| action.state == State::NeedsPerson && action.members.is_empty());
    let left: BTreeSet<_> = left.map(|action| &action.id).collect();
    let open = books.tasks.iter().filter(|task| task.state == TaskState::Open);
    let open: BTreeSet<_> = open.filter(|task| matches!(task.about, About::Action { .. })).map(|task| task.about.action()).collect();
    must(left == open, || format!("left to people is {left:?}, and their tasks are {open:?}"))
}

/// Nothing is asked for of a customer who has left.
fn who_left_is_left_alone(books: &Books, now: Timestamp) -> Result<(), String> {
    for plan in books.desk.plans.values() {
        let invoice = books.desk.touched.invoices.get(&plan.invoice);
        let left = invoice.and_then(|invoice| invoice.subscription.value()).is_some_and(|of| books.desk.head.has_left(of));
        must(!left || plan.next().is_none_or(|step| step.due_at > now), || format!("{} is still asked for", plan.invoice))?;
    }
    Ok(())
}

/// No reminder after the invoice was known to be settled.
fn no_letter_after_the_end(service: &Service, books: &Books) -> Result<(), String> {
    // Other providers' invoices are numbered so shortly that any text holds their number.
    if books.desk.head.provider != "stripe" {
        return Ok(());
    }
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    for case in books.desk.cases.values() {
        let Some(ended) = case.resolved_at else { continue };
        for (at, letter) in
            letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_") && letter.text.contains(&case.about.to_uppercase()))
        {
            must(*at <= ended, || format!("{} was sent at {at}, after {} had ended at {ended}", letter.subject, case.about))?;
        }
    }
    Ok(())
}

async fn events_are_done(service: &Service, acknowledged: &[Sent]) -> Result<(), String> {
    for sent in acknowledged {
        let Some(event) = &sent.event else { continue };
        let receipt: Option<Receipt> = read(&service.context, &keys::receipt(sent.provider, "default", event)).await.unwrap();
        must(receipt.is_some(), || format!("the acknowledged event {event} of {} left no receipt", sent.provider))?;
    }
    let waiting: Vec<External> = page(&service.context, "WAITING", None, 100, Order::Ascending).await.unwrap().items;
    must(waiting.is_empty(), || format!("events still wait: {waiting:?}"))
}

/// At most one refund at the provider per approved action, exactly as approved, and never more than was captured.
fn refunds_are_ours(service: &Service, actions: &BTreeMap<shared::domain::id::ActionId, Action>) -> Result<(), String> {
    let refunds = service.sandbox.refunds().map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    let mut per_charge: BTreeMap<String, i64> = BTreeMap::new();
    for refund in &refunds {
        let id = refund["metadata"]["recoup_action"].as_str().unwrap_or_default().to_owned();
        must(seen.insert(id.clone()), || format!("{id} was refunded twice"))?;
        let action =
            actions.values().find(|action| action.id.as_str() == id).ok_or_else(|| format!("a refund without an action: {refund}"))?;
        must(action.state == State::Executed, || format!("{id} was refunded and is {:?}", action.state))?;
        let Kind::Refund { payment, amount } = &action.kind else { continue };
        let same = refund["charge"] == payment.as_str()
            && refund["amount"].as_i64() == amount.minor()
            && refund["currency"] == amount.currency().code().to_lowercase();
        must(same, || format!("{id} was not refunded as approved: {refund} {amount}"))?;
        *per_charge.entry(payment.clone()).or_insert(0) += refund["amount"].as_i64().unwrap_or(0);
    }
    for (charge, back) in per_charge {
        let taken = service.sandbox.captured(&charge).map_err(|error| error.to_string())?;
        must(back <= taken, || format!("{charge}: {back} of {taken} went back"))?;
    }
    let refunded = |action: &&Action| action.state == State::Executed && matches!(action.kind, Kind::Refund { .. });
    for action in actions.values().filter(refunded) {
        must(seen.contains(action.id.as_str()), || format!("{} is executed, and the provider knows nothing of it", action.id))?;
    }
    Ok(())
}

/// The calls that changed something at the provider. A link changes nothing.
pub fn changes(service: &Service) -> Result<Vec<Seen>, String> {
    let mut calls = service.sandbox.calls("stripe").map_err(|error| error.to_string())?;
    calls.retain(|call| {
        let done = call.status == "timeout_done" || call.status.as_u64().is_some_and(|status| (200..300).contains(&status));
        call.method != "GET" && done && !call.path.contains("sessions")
    });
    Ok(calls)
}

/// Whatever was changed at the provider was asked for, approved, and changed once.
fn effects_are_ours(service: &Service, actions: &BTreeMap<shared::domain::id::ActionId, Action>, told: &[Sent]) -> Result<(), String> {
    let mut keys: BTreeMap<(String, String), BTreeMap<String, Timestamp>> = BTreeMap::new();
    for call in changes(service)? {
        let key = call.idempotency_key.clone().unwrap_or_default();
        let id = key.split('-').next().unwrap_or_default().to_owned();
        let action = actions.values().find(|action| action.id.as_str() == id).ok_or_else(|| format!("nobody asked for {call:?}"))?;
        let approved = matches!(action.state, State::Executed | State::NeedsPerson | State::Failed) && !action.votes.is_empty();
        must(approved, || format!("{id} is {:?}, and was sent: {call:?}", action.state))?;
        keys.entry((id, call.path.clone()))
            .or_default()
            .entry(key)
            .or_insert(call.at.parse().map_err(|error| format!("{}: {error}", call.at))?);
    }
    for ((id, path), keys) in keys {
        let mut times: Vec<_> = keys.into_values().collect();
        times.sort();
        for between in times.windows(2) {
            must(was_undone(&path, between, told), || format!("{id} was done again at {}: {path}", between[1]))?;
        }
    }
    Ok(())
}

/// Whether the storm's own history told between two times that an invoice was open again which we had closed.
fn was_undone(path: &str, between: &[Timestamp], told: &[Sent]) -> bool {
    let Some(invoice) = path.strip_prefix("/v1/invoices/").and_then(|rest| rest.split('/').next()) else { return false };
    let seconds = between[0].as_second()..=between[1].as_second();
    told.iter().filter(|sent| sent.provider == "stripe").map(Sent::json).any(|event| {
        let object = &event["data"]["object"];
        object["id"] == invoice && object["status"] == "open" && event["created"].as_i64().is_some_and(|at| seconds.contains(&at))
    })
}

/// Nobody decided alone, taken together, what their role may not decide alone; nor more in a day than anybody may.
fn limits_hold_together(service: &Service, actions: &BTreeMap<shared::domain::id::ActionId, Action>) -> Result<(), String> {
    let policy = service.context.policies.approval.current();
    let window = SignedDuration::from_hours(24 * policy.alone.days);
    let alone: Vec<_> = actions
        .values()
        .filter_map(|action| Some((action, action.votes.iter().find(|vote| vote.within_limit)?, action.kind.gives()?)))
        .collect();
    let sum = |some: &mut dyn Iterator<Item = &(&Action, &Vote, Money)>| some.fold(Money::zero(policy.currency), |sum, it| sum.plus(it.2));
    for (action, vote, _) in &alone {
        let own = |other: &&(&Action, &Vote, Money)| other.1.by == vote.by;
        let here = |other: &&(&Action, &Vote, Money)| {
            own(other)
                && other.0.account == action.account
                && other.0.kind.name() == action.kind.name()
                && vote.at.duration_since(other.1.at) <= window
        };
        let before = sum(&mut alone.iter().filter(here).filter(|other| other.1.at < vote.at || other.0.id == action.id));
        // Of what was decided in one instant the order is not known: then the most lenient reason is taken.
        let by_now = sum(&mut alone.iter().filter(here).filter(|other| other.1.at <= vote.at));
        for (sum, reason) in [(before, action.reason_code), (by_now, Reason::BillingError)] {
            let needed = policy.requirement(action.kind.name(), Measure::Money(sum), reason, Some(vote.role)).approvals;
            must(needed.is_empty(), || format!("{} decided {sum} alone for {}, which needs {needed:?}", vote.by, action.account))?;
        }
        let day = |vote: &Vote| vote.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let today = sum(&mut alone.iter().filter(own).filter(|other| day(other.1) == day(vote)));
        must(today.amount() <= policy.alone.daily_total, || format!("{} decided {today} alone in a day", vote.by))?;
    }
    Ok(())
}

fn letters_once(service: &Service) -> Result<(), String> {
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    for (_, letter) in letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_")) {
        must(seen.insert(letter.id.clone()), || format!("sent twice: {}", letter.subject))?;
    }
    Ok(())
}

fn queues_are_empty(service: &Service) -> Result<(), String> {
    for depth in service.queue.depths().map_err(|error| error.to_string())? {
        must(depth.depth + depth.in_flight + depth.delayed == 0, || {
            format!("the queues are not empty: {depth:?} at {}", service.clock.now())
        })?;
        if depth.dead > 0 {
            let queue = shared::app::ports::QueueName::ALL.into_iter().find(|queue| queue.name() == depth.name).unwrap();
            let reasons: Vec<_> =
                service.queue.dead(queue).map_err(|error| error.to_string())?.into_iter().map(|(_, _, reason)| reason).collect();
            return Err(format!("dead letters in {}: {reasons:?}", depth.name));
        }
    }
    Ok(())
}

async fn reports_recompute(service: &Service, refused: &BTreeSet<(String, String)>, facts: &BTreeMap<Fact, i64>) -> Result<(), String> {
    let mut standing = sum(&rows(service, MONTHS).await);
    let mut counted = BTreeSet::new();
    standing.retain(|fact, count| match fact {
        Fact::Blocked { by, why, .. } if *count == 1 => {
            counted.insert((by.clone(), why.clone()));
            false
        }
        _ => true,
    });
    must(refused.is_subset(&counted), || format!("refused and not counted: {:?}", refused.difference(&counted)))?;
    must(standing == *facts, || {
        let missing: Vec<_> = facts.iter().filter(|(fact, _)| !standing.contains_key(fact)).collect();
        let extra: Vec<_> = standing.iter().filter(|(fact, count)| facts.get(fact) != Some(count)).collect();
        format!("the rows do not sum to the facts: missing {missing:?}, extra {extra:?}")
    })
}

/// Each due item and each dispute beats once, at its time and as it went; whatever moved says so.
async fn pulses_are_those_of_the_book(service: &Service, expected: &[Pulse]) -> Result<(), String> {
    let (since, until) = (MONTHS[0], MONTHS[MONTHS.len() - 1]);
    let at = |month: &str| format!("{month}-01T00:00:00Z").parse().expect("a month has a first day");
    let stretch = Stretch { since: at(since), until: at(until) };
    let sources: BTreeSet<_> = expected.iter().map(|pulse| (pulse.provider.clone(), pulse.source.clone(), pulse.trouble)).collect();
    let mut standing = BTreeMap::new();
    for (provider, source, trouble) in sources {
        let found = pulses(&service.context, &provider, &source, trouble, stretch).await.map_err(|error| error.to_string())?;
        for pulse in found.into_iter().filter(|pulse| pulse.outcome != PulseOutcome::Moved) {
            *standing.entry((pulse.account, pulse.about, pulse.at, pulse.outcome)).or_insert(0) += 1;
        }
    }
    let inside = |pulse: &&Pulse| pulse.at > stretch.since && pulse.at < stretch.until;
    let wanted: BTreeMap<_, _> =
        expected.iter().filter(inside).map(|pulse| ((pulse.account.clone(), pulse.about.clone(), pulse.at, pulse.outcome), 1)).collect();
    standing.retain(|(_, _, at, _), _| *at > stretch.since && *at < stretch.until);
    must(standing == wanted, || {
        let missing: Vec<_> = wanted.keys().filter(|key| !standing.contains_key(key)).collect();
        let extra: Vec<_> = standing.iter().filter(|(key, count)| wanted.get(key) != Some(count)).collect();
        format!("the pulses are not those of the book: missing {missing:?}, extra {extra:?}")
    })
}

/// Of each import all counts or nothing: whatever the last finished one says of one customer, it says of all.
async fn imports_are_whole(service: &Service) -> Result<(), String> {
    let mut said = BTreeSet::new();
    for customer in CUSTOMERS {
        let account = get(service, &format!("/api/accounts/stripe:{customer}")).await;
        let person = keys::person(&AccountId::of("stripe", "default", customer));
        let person: Option<Of<Person>> = read(&service.context, &person).await.map_err(|fault| fault.to_string())?;
        if person.is_some_and(|of| of.value.erased_at.is_some()) {
            must(account["account"]["name"].is_null(), || format!("{customer} was erased and is still shown: {account}"))?;
            // What the file said of them went with them.
            continue;
        }
        said.insert(account["account"]["owner"].to_string());
    }
    must(said.len() <= 1, || format!("customers of one file have owners of several: {said:?}"))
}
