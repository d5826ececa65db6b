//! What a case asks for: as it was asked for, where that may still come to something or has; or else as it is proposed.

use super::advice::{Proposed, amount};
use super::{Play, Setting, Step};
use crate::action::{Action, Kind, State};
use crate::case::{Case, is_moot};

/// Whether a request may still come to something, or has.
pub(super) fn may_stand(action: &Action, case: &Case) -> bool {
    let state = action.state();
    let is_gone = matches!(
        state,
        State::Previewed | State::Denied | State::Expired | State::Stale | State::Failed | State::Withdrawn
    );
    let is_decided = state != State::WaitingApproval;
    !is_gone && (is_decided || !is_moot(action, Some(case)))
}

/// Whether anything that was asked for because of a case stands.
pub fn is_asked(case: &Case, actions: &[Action]) -> bool {
    came_of(case, actions, |_| true).is_some()
}

/// The newest of a case's requests that stands and is of such a kind, or has a part that is.
pub fn came_of<'a>(case: &Case, actions: &'a [Action], is_it: impl Fn(&Kind) -> bool) -> Option<&'a Action> {
    actions.iter().rev().find(|action| may_stand(action, case) && action.kind.members().iter().any(&is_it))
}

impl Setting<'_> {
    /// The step that asks for what a case recommends.
    pub(super) fn proposed(&self, case: &Case, proposed: &Proposed) -> Step {
        let recommended = case.recommended.as_ref().expect("what is proposed is what the case recommends");
        Step::Ask {
            kind: proposed.kind,
            target: proposed.target.clone(),
            amount: proposed.amount,
            approvals: proposed.approvals_required.clone(),
            lines: proposed.lines.clone(),
            why: case.why.clone(),
            action: self.wanted(recommended.kind.wish(), recommended.reason, &recommended.note),
        }
    }

    /// The same step once it was taken.
    pub(super) fn asked(&self, action: &Action, why: &str) -> Step {
        Step::Ask {
            kind: action.kind.name(),
            target: action.kind.target().id().unwrap_or_default(),
            amount: amount(&action.kind),
            approvals: action.required.clone(),
            lines: action.preview.lines.clone(),
            why: why.to_owned(),
            action: self.wanted(action.kind.wish(), action.reason_code, &action.note),
        }
    }
}

impl Play {
    /// What was asked for of some kinds, each as it was asked for last: where nothing more is to be decided.
    pub(super) fn asked_before(&mut self, scene: Setting<'_>, case: Option<&Case>, actions: &[Action], kinds: &[&str]) {
        let Some(case) = case else { return };
        for name in kinds {
            if let Some(action) = came_of(case, actions, |kind| kind.name() == *name) {
                self.push(scene.asked(action, &action.preview.clause.why));
            }
        }
    }
}
