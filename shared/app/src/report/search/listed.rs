//! What a question finds on lists: what was on a day, what comes to an amount, and tickets by their words. A day is a
//! place on a list; an amount and words are looked for among the newest.

use super::{Found, Hits};
use crate::context::Context;
use crate::dunning::cash;
use crate::fault::Fault;
use crate::ports::{Order, instant};
use crate::report::read;
use crate::store::keys::{self, lists};
use crate::store::{self, Of, Stored};
use crate::ticket;
use crate::web::Window;
use domain::action::{Action, State as ActionState};
use domain::ageing::Owed;
use domain::book::Invoice;
use domain::book::find::Sum;
use domain::case::{Case, State as CaseState};
use domain::cash::{Request, State as RequestState};
use domain::ticket::{State as TicketState, Ticket};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How much of each kind one question finds.
const EACH_MAX: usize = 25;
/// Among how many of each list an amount or words are looked for, the newest first.
const LOOKED_MAX: u32 = 100;
/// Among how many open invoices an amount is, the oldest first. Their places say it: no invoice is read.
const OPEN_MAX: u32 = 4_000;

fn newest() -> Window {
    Window { after: None, limit: LOOKED_MAX }
}

/// Tickets whose subject has each word of the question, or that somebody wrote from this address.
pub(super) async fn tickets(context: &Context, question: &str, hits: &mut Hits) -> Result<(), Fault> {
    let asked = question.to_lowercase();
    let is_in = |text: Option<&String>| {
        text.is_some_and(|text| {
            let text = text.to_lowercase();
            asked.split_whitespace().all(|word| text.contains(word))
        })
    };
    let wrote =
        |ticket: &Ticket| [&ticket.requester_email, &ticket.requester_name].into_iter().any(|own| is_in(own.value()));
    let page = ticket::list(context, &ticket::Filter::default(), newest()).await?;
    let fits = |ticket: &&Ticket| is_in(ticket.subject.value()) || wrote(ticket);
    page.items.iter().filter(fits).take(EACH_MAX).for_each(|ticket| hits.add(Found::ticket(ticket)));
    Ok(())
}

/// Open invoices, actions, what customers were asked for, and payments that nobody could place.
pub(super) async fn of_amount(context: &Context, sum: &Sum, hits: &mut Hits) -> Result<(), Fault> {
    let mut open = Vec::new();
    store::walk(context, lists::OWED, None, OPEN_MAX, |place: &str| {
        let owed = keys::owed_at(lists::OWED, place).filter(|owed| owed.amount.is_some_and(|amount| sum.is(amount)));
        if let Some(owed) = owed.filter(|_| open.len() < EACH_MAX) {
            open.push(owed);
        }
    })
    .await?;
    open.iter().for_each(|owed| hits.add(invoice(owed)));

    let page = read::actions(context, None, None, &newest()).await?;
    let moves = |action: &&Action| action.kind.amount().is_some_and(|amount| sum.is(amount));
    page.items.iter().filter(moves).take(EACH_MAX).for_each(|action| hits.add(Found::action(action)));

    let page = cash::requests(context, &cash::Wanted::default(), newest()).await?;
    let asks = |request: &&Request| sum.is(request.amount()) || sum.is(request.remaining());
    page.items.iter().filter(asks).take(EACH_MAX).for_each(|request| hits.add(Found::request(request)));

    let page = cash::unmatched(context, newest()).await?;
    for received in page.items.iter().filter(|received| sum.is(received.amount)).take(EACH_MAX) {
        let what = format!("Payment of {} that nobody could place", received.amount);
        hits.add(Found::of_account("payment", received.payment.clone(), what, &received.account));
    }
    Ok(())
}

/// Cases that were opened, what was asked for, tickets that began, and invoices that were due: on a day of UTC.
pub(super) async fn of_day(context: &Context, day: Date, hits: &mut Hits) -> Result<(), Fault> {
    let begins = |day: Date| day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let Some((from, until)) = begins(day).zip(day.tomorrow().ok().and_then(begins)) else { return Ok(()) };

    let all = [CaseState::Open, CaseState::Resolved].map(lists::cases);
    for case in last_before::<Case>(context, &all, until).await?.iter().take_while(|case| case.opened_at >= from) {
        hits.add(Found::case(case));
    }
    let all: Vec<_> = ActionState::ALL.into_iter().map(lists::actions).collect();
    for action in last_before::<Action>(context, &all, until).await?.iter().take_while(|it| it.requested_at >= from) {
        hits.add(Found::action(action));
    }
    let all: Vec<_> = TicketState::ALL.into_iter().map(lists::tickets).collect();
    let began = |ticket: &&Ticket| ticket.began_at().is_some_and(|at| at >= from);
    for ticket in last_before::<Ticket>(context, &all, until).await?.iter().take_while(began) {
        hits.add(Found::ticket(ticket));
    }
    let all: Vec<_> = RequestState::ALL.into_iter().map(lists::payment_requests).collect();
    for request in last_before::<Request>(context, &all, until).await?.iter().take_while(|request| request.at >= from) {
        hits.add(Found::request(request));
    }

    let (after, own) = (Some(keys::due_from(day)), [lists::OWED.to_owned()]);
    let due = store::pick(context, &own, after, each(), Order::Ascending, |_: &Of<Invoice>| true).await?;
    let due = due.items.iter().filter_map(|of| Owed::of(&of.account, &of.value));
    due.take_while(|owed| owed.due_on == day).for_each(|owed| hits.add(invoice(&owed)));
    Ok(())
}

fn invoice(owed: &Owed) -> Found {
    let open = owed.amount.map(|amount| format!("{amount} open, ")).unwrap_or_default();
    let what = format!("Invoice {}, {open}due {}", owed.invoice, owed.due_on);
    Found::of_account("invoice", owed.invoice.clone(), what, &owed.account)
}

/// The last that stand on lists of times before this one.
async fn last_before<T: Stored>(context: &Context, lists: &[String], until: Timestamp) -> Result<Vec<T>, Fault> {
    let page = store::pick(context, lists, Some(instant(until)), each(), Order::Descending, |_: &T| true).await?;
    Ok(page.items)
}

fn each() -> u32 {
    u32::try_from(EACH_MAX).expect("it is small")
}
