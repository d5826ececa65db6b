//! A try that a rule has chosen: nobody approves it by itself, since people have promoted the rule.

use crate::action::{Action, ByRule, Clause, Kind, Known, Moment, NoPreview, Outcome, Reason, State, preview};
use crate::book::{By, Due, Invoice, Tried};
use crate::dunning::{DunningPolicy, MadeTry, Plan, TryEnd};
use crate::ledger::{Note, Step};
use crate::policy::Versions;
use crate::staff::MACHINE;
use jiff::{SignedDuration, Timestamp};

/// Something that a rule has chosen.
///
/// Beside the votes of people it is the only way to an approved action, and only [`retry`] makes one, from the promoted
/// versions of the rules and a plan that its own lets be:
///
/// ```compile_fail
/// fn forge(retry: domain::approval::Retry) -> domain::approval::Scheduled<domain::approval::Retry> {
///     domain::approval::Scheduled { inner: retry }
/// }
/// ```
///
/// What is in it cannot be made by hand either:
///
/// ```compile_fail
/// fn forge(made: domain::dunning::MadeTry) -> domain::approval::Retry {
///     domain::approval::Retry { invoice: "in_1".to_owned(), segment: "standard".to_owned(), why: String::new(), made }
/// }
/// ```
///
/// And whoever has an action cannot say that a rule lets it be:
///
/// ```compile_fail
/// fn forge(mut action: domain::action::Action, rule: domain::action::ByRule, at: domain::action::Moment) {
///     let _ = action.let_by(rule, at);
/// }
/// ```
///
/// Rules that nobody has promoted let nothing be:
///
/// ```compile_fail
/// use domain::{approval, dunning};
/// use jiff::Timestamp;
/// type Try = approval::Scheduled<approval::Retry>;
///
/// fn forge(rules: &dunning::DunningPolicy, plan: &mut dunning::Plan, now: Timestamp) -> Option<Try> {
///     approval::retry(rules, plan, now, now)
/// }
/// ```
///
/// From all promoted versions and a plan it compiles:
///
/// ```
/// use domain::policy::Versions;
/// use domain::{approval, dunning};
/// use jiff::Timestamp;
/// type Try = approval::Scheduled<approval::Retry>;
///
/// fn chosen(rules: &Versions<dunning::DunningPolicy>, plan: &mut dunning::Plan, now: Timestamp) -> Option<Try> {
///     approval::retry(rules, plan, now, now)
/// }
/// ```
#[derive(Debug)]
pub struct Scheduled<T> {
    inner: T,
}

/// A try of an invoice, as it was chosen.
#[derive(Debug)]
pub struct Retry {
    invoice: String,
    segment: String,
    why: String,
    made: MadeTry,
}

/// Takes up the try of a plan whose time has come, where the promoted version lets it be under which the plan stands.
pub fn retry(
    promoted: &Versions<DunningPolicy>,
    plan: &mut Plan,
    now: Timestamp,
    look_at: Timestamp,
) -> Option<Scheduled<Retry>> {
    let policy = promoted.version(plan.policy_version)?;
    let next = plan.due_try(now)?;
    if !policy.lets(plan, next) {
        return None;
    }
    let why = policy.why_tried(&next.rule).to_owned();
    let made = plan.begin_try(now, look_at)?;
    Some(Scheduled { inner: Retry { invoice: plan.invoice.clone(), segment: plan.segment.clone(), why, made } })
}

impl Scheduled<Retry> {
    /// The action that it is, which waits for nobody; or what stands against it.
    pub fn action(self, known: Known<'_>, trace: &str, at: Moment) -> Result<Action, NoPreview> {
        let Retry { invoice, segment, why, made } = self.inner;
        let chosen = made.chosen;
        let clause = Clause { rule: chosen.rule.clone(), policy_version: chosen.policy_version, why };
        let kind = Kind::RetryPayment { invoice, amount: None, card: made.card_id };
        let shown = preview(&kind, known, Reason::Other, clause)?;
        let digest = shown.digest.clone();
        let rule = ByRule { policy_version: chosen.policy_version, rule: chosen.rule, digest };
        let then = chosen.at.strftime("%Y-%m-%d %H:%M UTC");
        let note = format!("{}/{segment}: try {}, chosen for {then}", rule.by(), chosen.number);
        let mut action = Action::new(made.action, kind, Reason::Other, shown, MACHINE, at.now);
        (action.note, action.trace) = (note, trace.to_owned());
        action.let_by(rule, at).expect("what was only just made waits for a decision");
        Ok(action)
    }
}

