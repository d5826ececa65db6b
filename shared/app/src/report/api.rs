//! JSON for programs.

use super::{plays, read, wants_text};
use crate::approval::seal;
use crate::classify::backfill;
use crate::context::Context;
use crate::door::console::action_json;
use crate::door::routes::{Endpoint, class};
use crate::ports::Order;
use crate::report::read::{action, case};
use crate::setup::{delegation, group, import, sources, staff, stop};
use crate::store::{self, Page, keys};
use crate::web::{self, Answer, Problem, Window};
use crate::{find, incident, privacy, task};
use bytes::Bytes;
use domain::action::{Action, State};
use domain::book::Head;
use domain::book::entitlement::entitlement;
use domain::book::ticket::Ticket;
use domain::case::{Case, State as CaseState};
use domain::classify::decision::{self, Decision};
use domain::event::Decline;
use domain::id::{AccountId, DecisionId};
use domain::incident::{Incident, Pulse, State as IncidentState};
use domain::ledger::LedgerHead;
use domain::playbook::advice::Preview;
use domain::report::Month;
use domain::sidebar::{self, Sidebar};
use domain::staff::Staff;
use domain::task::Task;
use http::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn answer(
    context: &Context,
    endpoint: Endpoint,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let query = web::query(request);
    let window = Window::of(&query, 100)?;
    match endpoint {
        Endpoint::Accounts => {
            let page = read::accounts(context, window).await?;
            Ok(list(&page.items, page.next.as_deref()))
        }
        Endpoint::Account(id) => {
            let sidebar =
                read::account(context, &account_id(&id)?).await?.ok_or_else(|| Problem::not_found("account"))?;
            Ok(if wants_text(request) {
                web::text(StatusCode::OK, sidebar::text(&sidebar))
            } else {
                web::json(StatusCode::OK, &sidebar)
            })
        }
        Endpoint::Ledger(id) => {
            let page = read::ledger(context, &known_account(context, &id).await?, window).await?;
            Ok(list(&page.items, page.next.as_deref()))
        }
        Endpoint::LedgerHead(id) => {
            let account = known_account(context, &id).await?;
            let head: Option<LedgerHead> = store::read(context, &keys::ledger_head(&account)).await?;
            Ok(web::json(StatusCode::OK, &head.unwrap_or_else(|| LedgerHead::new(&account))))
        }
        Endpoint::LedgerSeal(id) => Ok(web::json(
            StatusCode::OK,
            &json!({"seal": seal::last(context, &known_account(context, &id).await?).await?}),
        )),
        Endpoint::Privacy(id) => held(context, &known_account(context, &id).await?, staff).await,
        Endpoint::TimelineOf(id) => {
            let page = read::timeline(context, &known_account(context, &id).await?, window).await?;
            let items: Vec<_> = page.items.iter().map(|line| json!({"id": line.event.id, "at": line.event.at, "kind": line.event.kind, "origin": line.event.origin, "seen": line.event.seen, "trace": line.trace})).collect();
            Ok(list(&items, page.next.as_deref()))
        }
        Endpoint::Cases => {
            let wanted = query
                .get("class")
                .map(|name| class(name).ok_or_else(|| Problem::malformed("`class` is not a class of cases")))
                .transpose()?;
            let mut page = read::cases(context, case_state(query.get("state"))?, &window).await?;
            page.items.retain(|case: &Case| wanted.is_none_or(|wanted| case.class == wanted));
            let items: Vec<_> = page.items.iter().map(|case| case_json(case, None)).collect();
            Ok(list(&items, page.next.as_deref()))
        }
        Endpoint::Case(id) => {
            let case = case(context, &id).await?;
            let preview = read::case_preview(context, &case).await?;
            let play = plays::of_case(context, &case, &preview).await?;
            let page = format!("{}/cases/{}", context.settings.base_url, case.id);
            Ok(match query.get("format").map(String::as_str) {
                Some("slack") => web::json(StatusCode::OK, &::pages::case_blocks(&preview, &page)),
                _ if wants_text(request) => {
                    let play = play.map(|play| format!("\n\n{}", play.text())).unwrap_or_default();
                    web::text(StatusCode::OK, format!("{}{play}", preview.text()))
                }
                _ => {
                    let mut value = case_json(&case, Some(&preview));
                    value["playbook"] = json!(play);
                    web::json(StatusCode::OK, &value)
                }
            })
        }
        Endpoint::Actions => {
            let of_account = query.get("account").map(|id| account_id(id)).transpose()?;
            let mut page = read::actions(context, action_state(query.get("state"))?, &window).await?;
            page.items.retain(|action: &Action| of_account.as_ref().is_none_or(|account| action.account == *account));
            let items: Vec<_> = page.items.iter().map(action_json).collect();
            Ok(list(&items, page.next.as_deref()))
        }
        Endpoint::Action(id) => Ok(web::json(StatusCode::OK, &action_json(&action(context, &id).await?))),
        Endpoint::Receipt(id) => {
            let action = action(context, &id).await?;
            let entries = read::receipt(context, &action.id).await?;
            Ok(web::json(StatusCode::OK, &json!({"action": action_json(&action), "entries": entries})))
        }
        Endpoint::Dunning => {
            let before = query
                .get("due_before")
                .map(|text| {
                    text.parse::<jiff::Timestamp>()
                        .map_err(|_| Problem::malformed("`due_before` is a time such as 2026-01-31T00:00:00Z"))
                })
                .transpose()?;
            let mut page = read::dunning(context, window).await?;
            let due = |plan: &domain::dunning::Plan| {
                before.is_none_or(|before| plan.next_wake().is_some_and(|at| at < before))
            };
            if !page.items.iter().all(due) {
                page.next = None;
            }
            page.items.retain(due);
            Ok(list(&page.items, page.next.as_deref()))
        }
        Endpoint::Decline { provider, code } => decline(context, provider, code),
        Endpoint::SearchAccounts => search(context, request).await,
        Endpoint::EntitlementOf(id) => entitlement_of(context, &id).await,
        Endpoint::BackfillOf { provider, source } => {
            Ok(web::json(StatusCode::OK, &backfill::shown(context, &provider, &source).await?))
        }
        Endpoint::ImportsOf(kind) => Ok(web::json(StatusCode::OK, &import::shown(context, &kind).await?)),
        Endpoint::GroupOf(id) => {
            let shown = group::shown(context, &account_id(&id)?).await?.ok_or_else(|| Problem::not_found("account"))?;
            Ok(web::json(StatusCode::OK, &shown))
        }
        Endpoint::Playbook(name) => {
            let name = serde_json::from_value(json!(name)).map_err(|_| Problem::not_found("playbook"))?;
            let asked = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!("say what it is about, such as `account` and `invoice`: {error}"))
            })?;
            let play = plays::play(context, name, &asked, staff).await?;
            Ok(if wants_text(request) {
                web::text(StatusCode::OK, play.text())
            } else {
                web::json(StatusCode::OK, &play)
            })
        }
        Endpoint::Incidents => {
            let page = read::incidents(context, incident_state(query.get("state"))?, &window).await?;
            let items: Vec<_> = page.items.iter().map(incident_json).collect();
            Ok(list(&items, page.next.as_deref()))
        }
        Endpoint::Incident(id) => {
            let incident = incident::find(context, &id).await?;
            let mut value = incident_json(&incident);
            let place = |it: &Pulse| keys::pulse(it).sk;
            let mut members = incident::members(context, &incident).await?;
            members.retain(|it| window.after.as_ref().is_none_or(|after| place(it) > *after));
            let more = members.len() > window.limit as usize;
            members.truncate(window.limit as usize);
            let line = |it: &Pulse| json!({"account": it.account, "about": it.about, "at": it.at, "amount": it.amount, "signs": it.signs});
            value["members_list"] = members.iter().map(line).collect();
            value["members_next"] = json!(Window::cursor(members.last().filter(|_| more).map(place).as_deref()));
            Ok(web::json(StatusCode::OK, &value))
        }
        Endpoint::Releases => Ok(list(&incident::releases(context).await?.lately, None)),
        Endpoint::Disputes => {
            let page = read::disputes(context, case_state(query.get("state"))?, &window).await?;
            Ok(list(&page.items, page.next.as_deref()))
        }
        Endpoint::Decision(id) => Ok(web::json(StatusCode::OK, &decision(context, &id).await?)),
        Endpoint::ReplayDecision(id) => replay(context, &id, request).await,
        Endpoint::Tickets => {
            let page: Page<Ticket> =
                store::page(context, keys::lists::TICKETS, window.after, window.limit, Order::Descending).await?;
            let items: Vec<_> = page.items.iter().map(ticket_json).collect();
            Ok(list(&items, page.next.as_deref()))
        }
        Endpoint::Tasks => {
            let page = task::list(context, &wanted_tasks(&query)?, window).await?;
            Ok(list(&page.items, page.next.as_deref()))
        }
        Endpoint::Task(id) => Ok(web::json(StatusCode::OK, &task(context, &id).await?)),
        Endpoint::Sources => Ok(list(&sources::all(context).await?, None)),
        Endpoint::Stops => Ok(web::json(StatusCode::OK, &stop::shown(context).await?)),
        Endpoint::Staff => {
            let (staff, changes) = (staff::all(context).await?, staff::changes(context).await?);
            Ok(web::json(StatusCode::OK, &json!({"items": staff, "next": null, "changes": changes})))
        }
        Endpoint::Delegations => Ok(list(&delegation::all(context).await?, None)),
        Endpoint::ReportOf(month) => {
            let month = Month::parse(&month).ok_or_else(not_a_month)?;
            match query.get("format").map_or("json", String::as_str) {
                "json" => Ok(web::json(StatusCode::OK, &read::month_report(context, month).await?)),
                "html" => Ok(web::see_other(&format!("/reports/{month}"))),
                _ => Err(Problem::malformed("`format` is json or html")),
            }
        }
        Endpoint::RowsOf(month) => {
            let rows = read::rows(context, Month::parse(&month).ok_or_else(not_a_month)?).await?;
            Ok(web::json(StatusCode::OK, &json!({"items": rows, "next": Value::Null})))
        }
        other => unreachable!("the route table sends {other:?} elsewhere"),
    }
}

