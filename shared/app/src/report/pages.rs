//! Pages for people.

use super::{api, plays, read};
use crate::context::Context;
use crate::door::console::viewer;
use crate::door::routes::Endpoint;
use crate::door::token::{self, Caller};
use crate::ports::Order;
use crate::setup::{delegation, group, sources, staff, stop};
use crate::store::{self, Batch, Page, keys};
use crate::web::{self, Answer, Problem, Window};
use crate::{approval, incident, task};
use ::pages::{AccountRow, Home, Viewer};
use bytes::Bytes;
use domain::action::State;
use domain::book::ticket::Ticket;
use domain::case::State as CaseState;
use domain::incident::State as IncidentState;
use domain::policies::SHIPPED;
use domain::report::Month;
use domain::sidebar::Sidebar;
use http::{Request, StatusCode};

/// How many rows a page shows.
const ROWS: u32 = 100;

/// The sign-in page.
pub(super) async fn login(context: &Context, request: &Request<Bytes>) -> Answer {
    let demo = if context.settings.local { staff::all(context).await.unwrap_or_default() } else { Vec::new() };
    let demo: Vec<_> = demo.into_iter().map(|staff| (staff.id, staff.name, staff.role)).collect();
    web::html(StatusCode::OK, ::pages::login(web::query(request).get("notice").map(String::as_str), &demo))
}

/// The page behind mailed links: open to everybody, and the only one with a script.
pub(super) async fn approvals(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let caller = match token::caller(context, request).await {
        Ok(caller) => Some(caller),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => None,
        Err(problem) => return Err(problem),
    };
    let viewer = caller.as_ref().map(|caller| viewer(context, caller));
    let waiting = match &viewer {
        Some(_) => {
            read::actions(context, Some(State::WaitingApproval), &Window::of(&web::query(request), ROWS)?).await?.items
        }
        None => Vec::new(),
    };
    Ok(web::html_with(::pages::SCRIPT, ::pages::landing(viewer.as_ref(), &waiting)))
}

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
        Endpoint::Home => home(context, &viewer).await?,
        Endpoint::AccountsPage => {
            let page = read::accounts(context, window).await?;
            let rows: Vec<_> = page.items.iter().map(row).collect();
            ::pages::accounts(&viewer, &rows, more("/accounts?", page.next).as_deref())
        }
        Endpoint::SearchPage => {
            let fields = web::fields(request.body());
            let question = fields.get("q").map(String::as_str).unwrap_or_default();
            let rows: Vec<_> = api::found(context, question).await?.iter().map(row).collect();
            ::pages::found(&viewer, question, &rows)
        }
        Endpoint::TicketsPage => {
            let page: Page<Ticket> =
                store::page(context, keys::lists::TICKETS, window.after, window.limit, Order::Descending).await?;
            ::pages::tickets(&viewer, &page.items, more("/tickets?", page.next).as_deref())
        }
        Endpoint::AskPage(id) => approval::form::show(context, &id, &query, caller).await?,
        Endpoint::StaffPage => {
            let (all, changes) = (staff::all(context).await?, staff::changes(context).await?);
            let delegations = delegation::all(context).await?;
            ::pages::staff(
                &viewer,
                &all,
                &delegations,
                &changes,
                context.clock.now(),
                query.get("notice").map(String::as_str),
            )
        }
        Endpoint::TasksPage => {
            let wanted = api::wanted_tasks(&query)?;
            let page = task::list(context, &wanted, window).await?;
            let asked =
                ["state", "assigned_to", "account"].into_iter().filter_map(|name| Some((name, query.get(name)?)));
            let base: String = asked.map(|(name, value)| format!("{name}={}&", web::escaped(value))).collect();
            ::pages::tasks(
                &viewer,
                &page.items,
                context.clock.now(),
                more(&format!("/tasks?{base}"), page.next).as_deref(),
            )
        }
        Endpoint::TaskPage(id) => {
            let staff: Vec<_> =
                staff::all(context).await?.into_iter().filter(|staff| staff.role.may_request()).collect();
            let days_max = context.policies.limits.current().snooze_days_max;
            ::pages::task(
                &viewer,
                &api::task(context, &id).await?,
                &staff,
                context.clock.now(),
                days_max,
                query.get("notice").map(String::as_str),
            )
        }
        Endpoint::StopPage => {
            let shown = stop::shown(context).await?;
            let waiting: Vec<_> =
                shown.waiting.iter().map(|line| (line.action.to_string(), line.summary.clone(), line.held)).collect();
            ::pages::stop(&viewer, &shown.stops, &waiting, query.get("notice").map(String::as_str))
        }
        Endpoint::SourcesPage => {
            ::pages::sources(&viewer, &sources::all(context).await?, query.get("notice").map(String::as_str))
        }
        Endpoint::AccountPage(id) => {
            let id = api::account_id(&id)?;
            let sidebar = read::account(context, &id).await?.ok_or_else(|| Problem::not_found("account"))?;
            let timeline = read::timeline(context, &id, Window { after: None, limit: 25 }).await?.items;
            let lines: Vec<_> =
                timeline.iter().map(|line| (line.event.at, line.event.kind.name(), line.event.id.as_str())).collect();
            let group = group::shown(context, &id).await?.ok_or_else(|| Problem::not_found("account"))?;
            let alike = |others: &[group::Other]| others.iter().map(other).collect::<Vec<_>>();
            let group = ::pages::Alike { confirmed: alike(&group.confirmed), proposed: alike(&group.proposed) };
            ::pages::account(&viewer, &sidebar, &lines, &group, query.get("notice").map(String::as_str))
        }
        Endpoint::CasesPage => {
            let state = api::case_state(query.get("state"))?;
            let page = read::cases(context, state, &window).await?;
            let base = state.map_or_else(|| "/cases?".to_owned(), |state| format!("/cases?state={}&", state.name()));
            ::pages::cases(&viewer, &page.items, more(&base, page.next).as_deref())
        }
        Endpoint::CasePage(id) => {
            let case = read::case(context, &id).await?;
            let preview = read::case_preview(context, &case).await?;
            let mut actions = Vec::new();
            for id in &case.actions {
                actions.push(read::action(context, id.as_str()).await?);
            }
            let play = plays::of_case(context, &case, &preview).await?;
            ::pages::case(&viewer, &case, &actions, &preview, play.as_ref(), query.get("notice").map(String::as_str))
        }
        Endpoint::IncidentsPage => {
            let page = read::incidents(context, api::incident_state(query.get("state"))?, &window).await?;
            ::pages::incidents(&viewer, &page.items, more("/incidents?", page.next).as_deref())
        }
        Endpoint::IncidentPage(id) => {
            let incident = incident::find(context, &id).await?;
            ::pages::incident(&viewer, &incident, &incident::members(context, &incident).await?)
        }
        Endpoint::DisputesPage => {
            let page = read::disputes(context, api::case_state(query.get("state"))?, &window).await?;
            ::pages::disputes(&viewer, &page.items, more("/disputes?", page.next).as_deref())
        }
        Endpoint::ActionsPage => {
            let page = read::actions(context, api::action_state(query.get("state"))?, &window).await?;
            ::pages::actions(&viewer, &page.items, more("/actions?", page.next).as_deref())
        }
        Endpoint::ActionPage(id) => {
            let action = read::action(context, &id).await?;
            let receipt = read::receipt(context, &action.id).await?;
            let deciding = approval::decide::as_whom(context, &action, &caller.staff).await?;
            let batch = Batch::read(context, action.members.iter().map(keys::action).collect()).await?;
            let mut members = Vec::new();
            for member in &action.members {
                members.extend(batch.get(&keys::action(member))?);
            }
            ::pages::action(&viewer, &action, &members, &deciding, &receipt, query.get("notice").map(String::as_str))
        }
        Endpoint::DunningPage => {
            let page = read::dunning(context, window).await?;
            ::pages::dunning(&viewer, &page.items, more("/dunning?", page.next).as_deref())
        }
        Endpoint::ReportPage(month) => {
            let month = Month::parse(&month).ok_or_else(api::not_a_month)?;
            ::pages::report(&viewer, month, &read::month_report(context, month).await?)
        }
        Endpoint::PoliciesPage => ::pages::policies(&viewer, context.policies.approval.current(), SHIPPED),
        other => unreachable!("the route table sends {other:?} elsewhere"),
    };
    Ok(web::html(StatusCode::OK, page))
}

