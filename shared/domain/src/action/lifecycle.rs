//! What happens to an action, from the asking to the proof.
//!
//! Its state, and all that stands with it, is changed here and nowhere else. [`State::after`] is the whole table of what
//! may follow on what; a happening that is not in it is a mistake of ours, and changes nothing.

use super::{Action, Attempt, Decision, Kind, Outcome, Preview, Reason, State, Vote, Why};
use crate::id::ActionId;
use crate::staff::MACHINE;
use jiff::Timestamp;

/// What can happen to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Everybody whose approval it needs has given it.
    Approved,
    Denied,
    /// The account has changed, and people are shown it as it is now.
    ShownAnew,
    /// Nobody decided in time.
    Expired,
    /// The account has changed: it cannot be done any more as it was shown.
    Overtaken,
    Withdrawn,
    /// It is under way without a request of ours: a bundle by its members, an erasure.
    Begun,
    /// An attempt is stored, and then sent.
    Sent,
    /// Nothing was done; it is tried again.
    NotNow,
    /// It may have been done.
    Doubted,
    Done,
    Refused,
    LeftToPerson,
    /// The provider told that it was done, and nobody knew how it had ended.
    Proved,
    /// The provider shows what was done.
    Confirmed,
    /// What had been accepted did not settle.
    FailedLater,
    DoneByHand,
    /// Whoever it was left to says that it was not done and will not be.
    NotDone,
}

impl State {
    /// What an action is after something has happened to it; none where that cannot happen.
    pub fn after(self, happening: Happening) -> Option<Self> {
        Some(match (self, happening) {
            (Self::WaitingApproval, Happening::Approved) => Self::Approved,
            (Self::WaitingApproval, Happening::Denied) => Self::Denied,
            (Self::WaitingApproval, Happening::ShownAnew) => Self::WaitingApproval,
            (Self::WaitingApproval, Happening::Expired) => Self::Expired,
            (Self::WaitingApproval | Self::Approved | Self::Executing, Happening::Overtaken) => Self::Stale,
            (Self::WaitingApproval | Self::Approved | Self::Executing, Happening::Withdrawn) => Self::Withdrawn,
            (Self::Approved | Self::Executing, Happening::Begun) => Self::Executing,
            (Self::Approved | Self::Executing | Self::InDoubt, Happening::Sent) => Self::Executing,
            (Self::Approved | Self::Executing | Self::InDoubt, Happening::NotNow) => self,
            (Self::Executing | Self::InDoubt, Happening::Doubted) => Self::InDoubt,
            (Self::Approved | Self::Executing | Self::InDoubt, Happening::Done) => Self::Executed,
            (Self::Approved | Self::Executing | Self::InDoubt, Happening::Refused) => Self::Failed,
            (Self::Approved | Self::Executing | Self::InDoubt, Happening::LeftToPerson) => Self::NeedsPerson,
            (
                Self::Approved | Self::Executing | Self::InDoubt | Self::NeedsPerson | Self::Executed,
                Happening::Proved,
            ) => Self::Executed,
            (
                Self::Approved | Self::Executing | Self::InDoubt | Self::NeedsPerson | Self::Executed,
                Happening::FailedLater,
            ) => Self::Failed,
            (Self::Executed, Happening::Confirmed) => Self::Executed,
            (Self::NeedsPerson, Happening::DoneByHand) => Self::Executed,
            (Self::NeedsPerson, Happening::NotDone) => Self::Withdrawn,
            _ => return None,
        })
    }
}

/// Something happened to an action that cannot happen to one in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an action that is {} cannot be {happening:?}; this is a bug of Recoup", .state.name())]
pub struct Impossible {
    /// As it was, and still is.
    pub state: State,
    /// What was to happen.
    pub happening: Happening,
}

/// What is still owed to people, beside what the alarm is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// Whoever must decide has not been asked yet, or is to be asked again.
    Asking,
    /// Nobody has been told how it ended, and what to do now.
    Word,
    /// What follows from a customer's wish to leave.
    Leaving,
}

/// When something happens, and when somebody looks again whether what follows was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The service's time.
    pub now: Timestamp,
    /// A lease later.
    pub again: Timestamp,
}

impl Action {
    /// Its state; [`State::after`] says how it got there.
    pub fn state(&self) -> State {
        self.state
    }

    /// What people have decided so far, oldest first.
    pub fn votes(&self) -> &[Vote] {
        &self.votes
    }

    /// When the last decision was taken that it needed.
    pub fn decided_at(&self) -> Option<Timestamp> {
        self.decided_at
    }

