//! Sends what there is to tell, one message after the other: that it leaves is stored before, what came of it after.
//!
//! Each message is a record of its own on the action. Whoever refuses one is left alone for a while and keeps no other
//! from leaving. What may have arrived is not repeated: neither Slack nor mail knows a repetition when it sees one.

use super::super::writing;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Letter, Unsent};
use crate::records;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Owed, Told};
use domain::policy::Patience;
use jiff::Timestamp;

/// One message, and by what its recipient is known on the action.
pub struct Errand {
    pub to: String,
    pub letter: Letter,
}

impl Errand {
    /// Where several people read it, the place is the recipient.
    pub fn of_channel(letter: Letter) -> Self {
        Self { to: letter.to.clone(), letter }
    }
}

/// All that is to be told of an action at this time.
pub struct Round<'a> {
    pub action: &'a Action,
    pub owed: Owed,
    pub errands: Vec<Errand>,
}

/// What came of the message of that number.
type Came = (usize, Result<Option<String>, Unsent>);

impl Round<'_> {
    /// Sends whatever is due.
    pub async fn send(&self, context: &Context) -> Result<(), Fault> {
        let mut came: Option<Came> = None;
        loop {
            let next = store::retrying(context, || self.step(context, came.as_ref())).await?;
            let Some((number, errand)) = next.and_then(|number| Some((number, self.errands.get(number)?))) else {
                return Ok(());
            };
            let answer = context.post.send(&errand.letter).await;
            if let Err(unsent) = &answer {
                let (to, reason) = (&errand.to, unsent.to_string());
                tracing::warn!(action.id = %self.action.id, to, reason, "it is not certain that somebody was told");
            }
            came = Some((number, answer));
        }
    }

    /// Notes what came of one message and that the next one leaves, in one commit.
    async fn step(&self, context: &Context, came: Option<&Came>) -> Result<Attempted<Option<usize>>, Fault> {
        // Read.
        let read = records::read(context, &self.action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone(), read.head) else { return Ok(Attempted::Done(None)) };

        // Decide.
        let at = writing::moment(context);
        let mut after = before.clone();
        if let Some((errand, answer)) = came.and_then(|(number, answer)| Some((self.errands.get(*number)?, answer))) {
            if let (Ok(Some(place)), Owed::Asking) = (answer, self.owed) {
                after.told.stands(place);
            }
            if self.is_current(&before) {
                note(&mut after.told, errand, answer, &context.policies.limits.current().telling, at.now);
            }
        }
        let is_due = |errand: &Errand| after.told.is_due(errand.letter.channel, &errand.to, at.now);
        let next = self.errands.iter().position(is_due).filter(|_| self.is_owed(&before));
        if let Some(errand) = next.and_then(|number| self.errands.get(number)) {
            after.told.sending(errand.letter.channel, &errand.to);
            after.rings_at(at.again);
        }

        // Write.
        if after == before {
            return Ok(Attempted::Done(next));
        }
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, next)
    }

    /// Notes that all was done that can be done now: the action wakes when somebody is to be tried again. Whoever was
    /// tried too often is a case for a person.
    pub async fn rest(&self, context: &Context) -> Result<(), Fault> {
        match store::retrying(context, || self.rested(context)).await? {
            Some(reason) => Err(Fault::Park(format!("nobody could be told of {}: {reason}", self.action.id))),
            None => Ok(()),
        }
    }

    async fn rested(&self, context: &Context) -> Result<Attempted<Option<String>>, Fault> {
        // Read.
        let read = records::read(context, &self.action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone().filter(|now| self.is_owed(now)), read.head) else {
            return Ok(Attempted::Done(None));
        };

        // Decide.
        let mut after = before.clone();
        let again = self.errands.iter().filter_map(|it| before.told.again_at(it.letter.channel, &it.to)).min();
        let mut given_up = self.errands.iter().filter_map(|it| before.told.given_up(it.letter.channel, &it.to));
        let given_up = given_up.next().filter(|_| again.is_none()).map(str::to_owned);
        if self.owed == Owed::Word {
            after.told.follow();
        }
        after.rests(self.owed, again);

        // Write.
        if after == before {
            return Ok(Attempted::Done(given_up));
        }
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, given_up)
    }

    /// Whether there is nothing newer to tell.
    fn is_current(&self, now: &Action) -> bool {
        now.told.round() == self.action.told.round()
    }

    fn is_owed(&self, now: &Action) -> bool {
        self.is_current(now) && now.owes() == Some(self.owed)
    }
}

fn note(
    told: &mut Told,
    errand: &Errand,
    answer: &Result<Option<String>, Unsent>,
    patience: &Patience,
    now: Timestamp,
) {
    let (channel, to) = (errand.letter.channel, errand.to.as_str());
    match answer {
        Ok(_) => told.sent(channel, to),
        Err(Unsent::Unknown(reason)) => told.doubted(channel, to, reason),
        Err(Unsent::NotSent { reason, after_secs }) => told.refused(channel, to, (reason, *after_secs), patience, now),
    }
}
