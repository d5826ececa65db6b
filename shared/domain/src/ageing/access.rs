//! What the ladder leaves its customer to use: less with each rung that says so, and past a warning only some days
//! after its letter. Whom somebody looks after is left to them.

use super::{AgeingPolicy, Climb};
use crate::book::entitlement::Entitlement;
use crate::book::{AccessLine, Head};
use crate::dunning::{PlanState, Step, StepState, whole_days};
use crate::policy::Complaint;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Spanned;

/// A warning may be so long before what it warns of, at most.
const DAYS_MAX: i64 = 90;

/// How access falls on the ladder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    /// How many days lie between a warning and what is taken after it, at least.
    warned_days: Spanned<i64>,
    /// Whether customers that somebody looks after keep all of it, until that person says otherwise.
    strategic_keeps: bool,
    why: String,
}

impl AccessRule {
    fn warned(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * *self.warned_days.get_ref())
    }

    /// Whether nothing is taken from a customer by itself.
    pub(super) fn spares(&self, strategic: bool) -> bool {
        self.strategic_keeps && strategic
    }
}

impl Climb {
    /// What it leaves now, and what it takes next; nothing, where it takes nothing.
    pub fn access(&self, policy: &AgeingPolicy) -> Option<AccessLine> {
        let rule = policy.access.as_ref()?;
        if self.way.state == PlanState::Stopped || self.way.control.keeps {
            return None;
        }
        let (mut taken, mut next) = (None, None);
        let mut warned_at: Option<Timestamp> = None;
        for (rung, step) in policy.rung.iter().zip(&self.way.steps) {
            let Some(state) = rung.access.as_ref().map(|state| *state.get_ref()) else { continue };
            let is_warned = |at: Timestamp| warned_at.is_some_and(|warned_at| warned_at + rule.warned() <= at);
            let may = |at: Timestamp| match state {
                Entitlement::Active | Entitlement::Grace => true,
                Entitlement::Warned => step.kind.is_mail(),
                Entitlement::Restricted | Entitlement::Suspended | Entitlement::Ended => is_warned(at),
            };
            match taken_at(step) {
                Some(at) if may(at) => {
                    (taken, next) = (Some((state, at)), None);
                    if state == Entitlement::Warned {
                        warned_at = Some(at);
                    }
                }
                None if next.is_none() && is_ahead(step) && may(step.due_at) => next = Some((state, step.due_at)),
                Some(_) | None => {}
            }
        }
        let (state, since) = taken?;
        let (next, next_at) = next.unzip();
        Some(AccessLine { state, since, next, next_at })
    }

    /// Shows it on the head of its account. While a bank's claim stands nothing is taken, whatever is said of the climb
    /// until its next rung comes, with which it stops.
    pub fn show_access_on(&self, head: &mut Head, policy: &AgeingPolicy) {
        let access = self.access(policy).filter(|_| !head.book.is_claimed());
        head.shows_overdue(&self.way.invoice, access);
    }

    /// For how many whole days nothing is taken once the letter of a rung has left; nothing, where nothing is taken by
    /// itself, or something is already.
    pub fn days_left(&self, letter: u32, policy: &AgeingPolicy, now: Timestamp) -> Option<i64> {
        let mut after = self.clone();
        after.way.sent(letter);
        let access = after.access(policy).filter(|access| access.state <= Entitlement::Warned)?;
        let takes = access.next.filter(|next| *next > Entitlement::Warned).and(access.next_at)?;
        Some(whole_days(takes, now)).filter(|days| *days > 0)
    }
}

fn taken_at(step: &Step) -> Option<Timestamp> {
    step.done_at.filter(|_| matches!(step.state, StepState::Sent | StepState::InDoubt))
}

fn is_ahead(step: &Step) -> bool {
    matches!(step.state, StepState::Waiting | StepState::Asked)
}

impl AgeingPolicy {
    /// Access only falls, nobody loses anything unwarned, and whoever never pays does not keep all of it.
    pub(super) fn lint_access(&self) -> Vec<Complaint> {
        let Some(rule) = &self.access else {
            let first = self.rung.iter().find_map(|rung| rung.access.as_ref());
            let said = "say in `[access]` how long after a warning something is taken";
            return Vec::from_iter(first.map(|state| Complaint::on(state, said)));
        };
        let days = *rule.warned_days.get_ref();
        let mut complaints = Vec::new();
        if !(1..=DAYS_MAX).contains(&days) {
            complaints.push(Complaint::on(&rule.warned_days, format!("a warning leaves 1 to {DAYS_MAX} days")));
        }
        if rule.why.trim().is_empty() {
            complaints.push(Complaint::on(&rule.warned_days, "`access` has no `why`"));
        }
        let (mut before, mut warned_on) = (Entitlement::Active, None);
        for rung in &self.rung {
            let (name, day) = (rung.bucket.get_ref(), *rung.acts_on_day.get_ref());
            let Some(place) = &rung.access else { continue };
            let state = *place.get_ref();
            let is_early = warned_on.is_none_or(|on: i64| day - on < days);
            let said = match state {
                _ if state <= before => {
                    Some(format!("`{}` comes after `{}`: access only falls", state.name(), before.name()))
                }
                Entitlement::Ended => Some("the ladder ends nothing: its owner asks for that".to_owned()),
                Entitlement::Warned if rung.template.is_none() || !rung.required => {
                    Some(format!("`{name}` warns by a letter that is `required`, or nobody is warned"))
                }
                Entitlement::Restricted | Entitlement::Suspended if is_early => {
                    Some(format!("nobody is `{}` who was not warned {days} days before", state.name()))
                }
                _ => None,
            };
            complaints.extend(said.map(|said| Complaint::on(place, said)));
            if state == Entitlement::Warned {
                warned_on = Some(day);
            }
            before = before.max(state);
        }
        if let Some(last) = self.rung.last().filter(|rung| rung.access.is_none()) {
            let said = format!(
                "whoever never pays keeps all of it: say in `access` of `{}` what is left",
                last.bucket.get_ref()
            );
            complaints.push(Complaint::on(&last.bucket, said));
        }
        complaints
    }