fn list<T: Serialize>(items: &[T], next: Option<&str>) -> Answer {
    web::json(StatusCode::OK, &json!({"items": items, "next": Window::cursor(next)}))
}

pub(super) fn not_a_month() -> Problem {
    Problem::malformed("a month is written like 2026-01")
}

pub(super) fn account_id(id: &str) -> Result<AccountId, Problem> {
    AccountId::named(id).ok_or_else(|| Problem::not_found("account"))
}

async fn known_account(context: &Context, id: &str) -> Result<AccountId, Problem> {
    let id = account_id(id)?;
    let head: Option<Head> = store::read(context, &keys::head(&id)).await?;
    head.map(|head| head.account).ok_or_else(|| Problem::not_found("account"))
}

pub(super) fn case_state(name: Option<&String>) -> Result<Option<CaseState>, Problem> {
    match name.map(String::as_str) {
        None | Some("") => Ok(None),
        Some("open") => Ok(Some(CaseState::Open)),
        Some("resolved") => Ok(Some(CaseState::Resolved)),
        Some(_) => Err(Problem::malformed("`state` is open or resolved")),
    }
}

pub(super) async fn task(context: &Context, id: &str) -> Result<Task, Problem> {
    store::read(context, &keys::task(&task::task_id(id)?)).await?.ok_or_else(|| Problem::not_found("task"))
}

