//! Playbook 4: does the policy give it, who must agree, and what the customer is told either way.

use super::{Name, Play, Setting, Step, When};
use crate::action::{Action, Kind, Line, NotEligible, Reason};
use crate::approval::{Eligibility, Requirement};
use crate::money::Money;

/// What somebody wants back.
#[derive(Clone, Copy)]
pub struct Refunding<'a> {
    pub payment: &'a str,
    pub amount: Money,
    pub reason: Reason,
    pub eligibility: &'a Eligibility,
    pub requirement: &'a Requirement,
    pub lines: &'a [Line],
}

/// Asks for a refund that is eligible, and explains one that is not, with what can be offered.
pub fn refund(scene: Setting<'_>, refunding: Refunding<'_>) -> Play {
    let Refunding { payment, amount, reason, eligibility, requirement, lines } = refunding;
    let (said, reason) = (reason, reason.name().replace('_', " "));
    let texts = &scene.policy.texts;
    if let Some((refused, instead)) = &eligibility.refused {
        let why = refused.to_string();
        let mut play = scene.play(Name::Refund, format!("Explain, do not refund: {}.", why.trim_end_matches('.')));
        play.look("reason", reason);
        play.look("instead", instead);
        let (text, values) = match refused {
            NotEligible::TooLate { days, most, .. } => {
                (&texts.refund_late, vec![("days", days.to_string()), ("most", most.to_string())])
            }
            NotEligible::OverContract { limit, .. } => {
                (&texts.refund_over_contract, vec![("amount", scene.reader.amount(limit))])
            }
        };
        play.push(scene.deny(text, &values));
        return play;
    }
    let mut play = scene.play(Name::Refund, format!("Refund {amount}: {}", eligibility.why));
    play.look("reason", reason);
    for (_, why) in &eligibility.besides {
        play.look("besides", why);
    }
    let kind = Kind::Refund { payment: payment.to_owned(), amount };
    play.push(Step::Ask {
        kind: kind.name(),
        target: payment.to_owned(),
        amount: Some(amount),
        approvals: requirement.approvals.clone(),
        lines: lines.to_vec(),
        why: requirement.clause.why.clone(),
        action: scene.wanted(kind.wish(), said, ""),
    });
    play.push(gives(scene, amount));
    play
}

/// The same once it was asked for.
pub fn refund_asked(scene: Setting<'_>, action: &Action) -> Play {
    let amount = action.kind.amount();
    let given = amount.map(|amount| format!(" {amount}")).unwrap_or_default();
    let mut play = scene.play(Name::Refund, format!("Refund{given}: {}", action.preview.clause.why));
    play.look("reason", action.reason_code.name().replace('_', " "));
    play.push(scene.asked(action, &action.preview.clause.why));
    if let Some(amount) = amount {
        play.push(gives(scene, amount));
    }
    play
}

fn gives(scene: Setting<'_>, amount: Money) -> Step {
    let values = [("amount", scene.reader.amount(amount)), ("days", scene.policy.bank_days.clone())];
    scene.say(When::AfterItIsDone, &scene.policy.texts.refund_approved, &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Clause;
    use crate::id::AccountId;
    use crate::money::Currency;
    use crate::policies::Policies;
    use crate::ticket::Outcome;
    use jiff::Timestamp;

    #[test]
    fn what_is_not_given_back_is_denied_and_what_is_given_back_is_done() {
        let policies = Policies::shipped().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let scene = Setting {
            policy: policies.playbooks.current(),
            reader: policies.texts.current().reader(None, None),
            name: "Ada",
            account: &account,
            case: None,
            now: Timestamp::UNIX_EPOCH,
        };
        let amount = Money::from_minor(12_000, Currency::USD);
        let late = NotEligible::TooLate { days: 41, most: 30, reason: Reason::Other, why: "so it is".to_owned() };
        let over = NotEligible::OverContract { limit: amount, asked: amount };
        let clause = Clause { rule: "r".to_owned(), policy_version: 1, why: "w".to_owned() };
        let requirement = Requirement { approvals: Vec::new(), clause };
        for (refused, expected) in [(Some(late), Outcome::Denied), (Some(over), Outcome::Denied), (None, Outcome::Done)]
        {
            let eligibility = Eligibility {
                refused: refused.map(|refused| (refused, "offer a credit".to_owned())),
                besides: Vec::new(),
                why: "w".to_owned(),
                unproven: None,
            };
            let (eligibility, requirement) = (&eligibility, &requirement);
            let reason = Reason::Other;
            let refunding = Refunding { payment: "ch_1", amount, reason, eligibility, requirement, lines: &[] };
            let play = refund(scene, refunding);
            let said = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Say { outcome, .. } => Some(*outcome),
                _ => None,
            });
            assert_eq!(said, Some(expected), "{}", play.verdict);
        }
    }
}
