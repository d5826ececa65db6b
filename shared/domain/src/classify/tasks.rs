//! Which tasks does an event end? That of an action that is left to a person no more, that of a refund by hand which is
//! seen, and those of a bill that is open no more. And which does it begin? Those of what is still owed when a bank has
//! decided.

use crate::action::{Action, Kind, State};
use crate::ageing::was_overdue;
use crate::book::{Due, HistoryLine, MOMENT, Touched, tries};
use crate::case::Class;
use crate::classify::DISPUTED;
use crate::classify::desk::Desk;
use crate::event::InvoiceStatus;
use crate::id::{CaseId, TaskId};
use crate::leaving::settled;
use crate::playbook::onboarding;
use crate::staff::Role;
use crate::task::{About, State as TaskState, Task};
use jiff::{SignedDuration, Timestamp};

/// The tasks that an event may begin or end once it is folded, before it is known what it proves.
pub fn may_change(before: &Desk, folded: &Desk) -> Vec<TaskId> {
    let left = before.actions.values().filter(|action| is_left(action)).map(task_of);
    let unseen = before.actions.values().filter(|action| action.is_unseen()).map(unseen_of);
    let bills = settled(&before.touched, &folded.touched, &folded.head);
    let owed = owed_again(before, folded).into_iter().chain(paid(&before.touched, &folded.touched));
    let owed = owed.map(|invoice| claimed_of(&invoice, "").task(&folded.head.account));
    let bills = bills.into_iter().chain(owed).chain(overdue(before, folded)).chain(may_end_failing(before, folded));
    let bills = bills.chain(left_over(before, folded)).chain(offered(before, folded)).chain(letters(before, folded));
    let is_upgrade = |action: &&Action| is_left(action) && matches!(action.kind, Kind::Upgrade { .. });
    let welcomed = before.actions.values().filter(is_upgrade).map(welcoming_of);
    left.chain(unseen).chain(bills).chain(welcomed).collect()
}

/// The calls to whoever was upgraded, where a person's doing is proven: one for each upgrade.
pub fn welcome(before: &Desk, after: &Desk, days: i64, now: Timestamp) -> Vec<Task> {
    let done = after.actions.values().filter(|action| before.actions.get(&action.id).is_some_and(is_left));
    done.filter_map(|action| onboarding(before.actions.get(&action.id), action, days, now)).collect()
}

/// The tasks that an event ends, of those that may, as they are from here on; `by` is the provider that told it.
pub fn end(tasks: &[Task], before: &Desk, after: &Desk, by: &str, now: Timestamp) -> Vec<Task> {
    let was_left = |action: &&Action| before.actions.get(&action.id).is_some_and(is_left) && !is_left(action);
    let actions = after.actions.values().filter(was_left);
    let actions = actions.map(|action| (task_of(action), action.state() == State::Executed));
    let was_unseen =
        |action: &&Action| before.actions.get(&action.id).is_some_and(Action::is_unseen) && !action.is_unseen();
    let unseen = after.actions.values().filter(was_unseen);
    let unseen = unseen.map(|action| (unseen_of(action), action.state() == State::Executed));
    let bills = settled(&before.touched, &after.touched, &after.head).into_iter().map(|task| (task, true));
    let task = |id: &TaskId| tasks.iter().find(|task| task.id == *id).cloned();
    let owed = paid(&before.touched, &after.touched);
    let owed = owed.map(|invoice| (claimed_of(&invoice, "").task(&after.head.account), true));
    let overdue = overdue(before, after).chain(failing(before, after)).chain(left_over(before, after));
    let overdue = overdue.map(|task| (task, true));
    let offered = offered(before, after).map(|task| (task, true));
    // Nobody writes about what is settled.
    let letters = letters(before, after).map(|task| (task, false));
    actions
        .chain(unseen)
        .chain(bills)
        .chain(owed)
        .chain(overdue)
        .chain(letters)
        .chain(offered)
        .filter_map(|(id, done)| task(&id)?.ended(done, by, "", now))
        .collect()
}

