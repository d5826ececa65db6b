//! What the answers are read from.

use super::filter::{Accounts, Actions, Cases};
use crate::context::Context;
use crate::dunning::pay;
use crate::fault::Fault;
use crate::ports::Order;
use crate::records::{contacts, rates, said};
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Of, Page, Stored, Timeline};
use crate::web::{Problem, Window, action_id};
use crate::{incident, records};
use domain::action::{Action, State};
use domain::book::{Head, Invoice, Payment, Person};
use domain::case::{Case, Class, Disputed, Draft, State as CaseState};
use domain::id::{AccountId, ActionId, CaseId};
use domain::incident::{Incident, State as IncidentState};
use domain::ledger::Entry;
use domain::playbook::advice::{Preview, Reply, preview};
use domain::policy::Reader;
use domain::sidebar::{Sidebar, sidebar};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub async fn account(context: &Context, id: &AccountId) -> Result<Option<Sidebar>, Fault> {
    Ok(shown(context, id).await?.map(|(_, sidebar)| sidebar))
}

/// The account at a glance, read in one batch.
pub(super) async fn shown(context: &Context, id: &AccountId) -> Result<Option<(Head, Sidebar)>, Fault> {
    let (own, now) = ([keys::head(id), keys::person(id)], context.clock.now());
    let batch = Batch::read(context, own.iter().cloned().chain(said::keys_of(id)).collect()).await?;
    let person = batch.of::<Person>(&own[1])?.unwrap_or_default();
    let said = said::read(&batch, id)?;
    let Some(head) = batch.get::<Head>(&own[0])? else { return Ok(None) };
    let sidebar = sidebar(&head, &person, now, same_try(context)).with(&said, now);
    Ok(Some((head, sidebar)))
}

/// Everything that a person should see before deciding about a case.
pub async fn case_preview(context: &Context, case: &Case) -> Result<Preview, Fault> {
    let invoice = (case.class == Class::PaymentFailed).then(|| keys::invoice(&case.account, &case.about));
    let (person, head) = (keys::person(&case.account), keys::head(&case.account));
    let now = context.clock.now();
    let today = now.to_zoned(TimeZone::UTC).date();
    let own = [person.clone(), head.clone()].into_iter().chain(invoice.clone()).chain(rates::wanted(context, today));
    let batch = Batch::read(context, said::keys_of(&case.account).into_iter().chain(own).collect()).await?;
    let rates = rates::read(context, &batch, today)?;
    let person = batch.of::<Person>(&person)?.unwrap_or_default();
    let said = said::read(&batch, &case.account)?;
    let invoice = invoice.map(|key| batch.get::<Of<Invoice>>(&key)).transpose()?.flatten().map(|of| of.value);
    let head = batch.get::<Head>(&head)?.ok_or_else(|| Fault::Park(format!("the account {} is gone", case.account)))?;
    let incident = match &invoice {
        Some(invoice) => incident::concerning(context, &head, invoice).await?,
        None => None,
    };
    let link = invoice.and_then(|invoice| pay::link::unmade_for(context, &head, &invoice)).unwrap_or_default();
    let mut about = records::Read::of(Batch::default());
    if let Some(recommended) = &case.recommended {
        about.more(context, &head, &records::about(&recommended.kind)).await?;
    }
    let policy = context.policies.incidents.current();
    let reader = person.reader(said.customer.as_ref(), context.policies.texts.current());
    let written = case
        .draft_reply
        .clone()
        .map(|draft| incident.as_ref().map_or(draft.clone(), |incident| incident.written(draft, policy)));
    let reply = written.and_then(|written| draft(&written, &person, (reader, link)));
    let approval = (context.policies.approval.current(), rates.as_slice());
    let mut preview = preview(case, about.known(&head, now)?, approval, said.granted(now), reply);
    preview.notices = contacts::of(context, &person);
    preview.looks_around(case, &said, &head.customer);
    if let Some(incident) = &incident {
        preview.is_part_of(incident, policy);
    }
    Ok(preview)
}

/// Fills a case's draft with what is known of the person, in their language.
fn draft(draft: &Draft, person: &Person, (reader, link): (Reader<'_>, String)) -> Option<Reply> {
    let values = BTreeMap::from([
        ("name", person.name.value().cloned().unwrap_or_default()),
        ("amount", reader.amount(&draft.amount)),
        ("invoice", draft.invoice.clone()),
        ("payment", draft.payment.clone()),
        ("reason", reader.words(&draft.reason).to_owned()),
        ("link", link),
    ]);
    let (subject, body) = reader.text(&draft.text)?.fill(&values);
    Some(Reply { subject, body })
}

pub(super) fn same_try(context: &Context) -> SignedDuration {
    SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes)
}

/// A page of the accounts that are wanted, with their people.
pub(super) async fn accounts(context: &Context, wanted: &Accounts, window: Window) -> Result<Page<Sidebar>, Fault> {
    let (list, fits) = ([lists::ACCOUNTS.to_owned()], |head: &Head| wanted.fits(head));
    let page: Page<Head> = store::pick(context, &list, window.after, window.limit, Order::Ascending, fits).await?;
    let batch = Batch::read(context, page.items.iter().map(|head| keys::person(&head.account)).collect()).await?;
    let mut items = Vec::new();
    for head in &page.items {
        let person = batch.of::<Person>(&keys::person(&head.account))?.unwrap_or_default();
        items.push(sidebar(head, &person, context.clock.now(), same_try(context)));
    }
    Ok(Page { items, next: page.next })
}

