//! What is wrong with rules of recoveries that can be read? Nobody loses anything unwarned, and every plan has an end.

use super::{DunningPolicy, Segment, StepRule, Then};
use crate::book::entitlement::Entitlement;
use crate::dunning::{AdviserRules, EscalationRule, Together, TriesRule};
use crate::policy::{Complaint, Rules};
use toml::Spanned;

/// For how long an end may be held, at most.
const HOLD_HOURS_MAX: i64 = 30 * 24;

/// How far the steps of a segment have come, as they are read.
struct Way {
    access: Entitlement,
    was_written: bool,
    has_ended: bool,
    /// On which day it may be tried for the last time.
    last_try: i64,
}

impl Way {
    /// What is wrong with a step where it stands.
    fn takes(&mut self, step: &StepRule) -> Option<String> {
        match &step.then {
            Then::Mail(_) | Then::Sms(_) if self.has_ended => Some("nobody is written to after the end".to_owned()),
            Then::Mail(_) => {
                self.was_written = true;
                None
            }
            Then::Sms(_) | Then::Person => None,
            Then::Offer(_) if self.has_ended => Some("nothing is offered after the end".to_owned()),
            Then::Offer(role) if !role.may_settle() => Some(format!("{} could not end the task", role.name())),
            Then::Offer(_) => None,
            Then::Access(next) => self.falls_to(*next, *step.after_days.get_ref()),
            Then::End(_) if self.access == Entitlement::Ended => Some("a plan ends once".to_owned()),
            Then::End(_) => {
                self.has_ended = true;
                self.falls_to(Entitlement::Ended, *step.after_days.get_ref())
            }
        }
    }

    fn falls_to(&mut self, next: Entitlement, day: i64) -> Option<String> {
        let before = self.access;
        self.access = next.max(before);
        if next <= before {
            return Some(format!("`{}` comes after `{}`: access only falls", next.name(), before.name()));
        }
        if next > Entitlement::Warned && (before < Entitlement::Warned || !self.was_written) {
            return Some(format!("nobody is `{}` who was not warned and written to", next.name()));
        }
        let too_early = next == Entitlement::Ended && day < self.last_try;
        too_early.then(|| before_last_try(self.last_try))
    }
}

fn before_last_try(day: i64) -> String {
    format!("this ends before the last try, which may be on day {day}")
}

impl StepRule {
    /// What is wrong with how an end is held, or with what is held besides.
    fn lint_hold(&self) -> Option<Complaint> {
        let is_end = matches!(self.then, Then::End(_));
        let said = match (&self.hold_hours, &self.prompt) {
            (None, None) if !is_end => return None,
            _ if !is_end => "only an end is held, and told of before".to_owned(),
            (None, _) => {
                "an end says in `hold_hours` for how long it is held before anybody is asked for it".to_owned()
            }
            (Some(hours), _) if !(1..=HOLD_HOURS_MAX).contains(hours.get_ref()) => {
                return Some(Complaint::on(hours, format!("an end is held for 1 to {HOLD_HOURS_MAX} hours")));
            }
            (_, None) => "an end says in `prompt` which letter tells of it".to_owned(),
            (Some(_), Some(_)) => return None,
        };
        Some(Complaint::on(&self.after_days, said))
    }
}