/// The invoices whose recovery may have stopped for a claim that this event decides, where no other one is open.
pub fn owed_again(before: &Desk, folded: &Desk) -> Vec<String> {
    if decided(before, folded).is_none() {
        return Vec::new();
    }
    let owed = folded.head.book.invoices.iter().filter(|line| is_owed(line, folded));
    owed.map(|line| line.invoice.clone()).collect()
}

/// The tasks of what is still owed once a bank has decided, whoever was right; one for each invoice.
pub fn begin(known: &[Task], before: &Desk, after: &Desk, due_in: SignedDuration, now: Timestamp) -> Vec<Task> {
    let Some((dispute, opened_at)) = decided(before, after) else { return Vec::new() };
    let account = &after.head.account;
    let stopped = |line: &&HistoryLine| match after.plans.get(&line.invoice) {
        Some(plan) => plan.reason.as_deref() == Some(DISPUTED),
        // What failed while the bank was at it was never asked for.
        None => opened_at
            .is_some_and(|at| after.head.cases.get(&failed_case(line, after)).is_some_and(|it| it.opened_at >= at)),
    };
    let is_open = |task: &Task| known.iter().any(|other| other.id == task.id && other.state == TaskState::Open);
    let owed = after.head.book.invoices.iter().filter(|line| is_owed(line, after)).filter(stopped);
    let task = |line: &HistoryLine| {
        let amount = line.remaining.map_or_else(String::new, |amount| format!("{amount} of "));
        let what = format!("Settle {amount}invoice {}: the bank has decided {dispute}", line.invoice);
        Task::new(account, claimed_of(&line.invoice, &dispute), what, STEPS.to_owned(), now, due_in)
    };
    owed.map(task).filter(|task| !is_open(task)).collect()
}

/// How such a task is done.
const STEPS: &str = "Nobody was asked for it while the bank had a claim, and nothing more is asked for automatically. Look at \
    what the bank has decided, talk to the customer, and then ask for a payment link or another try, or for the rest to be \
    written off. Once it is paid this is done by itself.";

/// The formal claim that was open and is decided, with when it began, unless another one is open.
fn decided(before: &Desk, after: &Desk) -> Option<(String, Option<Timestamp>)> {
    let (open, left) = (&before.head.book.disputes, &after.head.book);
    if left.is_claimed() {
        return None;
    }
    let formal = open.iter().filter(|(id, line)| line.formal == Some(true) && !left.disputes.contains_key(*id));
    let shown = formal.map(|(id, line)| (id, &line.payment));
    // Of very many the head does not show each; the payment does, and the event has touched it.
    let told = before.touched.payments.values().flat_map(|payment| payment.claims().map(move |id| (id, &payment.id)));
    let (id, payment) = shown.chain(told.filter(|(id, _)| !open.contains_key(*id))).next()?;
    let dispute = after.touched.payments.get(payment).and_then(|payment| payment.disputes.get(id));
    Some((id.clone(), dispute.and_then(|dispute| dispute.opened_at.copied())))
}

/// Whether a failed invoice is open, and nobody is asked for it: neither by plan nor as the rest of somebody who left.
fn is_owed(line: &HistoryLine, desk: &Desk) -> bool {
    let head = &desk.head;
    let is_left = |subscription: &String| head.left.contains_key(subscription) || head.may_have_left(subscription);
    let has_left = line.subscription.as_ref().is_some_and(is_left);
    line.status == Some(InvoiceStatus::Open)
        && head.cases.contains_key(&failed_case(line, desk))
        && head.dunning.get(&line.invoice).is_none_or(|plan| plan.next.is_none())
        && !has_left
}

fn failed_case(line: &HistoryLine, desk: &Desk) -> CaseId {
    CaseId::of(&desk.head.account, Class::PaymentFailed.name(), &line.invoice)
}

