//! Playbook 5: the bill line by line, what of it is too much, and what the next one will come to.

use super::{Name, Play, Setting, Step, When};
use crate::case::{Case, EXPLAINED};
use crate::money::Money;
use crate::playbook::advice::Proposed;
use crate::policy::phrase;

/// `next` is what the next invoice will come to, where the provider says it.
pub fn overcharged(scene: Setting<'_>, case: &Case, proposed: Option<&Proposed>, next: Option<Money>) -> Play {
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
    let amount = proposed.and_then(|proposed| proposed.amount).map(|amount| reader.amount(amount)).unwrap_or_default();
    let next = next.map_or_else(|| reader.words(phrase::AS_PLANNED).to_owned(), |next| reader.amount(next));
    let values = [("invoice", invoice), ("lines", lines.join("\n")), ("amount", amount), ("next", next)];
    let texts = &scene.policy.texts;
    match proposed {
        Some(proposed) if proposed.impossible.is_none() => {
            play.steps.push(Step::of(proposed, &case.why));
            play.steps.push(scene.say(When::AfterItIsDone, &texts.corrected, &values));
        }
        _ if case.resolution.as_deref() == Some(EXPLAINED) => {
            play.steps.push(scene.say(When::Now, &texts.explained, &values))
        }
        // What is wrong and cannot go back by itself is put right by a person, before anything is said.
        _ => {
            let what = proposed.and_then(|proposed| proposed.impossible.clone()).unwrap_or_else(|| case.advice.clone());
            play.steps.push(Step::Task { who: "billing specialist", what, due_on: scene.day(1) });
        }
    }
    play
}
