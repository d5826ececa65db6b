//! When does Recoup try an invoice again, what became of the tries that it made, and why is there no other?

use super::judged::brand_of;
use super::{Adviser, Budget, Calendar, Choice, DunningPolicy, Paid, Plan, PlanState, Reason, Traits, TriesRule, Why};
use crate::book::{By, MOMENT, Tried};
use crate::decline::{Meaning, Retry};
use crate::id::{ActionId, sha256};
use crate::staff::MACHINE;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use timing::thousandths;

/// A try that is later than this is chosen anew: its hour was a part of why it was chosen.
const LATE: SignedDuration = SignedDuration::from_hours(1);
/// How many of the tries that were made are told, the latest.
const TOLD_MAX: usize = 12;
/// The rule of a try that comes at once, because the customer gave another card.
pub const CARD_GIVEN: &str = "card_given";

/// The tries of a recovery that Recoup makes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Again {
    /// The next one, once it was chosen.
    pub next: Option<NextTry>,
    /// Why there is none, where there is none.
    pub why_none: Option<String>,
    /// That this was chosen, where a moment could have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chose_none: Option<ChoseNone>,
    /// Those that were made, oldest first; the last one is under way until it is known how it ended.
    pub made: Vec<MadeTry>,
    /// How many were ever begun: each has a number of its own.
    pub begun: u32,
    /// When it is looked at again whether all this is still so.
    pub look_at: Option<Timestamp>,
    /// The card that the customer gave since, for which there was no try yet: its brand and the end of its number.
    pub card: Option<String>,
    /// The provider's id of it, by which the try names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// When the card was given that the head told it of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heeded_at: Option<Timestamp>,
    /// When somebody took the last one back: its day has no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back_at: Option<Timestamp>,
    /// The try that was planned when the recovery ended. Who judges another way by this one has to know it: that it
    /// came to none says when there was to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmade: Option<NextTry>,
}

/// A try that was chosen. Chances are in thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextTry {
    pub number: u32,
    pub at: Timestamp,
    /// The rule that lets it be, of this version of the rules.
    pub rule: String,
    pub policy_version: u32,
    /// How likely it is thought to succeed; nothing where nobody chose the moment.
    pub chance: Option<u32>,
    /// How likely this moment was to be chosen.
    pub likely: u32,
    /// What it could have been as well, itself among them.
    pub candidates: Vec<Moment>,
    /// When it was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_at: Option<Timestamp>,
    /// Why this moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The version of what was learned by then; nothing where nobody chose the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice_version: Option<u32>,
    /// The card that it names, where it is not the one that is charged anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<NamedCard>,
}

/// A card beside the one that is charged, whose holder lets it be charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCard {
    /// The provider's id of it.
    pub id: String,
    /// Its brand and the end of its number.
    pub card: String,
}

/// That none of the moments that were left was chosen: whoever judges another way has to know how likely that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoseNone {
    /// The first time since the last try: later ones only find that fewer moments are left.
    pub chosen_at: Timestamp,
    /// In thousandths.
    pub likely: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice_version: Option<u32>,
}

/// A moment that could have been chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    pub chance: u32,
}

/// A try that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeTry {
    pub action: ActionId,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// As it was chosen.
    pub chosen: NextTry,
    pub ended: Option<TryEnd>,
    /// The card that it names, because the customer has just given it or lets it be charged, and the provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TryEnd {
    Paid,
    Declined {
        code: String,
    },
    /// Nothing was tried.
    NotMade {
        why: String,
    },
    /// The recovery was over before that was known.
    Over,
}

/// A family as people read it.
pub(super) fn words(family: &str) -> String {
    family.replace('_', " ")
}

/// Why no try is planned. Its words are a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTry {
    #[error("its provider tries again")]
    ByProvider,
    #[error("these rules try nothing again")]
    NoRules,
    #[error("{} is never tried again with the same card", words(.0))]
    Never(String),
    #[error("{} is tried again once the customer has acted", words(.0))]
    AfterCustomer(String),
    #[error("{} is for people to look at first", words(.0))]
    ForPeople(String),
    #[error("no rule tries {} again in this segment", words(.0))]
    NoRule(String),
    #[error("it was tried again {0} times, and that is all there is")]
    AllMade(usize),
    #[error("{0}")]
    Budget(Why),
    #[error("no moment that is left is likely enough")]
    NotWorthIt,
    #[error("{why}")]
    Chosen { why: Box<NoTry>, none: ChoseNone },
    #[error("{why}; with the second card: {second}")]
    Both { why: Box<NoTry>, second: Box<NoTry> },
    #[error("nobody tells which card is charged, so that none is a second one")]
    NotTold,
    #[error("it is the one that is charged")]
    SameCard,
    #[error("it is not kept any more, has expired, or is not the one that the customer agreed to")]
    NoConsent,
    #[error("a bank claims money of this customer back")]
    Claimed,
    #[error("what was billed is in review")]
    InReview,
    #[error("nobody knows when it failed first")]
    Unknown,
    #[error("the rules that it began with, dunning v{0}, are not there")]
    NoVersion(u32),
}

