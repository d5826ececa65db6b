//! Asks a customer, because of a ticket, for what is open: previewed by nobody, since it is owed already.

use super::{put, remind_of};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::records::{self, whose};
use crate::setup::sources;
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use crate::task;
use crate::ticket::{put_ticket_work, unowned, working};
use crate::web::{Failed, Problem};
use domain::book::{Due, Head, Invoice};
use domain::case::{Case, State as CaseState};
use domain::cash::{Asked, Credit, Refused, Request, Wish, lines, stands_for};
use domain::debt::{self, Debt};
use domain::id::RequestId;
use domain::leaving::Stage;
use domain::staff::Staff;
use domain::task::{About, Task};
use domain::ticket::{State as TicketState, Ticket, TicketName};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// A request, and whether it was made just now.
pub struct Posted {
    pub request: Request,
    pub is_new: bool,
}

/// Asks for what is open because of a ticket, by the id of its address. Who asks again is shown what was asked for.
pub async fn ask(context: &Context, ticket: &str, wish: &Wish, staff: &Staff) -> Result<Posted, Problem> {
    let name = TicketName::at(ticket).ok_or_else(|| Problem::not_found("ticket"))?;
    let key = keys::ticket(&name.provider, &name.source, &name.id);
    let posted = store::unless_refused(context, || once(context, &key, wish, staff)).await?;
    if posted.is_new {
        remind_of(context, &posted.request.id, posted.request.id.as_str()).await;
    }
    Ok(posted)
}

async fn once(context: &Context, ticket: &Key, wish: &Wish, staff: &Staff) -> Result<Attempted<Posted>, Failed> {
    // Read.
    let by = keys::staff(&staff.id);
    let mut batch = Batch::read(context, vec![ticket.clone(), by.clone()]).await?;
    let ticket = batch.get::<Ticket>(ticket)?.ok_or_else(|| Problem::not_found("ticket"))?;
    let staff = batch.get::<Staff>(&by)?.ok_or_else(Problem::not_signed_in)?;
    let account = Wish::allowed(&ticket, staff.role).map_err(|refused| problem(&refused))?.clone();
    let name = TicketName::of(&ticket).to_string();
    let id = RequestId::of(&account, &name);
    let about = About::Collect { request: id.clone() };
    let (own, at_work) = (keys::payment_request(&id), keys::task(&about.task(&account)));
    let wanted = [own.clone(), at_work.clone(), keys::head(&account)].into_iter().chain(whose::keys_of(&account));
    batch.extend(Batch::read(context, wanted.collect()).await?);
    let standing = batch.get::<Request>(&own)?;
    match &standing {
        Some(request) if !request.is_over() => {
            return Ok(Attempted::Done(Posted { request: request.clone(), is_new: false }));
        }
        Some(request) if !request.may_begin_again() => return Err(problem(&Refused::Ended(id)).into()),
        _ => {}
    }
    let head = batch.get::<Head>(&keys::head(&account))?.ok_or_else(|| Problem::not_found("account"))?;
    if sources::observes(context, &head).await? {
        return Err(problem(&Refused::Observed).into());
    }
    let (_, customer) = whose::read(&batch, &account)?;
    let (debts, others) = (debts(context, &head).await?, others(context, &head).await?);

    // Decide.
    let (policy, now) = (context.policies.cash.current(), context.clock.now());
    let credit = Credit::of(customer.and_then(|customer| customer.credit_limit), &debts);
    let lines = lines(wish, &debts, &others, policy.request.most).map_err(|refused| problem(&refused))?;
    let asked = Asked { account: &account, ticket: &name, lines, credit, by: &staff.id };
    let mut request = Request::new(asked, now, now + SignedDuration::from_hours(policy.request.looks_again_hours));
    let mut after = ticket.clone();
    if after.handling.assigned_to.is_none() {
        after.handling.give(&staff, &staff.id, now);
    }
    request.began(&after, now);
    let waits = format!("asked for the payment of {}", request.amount());
    after.handling.go_on(TicketState::AwaitingPayment, &staff.id, now, &waits);
    after.handling.payment_request = Some(request.id.to_string());
    after.handling.by_hand = true;
    // The letter is the answer to what was read, until the customer writes again.
    after.handling.answered_up_to(wish.turns.unwrap_or(after.handling.turns));
    after.handling.rest(context.policies.tickets.current(), &working(context), now);
    let task = collect(context, &request, about);
    let unowned = unowned::follow(context, &mut batch, &ticket, &after).await?;
    let mut asked_head = head.clone();
    asked_head.requests.insert(request.id.clone());

    // Write.
    let mut commit = Commit::default();
    put(&mut commit, &batch, standing.as_ref(), &request);
    put_ticket(&mut commit, &batch, &after)?;
    commit.over(&batch, &task);
    unowned.iter().for_each(|task| commit.over(&batch, task));
    commit.over(&batch, &asked_head);
    put_ticket_work(&mut commit, context, &mut batch, &after).await?;
    commit.check(&batch, &by);
    Ok(store::attempted(commit.run(context).await, Posted { request, is_new: true })?)
}