/// The invoices that were open and are not any more.
fn paid<'a>(before: &'a Touched, after: &'a Touched) -> impl Iterator<Item = String> + 'a {
    let is_open =
        |touched: &Touched, id: &str| touched.invoices.get(id).is_some_and(|it| matches!(it.due(), Due::Open(_)));
    let closed = move |id: &&String| is_open(before, id) && !is_open(after, id);
    after.invoices.keys().filter(closed).cloned()
}

/// The tasks of invoices that were overdue and are not open any more.
fn overdue<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    let account = &after.head.account;
    let late = move |invoice: &String| was_overdue(account, &after.touched.invoices[invoice]);
    let task = move |invoice| About::Overdue { invoice, bucket: String::new() }.task(account);
    paid(&before.touched, &after.touched).filter(late).map(task)
}

/// The letters about such invoices that wait for somebody who agrees to them.
fn letters<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    let account = &after.head.account;
    let late = move |invoice: &String| was_overdue(account, &after.touched.invoices[invoice]);
    let task = move |invoice| About::Letter { invoice, bucket: String::new(), needs: Role::Vp }.task(account);
    paid(&before.touched, &after.touched).filter(late).map(task)
}

/// The task of an account whose tries failed again and again, where this event may have closed the last of what failed.
fn may_end_failing<'a>(before: &'a Desk, folded: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    // Told twice is no second try, but asks for no more than one look at a task that is not there.
    let again = || tries(&folded.head.book.tries, MOMENT).len() > 1;
    let about = |invoice| About::Failing { invoice };
    let closed = failed_and_paid(before, folded).next().filter(|_| again());
    closed.into_iter().map(move |invoice| about(invoice).task(&folded.head.account))
}

/// The same, where nothing else of the account is recovered.
fn failing<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    let is_open = |invoice: &String| {
        after.touched.invoices.get(invoice).is_none_or(|invoice| matches!(invoice.due(), Due::Open(_)))
    };
    let goes_on = after.head.more_dunning > 0 || after.head.dunning.keys().any(is_open);
    may_end_failing(before, after).filter(move |_| !goes_on)
}

/// The invoices that had failed and are not open any more.
fn failed_and_paid<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = String> + 'a {
    let has_failed = move |invoice: &String| after.touched.invoices[invoice].first_failed_at.is_some();
    paid(&before.touched, &after.touched).filter(has_failed)
}

/// The tasks of invoices whose recovery may have ended with a person, and that are not open any more.
fn left_over<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    let task = move |invoice| About::Recovery { invoice }.task(&after.head.account);
    failed_and_paid(before, after).map(task)
}

/// The tasks of what was to be offered for invoices that are not open any more.
fn offered<'a>(before: &'a Desk, after: &'a Desk) -> impl Iterator<Item = TaskId> + 'a {
    let about = |invoice| About::Offered { invoice, subscription: String::new(), asks: String::new() };
    failed_and_paid(before, after).map(move |invoice| about(invoice).task(&after.head.account))
}

fn claimed_of(invoice: &str, dispute: &str) -> About {
    About::Claimed { invoice: invoice.to_owned(), dispute: dispute.to_owned() }
}

fn is_left(action: &Action) -> bool {
    action.state() == State::NeedsPerson
}

fn task_of(action: &Action) -> TaskId {
    About::Action { action: action.id.clone() }.task(&action.account)
}

fn welcoming_of(action: &Action) -> TaskId {
    About::Onboarding { action: action.id.clone() }.task(&action.account)
}