impl NoTry {
    /// Whether it may end without anybody telling: then it is looked at again.
    pub fn passes(&self) -> bool {
        matches!(self, Self::InReview | Self::Claimed | Self::NoVersion(_))
    }

    /// That a moment could have been chosen, and none was.
    fn chose_none(&self) -> Option<ChoseNone> {
        match self {
            Self::Chosen { none, .. } => Some(*none),
            Self::Both { why, .. } => why.chose_none(),
            _ => None,
        }
    }
}

impl MadeTry {
    /// Whether it has reached the bank, as far as anybody knows.
    fn was_made(&self) -> bool {
        !matches!(self.ended, Some(TryEnd::NotMade { .. }))
    }

    /// Whether something that left or was told at a time is this one: what was begun leaves within a while, which is
    /// known of what is ours.
    fn is_of(&self, at: Timestamp, by: By) -> bool {
        let most = if by == By::Recoup { LATE + MOMENT } else { MOMENT };
        by != By::Customer && (-MOMENT..=most).contains(&at.duration_since(self.begun_at))
    }
}

/// What the next try is chosen by.
#[derive(Debug)]
pub struct Ground<'a> {
    pub policy: &'a DunningPolicy,
    pub adviser: Option<&'a Adviser>,
    /// The version of what the adviser has learned.
    pub advice_version: Option<u32>,
    pub calendar: &'a Calendar,
    pub meaning: &'a Meaning<'a>,
    /// How it was paid that failed.
    pub paid: Paid<'a>,
    /// What the networks leave with the card of the last try.
    pub budget: &'a Budget,
    /// The same with the card that the customer gave since.
    pub budget_of_card: Option<&'a Budget>,
    pub traits: Traits<'a>,
    /// Whoever tried: the provider's own count.
    pub tried: &'a [Tried],
    pub failed_at: Option<Timestamp>,
    pub now: Timestamp,
}

impl Again {
    /// Whether nothing was planned or said of tries.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The try that was begun, while nobody knows how it ended.
    pub fn under_way(&self) -> Option<&MadeTry> {
        self.made.last().filter(|made| made.ended.is_none())
    }

    /// What was over with its recovery may still be under way at the provider: it is looked at again.
    pub(super) fn is_unknown_again(&mut self) {
        if let Some(made) = self.made.last_mut().filter(|made| made.ended == Some(TryEnd::Over)) {
            made.ended = None;
        }
    }

    fn ends(&mut self, end: TryEnd) {
        if let Some(made) = self.made.last_mut().filter(|made| made.ended.is_none()) {
            made.ended = Some(end);
        }
    }

    /// What was told of tries, with those of ours that nobody has told of so far: the networks count them, and whoever
    /// tells of them may be late. Of what Recoup chose the provider has answered why it failed, where `means` knows
    /// that code; of what people asked for only is known when it left. One that names no card was with the one that is
    /// charged, or else with that of the one before.
    pub fn with_answered(
        &self,
        mut tried: Vec<Tried>,
        charged: Option<&str>,
        left: &[Timestamp],
        means: impl Fn(&str) -> bool,
    ) -> Vec<Tried> {
        let before = tried.iter().rfind(|it| it.by != By::Customer).or(tried.last());
        let (network, card) = match charged {
            Some(card) => (brand_of(card).map(str::to_owned), Some(card.to_owned())),
            None => (before.and_then(|it| it.network.clone()), before.and_then(|it| it.card.clone())),
        };
        let ours = |at| Tried { network: network.clone(), card: card.clone(), ..Tried::failed(at, By::Recoup) };
        let answered = self.untold(&tried).into_iter().map(|made| {
            let own = match &made.card {
                Some(card) => {
                    let network = brand_of(card).map(str::to_owned);
                    Tried { network, card: Some(card.clone()), ..ours(made.begun_at) }
                }
                None => ours(made.begun_at),
            };
            let code = match &made.ended {
                Some(TryEnd::Declined { code }) if means(code) => Some(code.clone()),
                _ => None,
            };
            Tried { code, ..own }
        });
        let is_by_hand = |at: &&Timestamp| !self.made.iter().any(|made| made.is_of(**at, By::Recoup));
        let by_hand = left.iter().filter(is_by_hand).map(|at| ours(*at));
        let more: Vec<Tried> = answered.chain(by_hand).collect();
        tried.extend(more);
        tried.sort();
        tried
    }

