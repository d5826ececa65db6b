//! Who paid what? Takes in payments and how the invoices stand, and lets what follows from that happen once.

mod came;
mod laid;

use super::{put, remind_of, ring};
use crate::context::Context;
use crate::dunning::Done;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::trail::{put_received, put_ticket};
use crate::store::{self, Attempted, Commit, keys};
use crate::task;
use crate::ticket::{put_desk, working};
use domain::book::{Head, Payment, Touched};
use domain::cash::{Found, Incoming, Matched, Notice, Owing, Received, Request, Step, Target, Way, Why, matching};
use domain::classify::desk::Desk;
use domain::id::{AccountId, RequestId, TaskId};
use domain::money::Money;
use domain::staff::MACHINE;
use domain::task::{About, Task};
use domain::ticket::{State as TicketState, Ticket, end_case};
use jiff::{SignedDuration, Timestamp};
use laid::{Laid, Read};
use std::collections::BTreeMap;

pub(super) use laid::phone;

/// What is to be taken in.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub account: &'a AccountId,
    pub payments: &'a [String],
    /// A request that is looked at whatever has become of it.
    pub request: Option<&'a RequestId>,
    /// What a person says that the one payment is for, and who.
    pub said: Option<(&'a Option<Target>, &'a str)>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Settled {
    /// The requests of which a customer is to be told something.
    due: Vec<RequestId>,
    /// The invoice that a payment is for, as a person says: its recovery is to look at that.
    held: Option<(AccountId, String)>,
    /// Why what a person says cannot be so.
    pub refused: Option<&'static str>,
}

impl Settled {
    /// Has the customers told who are to be.
    pub(super) async fn tell(&self, context: &Context, trace: &str) {
        for request in &self.due {
            remind_of(context, request, trace).await;
        }
        if let Some((account, invoice)) = &self.held {
            ring(context, account, invoice, trace).await;
        }
    }
}

/// Takes in payments that were folded.
pub(in crate::dunning) async fn settle(
    context: &Context,
    account: &AccountId,
    payments: &[String],
    trace: &str,
) -> Result<Done, Fault> {
    let told = Told { account, payments, request: None, said: None };
    take(context, told).await?.tell(context, trace).await;
    Ok(Done::Settled)
}

/// The same; what is due after it is the caller's to tell.
pub(super) async fn take(context: &Context, told: Told<'_>) -> Result<Settled, Fault> {
    store::retrying(context, || once(context, told)).await
}

async fn once(context: &Context, told: Told<'_>) -> Result<Attempted<Settled>, Fault> {
    // Read.
    let Some(mut read) = Read::of(context, told).await? else { return Ok(Attempted::Done(Settled::default())) };

    // Decide.
    let mut after = read.laid.clone();
    let refused = match told.said {
        Some(said) => say(context, &read, (told, said), &mut after),
        None => {
            take_in(context, &read, told, &mut after);
            None
        }
    };
    if refused.is_some() {
        return Ok(Attempted::Done(Settled { refused, ..Settled::default() }));
    }
    let due = go_on(context, &read, &mut after);
    name_loose(&mut after);
    came::go_on(context, &read, told.account, &mut after);

    let held = match told.said {
        Some((Some(Target::Invoice(invoice)), _)) => Some((told.account.clone(), invoice.clone())),
        _ => None,
    };
    let settled = Settled { due, held, refused: None };

    // Write. Whoever tells of a payment or an invoice writes the head.
    let Some(commit) = written(context, &mut read, &after, told.account).await? else {
        return Ok(Attempted::Done(settled));
    };
    store::attempted(commit.run(context).await, settled)
}

/// What of a payment is here: what was taken, without what went back.
fn net(payment: &Payment) -> Option<Money> {
    let taken = payment.taken()?;
    let back = payment.given_back().filter(|back| back.currency() == taken.currency());
    back.map_or(Some(taken), |back| Some(taken.minus(back))).filter(|left| left.is_positive())
}

fn incoming<'a>(account: &'a AccountId, read: &'a Read, payment: &'a Payment, amount: Money) -> Incoming<'a> {
    Incoming {
        account,
        payment: &payment.id,
        amount,
        at: payment.at,
        invoice: read.invoice_of(account, payment),
        reference: payment.reference.value().map(String::as_str),
    }
}