impl Segment {
    fn complaints(&self, policy: &DunningPolicy) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{}` has no `why`", self.id.get_ref())));
        }
        if self.steps.is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{}` has no steps", self.id.get_ref())));
        }
        let most = self.tries_most.unwrap_or(u32::MAX);
        let tried = policy.tries.iter().filter(|rule| {
            let own = self.families.as_ref().map(Spanned::get_ref);
            most > 0 && own.is_none_or(|own| rule.families.get_ref().iter().any(|family| own.contains(family)))
        });
        let last_try = tried.map(|rule| i64::from(rule.last_day())).max().unwrap_or(0);
        complaints.extend(self.lint_steps(last_try));
        // Before there were tries, plans only wrote.
        complaints.extend(policy.adviser.as_ref().and_then(|_| self.lint_end(last_try)));
        complaints
    }

    /// What is wrong with the order of its steps.
    fn lint_steps(&self, last_try: i64) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for pair in self.steps.windows(2) {
            if pair[1].after_days.get_ref() < pair[0].after_days.get_ref() {
                complaints.push(Complaint::on(&pair[1].after_days, "this step comes before the step before it"));
            } else if pair[1].after_days.get_ref() == pair[0].after_days.get_ref() && pair[1].then == pair[0].then {
                complaints.push(Complaint::on(&pair[1].after_days, "this is the same as the step before it"));
            }
        }
        let mut way = Way { access: Entitlement::Grace, was_written: false, has_ended: false, last_try };
        for step in &self.steps {
            complaints.extend(way.takes(step).map(|said| Complaint::on(&step.after_days, said)));
            complaints.extend(step.lint_hold());
        }
        complaints
    }

    /// Nothing, where it is known what becomes of an invoice that nothing has helped, and all was tried by then: with
    /// its last step a plan is over, and so are its tries.
    fn lint_end(&self, last_try: i64) -> Option<Complaint> {
        let last = self.steps.last()?;
        let said = match &last.then {
            Then::Mail(_) | Then::Sms(_) | Then::Offer(_) => {
                "a plan ends with a person, with a change of access, or with an end".to_owned()
            }
            _ if *last.after_days.get_ref() < last_try => before_last_try(last_try),
            Then::Person | Then::Access(_) | Then::End(_) => return None,
        };
        Some(Complaint::on(&last.after_days, said))
    }
}

impl DunningPolicy {
    fn lint_tries(&self) -> Vec<Complaint> {
        let all = || self.tries.iter().chain(&self.second_card);
        let mut complaints = Complaint::doubled(all().map(|rule| &rule.id));
        complaints.extend(all().flat_map(TriesRule::lint));
        let with_ways = self.second_card.as_ref().and_then(|rule| rule.ways.as_ref());
        complaints.extend(with_ways.map(|ways| Complaint::on(ways, "a second card is a card: it has no `ways`")));
        for (place, rule) in self.tries.iter().enumerate() {
            if let Some(family) = self.tries[..place].iter().find_map(|other| other.doubles(rule)) {
                complaints.push(Complaint::on(&rule.families, format!("`{family}` stands in two rules of tries")));
            }
        }
        match &self.adviser {
            Some(rules) => complaints.extend(AdviserRules::lint(rules)),
            None => complaints
                .extend(all().map(|rule| Complaint::on(&rule.id, "nobody chooses its moments: say so in `[adviser]`"))),
        }
        complaints
    }

    /// Whoever warns says what a warning is.
    fn lint_warnings(&self) -> Vec<Complaint> {
        if let Some(rule) = &self.warning {
            let of_steps = self.segment.iter().flat_map(|segment| rule.lint_steps(&segment.steps));
            return rule.lint().into_iter().chain(of_steps).collect();
        }
        let is_warning = |step: &&StepRule| step.then == Then::Access(Entitlement::Warned);
        let first = self.segment.iter().flat_map(|segment| &segment.steps).find(is_warning);
        let unsaid = |step: &StepRule| {
            Complaint::on(&step.after_days, "which letters warn, and how long that leaves: say so in `[warning]`")
        };
        first.map(unsaid).into_iter().collect()
    }
}

impl Rules for DunningPolicy {
    const NAME: &'static str = "dunning";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.segment.iter().map(|segment| &segment.id));
        complaints.extend(self.segment.iter().flat_map(|segment| segment.complaints(self)));
        complaints.extend(self.lint_tries());
        complaints.extend(self.escalation.iter().flat_map(EscalationRule::lint));
        complaints.extend(self.together.iter().flat_map(Together::lint));
        complaints.extend(self.required.iter().flat_map(|rule| rule.lint(self)));
        complaints.extend(self.lint_reach());
        complaints.extend(self.lint_warnings());
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::read;