fn other(other: &group::Other) -> ::pages::AlikeRow {
    ::pages::AlikeRow {
        id: other.account.to_string(),
        customer: format!("{}:{}", other.provider, other.customer),
        name: other.name.clone(),
        because: other.because,
    }
}

fn row(sidebar: &Sidebar) -> AccountRow {
    AccountRow {
        id: sidebar.account.id.to_string(),
        name: sidebar.account.name.clone(),
        plan: sidebar.plan.name.clone(),
        outstanding: sidebar.status.outstanding,
        mrr: sidebar.lifetime.mrr,
        cases: sidebar.cases.len(),
    }
}

async fn home(context: &Context, viewer: &Viewer) -> Result<String, Problem> {
    let window = Window { after: None, limit: ROWS };
    let waiting = read::actions(context, Some(State::WaitingApproval), &window).await?.items;
    let cases = read::cases(context, Some(CaseState::Open), &window).await?.items;
    let plans = read::dunning(context, Window { after: None, limit: ROWS }).await?.items;
    let incidents = read::incidents(context, Some(IncidentState::Open), &window).await?.items;
    let month = Month::of(context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let report = read::month_report(context, month).await?;
    Ok(::pages::home(
        viewer,
        &Home { waiting: &waiting, cases: &cases, plans: &plans, incidents: &incidents, report: &report },
    ))
}

fn more(base: &str, next: Option<String>) -> Option<String> {
    Window::cursor(next.as_deref()).map(|cursor| format!("{base}cursor={cursor}"))
}
