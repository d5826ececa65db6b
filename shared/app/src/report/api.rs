//! JSON for programs: which function answers which endpoint.

mod accounts;
mod actions;
mod cases;
mod cash;
mod incidents;
mod judged;
mod ledger;
mod papers;
mod recoveries;
mod reports;
mod search;
mod sources;
mod team;
mod tickets;

use crate::approval::reply;
use crate::context::Context;
use crate::door::routes::Endpoint;
use crate::outgoing::endpoints;
use crate::report::query::Query;
use crate::report::{ageing, embed};
use crate::setup::embeds;
use crate::web::{self, Answer, Problem, Window};
use bytes::Bytes;
use domain::staff::Staff;
use http::{Request, StatusCode};
use serde::Serialize;
use serde_json::json;

pub(super) async fn answer(
    context: &Context,
    endpoint: Endpoint,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let query = web::query(request);
    let window = Window::of(&query, 100)?;
    match endpoint {
        Endpoint::Accounts => accounts::all(context, &query, window).await,
        Endpoint::Account(id) => accounts::one(context, &id, request).await,
        Endpoint::SearchAccounts => accounts::search(context, request).await,
        Endpoint::SearchAll => search::everything(context, request, &window).await,
        Endpoint::TimelineOf(id) => accounts::timeline(context, &id, window).await,
        Endpoint::EntitlementOf(id) => accounts::entitlement_of(context, &id).await,
        Endpoint::GroupOf(id) => accounts::group_of(context, &id).await,
        Endpoint::Privacy(id) => accounts::privacy(context, &id, staff, &window).await,
        Endpoint::Ledger(id) => ledger::entries(context, &id, window).await,
        Endpoint::LedgerHead(id) => ledger::head(context, &id).await,
        Endpoint::SourceLedger { provider, source } => {
            ledger::entries_of_source(context, &provider, &source, window).await
        }
        Endpoint::SourceLedgerHead { provider, source } => ledger::head_of_source(context, &provider, &source).await,
        Endpoint::SetupLedger => ledger::entries_of_setup(context, window).await,
        Endpoint::SetupLedgerHead => ledger::head_of_setup(context).await,
        Endpoint::Papers => papers::all(context, &query, window).await,
        Endpoint::Entities => papers::entities(context).await,
        Endpoint::Cases => cases::all(context, &query, &window).await,
        Endpoint::Case(id) => cases::one(context, &id, &query, request, staff).await,
        Endpoint::Disputes => cases::disputes(context, &query, &window).await,
        Endpoint::Playbook(name) => cases::playbook(context, &name, request, staff).await,
        Endpoint::Actions => actions::all(context, &query, &window).await,
        Endpoint::Action(id) => actions::one(context, &id).await,
        Endpoint::Receipt(id) => actions::receipt(context, &id).await,
        Endpoint::Ageing => owing(context, &query, &window).await,
        Endpoint::Dunning => recoveries::due(context, &query, &window).await,
        Endpoint::DunningOutcomes => recoveries::outcomes(context, &query, &window, request, staff).await,
        Endpoint::RecoveriesOf(id) => recoveries::of_account(context, &id, &window).await,
        Endpoint::Incidents => incidents::all(context, &query, &window).await,
        Endpoint::Incident(id) => incidents::one(context, &id, &window).await,
        Endpoint::Releases => incidents::releases(context).await,
        Endpoint::Decision(id) => judged::decision(context, &id).await,
        Endpoint::ReplayDecision(id) => judged::replay(context, &id, request).await,
        Endpoint::Decline { provider, code } => judged::decline(context, &provider, &code, &query),
        Endpoint::Sources => sources::all(context).await,
        Endpoint::BackfillOf { provider, source } => sources::backfill_of(context, &provider, &source).await,
        Endpoint::ImportsOf(kind) => sources::imports_of(context, &kind).await,
        Endpoint::TicketDrafts(id) => Ok(web::json(StatusCode::OK, &reply::offered(context, &id).await?)),
        Endpoint::Tickets => tickets::all(context, &query, window).await,
        Endpoint::Ticket(id) => tickets::one(context, &id).await,
        Endpoint::Corrections => tickets::corrections(context, Window::of(&query, 1000)?).await,
        Endpoint::Classify => tickets::classify(context, request),
        Endpoint::PaymentRequests => cash::requests(context, &query, window).await,
        Endpoint::Unmatched => cash::unmatched(context, window).await,
        Endpoint::Tasks => team::tasks(context, &query, window).await,
        Endpoint::Task(id) => team::task(context, &id).await,
        Endpoint::Stops => team::stops(context).await,
        Endpoint::Staff => team::staff(context).await,
        Endpoint::Embeds => Ok(list(&embeds::all(context).await?.origins, None)),
        Endpoint::Embed => embed::made(context, request, staff).await,
        Endpoint::Endpoints => Ok(list(&endpoints::all(context).await?, None)),
        Endpoint::Delegations => team::delegations(context).await,
        Endpoint::ReportOf(month) => reports::of_month(context, &month, &query).await,
        Endpoint::RowsOf(month) => reports::rows_of(context, &month, &window).await,
        other => unreachable!("the route table sends {other:?} elsewhere"),
    }
}

/// What is owed at a time, and a page of the invoices behind it.
async fn owing(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let owing = ageing::owing(context, &ageing::Wanted::of(context, query)?, window).await?;
    let mut answer = serde_json::to_value(&owing).expect("an answer is plain data");
    answer["next"] = json!(Window::cursor(owing.next.as_deref()));
    Ok(web::json(StatusCode::OK, &answer))
}

/// One page of a list, and what leads to the next.
fn list<T: Serialize>(items: &[T], next: Option<&str>) -> Answer {
    web::json(StatusCode::OK, &json!({"items": items, "next": Window::cursor(next)}))
}
