//! How far has a case come on the one way that all cases go, be it of a ticket or of an event? Read from what exists.

use super::advice::Proposed;
use crate::action::{Action, State as ActionState};
use crate::case::{Case, State as CaseState};
use crate::staff::MACHINE;
use crate::ticket::Ticket;
use jiff::Timestamp;
use serde::Serialize;

/// A part of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Classify,
    Gather,
    Check,
    Draft,
    Preview,
    Ask,
    Record,
}

/// Whether a stage lies behind a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    Done,
    Next,
    Later,
    /// The case has ended without it.
    NotNeeded,
}

/// A stage, and since when and by whom it is done, where that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnPath {
    pub stage: Stage,
    pub state: Passed,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Stage {
    /// In their order.
    pub const ALL: [Self; 7] =
        [Self::Classify, Self::Gather, Self::Check, Self::Draft, Self::Preview, Self::Ask, Self::Record];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Classify => "Classify",
            Self::Gather => "Gather context",
            Self::Check => "Check policy",
            Self::Draft => "Draft",
            Self::Preview => "Preview",
            Self::Ask => "Ask",
            Self::Record => "Record",
        }
    }
}

impl Passed {
    /// As they follow one another.
    pub const ALL: [Self; 4] = [Self::Done, Self::Next, Self::Later, Self::NotNeeded];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Next => "next",
            Self::Later => "later",
            Self::NotNeeded => "not needed",
        }
    }
}

/// When a stage was done, and by whom.
type Mark = (Option<Timestamp>, Option<String>);

/// Each stage in its order. `actions` are the case's own, in theirs: of several that were asked for, the last counts.
/// `proposed` is what the case recommends, as it would be now.
pub fn path(case: &Case, actions: &[Action], tickets: &[Ticket], proposed: &[Proposed]) -> Vec<OnPath> {
    let is_open = case.state == CaseState::Open;
    let mut is_next = is_open;
    let walked = Stage::ALL.into_iter().map(|stage| {
        let mark = match stage {
            Stage::Classify => Some(classified(case, tickets)),
            Stage::Gather => (!case.evidence.is_empty() || !case.missing.is_empty()).then(|| by_us(case)),
            Stage::Check => (!case.rule.is_empty()).then(|| by_us(case)),
            Stage::Draft => drafted(case, actions),
            Stage::Preview => previewed(case, actions, proposed),
            Stage::Ask => asked(case, actions).map(request),
            Stage::Record => recorded(case, actions),
        };
        let state = match &mark {
            Some(_) => Passed::Done,
            None if !is_open => Passed::NotNeeded,
            None if std::mem::take(&mut is_next) => Passed::Next,
            None => Passed::Later,
        };
        let (at, by) = mark.unwrap_or_default();
        OnPath { stage, state, at, by }
    });
    walked.collect()
}

/// As the case was opened, which is when this was done first.
fn by_us(case: &Case) -> Mark {
    (Some(case.opened_at), Some(MACHINE.to_owned()))
}

/// By whoever said last what it is: on the case, or of the ticket that opened it.
fn classified(case: &Case, tickets: &[Ticket]) -> Mark {
    let corrected = format!(" to {}", case.class.name());
    let mut handled = case.handled.iter().rev();
    if let Some(word) = handled.find(|it| it.step.is_none() && it.what.ends_with(&corrected)) {
        return (Some(word.at), Some(word.by.clone()));
    }
    let taken = tickets.iter().filter_map(|ticket| ticket.handling.taken_for.as_ref());
    let mut said = taken.filter(|taken| case.is_of_ticket() && taken.class == case.class);
    let said = said.find_map(|taken| Some((Some(taken.at), Some(taken.by.clone()?))));
    said.unwrap_or_else(|| by_us(case))
}

/// What to do, or what to write. When a detector drafted it is not kept.
fn drafted(case: &Case, actions: &[Action]) -> Option<Mark> {
    if case.recommended.is_none() && case.draft_reply.is_none() {
        return actions.first().map(request);
    }
    let at = case.is_of_ticket().then_some(case.opened_at);
    Some((at, Some(MACHINE.to_owned())))
}

