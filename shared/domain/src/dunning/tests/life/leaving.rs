//! What leaves in a recovery: letters, tries, and what the customer may use; counted as those see it whom it reaches.

use super::{Life, hours};
use crate::book::entitlement::Entitlement;
use crate::book::{By, Tried};
use crate::decline::{Limit, Of, Retry, Whose};
use crate::dunning::tests::{POLICIES, PROVIDER};
use crate::dunning::{
    Budget, CARD_GIVEN, Calendar, EndOf, Ground, MadeTry, NoEnd, Paid, PlanState, Step, StepKind, StepState, Traits,
    TryEnd, next_try,
};
use crate::event::Decline;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

impl Life<'_> {
    pub(super) fn takes_a_step(&mut self, morning: Timestamp) {
        let now = self.now;
        let Some(step) = self.plan.begin(now, now + SignedDuration::from_mins(15)) else { return };
        self.may_leave("a step");
        if !step.kind.is_read() {
            self.plan.handed_over(step.number);
            return;
        }
        assert_eq!(morning, now, "{}: a letter at night", self.name);
        if step.kind.is_sms() {
            assert!(self.has_phone, "{}: there is no phone", self.name);
            self.texts += 1;
            self.leaves(&step);
            self.plan.sent(step.number);
            return;
        }
        match self.dice.roll(10) {
            0 => {
                self.plan.unsent(step.number, None, &POLICIES.limits.current().telling, now);
            }
            // There is no address.
            1 => self.plan.handed_over(step.number),
            2 => {
                self.leaves(&step);
                self.plan.doubt(None);
            }
            // The process has ended.
            3 => self.leaves(&step),
            4 if self.dice.roll(4) == 0 => {
                self.leaves(&step);
                self.ends("paid");
                self.plan.sent(step.number);
            }
            _ => {
                self.leaves(&step);
                self.plan.sent(step.number);
            }
        }
        self.plan.take_access(now);
    }

    fn leaves(&mut self, step: &Step) {
        assert!(self.left.insert(step.number), "{}: step {} twice", self.name, step.number);
    }

    /// Somebody may have decided about the request to end what it bills, which lapses while the recovery waits.
    pub(super) fn learns_of_its_end(&mut self) {
        if self.plan.asked_end().is_none() || self.plan.rests() {
            return;
        }
        let end = match self.dice.roll(4) {
            0 => None,
            1 => Some(EndOf::Overtaken),
            2 => Some(EndOf::NotDone("it was denied")),
            _ => Some(EndOf::Done),
        };
        self.plan.learn_end(end, self.now, self.now + hours(1));
    }

    /// Nobody is asked for an end that is not held for as long as it says, after the letter that tells of it.
    pub(super) fn comes_to_ask_for_its_end(&mut self) {
        let now = self.now;
        if !self.plan.has_to_end(now) {
            return;
        }
        self.may_leave("an end");
        let place = self.plan.steps.iter().position(|step| step.kind.is_end()).unwrap();
        let (letter, end) = (&self.plan.steps[place - 1], &self.plan.steps[place]);
        let StepKind::End { hold_hours, .. } = end.kind else { unreachable!() };
        let is_told = self.left.contains(&letter.number);
        let is_held = letter.done_at.is_some_and(|at| now >= at + hours(hold_hours));
        if !self.plan.told_of_end() {
            self.plan.skip_end(&NoEnd::Untold, now);
        } else {
            assert!(is_told && is_held, "{}: it ends, told ({is_told}) and held ({is_held})", self.name);
            match self.dice.roll(4) {
                0 => self.plan.skip_end(&NoEnd::ByProvider, now),
                _ => self.plan.asks_end(now, now + hours(1)),
            }
        }
        self.plan.take_access(now);
    }

    /// Access only falls: past a warning only after it, and after the letters that stand before it, of which one has
    /// left.
    pub(super) fn falls_as_it_may(&mut self) {
        if self.plan.state == PlanState::Stopped {
            return;
        }
        let access = self.plan.access().state;
        assert!(access >= self.access, "{}: from {:?} to {access:?}", self.name, self.access);
        if access == self.access {
            return;
        }
        self.access = access;
        let is_taken = |step: &&Step| step.kind.is_access() && step.state == StepState::Sent;
        let taken = self.plan.steps.iter().rfind(is_taken).map_or(0, |step| step.number);
        let before: Vec<&Step> = self.plan.steps.iter().filter(|step| step.number < taken).collect();
        let waits = |step: &&&Step| matches!(step.state, StepState::Waiting | StepState::Sending);
        let letters = || before.iter().filter(|step| step.kind.is_mail());
        assert_eq!(letters().find(waits), None, "{}: {access:?} before its letter", self.name);
        assert!(letters().any(|step| self.left.contains(&step.number)), "{}: {access:?} unwritten", self.name);
        let warns = |kind: &StepKind| matches!(kind, StepKind::Access { access } if *access == Entitlement::Warned);
        let warned = before.iter().any(|step| warns(&step.kind) && step.state == StepState::Sent);
        assert!(warned || access == Entitlement::Warned, "{}: {access:?} without a warning", self.name);
        let warning = self.plan.steps.iter().find(|step| warns(&step.kind)).map_or(0, |step| step.number);
        let nearest = letters().rfind(|step| step.number < warning).map_or(0, |step| step.number);
        assert!(self.left.contains(&nearest), "{}: {access:?} without the letter that warns", self.name);
    }

    /// Whether a try was begun.
    pub(super) fn tries(&mut self) -> bool {
        let now = self.now;
        if self.plan.tries.under_way().is_some() {
            let is_known = self.dice.roll(3) == 0;
            self.ended(is_known, self.pays.cards[0]);
        }
        let declines = POLICIES.declines.current();
        let (decline, limits) = (Decline::new(PROVIDER, self.code), std::slice::from_ref(&self.limit));
        let (meaning, nothing) = (declines.meaning(Some(&decline)), declines.meaning(None));
        let last = self.tried.iter().rev().find_map(|tried| tried.card.clone());
        let given = self.plan.tries.card.clone();
        let network = self.pays.network;
        let of = |meaning, card: Option<&str>| {
            let budget = Budget::of(declines, limits, Some(network), meaning);
            match card {
                Some(card) => budget.for_card(card, &[]),
                None => budget,
            }
        };
        let budget = of(&meaning, last.as_deref());
        let of_card = given.as_deref().map(|card| of(&nothing, Some(card)));
        let (family, paid) = (meaning.family.id.get_ref(), Paid::through(declines, Some(network)));
        let ground = Ground {
            policy: self.policy,
            adviser: Some(&self.adviser),
            advice_version: None,
            calendar: &Calendar::new(TimeZone::UTC),
            meaning: &meaning,
            paid,
            budget: &budget,
            budget_of_card: of_card.as_ref(),
            traits: Traits { family, code: self.code, network, funding: "", issuer: "", country: "" },
            tried: &self.tried,
            failed_at: Some(self.plan.started_at),
            now,
        };
        if self.plan.chooses(now) || self.plan.due_try(now).is_some_and(|due| ground.forbids(due)) {
            let next = next_try(&self.plan, &ground);
            self.plan.choose(next);
        }
        let lets = self.plan.due_try(now).is_none_or(|next| self.policy.lets(&self.plan, next));
        assert!(lets, "{}: no rule lets it be: {:?}", self.name, self.plan.tries);
        let Some(made) = self.plan.begin_try(now, now + SignedDuration::from_mins(5)) else { return false };
        let is_card = made.chosen.rule == CARD_GIVEN;
        let card = given.filter(|_| is_card).or_else(|| last.clone());
        let never = meaning.family.retry == Retry::Never;
        assert!(!never || (is_card && card != last), "{}: tried after a hard decline", self.name);
        assert!(is_card || meaning.family.retry <= Retry::Later, "{}: {family} is not tried again", self.name);
        if !is_card {
            self.by_rule += 1;
            let most = self.policy.tries(&self.plan.segment, family, paid).map_or(0, |rule| *rule.most.get_ref());
            assert!(self.by_rule <= most, "{}: {} of {most} tries", self.name, self.by_rule);
        }
        // By another card nothing of the failure counts.
        let category = meaning.category.filter(|_| !is_card);
        self.is_tried(&made, card.as_deref(), category);
        true
    }

    fn is_tried(&mut self, made: &MadeTry, card: Option<&str>, category: Option<u8>) {
        self.may_leave("a try");
        assert!(self.numbers.insert(made.chosen.number), "{}: try {} twice", self.name, made.chosen.number);
        self.keeps_to_limits(card, category);
        match self.dice.roll(8) {
            0 => self.ends("paid"),
            // A debit takes days.
            1 | 2 => {}
            _ => self.ended(true, card),
        }
    }

    /// Of the network and of the acquirer, who counts as it does: counted once more, in plain loops.
    fn keeps_to_limits(&self, card: Option<&str>, category: Option<u8>) {
        let declines = POLICIES.declines.current();
        let network = declines.network_named(self.pays.network);
        let on = self.now.to_zoned(TimeZone::UTC).date();
        let holds = |limit: &&Limit| {
            let of_kind = limit.category.is_none_or(|own| category == Some(own));
            let then = limit.from.is_none_or(|from| from <= on) && limit.until.is_none_or(|until| on <= until);
            limit.network == network && of_kind && then
        };
        let limits: Vec<&Limit> = declines.limit.iter().filter(holds).collect();
        for limit in &limits {
            self.is_left_of(limit, (limit.tries_max, i64::from(limit.days)), card);
        }
        let like = limits.iter().rfind(|limit| limit.category.is_none());
        self.is_left_of(like.expect("each of these networks has a limit"), self.allowed, card);
    }

    fn is_left_of(&self, limit: &Limit, (most, days): (u32, i64), card: Option<&str>) {
        let is_debit = limit.of == Of::Debit;
        // The first of a debt is no further one, and the customer's own may be theirs.
        let counts = |tried: &&Tried| {
            let is_whose = limit.by == Whose::Everybody || tried.by != By::Customer;
            let is_recent = is_debit || self.now.duration_since(tried.at) < hours(24 * days);
            is_whose && is_recent && card.is_none_or(|card| tried.card.as_deref() == Some(card))
        };
        let used = self.tried.iter().skip(usize::from(limit.again || is_debit)).filter(counts).count();
        assert!(used < most as usize, "{}: {used} of {most} in {days} days were used", self.name);
        let (first, last) = (self.tried[0].at, self.tried[self.tried.len() - 1].at);
        // It may be begun an hour late.
        let is_late = is_debit && self.now.duration_since(first) > hours(24 * days + 1);
        assert!(!is_late, "{}: presented after {days} days", self.name);
        let gap = hours(limit.gap_hours.unwrap_or(0).into());
        assert!(self.now.duration_since(last) >= gap, "{}: presented too soon", self.name);
    }

    /// What became of the try under way: with which card it failed, once that is known.
    fn ended(&mut self, is_known: bool, card: Option<&str>) {
        let end = is_known.then(|| {
            self.tried.push(self.pays.failed(self.now, By::Recoup, card));
            TryEnd::Declined { code: self.code.to_owned() }
        });
        self.plan.learn(end, self.now + hours(1));
    }
}
