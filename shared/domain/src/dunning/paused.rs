//! What do people say of a recovery? It pauses, goes on, ends, or waits for what the customer has promised.

use super::{Plan, PlanState, Step, StepState};
use crate::book::{Due, Invoice};
use crate::money::Money;
use crate::policy::{Limits, stored_bytes};
use crate::staff::{MACHINE, Staff};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much somebody may write about it: it stands with the plan, and everybody reads all of that.
const NOTE_CHARS_MAX: usize = 500;
/// How many words stand with the plan, the latest. The ledger has all of them.
const SAID_MAX: usize = 12;

/// What people have said of a recovery, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Control {
    /// Until when somebody lets it pause.
    pub paused_until: Option<Timestamp>,
    /// What the customer has promised, until it is kept or broken.
    pub promise: Option<Promise>,
    /// How many promises were kept.
    pub kept: u32,
    /// How many were not.
    pub broken: u32,
    /// On the ladder: the rung that the last broken one brought at once, whatever its day is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hastened: Option<u32>,
    /// On the ladder: the rung whose letter somebody has agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreed: Option<u32>,
    /// How much was open when they were asked for it the last time: their word is about no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_about: Option<Money>,
    /// On the ladder: whether its customer keeps all that they may use, because somebody looks after them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keeps: bool,
    /// The number of the last word that it has taken in of those said of all recoveries of its account.
    #[serde(skip_serializing_if = "is_nothing")]
    pub heeded: u32,
    pub said: Vec<Said>,
}

/// How much of an invoice a customer wants to have paid, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub date: Date,
    pub amount: Money,
    /// When that day is over where the customer lives.
    pub until: Timestamp,
    /// What was open when it was given.
    pub open: Money,
}

/// One thing that was said, by whom, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub at: Timestamp,
    /// A staff id, or `recoup` for what came of a promise.
    pub by: String,
    #[serde(flatten)]
    pub word: Word,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    Pause { until: Timestamp },
    Resume,
    Stop,
    Promise { date: Date, until: Timestamp, amount: Money },
    Kept { date: Date, amount: Money },
    Broken { date: Date, amount: Money },
}

fn is_nothing(count: &u32) -> bool {
    *count == 0
}

impl Control {
    /// Whether nobody has said anything.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

impl Word {
    /// All of them, as they stand in JSON.
    pub const NAMES: [&'static str; 6] = ["pause", "resume", "stop", "promise", "kept", "broken"];

    /// As it stands in JSON and in the ledger.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pause { .. } => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Promise { .. } => "promise",
            Self::Kept { .. } => "kept",
            Self::Broken { .. } => "broken",
        }
    }
}

/// What somebody wants of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It waits until then.
    Pause { until: Timestamp },
    /// Whatever somebody lets it wait for, it goes on now.
    Resume,
    /// It ends.
    Stop,
    /// The customer pays so much by the end of that day; `until` is that end.
    Promise { date: Date, until: Timestamp, amount: Money },
}

impl Wish {
    /// The word that it is once it is done.
    pub fn word(self) -> Word {
        match self {
            Self::Pause { until } => Word::Pause { until },
            Self::Resume => Word::Resume,
            Self::Stop => Word::Stop,
            Self::Promise { date, until, amount } => Word::Promise { date, until, amount },
        }
    }

    /// The note as it is kept, where somebody may say this with it.
    pub(super) fn noted<'a>(self, note: &'a str, chars_max: usize, by: &Staff) -> Result<&'a str, Refused> {
        if !by.role.may_request() {
            return Err(Refused::NotTheirs);
        }
        let note = note.trim();
        // Four bytes are a letter of any script, and two the quotes.
        if note.chars().count() > chars_max || stored_bytes(note) > 4 * chars_max + 2 {
            return Err(Refused::Note(chars_max));
        }
        if self == Self::Stop && note.is_empty() { Err(Refused::NoReason) } else { Ok(note) }
    }
}

/// Why nothing changes. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("analysts and legal only look at recoveries: ask a colleague in support or billing")]
    NotTheirs,
    #[error("a note has at most {0} characters")]
    Note(usize),
    #[error("say in `note` why nobody should ask for it any more")]
    NoReason,
    #[error("this recovery is over: {0}")]
    Over(String),
    #[error("{0} of it are promised until the end of {1}: resume it first, if that does not hold any more")]
    Promised(Money, Date),
    #[error("{0} must lie ahead, and within {1} days")]
    When(&'static str, i64),
    #[error("{0} promises about it were broken, so no other is taken; pause it instead, or let it go on")]
    Broken(u32),
    #[error("nobody knows how much is open, so nothing of it can be promised; pause it instead")]
    Unknown,
    #[error("{0} are open: the amount must be more than nothing and not more than that, in the same currency")]
    Amount(Money),
}

