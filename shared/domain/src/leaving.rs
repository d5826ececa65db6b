//! What follows when a customer leaves: nothing is asked for any more, what was charged since goes back, and what
//! remains due is agreed with a person.

mod offer;

use crate::book::Left;
pub use offer::Offers;

use crate::action::{Action, State};
use crate::book::{Book, Due, Head, Invoice, Touched};
use crate::dunning::Plan;
use crate::event::{Event, Seen, SubscriptionStatus};
use crate::id::{ActionId, TaskId};
use crate::money::Money;
use crate::task::About;
use jiff::Timestamp;

/// Why a recovery is over.
pub const LEFT: &str = "the customer has left";
/// Why a recovery is over whose step was due when its source was lowered.
pub const UNWRITTEN: &str = "Recoup may not write to the customers of this source";

/// How far a wish to leave has come, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is recorded: nothing is asked for while people decide how it is carried out.
    Recorded,
    Left,
}

impl Stage {
    /// None where the wish was taken back, or could not be carried out.
    pub fn of(action: &Action) -> Option<Self> {
        match action.state() {
            State::WaitingApproval | State::Approved | State::Executing | State::InDoubt => Some(Self::Recorded),
            State::Executed | State::NeedsPerson => Some(Self::Left),
            State::Previewed | State::Denied | State::Expired | State::Stale | State::Failed | State::Withdrawn => None,
        }
    }

    /// That of the wish which has come furthest.
    pub fn furthest<'a>(wishes: impl IntoIterator<Item = &'a Action>) -> Option<Self> {
        wishes.into_iter().filter_map(Self::of).max()
    }
}

/// The wishes to end the subscription of an invoice, of those that are actions of ours.
pub fn wishes<'a>(head: &'a Head, invoice: &'a Invoice) -> impl Iterator<Item = &'a ActionId> {
    left(head, invoice).filter_map(|left| left.action.as_ref())
}

/// Whether the customer has ended the subscription of an invoice at the provider, or may have where more have left than
/// the head names.
pub fn ended_there(head: &Head, invoice: &Invoice) -> bool {
    left(head, invoice).any(|left| left.action.is_none())
        || invoice.subscription.value().is_some_and(|subscription| head.may_have_left(subscription))
}

fn left<'a>(head: &'a Head, invoice: &'a Invoice) -> impl Iterator<Item = &'a Left> {
    let wishes = invoice.subscription.value().and_then(|subscription| head.left.get(subscription));
    wishes.into_iter().flatten()
}

/// What should go back to the customer, and what a person has to settle with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Payments that were taken for what the customer no longer wanted, and what is left of them to give back.
    pub refunds: Vec<(String, Money)>,
    pub due: Vec<Rest>,
}

/// What is open when somebody leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub invoice: String,
    pub remaining: Option<Money>,
    /// It was written after the customer asked to leave.
    pub since: bool,
}

/// What follows for one subscription, of everything that the account was billed and paid.
pub fn leaving(subscription: &str, asked_at: Timestamp, book: &Book, records: &Touched) -> Leaving {
    let is_its = |invoice: &Invoice| invoice.subscription.value().is_some_and(|of| of == subscription);
    let mut leaving = Leaving::default();
    for payment in records.payments.values().filter(|payment| payment.at.is_some_and(|at| at >= asked_at)) {
        let linked = || {
            book.links.iter().rev().find(|link| Some(&link.intent) == payment.intent.value()).map(|link| &link.invoice)
        };
        // What was billed before is owed, whenever it is paid; of what is not known, nothing is said.
        let is_new = match payment.invoice.value().or_else(linked) {
            Some(id) => records
                .invoices
                .get(id)
                .is_some_and(|invoice| is_its(invoice) && invoice.created_at.is_some_and(|at| at >= asked_at)),
            None => payment.subscription.value().is_some_and(|of| of == subscription),
        };
        if let Some(left) = payment.refundable().filter(|left| is_new && left.is_positive() && !payment.is_disputed()) {
            leaving.refunds.push((payment.id.clone(), left));
        }
    }
    for invoice in records.invoices.values().filter(|invoice| is_its(invoice)) {
        if let Due::Open(remaining) = invoice.due() {
            let since = invoice.created_at.is_some_and(|at| at >= asked_at);
            leaving.due.push(Rest { invoice: invoice.id.clone(), remaining, since });
        }
    }
    leaving
}