/// With what was asked for, or as whoever looks at the case sees it now.
fn previewed(case: &Case, actions: &[Action], proposed: &[Proposed]) -> Option<Mark> {
    let is_shown = case.state == CaseState::Open && proposed.iter().any(|it| it.impossible.is_none());
    let shown = || is_shown.then(|| (None, Some(MACHINE.to_owned())));
    actions.last().map(request).or_else(shown)
}

/// What people were asked for last. While the case is open, what lapsed is to be asked for again.
fn asked<'a>(case: &Case, actions: &'a [Action]) -> Option<&'a Action> {
    let has_lapsed =
        |state: ActionState| matches!(state, ActionState::Stale | ActionState::Expired | ActionState::Withdrawn);
    let last = actions.iter().rev().find(|action| action.state() != ActionState::Previewed);
    last.filter(|action| case.state != CaseState::Open || !has_lapsed(action.state()))
}

fn request(action: &Action) -> Mark {
    (Some(action.requested_at), Some(action.requested_by.clone()))
}

/// The decision about what was asked for, or else that the case is over.
fn recorded(case: &Case, actions: &[Action]) -> Option<Mark> {
    let decision = asked(case, actions).filter(|action| action.state() != ActionState::WaitingApproval);
    let decided = decision.and_then(|action| {
        let by = action.by_rule().map(|rule| rule.by());
        let by = by.or_else(|| action.votes().last().map(|vote| vote.by.clone()));
        Some((Some(action.decided_at()?), by))
    });
    decided.or_else(|| {
        let ended = case.handled.iter().rev().find(|it| case.was_ended_by_hand() && it.what == "resolved");
        case.resolved_at.map(|at| (Some(at), ended.map(|word| word.by.clone())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Decision, Kind, Preview, Reason, Vote};
    use crate::id::{AccountId, ActionId, CaseId};
    use crate::money::{Currency, Money};
    use crate::staff::Role;
    use serde_json::{from_value, json};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
    }

    fn refund() -> Kind {
        Kind::Refund { payment: "ch_2".to_owned(), amount: Money::from_minor(2400, Currency::USD) }
    }

    /// What an event opened, with a refund recommended; or what a ticket opened, with a reply drafted.
    fn case(about: &str) -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        let of_event = about == "ch_2";
        let recommended = of_event.then(|| json!({"kind": refund(), "reason": "duplicate_charge", "note": ""}));
        let draft = (!of_event).then(|| json!({"text": "answer"}));
        from_value(json!({"id": CaseId::of(&account, "duplicate_charge", about), "account": account,
            "class": "duplicate_charge", "about": about, "confidence": "0.85", "state": "open", "rule": "r",
            "policy_version": 1, "evidence": [{"label": "l", "value": "v", "source": "s"}], "missing": [], "advice": "",
            "why": "", "recommended": recommended, "draft_reply": draft, "actions": [], "events": [],
            "opened_at": at(0), "resolved_at": null, "resolution": null}))
        .unwrap()
    }

    fn action(case: &Case, by: &str) -> Action {
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let id = ActionId::of(&case.account, by, "k");
        Action::new(id, refund(), Reason::DuplicateCharge, preview, by, at(1))
    }

    fn decided(case: &Case, decision: Decision) -> Action {
        let mut action = action(case, MACHINE);
        let (by, note) = ("bea".to_owned(), String::new());
        let (role, digest) = (Role::BillingSpecialist, "d".to_owned());
        let vote = Vote { by, role, decision, digest, note, at: at(5), within_limit: false, in_place_of: None };
        action.voted(vote, true).unwrap();
        action
    }

    fn by_hand(mut case: Case) -> Case {
        case.end_by_hand(at(7));
        case.was_handled("luis", at(7), "resolved", "", None);
        case
    }

    /// Each stage by its first letters: how it stands, the minute, and who.
    fn told(path: &[OnPath]) -> String {
        let stage = |it: &OnPath| {
            let minute = it.at.map(|at| ((at.as_second() - 1_700_000_000) / 60).to_string());
            let by = it.by.as_deref().unwrap_or("-");
            match it.state {
                Passed::Done => format!("{}/{by}", minute.as_deref().unwrap_or("-")),
                state => state.title().to_owned(),
            }
        };
        path.iter().map(stage).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_case_goes_one_way_whoever_found_it() {
        let (event, letter) = (case("ch_2"), case("ticket:desk/default/t1"));
        let stale = || action(&event, MACHINE).in_state(ActionState::Stale);
        let mut corrected = event.clone();
        corrected.was_handled("lena", at(2), "overcharge to duplicate_charge", "", None);
        let mut over = event.clone();
        over.resolve(at(6), "explained");
        let begins = "0/recoup 0/recoup 0/recoup";
        for (what, case, actions, expected) in [
            ("nothing could be asked", &event, vec![], "-/recoup next later later"),
            ("asked", &event, vec![action(&event, MACHINE)], "-/recoup 1/recoup 1/recoup next"),
            ("approved", &event, vec![decided(&event, Decision::Approve)], "-/recoup 1/recoup 1/recoup 5/bea"),
            ("denied", &event, vec![decided(&event, Decision::Deny)], "-/recoup 1/recoup 1/recoup 5/bea"),
            ("lapsed", &event, vec![stale()], "-/recoup 1/recoup next later"),
            ("explained", &over, vec![], "-/recoup not needed not needed 6/-"),
            ("explained, and it lapsed", &over, vec![stale()], "-/recoup 1/recoup 1/recoup 6/-"),
            ("ended by hand", &by_hand(event.clone()), vec![], "-/recoup not needed not needed 7/luis"),
            ("a letter", &letter, vec![], "0/recoup next later later"),
            ("a letter, asked", &letter, vec![action(&letter, "lena")], "0/recoup 1/lena 1/lena next"),
            ("a letter, ended", &by_hand(letter.clone()), vec![], "0/recoup not needed not needed 7/luis"),
        ] {
            assert_eq!(told(&path(case, &actions, &[], &[])), format!("{begins} {expected}"), "{what}");
        }
        assert!(told(&path(&corrected, &[], &[], &[])).starts_with("2/lena 0/recoup"), "a person knew better");
    }

    #[test]
    fn who_said_what_a_ticket_is_about_has_classified_its_case() {
        let letter = case("ticket:desk/default/t1");
        for (class, by, expected) in [
            ("duplicate_charge", Some("lena"), "3/lena"),
            ("duplicate_charge", None, "0/recoup"),
            ("tax_question", Some("lena"), "0/recoup"),
        ] {
            let taken = json!({"class": class, "confidence": "1", "abstained": false, "reasons": [], "version": 1,
                "at": at(3), "by": by});
            let ticket: Ticket = from_value(json!({"provider": "desk", "source": "default", "id": "t1",
                "handling": {"case": letter.id, "taken_for": taken}}))
            .unwrap();
            let path = path(&letter, &[], &[ticket], &[]);
            assert!(told(&path).starts_with(expected), "{class} {by:?}: {path:?}");
        }
    }

    #[test]
    fn what_would_be_done_is_seen_before_anybody_is_asked_for_it() {
        let event = case("ch_2");
        for (impossible, expected) in
            [(None, [Passed::Done, Passed::Next]), (Some("no key"), [Passed::Next, Passed::Later])]
        {
            let proposed = Proposed {
                kind: "refund",
                target: "ch_2".to_owned(),
                amount: None,
                reason: Reason::DuplicateCharge,
                approvals_required: vec![],
                clause: Clause { rule: "r".into(), policy_version: 1, why: "w".into() },
                summary: String::new(),
                lines: vec![],
                impossible: impossible.map(str::to_owned),
            };
            let path = path(&event, &[], &[], &[proposed]);
            assert_eq!([path[4].state, path[5].state], expected, "{impossible:?}");
        }
    }
}