/// Finds what each payment is for; what is less than certain waits for a person.
fn take_in(context: &Context, read: &Read, told: Told<'_>, after: &mut Laid) {
    let (policy, now, account) = (context.policies.cash.current(), context.clock.now(), told.account);
    for (id, payment) in &read.payments {
        if let Some(request) = after.requests.values_mut().find(|request| request.has(account, id)) {
            request.recount(account, id, net(payment));
            continue;
        }
        let is_known = after.received.get(id).is_some_and(Received::is_placed);
        let Some(amount) = net(payment) else {
            after.went_back(id, now);
            continue;
        };
        if is_known {
            continue;
        }
        let incoming = incoming(account, read, payment, amount);
        let named = incoming.reference.and_then(RequestId::named_in);
        if named.is_none() && incoming.invoice.is_none() && payment.subscription.value().is_some() {
            continue;
        }
        let requests: Vec<&Request> = after.requests.values().collect();
        let invoices = read.invoices(account);
        match matching(&incoming, Owing { requests: &requests, invoices }, policy) {
            Found::Certain { request, line, way, confidence } => {
                let matched = Matched::found(&incoming, (line, way, confidence), now);
                after.take(&request, matched);
                after.end(id, Some(Target::Request(request)), MACHINE, now);
            }
            // Where it is booked was known once: nobody has to look again.
            Found::ToLookAt { .. } if after.received.get(id).is_some_and(is_booked) => {}
            Found::ToLookAt { why, candidates } => {
                if let (Why::Withdrawn, Some(request)) = (why, named.as_ref().and_then(|id| after.requests.get(id))) {
                    let task = paid_after_all(context, request, (id, amount));
                    after.tasks.entry(task.id.clone()).or_insert(task);
                }
                let at = payment.at.unwrap_or(now);
                let seen = Received::new(account, (id.as_str(), amount, at), incoming.reference, (why, candidates));
                after.received.insert(id.clone(), seen);
            }
            Found::Elsewhere => {
                let target = incoming.invoice.map(|invoice| Target::Invoice(invoice.to_owned()));
                after.end(id, target, MACHINE, now);
            }
        }
    }
}

/// Whether it was known of a payment where it is booked.
fn is_booked(received: &Received) -> bool {
    !received.is_waiting() && !received.is_given_back()
}

/// Takes what a person says the one payment is for, or says why that cannot be.
fn say(
    context: &Context,
    read: &Read,
    (told, (target, by)): (Told<'_>, (&Option<Target>, &str)),
    after: &mut Laid,
) -> Option<&'static str> {
    let (now, account) = (context.clock.now(), told.account);
    let own = told.payments.first().and_then(|id| read.payments.get_key_value(id));
    let Some((id, payment)) = own else { return Some("the payment is not in the book") };
    if after.received.get(id).is_none_or(|received| !received.is_waiting()) {
        return Some("somebody has said already what this payment is for");
    }
    let Some(target) = target else {
        after.end(id, None, by, now);
        return None;
    };
    let Some(amount) = net(payment) else {
        return Some("nothing of this payment is here any more; say that it is for nothing that was asked");
    };
    let request = match target {
        Target::Request(request) => match after.requests.get(request) {
            None => return Some("there is no such payment request at this source"),
            Some(request) if request.withdrawn.is_some() => {
                return Some("that payment request was withdrawn; ask anew, or say that it is for nothing");
            }
            Some(request) if request.currency() != amount.currency() => {
                return Some("that payment request is in another currency");
            }
            Some(request) if request.is_full() => return Some("that payment request has more payments than it holds"),
            Some(request) => Some(request.id.clone()),
        },
        Target::Invoice(invoice) => match asking(read, (account, invoice.as_str(), amount), after) {
            Ok(request) => request,
            Err(why) => return Some(why),
        },
    };
    if let Some(request) = &request {
        let incoming = incoming(account, read, payment, amount);
        let line = match target {
            Target::Invoice(invoice) => Some(invoice.clone()),
            Target::Request(_) => incoming.invoice.map(str::to_owned),
        };
        let found = Matched::found(&incoming, (line, Way::ByHand, "1.00".to_owned()), now);
        after.take(request, Matched { by: by.to_owned(), ..found });
    }
    after.end(id, Some(target.clone()), by, now);
    if let (Target::Invoice(invoice), None) = (target, &request) {
        came::note(context, (account, id.as_str()), &read.billed[invoice], after);
    }
    None
}

/// The request that asks for an invoice of which a person says that a payment is for it; or why that cannot be.
fn asking(
    read: &Read,
    (account, invoice, amount): (&AccountId, &str, Money),
    laid: &Laid,
) -> Result<Option<RequestId>, &'static str> {
    let Some(billed) = read.billed.get(invoice) else { return Err("the account has no such invoice") };
    let asks = |request: &&Request| {
        let fits = request.account == *account && request.currency() == amount.currency();
        fits && request.asks_for(invoice) && !request.is_full()
    };
    match laid.requests.values().find(asks) {
        Some(request) => Ok(Some(request.id.clone())),
        None => came::refused(billed, amount, laid.heads.get(account)).map_or(Ok(None), Err),
    }
}