    /// It is not carried out before, whoever approved it.
    pub fn executes_after(&self) -> Option<Timestamp> {
        self.executes_after
    }

    /// The last sending, whatever came of it.
    pub fn attempt(&self) -> Option<&Attempt> {
        self.attempt.as_ref()
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// When it came to its end; an end may be undone by what a provider tells later.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// When the provider proved it: by its webhook, or, where an end was unclear, when it was asked.
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        self.confirmed_at
    }

    /// Whether it waits for an API key that may do this.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Whether it waits for that key, and is not over.
    pub fn waits_for_key(&self) -> bool {
        self.locked && !self.state.is_final()
    }

    /// What people have not got yet: an alarm that is not set for something under way is set for that.
    pub fn owes(&self) -> Option<Owed> {
        self.alarm?;
        match self.state {
            State::WaitingApproval => Some(Owed::Asking),
            State::Executed => self.wish_to_leave().map(|_| Owed::Leaving),
            state => state.is_final().then_some(Owed::Word),
        }
    }

    /// When somebody looks at what is under way, or at what is owed.
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm
    }

    /// When it has to be looked at next, whatever for.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match self.state {
            State::WaitingApproval => {
                [self.alarm, self.told.next_at, Some(self.expires_at)].into_iter().flatten().min()
            }
            _ => self.alarm,
        }
    }

    /// Somebody has only looked at it: nobody is asked, and nothing more will come of it.
    pub fn only_previewed(self) -> Self {
        Self { state: State::Previewed, ..self }
    }

    /// Sets its alarm anew; what has ended and owes nothing has none.
    pub fn rings_at(&mut self, at: Timestamp) {
        if !self.state.is_final() || self.alarm.is_some() {
            self.alarm = Some(at);
        }
    }

    /// People have been asked, or told how it ended, or what follows was done.
    pub fn is_settled_with(&mut self, owed: Owed) {
        self.rests(owed, None);
    }

    /// All that could be done of what is owed has been done; `until` is when the rest is tried again.
    pub fn rests(&mut self, owed: Owed, until: Option<Timestamp>) {
        if self.owes() == Some(owed) {
            self.alarm = until;
        }
    }

    /// Whether what follows from its end was done once. What is told later is followed all the same.
    pub fn has_followed(&self) -> bool {
        self.owes().is_none() || self.told.has_followed()
    }

    /// A decision was taken; `is_enough` where no other approval is missing after it.
    pub(crate) fn voted(&mut self, vote: Vote, is_enough: bool) -> Result<(), Impossible> {
        let (at, denied) = (vote.at, vote.decision == Decision::Deny);
        if denied {
            self.happens(Happening::Denied)?;
            (self.decided_at, self.ended_at) = (Some(at), Some(at));
            self.alarm = Some(at);
            self.told.begin(Why::First);
        } else if is_enough {
            self.happens(Happening::Approved)?;
            (self.decided_at, self.alarm) = (Some(at), None);
        }
        self.votes.push(vote);
        Ok(())
    }

    /// It is not carried out before, once it is approved.
    pub fn holds(&mut self, executes_after: Option<Timestamp>) {
        self.executes_after = executes_after;
    }

    /// It goes its way once it is approved, at once or at a later time.
    pub fn goes(&mut self, executes_after: Option<Timestamp>, again: Timestamp) {
        self.holds(executes_after);
        self.alarm = Some(executes_after.unwrap_or(again));
    }

    /// People decide anew, on what is so by now.
    pub(crate) fn shown_anew(&mut self, preview: Preview, again: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::ShownAnew)?;
        self.preview = preview;
        self.votes.clear();
        self.alarm = Some(again);
        self.told.begin(Why::First);
        Ok(())
    }

    /// Nobody decided in time.
    pub(crate) fn expired(&mut self, at: Moment) -> Result<(), Impossible> {
        self.ended(Happening::Expired, None, at)
    }

    /// The account has changed: it is not done, and whoever asked sees why.
    pub fn overtaken(&mut self, at: Moment) -> Result<(), Impossible> {
        self.ended(Happening::Overtaken, None, at)
    }

    /// Whether it may still be taken back: nothing was sent, or the provider has said each time that it did nothing.
    pub fn may_be_withdrawn(&self) -> bool {
        let did_nothing = || self.attempt.as_ref().is_some_and(Attempt::did_nothing);
        let goes = matches!(self.state, State::WaitingApproval | State::Approved)
            || (self.state == State::Executing && did_nothing());
        goes && self.bundle.is_none()
    }

    /// It was taken back before anything was done.
    pub fn withdrawn(&mut self, now: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::Withdrawn)?;
        (self.ended_at, self.alarm) = (Some(now), None);
        self.locked = false;
        Ok(())
    }

    /// It is under way, and nothing was sent for it.
    pub fn begun(&mut self, again: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::Begun)?;
        self.alarm = Some(again);
        Ok(())
    }

    /// The intent to send it is stored with its key.
    pub fn sent(&mut self, attempt: Attempt, again: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::Sent)?;
        (self.attempt, self.alarm) = (Some(attempt), Some(again));
        Ok(())
    }

    /// Nothing was done; somebody looks again.
    pub(super) fn not_now(&mut self, again: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::NotNow)?;
        self.alarm = Some(again);
        if let Some(attempt) = self.attempt.as_mut() {
            attempt.is_idle();
        }
        Ok(())
    }

    /// It may have been done; under a burned key the provider would repeat its failure.
    pub(super) fn doubted(&mut self, burned: bool, again: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::Doubted)?;
        self.alarm = Some(again);
        if let Some(attempt) = self.attempt.as_mut() {
            attempt.burned |= burned;
        }
        Ok(())
    }

    /// It came to its end at the provider, or with us.
    pub fn done(&mut self, outcome: Outcome, at: Moment) -> Result<(), Impossible> {
        let happening = match outcome {
            Outcome::Done { .. } => Happening::Done,
            Outcome::Refused { .. } => Happening::Refused,
            Outcome::NeedsPerson { .. } => Happening::LeftToPerson,
        };
        self.ended(happening, Some(outcome), at)
    }

    /// Somebody to whom it was left says whether it was done.
    pub fn settled(&mut self, by_hand: Option<Outcome>, at: Moment) -> Result<(), Impossible> {
        match by_hand {
            Some(outcome) => self.ended(Happening::DoneByHand, Some(outcome), at),
            None => {
                self.happens(Happening::NotDone)?;
                (self.ended_at, self.alarm) = (Some(at.now), None);
                Ok(())
            }
        }
    }

    /// It is proved that it was done. An outcome that is known already stays; `outcome` is what the proof tells of it.
    pub fn proved(&mut self, outcome: Outcome, now: Timestamp) -> Result<(), Impossible> {
        let was = self.state;
        self.happens(Happening::Proved)?;
        self.is_looked_for(None);
        self.confirmed_at = Some(now);
        self.locked = false;
        if was != State::Executed {
            (self.outcome, self.ended_at) = (Some(outcome.shortened()), Some(now));
            // Where it was left to a person, the alarm may still be set for what follows from a wish to leave.
            let follows = was == State::NeedsPerson && self.wish_to_leave().is_some();
            self.alarm = self.alarm.filter(|_| follows);
        }
        Ok(())
    }

    /// The provider shows what was done.
    pub fn confirmed(&mut self, now: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::Confirmed)?;
        self.is_looked_for(None);
        self.confirmed_at = Some(now);
        Ok(())
    }

    /// The provider tells of it before it has answered, or while its answer is in doubt.
    pub fn told_early(&mut self) {
        if let Some(attempt) = self.attempt.as_mut() {
            attempt.shown = true;
        }
    }

    /// What the provider had accepted came to nothing.
    pub fn failed_later(&mut self, outcome: Outcome, now: Timestamp) -> Result<(), Impossible> {
        self.happens(Happening::FailedLater)?;
        (self.outcome, self.ended_at) = (Some(outcome.shortened()), Some(now));
        (self.confirmed_at, self.alarm) = (None, None);
        Ok(())
    }

    /// A member of a bundle that people approved: an action of its own, with the bundle's approvals.
    pub fn member_of(bundle: &Self, id: ActionId, kind: Kind, preview: Preview) -> Self {
        let member = Self::new(id, kind, bundle.reason_code, preview, &bundle.requested_by, bundle.requested_at);
        Self {
            note: bundle.note.clone(),
            case: bundle.case.clone(),
            proven_by: bundle.proven_by.clone(),
            state: State::Approved,
            expires_at: bundle.expires_at,
            required: bundle.required.clone(),
            votes: bundle.votes.clone(),
            decided_at: bundle.decided_at,
            bundle: Some(bundle.id.clone()),
            trace: bundle.trace.clone(),
            ..member
        }
    }

    /// Whether Recoup asks for it again by itself: as long as the case stands that recommends it.
    pub fn is_asked_again(&self) -> bool {
        self.requested_by == MACHINE && self.case.is_some()
    }

    /// The subscription that its customer wishes to end, and when they asked.
    pub fn wish_to_leave(&self) -> Option<(&str, Timestamp)> {
        self.kind.wish_to_leave(self.reason_code)
    }

    /// As a test wants it, however it may have come there.
    #[cfg(test)]
    pub(crate) fn in_state(self, state: State) -> Self {
        Self { state, ..self }
    }

    fn ended(&mut self, happening: Happening, outcome: Option<Outcome>, at: Moment) -> Result<(), Impossible> {
        self.happens(happening)?;
        self.outcome = outcome.map(Outcome::shortened).or(self.outcome.take());
        self.ended_at = Some(at.now);
        self.locked = false;
        let follows = self.state != State::Executed || self.wish_to_leave().is_some();
        self.alarm = follows.then_some(at.again);
        self.told.begin(Why::First);
        Ok(())
    }

    pub(super) fn happens(&mut self, happening: Happening) -> Result<(), Impossible> {
        self.state = self.state.after(happening).ok_or(Impossible { state: self.state, happening })?;
        Ok(())
    }
}

