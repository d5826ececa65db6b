//! Playbook 4: does the policy give it, who must agree, and what the customer is told either way.

use super::{Name, Play, Scene, Step, When};
use crate::action::{Line, Reason};
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

pub fn refund(scene: Scene<'_>, refunding: Refunding<'_>) -> Play {
    let Refunding { payment, amount, reason, eligibility, requirement, lines } = refunding;
    let reason = reason.name().replace('_', " ");
    let texts = &scene.policy.texts;
    if let Some((why, instead)) = &eligibility.refused {
        let why = why.to_string();
        let mut play = scene.play(Name::Refund, format!("Explain, do not refund: {}.", why.trim_end_matches('.')));
        play.look("reason", reason);
        let values = [("why", format!("{}.", why.trim_end_matches('.'))), ("instead", format!("{instead}."))];
        play.steps.push(scene.say(When::Now, &texts.refund_denied, &values));
        return play;
    }
    let mut play = scene.play(Name::Refund, format!("Refund {amount}: {}", eligibility.why));
    play.look("reason", reason);
    for (_, why) in &eligibility.besides {
        play.look("besides", why);
    }
    play.steps.push(Step::Ask {
        kind: "refund",
        target: payment.to_owned(),
        amount: Some(amount),
        approvals: requirement.approvals.clone(),
        lines: lines.to_vec(),
        why: requirement.clause.why.clone(),
    });
    let values = [("amount", amount.to_string()), ("days", scene.policy.bank_days.clone())];
    play.steps.push(scene.say(When::AfterItIsDone, &texts.refund_approved, &values));
    play
}