    /// One segment for everybody, tried until the tenth day, with these steps: each on a line, the first on the
    /// fifteenth.
    fn refused(steps: &[&str]) -> Option<(usize, String)> {
        let steps: String = steps.iter().map(|step| format!("    {{ {step} }},\n")).collect();
        let text = format!(
            "version = 9\neffective = \"2026-01-01\"\n\
             [[tries]]\nid = \"t\"\nwhy = \"w\"\nfamilies = [\"temporary\"]\nwindows = [{{ from_day = 0, to_day = 10 }}]\n\
             gap_hours = [20]\nmost = 1\nleast_chance = \"0.1\"\n\
             [[segment]]\nid = \"all\"\nwhy = \"w\"\nsteps = [\n{steps}]\n\
             [adviser]\nwhy = \"w\"\nfirst_chance = \"0.15\"\nspread = \"0.3\"\ngroups_max = 400\n\
             chance = [\"0.6\", \"0.4\", \"0.3\"]\nmoment = [\"0.1\", \"0.2\", \"0.3\"]\nage = [\"0.3\", \"0.2\", \"0.2\"]\n\
             [warning]\nletters = [\"reminder_1\"]\nhours = 48\nwhy = \"w\"\n"
        );
        let refused = read("v9.toml", &text, DunningPolicy::lint).err()?;
        Some((refused.line, refused.message))
    }

    #[test]
    fn a_warning_is_a_letter_that_warns_and_leaves_some_time() {
        let step = |day: i64, then: &str| format!("after_days = {day}, then = {then}");
        let access = |state: &str| format!("{{ access = \"{state}\" }}");
        let mail = |template: &str| format!("{{ mail = \"{template}\" }}");
        let letter = |day| step(day, &mail("reminder_1"));
        let (other, warned) = (|day| step(day, &mail("reminder_2")), |day| step(day, &access("warned")));
        let falls = |day: i64, state: &str| step(day, &access(state));
        let person = |day| step(day, "\"person\"");
        let end =
            |day| format!("{}, prompt = \"final_notice\", hold_hours = 24", step(day, "{ end = \"subscription\" }"));
        for (name, steps, expected) in [
            ("as it should be", vec![letter(1), warned(2), falls(4, "restricted"), person(10)], None),
            ("a person between", vec![letter(1), person(1), warned(2), falls(4, "restricted"), person(10)], None),
            (
                "another letter before it",
                vec![letter(1), other(2), warned(3), person(10)],
                Some((17, "the letter before a warning is one that warns")),
            ),
            (
                "all on one day",
                vec![letter(1), warned(2), falls(2, "restricted"), falls(2, "suspended"), person(10)],
                Some((17, "has 48 hours before anything is taken")),
            ),
            (
                "a day too early",
                vec![letter(1), warned(2), falls(3, "suspended"), person(10)],
                Some((17, "has 48 hours before anything is taken")),
            ),
            ("only the next counts", vec![letter(1), warned(2), falls(4, "restricted"), falls(10, "suspended")], None),
            (
                "it is over before the last try",
                vec![letter(1), person(1)],
                Some((16, "before the last try, which may be on day 10")),
            ),
            (
                "access falls for the last time before the last try",
                vec![letter(1), warned(2), falls(9, "suspended")],
                Some((17, "before the last try, which may be on day 10")),
            ),
            ("an end, held for a day", vec![letter(1), warned(9), end(10)], None),
            (
                "a warning once it is suspended",
                vec![letter(1), warned(2), falls(4, "suspended"), letter(9), person(10)],
                Some((18, "nobody is warned who is suspended")),
            ),
            (
                "another letter once it is suspended",
                vec![letter(1), warned(2), falls(4, "suspended"), other(9), person(10)],
                None,
            ),
            ("a warning until then", vec![letter(1), warned(2), falls(4, "restricted"), letter(9), person(10)], None),
        ] {
            let found = refused(&steps.iter().map(String::as_str).collect::<Vec<_>>());
            let is_it = match (&found, expected) {
                (None, None) => true,
                (Some((line, said)), Some((on, words))) => *line == on && said.contains(words),
                _ => false,
            };
            assert!(is_it, "{name}: {found:?}");
        }
    }

