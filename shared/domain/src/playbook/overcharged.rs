//! Playbook 5: the bill line by line, what of it is too much, and what the next one will come to.

use super::{Name, Play, Setting, Step, When, by_hand, came_of};
use crate::action::Action;
use crate::case::{Case, EXPLAINED};
use crate::money::Money;
use crate::playbook::advice::{Proposed, amount};
use crate::policy::phrase;

/// `next` is what the next invoice will come to, where the provider says it; `actions` are those of the case.
pub fn overcharged(
    scene: Setting<'_>,
    case: &Case,
    proposed: Option<&Proposed>,
    actions: &[Action],
    next: Option<Money>,
) -> Play {
    let lines: Vec<_> =
        case.evidence.iter().map(|evidence| format!("{}: {}", evidence.label, evidence.value)).collect();
    let invoice = case.draft_reply.as_ref().map_or_else(|| case.about.clone(), |draft| draft.invoice.clone());
    let mut play = scene.play(Name::Overcharged, case.advice.clone());
    for line in &lines {
        play.look("line by line", line);
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
    let values = [("invoice", invoice), ("lines", lines.join("\n")), ("amount", given), ("next", next)];
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