/// What is open on an account, the oldest first, as its customer would read it.
/// Where those that the head shows are not all, every invoice that the account ever had is read, or nobody is asked: by
/// a part of them its customer might be told of a limit that is kept.
async fn debts(context: &Context, head: &Head) -> Result<Vec<Debt>, Failed> {
    let shown = shown(context, head).await?;
    let open = if debt::are_all(&shown, head) { shown } else { every(context, head).await? };
    Ok(as_debts(context, head, open).await?)
}

/// The same for whoever only looks: nothing, where the head does not show all that is open.
pub(super) async fn debts_shown(context: &Context, head: &Head) -> Result<Option<Vec<Debt>>, Fault> {
    let shown = shown(context, head).await?;
    if !debt::are_all(&shown, head) {
        return Ok(None);
    }
    as_debts(context, head, shown).await.map(Some)
}

async fn as_debts(context: &Context, head: &Head, mut open: Vec<Invoice>) -> Result<Vec<Debt>, Fault> {
    open.retain(|invoice| matches!(invoice.due(), Due::Open(_)));
    open.sort_by_key(|invoice| (invoice.due_on.copied(), invoice.created_at));
    let ids: Vec<_> = open.iter().map(|invoice| invoice.id.clone()).collect();
    let head = named(context, head, &ids).await?;
    let came = if head.came.is_empty() {
        Vec::new()
    } else {
        let batch = Batch::read(context, head.came.iter().map(keys::received).collect()).await?;
        records::came(&batch, &head)?
    };
    let mut debts = Vec::new();
    for invoice in &open {
        let stage = records::stage(context, &head, invoice).await?;
        let stage = stage.or_else(|| stands_for(&came, invoice).then_some(Stage::Recorded));
        debts.push(Debt::of(invoice, &head, stage));
    }
    Ok(debts)
}

/// The invoices that the head shows as open.
async fn shown(context: &Context, head: &Head) -> Result<Vec<Invoice>, Fault> {
    let shown: BTreeSet<Key> = debt::shown(head).map(|id| keys::invoice(&head.account, id)).collect();
    let mut open = Vec::new();
    if !shown.is_empty() {
        let batch = Batch::read(context, shown.iter().cloned().collect()).await?;
        for key in &shown {
            open.extend(batch.of::<Invoice>(key)?);
        }
    }
    Ok(open)
}

/// Every invoice that an account ever had.
async fn every(context: &Context, head: &Head) -> Result<Vec<Invoice>, Failed> {
    let most = context.policies.limits.current().invoices_read_max;
    let (of, read) = (keys::invoices(&head.account), most.saturating_add(1));
    let all: Vec<Of<Invoice>> = store::first_of(context, &of, read, Order::Ascending).await?;
    if u32::try_from(all.len()).is_ok_and(|count| count > most) {
        return Err(Problem::not_possible(format!(
            "this account has had more than {most} invoices, and more are open than are known without them: ask \
             for their payment at the provider"
        ))
        .into());
    }
    Ok(all.into_iter().map(|of| of.value).collect())
}

/// A head that names every case which puts one of these invoices in question.
pub(super) async fn named(context: &Context, head: &Head, invoices: &[String]) -> Result<Head, Fault> {
    let mut head = head.clone();
    let unnamed = debt::unnamed(&head, invoices);
    if unnamed.is_empty() {
        return Ok(head);
    }
    let batch = Batch::read(context, unnamed.iter().map(keys::case).collect()).await?;
    for id in &unnamed {
        if let Some(case) = batch.get::<Case>(&keys::case(id))?.filter(|case| case.state == CaseState::Open) {
            head.names(id, case.line(), true);
        }
    }
    Ok(head)
}

/// What the account is asked for already.
async fn others(context: &Context, head: &Head) -> Result<Vec<Request>, Fault> {
    if head.requests.is_empty() {
        return Ok(Vec::new());
    }
    let homes: Vec<_> = head.requests.iter().map(keys::payment_request).collect();
    let batch = Batch::read(context, homes.clone()).await?;
    let mut others = Vec::new();
    for home in &homes {
        others.extend(batch.get::<Request>(home)?);
    }
    Ok(others)
}

/// What somebody in billing does until the money is there.
fn collect(context: &Context, request: &Request, about: About) -> Task {
    let what = format!("Follow {} until it is paid", request.amount());
    let numbers: Vec<_> = request.standing().map(|line| line.number.clone()).collect();
    let steps = format!(
        "The customer of ticket {} was asked to pay {} for {}. Payment requests (under Recovery) \
         show how far it has come. Money that does not say what it is for stands among the unmatched payments: say there \
         that it is for this request. If it came past the \
         provider, mark the invoices as paid. This task ends by itself when they are.",
        request.ticket_name().address(),
        request.amount(),
        numbers.join(", "),
    );
    task::open(context, &request.account, about, what, steps)
}

fn problem(refused: &Refused) -> Problem {
    match refused {
        Refused::NotTheirs => Problem::not_permitted(refused.to_string()),
        Refused::Resolved => Problem::conflict("already_resolved", refused.to_string()),
        Refused::Asked(..) | Refused::Ended(_) => Problem::conflict("already_asked", refused.to_string()),
        Refused::Stranger
        | Refused::Observed
        | Refused::NotPayable(_)
        | Refused::Nothing
        | Refused::Currencies(_)
        | Refused::TooMany(_) => Problem::not_possible(refused.to_string()),
    }
}
