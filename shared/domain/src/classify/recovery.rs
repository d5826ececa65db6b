//! Does the recovery of a failed invoice begin, and by which plan? Asked when its payment fails, and for what failed before
//! when Recoup may write to the customers of a source that it did not write to.

use crate::book::{Due, Head, Invoice, Subscription};
use crate::case::Class;
use crate::dunning::{self, DunningPolicy, Plan, Whose};
use crate::event::SubscriptionStatus;
use crate::id::{AccountId, CaseId, TaskId};
use crate::leaving::{Stage, UNWRITTEN, may_recover};
use crate::money::Money;
use crate::task::{About, State, Task};
use jiff::Timestamp;

/// What that is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub head: &'a Head,
    pub invoice: &'a Invoice,
    /// The plan that there is already, however it ended.
    pub standing: Option<&'a Plan>,
    /// How far a wish to end the subscription of the invoice has come.
    pub stage: Option<Stage>,
    /// The task of what is still owed since a bank has decided.
    pub claimed: Option<&'a Task>,
    /// Whether Recoup writes to the customers of its source.
    pub writes: bool,
    /// Why it failed, and whose it is.
    pub family: &'a str,
    pub whose: Whose<'a>,
}

/// The task by which a person settles an invoice since a bank has decided, where there is one.
pub fn claimed(account: &AccountId, invoice: &str) -> TaskId {
    About::Claimed { invoice: invoice.to_owned(), dispute: String::new() }.task(account)
}

impl Ground<'_> {
    /// What the customer would be asked for. Nothing, where that is not known or settled, where no case of a failed payment
    /// is open, and where somebody else is at it: a bank, or a person.
    pub fn asks_for(&self) -> Option<Money> {
        let Self { head, invoice, standing, stage, claimed, writes, .. } = *self;
        let Due::Open(Some(remaining)) = invoice.due() else { return None };
        let case = CaseId::of(&head.account, Class::PaymentFailed.name(), &invoice.id);
        // The line has the class that a person gave it.
        let has_failed = head.cases.get(&case).is_some_and(|line| line.class == Class::PaymentFailed.name());
        let has_a_person = claimed.is_some_and(|task| task.state == State::Open);
        let may = writes && has_failed && !head.book.is_claimed() && !has_a_person && may_recover(standing, stage);
        may.then_some(remaining)
    }

    /// The plan that begins now; where one was stopped for as long as Recoup did not write, what that had not done.
    pub fn plan(&self, policy: &DunningPolicy, now: Timestamp, trace: &str) -> Option<Plan> {
        self.asks_for()?;
        let whose = (self.head.since(), self.family, self.whose);
        let plan = dunning::plan(&self.head.account, self.invoice, whose, policy, now, trace)?;
        match self.standing.filter(|standing| standing.reason.as_deref() == Some(UNWRITTEN)) {
            Some(earlier) => plan.going_on(earlier),
            None => Some(plan),
        }
    }
}

/// A payment that failed before Recoup wrote to the customers of its source.
#[derive(Debug, Clone, Copy)]
pub struct Late<'a> {
    pub ground: Ground<'a>,
    /// What the invoice bills, where it is known.
    pub subscription: Option<&'a Subscription>,
    /// What failed first before this begins nothing.
    pub failed_since: Timestamp,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    /// Its recovery begins.
    Begins { plan: Box<Plan>, remaining: Money, failed_at: Timestamp },
    /// It stays as it is, though it could be asked for: it is too old, or another recovery of its account runs.
    Stays { remaining: Money },
}