impl Promise {
    /// Whether what was promised has come, or all that was open. Nothing, where nothing is owed any more.
    fn was_kept(&self, invoice: &Invoice) -> Option<bool> {
        match invoice.due() {
            Due::Paid => Some(true),
            Due::Open(Some(left)) if left.currency() == self.open.currency() => {
                Some(self.open.minus(left).amount() >= self.amount.amount())
            }
            Due::Open(_) => Some(false),
            Due::Withdrawn | Due::NotYet => None,
        }
    }
}

impl Plan {
    /// Takes what somebody says, who may, and why they say it. Says whether it changes anything: the same once more
    /// does not.
    pub fn take(
        &mut self,
        wish: Wish,
        note: &str,
        by: &Staff,
        invoice: &Invoice,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        let note = wish.noted(note, NOTE_CHARS_MAX, by)?;
        if self.state != PlanState::Running {
            let is_so = wish == Wish::Stop && self.was_stopped_by_hand();
            let over = || self.reason.clone().unwrap_or_else(|| "its last step was taken".to_owned());
            return if is_so { Ok(false) } else { Err(Refused::Over(over())) };
        }
        let is_new = match wish {
            Wish::Pause { until } => self.pause(until, limits, now)?,
            Wish::Resume => self.resume(now),
            Wish::Stop => {
                self.stop(&format!("stopped by {}", by.name), now);
                true
            }
            Wish::Promise { date, until, amount } => self.promise((date, until, amount), invoice, limits, now)?,
        };
        if is_new {
            self.say(Said { at: now, by: by.id.clone(), word: wish.word(), note: note.to_owned() });
        }
        Ok(is_new)
    }

    fn pause(&mut self, until: Timestamp, limits: &Limits, now: Timestamp) -> Result<bool, Refused> {
        if self.control.paused_until == Some(until) {
            return Ok(false);
        }
        lies_ahead("`until`", until, limits.pause_days_max, now)?;
        self.control.paused_until = Some(until);
        self.held_since = self.held_since.or(Some(now));
        Ok(true)
    }

    fn promise(
        &mut self,
        (date, until, amount): (Date, Timestamp, Money),
        invoice: &Invoice,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        if let Some(promise) = &self.control.promise {
            let is_same = (promise.date, promise.amount) == (date, amount);
            return if is_same { Ok(false) } else { Err(Refused::Promised(promise.amount, promise.date)) };
        }
        lies_ahead("the end of `date`", until, limits.promise_days_max, now)?;
        if self.control.broken > limits.promises_broken_max {
            return Err(Refused::Broken(self.control.broken));
        }
        let Due::Open(Some(open)) = invoice.due() else { return Err(Refused::Unknown) };
        if amount.currency() != open.currency() || !amount.is_positive() || amount.amount() > open.amount() {
            return Err(Refused::Amount(open));
        }
        self.control.promise = Some(Promise { date, amount, until, open });
        self.held_since = self.held_since.or(Some(now));
        Ok(true)
    }

    /// A promise is taken back with it: it was neither kept nor broken.
    pub(super) fn resume(&mut self, now: Timestamp) -> bool {
        if self.paused_until().is_none() {
            return false;
        }
        self.control.paused_until = None;
        self.control.promise = None;
        if self.held_until.is_none() {
            self.go_on(now);
        }
        true
    }

