//! Playbook 5: the bill line by line, what of it is too much, and what the next one will come to.

use super::{Name, Play, Setting, Step, When, by_hand, came_of};
use crate::action::Action;
use crate::case::{Case, EXPLAINED, Evidence, TICKET};
use crate::money::Money;
use crate::playbook::advice::{Proposed, amount};
use crate::policy::phrase;

/// How the evidence of a case that a ticket opened names an invoice.
const INVOICE: &str = "Invoice";

/// `next` is what the next invoice will come to, where the provider says it; `actions` are those of the case.
pub fn overcharged(
    scene: Setting<'_>,
    case: &Case,
    proposed: Option<&Proposed>,
    actions: &[Action],
    next: Option<Money>,
) -> Play {
    let invoice = number(case);
    let mut play = scene.play(Name::Overcharged, case.advice.clone());
    for evidence in &case.evidence {
        play.look("line by line", line(evidence));
    }
    play.missing.clone_from(&case.missing);
    play.missing
        .extend(next.is_none().then(|| "what the next invoice will come to: the provider did not say".to_owned()));
    let reader = scene.reader;
    let asked = came_of(case, actions, |_| true);
    let given = match asked {
        Some(action) => amount(&action.kind),
        None => proposed.and_then(|proposed| proposed.amount),
    };
    let given = given.map(|amount| reader.amount(amount)).unwrap_or_default();
    let next = next.map_or_else(|| reader.words(phrase::AS_PLANNED).to_owned(), |next| reader.amount(next));
    let of_bill = case.evidence.iter().filter(|evidence| is_of_bill(case, evidence));
    let lines = of_bill.map(line).collect::<Vec<_>>().join("\n");
    let values = [("invoice", invoice), ("lines", lines), ("amount", given), ("next", next)];
    let texts = &scene.policy.texts;
    match (asked, proposed) {
        (Some(action), _) => {
            play.push(scene.asked(action, &case.why));
            play.push(scene.say(When::AfterItIsDone, &texts.corrected, &values));
        }
        (None, Some(proposed)) if proposed.impossible.is_none() => {
            play.push(scene.proposed(case, proposed));
            play.push(scene.say(When::AfterItIsDone, &texts.corrected, &values));
        }
        _ if case.resolution.as_deref() == Some(EXPLAINED) => {
            play.push(scene.say(When::Now, &texts.explained, &values));
        }
        // What is wrong and cannot go back by itself is put right by a person, before anything is said.
        _ => {
            let what = proposed.and_then(|proposed| proposed.impossible.clone()).unwrap_or_else(|| case.advice.clone());
            let about = Some(by_hand::about(case));
            play.push(Step::Task { who: by_hand::BILLING, what, due_on: scene.day(1), about });
        }
    }
    play
}

/// What the customer calls the invoice; of what only a ticket tells, the newest that was looked at.
fn number(case: &Case) -> String {
    let shown = |it: &Evidence| it.value.split(',').next().unwrap_or_default().to_owned();
    if case.is_of_ticket() {
        return case.evidence.iter().find(|it| it.label == INVOICE).map(shown).unwrap_or_default();
    }
    case.draft_reply.as_ref().map_or_else(|| case.about.clone(), |draft| draft.invoice.clone())
}

fn line(evidence: &Evidence) -> String {
    format!("{}: {}", evidence.label, evidence.value)
}

/// Whether the customer reads it: that they wrote, and what else was looked at because of that, is no part of a bill.
fn is_of_bill(case: &Case, evidence: &Evidence) -> bool {
    let was_looked_at = case.is_of_ticket() && evidence.label != INVOICE;
    evidence.label != TICKET && !was_looked_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind, Preview, Reason, State};
    use crate::id::{AccountId, ActionId, CaseId};
    use crate::money::Currency;
    use crate::policies::Policies;
    use jiff::Timestamp;
    use serde_json::{from_value, json};

    /// What the customer is written once the credit that was asked for is done.
    fn letter(about: &str, evidence: &[(&str, &str)]) -> String {
        let policies = Policies::shipped().unwrap();
        let (account, now) = (AccountId::of("stripe", "default", "cus_1"), Timestamp::UNIX_EPOCH);
        let evidence: Vec<_> = evidence.iter().map(|(label, value)| Evidence::new(label, value, "in_1")).collect();
        let case: Case = from_value(json!({"id": CaseId::of(&account, "overcharge", about), "account": account,
            "class": "overcharge", "about": about, "confidence": "1", "state": "open", "rule": "r", "policy_version": 1,
            "evidence": evidence, "missing": [], "advice": "", "why": "", "recommended": null, "draft_reply": null,
            "actions": [], "events": [], "opened_at": now, "resolved_at": null, "resolution": null}))
        .unwrap();
        let kind = Kind::Credit { amount: Money::from_minor(1_200, Currency::USD) };
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview { summary: String::new(), lines: vec![], clause, notices: vec![], digest: "d".into() };
        let id = ActionId::of(&account, "lena", "k");
        let action = Action::new(id, kind, Reason::BillingError, preview, "lena", now).in_state(State::Executed);
        let (policy, reader) = (policies.playbooks.current(), policies.texts.current().reader(None, None));
        let scene = Setting { policy, reader, name: "Ada", account: &account, case: None, now };
        let play = overcharged(scene, &case, None, &[action], None);
        let said = play.steps.iter().find_map(|placed| match &placed.step {
            Step::Say { reply, .. } => Some(reply.body.clone()),
            _ => None,
        });
        said.unwrap()
    }

    #[test]
    fn a_letter_has_the_lines_of_the_bill_and_nothing_of_what_else_was_looked_at() {
        let bill = [("Total", "147.00 USD"), ("Pro", "billed 147.00 USD, agreed 135.00 USD")];
        let wrote = [("Ticket", "of 2026-03-02, from a contact of theirs: overcharge (confidence 0.97)")];
        let listed = [("Invoice", "IN_1, 147.00 USD, paid")];
        let around = [("Owner of the account", "mara"), ("Granted before beside the rules", "nothing")];
        for (what, about, evidence, told, kept) in [
            (
                "a bill",
                "in_1",
                [&bill[..], &wrote[..]].concat(),
                vec!["147.00 USD", "135.00 USD"],
                vec!["Ticket", "0.97"],
            ),
            (
                "what a ticket looked at",
                "ticket:ticket/default/t1",
                [&wrote[..], &listed[..], &around[..]].concat(),
                vec!["invoice IN_1 again", "IN_1, 147.00 USD, paid"],
                vec!["Ticket", "ticket", "0.97", "mara", "Granted"],
            ),
        ] {
            let letter = letter(about, &evidence);
            for line in told {
                assert!(letter.contains(line), "{what}, {line}: {letter}");
            }
            for line in kept {
                assert!(!letter.contains(line), "{what}, {line}: {letter}");
            }
        }
    }
}
