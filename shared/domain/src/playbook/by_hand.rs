//! What a playbook leaves to a person: which task that is, whose, and until when.

use super::{Name, PlaybookPolicy, failing_invoice, step_id};
use crate::action::{Action, Kind, State};
use crate::book::Head;
use crate::case::Case;
use crate::id::CaseId;
use crate::staff::MACHINE;
use crate::task::{About, Task};
use jiff::{SignedDuration, Timestamp};

/// Who looks after the account.
pub(super) const ACCOUNTS: &str = "account manager";
/// Who puts bills right.
pub(super) const BILLING: &str = "billing specialist";
/// Who helps customers to begin.
pub(super) const SUCCESS: &str = "customer success";

/// The task of a case itself: the one that was made on a case that goes on in it, where one was, so that there is no
/// second.
pub(super) fn about(case: &Case) -> About {
    let is_made = |earlier: &&CaseId| case.took(&step_id(earlier, ["task", BILLING, ""])).is_some();
    About::Play { case: case.took_over.iter().find(is_made).unwrap_or(&case.id).clone() }
}

/// The task of an account whose tries fail again and again: a recovery makes the same one, so that there is never a
/// second.
pub(super) fn failing(invoice: &str) -> About {
    About::Failing { invoice: invoice.to_owned() }
}

/// The task that follows on an upgrade.
pub(super) fn welcoming(action: &Action) -> About {
    About::Onboarding { action: action.id.clone() }
}

/// The task that a person's button makes of a case, with the step that it is; none, where its playbook leaves nothing
/// to a person, or makes the task by itself.
pub fn left_to_person(
    case: &Case,
    head: &Head,
    policy: &PlaybookPolicy,
    now: Timestamp,
) -> Option<(Task, [&'static str; 3])> {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    match Name::of(case.class)? {
        Name::PaymentFailed => {
            let invoice = failing_invoice(case, head)?;
            let what = format!("Speak to the customer of invoice {invoice}: its payments fail");
            let about = failing(&invoice);
            let due_in = days(policy.outreach_days);
            let task = Task::new(&case.account, about, what, SPEAK.to_owned(), now, due_in);
            Some((task, ["task", ACCOUNTS, ""]))
        }
        Name::Overcharged => {
            let what = format!("Put right what is wrong about {}", case.about);
            let steps = format!("{} {RIGHT}", case.advice);
            let task = Task::new(&case.account, about(case), what, steps, now, days(1));
            Some((task, ["task", BILLING, ""]))
        }
        Name::ChargedTwice | Name::ChangePlan | Name::Refund | Name::TaxInvoice => None,
    }
}

/// How such a task is done.
const SPEAK: &str = "Ask whether they want to pay in another way, later or in parts: note a promise on the account's page, \
    send a payment link, or let the recovery pause. Once it is paid this is done by itself.";
const RIGHT: &str = "Ask for what corrects it on the page of the case, and tell the customer once it is done.";
const WELCOME: &str = "Call them: what do they want to do with what is new, who will use it, and what stands in the way? Note \
    what was said with the task.";

/// The call that follows on an upgrade that was just carried out, once for each: what Recoup itself corrects, and what
/// is a part of something larger, is no news to the customer.
pub fn onboarding(before: Option<&Action>, after: &Action, days: i64, now: Timestamp) -> Option<Task> {
    let Kind::Upgrade { plan, subscription, .. } = &after.kind else { return None };
    let was_done = before.is_some_and(|before| before.state() == State::Executed);
    if was_done || after.state() != State::Executed || after.requested_by == MACHINE || after.bundle.is_some() {
        return None;
    }
    let what = format!("Onboarding call for {plan}: the customer has upgraded {subscription}");
    let due_in = SignedDuration::from_hours(24 * days);
    Some(Task::new(&after.account, welcoming(after), what, WELCOME.to_owned(), now, due_in))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};
    use crate::id::{AccountId, ActionId};
    use crate::money::{Currency, Money};

    fn action(state: State, by: &str, up: bool, part: bool) -> Action {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), by, "k");
        let (subscription, plan) = ("sub_1".to_owned(), "pro".to_owned());
        let (price, at) = (Money::from_minor(9900, Currency::USD), Timestamp::UNIX_EPOCH);
        let kind = if up {
            Kind::Upgrade { subscription, plan, price, at }
        } else {
            Kind::Downgrade { subscription, plan, price, at }
        };
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let mut action = Action::new(id.clone(), kind, Reason::Other, preview, by, at).in_state(state);
        action.bundle = part.then_some(id);
        action
    }

    #[test]
    fn whoever_has_upgraded_is_called_once() {
        use State::{Approved, Executed, Failed, NeedsPerson};
        let (now, days) = (Timestamp::UNIX_EPOCH, 5);
        for (what, before, after, by, up, part, expected) in [
            ("carried out", Approved, Executed, "luis", true, false, true),
            ("done by hand", NeedsPerson, Executed, "luis", true, false, true),
            ("already told of", Executed, Executed, "luis", true, false, false),
            ("not done", Approved, Failed, "luis", true, false, false),
            ("a downgrade", Approved, Executed, "luis", false, false, false),
            ("what Recoup corrects", Approved, Executed, MACHINE, true, false, false),
            ("a part of something", Approved, Executed, "luis", true, true, false),
        ] {
            let (before, after) = (action(before, by, up, part), action(after, by, up, part));
            let task = onboarding(Some(&before), &after, days, now);
            assert_eq!(task.is_some(), expected, "{what}");
            assert!(task.is_none_or(|task| task.id == welcoming(&after).task(&after.account)), "{what}");
        }
    }
}
