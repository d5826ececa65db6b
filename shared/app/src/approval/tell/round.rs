//! Sends what there is to tell, one message after the other: that it leaves is stored before, what came of it after.
//!
//! Each message is a record of its own with what is told. Whoever refuses one is left alone for a while and keeps no other
//! from leaving. What may have arrived is not repeated: neither Slack nor mail knows a repetition when it sees one.

use super::super::writing;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Letter, Unsent};
use crate::store::{self, Attempted, Commit};
use async_trait::async_trait;
use domain::policy::Patience;
use domain::telling::Tellings;
use jiff::Timestamp;

/// Of what people are told: where its records stand, and whether there is still somebody to be told.
#[async_trait]
pub trait Topic: Send + Sync {
    /// The item that its records stand in.
    type Item: Clone + PartialEq + Send + Sync;
    /// What the item was read with, to write it.
    type Read: Send + Sync;

    /// For logs and dead letters.
    fn id(&self) -> String;
    async fn read(&self, context: &Context) -> Result<Option<(Self::Item, Self::Read)>, Fault>;
    fn write(&self, context: &Context, read: &Self::Read, before: &Self::Item, after: &Self::Item) -> Commit;

    fn tellings<'a>(&self, item: &'a Self::Item) -> &'a Tellings;
    fn tellings_mut<'a>(&self, item: &'a mut Self::Item) -> &'a mut Tellings;
    /// Whether there is nothing newer to tell.
    fn is_current(&self, item: &Self::Item) -> bool;
    /// When somebody looks at it next.
    fn alarm(&self, item: &Self::Item) -> Option<Timestamp>;
    /// Whether it is still to be told.
    fn is_owed(&self, item: &Self::Item) -> bool;
    /// A message of this stands there.
    fn stands(&self, item: &mut Self::Item, place: &str);
    /// Somebody looks again then, should nobody be heard of before.
    fn rings_at(&self, item: &mut Self::Item, at: Timestamp);
    /// All was done that can be done now; `until` is when the rest is tried again.
    fn rests(&self, item: &mut Self::Item, until: Option<Timestamp>);
}

/// One message, and by what its recipient is known.
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

/// All that is to be told of something at this time.
pub struct Round<S> {
    pub topic: S,
    pub errands: Vec<Errand>,
}

/// What came of the message of that number.
type Came = (usize, Result<Option<String>, Unsent>);

impl<S: Topic> Round<S> {
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
                let (about, to, reason) = (self.topic.id(), &errand.to, unsent.to_string());
                tracing::warn!(about, to, reason, "it is not certain that somebody was told");
            }
            came = Some((number, answer));
        }
    }

    /// Notes what came of one message and that the next one leaves, in one commit.
    async fn step(&self, context: &Context, came: Option<&Came>) -> Result<Attempted<Option<usize>>, Fault> {
        // Read.
        let topic = &self.topic;
        let Some((before, read)) = topic.read(context).await? else { return Ok(Attempted::Done(None)) };

        // Decide.
        let at = writing::moment(context);
        let mut after = before.clone();
        if let Some((errand, answer)) = came.and_then(|(number, answer)| Some((self.errands.get(*number)?, answer))) {
            if let Ok(Some(place)) = answer {
                topic.stands(&mut after, place);
            }
            if topic.is_current(&before) {
                let patience = &context.policies.limits.current().telling;
                note(topic.tellings_mut(&mut after), errand, answer, patience, at.now);
            }
        }
        let is_due = |errand: &Errand| topic.tellings(&after).is_due(errand.letter.channel, &errand.to, at.now);
        let next = self.errands.iter().position(is_due).filter(|_| self.is_wanted(&before));
        if let Some(errand) = next.and_then(|number| self.errands.get(number)) {
            topic.tellings_mut(&mut after).sending(errand.letter.channel, &errand.to);
            topic.rings_at(&mut after, at.again);
        }

        // Write.
        if after == before {
            return Ok(Attempted::Done(next));
        }
        store::attempted(topic.write(context, &read, &before, &after).run(context).await, next)
    }

    /// Notes that all was done that can be done now: it wakes when somebody is to be tried again. Whoever was tried too
    /// often is a case for a person.
    pub async fn rest(&self, context: &Context) -> Result<(), Fault> {
        match store::retrying(context, || self.rested(context)).await? {
            Some(reason) => Err(Fault::Park(format!("nobody could be told of {}: {reason}", self.topic.id()))),
            None => Ok(()),
        }
    }

    async fn rested(&self, context: &Context) -> Result<Attempted<Option<String>>, Fault> {
        // Read.
        let topic = &self.topic;
        let item = topic.read(context).await?.filter(|(now, _)| self.is_wanted(now));
        let Some((before, read)) = item else { return Ok(Attempted::Done(None)) };

        // Decide.
        let tellings = topic.tellings(&before);
        // Somebody else is at it: what comes of their message decides when it is tried again, and their alarm stands.
        let is_busy = self.errands.iter().any(|it| tellings.is_sending(it.letter.channel, &it.to));
        if is_busy && topic.alarm(&before).is_some_and(|at| at > context.clock.now()) {
            return Ok(Attempted::Done(None));
        }
        let again = self.errands.iter().filter_map(|it| tellings.again_at(it.letter.channel, &it.to)).min();
        let mut given_up = self.errands.iter().filter_map(|it| tellings.given_up(it.letter.channel, &it.to));
        let given_up = given_up.next().filter(|_| again.is_none()).map(str::to_owned);
        let mut after = before.clone();
        topic.rests(&mut after, again);

        // Write.
        if after == before {
            return Ok(Attempted::Done(given_up));
        }
        store::attempted(topic.write(context, &read, &before, &after).run(context).await, given_up)
    }

    fn is_wanted(&self, now: &S::Item) -> bool {
        self.topic.is_current(now) && self.topic.is_owed(now)
    }
}

fn note(
    tellings: &mut Tellings,
    errand: &Errand,
    answer: &Result<Option<String>, Unsent>,
    patience: &Patience,
    now: Timestamp,
) {
    let (channel, to) = (errand.letter.channel, errand.to.as_str());
    match answer {
        Ok(_) => tellings.sent(channel, to),
        Err(Unsent::Unknown(reason)) => tellings.doubted(channel, to, reason),
        Err(Unsent::NotSent { reason, after_secs }) => {
            tellings.refused(channel, to, (reason, *after_secs), patience, now);
        }
    }
}
