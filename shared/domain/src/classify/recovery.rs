//! Does the recovery of a failed invoice begin, and by which plan? Asked when its payment fails, and for what failed before
//! when Recoup may write to the customers of a source that it did not write to.

use crate::book::{Due, Head, Invoice};
use crate::case::Class;
use crate::dunning::{self, DunningPolicy, Plan};
use crate::id::{AccountId, CaseId, TaskId};
use crate::leaving::{Stage, may_recover};
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
}

/// The task by which a person settles an invoice since a bank has decided, where there is one.
pub fn claimed(account: &AccountId, invoice: &str) -> TaskId {
    About::Claimed { invoice: invoice.to_owned(), dispute: String::new() }.task(account)
}

impl Ground<'_> {
    /// What the customer would be asked for. Nothing, where that is not known or settled, where no case of a failed payment
    /// is open, and where somebody else is at it: a bank, or a person.
    pub fn asks_for(&self) -> Option<Money> {
        let Self { head, invoice, standing, stage, claimed, writes } = *self;
        let Due::Open(Some(remaining)) = invoice.due() else { return None };
        let case = CaseId::of(&head.account, Class::PaymentFailed.name(), &invoice.id);
        // The line has the class that a person gave it.
        let has_failed = head.cases.get(&case).is_some_and(|line| line.class == Class::PaymentFailed.name());
        let is_settled_by_hand = claimed.is_some_and(|task| task.state == State::Open);
        let may =
            writes && has_failed && !head.book.is_claimed() && !is_settled_by_hand && may_recover(standing, stage);
        may.then_some(remaining)
    }

    /// The plan that begins now.
    pub fn plan(&self, policy: &DunningPolicy, now: Timestamp, trace: &str) -> Option<Plan> {
        self.asks_for()?;
        dunning::plan(&self.head.account, self.invoice, self.head.since(), policy, now, trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{CaseLine, Stamp};
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
        head.cases.insert(case, CaseLine { class: class.name().to_owned(), opened_at: now() });
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
        let whole = Ground { head: &failed, invoice: &open, standing: None, stage: None, claimed: None, writes: true };
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
}