impl Rest {
    /// The task that it becomes: what in a line, and how.
    pub fn task(&self, action: &ActionId) -> (About, String, String) {
        let Self { invoice, remaining, since } = self;
        let amount = remaining.map_or_else(String::new, |amount| format!("{amount} of "));
        let steps = if *since {
            "It was written after the customer had asked to leave. Look at the period that it bills: what was used until then is \
             owed; for the rest, ask for it to be voided or credited."
        } else {
            "Nothing more is asked for automatically. Look at what was delivered until the customer asked to leave, agree with them \
             on what remains, and then ask for a payment link, a part to be credited, or the rest to be written off."
        };
        let about = About::RestDue { action: action.clone(), invoice: invoice.clone() };
        (about, format!("Settle {amount}invoice {invoice}: the customer has left"), steps.to_owned())
    }
}

/// The wishes that are followed further when an event tells of bills or payments of somebody who leaves.
pub fn followed(event: &Event, head: &Head) -> Vec<ActionId> {
    let of_money = |seen: &Seen| {
        let is_person = matches!(seen, Seen::Customer(_) | Seen::Balance(_) | Seen::Card(_) | Seen::Chosen(_));
        !is_person && !matches!(seen, Seen::Subscription(_) | Seen::Ticket(_))
    };
    if !event.seen.iter().any(of_money) {
        return Vec::new();
    }
    head.left.values().flatten().filter_map(|left| left.action.clone()).collect()
}

/// The tasks of bills of somebody who left that were open and are not any more.
pub fn settled(before: &Touched, after: &Touched, head: &Head) -> Vec<TaskId> {
    let is_open = |invoice: &Invoice| matches!(invoice.due(), Due::Open(_));
    let settled = after.invoices.values().filter(|invoice| !is_open(invoice));
    let settled = settled.filter(|invoice| before.invoices.get(&invoice.id).is_some_and(is_open));
    let wishes = || head.left.values().flatten().filter_map(|left| left.action.clone());
    let due = |invoice: &Invoice| {
        let there = About::LeftOwing { invoice: invoice.id.clone(), subscription: String::new() };
        let there = ended_there(head, invoice).then(|| there.task(&head.account));
        let asked = wishes().map(|action| About::RestDue { action, invoice: invoice.id.clone() }.task(&head.account));
        asked.chain(there).collect::<Vec<_>>()
    };
    settled.flat_map(due).collect()
}

/// Whether the recovery of an invoice may begin: what somebody owes who has left is agreed with a person. One that
/// ended because somebody left begins anew when they have come back, and one that ended because Recoup did not write
/// goes on when it does again; any other stands.
pub fn may_recover(standing: Option<&Plan>, stage: Option<Stage>) -> bool {
    let may = |plan: &Plan| matches!(plan.reason.as_deref(), Some(LEFT | UNWRITTEN));
    stage != Some(Stage::Left) && standing.is_none_or(may)
}