/// How that is written down: Recoup asked, and the version of the rules decided.
pub fn written(action: &Action) -> Vec<Note> {
    let Some(rule) = action.by_rule() else { return Vec::new() };
    let at = action.requested_at;
    let asked = [
        ("kind", action.kind.name().to_owned()),
        ("target", action.kind.target().id().unwrap_or_default()),
        ("reason", action.reason_code.name().to_owned()),
        ("preview", action.preview.digest.clone()),
        ("rule", rule.rule.clone()),
        ("policy_version", rule.policy_version.to_string()),
        ("approvals", String::new()),
    ];
    let decided = [
        ("decision", "approve".to_owned()),
        ("rule", rule.rule.clone()),
        ("preview", rule.digest.clone()),
        ("note", action.note.clone()),
    ];
    vec![
        Note::new(at, Step::Requested, &action.id, MACHINE, asked),
        Note::new(at, Step::Decided, &action.id, &rule.by(), decided),
    ]
}

/// Tells a plan how its try under way ended, by its action and its invoice; while nobody knows, it is looked at again
/// then.
pub fn learn(
    plan: &mut Plan,
    action: &Action,
    (invoice, tried, same_try): (&Invoice, &[Tried], SignedDuration),
    look_at: Timestamp,
) {
    let end = ended(action, invoice, tried, same_try);
    if matches!(end, Some(TryEnd::NotMade { .. })) && action.state() != State::Withdrawn {
        plan.keeps_card(&action.id);
    }
    plan.learn(end, look_at);
    if let Some(at) = action.ended_at().filter(|_| action.state() == State::Withdrawn) {
        plan.taken_back(at);
    }
}

/// Whether a provider has taken a try on, and nobody knows yet how it ends: a bank debit takes days. One of which
/// nothing is heard for longer than `most` is not waited for any more.
pub fn is_taken_on(
    action: &Action,
    (invoice, tried, same_try): (&Invoice, &[Tried], SignedDuration),
    most: SignedDuration,
    now: Timestamp,
) -> bool {
    let is_young = action.attempt().is_some_and(|attempt| now.duration_since(attempt.first_at) < most);
    action.state() == State::Executed && is_young && ended(action, invoice, tried, same_try).is_none()
}

/// Whether a try may be bringing the money just now: it may still leave, or has left, and its plan does not know how it
/// ends. One of which nothing is heard for longer than `most` is not waited for any more.
pub fn may_bring(plan: &Plan, action: &Action, most: SignedDuration, now: Timestamp) -> bool {
    let is_young = action.attempt().is_none_or(|attempt| now.duration_since(attempt.first_at) < most);
    is_young && plan.lets_leave(&action.id, action.attempt().is_some(), now)
}

