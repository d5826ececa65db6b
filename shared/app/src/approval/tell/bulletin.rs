//! Tells the staff what a bulletin says, as long as it is so.

use super::round::{Errand, Round, Topic};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter};
use crate::setup::{locked, staff};
use crate::store::{self, Batch, Commit, Of, keys};
use async_trait::async_trait;
use domain::book::{Due, Invoice};
use domain::case::{Case, State as CaseState};
use domain::staff::{Proposal, Staff, State as ProposalState};
use domain::task::{State as TaskState, Task};
use domain::telling::{About, Bulletin, Tellings};
use domain::ticket::{State as TicketState, Ticket, TicketName};
use jiff::Timestamp;

/// Tells whoever was not told yet. Whoever refuses is tried again when its alarm rings, and keeps nobody waiting.
pub async fn bulletin(context: &Context, id: &str) -> Result<(), Fault> {
    let standing = store::read::<Bulletin>(context, &keys::bulletin(id)).await?;
    let Some(bulletin) = standing.filter(|bulletin| bulletin.alarm().is_some()) else { return Ok(()) };
    let mut errands = Vec::new();
    if is_so(context, &bulletin).await? {
        for id in &bulletin.mailed {
            if let Some(staff) = staff::find(context, id).await? {
                let letter = mail(context, &bulletin, &staff);
                errands.push(Errand { to: staff.id, letter });
            }
        }
        errands.extend(bulletin.posted.then(|| Errand::of_channel(post(context, &bulletin))));
    }
    let round = Round { topic: News(&bulletin), errands };
    round.send(context).await?;
    round.rest(context).await
}

/// Whether it is still so: nobody is sent to what is done by now.
async fn is_so(context: &Context, bulletin: &Bulletin) -> Result<bool, Fault> {
    Ok(match &bulletin.about {
        About::Incident { .. } => true,
        About::Step { account, invoice, .. } => {
            let invoice = store::read::<Of<Invoice>>(context, &keys::invoice(account, invoice)).await?;
            invoice.is_some_and(|of| matches!(of.value.due(), Due::Open(_)))
        }
        About::Proposal { number } => {
            let proposal = store::read::<Proposal>(context, &keys::staff_proposal(*number)).await?;
            proposal.is_some_and(|proposal| proposal.state(context.clock.now()) == ProposalState::Waiting)
        }
        About::Task { task } => {
            let task = store::read::<Task>(context, &keys::task(task)).await?;
            let has_it = |task: &Task| task.assigned_to.as_ref().is_some_and(|to| bulletin.mailed.contains(to));
            task.is_some_and(|task| task.state == TaskState::Open && (bulletin.posted || has_it(&task)))
        }
        About::Ticket { ticket } => {
            let Some(TicketName { provider, source, id }) = TicketName::parse(ticket) else { return Ok(false) };
            let ticket = store::read::<Ticket>(context, &keys::ticket(&provider, &source, &id)).await?;
            ticket.is_some_and(|ticket| {
                let is_theirs = match &ticket.handling.assigned_to {
                    Some(to) => bulletin.mailed.contains(to),
                    None => bulletin.posted,
                };
                ticket.handling.state != TicketState::Resolved && is_theirs
            })
        }
        About::Watched { case } => {
            let case = store::read::<Case>(context, &keys::case(case)).await?;
            case.is_some_and(|case| case.state == CaseState::Open)
        }
        About::Key { provider, source } => locked::find(context, provider, source).await?.is_some(),
    })
}

fn post(context: &Context, bulletin: &Bulletin) -> Letter {
    let page = format!("{}{}", context.settings.base_url, bulletin.page);
    Letter {
        id: format!("{}_{}", bulletin.about.id(), bulletin.round()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: bulletin.subject.clone(),
        text: format!("{}\n{page}", bulletin.text),
        html: String::new(),
        links: vec![page],
        blocks: None,
        unsubscribe: None,
        thread: None,
    }
}

fn mail(context: &Context, bulletin: &Bulletin, staff: &Staff) -> Letter {
    let page = format!("{}{}", context.settings.base_url, bulletin.page);
    let text = format!("Hello {},\n\n{}\n\n{page}\n", staff.name, bulletin.text);
    Letter {
        id: format!("{}_{}_{}", bulletin.about.id(), bulletin.round(), staff.id),
        channel: Channel::Mail,
        to: staff.email.clone(),
        subject: bulletin.subject.clone(),
        html: pages::mail(&text),
        text,
        links: vec![page],
        blocks: None,
        unsubscribe: None,
        thread: None,
    }
}

/// A bulletin as it was when there was this to tell.
struct News<'a>(&'a Bulletin);

#[async_trait]
impl Topic for News<'_> {
    type Item = Bulletin;
    type Read = Batch;

    fn id(&self) -> String {
        self.0.about.id()
    }

    async fn read(&self, context: &Context) -> Result<Option<(Bulletin, Batch)>, Fault> {
        let key = keys::bulletin(&self.0.about.id());
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let item: Option<Bulletin> = batch.get(&key)?;
        Ok(item.map(|item| (item, batch)))
    }

    fn write(&self, _context: &Context, batch: &Batch, _before: &Bulletin, after: &Bulletin) -> Commit {
        let mut commit = Commit::default();
        commit.over(batch, after);
        commit
    }

    fn tellings<'a>(&self, item: &'a Bulletin) -> &'a Tellings {
        item.tellings()
    }

    fn tellings_mut<'a>(&self, item: &'a mut Bulletin) -> &'a mut Tellings {
        item.tellings_mut()
    }

    fn is_current(&self, item: &Bulletin) -> bool {
        item.round() == self.0.round()
    }

    fn alarm(&self, item: &Bulletin) -> Option<Timestamp> {
        item.alarm()
    }

    fn is_owed(&self, item: &Bulletin) -> bool {
        item.alarm().is_some()
    }

    // It has no buttons that were to be taken away.
    fn stands(&self, _standing: &mut Bulletin, _place: &str) {}

    fn rings_at(&self, item: &mut Bulletin, at: Timestamp) {
        item.rings_at(at);
    }

    fn rests(&self, item: &mut Bulletin, until: Option<Timestamp>) {
        item.rests(until);
    }
}
