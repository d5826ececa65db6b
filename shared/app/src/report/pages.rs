//! Pages for people: which function answers which endpoint.

mod accounts;
mod actions;
mod cases;
mod cash;
mod filters;
mod home;
mod incidents;
mod open;
mod papers;
mod recoveries;
mod search;
mod sources;
mod team;
mod tickets;

use super::{ageing, query, sums};
use crate::approval;
use crate::context::Context;
use crate::door::console::viewer;
use crate::door::routes::Endpoint;
use crate::door::token::Caller;
use crate::outgoing;
use crate::paper;
use crate::records::networks;
use crate::setup::sources::in_use;
use crate::store::Batch;
use crate::web::{self, Answer, Problem, Window};
use ::pages::Viewer;
use bytes::Bytes;
use domain::policies::SHIPPED;
use domain::report::Month;
use http::{Request, StatusCode};

pub(super) use open::{approvals, login};

/// How many rows a page of a list shows.
const ROWS: u32 = 25;
/// How many of each are counted, and how many wait on a page that has no next one.
const GLANCE: u32 = 100;

pub(super) async fn answer(
    context: &Context,
    endpoint: Endpoint,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let viewer = viewer(context, caller);
    let query = web::query(request);
    let window = Window::of(&query, ROWS)?;
    let page = match endpoint {
        Endpoint::Home => home::home(context, &viewer, &caller.staff).await,
        Endpoint::AccountsPage => accounts::all(context, &viewer, &query, window).await,
        Endpoint::AccountPage(id) => accounts::one(context, &viewer, &id, &query).await,
        Endpoint::SearchAllPage => Ok(::pages::search(&viewer, "", None, None)),
        Endpoint::SearchAllForm => return search::everything(context, &viewer, request).await,
        Endpoint::AskPage(id) => approval::form::show(context, &id, &query, caller).await,
        Endpoint::CasesPage => cases::all(context, &viewer, &query, &window).await,
        Endpoint::CasePage(id) => cases::one(context, &viewer, &id, &query, &caller.staff).await,
        Endpoint::DisputesPage => cases::disputes(context, &viewer, &query, &window).await,
        Endpoint::IncidentsPage => incidents::all(context, &viewer, &query, &window).await,
        Endpoint::IncidentPage(id) => incidents::one(context, &viewer, &id).await,
        Endpoint::ActionsPage => actions::all(context, &viewer, &query, &window).await,
        Endpoint::ActionPage(id) => return actions::one(context, &viewer, &id, &query, &caller.staff).await,
        Endpoint::AgeingPage => owing(context, &viewer, &query, &window).await,
        Endpoint::DunningPage => recoveries::due(context, &viewer, &query, &window).await,
        Endpoint::RecoveryPage(id) => recoveries::of_account(context, &viewer, &id, &query).await,
        Endpoint::TasksPage => team::tasks(context, &viewer, &query, window).await,
        Endpoint::TaskPage(id) => team::task(context, &viewer, &id, &query).await,
        Endpoint::StopPage => team::stop(context, &viewer, &query).await,
        Endpoint::StaffPage => team::staff(context, &viewer, &query).await,
        Endpoint::SourcesPage => sources::all(context, &viewer, &query).await,
        Endpoint::EndpointsPage => Ok(outgoing::page(context, &viewer, query::notice(&query), None).await?),
        Endpoint::EntitiesPage => papers::entities(context, &viewer, &query).await,
        Endpoint::PapersPage => papers::all(context, &viewer, &query, window).await,
        Endpoint::PaperPage(number) => papers::one(context, &viewer, &number, &query, &caller.staff).await,
        Endpoint::PaperFile(number, form) => {
            return paper::file(context, &paper::one(context, &number).await?, form).await;
        }
        Endpoint::TicketsPage => tickets::all(context, &viewer, &query, window).await,
        Endpoint::TicketPage(id) => tickets::one(context, &viewer, &id, &query, &caller.staff).await,
        Endpoint::PaymentRequestsPage => cash::requests(context, &viewer, &query, window).await,
        Endpoint::UnmatchedPage => cash::unmatched(context, &viewer, &query, window).await,
        Endpoint::ReportsPage => {
            let today = context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
            report(context, &viewer, &Month::of(today).to_string()).await
        }
        Endpoint::ReportPage(month) => report(context, &viewer, &month).await,
        Endpoint::PoliciesPage if query.contains_key("policy") => written(&viewer, &query),
        Endpoint::PoliciesPage => {
            let (approval, setup) = (context.policies.approval.current(), context.policies.setup.current());
            let rules = networks::read(&Batch::read(context, networks::wanted().to_vec()).await?)?;
            let budgets = (context.policies.declines.current().limit.as_slice(), rules.as_slice());
            let sources = in_use(context).await?;
            Ok(::pages::policies(&viewer, approval, setup, budgets, &sources, SHIPPED))
        }
        other => unreachable!("the route table sends {other:?} elsewhere"),
    }?;
    Ok(web::html(StatusCode::OK, page))
}

/// One policy as it is written.
fn written(viewer: &Viewer, query: &query::Query) -> Result<String, Problem> {
    let part = query.get("part").map_or(Some(1), |part| part.parse().ok());
    let wanted = query.get("policy").map(String::as_str).unwrap_or_default();
    part.and_then(|part| ::pages::policy(viewer, SHIPPED, wanted, part)).ok_or_else(|| Problem::not_found("policy"))
}

async fn report(context: &Context, viewer: &Viewer, month: &str) -> Result<String, Problem> {
    let month = query::month(month)?;
    Ok(::pages::report(viewer, month, &sums::asked(context, month).await?))
}

/// What is owed at a time, with the invoices behind it.
async fn owing(context: &Context, viewer: &Viewer, query: &query::Query, window: &Window) -> Result<String, Problem> {
    let wanted = ageing::Wanted::of(context, query)?;
    let owing = ageing::owing(context, &wanted, window).await?;
    let at = query.get("at").filter(|at| !at.is_empty());
    let same = |name: &str, value: &str| format!("{name}={}&", web::escaped(value));
    let at_path = at.map(|at| same("at", at)).unwrap_or_default();
    let bucket = wanted.bucket.as_ref().map(|bucket| same("bucket", bucket)).unwrap_or_default();
    let shown = ::pages::Owing {
        at: owing.at,
        on: owing.on,
        timezone: &owing.timezone,
        complete: owing.complete,
        unpriced: owing.unpriced,
        currencies: &owing.currencies,
        lines: &owing.items,
        bucket: wanted.bucket.as_deref(),
    };
    let next = more(&format!("/ageing?{at_path}{bucket}"), owing.next);
    Ok(::pages::ageing(viewer, &shown, &format!("/ageing?{at_path}"), next.as_deref()))
}

/// Where the next page of a list is; `base` ends so that a name can follow.
fn more(base: &str, next: Option<String>) -> Option<String> {
    Window::cursor(next.as_deref()).map(|cursor| format!("{base}cursor={cursor}"))
}