    /// Those that the provider has answered to have failed and that nobody has told of: each telling is of one of them.
    fn untold(&self, tried: &[Tried]) -> Vec<&MadeTry> {
        let mut told: Vec<&Tried> = tried.iter().filter(|it| !it.succeeded).collect();
        let mut untold = Vec::new();
        for made in self.made.iter().filter(|made| matches!(made.ended, Some(TryEnd::Declined { .. }))) {
            let is_it = |it: &&Tried| made.is_of(it.made_at.unwrap_or(it.at), it.by);
            if let Some(place) = told.iter().position(is_it) {
                told.remove(place);
            } else {
                untold.push(made);
            }
        }
        untold
    }

    /// When it was tried again, oldest first: what was told, and what the provider has only answered so far. And how
    /// many of them people asked for, which use up none of the plan's: networks count them all the same.
    pub(super) fn times(&self, tried: &[Tried]) -> (Vec<Timestamp>, usize) {
        let failed = || tried.iter().filter(|it| !it.succeeded);
        let untold = self.untold(tried);
        let ours = failed().filter(|it| it.by == By::Recoup).count() + untold.len();
        // Of many the first are not told any more.
        let forgotten = (self.begun as usize).saturating_sub(self.made.len());
        let chosen = self.made.iter().filter(|made| made.was_made()).count() + forgotten;
        let untold = untold.into_iter().map(|made| made.begun_at);
        let mut times: Vec<Timestamp> = failed().map(|it| it.at).skip(1).chain(untold).collect();
        times.sort();
        let by_hand = ours.saturating_sub(chosen).min(times.len());
        (times, by_hand)
    }
}

impl Ground<'_> {
    /// Whether the networks forbid by now what was chosen before.
    pub fn forbids(&self, next: &NextTry) -> bool {
        let of_card = self.budget_of_card.filter(|_| next.rule == CARD_GIVEN);
        of_card.unwrap_or(self.budget).forbids(self.tried, self.now).is_some()
    }

    /// Why no moment is left.
    pub(super) fn nothing_left(&self) -> NoTry {
        self.budget.forbids(self.tried, self.now).map_or(NoTry::NotWorthIt, NoTry::Budget)
    }
}

/// The seed of a choice: the same try of the same invoice is always chosen alike.
pub(super) fn seed(plan: &Plan, number: u32) -> u64 {
    let named = format!("{} {} {number}", plan.account, plan.invoice);
    u64::from_str_radix(&sha256(named.as_bytes())[..16], 16).unwrap_or_default()
}

/// Chooses the next try of a recovery, or says why there is none.
pub fn next_try(plan: &Plan, ground: &Ground<'_>) -> Result<NextTry, NoTry> {
    let number = plan.tries.begun + 1;
    if ground.adviser.is_none() {
        return Err(NoTry::NoRules);
    }
    if let Some(next) = with_card(plan, ground, number) {
        return next;
    }
    let choice = Choice::of(&plan.segment, &plan.tries, ground)?;
    let seed = seed(plan, number);
    let Some(chosen) = choice.chosen(seed) else {
        let before = plan.tries.chose_none.filter(|none| ground.tried.iter().all(|it| it.at <= none.chosen_at));
        let none = before.unwrap_or_else(|| ChoseNone {
            chosen_at: ground.now,
            likely: choice.likely(seed, None),
            advice_version: ground.advice_version,
        });
        return Err(NoTry::Chosen { why: Box::new(ground.nothing_left()), none });
    };
    Ok(NextTry {
        number,
        at: chosen.at,
        rule: choice.rule.id.get_ref().clone(),
        policy_version: ground.policy.version,
        chance: Some(thousandths(chosen.chance)),
        likely: choice.likely(seed, Some(chosen.at)),
        candidates: chosen.candidates.iter().map(|it| Moment { at: it.at, chance: thousandths(it.chance) }).collect(),
        chosen_at: Some(ground.now),
        reasons: choice.reasons(seed, chosen.at),
        advice_version: ground.advice_version,
        second: None,
    })
}

/// When the next try of a recovery is, as it is chosen of the same, and nothing beside: for whoever tries very many.
pub fn next_moment(plan: &Plan, ground: &Ground<'_>) -> Option<Timestamp> {
    let choice = Choice::of(&plan.segment, &plan.tries, ground).ok()?;
    choice.moment(seed(plan, plan.tries.begun + 1))
}

