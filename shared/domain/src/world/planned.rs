//! Recovers as the service does: a plan is gone through step by step, and beside it stand the tries that an adviser
//! chooses and learns from.

use super::history::{Asked, Chooses};
use super::play::FOLLOWED;
use super::strategy::{Next, Shown, Strategy};
use crate::book::{Invoice, Tried};
use crate::decline::{Declines, Meaning, Way};
use crate::dunning::{
    Advice, Adviser, Again, Budget, Calendar, Choice, DunningPolicy, EndOf, Ground, HoursPolicy, NoEnd, Paid, Plan,
    PlanState, Traits, Whose, adviser, next_moment, plan,
};
use crate::event::Decline;
use crate::id::AccountId;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often a plan may ring before something comes of it: what rings for ever in vain is left.
const LOOKS_MAX: usize = 200;

/// Follows a policy. Everybody has an address and a phone, and people end at once what they are asked to end.
#[derive(Debug)]
pub struct Planned<'a> {
    policy: &'a DunningPolicy,
    hours: &'a HoursPolicy,
    declines: &'a Declines,
    adviser: Option<Adviser>,
    /// Whether each try teaches it: the service learns only by a version that people release.
    learns: bool,
    account: AccountId,
    open: BTreeMap<u32, Recovery>,
    /// What each kind of failure means, and from when on each country is written to, looked up once.
    known: BTreeMap<String, Rc<Known<'a>>>,
    mornings: BTreeMap<String, BTreeMap<Timestamp, Timestamp>>,
}

/// An invoice that is recovered.
#[derive(Debug)]
struct Recovery {
    plan: Plan,
    /// When it is tried again, once that was chosen.
    next_try: Option<Timestamp>,
}

#[derive(Debug)]
struct Known<'a> {
    meaning: Meaning<'a>,
    budget: Budget,
    calendar: Calendar,
    way: Option<Way>,
    network: String,
}

impl<'a> Planned<'a> {
    /// Begins with what was learned elsewhere, and learns from what it sees.
    pub fn new(policy: &'a DunningPolicy, advice: &Advice, hours: &'a HoursPolicy, declines: &'a Declines) -> Self {
        Self {
            policy,
            hours,
            declines,
            adviser: policy.adviser.as_ref().map(|rules| adviser(rules, advice)),
            learns: true,
            account: AccountId::of("world", "world", "world"),
            open: BTreeMap::new(),
            known: BTreeMap::new(),
            mornings: BTreeMap::new(),
        }
    }

    /// Believes what it began with, as the service does from one version of the advice to the next.
    #[must_use]
    pub fn as_released(self) -> Self {
        Self { learns: false, ..self }
    }

    fn known(&mut self, shown: &Shown<'_>) -> Rc<Known<'a>> {
        let Decline { provider, code, .. } = shown.decline;
        let kind = format!("{provider}/{code}/{}/{}", shown.network, shown.country);
        let (declines, hours) = (self.declines, self.hours);
        let look_up = || {
            let meaning = declines.meaning(Some(shown.decline));
            let budget = Budget::of(declines, &[], Some(shown.network), &meaning);
            let Paid { way, network } = Paid::through(declines, Some(shown.network));
            let (calendar, network) = (Calendar::new(hours.zone_in(shown.country)), network.unwrap_or_default());
            Rc::new(Known { meaning, budget, calendar, way, network: network.to_owned() })
        };
        Rc::clone(self.known.entry(kind).or_insert_with(look_up))
    }

    fn begins(&self, shown: &Shown<'_>, known: &Known<'a>) -> Option<Recovery> {
        let invoice = Invoice::open(&format!("in_{}", shown.number), shown.amount, shown.failed_at);
        let since = shown.tenure_days.map(|days| shown.failed_at - SignedDuration::from_hours(24 * days));
        let whose = Whose { strategic: shown.strategic, way: known.way, country: Some(shown.country), metadata: None };
        let who = (since, known.meaning.family.id.get_ref().as_str(), whose);
        let plan = plan(&self.account, &invoice, who, self.policy, shown.failed_at, "world")?;
        Some(Recovery { plan, next_try: None })
    }

    /// From when on a customer may be written to.
    fn written_from(&mut self, country: &str, at: Timestamp) -> Timestamp {
        let hours = self.hours;
        let known = self.mornings.entry(country.to_owned()).or_default();
        *known.entry(at).or_insert_with(|| hours.first_from(at, None, Some(country)))
    }

    /// What a try is chosen by, and how likely.
    fn ground<'s>(&'s self, shown: &Shown<'s>, known: &'s Known<'a>, tried: &'s [Tried], now: Timestamp) -> Ground<'s> {
        Ground {
            policy: self.policy,
            adviser: self.adviser.as_ref(),
            advice_version: None,
            calendar: &known.calendar,
            meaning: &known.meaning,
            paid: Paid { way: known.way, network: Some(&known.network) },
            budget: &known.budget,
            budget_of_card: None,
            traits: known.traits(shown),
            tried,
            failed_at: Some(shown.failed_at),
            now,
        }
    }

    /// Looks at it now and whenever it rings, until there is something to be done.
    fn goes_on(&mut self, recovery: &mut Recovery, shown: &Shown<'_>, known: &Known<'a>) -> Option<Next> {
        let mut now = shown.last_at();
        for _ in 0..LOOKS_MAX {
            if let Some(next) = self.looks(recovery, shown, known, now) {
                return Some(next);
            }
            now = recovery.wakes_at()?.max(now);
            if now.duration_since(shown.failed_at) > FOLLOWED {
                return None;
            }
        }
        None
    }

    /// What the service does when a plan rings, in the same order.
    fn looks(&mut self, recovery: &mut Recovery, shown: &Shown<'_>, known: &Known<'a>, now: Timestamp) -> Option<Next> {
        let Recovery { plan, next_try } = recovery;
        if let Some(rule) = self.policy.escalation.as_ref().filter(|_| plan.escalated_at.is_none()) {
            // The failure itself is one of them.
            let failed: Vec<Timestamp> = std::iter::once(shown.failed_at).chain(shown.tries.iter().copied()).collect();
            plan.escalate(rule.since(&failed), false, now);
        }
        if plan.due(now).any(|step| step.kind.is_read()) {
            let morning = self.written_from(shown.country, now);
            plan.keep_quiet(now, morning);
            plan.keep_phones_quiet(now, morning);
        }
        plan.take_access(now);
        if let Some((number, _)) = plan.due_offer(now) {
            plan.offer(number, None, now);
        }
        if plan.state != PlanState::Running {
            return None;
        }
        if next_try.is_none() {
            let tried = shown.tried();
            *next_try = next_moment(plan, &self.ground(shown, known, &tried, now));
        }
        if next_try.take_if(|at| *at <= now).is_some() {
            plan.tries.begun += 1;
            return Some(Next::Try(now));
        }
        if let Some(step) = plan.begin(now, now) {
            if step.kind.is_read() {
                plan.sent(step.number);
                return Some(Next::Message(now));
            }
            plan.handed_over(step.number);
        } else if plan.has_to_end(now) {
            ends(plan, now);
        }
        None
    }
}

