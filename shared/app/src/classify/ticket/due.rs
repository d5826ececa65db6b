//! The alarm of a ticket: nobody answered it in time, or it has rested for long.

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::actions_of;
use crate::store::{self, Attempted, Batch, keys};
use crate::ticket::{Laid, follow_request, working};
use domain::case::Case;
use domain::telling::{About, Bulletin};
use domain::ticket::{Followed, Rang, Ticket, TicketName};

pub async fn due(context: &Context, name: &TicketName, trace: &str) -> Result<(), Fault> {
    if let Some(bulletin) = store::retrying(context, || once(context, name, trace)).await? {
        bulletin::tell(context, &bulletin).await;
    }
    Ok(())
}

async fn once(context: &Context, name: &TicketName, trace: &str) -> Result<Attempted<Option<Bulletin>>, Fault> {
    // Read.
    let now = context.clock.now();
    let Some(mut laid) = Laid::find(context, name).await? else { return Ok(Attempted::Done(None)) };
    if laid.ticket.handling.wake_at().is_none_or(|at| at > now) {
        return Ok(Attempted::Done(None));
    }
    let about = About::Ticket { ticket: name.to_string() };
    let told = keys::bulletin(&about.id());
    laid.batch.extend(Batch::read(context, vec![told.clone()]).await?);
    let may_come = laid.ticket.handling.is_given_up(now) && is_asked_for(context, &laid.ticket).await?;

    // Decide. Who is above is looked for once it is known that somebody is.
    let (policy, working, handling) = (context.policies.tickets.current(), working(context), &mut laid.ticket.handling);
    let rang = if may_come {
        handling.waits_on(policy, &working, now);
        Rang::Nothing
    } else {
        handling.ring(policy, &working, now)
    };
    laid.gather(context).await?;
    laid.take_up(context, Followed::default(), trace, now);
    let before = laid.batch.get::<Bulletin>(&told)?;
    let news = (rang == Rang::Overdue).then(|| news(context, &laid.ticket, about, trace).instead_of(before.as_ref()));

    // Write.
    let commit_name = format!("{name}:{}", laid.round());
    let mut commit = laid.commit(context, &commit_name).await?;
    news.iter().for_each(|bulletin| commit.over(&laid.batch, bulletin));
    let result = store::attempted(commit.run(context).await, news)?;
    if matches!(result, Attempted::Done(_)) {
        follow_request(context, &laid.ticket, trace).await;
    }
    Ok(result)
}

/// Whether anything was asked for because of its case of which something may still come.
async fn is_asked_for(context: &Context, ticket: &Ticket) -> Result<bool, Fault> {
    let Some(case) = ticket.handling.own_case() else { return Ok(false) };
    let Some(case) = store::read::<Case>(context, &keys::case(case)).await? else { return Ok(false) };
    let batch = Batch::read(context, case.actions.iter().map(keys::action).collect()).await?;
    Ok(actions_of(&batch, &case)?.iter().any(|action| action.state().is_pending()))
}

/// Whoever has it now is mailed; where nobody has it, all read of it. Nothing of what was written is in it.
fn news(context: &Context, ticket: &Ticket, about: About, trace: &str) -> Bulletin {
    let handling = &ticket.handling;
    let class = handling.taken_for.as_ref().and_then(|taken| taken.certain());
    let what = class.map_or("a ticket that nobody has classified", |class| class.title());
    let role = handling.role.map(|role| role.name().replace('_', " ")).unwrap_or_default();
    let words = Words {
        subject: format!("A ticket waits for an answer: {what}"),
        text: format!("Nobody has answered it in time. It stands with {role} now."),
        page: format!("/tickets/{}", TicketName::of(ticket).address()),
    };
    let bulletin = bulletin::about(context, about, words, trace);
    let most = context.policies.limits.current().told_people_max;
    match &handling.assigned_to {
        Some(to) => bulletin.mailed([to.clone()], most),
        None => bulletin.posted(),
    }
}