    #[test]
    fn an_end_is_told_of_held_and_comes_once() {
        let letter = "after_days = 1, then = { mail = \"reminder_1\" }";
        let warned = "after_days = 2, then = { access = \"warned\" }";
        let text = "after_days = 3, then = { sms = \"reminder_2\" }";
        let end = "after_days = 30, then = { end = \"subscription\" }, prompt = \"final_notice\", hold_hours = 72";
        let with = |from: &str, to: &str| end.replacen(from, to, 1);
        let (early, unheld) = (with("30", "9"), with(", hold_hours = 72", ""));
        let (unprompted, at_once) = (with(", prompt = \"final_notice\"", ""), with("72", "0"));
        let by_access = "after_days = 30, then = { access = \"ended\" }";
        let person = "after_days = 40, then = \"person\"";
        let late = "after_days = 40, then = { mail = \"reminder_3\" }";
        for (name, steps, expected) in [
            ("as it should be", vec![letter, warned, text, end], None),
            ("a person after it", vec![letter, warned, end, person], None),
            (
                "before the last try",
                vec![letter, warned, &early],
                Some((17, "before the last try, which may be on day 10")),
            ),
            ("without a warning", vec![letter, end], Some((16, "nobody is `ended` who was not warned and written to"))),
            ("without a letter", vec![warned, end], Some((16, "nobody is `ended` who was not warned and written to"))),
            ("a text message is no letter", vec![warned, text, end], Some((17, "nobody is `ended`"))),
            ("twice", vec![letter, warned, end, end], Some((18, "the same as the step before it"))),
            ("twice, on two days", vec![letter, warned, end, &with("30", "31")], Some((18, "a plan ends once"))),
            ("after access has ended", vec![letter, warned, by_access, end], Some((18, "a plan ends once"))),
            ("before access ends", vec![letter, warned, end, by_access], Some((18, "access only falls"))),
            ("not held", vec![letter, warned, &unheld], Some((17, "for how long it is held"))),
            ("held for no time", vec![letter, warned, &at_once], Some((17, "an end is held for 1 to 720 hours"))),
            ("not told of", vec![letter, warned, &unprompted], Some((17, "which letter tells of it"))),
            (
                "something else is held",
                vec![letter, "after_days = 2, then = \"person\", hold_hours = 9"],
                Some((16, "only an end is held")),
            ),
            ("a letter after it", vec![letter, warned, end, late], Some((18, "nobody is written to after the end"))),
            ("an offer", vec![letter, warned, "after_days = 3, then = { offer = \"manager\" }", end], None),
            (
                "an offer after the end",
                vec![letter, warned, end, "after_days = 40, then = { offer = \"manager\" }"],
                Some((18, "nothing is offered after the end")),
            ),
            (
                "an offer that nobody may make",
                vec![letter, "after_days = 2, then = { offer = \"legal\" }", warned],
                Some((16, "legal could not end the task")),
            ),
            ("a text message at the end", vec![letter, text], Some((16, "a plan ends with a person"))),
        ] {
            let found = refused(&steps);
            let is_it = match (&found, expected) {
                (None, None) => true,
                (Some((line, said)), Some((on, words))) => *line == on && said.contains(words),
                _ => false,
            };
            assert!(is_it, "{name}: {found:?}");
        }
    }
}