impl Kind {
    /// The subscription that a customer wishes to end. One that was sold twice by mistake is nobody's wish.
    pub fn wish_to_leave(&self, reason: Reason) -> Option<(&str, Timestamp)> {
        match self {
            Self::Cancel { subscription, asked_at, .. } if reason != Reason::DuplicateCharge => {
                Some((subscription, *asked_at))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may follow on what. A dot: it cannot.
    const TABLE: &str = "
                  previewed  waiting_approval  approved      executing     in_doubt      executed  needs_person  failed denied expired stale withdrawn
        Approved      .      approved          .             .             .             .         .             .      .      .       .     .
        Denied        .      denied            .             .             .             .         .             .      .      .       .     .
        ShownAnew     .      waiting_approval  .             .             .             .         .             .      .      .       .     .
        Expired       .      expired           .             .             .             .         .             .      .      .       .     .
        Overtaken     .      stale             stale         stale         .             .         .             .      .      .       .     .
        Withdrawn     .      withdrawn         withdrawn     withdrawn     .             .         .             .      .      .       .     .
        Begun         .      .                 executing     executing     .             .         .             .      .      .       .     .
        Sent          .      .                 executing     executing     executing     .         .             .      .      .       .     .
        NotNow        .      .                 approved      executing     in_doubt      .         .             .      .      .       .     .
        Doubted       .      .                 .             in_doubt      in_doubt      .         .             .      .      .       .     .
        Done          .      .                 executed      executed      executed      .         .             .      .      .       .     .
        Refused       .      .                 failed        failed        failed        .         .             .      .      .       .     .
        LeftToPerson  .      .                 needs_person  needs_person  needs_person  .         .             .      .      .       .     .
        Proved        .      .                 executed      executed      executed      executed  executed      .      .      .       .     .
        Confirmed     .      .                 .             .             .             executed  .             .      .      .       .     .
        FailedLater   .      .                 failed        failed        failed        failed    failed        .      .      .       .     .
        DoneByHand    .      .                 .             .             .             .         executed      .      .      .       .     .
        NotDone       .      .                 .             .             .             .         withdrawn     .      .      .       .     .
    ";

    const HAPPENINGS: [Happening; 18] = [
        Happening::Approved,
        Happening::Denied,
        Happening::ShownAnew,
        Happening::Expired,
        Happening::Overtaken,
        Happening::Withdrawn,
        Happening::Begun,
        Happening::Sent,
        Happening::NotNow,
        Happening::Doubted,
        Happening::Done,
        Happening::Refused,
        Happening::LeftToPerson,
        Happening::Proved,
        Happening::Confirmed,
        Happening::FailedLater,
        Happening::DoneByHand,
        Happening::NotDone,
    ];

    #[test]
    fn the_table_says_what_may_follow_on_what() {
        let mut lines =
            TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|it| !it.is_empty());
        let states = lines.next().unwrap();
        assert_eq!(states.len(), State::ALL.len());
        let rows: Vec<_> = lines.collect();
        assert_eq!(rows.len(), HAPPENINGS.len());
        for (row, happening) in rows.iter().zip(HAPPENINGS) {
            assert_eq!(row[0], format!("{happening:?}"));
            for (name, expected) in states.iter().zip(&row[1..]) {
                let state = State::ALL.into_iter().find(|state| state.name() == *name).unwrap();
                let after = state.after(happening).map_or(".", State::name);
                assert_eq!(after, *expected, "{name}: {happening:?}");
            }
        }
    }
}