/// The try for a card that the customer gave since: at once, unless it is the one that may never be tried again, or the
/// networks forbid it for now. Nothing where there is no such card.
fn with_card(plan: &Plan, ground: &Ground<'_>, number: u32) -> Option<Result<NextTry, NoTry>> {
    let (card, budget) = plan.tries.card.as_deref().zip(ground.budget_of_card)?;
    let last = ground.tried.iter().rev().find_map(|tried| tried.card.as_deref());
    if ground.meaning.family.retry == Retry::InternalReview {
        return Some(Err(NoTry::ForPeople(ground.meaning.family.id.get_ref().clone())));
    }
    if ground.meaning.family.retry == Retry::Never && last.is_none_or(|last| last == card) {
        return Some(Err(NoTry::Never(ground.meaning.family.id.get_ref().clone())));
    }
    let Some(at) = budget.earliest(ground.tried, ground.now) else {
        return Some(Err(budget.forbids(ground.tried, ground.now).map_or(NoTry::NotWorthIt, NoTry::Budget)));
    };
    Some(Ok(NextTry {
        number,
        at,
        rule: CARD_GIVEN.to_owned(),
        policy_version: ground.policy.version,
        chance: None,
        likely: 1000,
        candidates: Vec::new(),
        chosen_at: Some(ground.now),
        reasons: Vec::new(),
        advice_version: None,
        second: None,
    }))
}

impl DunningPolicy {
    /// Whether a rule of these lets a chosen try be: one of its tries, or that a card was given; with a second card
    /// only the rule for those.
    pub fn lets(&self, plan: &Plan, next: &NextTry) -> bool {
        let named = |rule: &TriesRule| *rule.id.get_ref() == next.rule;
        let is_let = match next.second {
            Some(_) => self.second_card.as_ref().is_some_and(named),
            None => next.rule == CARD_GIVEN || self.tries.iter().any(named),
        };
        self.version == next.policy_version && self.version == plan.policy_version && self.adviser.is_some() && is_let
    }

    /// Why a rule of tries is as it is.
    pub fn why_tried(&self, rule: &str) -> &str {
        let found = self.tries.iter().chain(&self.second_card).find(|it| it.id.get_ref() == rule);
        found.map_or("The customer gave another card: it is tried at once.", |rule| rule.why.as_str())
    }
}

impl Plan {
    /// Something happened by which it may be tried again at another time, or not any more.
    pub fn look_again(&mut self, now: Timestamp) {
        if self.state == PlanState::Running {
            self.tries.look_at = Some(self.tries.look_at.map_or(now, |at| at.min(now)));
            // It may be what was waited for; whatever else it waits for holds it again.
            let held_until = self.held_until.filter(|_| self.tries.under_way().is_some());
            self.held_until = held_until.map(|until| until.min(now)).or(self.held_until);
        }
    }

    /// The customer gave another card, or the same anew.
    pub fn card_given(&mut self, card: &str, now: Timestamp) {
        if self.state == PlanState::Running {
            (self.tries.card, self.tries.card_id) = (Some(card.to_owned()), None);
            self.look_again(now);
        }
    }

    /// The provider's id of the card that was given.
    pub fn names_card(&mut self, id: &str) {
        self.tries.card_id = self.tries.card.as_ref().map(|_| id.to_owned());
    }

    /// When somebody has to look at its tries.
    pub(super) fn try_wake(&self) -> Option<Timestamp> {
        let next = self.tries.next.as_ref().map(|next| next.at);
        let at = [next, self.tries.look_at].into_iter().flatten().min().filter(|_| self.state == PlanState::Running)?;
        Some([self.held_until, self.paused_until()].into_iter().flatten().fold(at, Timestamp::max))
    }

    /// Whether it is over, or whatever it does waits.
    pub(super) fn rests(&self) -> bool {
        self.state != PlanState::Running || self.held_until.is_some() || self.paused_until().is_some()
    }

    /// Learns how the try under way ended; while nobody knows, it is looked at again.
    pub fn learn(&mut self, end: Option<TryEnd>, look_at: Timestamp) {
        match end {
            Some(end) => {
                self.tries.ends(end);
                // What was tried or not: the next one is chosen anew.
                self.tries.next = None;
            }
            None => self.tries.look_at = Some(look_at),
        }
    }