    /// Until when it waits because somebody said so: the later of a pause and a promise, as whoever pauses it beyond
    /// that has given the time as well.
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.control.paused_until.max(self.control.promise.as_ref().map(|promise| promise.until))
    }

    /// Goes on where a pause is over, unless something else still holds it. Of what was promised the invoice shows
    /// whether it came; if not, the next step comes at once.
    pub fn awake(&mut self, invoice: &Invoice, is_held: bool, now: Timestamp) {
        let Some(until) = self.paused_until().filter(|until| *until <= now && !is_held) else { return };
        // What else has held it meanwhile did so for longer.
        let end = if self.held_until.take().is_some() { now } else { until };
        let promise = self.control.promise.take();
        self.control.paused_until = None;
        self.go_on(end);
        let Some((promise, was_kept)) = promise.and_then(|it| it.was_kept(invoice).map(|kept| (it, kept))) else {
            return;
        };
        if was_kept {
            self.keep(&promise, now);
            return;
        }
        self.control.broken += 1;
        // An end is held for as long as anybody's.
        let next = self.steps.iter_mut().find(|step| step.state == StepState::Waiting);
        if let Some(next) = next.filter(|step| !step.kind.is_end()) {
            next.due_at = next.due_at.min(now);
        }
        let word = Word::Broken { date: promise.date, amount: promise.amount };
        self.say(Said { at: now, by: MACHINE.to_owned(), word, note: String::new() });
    }

    /// What waited moves by as long as it did.
    pub(super) fn go_on(&mut self, end: Timestamp) {
        if let Some(since) = self.held_since.take() {
            for step in self.steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
                step.due_at += end.duration_since(since);
            }
        }
    }

    /// Its invoice is settled: once all is paid, a promise was kept.
    pub fn settle(&mut self, invoice: &Invoice, at: Timestamp) {
        self.lift(invoice.due() == Due::Paid, at);
    }

    /// What was paused and promised is over with the recovery: once all is paid, a promise was kept.
    pub(super) fn lift(&mut self, is_paid: bool, at: Timestamp) {
        self.control.paused_until = None;
        if let Some(promise) = self.control.promise.take().filter(|_| is_paid) {
            self.keep(&promise, at);
        }
    }

    fn keep(&mut self, promise: &Promise, at: Timestamp) {
        self.control.kept += 1;
        let word = Word::Kept { date: promise.date, amount: promise.amount };
        self.say(Said { at, by: MACHINE.to_owned(), word, note: String::new() });
    }

    pub(super) fn say(&mut self, said: Said) {
        let all = &mut self.control.said;
        all.push(said);
        all.drain(..all.len().saturating_sub(SAID_MAX));
    }

    /// Whether a person has ended it: nothing of its invoice is asked for by itself any more.
    pub fn was_stopped_by_hand(&self) -> bool {
        let last = self.control.said.last().map(|said| &said.word);
        self.state == PlanState::Stopped && last == Some(&Word::Stop)
    }

    /// When a step comes, as far as anybody knows: what is paused moves when the pause is over.
    pub fn expected_at(&self, step: &Step) -> Timestamp {
        if step.state != StepState::Waiting {
            return step.due_at;
        }
        let pause = self.paused_until().zip(self.held_since).map(|(until, since)| until.duration_since(since));
        let due_at = step.due_at + pause.unwrap_or_default().max(SignedDuration::ZERO);
        step.again_at.map_or(due_at, |again_at| again_at.max(due_at))
    }

    /// Why a step stands as it does, where that does not show.
    pub fn why(&self, step: &Step) -> Option<String> {
        let is_behind = |other: &&Step| {
            other.number > step.number
                && matches!(other.state, StepState::Sending | StepState::Sent | StepState::InDoubt)
        };
        match step.state {
            StepState::Sending => None,
            StepState::Sent => step.why.clone(),
            StepState::Asked if step.why.is_some() => step.why.clone(),
            StepState::Asked => Some("people are asked whether it ends".to_owned()),
            StepState::Skipped if step.why.is_some() => step.why.clone(),
            StepState::InDoubt => Some("nobody knows whether it arrived, so it is not repeated".to_owned()),
            StepState::Skipped if step.refusals > 0 => Some(format!("it was refused {} times", step.refusals)),
            StepState::Skipped if self.steps.iter().any(|other| is_behind(&other)) => {
                Some("a later step was due already".to_owned())
            }
            StepState::Skipped => self.reason.clone(),
            StepState::Waiting => self.waits_for(step),
        }
    }

    fn waits_for(&self, step: &Step) -> Option<String> {
        let is_refused = step.again_at.is_some() && step.refusals > 0;
        match (&self.control.promise, self.control.paused_until) {
            (Some(promise), paused) if paused.is_none_or(|until| until <= promise.until) => {
                Some(format!("{} are promised until the end of {}", promise.amount, promise.date))
            }
            (_, Some(until)) => Some(format!("paused until {}", until.strftime("%Y-%m-%d %H:%M UTC"))),
            _ if self.held_since.is_some() && self.tries.under_way().is_some() => {
                Some("what was tried is on its way, and nobody knows yet how it ends".to_owned())
            }
            _ if self.held_since.is_some() && self.incident.is_some() => Some("its incident lasts".to_owned()),
            _ if self.spares(step) => {
                Some("its money may be coming, and nothing is taken before that is known".to_owned())
            }
            _ if is_refused => Some("it was refused, and is tried again".to_owned()),
            _ if step.again_at.is_some() && step.why.is_some() => step.why.clone(),
            _ if step.again_at.is_some() => Some("it is night where the customer lives".to_owned()),
            _ if step.kind.is_end() && self.told_of_end() => {
                Some("the customer was told of it, and can still pay until then".to_owned())
            }
            _ => None,
        }
    }
}

pub(super) fn lies_ahead(what: &'static str, at: Timestamp, days_max: i64, now: Timestamp) -> Result<(), Refused> {
    let is_near = at.duration_since(now) <= SignedDuration::from_hours(24 * days_max);
    if at > now && is_near { Ok(()) } else { Err(Refused::When(what, days_max)) }
}

#[cfg(test)]
mod tests;