/// Lets each request go on by how its invoices and its ticket stand. Says of which a customer is to be told something.
fn go_on(context: &Context, read: &Read, after: &mut Laid) -> Vec<RequestId> {
    let (policy, now) = (context.policies.cash.current(), context.clock.now());
    let Laid { requests, tickets, cases, tasks, heads, received } = after;
    let mut due = Vec::new();
    for (id, request) in requests {
        let before = &read.laid.requests[id];
        for line in read.standings.iter().filter(|line| line.request == *id) {
            request.see(&line.invoice, line.standing, line.credited);
        }
        request.go_on(now);
        let mut ticket = tickets.get_mut(id);
        if let Some(why) = ticket.as_ref().and_then(|ticket| gone(request, ticket)) {
            request.withdraw(why, MACHINE, now);
        }
        if request.is_over() && !before.is_over() {
            if let Some(ticket) = &mut ticket {
                follow(context, request, ticket);
                let (case, head) = (ticket.handling.case.as_ref(), heads.get_mut(&request.account));
                let case = case.and_then(|case| cases.get_mut(case));
                if let (TicketState::Resolved, Some(case), Some(head)) = (ticket.handling.state, case, head) {
                    end_case(ticket, case, head, now);
                }
            }
            if request.resolved_at.is_some() {
                let (channel, due_at) = read.reach(&request.account, context, now);
                request.confirmation = Some(Notice::new(channel, due_at));
                request.looks_back_at = Some(now + SignedDuration::from_hours(policy.request.looks_again_hours));
                let month = request.at.strftime("%Y-%m");
                request.did(Step::Counted, now, MACHINE, format!("the report of {month}"));
                due.push(id.clone());
            }
            end_tasks(request, tasks, now);
            let_go(context, read, request, (&mut *received, &mut *tasks));
            if let Some(head) = heads.get_mut(&request.account) {
                head.requests.remove(id);
            }
        }
        if let Some(ticket) = &ticket {
            note_end(request, ticket, now);
        }
        if let Some(over) = request.over().filter(|_| request.over() != before.over()) {
            let task = overpaid(context, request, over);
            tasks.insert(task.id.clone(), task);
        }
        if !request.is_over() && request.look_at <= now {
            request.look_at = now + SignedDuration::from_hours(policy.request.looks_again_hours);
        }
        request.looked_back(now);
    }
    due
}

/// What people had to do until a request was over has ended with it.
fn end_tasks(request: &Request, tasks: &mut BTreeMap<TaskId, Task>, now: Timestamp) {
    let note = request.withdrawn.as_ref().map_or("it is paid", |withdrawn| withdrawn.why.as_str());
    let of = [About::Collect { request: request.id.clone() }, About::Unasked { request: request.id.clone() }];
    for own in of.map(|about| about.task(&request.account)) {
        let ended =
            tasks.get(&own).and_then(|task| task.clone().ended(request.resolved_at.is_some(), MACHINE, note, now));
        tasks.extend(ended.map(|task| (own, task)));
    }
}

/// What came for a request that is withdrawn holds nothing any more: a person says what it is for, or it is given back.
fn let_go(
    context: &Context,
    read: &Read,
    request: &Request,
    (received, tasks): (&mut BTreeMap<String, Received>, &mut BTreeMap<TaskId, Task>),
) {
    for matched in request.let_go() {
        let task = paid_after_all(context, request, (&matched.payment, matched.amount));
        tasks.entry(task.id.clone()).or_insert(task);
        let payment = read.payments.get(&matched.payment).or_else(|| read.taken.get(&matched.payment));
        let at = payment.and_then(|payment| payment.at).unwrap_or(matched.at);
        let reference = payment.and_then(|payment| payment.reference.value()).map(String::as_str);
        let own = (matched.payment.as_str(), matched.amount, at);
        let fresh = || Received::new(&matched.account, own, reference, (Why::Withdrawn, Vec::new()));
        received.entry(matched.payment.clone()).or_insert_with(fresh).was_let_go(&request.id, matched);
    }
}

/// Notes that the ticket of a request that is paid has ended: at once, or when what came in meanwhile was answered.
fn note_end(request: &mut Request, ticket: &Ticket, now: Timestamp) {
    if request.resolved_at.is_some() && ticket.handling.state == TicketState::Resolved {
        let evidence = format!("ticket {} is resolved", request.ticket_name().address());
        request.did(Step::Resolved, now, MACHINE, evidence);
    }
}