pub(super) fn wanted_tasks(query: &BTreeMap<String, String>) -> Result<task::Wanted, Problem> {
    let named = |name: &str| task::Listed::ALL.into_iter().find(|listed| listed.name() == name);
    let state = match query.get("state").map(String::as_str) {
        None | Some("") => None,
        Some(name) => Some(named(name).ok_or_else(|| Problem::malformed("`state` is open, snoozed, done or dropped"))?),
    };
    let account = query.get("account").map(|id| account_id(id)).transpose()?;
    Ok(task::Wanted { state, assigned_to: query.get("assigned_to").filter(|to| !to.is_empty()).cloned(), account })
}

pub(super) fn incident_state(name: Option<&String>) -> Result<Option<IncidentState>, Problem> {
    match name.map(String::as_str) {
        None | Some("") => Ok(None),
        Some("open") => Ok(Some(IncidentState::Open)),
        Some("over") => Ok(Some(IncidentState::Over)),
        Some(_) => Err(Problem::malformed("`state` is open or over")),
    }
}

fn incident_json(incident: &Incident) -> Value {
    let mut value = serde_json::to_value(incident).expect("an incident is plain data");
    value["title"] = json!(incident.title());
    value["chance"] = json!(incident.chance());
    value
}

pub(super) fn action_state(name: Option<&String>) -> Result<Option<State>, Problem> {
    match name.map(String::as_str) {
        None | Some("") => Ok(None),
        Some(name) => State::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .map(Some)
            .ok_or_else(|| Problem::malformed("`state` is not a state of actions")),
    }
}

/// A list shows what was found; a case by itself also what would come of its recommendation.
fn case_json(case: &Case, preview: Option<&Preview>) -> Value {
    let mut value = serde_json::to_value(case).expect("a case is plain data");
    let object = value.as_object_mut().expect("a case is an object");
    let short =
        || json!({"advice": case.advice, "why": case.why, "recommended": case.recommended, "missing": case.missing});
    object.insert("preview".to_owned(), preview.map_or_else(short, |preview| json!(preview)));
    object.insert("policy".to_owned(), json!([{"rule": case.rule, "version": case.policy_version, "why": case.why}]));
    object.insert("tickets".to_owned(), json!([]));
    value
}