    /// The letters that warn.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let warns = |state: &Spanned<Entitlement>| *state.get_ref() == Entitlement::Warned;
        let rungs = self.rung.iter().filter(move |rung| rung.access.as_ref().is_some_and(warns));
        rungs.filter_map(|rung| rung.template.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::super::climb::tests::{at, climb, ground};
    use super::super::owed::tests::due;
    use super::*;
    use crate::ageing::{Ground, Taken};
    use crate::dunning::Whose;
    use crate::policies::Policies;
    use jiff::tz::TimeZone;

    /// Goes up until a moment, a day at a time. Letters are sent, or nobody can be written to.
    fn until(climb: &mut Climb, ground: &Ground<'_>, is_written: bool, end: &str) {
        let policies = Policies::shipped().unwrap();
        let mut now = at("2026-03-16T09:00:00Z");
        while now <= at(end) {
            let taken = climb.take(ground, (policies.ageing.current(), &TimeZone::UTC), now, (now, now));
            if let Some(step) = taken.as_ref().and_then(Taken::begun) {
                if is_written {
                    climb.way.sent(step.number);
                } else {
                    climb.way.handed_over(step.number);
                }
            }
            now += SignedDuration::from_hours(24);
        }
    }

    #[test]
    fn who_never_pays_has_less_with_each_rung_and_never_unwarned() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.ageing.current();
        let invoice = due("2026-03-15");
        let plain = ground(&invoice);
        let whose = Whose { strategic: true, ..Whose::default() };
        let looked_after = Ground { whose, ..plain };
        for (name, ground, is_written, end, expected) in [
            ("before its day", plain, true, "2026-03-17T09:00:00Z", None),
            ("three days", plain, true, "2026-03-18T09:00:00Z", Some(("grace", Some("warned")))),
            ("a month", plain, true, "2026-04-15T09:00:00Z", Some(("warned", Some("restricted")))),
            ("a day less than two", plain, true, "2026-05-14T09:00:00Z", Some(("warned", Some("restricted")))),
            ("two months", plain, true, "2026-05-15T09:00:00Z", Some(("restricted", Some("suspended")))),
            ("three months", plain, true, "2026-06-14T09:00:00Z", Some(("suspended", None))),
            ("a year", plain, true, "2027-03-14T09:00:00Z", Some(("suspended", None))),
            ("nobody could warn them", plain, false, "2026-06-14T09:00:00Z", None),
            ("a person looks after them", looked_after, true, "2026-06-14T09:00:00Z", None),
        ] {
            let mut climb = climb(&invoice, None).unwrap();
            until(&mut climb, &ground, is_written, end);
            let found = climb.access(policy).map(|access| (access.state.name(), access.next.map(Entitlement::name)));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn while_a_claim_stands_nothing_is_shown_as_taken() {
        let policies = Policies::shipped().unwrap();
        let (policy, invoice) = (policies.ageing.current(), due("2026-03-15"));
        let mut climb = climb(&invoice, None).unwrap();
        until(&mut climb, &ground(&invoice), true, "2026-05-15T09:00:00Z");
        let mut head = Head::new("stripe", "default", "cus_1");
        for (claims, expected) in [(0, Some(Entitlement::Restricted)), (1, None), (0, Some(Entitlement::Restricted))] {
            head.book.figures.claims = claims;
            climb.show_access_on(&mut head, policy);
            assert_eq!(head.overdue.get("in_1").map(|access| access.state), expected, "{claims} claims");
        }
    }

    #[test]
    fn what_comes_too_soon_after_a_warning_takes_nothing_and_a_letter_says_how_long_is_left() {
        let policies = Policies::shipped().unwrap();
        let (policy, invoice) = (policies.ageing.current(), due("2026-03-15"));
        let mut climb = climb(&invoice, None).unwrap();
        until(&mut climb, &ground(&invoice), true, "2026-04-14T09:00:00Z");
        let now = at("2026-04-15T09:00:00Z");
        let taken = climb.take(&ground(&invoice), (policy, &TimeZone::UTC), now, (now, now)).unwrap();
        assert_eq!(climb.days_left(taken.step().number, policy, now), Some(30));
        assert_eq!(climb.access(policy).map(|access| access.state), Some(Entitlement::Grace), "it has not left yet");
        climb.way.sent(2);
        // A broken promise brings the next rung a week later.
        climb.way.steps[2].due_at = now + SignedDuration::from_hours(24 * 7);
        climb.way.control.hastened = Some(3);
        let soon = now + SignedDuration::from_hours(24 * 7);
        climb.take(&ground(&invoice), (policy, &TimeZone::UTC), soon, (soon, soon)).unwrap();
        climb.way.sent(3);
        let access = climb.access(policy).unwrap();
        assert_eq!((access.state, access.next), (Entitlement::Warned, Some(Entitlement::Suspended)));
        climb.way.stop("settled", soon);
        assert_eq!(climb.access(policy), None);
    }
}
