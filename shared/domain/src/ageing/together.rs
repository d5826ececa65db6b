//! The rungs of an account whose letters are due together: which of them speaks, and for which others?

use super::{AgeingPolicy, Climb, Ground, Taken, counted_from};
use crate::book::Invoice;
use crate::dunning::{Plan, PlanState, Step, StepState, Together, Whose};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A rung of another invoice of the account, whose letter would leave now as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub invoice: Invoice,
    /// The number of its step.
    pub rung: u32,
    /// When its alarm rings, or should have.
    pub wake_at: Option<Timestamp>,
}

/// What a letter of a rung lists beside its own invoice.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed<'a> {
    /// What was due first stands first.
    pub invoices: Vec<&'a Invoice>,
    /// Whether something is due that has its letter another day.
    pub has_more: bool,
}

impl Other {
    /// The highest rung of those that are due. One that nobody has looked at for as long as a letter keeps others back
    /// keeps nobody back.
    pub(super) fn highest(all: &[Self], rule: &Together, now: Timestamp) -> Option<u32> {
        let is_looked_at = |other: &&Self| other.wake_at.is_some_and(|at| now < at + rule.window());
        all.iter().filter(is_looked_at).map(|other| other.rung).max()
    }
}

impl<'a> Listed<'a> {
    /// What the letter of a rung says of the others: what stands on no higher rung, as much as it may list.
    pub fn beside(step: &Step, others: &'a [Other], most: usize) -> Self {
        let is_said = |other: &&Other| other.rung <= step.number;
        let mut invoices: Vec<&Invoice> = others.iter().filter(is_said).map(|other| &other.invoice).collect();
        invoices.sort_by_key(|&invoice| (counted_from(invoice).map(|(due_on, _)| due_on), &invoice.id));
        invoices.truncate(most);
        Self { has_more: invoices.len() < others.len(), invoices }
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<String> {
        self.invoices.iter().map(|invoice| invoice.id.clone()).collect()
    }
}

impl Climb {
    /// The rung whose letter would leave now, as it stands and as nothing else is due. Nobody is asked by mail for more
    /// than was billed.
    pub fn letter_due(
        &self,
        ground: &Ground<'_>,
        rules: (&AgeingPolicy, &TimeZone),
        now: Timestamp,
        times: (Timestamp, Timestamp),
    ) -> Option<Step> {
        if ground.invoice.owes_more_than_billed() {
            return None;
        }
        match self.clone().take(ground, rules, now, times)? {
            Taken::Up(step) if step.kind.is_mail() => Some(step),
            Taken::Up(_) | Taken::Said(_) | Taken::Waits(_) | Taken::Asks(_) => None,
        }
    }

