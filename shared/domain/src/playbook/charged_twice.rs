//! Playbook 1: look a day around, give the duplicate back, tell the customer how long their bank takes, watch the account.

use super::{Name, Play, Setting, Step, When};
use crate::case::Case;
use crate::playbook::advice::Proposed;

/// `proposed` is what the case recommends, with its exact effect and who must agree.
pub fn charged_twice(scene: Setting<'_>, case: &Case, proposed: Option<&Proposed>) -> Play {
    let mut play = scene.play(Name::ChargedTwice, case.advice.clone());
    for evidence in &case.evidence {
        play.steps.push(Step::Look {
            what: "looked a day around",
            found: format!("{} {}", evidence.label.to_lowercase(), evidence.value),
        });
    }
    play.missing.clone_from(&case.missing);
    // What is only held is explained; the case's own draft says so.
    let Some(proposed) = proposed else { return play };
    if let Some(why) = &proposed.impossible {
        return Play { verdict: format!("Nothing can be given back now: {why}."), ..play };
    }
    play.steps.push(Step::of(proposed, &case.why));
    let amount = proposed.amount.map(|amount| scene.reader.amount(amount)).unwrap_or_default();
    let values = [("amount", amount), ("days", scene.policy.bank_days.clone())];
    play.steps.push(scene.say(When::AfterItIsDone, &scene.policy.texts.refund_approved, &values));
    play.steps.push(Step::Watch {
        what: "another duplicate on this account".to_owned(),
        until: scene.day(scene.policy.monitor_days),
    });
    play
}

impl Step {
    pub(super) fn of(proposed: &Proposed, why: &str) -> Self {
        Self::Ask {
            kind: proposed.kind,
            target: proposed.target.clone(),
            amount: proposed.amount,
            approvals: proposed.approvals_required.clone(),
            lines: proposed.lines.clone(),
            why: why.to_owned(),
        }
    }
}
