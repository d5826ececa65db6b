//! Tells a stranger once, by itself, that somebody looks at their message: stored with the ticket, and sent as any answer.

use crate::context::Context;
use crate::fault::Fault;
use crate::setup::sources;
use crate::store::{Batch, Commit, keys};
use domain::event::{Event, TicketSeen};
use domain::staff::MACHINE;
use domain::ticket::{Dispatch, Greeted, Outcome, Ticket, TicketName, may_greet};
use std::collections::{BTreeMap, BTreeSet};

/// What is written with a ticket that is answered by itself.
pub struct Greeting {
    dispatch: Dispatch,
    greeted: Greeted,
}

/// Notes the answer in a ticket as it stands after an event, where it is to have one. Read last, so that nothing more is read
/// for the others.
pub async fn begin(
    context: &Context,
    batch: &mut Batch,
    ticket: &mut Ticket,
    (seen, event): (&TicketSeen, &Event),
) -> Result<Option<Greeting>, Fault> {
    // Read.
    let (policy, now) = (context.policies.answers.current(), context.clock.now());
    let ours = BTreeSet::from([context.settings.mail_from.trim().to_lowercase()]);
    let name = TicketName::of(ticket);
    let (provider, source) = name.set_up_as();
    if !may_greet(ticket, (seen, event.at), &ours, policy, now)
        || !sources::find(context, provider, source).await?.writes()
    {
        return Ok(None);
    }
    let digest = Greeted::digest_of(ticket.requester_email.value().map(String::as_str).unwrap_or_default());
    let key = keys::greeted(&digest);
    let out = keys::dispatch(&ticket.provider, &ticket.source, &ticket.id);
    batch.extend(Batch::read(context, vec![key.clone(), out]).await?);
    let mut greeted = batch.get::<Greeted>(&key)?.unwrap_or_else(|| Greeted::new(digest));

    // Decide.
    if !greeted.takes(seen.body.as_deref().unwrap_or_default(), policy, now) {
        return Ok(None);
    }
    let reader = context.policies.texts.current().reader(ticket.handling.language.as_deref(), None);
    let Some(text) = reader.text(&policy.neutral.text) else { return Ok(None) };
    let (_, body) = text.fill(&BTreeMap::new());
    let answer = ticket.handling.answer((MACHINE, body.trim(), true), Outcome::Neutral, now);
    let Some(number) = answer.map(|answer| answer.number) else { return Ok(None) };
    Ok(Some(Greeting { dispatch: Dispatch::new(&name, number, false, now), greeted }))
}

impl Greeting {
    /// In the commit of the ticket. It leaves when its alarm rings.
    pub fn put(&self, commit: &mut Commit, batch: &Batch) {
        commit.over(batch, &self.dispatch);
        commit.over(batch, &self.greeted);
    }
}
