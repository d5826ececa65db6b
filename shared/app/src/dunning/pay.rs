//! Answers a link to pay: what is open, and, once somebody wants to pay, the provider's own page. It writes nothing but
//! when that was: no try of ours begins beside somebody who is about to pay.
//!
//! Whoever has the link may open it, without signing in: it shows no more than the message did that it came with, and
//! only the provider's page takes money. A scanner that sends its form has made a link to that page, and nothing else.

pub(super) mod fresh;
pub mod link;
mod words;

use crate::context::Context;
use crate::dunning::link::opened;
use crate::fault::Fault;
use crate::ports::CommitError;
use crate::records;
use crate::setup::{sources, stop};
use crate::store::{Batch, Commit, PayLink, Pressed, keys};
use crate::web::{self, Answer, ID_BYTES_MAX};
use bytes::Bytes;
use domain::book::{Head, Invoice, Person};
use domain::case::{Case, State};
use domain::debt::{self, Debt, Paying};
use domain::id::AccountId;
use domain::import::Customer;
use domain::policy::Reader;
use http::{Request, StatusCode};

pub use words::company;
pub(super) use words::{not_now, unknown};

/// What the kind of action is called that asks for such a page as well: whoever stops that one stops this.
const PAYMENT_LINK: &str = "payment_link";

/// What an account owes, and whoever opened the link asks for first.
struct Owed {
    head: Head,
    invoice: Invoice,
    debt: Debt,
    /// What else can be paid, the oldest first.
    others: Vec<Debt>,
    person: Person,
    /// What the company's own file says of them.
    customer: Option<Customer>,
    /// What they know the company by.
    company: Option<String>,
}

impl Owed {
    fn reader<'a>(&self, context: &'a Context) -> Reader<'a> {
        self.person.reader(self.customer.as_ref(), context.policies.texts.current())
    }
}

/// Answers `GET /pay/{token}`.
pub(super) async fn show(context: &Context, token: &str) -> Result<Answer, Fault> {
    let Some((link, token)) = opened::<PayLink>(context, token).await? else { return Ok(unknown(context)) };
    Ok(match read(context, &link.account, &link.invoice).await? {
        Some(owed) => words::page(context, &owed, &token, StatusCode::OK),
        None => unknown(context),
    })
}

/// Answers `POST /pay/{token}`: leads on to the provider's page, unless there is nothing to pay any more.
pub(super) async fn go(context: &Context, token: &str, request: &Request<Bytes>) -> Result<Answer, Fault> {
    // Read.
    let Some((link, token)) = opened::<PayLink>(context, token).await? else { return Ok(unknown(context)) };
    let fields = web::fields(request.body());
    let wanted = fields.get("invoice").unwrap_or(&link.invoice);
    if wanted.is_empty() || wanted.len() > ID_BYTES_MAX {
        return Ok(unknown(context));
    }
    let Some(owed) = read(context, &link.account, wanted).await? else { return Ok(unknown(context)) };
    let is_held = stop::holds(context, &owed.head, None, Some(PAYMENT_LINK)).await?
        || sources::observes(context, &owed.head).await?;

    // Decide.
    if !owed.debt.is_payable() {
        return Ok(words::page(context, &owed, &token, StatusCode::CONFLICT));
    }
    if is_held {
        return Ok(not_now(context, owed.company.as_deref(), owed.reader(context)));
    }

    // Write. A try that begins later sees it, and one that has begun is seen by what is read after it.
    press(context, &link.account).await?;
    let Some(owed) = read(context, &link.account, wanted).await? else { return Ok(unknown(context)) };
    if !owed.debt.is_payable() {
        return Ok(words::page(context, &owed, &token, StatusCode::CONFLICT));
    }
    let page = fresh::page(context, &owed.head, &owed.invoice, &link.hash).await;
    Ok(page.map_or_else(|| not_now(context, owed.company.as_deref(), owed.reader(context)), |page| web::away(&page)))
}

/// Remembers that somebody is led on to pay, whatever of it: some pages ask for all that is owed.
async fn press(context: &Context, account: &AccountId) -> Result<(), Fault> {
    let key = keys::pressed(account);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let before = batch.get::<Pressed>(&key)?.map(|pressed| pressed.paying);
    let paying = Paying::led_on(before, context.policies.limits.current(), context.clock.now());
    if before == Some(paying) {
        return Ok(());
    }
    let mut commit = Commit::default();
    commit.over(&batch, &Pressed { account: account.clone(), paying });
    match commit.run(context).await {
        // Whoever was quicker has pressed at this moment as well.
        Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(CommitError::Fault(fault)) => Err(fault),
    }
}

/// Nothing where the invoice is not one of the account's.
async fn read(context: &Context, account: &AccountId, wanted: &str) -> Result<Option<Owed>, Fault> {
    let head = keys::head(account);
    let whose = records::whose::keys_of(account);
    let batch = Batch::read(context, whose.into_iter().chain([head.clone()]).collect()).await?;
    let Some(mut head) = batch.get::<Head>(&head)? else { return Ok(None) };
    let (person, customer) = records::whose::read(&batch, account)?;
    let company = sources::find(context, &head.provider, &head.source).await?.name;
    let listed = debt::listed(&head, wanted);
    let mut debts = debts(context, &mut head, &listed).await?.into_iter();
    let Some((invoice, debt)) = debts.next().filter(|(invoice, _)| invoice.id == wanted) else { return Ok(None) };
    let others = debts.map(|(_, debt)| debt).filter(Debt::is_payable).collect();
    Ok(Some(Owed { head, invoice, debt, others, person, customer, company }))
}

/// How it stands with invoices of an account, in their order. What is none of the account's is left out.
pub(super) async fn debts(
    context: &Context,
    head: &mut Head,
    wanted: &[String],
) -> Result<Vec<(Invoice, Debt)>, Fault> {
    let (account, unnamed) = (head.account.clone(), debt::unnamed(head, wanted));
    let key = |id: &String| keys::invoice(&account, id);
    let own = wanted.iter().map(key).chain(unnamed.iter().map(keys::case));
    let batch = Batch::read(context, own.collect()).await?;
    for id in &unnamed {
        if let Some(case) = batch.get::<Case>(&keys::case(id))?.filter(|case| case.state == State::Open) {
            head.names(id, case.line(), true);
        }
    }
    let mut debts = Vec::new();
    for id in wanted {
        let Some(invoice) = batch.of::<Invoice>(&key(id))? else { continue };
        let stage = records::stage_to_ask(context, head, &invoice).await?;
        let debt = Debt::of(&invoice, head, stage);
        debts.push((invoice, debt));
    }
    Ok(debts)
}

/// It could not be answered: whoever wants to pay is told to come back.
pub(super) fn failed(context: &Context) -> Answer {
    words::failed(context)
}