    /// Whether its customer is asked for it by letter, and nothing lets that wait: a rung of it was written, or is to
    /// be and the invoice is overdue, or its recovery was in vain.
    pub fn is_asked_for(
        &self,
        (invoice, whose, wants_none): (&Invoice, Whose<'_>, bool),
        policy: &AgeingPolicy,
        recovery: Option<&Plan>,
        on: Date,
    ) -> bool {
        let said = [StepState::Sending, StepState::Sent, StepState::InDoubt];
        let was_written = self.way.steps.iter().any(|step| step.kind.is_mail() && said.contains(&step.state));
        let was_recovered = recovery.is_some_and(|plan| plan.state == PlanState::Finished);
        let mut rungs = policy.rung.iter().zip(&self.way.steps);
        let next = rungs.find(|(_, step)| step.state == StepState::Waiting).map(|(rung, _)| rung);
        let is_written = next
            .is_some_and(|rung| rung.template_of(rung.apart(whose, invoice.remaining.copied()), wants_none).is_some());
        let is_overdue = counted_from(invoice).is_some_and(|(from, _)| from < on);
        self.way.asks() && (was_written || was_recovered || (is_written && is_overdue))
    }

    /// When its next rung comes, or a pause of it ends. What only waits for a morning, or for another letter, has come.
    pub fn comes_at(&self) -> Option<Timestamp> {
        let waiting = self.way.steps.iter().filter(|step| step.state == StepState::Waiting);
        let due_at = waiting.map(|step| step.due_at).min().filter(|_| self.way.state == PlanState::Running)?;
        Some(self.way.paused_until().unwrap_or(due_at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::climb::tests::{at, climb as climbing, ground};
    use super::super::owed::tests::due;
    use super::*;
    use crate::book::Head;
    use crate::dunning::Wish;
    use crate::leaving::Stage;
    use crate::policies::Policies;
    use crate::staff::{Role, Staff};
    use jiff::SignedDuration;

    const NINE: &str = "2026-03-18T09:00:00Z";

    /// An invoice by its number, due on a day.
    fn invoice(number: usize, on: &str) -> Invoice {
        Invoice { id: format!("in_{number:02}"), ..due(on) }
    }

    fn climb(invoice: &Invoice) -> Climb {
        climbing(invoice, None).unwrap()
    }

    fn taken(climb: &mut Climb, ground: &Ground<'_>, now: &str) -> Option<Taken> {
        let policies = Policies::shipped().unwrap();
        let (now, soon) = (at(now), SignedDuration::from_mins(15));
        climb.take(ground, (policies.ageing.current(), &TimeZone::UTC), now, (now + soon, now + soon))
    }

    fn other(number: usize, rung: u32, on: &str) -> Other {
        Other { invoice: invoice(number, on), rung, wake_at: Some(at(NINE)) }
    }

    #[test]
    fn a_letter_lists_what_is_due_with_it_and_stands_no_higher() {
        let (day, before) = ("2026-03-15", "2026-02-15");
        let many: Vec<Other> = (1..=12).map(|number| other(number, 1, day)).collect();
        for (name, rung, others, most, expected, has_more) in [
            ("alone", 1, vec![], 10, "", false),
            ("as high", 1, vec![other(2, 1, day), other(1, 1, day)], 10, "in_01 in_02", false),
            ("what was due first", 2, vec![other(1, 1, day), other(2, 2, before)], 10, "in_02 in_01", false),
            ("one above it", 1, vec![other(1, 1, day), other(2, 2, before)], 10, "in_01", true),
            ("more than it lists", 1, many, 3, "in_01 in_02 in_03", true),
        ] {
            let invoice = invoice(0, day);
            let step = Step { number: rung, ..climb(&invoice).way.steps[0].clone() };
            let listed = Listed::beside(&step, &others, most);
            assert_eq!((listed.ids().join(" ").as_str(), listed.has_more), (expected, has_more), "{name}");
        }
    }

    #[test]
    fn the_highest_speaks_unless_nobody_has_looked_at_it_for_a_day() {
        let policies = Policies::shipped().unwrap();
        let rule = policies.dunning.current().together.as_ref().unwrap();
        let (own, head) = (invoice(1, "2026-03-15"), Head::new("stripe", "default", "cus_1"));
        for (name, rung, wake_at, waits) in [
            ("as high", 1, Some(NINE), false),
            ("higher", 2, Some(NINE), true),
            ("higher, since yesterday", 2, Some("2026-03-17T09:00:01Z"), true),
            ("higher, and nobody looks", 2, Some("2026-03-17T09:00:00Z"), false),
            ("higher, and it never rings", 2, None, false),
        ] {
            let others = [Other { wake_at: wake_at.map(at), ..other(2, rung, "2026-02-15") }];
            let ground = Ground { beside: Some((&head, rule)), others: &others, ..ground(&own) };
            let mut climb = climb(&own);
            let found = taken(&mut climb, &ground, NINE);
            assert_eq!(matches!(found, Some(Taken::Waits(_))), waits, "{name}: {found:?}");
            assert_eq!(matches!(found, Some(Taken::Up(_))), !waits, "{name}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_to_be_asked_for_is_said_by_no_letter() {
        let policies = Policies::shipped().unwrap();
        let rules = (policies.ageing.current(), &TimeZone::UTC);
        let own = invoice(1, "2026-03-15");
        let running = climb(&own).way;
        let said = |word: &str| {
            let mut plan = running.clone();
            let by = Staff {
                id: "lena".into(),
                name: "Lena".into(),
                role: Role::L1,
                email: String::new(),
                slack: None,
                languages: Vec::new(),
            };
            let wish = match word {
                "pause" => Wish::Pause { until: at("2026-03-20T09:00:00Z") },
                _ => Wish::Stop,
            };
            plan.take(wish, "they wrote", &by, &own, policies.limits.current(), at("2026-03-17T09:00:00Z")).unwrap();
            Climb { way: plan }
        };
        let (plain, base) = (climb(&own), ground(&own));
        let strategic = Whose { strategic: true, ..Whose::default() };
        let mut held = plain.clone();
        held.way.steps[0].again_at = Some(at("2026-03-18T09:15:00Z"));
        let recovery: Option<&Plan> = Some(&running);
        for (name, climb, ground, expected) in [
            ("it is due", &plain, base, true),
            ("it waits for another letter", &held, base, false),
            ("somebody paused it", &said("pause"), base, false),
            ("somebody stopped it", &said("stop"), base, false),
            ("a bank claims money back", &plain, Ground { claimed: true, ..base }, false),
            ("they leave", &plain, Ground { stage: Some(Stage::Recorded), ..base }, false),
            ("a recovery asks for it", &plain, Ground { plan: recovery, ..base }, false),
            ("a person speaks first", &plain, Ground { whose: strategic, ..base }, false),
            ("it is night", &plain, Ground { quiet_until: Some(at("2026-03-18T20:00:00Z")), ..base }, false),
        ] {
            let before = climb.clone();
            let found = climb.letter_due(&ground, rules, at(NINE), (at(NINE), at(NINE)));
            assert_eq!((found.is_some(), *climb == before), (expected, true), "{name}: it is only asked");
        }
    }

    #[test]
    fn it_has_come_since_its_day_whatever_its_letter_waits_for() {
        let own = invoice(1, "2026-03-15");
        let mut climb = climb(&own);
        assert_eq!(climb.comes_at(), Some(at(NINE)));
        climb.way.steps[0].again_at = Some(at("2026-03-19T09:00:00Z"));
        assert_eq!(climb.comes_at(), Some(at(NINE)));
        climb.way.control.paused_until = Some(at("2026-03-25T00:00:00Z"));
        assert_eq!(climb.comes_at(), Some(at("2026-03-25T00:00:00Z")), "with the end of a pause");
        climb.way.stop("settled", at(NINE));
        assert_eq!(climb.comes_at(), None);
    }

    #[test]
    fn a_broken_promise_is_due_since_it_was_broken_so_that_a_letter_of_that_night_has_said_it() {
        let own = invoice(1, "2026-03-15");
        let mut climb = climb(&own);
        climb.way.control.promise = serde_json::from_value(serde_json::json!({"date": "2026-03-17",
            "amount": {"amount": "49.00", "currency": "USD"}, "until": "2026-03-17T23:59:59Z",
            "open": {"amount": "49.00", "currency": "USD"}}))
        .ok();
        let found = taken(&mut climb, &ground(&own), NINE);
        let due_at = found.as_ref().map(|taken| (taken.step().number, taken.step().due_at));
        assert_eq!(due_at, Some((2, at("2026-03-17T23:59:59Z"))), "{found:?}");
    }

    #[test]
    fn what_is_overdue_or_was_written_of_is_asked_for_and_what_waits_for_somebodys_word_is_not() {
        use StepState::{InDoubt, Sending, Sent, Skipped, Waiting};
        let policies = Policies::shipped().unwrap();
        let (policy, due) = (policies.ageing.current(), invoice(1, "2026-03-15"));
        let strategic = Whose { strategic: true, ..Whose::default() };
        for (name, state, whose, on, expected) in [
            ("it is due today", Waiting, Whose::default(), "2026-03-15", false),
            ("it is overdue, and its letter comes", Waiting, Whose::default(), "2026-03-16", true),
            ("a person speaks to them first", Waiting, strategic, "2026-03-16", false),
            ("it is leaving", Sending, strategic, "2026-03-18", true),
            ("it was written", Sent, strategic, "2026-03-18", true),
            ("it may have been", InDoubt, strategic, "2026-03-18", true),
            ("it was left out, and the next one comes", Skipped, Whose::default(), "2026-03-18", true),
        ] {
            let on: Date = on.parse().unwrap();
            let mut climb = climb(&due);
            climb.way.steps[0].state = state;
            assert_eq!(climb.is_asked_for((&due, whose, false), policy, None, on), expected, "{name}");
            let recovery = Plan { state: PlanState::Finished, ..climb.way.clone() };
            let asks = |climb: &Climb| climb.is_asked_for((&due, whose, false), policy, Some(&recovery), on);
            assert!(asks(&climb), "{name}: its recovery was in vain");
            climb.way.held_until = Some(at("2026-03-20T09:00:00Z"));
            assert!(!asks(&climb), "{name}: people are at it");
            climb.way.held_until = None;
            climb.way.stop("settled", at(NINE));
            assert!(!asks(&climb), "{name}: it is over");
        }
    }
}
