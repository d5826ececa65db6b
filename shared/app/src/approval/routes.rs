//! Which function answers somebody who is signed in: a line for each route, and in the files below what a program sends
//! beside what a form of the console says.

mod actions;
mod cases;
mod cash;
mod endpoints;
mod papers;
mod recoveries;
mod replies;
mod setup;
mod team;
mod tickets;

use super::case::Handling;
use super::form;
use crate::classify::backfill;
use crate::context::Context;
use crate::door::routes::Endpoint;
use crate::door::token::Caller;
use crate::setup::import;
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use http::Request;

pub(super) async fn answer(
    context: &Context,
    endpoint: Endpoint,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let (body, staff) = (request.body(), &caller.staff);
    match endpoint {
        Endpoint::AskAction => actions::ask(context, request, staff).await,
        Endpoint::AskPageForm(id) => form::take(context, &id, request, caller).await,
        Endpoint::DecideAction(id) => actions::decide(context, &id, body, staff).await,
        Endpoint::DecidePage(id) => actions::decide_by_form(context, &id, request, caller).await,
        Endpoint::WithdrawAction(id) => actions::withdraw(context, &id, staff).await,
        Endpoint::WithdrawPage(id) => actions::withdraw_by_form(context, &id, request, caller).await,
        Endpoint::SettleAction(id) => actions::settle(context, &id, body, staff).await,
        Endpoint::SettlePage(id) => actions::settle_by_form(context, &id, request, caller).await,
        Endpoint::ResolveCase(id) => cases::handle(context, &id, Handling::Resolve, body, staff).await,
        Endpoint::CorrectCase(id) => cases::handle(context, &id, Handling::Class, body, staff).await,
        Endpoint::WatchCase(id) => cases::watch(context, &id, staff).await,
        Endpoint::TaskOfCase(id) => cases::task(context, &id, staff).await,
        Endpoint::ToldOfCase(id) => cases::told(context, &id, body, staff).await,
        Endpoint::HandleCasePage(id) => cases::handle_by_form(context, &id, request, caller).await,
        Endpoint::ChangeTask(id) => team::tell_task(context, &id, body, staff).await,
        Endpoint::ChangeTaskPage(id) => team::tell_task_by_form(context, &id, request, caller).await,
        Endpoint::ReplyTicket(id) => replies::reply(context, &id, body, staff).await,
        Endpoint::ReplyTicketPage(id) => replies::reply_by_form(context, &id, request, caller).await,
        Endpoint::OpenTicket => tickets::open(context, request, staff).await,
        Endpoint::OpenTicketPage => tickets::open_by_form(context, request, caller).await,
        Endpoint::AssignTicket(id) => tickets::assign(context, &id, body, staff).await,
        Endpoint::CloseTicket(id) => tickets::close(context, &id, body, staff).await,
        Endpoint::ReopenTicket(id) => tickets::reopen(context, &id, body, staff).await,
        Endpoint::ClassTicket(id) => tickets::class(context, &id, body, staff).await,
        Endpoint::MergeTicket(id) => tickets::merge(context, &id, body, staff).await,
        Endpoint::UnmergeTicket(id) => tickets::unmerge(context, &id, body, staff).await,
        Endpoint::AccountTicket(id) => tickets::account(context, &id, body, staff).await,
        Endpoint::StrangerTicket(id) => tickets::stranger(context, &id, body, staff).await,
        Endpoint::ChangeTicketPage(id) => tickets::change_by_form(context, &id, request, caller).await,
        Endpoint::Delegate => team::delegate(context, body, staff).await,
        Endpoint::StaffPageForm => team::delegate_by_form(context, request, caller).await,
        Endpoint::ViewsForm => team::views_by_form(context, request, caller).await,
        Endpoint::DecideProposal(number) => team::decide_proposal(context, &number, body, staff).await,
        Endpoint::DecideProposalPage(number) => team::decide_proposal_by_form(context, &number, request, caller).await,
        Endpoint::TellRecovery(id) => recoveries::tell(context, &id, body, staff).await,
        Endpoint::TellRecoveryPage(id) => recoveries::tell_by_form(context, &id, request, caller).await,
        Endpoint::TellSecondCard(id) => recoveries::second_card(context, &id, body, staff).await,
        Endpoint::TellSecondCardPage(id) => recoveries::second_card_by_form(context, &id, request, caller).await,
        Endpoint::AskPayment(ticket) => cash::ask(context, &ticket, body, staff).await,
        Endpoint::AskPaymentPage(ticket) => cash::ask_by_form(context, &ticket, request, caller).await,
        Endpoint::MatchPayment(id) => cash::say(context, &id, body, staff).await,
        Endpoint::MatchPaymentPage(id) => cash::say_by_form(context, &id, request, caller).await,
        Endpoint::ChangeGroup(id) => setup::group(context, &id, body, staff).await,
        Endpoint::ChangeGroupPage(id) => setup::group_by_form(context, &id, request, caller).await,
        Endpoint::Stop => setup::stop(context, body, staff).await,
        Endpoint::StopPageForm => setup::stop_by_form(context, request, caller).await,
        Endpoint::ChangeSource { provider, source } => setup::source(context, &provider, &source, request, staff).await,
        Endpoint::ChangeSourcePage { provider, source } => {
            setup::source_by_form(context, &provider, &source, request, caller).await
        }
        Endpoint::AllowEmbeds => setup::embeds(context, body, staff).await,
        Endpoint::KeepEntity => papers::keep(context, body, staff).await,
        Endpoint::KeepEntityPage => papers::keep_by_form(context, request, caller).await,
        Endpoint::RemoveEntity(id) => papers::remove(context, &id, staff).await,
        Endpoint::RemoveEntityPage(id) => papers::remove_by_form(context, &id, request, caller).await,
        Endpoint::CreditPaper(number) => papers::credit(context, &number, body, staff).await,
        Endpoint::CreditPaperPage(number) => papers::credit_by_form(context, &number, request, caller).await,
        Endpoint::AddEndpoint => endpoints::add(context, body, staff).await,
        Endpoint::RemoveEndpoint(id) => endpoints::remove(context, &id, staff).await,
        Endpoint::RotateEndpoint(id) => endpoints::rotate(context, &id, staff).await,
        Endpoint::EnableEndpoint(id) => endpoints::enable(context, &id, staff).await,
        Endpoint::ReplayEndpoint(id) => endpoints::replay(context, &id, body, staff).await,
        Endpoint::AddEndpointPage => endpoints::add_by_form(context, request, caller).await,
        Endpoint::ChangeEndpointPage(id) => endpoints::change_by_form(context, &id, request, caller).await,
        Endpoint::Release => setup::release(context, body, staff).await,
        Endpoint::Import(kind) => import::by_staff(context, &kind, request, staff).await,
        Endpoint::Backfill { provider, source } => {
            backfill::by_staff(context, &provider, &source, &web::query(request), staff).await
        }
        other => unreachable!("the route table sends {other:?} to another function"),
    }
}
