//! Asks the right person, takes the decision, and does exactly what was approved, once.

mod approve;
pub(crate) mod ask;
mod blocked;
mod carry_out;
mod case;
pub(crate) mod decide;
pub(crate) mod desk;
pub(crate) mod form;
pub mod leaving;
mod link;
mod mailed;
mod owe;
pub mod seal;
pub(crate) mod settle;
mod slack;
pub(crate) mod task;
mod tell;
mod withdraw;

use crate::approval::desk::Done;
use crate::classify::backfill;
use crate::context::Context;
use crate::door::console::own_form;
use crate::door::routes::Endpoint;
use crate::door::session;
use crate::door::token::{self, Caller};
use crate::fault::Fault;
use crate::message::Message;
use crate::setup::{delegation, group, import, sources, stop};
use crate::web::{self, Answer, Problem, account_id, action_id};
use crate::{incident, records};
use bytes::Bytes;
use domain::action::State;
use domain::id::CaseId;
use domain::source::Granted;
use domain::staff::Slack;
use http::{Request, StatusCode};
use jiff::SignedDuration;

/// Works the approval queue.
pub async fn handle(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::Ask { case, trace } => ask::for_case(context, case, trace).await,
        Message::Pressed { team, user, action, approve, digest, trace } => {
            let who = Slack { team: team.clone(), user: user.clone() };
            slack::pressed(context, who, action, *approve, digest, trace).await
        }
        Message::Tell { incident, .. } => incident::tell(context, incident).await.map(|()| Done::Asked),
        Message::Act { action, .. } => {
            let desk = records::read(context, action).await?;
            match desk.action.as_ref().map(|action| action.state) {
                Some(State::WaitingApproval) => decide::wait(context, action).await,
                Some(State::Approved | State::Executing | State::InDoubt | State::Executed) => {
                    let done = carry_out::handle(context, action).await?;
                    if matches!(done, Done::CarriedOut(state) if state.is_final())
                        && let Err(fault) = seal::seal(context, &action.account()).await
                    {
                        // The next action of this account seals this one as well.
                        tracing::warn!(action.id = %action, fault = %fault, "the ledger could not be sealed");
                    }
                    Ok(done)
                }
                Some(State::Failed | State::NeedsPerson | State::Stale | State::Denied | State::Expired) => {
                    match desk.action {
                        Some(action) if action.look_at.is_some() => {
                            owe::owed(context, &action).await.map(|()| Done::Asked)
                        }
                        // Something was told of a customer who leaves, and whose provider cannot end it.
                        Some(action) if action.state == State::NeedsPerson => {
                            leaving::begin(context, &action).await.map(|()| Done::NothingToDo)
                        }
                        _ => Ok(Done::NothingToDo),
                    }
                }
                _ => Ok(Done::NothingToDo),
            }
        }
        other => Err(Fault::Park(format!("a `{}` message does not belong into the approval queue", other.name()))),
    }
}

/// Answers whatever decides or changes.
pub async fn http(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    let result = match endpoint {
        Endpoint::SignIn => session::sign_in(context, request).await,
        Endpoint::SignOut => Ok(session::sign_out()),
        Endpoint::LinkOpened => link::opened(context, request).await,
        Endpoint::SlackPressed => slack::take(context, request).await,
        endpoint => match token::caller(context, request).await {
            Ok(caller) => signed_in(context, endpoint, request, &caller).await,
            Err(problem) => Err(problem),
        },
    };
    let path = request.uri().path();
    let is_page = !path.starts_with("/api/") && !path.starts_with("/slack/");
    result.unwrap_or_else(|problem| {
        if is_page { crate::door::console::problem_page(context, None, &problem) } else { problem.answer() }
    })
}