/// Why nobody is asked to pay because of a ticket any more.
fn gone(request: &Request, ticket: &Ticket) -> Option<&'static str> {
    let handling = &ticket.handling;
    let is_anothers = handling.account.as_ref().is_some_and(|account| *account != request.account);
    // What has come stands for its invoices, whoever closes the ticket: they would be collected once more.
    if handling.state == TicketState::Resolved && (is_anothers || !request.has_money()) {
        return Some("its ticket was closed");
    }
    is_anothers.then_some("its ticket is of another account")
}

/// What becomes of the ticket of a request that has ended. What the customer wrote meanwhile is answered before it
/// ends.
fn follow(context: &Context, request: &mut Request, ticket: &mut Ticket) {
    let now = context.clock.now();
    match &request.withdrawn {
        None => {
            ticket.handling.was_paid(now);
            note_end(request, ticket, now);
        }
        Some(withdrawn) => {
            if ticket.handling.state == TicketState::AwaitingPayment {
                let why = format!("no payment is waited for any more: {}", withdrawn.why);
                ticket.handling.go_on(TicketState::Investigating, MACHINE, now, &why);
            }
            ticket.handling.payment_request = None;
        }
    }
    ticket.handling.rest(context.policies.tickets.current(), &working(context), now);
}

/// The heads of the payers' accounts name what nobody can place yet.
fn name_loose(after: &mut Laid) {
    for received in after.received.values() {
        if let Some(head) = after.heads.get_mut(&received.account) {
            received.show_on(head);
        }
    }
}

fn overpaid(context: &Context, request: &Request, over: Money) -> Task {
    let about = About::Overpaid { request: request.id.clone() };
    let what = format!("Decide about {over} that came in beyond {}", request.amount());
    let payments: Vec<_> = request.matched.iter().map(Matched::words).collect();
    let steps = format!(
        "For {} of ticket {} came in: {}. That is {over} too much. Ask the customer whether it is for something \
         else, or ask for a refund of it on the account's page. Nothing goes back by itself.",
        request.id,
        request.ticket_name().address(),
        payments.join("; "),
    );
    task::open(context, &request.account, about, what, steps)
}

fn paid_after_all(context: &Context, request: &Request, (payment, amount): (&str, Money)) -> Task {
    let about = About::PaidAfterAll { request: request.id.clone(), payment: payment.to_owned() };
    let what = format!("Decide about {amount} for a payment request that was withdrawn");
    let why = request.withdrawn.as_ref().map(|withdrawn| withdrawn.why.as_str()).unwrap_or_default();
    let steps = format!(
        "{amount} came in for a payment request that was withdrawn: {why}. Say among the unmatched payments what it is for, or \
         ask for a refund of payment {payment} on the account's page. Nothing goes back by itself.",
    );
    task::open(context, &request.account, about, what, steps)
}

/// What is different now, or nothing.
async fn written(
    context: &Context,
    read: &mut Read,
    after: &Laid,
    account: &AccountId,
) -> Result<Option<Commit>, Fault> {
    let Read { laid: before, batch, .. } = read;
    let mut commit = Commit::default();
    let mut count = 0;
    for (id, request) in after.requests.iter().filter(|(id, request)| before.requests.get(*id) != Some(*request)) {
        put(&mut commit, batch, before.requests.get(id), request);
        count += 1;
    }
    for ticket in changed(&before.tickets, &after.tickets) {
        put_ticket(&mut commit, batch, ticket)?;
        count += 1;
    }
    for received in changed(&before.received, &after.received) {
        put_received(&mut commit, batch, received)?;
        count += 1;
    }
    for task in changed(&before.tasks, &after.tasks) {
        commit.over(batch, task);
        count += 1;
    }
    for (id, head) in &after.heads {
        let (was, is) = (desk(before, &before.heads[id]), desk(after, head));
        let name = format!("settled:{id}:{}", batch.rev(&keys::head(id)).map_or(1, |rev| rev + 1));
        put_desk(&mut commit, context, batch, &name, (&was, &is)).await?;
        count += usize::from(was != is);
    }
    let own: Key = keys::head(account);
    if before.heads.get(account) == after.heads.get(account) {
        commit.check(batch, &own);
    }
    Ok((count > 0).then_some(commit))
}

/// A head with the cases of its account that are laid out.
fn desk(laid: &Laid, head: &Head) -> Desk {
    let own = laid.cases.iter().filter(|(_, case)| case.account == head.account);
    let cases = own.map(|(id, case)| (id.clone(), case.clone())).collect();
    Desk { cases, ..Desk::of(head.clone(), Touched::default()) }
}

fn changed<'a, K: Ord, T: PartialEq>(
    before: &'a BTreeMap<K, T>,
    after: &'a BTreeMap<K, T>,
) -> impl Iterator<Item = &'a T> {
    after.iter().filter(|(key, value)| before.get(key) != Some(value)).map(|(_, value)| value)
}
