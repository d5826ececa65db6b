//! What must hold in the books of each account.

use super::{Books, must};
use domain::action::{Decision, Kind, State};
use domain::approval::missing;
use domain::book::{Due, Head, Touched};
use domain::leaving::leaving;
use domain::ledger::{Step, verify};
use domain::staff::MACHINE;
use domain::task::{About, State as TaskState};
use jiff::SignedDuration;
use local::demo::Dice;
use local::service::Service;
use std::collections::BTreeSet;

/// State = fold of the events in any order, duplicates included.
pub(super) fn same_in_any_order(books: &Books, dice: &mut Dice) -> Result<(), String> {
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
    for payment in stored.payments.values_mut() {
        payment.reserved.clear();
        payment.by_hand.clear();
    }
    // When a try of ours left, no event tells.
    stored.invoices.values_mut().for_each(|invoice| invoice.tries.sent.clear());
    touched.person = None;
    must(touched.cards == stored.cards, || "the cards are not the fold of their events".to_owned())?;
    must(touched.subscriptions == books.subscriptions, || {
        "the subscriptions are not the fold of their events".to_owned()
    })?;
    must(folded.book == head.book, || {
        format!("the head is not the fold of its events:\n{:?}\n{:?}", folded.book, head.book)
    })?;
    must(touched.invoices == stored.invoices, || "the invoices are not the fold of their events".to_owned())?;
    must(touched.payments == stored.payments, || {
        format!("the payments are not the fold of their events:\n{:?}\n{:?}", touched.payments, stored.payments)
    })
}

fn is_told(kind: &Kind) -> bool {
    kind.is_told() && !matches!(kind, Kind::Downgrade { .. })
}

pub(super) fn ledger_verifies(books: &Books) -> Result<(), String> {
    let Some(head) = &books.ledger_head else {
        return must(books.ledger.is_empty(), || "a ledger without a head".to_owned());
    };
    verify(head, &books.ledger).map_err(|broken| format!("the ledger of {}: {broken}", head.account))?;
    for action in books.desk.actions.values().filter(|action| action.state() == State::Executed) {
        let steps: Vec<Step> = books
            .ledger
            .iter()
            .filter(|entry| entry.action.as_ref() == Some(&action.id))
            .map(|entry| entry.step)
            .collect();
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
            must(steps.contains(&step), || {
                format!("the receipt of {} {} lacks {step:?}: {steps:?}", action.kind.name(), action.id)
            })?;
        }
    }
    Ok(())
}