async fn signed_in(
    context: &Context,
    endpoint: Endpoint,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    match endpoint {
        Endpoint::AskAction => ask::by_staff(context, request, &caller.staff).await,
        Endpoint::DecideAction(id) => {
            let ballot = decide::ballot_json(request.body())?;
            let action = decide::decide(context, &action_id(&id)?, &caller.staff, ballot).await?;
            Ok(web::json(StatusCode::OK, &crate::door::console::action_json(&action)))
        }
        Endpoint::WithdrawAction(id) => {
            let action = withdraw::withdraw(context, &action_id(&id)?, &caller.staff).await?;
            Ok(web::json(StatusCode::OK, &crate::door::console::action_json(&action)))
        }
        Endpoint::SettleAction(id) => {
            let word = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!(
                    "say whether it is `done`, with the provider's `reference` and a `note`: {error}"
                ))
            })?;
            let action = settle::settle(context, &action_id(&id)?, &word, &caller.staff).await?;
            Ok(web::json(StatusCode::OK, &crate::door::console::action_json(&action)))
        }
        Endpoint::SettlePage(id) => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
            let word =
                settle::Word { done: field("done") == "yes", reference: field("reference"), note: field("note") };
            let id = action_id(&id)?;
            let page = format!("/actions/{id}");
            Ok(match settle::settle(context, &id, &word, &caller.staff).await {
                Ok(_) => web::see_other(&page),
                Err(problem) => web::see_with(&page, &problem.message),
            })
        }
        Endpoint::WithdrawPage(id) => {
            own_form(caller, &web::fields(request.body()))?;
            let id = action_id(&id)?;
            let page = format!("/actions/{id}");
            Ok(match withdraw::withdraw(context, &id, &caller.staff).await {
                Ok(_) => web::see_other(&page),
                Err(problem) => web::see_with(&page, &problem.message),
            })
        }
        Endpoint::StaffPageForm => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
            // Without a number of days, what stands is ended.
            let days = fields.get("days").map(|days| days.parse::<i64>()).transpose();
            let days = days.map_err(|_| Problem::malformed("for how many days is a whole number"))?;
            let until = days.map(|days| context.clock.now() + SignedDuration::from_hours(24 * days.clamp(0, 3650)));
            let wish = domain::approval::delegation::Wish {
                from: Some(field("from")),
                to: field("to"),
                until,
                note: field("note"),
            };
            let notice = match delegation::change(context, &wish, &caller.staff).await {
                Ok(_) => "Noted.".to_owned(),
                Err(problem) => problem.message,
            };
            Ok(web::see_with("/staff", &notice))
        }
        Endpoint::AskPageForm(id) => form::take(context, &id, request, caller).await,
        Endpoint::TellTask(id) => {
            let word = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!("send one of `assign`, `snooze_until` and `done`: {error}"))
            })?;
            Ok(web::json(
                StatusCode::OK,
                &task::tell(context, &crate::task::task_id(&id)?, &word, &caller.staff).await?,
            ))
        }
        Endpoint::TellTaskPage(id) => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let id = crate::task::task_id(&id)?;
            let notice = match task::tell(context, &id, &task::form(context, &fields)?, &caller.staff).await {
                Ok(_) => "Noted.".to_owned(),
                Err(problem) => problem.message,
            };
            Ok(web::see_with(&format!("/tasks/{id}"), &notice))
        }
        Endpoint::Stop => {
            let wish = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!(
                    "send what to stop: `source`, `segment` or `kind`, or nothing for all: {error}"
                ))
            })?;
            Ok(web::json(StatusCode::OK, &stop::change(context, &wish, &caller.staff).await?))
        }
        Endpoint::StopPageForm => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
            let wish = domain::stop::Wish {
                source: field("source"),
                segment: field("segment"),
                kind: field("kind"),
                release: fields.contains_key("release"),
                note: field("note").unwrap_or_default(),
            };
            let notice = match stop::change(context, &wish, &caller.staff).await {
                Ok(_) if wish.release => "Released.".to_owned(),
                Ok(_) => "Stopped.".to_owned(),
                Err(problem) => problem.message,
            };
            Ok(web::see_with("/stop", &notice))
        }
        Endpoint::Delegate => {
            let wish = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!(
                    "send who stands in (`to`), until when (`until`), and `from` if not for yourself: {error}"
                ))
            })?;
            let all = delegation::change(context, &wish, &caller.staff).await?;
            Ok(web::json(StatusCode::OK, &serde_json::json!({"items": all, "next": null})))
        }
        Endpoint::DecidePage(id) => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let id = action_id(&id)?;
            let page = format!("/actions/{id}");
            Ok(match decide::decide(context, &id, &caller.staff, decide::ballot_form(&fields)?).await {
                Ok(_) => web::see_other(&page),
                Err(problem) => web::see_with(&page, &problem.message),
            })
        }
        Endpoint::HandleCasePage(id) => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let (wanted, word) = case::form(&fields)?;
            let case_id = CaseId::parse(&id).ok_or_else(|| Problem::not_found("case"))?;
            let notice = match case::handle(context, &id, wanted, &word, &caller.staff).await {
                Ok(_) => "Noted.".to_owned(),
                Err(problem) => problem.message,
            };
            Ok(web::see_with(&format!("/cases/{case_id}"), &notice))
        }
        Endpoint::ResolveCase(id) => {
            let word = case::word(request.body(), case::Wanted::Resolve)?;
            Ok(web::json(
                StatusCode::OK,
                &case::handle(context, &id, case::Wanted::Resolve, &word, &caller.staff).await?,
            ))
        }
        Endpoint::CorrectCase(id) => {
            let word = case::word(request.body(), case::Wanted::Class)?;
            Ok(web::json(StatusCode::OK, &case::handle(context, &id, case::Wanted::Class, &word, &caller.staff).await?))
        }
        Endpoint::Backfill { provider, source } => {
            backfill::by_staff(context, &provider, &source, &web::query(request), &caller.staff).await
        }
        Endpoint::Import(kind) => import::by_staff(context, &kind, request, &caller.staff).await,
        Endpoint::Release => {
            let told = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!(
                    "send the `name` of what went live, and `at` if it was not just now: {error}"
                ))
            })?;
            Ok(web::json(StatusCode::OK, &incident::release(context, &told, &caller.staff).await?))
        }
        Endpoint::TellGroup(id) => {
            let word = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!("send the other `account` and whether it is the `same` customer: {error}"))
            })?;
            let id = account_id(&id)?;
            Ok(web::json(StatusCode::OK, &group::tell(context, &id, &word, &caller.staff).await?))
        }
        Endpoint::TellGroupPage(id) => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let word = serde_json::json!({"account": fields.get("account"), "same": fields.get("same").is_some_and(|same| same == "yes")});
            let word = serde_json::from_value(word)
                .map_err(|_| Problem::malformed("the form names no account; reload the page"))?;
            let id = account_id(&id)?;
            let notice = match group::tell(context, &id, &word, &caller.staff).await {
                Ok(_) => "Noted.".to_owned(),
                Err(problem) => problem.message,
            };
            Ok(web::see_with(&format!("/accounts/{id}"), &notice))
        }
        Endpoint::ChangeSourcePage { provider, source } => {
            let fields = web::fields(request.body());
            own_form(caller, &fields)?;
            let wish = serde_json::json!({"mode": fields.get("mode"), "acting": fields.get("acting")});
            let wish = serde_json::from_value(wish)
                .map_err(|_| Problem::malformed("choose what the source takes and how far it may go"))?;
            let notice = match sources::change(context, &provider, &source, &wish, &caller.staff).await {
                Ok((_, Granted::Done)) => "Changed.".to_owned(),
                Ok((_, Granted::NeedsAnother)) => {
                    "Noted. It is done when another manager asks for the same.".to_owned()
                }
                Err(problem) => problem.message,
            };
            Ok(web::see_with("/sources", &notice))
        }
        Endpoint::ChangeSource { provider, source } => {
            let wish = serde_json::from_slice(request.body()).map_err(|error| {
                Problem::malformed(format!("send mode, acting, retries, messages or cancels: {error}"))
            })?;
            let (source, granted) = sources::change(context, &provider, &source, &wish, &caller.staff).await?;
            let status = if granted == Granted::Done { StatusCode::OK } else { StatusCode::ACCEPTED };
            Ok(web::json(status, &source))
        }
        other => unreachable!("the route table sends {other:?} to another function"),
    }
}