/// What is ended is asked for no more.
fn ends(plan: &mut Plan, now: Timestamp) {
    if plan.told_of_end() {
        plan.asks_end(now, now);
        plan.learn_end(Some(EndOf::Done), now, now);
        plan.stop("ended", now);
    } else {
        plan.skip_end(&NoEnd::Untold, now);
    }
}

impl Recovery {
    fn wakes_at(&self) -> Option<Timestamp> {
        let next_try = self.next_try.filter(|_| self.plan.state == PlanState::Running);
        [self.plan.next_wake(), next_try].into_iter().flatten().min()
    }
}

impl Known<'_> {
    fn traits<'s>(&'s self, shown: &Shown<'s>) -> Traits<'s> {
        Traits {
            family: self.meaning.family.id.get_ref(),
            code: &shown.decline.code,
            network: shown.network,
            funding: shown.funding,
            issuer: shown.issuer,
            country: shown.country,
        }
    }
}

impl Strategy for Planned<'_> {
    fn name(&self) -> String {
        let manner = if self.learns { "" } else { ", as released" };
        format!("dunning v{}{manner}", self.policy.version)
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        let known = self.known(shown);
        // Of an earlier world there may be another invoice of the same number.
        let is_new = shown.tries.is_empty() && shown.messages.is_empty();
        let mut recovery = match self.open.remove(&shown.number).filter(|_| !is_new) {
            Some(recovery) => recovery,
            None => self.begins(shown, &known)?,
        };
        let next = self.goes_on(&mut recovery, shown, &known);
        if next.is_some() {
            self.open.insert(shown.number, recovery);
        }
        next
    }

    fn tried(&mut self, shown: &Shown<'_>, at: Timestamp, succeeded: bool) {
        let known = self.known(shown);
        let places = known.calendar.places(shown.failed_at, at, shown.tries.len());
        if let Some(adviser) = self.adviser.as_mut().filter(|_| self.learns) {
            adviser.learn(&known.traits(shown).groups(), &places, succeeded);
        }
    }

    fn over(&mut self, number: u32) {
        self.open.remove(&number);
    }
}

impl Chooses for Planned<'_> {
    /// In a segment that its rules do not have, everybody's counts.
    fn likely(&mut self, asked: &Asked<'_>) -> f64 {
        let known = self.known(&asked.shown);
        let segments = &self.policy.segment;
        let own = segments.iter().find(|segment| segment.id.get_ref() == asked.segment).or(segments.last());
        let own = own.map_or("", |segment| segment.id.get_ref().as_str());
        let tried = asked.shown.tried();
        // All of them were chosen, and nobody asked for one by hand.
        let begun = u32::try_from(asked.shown.tries.len()).unwrap_or(u32::MAX);
        let tries = Again { begun, ..Again::default() };
        match Choice::of(own, &tries, &self.ground(&asked.shown, &known, &tried, asked.chosen_at)) {
            Ok(choice) => f64::from(choice.likely(seed(asked), asked.moment)) / 1000.0,
            Err(_) => f64::from(u8::from(asked.moment.is_none())),
        }
    }
}

/// Each choice of a history has dice of its own, of which as many lie between two as are thrown.
fn seed(asked: &Asked<'_>) -> u64 {
    (u64::from(asked.shown.number) << 16) + ((asked.shown.tries.len() as u64) << 8)
}

#[cfg(test)]
mod tests;