pub async fn timeline(context: &Context, id: &AccountId, window: Window) -> Result<Page<Timeline>, Fault> {
    store::page_of(context, &keys::timeline_of(id), window.after, window.limit, Order::Descending).await
}

pub async fn ledger(context: &Context, id: &AccountId, window: Window) -> Result<Page<Entry>, Fault> {
    store::page_of(context, &keys::ledger_entries(id), window.after, window.limit, Order::Ascending).await
}

/// Cases, newest first.
pub async fn cases(
    context: &Context,
    state: Option<CaseState>,
    window: &Window,
    fits: impl Fn(&Case) -> bool,
) -> Result<Page<Case>, Fault> {
    merged(context, of_cases(state), window, Order::Descending, fits).await
}

/// The cases that are wanted, from the end that is.
pub(super) async fn cases_wanted(context: &Context, wanted: &Cases, window: &Window) -> Result<Page<Case>, Fault> {
    merged(context, of_cases(wanted.state), window, wanted.order, |case: &Case| wanted.fits(case)).await
}

fn of_cases(state: Option<CaseState>) -> impl Iterator<Item = String> {
    let states = state.map_or_else(|| vec![CaseState::Open, CaseState::Resolved], |state| vec![state]);
    states.into_iter().map(lists::cases)
}

/// Actions, of all accounts or of one.
pub async fn actions(
    context: &Context,
    state: Option<State>,
    of: Option<&AccountId>,
    window: &Window,
) -> Result<Page<Action>, Fault> {
    let theirs = |action: &Action| of.is_none_or(|account| action.account == *account);
    merged(context, of_actions(state), window, Order::Descending, theirs).await
}

/// The actions that are wanted, from the end that is.
pub(super) async fn actions_wanted(
    context: &Context,
    wanted: &Actions,
    window: &Window,
) -> Result<Page<Action>, Fault> {
    merged(context, of_actions(wanted.state), window, wanted.order, |action: &Action| wanted.fits(action)).await
}

/// Actions of some states: no more of them are read than are wanted.
pub(super) async fn actions_of(
    context: &Context,
    states: &[State],
    limit: u32,
    order: Order,
) -> Result<Page<Action>, Fault> {
    let window = Window { after: None, limit };
    merged(context, states.iter().copied().map(lists::actions), &window, order, |_: &Action| true).await
}

fn of_actions(state: Option<State>) -> impl Iterator<Item = String> {
    let states = state.map_or_else(|| State::ALL.to_vec(), |state| vec![state]);
    states.into_iter().map(lists::actions)
}

/// What waits for a decision: id, digest, since when.
pub async fn waiting(context: &Context) -> Result<Vec<(ActionId, String, jiff::Timestamp)>, Fault> {
    let page = actions(context, Some(State::WaitingApproval), None, &Window { after: None, limit: 100 }).await?;
    Ok(page.items.into_iter().map(|action| (action.id, action.preview.digest, action.requested_at)).collect())
}

/// Merges lists that stand by their times.
async fn merged<T: Stored>(
    context: &Context,
    lists: impl Iterator<Item = String>,
    window: &Window,
    order: Order,
    fits: impl Fn(&T) -> bool,
) -> Result<Page<T>, Fault> {
    let lists: Vec<_> = lists.collect();
    store::pick(context, &lists, window.after.clone(), window.limit, order, fits).await
}

pub async fn incidents(
    context: &Context,
    state: Option<IncidentState>,
    window: &Window,
) -> Result<Page<Incident>, Fault> {
    let states = state.map_or_else(|| vec![IncidentState::Open, IncidentState::Over], |state| vec![state]);
    let lists = states.into_iter().map(lists::incidents);
    merged(context, lists, window, Order::Descending, |_: &Incident| true).await
}

/// The disputes among the cases, as their payments show them.
pub(super) async fn disputes(context: &Context, wanted: &Cases, window: &Window) -> Result<Page<Disputed>, Fault> {
    let fits = |case: &Case| case.disputed_payment().is_some() && wanted.fits(case);
    let page = merged(context, of_cases(wanted.state), window, wanted.order, fits).await?;
    let key = |case: &Case| case.disputed_payment().map(|payment| keys::payment(&case.account, payment));
    let batch = Batch::read(context, page.items.iter().filter_map(key).collect()).await?;
    let mut items = Vec::new();
    for case in page.items {
        let payment = key(&case).map(|key| batch.get::<Of<Payment>>(&key)).transpose()?.flatten();
        items.extend(payment.and_then(|payment| Disputed::of(&case, &payment.value)));
    }
    Ok(Page { items, next: page.next })
}

pub async fn case(context: &Context, id: &str) -> Result<Case, Problem> {
    let id = CaseId::parse(id).ok_or_else(|| Problem::not_found("case"))?;
    store::read(context, &keys::case(&id)).await?.ok_or_else(|| Problem::not_found("case"))
}

pub async fn action(context: &Context, id: &str) -> Result<Action, Problem> {
    store::read(context, &keys::action(&action_id(id)?)).await?.ok_or_else(|| Problem::not_found("action"))
}