impl Late<'_> {
    /// Nothing, where it is not asked for whatever its age is, or bills what has ended. An account has one such recovery at a
    /// time: whoever failed twelve times is not written to twelve times on one day. It is that of the case which was opened
    /// first, and the others begin none for as long as it runs.
    pub fn becomes(&self, policy: &DunningPolicy, now: Timestamp, trace: &str) -> Option<Becomes> {
        let Self { ground, subscription, failed_since } = *self;
        if subscription.is_some_and(|it| it.status.copied() == Some(SubscriptionStatus::Ended)) {
            return None;
        }
        let (remaining, failed_at) = (ground.asks_for()?, ground.invoice.first_failed_at?);
        let plan = ground.plan(policy, now, trace)?;
        if failed_at < failed_since || !ground.head.dunning.is_empty() {
            return Some(Becomes::Stays { remaining });
        }
        Some(Becomes::Begins { plan: Box::new(plan), remaining, failed_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{CaseLine, Stamp};
    use crate::dunning::StepState;
    use crate::event::{Event, Seen};
    use crate::policies::Policies;
    use jiff::SignedDuration;
    use serde_json::{Value, from_value, json};

    const NOW: &str = "2026-03-01T09:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn invoice(status: &str, remaining: &Value) -> Invoice {
        let event: Event =
            from_value(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
            "kind": "invoice_changed", "at": NOW, "customer": "cus_1",
            "seen": [{"resource": "invoice", "id": "in_1", "status": status, "remaining": remaining}]}))
            .unwrap();
        let Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
        let (mut invoice, stamp) = (Invoice::new("in_1"), Stamp::of(&event, None, 0));
        invoice.status.see(&stamp, seen.status);
        invoice.remaining.see(&stamp, seen.remaining);
        invoice
    }

    /// An account with an open case about the invoice, which has this class.
    fn head(class: Class) -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        let case = CaseId::of(&head.account, Class::PaymentFailed.name(), "in_1");
        head.cases.insert(case, CaseLine { class: class.name().to_owned(), opened_at: now(), by_ticket: false });
        head
    }

    #[test]
    fn a_recovery_begins_where_nobody_else_is_at_it() {
        let policies = Policies::shipped().unwrap();
        let usd = json!({"amount": "49.00", "currency": "USD"});
        let (open, failed) = (invoice("open", &usd), head(Class::PaymentFailed));
        let unknown = invoice("open", &Value::Null);
        let (paid, void) = (invoice("paid", &usd), invoice("void", &usd));
        let (renamed, over) = (head(Class::Overcharge), Head::new("stripe", "default", "cus_1"));
        let mut disputed = failed.clone();
        let claim = json!({"payment": "ch_1", "status": "open", "formal": true});
        disputed.book.disputes.insert("dp_1".to_owned(), from_value(claim).unwrap());
        let whole = Ground {
            head: &failed,
            invoice: &open,
            standing: None,
            stage: None,
            claimed: None,
            writes: true,
            family: "declined",
            whose: Whose::default(),
        };
        let plan = whole.plan(policies.dunning.current(), now(), "t").expect("a recovery of what failed begins");
        let about = About::Claimed { invoice: "in_1".to_owned(), dispute: "dp_1".to_owned() };
        let task = Task::new(&failed.account, about, String::new(), String::new(), now(), SignedDuration::ZERO);
        assert_eq!(task.id, claimed(&failed.account, "in_1"), "it is found whatever the dispute was");
        let ended = Task { state: State::Done, ..task.clone() };
        for (name, ground, begins) in [
            ("it failed", whole, true),
            ("people decide whether the customer leaves", Ground { stage: Some(Stage::Recorded), ..whole }, true),
            ("a person has settled the claim", Ground { claimed: Some(&ended), ..whole }, true),
            ("paid", Ground { invoice: &paid, ..whole }, false),
            ("void", Ground { invoice: &void, ..whole }, false),
            ("nobody knows how much", Ground { invoice: &unknown, ..whole }, false),
            ("its case is over", Ground { head: &over, ..whole }, false),
            ("a person says that it is something else", Ground { head: &renamed, ..whole }, false),
            ("a bank claims it", Ground { head: &disputed, ..whole }, false),
            ("a person has it since a bank decided", Ground { claimed: Some(&task), ..whole }, false),
            ("the customer has left", Ground { stage: Some(Stage::Left), ..whole }, false),
            ("it runs already", Ground { standing: Some(&plan), ..whole }, false),
            ("Recoup does not write there", Ground { writes: false, ..whole }, false),
        ] {
            let asked = ground.asks_for().map(|amount| amount.to_string());
            assert_eq!(asked, begins.then(|| "49.00 USD".to_owned()), "{name}");
            assert_eq!(ground.plan(policies.dunning.current(), now(), "t").is_some(), begins, "{name}");
        }
        assert_eq!((plan.started_at, plan.invoice.as_str()), (now(), "in_1"), "as if it had failed now");
    }

    #[test]
    fn what_failed_before_begins_while_it_is_young_and_once_for_an_account() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.dunning.version(1).unwrap();
        let failed = head(Class::PaymentFailed);
        let failed_since = policies.setup.current().recovery.failed_since(now());
        assert_eq!(failed_since, now() - SignedDuration::from_hours(35 * 24));
        let usd = json!({"amount": "49.00", "currency": "USD"});
        let since = |failed_at: Timestamp, status: &str| {
            let mut invoice = invoice(status, &usd);
            invoice.first_failed_at = Some(failed_at);
            invoice
        };
        let (young, paid) = (since(failed_since, "open"), since(failed_since, "paid"));
        let old = since(failed_since - SignedDuration::from_secs(1), "open");
        let subscription = |status: &str| {
            let event: Event =
                from_value(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "subscription_changed", "at": NOW, "customer": "cus_1", "seen": []}))
                .unwrap();
            let mut subscription = Subscription::default();
            let status = from_value(json!(status)).unwrap();
            subscription.status.see(&Stamp::of(&event, None, 0), Some(status));
            subscription
        };
        let (runs, ended) = (subscription("past_due"), subscription("ended"));
        let whole = Ground {
            head: &failed,
            invoice: &young,
            standing: None,
            stage: None,
            claimed: None,
            writes: true,
            family: "declined",
            whose: Whose::default(),
        };
        let plan = whole.plan(policy, now(), "t").unwrap();
        let mut busy = failed.clone();
        Plan { invoice: "in_2".to_owned(), ..plan.clone() }.show_on(&mut busy);
        let mut stopped = plan.clone();
        stopped.steps[0].state = StepState::Sent;
        stopped.stop(UNWRITTEN, now());
        let late = Late { ground: whole, subscription: None, failed_since };
        for (name, late, steps) in [
            ("just young enough", late, Some(Some(4))),
            ("a second too old", Late { ground: Ground { invoice: &old, ..whole }, ..late }, Some(None)),
            ("another of the account runs", Late { ground: Ground { head: &busy, ..whole }, ..late }, Some(None)),
            ("it is paid", Late { ground: Ground { invoice: &paid, ..whole }, ..late }, None),
            ("it bills what runs", Late { subscription: Some(&runs), ..late }, Some(Some(4))),
            ("it bills what has ended", Late { subscription: Some(&ended), ..late }, None),
            (
                "it was stopped after a step",
                Late { ground: Ground { standing: Some(&stopped), ..whole }, ..late },
                Some(Some(3)),
            ),
            (
                "it was, and is too old",
                Late { ground: Ground { invoice: &old, standing: Some(&stopped), ..whole }, ..late },
                Some(None),
            ),
        ] {
            let found = late.becomes(policy, now(), "t").map(|becomes| match becomes {
                Becomes::Begins { plan, remaining, failed_at } => {
                    assert_eq!((remaining.to_string().as_str(), failed_at), ("49.00 USD", failed_since), "{name}");
                    Some(plan.steps.iter().filter(|step| step.state == StepState::Waiting).count())
                }
                Becomes::Stays { remaining } => {
                    assert_eq!(remaining.to_string(), "49.00 USD", "{name}");
                    None
                }
            });
            assert_eq!(found, steps, "{name}");
        }
    }
}
