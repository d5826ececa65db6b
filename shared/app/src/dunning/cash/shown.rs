//! Payment requests, and payments that nobody could place, as people see them.

use super::ask;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::records::whose;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Page};
use crate::web::Window;
use domain::book::Head;
use domain::cash::{Flow, Owed, Received, Request, State};
use domain::id::{AccountId, RequestId};
use domain::ticket::{Ticket, TicketName};
use serde_json::{Value, json};

/// Which requests are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub state: Option<State>,
    pub account: Option<AccountId>,
}

/// A page of requests, newest first.
pub async fn requests(context: &Context, wanted: &Wanted, window: Window) -> Result<Page<Request>, Fault> {
    let states = wanted.state.map_or_else(|| State::ALL.to_vec(), |state| vec![state]);
    let all: Vec<_> = states.into_iter().map(lists::payment_requests).collect();
    let fits = |request: &Request| wanted.account.as_ref().is_none_or(|account| request.account == *account);
    store::pick(context, &all, window.after, window.limit, Order::Descending, fits).await
}

/// A page of payments that wait for a person, those that came first before the others.
pub async fn unmatched(context: &Context, window: Window) -> Result<Page<Received>, Fault> {
    store::page(context, lists::UNMATCHED, window.after, window.limit, Order::Ascending).await
}

/// The sixteen steps of a ticket. Before anybody has asked for the payment, with what its account owes as it stands:
/// one read of records and, where something is open, the reads of those invoices that its head names.
pub async fn flow(context: &Context, ticket: &Ticket) -> Result<Flow, Fault> {
    let Some(account) = &ticket.handling.account else { return Ok(Flow::of(ticket, None, None)) };
    let (own, head) =
        (keys::payment_request(&RequestId::of(account, &TicketName::of(ticket).to_string())), keys::head(account));
    let wanted = [own.clone(), head.clone()].into_iter().chain(whose::keys_of(account));
    let batch = Batch::read(context, wanted.collect()).await?;
    if let Some(request) = batch.get::<Request>(&own)? {
        return Ok(Flow::of(ticket, Some(&request), None));
    }
    let Some(head) = batch.get::<Head>(&head)? else { return Ok(Flow::of(ticket, None, None)) };
    let (_, customer) = whose::read(&batch, account)?;
    let debts = ask::debts_shown(context, &head).await?;
    let limit = customer.and_then(|customer| customer.credit_limit);
    let owed = Owed { account, limit, debts: debts.as_deref(), at: context.clock.now() };
    Ok(Flow::of(ticket, None, Some(&owed)))
}

/// A request as the outside sees it.
pub fn json(request: &Request) -> Value {
    let invoices = request.lines.iter().map(|line| {
        json!({"id": line.invoice, "number": line.number, "amount": line.amount, "open": line.open(),
            "dropped": line.dropped, "link": line.link})
    });
    let payments = request.matched.iter().map(|it| {
        json!({"account": it.account, "payment": it.payment, "amount": it.amount, "invoice": it.line, "way": it.way,
            "confidence": it.confidence, "by": it.by, "at": it.at})
    });
    let (invoices, payments): (Vec<_>, Vec<_>) = (invoices.collect(), payments.collect());
    json!({
        "id": request.id,
        "account": request.account,
        "ticket": request.ticket_name().address(),
        "amount": request.amount(),
        "received": request.received(),
        "remaining": request.remaining(),
        "over": request.over(),
        "state": request.state(),
        "link": request.standing().find_map(|line| line.link.clone()),
        "invoices": invoices,
        "payments": payments,
        "steps": request.done,
        "withdrawn": request.withdrawn,
        "by": request.by,
        "at": request.at,
        "resolved_at": request.resolved_at,
    })
}

/// A payment as the outside sees it.
pub fn received_json(received: &Received) -> Value {
    let mut shown = serde_json::to_value(received).expect("a payment is plain data");
    shown["says"] = json!(received.why.words());
    shown
}