fn unseen_of(action: &Action) -> TaskId {
    About::Unseen { action: action.id.clone() }.task(&action.account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind, Preview, Reason};
    use crate::book::{CaseLine, Head, PlanLine};
    use crate::dunning::{Control, Plan, PlanState};
    use crate::event::Event;
    use crate::id::{AccountId, ActionId};
    use crate::money::{Currency, Money};
    use serde_json::{from_value, json};

    fn desk(state: State, now: Timestamp) -> Desk {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let kind = Kind::Credit { amount: Money::from_minor(1000, Currency::USD) };
        let action = Action::new(id.clone(), kind, Reason::Other, preview, "mara", now).in_state(state);
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        desk.actions.insert(id, action);
        desk
    }

    #[test]
    fn a_task_ends_with_its_action() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        for (what, before, after, read, ended) in [
            ("still a person's", State::NeedsPerson, State::NeedsPerson, 1, None),
            ("it was done after all", State::NeedsPerson, State::Executed, 1, Some(TaskState::Done)),
            ("it was not", State::NeedsPerson, State::Failed, 1, Some(TaskState::Dropped)),
            ("never a person's", State::InDoubt, State::Executed, 0, None),
        ] {
            let (before, after) = (desk(before, now), desk(after, now));
            assert_eq!(may_change(&before, &before).len(), read, "{what}");
            let about = About::Action { action: after.actions.keys().next().unwrap().clone() };
            let open =
                Task::new(&after.head.account, about, "Credit".into(), "There.".into(), now, SignedDuration::ZERO);
            let tasks = end(std::slice::from_ref(&open), &before, &after, "stripe", now);
            assert_eq!(tasks.first().map(|task| task.state), ended, "{what}");
            let over = open.ended(true, "bea", "", now).unwrap();
            assert_eq!(end(&[over], &before, &after, "stripe", now), [], "{what}: nobody ends it twice");
        }
    }

    /// A failed invoice, a claim that was open since the second, and how its recovery stands.
    fn owing(claimed: bool, stopped_for: Option<&str>, case_opened: &str) -> Desk {
        let mut head = Head::new("stripe", "default", "cus_1");
        let time = |at: &str| -> Timestamp { format!("2026-03-{at}T09:00:00Z").parse().unwrap() };
        let line = json!({"created_at": time("01"), "invoice": "in_1", "number": null, "total": null, "status": "open",
            "remaining": {"amount": "35.00", "currency": "USD"}});
        head.book.invoices.push(from_value(line).unwrap());
        let case = CaseId::of(&head.account, "payment_failed", "in_1");
        let opened_at = time(case_opened);
        head.cases.insert(case, CaseLine { class: "payment_failed".to_owned(), opened_at, by_ticket: false });
        if claimed {
            let line =
                json!({"payment": "ch_1", "amount": null, "status": "open", "formal": true, "evidence_due_at": null});
            head.book.disputes.insert("dp_1".to_owned(), from_value(line).unwrap());
        }
        let account = head.account.clone();
        let payment =
            json!({"id": "ch_1", "disputes": {"dp_1": {"opened_at": [[time("02"), 0, "evt_1"], time("02")]}}});
        let payments = [("ch_1".to_owned(), from_value(payment).unwrap())].into();
        let mut desk = Desk::of(head, Touched { payments, ..Touched::default() });
        if let Some(reason) = stopped_for {
            let plan = Plan {
                account,
                invoice: "in_1".to_owned(),
                segment: "standard".to_owned(),
                queue: crate::task::LAST_QUEUE,
                policy_version: 1,
                started_at: time("01"),
                state: PlanState::Stopped,
                reason: Some(reason.to_owned()),
                steps: vec![],
                incident: None,
                held_until: None,
                held_since: None,
                control: Control::default(),
                tries: crate::dunning::Again::default(),
                escalated_at: None,
                ends_asked: 0,
                spared_until: None,
                trace: String::new(),
            };
            desk.plans.insert("in_1".to_owned(), plan);
        }
        desk
    }

    #[test]
    fn what_is_owed_when_a_bank_has_decided_is_a_task() {
        let now: Timestamp = "2026-03-20T09:00:00Z".parse().unwrap();
        let day = SignedDuration::from_hours(24);
        for (what, claimed, reason, case_opened, expected) in [
            ("its recovery stopped for the claim", false, Some("disputed"), "01", true),
            ("it stopped for something else", false, Some("the customer has left"), "01", false),
            ("it failed during the claim", false, None, "03", true),
            ("it failed before, and was never asked for", false, None, "01", false),
            ("the claim is still open", true, Some("disputed"), "01", false),
        ] {
            let (before, after) = (owing(true, reason, case_opened), owing(claimed, reason, case_opened));
            let begun = begin(&[], &before, &after, day, now);
            let said: Vec<_> = begun.iter().map(|task| task.what.as_str()).collect();
            let task = "Settle 35.00 USD of invoice in_1: the bank has decided dp_1";
            assert_eq!(said, if expected { vec![task] } else { vec![] }, "{what}");
            assert!(
                begun.iter().all(|task| may_change(&before, &after).contains(&task.id)),
                "{what}: it is read before"
            );
            assert_eq!(begin(&begun, &before, &after, day, now), [], "{what}: there is one");
            assert_eq!(begin(&[], &after, &after, day, now), [], "{what}: nothing is decided");
        }
    }

    #[test]
    fn a_claim_that_the_head_has_no_room_for_is_decided_all_the_same() {
        let now: Timestamp = "2026-03-20T09:00:00Z".parse().unwrap();
        let day = SignedDuration::from_hours(24);
        let claim = |status: &str, claims: i64| {
            let mut desk = owing(false, Some("disputed"), "01");
            let stamp = json!(["2026-03-02T09:00:00Z", 0, "evt_1"]);
            let payment =
                json!({"id": "ch_1", "disputes": {"dp_1": {"status": [stamp, status], "formal": [stamp, true]}}});
            desk.touched.payments.insert("ch_1".to_owned(), from_value(payment).unwrap());
            desk.head.book.figures.claims = claims;
            desk
        };
        for (what, after, expected) in [
            ("decided", claim("lost", 0), 1),
            ("still open", claim("open", 1), 0),
            ("another is open", claim("lost", 1), 0),
        ] {
            let before = claim("open", 1);
            let begun = begin(&[], &before, &after, day, now);
            assert_eq!(begun.len(), expected, "{what}");
            assert!(begun.iter().all(|task| task.what.ends_with("the bank has decided dp_1")), "{what}: {begun:?}");
        }
    }

    #[test]
    fn what_was_overdue_is_nobodys_task_once_it_is_settled() {
        let now: Timestamp = "2026-03-20T09:00:00Z".parse().unwrap();
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let told = |settled: Option<(&str, &str)>| {
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            let open = json!({"resource": "invoice", "id": "in_1", "status": "open", "total": usd("49.00"),
                "remaining": usd("49.00"), "created_at": "2026-03-01T09:00:00Z", "due_on": "2026-03-15"});
            let ended = settled.map(|(status, at)| {
                let remaining = usd(if status == "paid" { "0.00" } else { "49.00" });
                (at, json!({"resource": "invoice", "id": "in_1", "status": status, "remaining": remaining}))
            });
            for (at, seen) in [("2026-03-01T09:00:00Z", open)].into_iter().chain(ended) {
                let event: Event = from_value(json!({"id": at, "provider": "stripe", "source": "default",
                    "origin": "webhook", "kind": "invoice_changed", "at": at, "customer": "cus_1", "seen": [seen]}))
                .unwrap();
                desk.touched.fold(&mut desk.head, &event, SignedDuration::ZERO);
            }
            desk
        };
        let before = told(None);
        let account = before.head.account.clone();
        let about = About::Overdue { invoice: "in_1".to_owned(), bucket: "0-30".to_owned() };
        let (what, day) = (String::new(), SignedDuration::from_hours(24));
        let task = Task::new(&account, about, what.clone(), what.clone(), now, day);
        let about = About::Letter { invoice: "in_1".to_owned(), bucket: "0-30".to_owned(), needs: Role::Manager };
        let letter = Task::new(&account, about, what.clone(), what, now, day);
        for (name, settled, ends) in [
            ("paid late", Some(("paid", "2026-03-20T08:00:00Z")), true),
            ("void late", Some(("void", "2026-03-20T08:00:00Z")), true),
            ("paid in time, without a rung", Some(("paid", "2026-03-10T08:00:00Z")), false),
            ("open as before", None, false),
        ] {
            let after = told(settled);
            assert_eq!(may_change(&before, &after).contains(&task.id), ends, "{name}: it is read before");
            let ended = end(std::slice::from_ref(&task), &before, &after, "stripe", now);
            let states: Vec<_> = ended.iter().map(|task| task.state).collect();
            assert_eq!(states, if ends { vec![TaskState::Done] } else { vec![] }, "{name}");
            let ended = end(std::slice::from_ref(&letter), &before, &after, "stripe", now);
            let states: Vec<_> = ended.iter().map(|task| task.state).collect();
            assert_eq!(states, if ends { vec![TaskState::Dropped] } else { vec![] }, "{name}: no letter about it");
        }
    }

    #[test]
    fn the_task_of_what_fails_again_and_again_ends_with_the_last_of_it() {
        let now: Timestamp = "2026-03-20T09:00:00Z".parse().unwrap();
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let told = |tries: u32, status: &str, others: &[&str], more: u32| {
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            let seen = |status: &str, failed_at: Option<&str>| {
                json!({"resource": "invoice", "id": "in_1", "status": status, "total": usd("49.00"),
                    "remaining": usd(if status == "paid" { "0.00" } else { "49.00" }), "failed_at": failed_at})
            };
            let failed = (1..=tries).map(|day| {
                let at = format!("2026-03-0{day}T09:00:00Z");
                let seen = seen("open", Some(&at));
                (at, "payment_failed", seen)
            });
            let last = ("2026-03-09T09:00:00Z".to_owned(), "invoice_changed", seen(status, None));
            for (at, kind, seen) in failed.chain([last]) {
                let event: Event = from_value(json!({"id": at, "provider": "stripe", "source": "default",
                    "origin": "webhook", "kind": kind, "at": at, "customer": "cus_1", "seen": [seen]}))
                .unwrap();
                desk.touched.fold(&mut desk.head, &event, SignedDuration::ZERO);
            }
            let line = json!({"segment": "standard", "step": 1, "next": null, "next_at": null, "policy_version": 3});
            let others =
                others.iter().map(|other| ((*other).to_owned(), from_value::<PlanLine>(line.clone()).unwrap()));
            desk.head.dunning.extend(others);
            desk.head.more_dunning = more;
            desk
        };
        let account = Head::new("stripe", "default", "cus_1").account;
        let about = |invoice: &str| About::Failing { invoice: invoice.to_owned() };
        let (what, day) = (String::new(), SignedDuration::from_hours(24));
        let task = Task::new(&account, about("in_7"), what.clone(), what, now, day);
        assert_eq!(about("in_1").task(&account), task.id, "an account has one, whichever invoice it is about");
        for (name, tries, status, others, more, read, ends) in [
            ("it was the only one", 3, "paid", &["in_1"][..], 0, true, true),
            ("it was withdrawn", 3, "void", &["in_1"][..], 0, true, true),
            ("another is recovered", 3, "paid", &["in_1", "in_2"][..], 0, true, false),
            ("more are than are named", 3, "paid", &["in_1"][..], 1, true, false),
            ("it is open as before", 3, "open", &["in_1"][..], 0, false, false),
            ("it had failed once", 1, "paid", &["in_1"][..], 0, false, false),
        ] {
            let (before, after) = (told(tries, "open", others, more), told(tries, status, others, more));
            assert_eq!(may_change(&before, &after).contains(&task.id), read, "{name}: it is read before");
            let ended = end(std::slice::from_ref(&task), &before, &after, "stripe", now);
            let states: Vec<_> = ended.iter().map(|task| task.state).collect();
            assert_eq!(states, if ends { vec![TaskState::Done] } else { vec![] }, "{name}");
        }
    }
}