/// No effect without a valid decision by permitted people, given before it.
pub(super) fn effects_were_decided(books: &Books) -> Result<(), String> {
    for action in books.desk.actions.values() {
        if action.attempt().is_none() {
            continue;
        }
        if let Some(rule) = action.by_rule() {
            let is_own = action.kind.name() == "retry_payment" && action.requested_by == MACHINE;
            must(is_own && action.votes().is_empty() && rule.digest == action.preview.digest, || {
                format!("{} went by a rule that does not let it be", action.id)
            })?;
            continue;
        }
        let approvals: Vec<_> = action.votes().iter().filter(|vote| vote.decision == Decision::Approve).collect();
        must(!approvals.is_empty() && approvals.len() == action.votes().len(), || {
            format!("{} was tried without approval", action.id)
        })?;
        must(missing(&action.required, action.votes()).is_empty(), || format!("{} lacks an approval", action.id))?;
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
pub(super) fn nothing_hangs(books: &Books) -> Result<(), String> {
    for action in books.desk.actions.values() {
        must(!matches!(action.state(), State::Approved | State::Executing | State::InDoubt), || {
            format!("{} hangs: {:?} {:?}", action.id, action.state(), action.attempt())
        })?;
        // A downgrade is told of at the renewal, which no storm lives to see.
        let told = is_told(&action.kind) && action.state() == State::Executed;
        must(!told || action.confirmed_at().is_some(), || {
            format!("{} {} was never confirmed", action.kind.name(), action.id)
        })?;
    }
    for payment in books.desk.touched.payments.values() {
        for id in payment.reserved.keys() {
            let state = books.desk.actions.get(id).map(|action| action.state());
            must(state == Some(State::NeedsPerson), || {
                format!("{} is still reserved on {}: {state:?}", id, payment.id)
            })?;
        }
        if let (Some(taken), Some(back)) = (payment.taken(), payment.given_back()) {
            must(back <= taken, || format!("{} gave back {back} of {taken}: {:?}", payment.id, payment.refunds))?;
        }
    }
    Ok(())
}

/// What is left to a person is their task until it is over, and nothing else is.
pub(super) fn tasks_are_those_left(books: &Books) -> Result<(), String> {
    let left =
        books.desk.actions.values().filter(|action| action.state() == State::NeedsPerson && action.members.is_empty());
    let left: BTreeSet<_> = left.map(|action| &action.id).collect();
    let open = books.tasks.iter().filter(|task| task.state == TaskState::Open);
    let open: BTreeSet<_> =
        open.filter(|task| matches!(task.about, About::Action { .. })).filter_map(|task| task.about.action()).collect();
    must(left == open, || format!("left to people is {left:?}, and their tasks are {open:?}"))
}

/// Whoever asked to leave is reminded of nothing from then on, has what they still owe looked at by a person, and is
/// given back what they were charged since, if people agree.
pub(super) fn who_left_is_let_go(service: &Service, books: &Books) -> Result<(), String> {
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let reminders: Vec<_> = letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_")).collect();
    for action in
        books.desk.actions.values().filter(|action| matches!(action.state(), State::Executed | State::NeedsPerson))
    {
        let Some((subscription, asked_at)) = action.wish_to_leave() else { continue };
        let touched = &books.desk.touched;
        let its = touched
            .invoices
            .values()
            .filter(|invoice| invoice.subscription.value().is_some_and(|of| of == subscription));
        for invoice in its {
            let after = reminders
                .iter()
                .find(|(at, letter)| *at > action.requested_at && letter.text.contains(&invoice.id.to_uppercase()));
            must(after.is_none(), || format!("reminded of {} after {}: {after:?}", invoice.id, action.requested_at))?;
            let about = About::RestDue { action: action.id.clone(), invoice: invoice.id.clone() };
            let task = books.tasks.iter().find(|task| task.about == about);
            let is_open = matches!(invoice.due(), Due::Open(_));
            let holds = if is_open { task.is_some() } else { task.is_none_or(|task| task.state != TaskState::Open) };
            must(holds, || format!("{} is {:?}, and its task {task:?}", invoice.id, invoice.due()))?;
        }
        for (payment, amount) in leaving(subscription, asked_at, &books.desk.head.book, touched).refunds {
            let asked = books.desk.actions.values().any(|other| {
                other.requested_by == MACHINE
                    && matches!(&other.kind, Kind::Refund { payment: of, .. } if *of == payment)
            });
            must(asked, || format!("{amount} of {payment} was charged after {asked_at}, and nobody was asked"))?;
        }
    }
    Ok(())
}

/// No reminder after the invoice was known to be settled.
pub(super) fn no_letter_after_the_end(service: &Service, books: &Books) -> Result<(), String> {
    // Other providers' invoices are numbered so shortly that any text holds their number.
    if books.desk.head.provider != "stripe" {
        return Ok(());
    }
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    for case in books.desk.cases.values() {
        let Some(ended) = case.resolved_at else { continue };
        for (at, letter) in letters
            .iter()
            .filter(|(_, letter)| letter.id.starts_with("dun_") && letter.text.contains(&case.about.to_uppercase()))
        {
            must(*at <= ended, || {
                format!("{} was sent at {at}, after {} had ended at {ended}", letter.subject, case.about)
            })?;
        }
    }
    Ok(())
}
