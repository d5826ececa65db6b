//! Which moment is that of the next try, and how likely was it to be that one? One answer, for the service and for
//! worlds.

use super::{Adviser, Again, Budget, Calendar, Chosen, Ground, NoTry, Reason, Second, SoFar, TriesRule, View};
use crate::book::Tried;
use crate::decline::Retry;
use jiff::Timestamp;
use timing::{Groups, Limits};

/// How often it is chosen, each time believing a little else, to tell how likely a choice is.
const DRAWN: u64 = 101;

/// A next try that may be, and all that its moment is chosen by but the dice.
#[derive(Debug)]
pub struct Choice<'a> {
    /// What lets it be.
    pub rule: TriesRule,
    limits: Limits,
    adviser: &'a Adviser,
    calendar: &'a Calendar,
    budget: &'a Budget,
    tried: &'a [Tried],
    groups: Groups,
    /// When it was tried again, as far as that is known.
    times: Vec<Timestamp>,
    failed_at: Timestamp,
    not_before: Timestamp,
}

impl<'a> Choice<'a> {
    /// What may be tried next in a segment, after the tries that were made; or why nothing may.
    pub fn of(segment: &str, tries: &Again, ground: &Ground<'a>) -> Result<Self, NoTry> {
        let adviser = ground.adviser.ok_or(NoTry::NoRules)?;
        let family = ground.meaning.family;
        let name = || family.id.get_ref().clone();
        match family.retry {
            Retry::Soon | Retry::Later => {}
            Retry::AfterCustomer => return Err(NoTry::AfterCustomer(name())),
            Retry::InternalReview => return Err(NoTry::ForPeople(name())),
            Retry::Never => return Err(NoTry::Never(name())),
        }
        let rule = ground.policy.tries(segment, family.id.get_ref(), ground.paid);
        let rule = rule.ok_or_else(|| NoTry::NoRule(name()))?;
        let failed_at = ground.failed_at.ok_or(NoTry::Unknown)?;
        let (times, by_hand) = tries.times(ground.tried);
        if times.len() - by_hand >= *rule.most.get_ref() as usize {
            return Err(NoTry::AllMade(times.len() - by_hand));
        }
        let not_before = ground.budget.earliest(ground.tried, from(tries, ground));
        let not_before = not_before.ok_or_else(|| ground.nothing_left())?;
        let mut limits = rule.limits();
        limits.most += by_hand;
        Ok(Self {
            rule,
            limits,
            adviser,
            calendar: ground.calendar,
            budget: ground.budget,
            tried: ground.tried,
            groups: ground.traits.groups(),
            times,
            failed_at,
            not_before,
        })
    }

    /// The same with a second card, once it is its turn: on its own budget, by what was tried with it alone, from the
    /// moment on at which the other had failed for the last time and its holder had agreed.
    pub(super) fn of_second(second: &'a Second<'_>, tries: &Again, ground: &Ground<'a>) -> Result<Self, NoTry> {
        let adviser = ground.adviser.ok_or(NoTry::NoRules)?;
        let failed = ground.meaning.family.id.get_ref();
        let rule = ground.policy.second_card.as_ref().filter(|rule| rule.families.get_ref().contains(failed));
        let rule = rule.ok_or_else(|| NoTry::NoRule(failed.clone()))?;
        if let Some(family) = second.family {
            let name = || family.id.get_ref().clone();
            match family.retry {
                Retry::Soon | Retry::Later => {}
                Retry::AfterCustomer => return Err(NoTry::AfterCustomer(name())),
                Retry::InternalReview => return Err(NoTry::ForPeople(name())),
                Retry::Never => return Err(NoTry::Never(name())),
            }
        }
        let times = second.times(ground.tried);
        if times.len() >= *rule.most.get_ref() as usize {
            return Err(NoTry::AllMade(times.len()));
        }
        let not_before = second.budget.earliest(ground.tried, from(tries, ground));
        let not_before = not_before.ok_or_else(|| second.nothing_left(ground))?;
        Ok(Self {
            rule: rule.clone(),
            limits: rule.limits(),
            adviser,
            calendar: ground.calendar,
            budget: &second.budget,
            tried: ground.tried,
            groups: second.traits(ground.traits.country).groups(),
            failed_at: second.begins_at(ground.tried),
            times,
            not_before,
        })
    }

    /// When it is by these dice, if any moment is worth it.
    pub fn moment(&self, seed: u64) -> Option<Timestamp> {
        self.limits.next(&self.view(seed), self.calendar, &self.so_far(), &|at: Timestamp| self.allows(at))
    }

    /// The same, with what else it could have been.
    pub fn chosen(&self, seed: u64) -> Option<Chosen> {
        self.limits.choose(&self.view(seed), self.calendar, &self.so_far(), &|at: Timestamp| self.allows(at))
    }

    /// How likely a moment is to be chosen, or that none is: in how many of a thousand choices. The first of those that
    /// are counted is the one by these dice, so that what they have chosen was never impossible.
    pub fn likely(&self, seed: u64, moment: Option<Timestamp>) -> u32 {
        let same = (0..DRAWN).filter(|other| self.moment(seed.wrapping_add(*other)) == moment).count();
        u32::try_from(same * 1000 / DRAWN as usize).unwrap_or(1000)
    }

    /// Why a moment is as good as these dice take it to be.
    pub fn reasons(&self, seed: u64, at: Timestamp) -> Vec<Reason> {
        Reason::of(&self.view(seed), &self.calendar.places(self.failed_at, at, self.times.len()))
    }

    fn view(&self, seed: u64) -> View {
        self.adviser.view(&self.groups, Some(seed))
    }

    fn so_far(&self) -> SoFar<'_> {
        SoFar { failed_at: self.failed_at, tries: &self.times, not_before: self.not_before }
    }

    fn allows(&self, at: Timestamp) -> bool {
        self.budget.forbids(self.tried, at).is_none()
    }
}

/// From when on one may be: the day on which somebody took one back has no other.
fn from(tries: &Again, ground: &Ground<'_>) -> Timestamp {
    let next_day = tries.taken_back_at.map(|at| ground.calendar.day_after(at));
    next_day.map_or(ground.now, |day| day.max(ground.now))
}
