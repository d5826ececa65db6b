//! Playbook 1: look a day around, give the duplicate back, tell the customer how long their bank takes, watch the account.

use super::{Name, Play, Setting, Step, When, came_of};
use crate::action::{Action, Kind};
use crate::case::Case;
use crate::playbook::advice::Proposed;

/// `proposed` is what the case recommends, with its exact effect and who must agree; `actions` are its own.
pub fn charged_twice(scene: Setting<'_>, case: &Case, proposed: Option<&Proposed>, actions: &[Action]) -> Play {
    let mut play = scene.play(Name::ChargedTwice, case.advice.clone());
    for evidence in &case.evidence {
        play.look("looked a day around", format!("{} {}", evidence.label.to_lowercase(), evidence.value));
    }
    play.missing.clone_from(&case.missing);
    let asked = came_of(case, actions, |kind| matches!(kind, Kind::Refund { .. }));
    let step = match (asked, proposed) {
        (Some(action), _) => scene.asked(action, &case.why),
        // What is only held is explained; the case's own draft says so.
        (None, None) => return play,
        (None, Some(proposed)) => {
            if let Some(why) = &proposed.impossible {
                return Play { verdict: format!("Nothing can be given back now: {why}."), ..play };
            }
            scene.proposed(case, proposed)
        }
    };
    let amount = match &step {
        Step::Ask { amount: Some(amount), .. } => scene.reader.amount(amount),
        _ => String::new(),
    };
    play.push(step);
    let values = [("amount", amount), ("days", scene.policy.bank_days.clone())];
    play.push(scene.say(When::AfterItIsDone, &scene.policy.texts.refund_approved, &values));
    play.push(Step::Watch {
        what: "another duplicate on this account".to_owned(),
        until: scene.day(scene.policy.monitor_days),
        days: scene.policy.monitor_days,
    });
    play
}
