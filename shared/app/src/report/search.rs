//! One search for everything: what a question names by an id or by words, or asks for by an amount or a day.

mod listed;
mod named;

use crate::context::Context;
use crate::fault::Fault;
use crate::find;
use crate::store::{Batch, Page, keys};
use crate::web::{Problem, Window};
use ::pages::Hit;
use domain::action::Action;
use domain::book::find::{Sum, day};
use domain::book::{Head, Person};
use domain::case::Case;
use domain::cash::Request;
use domain::id::AccountId;
use domain::ticket::{Ticket, TicketName};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// How long a question may be.
const QUESTION_CHARS_MAX: usize = 200;
/// How much one question finds, however it is paged.
const HITS_MAX: usize = 100;
/// How many accounts any of its words lead to.
const ACCOUNTS_MAX: u32 = 50;

/// A page of what a question leads to: what it names first, then what was on that day or comes to that amount. Where it
/// names nothing, what it is like. Each hit leads to a page of its own, and the first that does counts.
pub(super) async fn everything(context: &Context, question: &str, window: &Window) -> Result<Page<Hit>, Problem> {
    if question.chars().count() > QUESTION_CHARS_MAX {
        return Err(Problem::malformed(format!("ask in at most {QUESTION_CHARS_MAX} characters")));
    }
    let from = window.after.as_deref().map_or(Ok(0), str::parse::<usize>).map_err(|_| Problem::strange_cursor())?;
    let found = found(context, question.trim()).await?;
    let limit = usize::try_from(window.limit).expect("a page fits into memory");
    let to = from.saturating_add(limit).min(found.len());
    let shown = found.get(from..to).unwrap_or_default();
    let next = (to < found.len()).then(|| to.to_string());
    Ok(Page { items: labelled(context, shown).await?, next })
}

async fn found(context: &Context, question: &str) -> Result<Vec<Found>, Fault> {
    let mut hits = Hits::default();
    if question.is_empty() {
        return Ok(hits.found);
    }
    named::by_id(context, question, &mut hits).await?;
    let accounts = find::accounts(context, question, ACCOUNTS_MAX).await?;
    let known = Batch::read(context, accounts.iter().map(keys::head).collect()).await?;
    for account in &accounts {
        if known.get::<Head>(&keys::head(account))?.is_some() {
            hits.add(Found::account(account));
        }
    }
    let today = context.clock.now().to_zoned(TimeZone::UTC).date();
    let (sum, day) = (Sum::read(question), day(question, today));
    if hits.found.is_empty() && sum.is_none() && day.is_none() {
        for account in find::alike(context, question, ACCOUNTS_MAX).await? {
            hits.add(Found::account(&account));
        }
        listed::tickets(context, question, &mut hits).await?;
    }
    if let Some(sum) = sum {
        listed::of_amount(context, &sum, &mut hits).await?;
    }
    if let Some(day) = day {
        listed::of_day(context, day, &mut hits).await?;
    }
    hits.found.truncate(HITS_MAX);
    Ok(hits.found)
}

/// Something that was found, before its account's name is read.
#[derive(Debug, Clone)]
struct Found {
    kind: &'static str,
    id: String,
    /// What it is; nothing of an account, which is called by its name.
    what: String,
    account: Option<AccountId>,
    url: String,
}

impl Found {
    fn account(account: &AccountId) -> Self {
        Self::of_account("account", account.to_string(), String::new(), account)
    }

    /// Something that has no page but its account's.
    fn of_account(kind: &'static str, id: String, what: String, account: &AccountId) -> Self {
        Self { kind, id, what, account: Some(account.clone()), url: format!("/accounts/{account}") }
    }

    fn case(case: &Case) -> Self {
        let what = format!("{}, {}", case.class.title(), case.state.name());
        let (id, account) = (case.id.to_string(), Some(case.account.clone()));
        Self { kind: "case", url: format!("/cases/{id}"), id, what, account }
    }

    fn action(action: &Action) -> Self {
        let (id, account) = (action.id.to_string(), Some(action.account.clone()));
        let what = format!("{}, {}", action.preview.summary, action.state().name().replace('_', " "));
        Self { kind: "action", url: format!("/actions/{id}"), id, what, account }
    }

    fn ticket(ticket: &Ticket) -> Self {
        let id = TicketName::of(ticket).address();
        let subject = ticket.subject.value().map(String::as_str).filter(|subject| !subject.trim().is_empty());
        let what = subject.unwrap_or("No subject").to_owned();
        Self { kind: "ticket", url: format!("/tickets/{id}"), id, what, account: ticket.handling.account.clone() }
    }

    /// It is worked on from its ticket.
    fn request(request: &Request) -> Self {
        let url = format!("/tickets/{}", request.ticket_name().address());
        let what = format!("Asked to pay {}", request.amount());
        Self { kind: "payment_request", id: request.id.to_string(), what, account: Some(request.account.clone()), url }
    }
}

/// What was found, each page once.
#[derive(Debug, Default)]
struct Hits {
    found: Vec<Found>,
    urls: BTreeSet<String>,
}

impl Hits {
    fn add(&mut self, found: Found) {
        if self.urls.insert(found.url.clone()) {
            self.found.push(found);
        }
    }
}

/// Says whose each hit is: two reads for each account.
async fn labelled(context: &Context, found: &[Found]) -> Result<Vec<Hit>, Fault> {
    let accounts: BTreeSet<&AccountId> = found.iter().filter_map(|it| it.account.as_ref()).collect();
    let wanted = accounts.iter().flat_map(|account| [keys::person(account), keys::head(account)]);
    let batch = Batch::read(context, wanted.collect()).await?;
    let mut names = BTreeMap::new();
    for account in accounts {
        let person = batch.of::<Person>(&keys::person(account))?.unwrap_or_default();
        let customer =
            batch.get::<Head>(&keys::head(account))?.map(|head| format!("{} {}", head.provider, head.customer));
        let name = person.name.value().cloned().or(customer).unwrap_or_else(|| account.to_string());
        names.insert(account, (name, person.email.value().cloned()));
    }
    let label = |it: &Found| match it.account.as_ref().and_then(|account| names.get(account)) {
        Some((name, Some(email))) if it.what.is_empty() => format!("{name}, {email}"),
        Some((name, _)) if it.what.is_empty() => name.clone(),
        Some((name, _)) => format!("{}: {name}", it.what),
        None => it.what.clone(),
    };
    let hit = |it: &Found| Hit {
        kind: it.kind,
        id: it.id.clone(),
        label: label(it),
        account: it.account.as_ref().map(ToString::to_string),
        url: it.url.clone(),
    };
    Ok(found.iter().map(hit).collect())
}