/// How a try ended, by its action and by what was told of its invoice since; nothing while nobody knows. What a
/// provider has taken on may still fail, and then it tells so.
fn ended(action: &Action, invoice: &Invoice, tried: &[Tried], same_try: SignedDuration) -> Option<TryEnd> {
    let sent_at = action.attempt().map(|attempt| attempt.first_at);
    // Of what a provider has taken on only its own failure tells: a customer may fail with another card meanwhile.
    let only_ours = action.state() == State::Executed;
    let failed = || {
        let since = sent_at? - same_try;
        let is_it = |tried: &&Tried| !tried.succeeded && (!only_ours || tried.by == By::Recoup);
        let told = tried.iter().rev().filter(is_it).find(|tried| tried.made_at.unwrap_or(tried.at) >= since)?;
        Some(TryEnd::Declined { code: told.code.clone().unwrap_or_default() })
    };
    match action.state() {
        State::Executed if invoice.due() == Due::Paid => Some(TryEnd::Paid),
        State::Executed => failed(),
        State::Failed => Some(match action.outcome() {
            Some(Outcome::Refused { code, .. }) => TryEnd::Declined { code: code.clone() },
            _ => failed().unwrap_or_else(|| TryEnd::Declined { code: String::new() }),
        }),
        State::Stale | State::Withdrawn | State::Denied | State::Expired => {
            Some(TryEnd::NotMade { why: action.state().name().to_owned() })
        }
        State::Previewed
        | State::WaitingApproval
        | State::Approved
        | State::Executing
        | State::InDoubt
        | State::NeedsPerson => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Ended, Happening};
    use crate::approval::{NotApproved, approved};
    use crate::book::By;
    use crate::id::{AccountId, ActionId};
    use crate::policies::Policies;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn at() -> Moment {
        Moment { now: time("2026-03-02T10:00:00Z"), again: time("2026-03-02T10:05:00Z") }
    }

    /// A try that a rule has let be, or something else that says so of itself.
    fn let_be(kind: Kind, asked_by: &str, digest: &str) -> Action {
        let account = AccountId::of("stripe", "default", "cus_1");
        let clause = Clause { rule: "funds".to_owned(), policy_version: 2, why: String::new() };
        let shown = crate::action::Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".to_owned(),
        };
        let id = ActionId::of(&account, asked_by, "try 1");
        let mut action = Action::new(id, kind, Reason::Other, shown, asked_by, at().now);
        let rule = ByRule { policy_version: 2, rule: "funds".to_owned(), digest: digest.to_owned() };
        action.let_by(rule, at()).unwrap();
        action
    }

    fn a_try() -> Kind {
        Kind::RetryPayment { invoice: "in_1".to_owned(), amount: None, card: None }
    }

    #[test]
    fn a_rule_lets_only_a_try_of_recoups_own_be_as_it_was_chosen() {
        for (name, action, is_let) in [
            ("as it was chosen", let_be(a_try(), MACHINE, "d"), true),
            ("a person's", let_be(a_try(), "lena", "d"), false),
            ("another preview", let_be(a_try(), MACHINE, "e"), false),
            ("something else", let_be(Kind::UpdatePaymentMethod {}, MACHINE, "d"), false),
        ] {
            assert_eq!((action.state(), action.alarm()), (State::Approved, Some(at().again)), "{name}");
            let found = approved(action).map(|_| ());
            assert_eq!(found, if is_let { Ok(()) } else { Err(NotApproved::NotByRule) }, "{name}");
        }
        let asked = written(&let_be(a_try(), MACHINE, "d"));
        let said: Vec<_> = asked.iter().map(|note| (note.step, note.by.as_str())).collect();
        assert_eq!(said, [(Step::Requested, MACHINE), (Step::Decided, "dunning v2")]);
    }

    #[test]
    fn a_try_is_taken_up_by_the_version_under_which_its_plan_stands_and_by_no_other() {
        let policies = Policies::shipped().unwrap();
        let current = policies.dunning.current().version;
        let plan = |stands: u32, chosen_by: u32| -> Plan {
            let next = serde_json::json!({"number": 1, "at": at().now, "rule": "funds", "policy_version": chosen_by,
                "chance": null, "likely": 1000, "candidates": []});
            serde_json::from_value(serde_json::json!({
                "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
                "policy_version": stands, "started_at": at().now, "state": "running", "reason": null, "steps": [],
                "trace": "t", "tries": {"next": next},
            }))
            .unwrap()
        };
        for (name, stands, chosen_by, is_taken_up) in [
            ("the current one", current, current, true),
            ("an older one", 2, 2, true),
            ("one that has no tries", 1, 1, false),
            ("chosen by another", current, 2, false),
            ("one that there is not", 99, 99, false),
            ("one that there is not, chosen by the current one", 99, current, false),
        ] {
            let mut plan = plan(stands, chosen_by);
            let taken_up = retry(&policies.dunning, &mut plan, at().now, at().again);
            assert_eq!((taken_up.is_some(), plan.tries.begun), (is_taken_up, u32::from(is_taken_up)), "{name}");
        }
    }

    fn taken_back() -> Action {
        let mut action = let_be(a_try(), MACHINE, "d");
        action.withdrawn(at().now).unwrap();
        action
    }

    #[test]
    fn a_plan_learns_that_somebody_took_its_try_back() {
        let policies = Policies::shipped().unwrap();
        let plan: Plan = serde_json::from_value(serde_json::json!({
            "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
            "policy_version": policies.dunning.current().version, "started_at": at().now, "state": "running",
            "reason": null, "steps": [], "trace": "t",
        }))
        .unwrap();
        let mut overtaken = let_be(a_try(), MACHINE, "d");
        overtaken.overtaken(at()).unwrap();
        for (name, action, expected) in [
            ("it goes", let_be(a_try(), MACHINE, "d"), None),
            ("it was overtaken", overtaken, None),
            ("somebody took it back", taken_back(), Some(at().now)),
        ] {
            let mut plan = plan.clone();
            learn(&mut plan, &action, (&Invoice::new("in_1"), &[], SignedDuration::ZERO), at().again);
            assert_eq!(plan.tries.taken_back_at, expected, "{name}");
        }
    }

    #[test]
    fn a_card_whose_try_did_not_leave_is_still_the_one_that_was_given() {
        let policies = Policies::shipped().unwrap();
        let mut overtaken = let_be(a_try(), MACHINE, "d");
        overtaken.overtaken(at()).unwrap();
        let plan = |action: &Action, since: Option<&str>| -> Plan {
            let chosen = serde_json::json!({"number": 1, "at": at().now, "rule": "card_given", "policy_version": 3,
                "chance": null, "likely": 1000, "candidates": []});
            let made = serde_json::json!({"action": action.id, "begun_at": at().now, "chosen": chosen, "ended": null,
                "card": "visa 1881", "card_id": "pm_2"});
            serde_json::from_value(serde_json::json!({
                "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
                "policy_version": policies.dunning.current().version, "started_at": at().now, "state": "running",
                "reason": null, "steps": [], "trace": "t", "tries": {"made": [made], "begun": 1, "card": since},
            }))
            .unwrap()
        };
        for (name, action, since, expected) in [
            ("it goes", let_be(a_try(), MACHINE, "d"), None, None),
            ("it was overtaken", overtaken.clone(), None, Some("visa 1881")),
            ("another was given since", overtaken, Some("visa 0005"), Some("visa 0005")),
            ("somebody took it back", taken_back(), None, None),
        ] {
            let mut plan = plan(&action, since);
            learn(&mut plan, &action, (&Invoice::new("in_1"), &[], SignedDuration::ZERO), at().again);
            assert_eq!(plan.tries.card.as_deref(), expected, "{name}");
        }
    }

    /// A try that has left.
    fn sent() -> Action {
        let mut action = let_be(a_try(), MACHINE, "d");
        let attempt = crate::action::Attempt::next(&action, at().now, SignedDuration::ZERO);
        action.sent(attempt, at().again).unwrap();
        action
    }

    /// A try of which this is known.
    fn ended_by(end: &Ended) -> Action {
        let mut action = sent();
        action.take_end(end, at(), Policies::shipped().unwrap().limits.current()).unwrap();
        action
    }

    #[test]
    fn a_try_may_bring_the_money_until_its_end_is_known_but_not_for_ever() {
        let policies = Policies::shipped().unwrap();
        let plan = |action: &Action, ended: Option<TryEnd>| -> Plan {
            let chosen = serde_json::json!({"number": 1, "at": at().now, "rule": "funds", "policy_version": 3,
                "chance": null, "likely": 1000, "candidates": []});
            let made = serde_json::json!({"action": action.id, "begun_at": at().now, "chosen": chosen, "ended": ended});
            serde_json::from_value(serde_json::json!({
                "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
                "policy_version": policies.dunning.current().version, "started_at": at().now, "state": "running",
                "reason": null, "steps": [], "trace": "t", "tries": {"made": [made], "begun": 1},
            }))
            .unwrap()
        };
        let taken_on = Ended::Done(Outcome::Done {
            reference: "in_1".to_owned(),
            status: "processing".to_owned(),
            made_at: None,
            link: None,
        });
        let (doubt, days) = (Ended::InDoubt { burned: false }, |days: i64| 24 * 60 * days);
        let declined = TryEnd::Declined { code: "insufficient_funds".to_owned() };
        for (name, action, ended, minutes, expected) in [
            ("it may still leave", let_be(a_try(), MACHINE, "d"), None, 60, true),
            ("it has not left in time", let_be(a_try(), MACHINE, "d"), None, 61, false),
            ("it has left", sent(), None, 61, true),
            ("its answer was lost", ended_by(&doubt), None, days(14) - 1, true),
            ("nothing is heard of it", ended_by(&doubt), None, days(14), false),
            ("it was taken on", ended_by(&taken_on), None, days(14) - 1, true),
            ("its end is known", sent(), Some(declined), 1, false),
        ] {
            let (plan, now) = (plan(&action, ended), at().now + SignedDuration::from_mins(minutes));
            let most = SignedDuration::from_hours(24 * policies.limits.current().debit_days_max);
            assert_eq!(may_bring(&plan, &action, most, now), expected, "{name}");
        }
    }

    #[test]
    fn how_a_try_ended_is_known_once_somebody_tells() {
        let open = || Invoice::new("in_1");
        let done = Ended::Done(Outcome::Done {
            reference: "in_1".to_owned(),
            status: "processing".to_owned(),
            made_at: None,
            link: None,
        });
        let refused = Ended::Refused { code: "generic_decline".to_owned(), message: String::new() };
        let mut overtaken = let_be(a_try(), MACHINE, "d");
        overtaken.overtaken(at()).unwrap();
        let told = |text: &str| {
            let code = Some("insufficient_funds".to_owned());
            vec![Tried { code, ..Tried::failed(time(text), By::Recoup) }]
        };
        let customers = vec![Tried::failed(time("2026-03-03T10:00:00Z"), By::Customer)];
        let (before, after) = (told("2026-03-02T09:00:00Z"), told("2026-03-03T10:00:00Z"));
        let declined = |code: &str| Some(TryEnd::Declined { code: code.to_owned() });
        let stale = Some(TryEnd::NotMade { why: "stale".to_owned() });
        for (name, action, tried, expected) in [
            ("it goes", let_be(a_try(), MACHINE, "d"), &before, None),
            ("it was sent", sent(), &before, None),
            ("its answer was lost", ended_by(&Ended::InDoubt { burned: false }), &after, None),
            ("it was refused", ended_by(&refused), &before, declined("generic_decline")),
            ("it was taken on", ended_by(&done), &before, None),
            ("it was taken on, and failed a day later", ended_by(&done), &after, declined("insufficient_funds")),
            ("it was taken on, and the customer failed beside it", ended_by(&done), &customers, None),
            ("it was overtaken", overtaken, &before, stale),
            ("somebody took it back", taken_back(), &before, Some(TryEnd::NotMade { why: "withdrawn".to_owned() })),
        ] {
            assert_eq!(ended(&action, &open(), tried, SignedDuration::from_mins(10)), expected, "{name}");
            let waits = |days: i64| {
                let (about, most) = ((&open(), tried.as_slice(), SignedDuration::from_mins(10)), 24 * 14);
                let now = at().now + SignedDuration::from_hours(24 * days);
                is_taken_on(&action, about, SignedDuration::from_hours(most), now)
            };
            let is_debit = name == "it was taken on" || name == "it was taken on, and the customer failed beside it";
            assert_eq!((waits(0), waits(13), waits(14)), (is_debit, is_debit, false), "{name}");
        }
        assert_eq!(State::Executed.after(Happening::Sent), None, "what is taken on is not sent again");
    }
}
