//! What people do about a case's tickets, about what was asked for because of it, and about its tasks is work on the
//! case: noted there in the commit that does it, so that the page of a case, a ticket and the month's report say the
//! same.

use crate::context::Context;
use crate::fault::Fault;
use crate::records::moving::unread;
use crate::store::trail::put_facts;
use crate::store::{Batch, Commit, keys};
use domain::book::{Head, Touched};
use domain::case::Case;
use domain::classify::desk::Desk;
use domain::id::CaseId;
use domain::staff::AtWork;
use domain::ticket::Ticket;
use std::collections::BTreeMap;

/// Writes a case over what was read of it, with the difference that this makes to reports: they never part.
pub fn put_case(commit: &mut Commit, context: &Context, batch: &Batch, head: &Head, (before, after): (&Case, &Case)) {
    commit.over(batch, after);
    let desk = |case: &Case| {
        let mut desk = Desk::of(head.clone(), Touched::default());
        desk.cases.insert(case.id.clone(), case.clone());
        desk
    };
    let name = format!("{}:{}", after.id, batch.rev(&keys::case(&after.id)).map_or(1, |rev| rev + 1));
    put_facts(commit, &name, &desk(before), &desk(after), context);
}

/// Notes on the case of a ticket what people did about the ticket, where nothing else of that commit writes the case.
pub async fn put_ticket_work(
    commit: &mut Commit,
    context: &Context,
    batch: &mut Batch,
    ticket: &Ticket,
) -> Result<(), Fault> {
    put(commit, context, batch, (ticket.handling.case.as_ref(), &ticket.handling.at_work)).await
}

/// The same of one act of somebody about something that belongs to a case, where it is known to belong to one.
pub async fn put_act(
    commit: &mut Commit,
    context: &Context,
    batch: &mut Batch,
    (case, by): (Option<&CaseId>, &str),
) -> Result<(), Fault> {
    let mut act = AtWork::default();
    act.act(by, context.clock.now());
    put(commit, context, batch, (case, &act)).await
}

async fn put(
    commit: &mut Commit,
    context: &Context,
    batch: &mut Batch,
    (case, at_work): (Option<&CaseId>, &AtWork),
) -> Result<(), Fault> {
    // Read.
    let Some(id) = case else { return Ok(()) };
    let (own, head) = (keys::case(id), keys::head(&id.account()));
    unread(context, batch, vec![own.clone(), head.clone()]).await?;
    let (Some(before), Some(head)) = (batch.get::<Case>(&own)?, batch.get::<Head>(&head)?) else { return Ok(()) };

    // Decide.
    let mut after = before.clone();
    after.works_on(at_work);

    // Write.
    if after != before {
        put_case(commit, context, batch, &head, (&before, &after));
    }
    Ok(())
}

/// The cases of some tickets: how long people were at each is said by its case.
pub async fn cases_of(context: &Context, tickets: &[Ticket]) -> Result<BTreeMap<CaseId, Case>, Fault> {
    let ids: Vec<&CaseId> = tickets.iter().filter_map(|ticket| ticket.handling.case.as_ref()).collect();
    let mut batch = Batch::default();
    unread(context, &mut batch, ids.iter().copied().map(keys::case).collect()).await?;
    let mut cases = BTreeMap::new();
    for id in ids {
        cases.extend(batch.get::<Case>(&keys::case(id))?.map(|case| (id.clone(), case)));
    }
    Ok(cases)
}