async fn decision(context: &Context, id: &str) -> Result<Decision, Problem> {
    let id = DecisionId::parse(id).ok_or_else(|| Problem::not_found("decision"))?;
    store::read(context, &keys::decision(&id)).await?.ok_or_else(|| Problem::not_found("decision"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    policy_version: u32,
}

/// Makes a decision again under another version of its policy, and says what would be different. Nothing is written.
async fn replay(context: &Context, id: &str, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let wanted: Again = serde_json::from_slice(request.body()).map_err(|error| {
        Problem::malformed(format!("send `policy_version`, a version of the classify policy: {error}"))
    })?;
    let policies = &context.policies;
    let policy =
        policies.classify.version(wanted.policy_version).ok_or_else(|| Problem::not_found("policy version"))?;
    let decision = decision(context, id).await?;
    let now = decision::replay(&decision, policy, policies.declines.at(decision.at));
    let differences = decision::differences(&decision.outcome, now.as_ref());
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "id": decision.id, "case": decision.case, "then": {"policy_version": decision.policy_version, "outcome": decision.outcome},
            "now": {"policy_version": wanted.policy_version, "outcome": now}, "same": differences.is_empty(), "differences": differences,
        }),
    ))
}

/// The tables that are not a provider's.
const TABLES: [&str; 4] = ["iso8583", "sepa", "mastercard_advice", "stripe_advice"];

fn decline(context: &Context, provider: String, code: String) -> Result<Answer, Problem> {
    let declines = context.policies.declines.current();
    if providers::named(&provider).is_none() && !TABLES.contains(&provider.as_str()) {
        return Err(Problem::not_found("provider"));
    }
    let decline = Decline::new(&provider, code);
    let meaning = declines.meaning(&decline);
    let family = meaning.family;
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "family": family.id.get_ref(), "customer_reason": family.customer_reason, "who_acts": family.who_acts, "retry": family.retry,
            "report_reason": family.report_reason, "visa_category": meaning.category, "listed": meaning.known, "source": meaning.source,
        }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    q: String,
}

/// How many accounts a search shows.
const FOUND_MAX: u32 = 50;

/// Personal data is asked for in a body, so that it is in no address and no log.
async fn search(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let Question { q } =
        serde_json::from_slice(request.body()).map_err(|_| Problem::malformed("send {\"q\": \"what to look for\"}"))?;
    Ok(list(&found(context, &q).await?, None))
}

/// The sidebars of the accounts that a question leads to.
pub(super) async fn found(context: &Context, question: &str) -> Result<Vec<Sidebar>, Problem> {
    let mut items = Vec::new();
    for account in find::accounts(context, question, FOUND_MAX).await?.iter().take(FOUND_MAX as usize) {
        items.extend(read::account(context, account).await?);
    }
    Ok(items)
}

async fn entitlement_of(context: &Context, id: &str) -> Result<Answer, Problem> {
    let account = account_id(id)?;
    let head: Head = store::read(context, &keys::head(&account)).await?.ok_or_else(|| Problem::not_found("account"))?;
    let state = entitlement(&head, context.clock.now());
    Ok(web::json(StatusCode::OK, &json!({"account": account, "state": state, "as_of": head.book.last_event_at})))
}

/// What is kept of a person. Who answers customers sees less: this is all of it in one place.
async fn held(context: &Context, account: &AccountId, staff: &Staff) -> Result<Answer, Problem> {
    if !staff.role.may_export() {
        let message = "all that is kept of a person is shown to managers, VPs and legal: ask one of them";
        return Err(Problem::not_permitted(message));
    }
    let privacy::Held { person, imported, tickets } = privacy::held(context, account).await?;
    let records = read::account(context, account).await?.ok_or_else(|| Problem::not_found("account"))?;
    let kept = context.policies.texts.current().text("kept_after_erasure").map(|text| text.fill(&BTreeMap::new()).1);
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "account": account, "as_of": context.clock.now(), "erased_at": person.erased_at,
            "person": {
                "name": person.name.value(), "email": person.email.value(), "phone": person.phone.value(),
                "address": person.address.value(), "customer_since": person.created_at.value(),
            },
            "imported": imported, "tickets": tickets.iter().map(ticket_json).collect::<Vec<_>>(), "records": records,
            "kept": kept.unwrap_or_default(),
        }),
    ))
}

/// A ticket as it stands, without the times of its fields.
fn ticket_json(ticket: &Ticket) -> Value {
    json!({
        "provider": ticket.provider, "source": ticket.source, "id": ticket.id, "subject": ticket.subject.value(),
        "body": ticket.body.as_ref().map(|(_, body)| body), "latest": ticket.latest.value(), "status": ticket.status.value(),
        "csat": ticket.csat.value(), "requester": {"name": ticket.requester_name.value(), "email": ticket.requester_email.value()},
        "opened_at": ticket.opened_at, "changed_at": ticket.changed_at, "accounts": ticket.accounts,
    })
}