    /// The card of a try that did not leave is still the one that was given, unless there is another since. A second
    /// card was given by nobody.
    pub fn keeps_card(&mut self, action: &ActionId) {
        let made = self.tries.made.iter().find(|made| made.action == *action && made.chosen.rule == CARD_GIVEN);
        if let Some(made) = made.filter(|_| self.tries.card.is_none()) {
            (self.tries.card, self.tries.card_id) = (made.card.clone(), made.card_id.clone());
        }
    }

    /// Somebody took back what was begun: nothing more is chosen for that day.
    pub fn taken_back(&mut self, at: Timestamp) {
        self.tries.taken_back_at = self.tries.taken_back_at.max(Some(at));
    }

    /// Whether the next try is to be chosen, or chosen anew.
    pub fn chooses(&self, now: Timestamp) -> bool {
        let is_asked = self.tries.look_at.is_some_and(|at| at <= now);
        let is_late = self.tries.next.as_ref().is_some_and(|next| now.duration_since(next.at) > LATE);
        !self.rests() && self.tries.under_way().is_none() && (is_asked || is_late || self.tries.next.is_none())
    }

    /// Whether one may be chosen or come now, as far as the plan alone can tell: else nobody need look at what it is
    /// judged by.
    pub fn may_choose(&self, now: Timestamp) -> bool {
        let is_asked = self.tries.look_at.is_some_and(|at| at <= now);
        is_asked || self.tries.next.as_ref().is_none_or(|next| next.at <= now)
    }

    /// Takes in what was chosen.
    pub fn choose(&mut self, next: Result<NextTry, NoTry>) {
        self.tries.look_at = None;
        let (next, why) = match next {
            Ok(next) => (Some(next), None),
            Err(why) => (None, Some(why)),
        };
        self.tries.chose_none = why.as_ref().and_then(NoTry::chose_none);
        (self.tries.next, self.tries.why_none) = (next, why.map(|why| why.to_string()));
    }

    /// The same; where there is none for a reason that may pass unheard, it is looked at again then.
    pub fn choose_or_look(&mut self, next: Result<NextTry, NoTry>, look_at: Timestamp) {
        let passes = next.as_ref().is_err_and(NoTry::passes);
        self.choose(next);
        self.tries.look_at = passes.then_some(look_at);
    }

    /// The try whose time has come.
    pub fn due_try(&self, now: Timestamp) -> Option<&NextTry> {
        let next = self.tries.next.as_ref().filter(|next| next.at <= now)?;
        (!self.rests() && self.tries.under_way().is_none()).then_some(next)
    }

    /// Puts it off, for as long as tries are stopped by hand.
    pub fn put_off_try(&mut self, until: Timestamp) {
        self.tries.next = None;
        self.tries.look_at = Some(until);
    }

    /// Begins the try whose time has come, under an id that nothing else has: two who begin it begin one.
    pub fn begin_try(&mut self, now: Timestamp, look_at: Timestamp) -> Option<MadeTry> {
        self.due_try(now)?;
        let chosen = self.tries.next.take()?;
        let request = format!("try {} of {} since {}", chosen.number, self.invoice, self.started_at);
        let action = ActionId::of(&self.account, MACHINE, &request);
        let mut made = MadeTry { action, begun_at: now, chosen, ended: None, card: None, card_id: None };
        self.tries.begun += 1;
        if made.chosen.rule == CARD_GIVEN {
            (made.card, made.card_id) = (self.tries.card.take(), self.tries.card_id.take());
        } else if let Some(NamedCard { id, card }) = made.chosen.second.clone() {
            (made.card, made.card_id) = (Some(card), Some(id));
        }
        self.tries.look_at = Some(look_at);
        self.tries.made.push(made.clone());
        let over = self.tries.made.len().saturating_sub(TOLD_MAX);
        self.tries.made.drain(..over);
        Some(made)
    }

    /// Whether a try that was begun may still leave. One of which nothing was sent in time is chosen anew: its hour and
    /// what networks left of tries were a part of why it was begun.
    pub fn lets_leave(&self, action: &ActionId, was_sent: bool, now: Timestamp) -> bool {
        let in_time = |made: &MadeTry| was_sent || now.duration_since(made.begun_at) <= LATE;
        !self.rests() && self.tries.under_way().is_some_and(|made| made.action == *action && in_time(made))
    }

    /// Its tries end with it.
    pub(super) fn end_tries(&mut self, is_paid: bool) {
        self.tries.ends(if is_paid { TryEnd::Paid } else { TryEnd::Over });
        self.tries.unmade = self.tries.next.take().or(self.tries.unmade.take());
        (self.tries.look_at, self.tries.card, self.tries.card_id) = (None, None, None);
    }
}

#[cfg(test)]
mod tests;