/// Forgets that somebody left whose subscription had an end, and goes on again since.
pub fn come_back(told_at: Timestamp, before: &Head, after: &mut Head) {
    let ends = |head: &Head, subscription: &str| {
        let line = head.book.subscriptions.get(subscription);
        line.is_some_and(|line| line.status == Some(SubscriptionStatus::Ended) || line.ends_at.is_some())
    };
    let goes_on = |(subscription, wishes): &(&String, &Vec<Left>)| {
        wishes.iter().all(|left| told_at > left.at) && ends(before, subscription) && !ends(after, subscription)
    };
    let back: Vec<_> = after.left.iter().filter(goes_on).map(|(subscription, _)| subscription.clone()).collect();
    for subscription in back {
        after.left.remove(&subscription);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Left;
    use crate::event::Event;
    use jiff::SignedDuration;
    use serde_json::{Value, from_value, json};

    const ASKED: &str = "2026-03-10T09:00:00Z";

    fn told(seen: &[Value]) -> (Head, Touched) {
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        let event: Event =
            from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default", "origin": "webhook",
            "kind": "payment_succeeded", "at": "2026-03-20T09:00:00Z", "customer": "cus_1", "seen": seen}))
            .unwrap();
        touched.fold(&mut head, &event, SignedDuration::ZERO);
        (head, touched)
    }

    fn usd(amount: &str) -> Value {
        json!({"amount": amount, "currency": "USD"})
    }

    fn invoice(id: &str, of: &str, day: u8, remaining: &str, status: &str) -> Value {
        json!({"resource": "invoice", "id": id, "subscription": of, "status": status, "total": usd("49.00"), "remaining": usd(remaining),
            "by_period": false, "created_at": format!("2026-03-{day:02}T09:00:00Z")})
    }

    fn payment(id: &str, invoice: Option<&str>, of: Option<&str>, day: u8) -> Value {
        json!({"resource": "payment", "id": id, "invoice": invoice, "subscription": of, "status": "succeeded", "amount": usd("49.00"),
            "captured": usd("49.00"), "refunded": usd("0.00"), "at": format!("2026-03-{day:02}T09:00:00Z")})
    }

    #[test]
    fn what_was_charged_since_goes_back_and_what_was_owed_before_is_agreed() {
        let open = |id: &str, day| invoice(id, "sub_1", day, "49.00", "open");
        let paid = |id: &str, of: &str, day| invoice(id, of, day, "0.00", "paid");
        type Row<'a> = (&'a str, Vec<Value>, &'a [&'a str], &'a [(&'a str, bool)]);
        let cases: [Row<'_>; 10] = [
            (
                "renewed the day after",
                vec![paid("in_2", "sub_1", 11), payment("ch_2", Some("in_2"), None, 11)],
                &["ch_2"],
                &[],
            ),
            (
                "that very moment",
                vec![paid("in_2", "sub_1", 10), payment("ch_2", Some("in_2"), None, 10)],
                &["ch_2"],
                &[],
            ),
            ("the day before", vec![paid("in_2", "sub_1", 9), payment("ch_2", Some("in_2"), None, 9)], &[], &[]),
            (
                "an old bill paid late",
                vec![paid("in_2", "sub_1", 1), payment("ch_2", Some("in_2"), None, 11)],
                &[],
                &[],
            ),
            (
                "another subscription",
                vec![paid("in_2", "sub_2", 11), payment("ch_2", Some("in_2"), None, 11)],
                &[],
                &[],
            ),
            ("no invoices there", vec![payment("ch_2", None, Some("sub_1"), 11)], &["ch_2"], &[]),
            ("for a bill that is not known here", vec![payment("ch_2", Some("in_9"), Some("sub_1"), 11)], &[], &[]),
            ("nobody knows what for", vec![payment("ch_2", None, None, 11)], &[], &[]),
            ("something is open", vec![open("in_1", 1), open("in_2", 11)], &[], &[("in_1", false), ("in_2", true)]),
            ("given up already", vec![invoice("in_1", "sub_1", 1, "49.00", "void")], &[], &[]),
        ];
        for (what, seen, refunds, due) in cases {
            let (head, records) = told(&seen);
            let asked_at = ASKED.parse().unwrap();
            let found = leaving("sub_1", asked_at, &head.book, &records);
            let given: Vec<_> =
                found.refunds.iter().map(|(payment, amount)| (payment.as_str(), amount.to_string())).collect();
            assert_eq!(given, refunds.iter().map(|id| (*id, "49.00 USD".to_owned())).collect::<Vec<_>>(), "{what}");
            assert_eq!(
                found.due.iter().map(|rest| (rest.invoice.as_str(), rest.since)).collect::<Vec<_>>(),
                due,
                "{what}"
            );
        }
    }

    #[test]
    fn a_bill_that_is_open_no_more_is_nobodys_task() {
        let bill = |remaining: &str, status: &str| told(&[invoice("in_1", "sub_1", 1, remaining, status)]).1;
        let (open, paid, void) = (bill("49.00", "open"), bill("0.00", "paid"), bill("49.00", "void"));
        let mut head = Head::new("stripe", "default", "cus_1");
        let action = ActionId::of(&head.account, "mara", "k");
        let task = About::RestDue { action: action.clone(), invoice: "in_1".to_owned() }.task(&head.account);
        for (what, before, after, ends) in [
            ("paid", &open, &paid, true),
            ("given up", &open, &void, true),
            ("open as before", &open, &open, false),
            ("paid as before", &paid, &paid, false),
            ("paid when it is first told of", &Touched::default(), &paid, false),
        ] {
            head.left.clear();
            assert_eq!(settled(before, after, &head), [], "{what}, and nobody left");
            head.left
                .insert("sub_1".to_owned(), vec![Left { action: Some(action.clone()), at: ASKED.parse().unwrap() }]);
            assert_eq!(settled(before, after, &head).contains(&task), ends, "{what}");
        }
    }

    #[test]
    fn nobody_is_asked_for_a_bill_of_whom_the_head_has_no_room_to_name() {
        let bill = |of: &str| told(&[invoice("in_1", of, 1, "49.00", "open")]).1.invoices["in_1"].clone();
        let mut head = Head::new("stripe", "default", "cus_1");
        assert!(!ended_there(&head, &bill("sub_1")));
        head.left.insert("sub_1".to_owned(), vec![Left { action: None, at: ASKED.parse().unwrap() }]);
        head.names_left_within(2);
        assert!(head.left.is_empty() && ended_there(&head, &bill("sub_1")), "a person looks first");
    }

    #[test]
    fn a_recovery_begins_anew_for_who_came_back_and_where_recoup_writes_again() {
        let ended = |reason: Option<&str>| Plan {
            account: crate::id::AccountId::of("stripe", "default", "cus_1"),
            invoice: "in_1".to_owned(),
            segment: "everyone".to_owned(),
            queue: crate::task::LAST_QUEUE,
            policy_version: 1,
            started_at: ASKED.parse().unwrap(),
            state: crate::dunning::PlanState::Stopped,
            reason: reason.map(str::to_owned),
            steps: Vec::new(),
            incident: None,
            held_until: None,
            held_since: None,
            control: crate::dunning::Control::default(),
            tries: crate::dunning::Again::default(),
            escalated_at: None,
            ends_asked: 0,
            spared_until: None,
            trace: String::new(),
        };
        for (what, standing, stage, may) in [
            ("the first", None, None, true),
            ("while people decide", None, Some(Stage::Recorded), true),
            ("of who has left", None, Some(Stage::Left), false),
            ("of who came back", Some(ended(Some(LEFT))), None, true),
            ("of who left again", Some(ended(Some(LEFT))), Some(Stage::Left), false),
            ("Recoup did not write for a while", Some(ended(Some(UNWRITTEN))), None, true),
            ("the same of who has left since", Some(ended(Some(UNWRITTEN))), Some(Stage::Left), false),
            ("it ended otherwise", Some(ended(Some("paid"))), None, false),
            ("it stands", Some(ended(None)), None, false),
        ] {
            assert_eq!(may_recover(standing.as_ref(), stage), may, "{what}");
        }
    }

    #[test]
    fn who_takes_it_up_again_later_has_not_left() {
        let seen = |status: &str, ends_at: Value| json!({"resource": "subscription", "id": "sub_1", "status": status, "ends_at": ends_at});
        let book = |status: &str, ends_at: Value| told(&[seen(status, ends_at)]).0.book;
        let action = ActionId::of(&crate::id::AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let ends = json!({"is": "2026-04-01T09:00:00Z"});
        for (what, before, after, told_at, remembered) in [
            (
                "not told yet",
                book("active", json!("nothing")),
                book("active", json!("nothing")),
                "2026-03-11T09:00:00Z",
                true,
            ),
            ("it ends", book("active", json!("nothing")), book("active", ends.clone()), "2026-03-11T09:00:00Z", true),
            (
                "taken up again",
                book("active", ends.clone()),
                book("active", json!("nothing")),
                "2026-03-11T09:00:00Z",
                false,
            ),
            ("told late", book("active", ends), book("active", json!("nothing")), "2026-03-10T08:59:59Z", true),
        ] {
            let (mut head, mut earlier) =
                (Head::new("stripe", "default", "cus_1"), Head::new("stripe", "default", "cus_1"));
            head.left
                .insert("sub_1".to_owned(), vec![Left { action: Some(action.clone()), at: ASKED.parse().unwrap() }]);
            (earlier.book, head.book) = (before, after);
            come_back(told_at.parse().unwrap(), &earlier, &mut head);
            assert_eq!(head.left.contains_key("sub_1"), remembered, "{what}");
        }
    }
}
