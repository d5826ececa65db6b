//! Which function answers which route. The template and the local service both follow this table.

use crate::paper::Form;
use domain::case;
use http::Method;

/// The five functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Intake,
    Classify,
    Dunning,
    Approval,
    Report,
}

/// What is asked for, with the values of the pattern's gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    Webhook { provider: String, source: String },
    Health,
    Accounts,
    Account(String),
    Ledger(String),
    LedgerHead(String),
    SourceLedger { provider: String, source: String },
    SourceLedgerHead { provider: String, source: String },
    Privacy(String),
    TimelineOf(String),
    Cases,
    Case(String),
    Actions,
    Action(String),
    Receipt(String),
    AskAction,
    DecideAction(String),
    WithdrawAction(String),
    WithdrawPage(String),
    SettleAction(String),
    SettlePage(String),
    LinkOpened,
    PayPage(String),
    Pay(String),
    CardPage(String),
    GiveCard(String),
    DocumentPage(String),
    OpenDocument(String),
    MessagesPage(String),
    Messages(String),
    RequestPage(String),
    SendRequest(String),
    ConfirmRequestPage(String),
    ConfirmRequest(String),
    SlackPressed,
    StaffPage,
    StaffPageForm,
    AskPage(String),
    AskPageForm(String),
    Tasks,
    Task(String),
    ChangeTask(String),
    TasksPage,
    TaskPage(String),
    ChangeTaskPage(String),
    Stops,
    Stop,
    StopPage,
    StopPageForm,
    ViewsForm,
    Staff,
    DecideProposal(String),
    DecideProposalPage(String),
    Delegations,
    Delegate,
    Embeds,
    Embed,
    AllowEmbeds,
    Entities,
    KeepEntity,
    RemoveEntity(String),
    EntitiesPage,
    KeepEntityPage,
    RemoveEntityPage(String),
    SetupLedger,
    SetupLedgerHead,
    Papers,
    CreditPaper(String),
    PapersPage,
    PaperPage(String),
    CreditPaperPage(String),
    PaperFile(String, Form),
    Endpoints,
    AddEndpoint,
    RemoveEndpoint(String),
    RotateEndpoint(String),
    EnableEndpoint(String),
    ReplayEndpoint(String),
    EndpointsPage,
    AddEndpointPage,
    ChangeEndpointPage(String),
    OpenApi,
    Ageing,
    Dunning,
    DunningOutcomes,
    RecoveriesOf(String),
    TellRecovery(String),
    TellRecoveryPage(String),
    TellSecondCard(String),
    TellSecondCardPage(String),
    RecoveryPage(String),
    Decline { provider: String, code: String },
    SearchAccounts,
    SearchAll,
    SearchAllPage,
    SearchAllForm,
    TicketsPage,
    PaymentRequestsPage,
    AskPaymentPage(String),
    UnmatchedPage,
    MatchPaymentPage(String),
    SourcesPage,
    ChangeSourcePage { provider: String, source: String },
    EntitlementOf(String),
    GroupOf(String),
    ResolveCase(String),
    CorrectCase(String),
    WatchCase(String),
    TaskOfCase(String),
    ToldOfCase(String),
    Backfill { provider: String, source: String },
    BackfillOf { provider: String, source: String },
    Import(String),
    ImportsOf(String),
    ChangeGroup(String),
    ChangeGroupPage(String),
    Playbook(String),
    Incidents,
    Incident(String),
    Releases,
    Release,
    Disputes,
    IncidentsPage,
    IncidentPage(String),
    DisputesPage,
    HandleCasePage(String),
    Decision(String),
    ReplayDecision(String),
    Tickets,
    TicketDrafts(String),
    ReplyTicket(String),
    ReplyTicketPage(String),
    Ticket(String),
    Corrections,
    Classify,
    OpenTicket,
    AssignTicket(String),
    CloseTicket(String),
    ReopenTicket(String),
    ClassTicket(String),
    MergeTicket(String),
    UnmergeTicket(String),
    AccountTicket(String),
    StrangerTicket(String),
    TicketPage(String),
    OpenTicketPage,
    ChangeTicketPage(String),
    PaymentRequests,
    AskPayment(String),
    Unmatched,
    MatchPayment(String),
    Sources,
    ChangeSource { provider: String, source: String },
    ReportOf(String),
    RowsOf(String),
    Home,
    AccountsPage,
    AccountPage(String),
    CasesPage,
    CasePage(String),
    ActionsPage,
    ActionPage(String),
    DecidePage(String),
    ApprovalsPage,
    AgeingPage,
    DunningPage,
    ReportsPage,
    ReportPage(String),
    PoliciesPage,
    LoginPage,
    Style,
    Script,
    SignIn,
    SignOut,
}

type Make = fn(Vec<String>) -> Endpoint;

/// One row of the table.
pub struct Route {
    pub method: Method,
    /// Gaps are written `{so}`.
    pub pattern: &'static str,
    pub function: Function,
    make: Make,
}

const fn route(method: Method, pattern: &'static str, function: Function, make: Make) -> Route {
    Route { method, pattern, function, make }
}

fn one(values: Vec<String>) -> String {
    values.into_iter().next().expect("the pattern has a gap")
}

fn two(values: Vec<String>) -> (String, String) {
    let mut values = values.into_iter();
    (values.next().expect("the pattern has a gap"), values.next().expect("the pattern has a second gap"))
}

pub static ROUTES: &[Route] = &[
    route(Method::POST, "/webhooks/{provider}/{source}", Function::Intake, |v| {
        let (provider, source) = two(v);
        Endpoint::Webhook { provider, source }
    }),
    route(Method::GET, "/healthz", Function::Report, |_| Endpoint::Health),
    route(Method::GET, "/api/accounts", Function::Report, |_| Endpoint::Accounts),
    route(Method::GET, "/api/accounts/{id}", Function::Report, |v| Endpoint::Account(one(v))),
    route(Method::POST, "/api/accounts/search", Function::Report, |_| Endpoint::SearchAccounts),
    route(Method::POST, "/api/search", Function::Report, |_| Endpoint::SearchAll),
    route(Method::GET, "/api/accounts/{id}/ledger", Function::Report, |v| Endpoint::Ledger(one(v))),
    route(Method::GET, "/api/accounts/{id}/ledger/head", Function::Report, |v| Endpoint::LedgerHead(one(v))),
    route(Method::GET, "/api/accounts/{id}/privacy", Function::Report, |v| Endpoint::Privacy(one(v))),
    route(Method::GET, "/api/accounts/{id}/timeline", Function::Report, |v| Endpoint::TimelineOf(one(v))),
    route(Method::GET, "/api/cases", Function::Report, |_| Endpoint::Cases),
    route(Method::GET, "/api/cases/{id}", Function::Report, |v| Endpoint::Case(one(v))),
    route(Method::POST, "/api/cases/{id}/resolve", Function::Approval, |v| Endpoint::ResolveCase(one(v))),
    route(Method::POST, "/api/cases/{id}/class", Function::Approval, |v| Endpoint::CorrectCase(one(v))),
    route(Method::POST, "/api/cases/{id}/watch", Function::Approval, |v| Endpoint::WatchCase(one(v))),
    route(Method::POST, "/api/cases/{id}/task", Function::Approval, |v| Endpoint::TaskOfCase(one(v))),
    route(Method::POST, "/api/cases/{id}/told", Function::Approval, |v| Endpoint::ToldOfCase(one(v))),
    route(Method::GET, "/api/actions", Function::Report, |_| Endpoint::Actions),
    route(Method::GET, "/api/actions/{id}", Function::Report, |v| Endpoint::Action(one(v))),
    route(Method::GET, "/api/actions/{id}/receipt", Function::Report, |v| Endpoint::Receipt(one(v))),
    route(Method::POST, "/api/actions", Function::Approval, |_| Endpoint::AskAction),
    route(Method::POST, "/api/actions/{id}/decision", Function::Approval, |v| Endpoint::DecideAction(one(v))),
    route(Method::POST, "/api/actions/{id}/withdraw", Function::Approval, |v| Endpoint::WithdrawAction(one(v))),
    route(Method::POST, "/api/actions/{id}/settle", Function::Approval, |v| Endpoint::SettleAction(one(v))),
    route(Method::POST, "/slack/interactions", Function::Approval, |_| Endpoint::SlackPressed),
    route(Method::GET, "/api/tasks", Function::Report, |_| Endpoint::Tasks),
    route(Method::GET, "/api/tasks/{id}", Function::Report, |v| Endpoint::Task(one(v))),
    route(Method::POST, "/api/tasks/{id}", Function::Approval, |v| Endpoint::ChangeTask(one(v))),
    route(Method::GET, "/api/stop", Function::Report, |_| Endpoint::Stops),
    route(Method::POST, "/api/stop", Function::Approval, |_| Endpoint::Stop),
    route(Method::GET, "/api/staff", Function::Report, |_| Endpoint::Staff),
    route(Method::POST, "/api/staff/proposals/{number}", Function::Approval, |v| Endpoint::DecideProposal(one(v))),
    route(Method::POST, "/staff/proposals/{number}", Function::Approval, |v| Endpoint::DecideProposalPage(one(v))),
    route(Method::GET, "/api/delegations", Function::Report, |_| Endpoint::Delegations),
    route(Method::POST, "/api/delegations", Function::Approval, |_| Endpoint::Delegate),
    route(Method::GET, "/api/embeds", Function::Report, |_| Endpoint::Embeds),
    route(Method::POST, "/api/embeds", Function::Report, |_| Endpoint::Embed),
    route(Method::POST, "/api/embeds/origins", Function::Approval, |_| Endpoint::AllowEmbeds),
    route(Method::GET, "/api/entities", Function::Report, |_| Endpoint::Entities),
    route(Method::POST, "/api/entities", Function::Approval, |_| Endpoint::KeepEntity),
    route(Method::DELETE, "/api/entities/{id}", Function::Approval, |v| Endpoint::RemoveEntity(one(v))),
    route(Method::GET, "/api/setup/ledger", Function::Report, |_| Endpoint::SetupLedger),
    route(Method::GET, "/api/setup/ledger/head", Function::Report, |_| Endpoint::SetupLedgerHead),
    route(Method::GET, "/api/documents", Function::Report, |_| Endpoint::Papers),
    route(Method::POST, "/api/documents/{number}/credit", Function::Approval, |v| Endpoint::CreditPaper(one(v))),
    route(Method::GET, "/api/endpoints", Function::Report, |_| Endpoint::Endpoints),
    route(Method::POST, "/api/endpoints", Function::Approval, |_| Endpoint::AddEndpoint),
    route(Method::DELETE, "/api/endpoints/{id}", Function::Approval, |v| Endpoint::RemoveEndpoint(one(v))),
    route(Method::POST, "/api/endpoints/{id}/rotate", Function::Approval, |v| Endpoint::RotateEndpoint(one(v))),
    route(Method::POST, "/api/endpoints/{id}/enable", Function::Approval, |v| Endpoint::EnableEndpoint(one(v))),
    route(Method::POST, "/api/endpoints/{id}/replay", Function::Approval, |v| Endpoint::ReplayEndpoint(one(v))),
    route(Method::GET, "/api/openapi.json", Function::Report, |_| Endpoint::OpenApi),
    route(Method::GET, "/api/ageing", Function::Report, |_| Endpoint::Ageing),
    route(Method::GET, "/api/dunning", Function::Report, |_| Endpoint::Dunning),
    route(Method::GET, "/api/dunning/outcomes", Function::Report, |_| Endpoint::DunningOutcomes),
    route(Method::GET, "/api/accounts/{id}/dunning", Function::Report, |v| Endpoint::RecoveriesOf(one(v))),
    route(Method::POST, "/api/accounts/{id}/dunning", Function::Approval, |v| Endpoint::TellRecovery(one(v))),
    route(Method::POST, "/api/accounts/{id}/second-card", Function::Approval, |v| Endpoint::TellSecondCard(one(v))),
    route(Method::POST, "/accounts/{id}/second-card", Function::Approval, |v| Endpoint::TellSecondCardPage(one(v))),
    route(Method::GET, "/api/declines/{provider}/{code}", Function::Report, |v| {
        let (provider, code) = two(v);
        Endpoint::Decline { provider, code }
    }),
    route(Method::GET, "/api/entitlements/{account}", Function::Report, |v| Endpoint::EntitlementOf(one(v))),
    route(Method::GET, "/api/accounts/{id}/group", Function::Report, |v| Endpoint::GroupOf(one(v))),
    route(Method::POST, "/api/accounts/{id}/group", Function::Approval, |v| Endpoint::ChangeGroup(one(v))),
    route(Method::POST, "/accounts/{id}/group", Function::Approval, |v| Endpoint::ChangeGroupPage(one(v))),
    route(Method::GET, "/api/backfill/{provider}/{source}", Function::Report, |v| {
        let (provider, source) = two(v);
        Endpoint::BackfillOf { provider, source }
    }),
    route(Method::POST, "/api/backfill/{provider}/{source}", Function::Approval, |v| {
        let (provider, source) = two(v);
        Endpoint::Backfill { provider, source }
    }),
    route(Method::GET, "/api/import/{kind}", Function::Report, |v| Endpoint::ImportsOf(one(v))),
    route(Method::POST, "/api/import/{kind}", Function::Approval, |v| Endpoint::Import(one(v))),
    route(Method::POST, "/api/playbooks/{name}", Function::Report, |v| Endpoint::Playbook(one(v))),
    route(Method::GET, "/api/incidents", Function::Report, |_| Endpoint::Incidents),
    route(Method::GET, "/api/incidents/{id}", Function::Report, |v| Endpoint::Incident(one(v))),
    route(Method::GET, "/api/releases", Function::Report, |_| Endpoint::Releases),
    route(Method::POST, "/api/releases", Function::Approval, |_| Endpoint::Release),
    route(Method::GET, "/api/disputes", Function::Report, |_| Endpoint::Disputes),
    route(Method::GET, "/api/decisions/{id}", Function::Report, |v| Endpoint::Decision(one(v))),
    route(Method::POST, "/api/decisions/{id}/replay", Function::Report, |v| Endpoint::ReplayDecision(one(v))),
    route(Method::GET, "/api/tickets", Function::Report, |_| Endpoint::Tickets),
    route(Method::GET, "/api/tickets/{id}/drafts", Function::Report, |v| Endpoint::TicketDrafts(one(v))),
    route(Method::POST, "/api/tickets/{id}/reply", Function::Approval, |v| Endpoint::ReplyTicket(one(v))),
    route(Method::POST, "/api/tickets", Function::Approval, |_| Endpoint::OpenTicket),
    route(Method::GET, "/api/tickets/corrections", Function::Report, |_| Endpoint::Corrections),
    route(Method::POST, "/api/classify", Function::Report, |_| Endpoint::Classify),
    route(Method::GET, "/api/tickets/{id}", Function::Report, |v| Endpoint::Ticket(one(v))),
    route(Method::POST, "/api/tickets/{id}/assign", Function::Approval, |v| Endpoint::AssignTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/close", Function::Approval, |v| Endpoint::CloseTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/reopen", Function::Approval, |v| Endpoint::ReopenTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/class", Function::Approval, |v| Endpoint::ClassTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/merge", Function::Approval, |v| Endpoint::MergeTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/unmerge", Function::Approval, |v| Endpoint::UnmergeTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/account", Function::Approval, |v| Endpoint::AccountTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/stranger", Function::Approval, |v| Endpoint::StrangerTicket(one(v))),
    route(Method::POST, "/api/tickets/{id}/payment-request", Function::Approval, |v| Endpoint::AskPayment(one(v))),
    route(Method::GET, "/api/payment-requests", Function::Report, |_| Endpoint::PaymentRequests),
    route(Method::GET, "/api/payments/unmatched", Function::Report, |_| Endpoint::Unmatched),
    route(Method::POST, "/api/payments/unmatched/{id}", Function::Approval, |v| Endpoint::MatchPayment(one(v))),
    route(Method::GET, "/api/sources", Function::Report, |_| Endpoint::Sources),
    route(Method::POST, "/api/sources/{provider}/{source}", Function::Approval, |v| {
        let (provider, source) = two(v);
        Endpoint::ChangeSource { provider, source }
    }),
    route(Method::GET, "/api/sources/{provider}/{source}/ledger", Function::Report, |v| {
        let (provider, source) = two(v);
        Endpoint::SourceLedger { provider, source }
    }),
    route(Method::GET, "/api/sources/{provider}/{source}/ledger/head", Function::Report, |v| {
        let (provider, source) = two(v);
        Endpoint::SourceLedgerHead { provider, source }
    }),
    route(Method::GET, "/api/reports/{month}", Function::Report, |v| Endpoint::ReportOf(one(v))),
    route(Method::GET, "/api/reports/{month}/rows", Function::Report, |v| Endpoint::RowsOf(one(v))),
    route(Method::GET, "/", Function::Report, |_| Endpoint::Home),
    route(Method::GET, "/accounts", Function::Report, |_| Endpoint::AccountsPage),
    route(Method::GET, "/accounts/{id}", Function::Report, |v| Endpoint::AccountPage(one(v))),
    route(Method::GET, "/accounts/{id}/ask", Function::Report, |v| Endpoint::AskPage(one(v))),
    route(Method::POST, "/accounts/{id}/ask", Function::Approval, |v| Endpoint::AskPageForm(one(v))),
    route(Method::GET, "/accounts/{id}/dunning", Function::Report, |v| Endpoint::RecoveryPage(one(v))),
    route(Method::POST, "/accounts/{id}/dunning", Function::Approval, |v| Endpoint::TellRecoveryPage(one(v))),
    route(Method::GET, "/search", Function::Report, |_| Endpoint::SearchAllPage),
    route(Method::POST, "/search", Function::Report, |_| Endpoint::SearchAllForm),
    route(Method::GET, "/tickets", Function::Report, |_| Endpoint::TicketsPage),
    route(Method::POST, "/tickets/{id}/reply", Function::Approval, |v| Endpoint::ReplyTicketPage(one(v))),
    route(Method::POST, "/tickets", Function::Approval, |_| Endpoint::OpenTicketPage),
    route(Method::GET, "/tickets/{id}", Function::Report, |v| Endpoint::TicketPage(one(v))),
    route(Method::POST, "/tickets/{id}", Function::Approval, |v| Endpoint::ChangeTicketPage(one(v))),
    route(Method::POST, "/tickets/{id}/payment-request", Function::Approval, |v| Endpoint::AskPaymentPage(one(v))),
    route(Method::GET, "/payment-requests", Function::Report, |_| Endpoint::PaymentRequestsPage),
    route(Method::GET, "/payments/unmatched", Function::Report, |_| Endpoint::UnmatchedPage),
    route(Method::POST, "/payments/unmatched/{id}", Function::Approval, |v| Endpoint::MatchPaymentPage(one(v))),
    route(Method::GET, "/sources", Function::Report, |_| Endpoint::SourcesPage),
    route(Method::POST, "/sources/{provider}/{source}", Function::Approval, |v| {
        let (provider, source) = two(v);
        Endpoint::ChangeSourcePage { provider, source }
    }),
    route(Method::GET, "/entities", Function::Report, |_| Endpoint::EntitiesPage),
    route(Method::POST, "/entities", Function::Approval, |_| Endpoint::KeepEntityPage),
    route(Method::POST, "/entities/{id}", Function::Approval, |v| Endpoint::RemoveEntityPage(one(v))),
    route(Method::GET, "/documents", Function::Report, |_| Endpoint::PapersPage),
    route(Method::GET, "/documents/{number}", Function::Report, |v| Endpoint::PaperPage(one(v))),
    route(Method::POST, "/documents/{number}/credit", Function::Approval, |v| Endpoint::CreditPaperPage(one(v))),
    route(Method::GET, "/documents/{number}/ubl", Function::Report, |v| Endpoint::PaperFile(one(v), Form::Ubl)),
    route(Method::GET, "/documents/{number}/cii", Function::Report, |v| Endpoint::PaperFile(one(v), Form::Cii)),
    route(Method::GET, "/documents/{number}/pdf", Function::Report, |v| Endpoint::PaperFile(one(v), Form::Pdf)),
    route(Method::GET, "/endpoints", Function::Report, |_| Endpoint::EndpointsPage),
    route(Method::POST, "/endpoints", Function::Approval, |_| Endpoint::AddEndpointPage),
    route(Method::POST, "/endpoints/{id}", Function::Approval, |v| Endpoint::ChangeEndpointPage(one(v))),
    route(Method::GET, "/cases", Function::Report, |_| Endpoint::CasesPage),
    route(Method::GET, "/cases/{id}", Function::Report, |v| Endpoint::CasePage(one(v))),
    route(Method::POST, "/cases/{id}", Function::Approval, |v| Endpoint::HandleCasePage(one(v))),
    route(Method::GET, "/incidents", Function::Report, |_| Endpoint::IncidentsPage),
    route(Method::GET, "/incidents/{id}", Function::Report, |v| Endpoint::IncidentPage(one(v))),
    route(Method::GET, "/disputes", Function::Report, |_| Endpoint::DisputesPage),
    route(Method::GET, "/actions", Function::Report, |_| Endpoint::ActionsPage),
    route(Method::GET, "/actions/{id}", Function::Report, |v| Endpoint::ActionPage(one(v))),
    route(Method::POST, "/actions/{id}/decision", Function::Approval, |v| Endpoint::DecidePage(one(v))),
    route(Method::POST, "/actions/{id}/settle", Function::Approval, |v| Endpoint::SettlePage(one(v))),
    route(Method::POST, "/actions/{id}/withdraw", Function::Approval, |v| Endpoint::WithdrawPage(one(v))),
    route(Method::GET, "/approvals", Function::Report, |_| Endpoint::ApprovalsPage),
    route(Method::POST, "/approvals", Function::Approval, |_| Endpoint::LinkOpened),
    route(Method::GET, "/pay/{token}", Function::Dunning, |v| Endpoint::PayPage(one(v))),
    route(Method::POST, "/pay/{token}", Function::Dunning, |v| Endpoint::Pay(one(v))),
    route(Method::GET, "/card/{token}", Function::Dunning, |v| Endpoint::CardPage(one(v))),
    route(Method::POST, "/card/{token}", Function::Dunning, |v| Endpoint::GiveCard(one(v))),
    route(Method::GET, "/document/{token}", Function::Dunning, |v| Endpoint::DocumentPage(one(v))),
    route(Method::POST, "/document/{token}", Function::Dunning, |v| Endpoint::OpenDocument(one(v))),
    route(Method::GET, "/messages/{token}", Function::Report, |v| Endpoint::MessagesPage(one(v))),
    route(Method::POST, "/messages/{token}", Function::Approval, |v| Endpoint::Messages(one(v))),
    route(Method::GET, "/request/{source}", Function::Intake, |v| Endpoint::RequestPage(one(v))),
    route(Method::POST, "/request/{source}", Function::Intake, |v| Endpoint::SendRequest(one(v))),
    route(Method::GET, "/request/confirm/{token}", Function::Intake, |v| Endpoint::ConfirmRequestPage(one(v))),
    route(Method::POST, "/request/confirm/{token}", Function::Intake, |v| Endpoint::ConfirmRequest(one(v))),
    route(Method::GET, "/staff", Function::Report, |_| Endpoint::StaffPage),
    route(Method::POST, "/staff", Function::Approval, |_| Endpoint::StaffPageForm),
    route(Method::GET, "/tasks", Function::Report, |_| Endpoint::TasksPage),
    route(Method::GET, "/tasks/{id}", Function::Report, |v| Endpoint::TaskPage(one(v))),
    route(Method::POST, "/tasks/{id}", Function::Approval, |v| Endpoint::ChangeTaskPage(one(v))),
    route(Method::GET, "/stop", Function::Report, |_| Endpoint::StopPage),
    route(Method::POST, "/stop", Function::Approval, |_| Endpoint::StopPageForm),
    route(Method::POST, "/views", Function::Approval, |_| Endpoint::ViewsForm),
    route(Method::GET, "/ageing", Function::Report, |_| Endpoint::AgeingPage),
    route(Method::GET, "/dunning", Function::Report, |_| Endpoint::DunningPage),
    route(Method::GET, "/reports", Function::Report, |_| Endpoint::ReportsPage),
    route(Method::GET, "/reports/{month}", Function::Report, |v| Endpoint::ReportPage(one(v))),
    route(Method::GET, "/policies", Function::Report, |_| Endpoint::PoliciesPage),
    route(Method::GET, "/style.css", Function::Report, |_| Endpoint::Style),
    route(Method::GET, "/console.js", Function::Report, |_| Endpoint::Script),
    route(Method::GET, "/login", Function::Report, |_| Endpoint::LoginPage),
    route(Method::POST, "/login", Function::Approval, |_| Endpoint::SignIn),
    route(Method::POST, "/logout", Function::Approval, |_| Endpoint::SignOut),
];

/// Why no route answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrouted {
    NoSuchPath,
    OtherMethods(String),
}

/// Finds who answers a request.
pub fn find(method: &Method, path: &str) -> Result<(Function, Endpoint), Unrouted> {
    let mut others = Vec::new();
    for route in ROUTES {
        let Some(values) = gaps(route.pattern, path) else { continue };
        // HEAD is answered like GET, without the body.
        if route.method == *method || (route.method == Method::GET && *method == Method::HEAD) {
            return Ok((route.function, (route.make)(values)));
        }
        others.push(route.method.as_str());
    }
    if others.is_empty() { Err(Unrouted::NoSuchPath) } else { Err(Unrouted::OtherMethods(others.join(", "))) }
}

fn gaps(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut values = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(values),
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => values.push(decoded(given)?),
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return None,
        }
    }
}

/// Undoes percent signs; a `+` in a path is a plus.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex::decode([rest.next()?, rest.next()?]).ok()?[0] } else { byte });
    }
    String::from_utf8(bytes).ok()
}

/// The classes of the `class` filter.
pub fn class(name: &str) -> Option<case::Class> {
    case::Class::ALL.into_iter().find(|class| class.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_answer() {
        assert_eq!(find(&Method::GET, "/api/actions/x"), Ok((Function::Report, Endpoint::Action("x".into()))));
        assert_eq!(find(&Method::HEAD, "/healthz"), Ok((Function::Report, Endpoint::Health)));
        assert_eq!(
            find(&Method::GET, "/accounts/stripe%3Acus_1"),
            Ok((Function::Report, Endpoint::AccountPage("stripe:cus_1".into())))
        );
        assert_eq!(find(&Method::DELETE, "/api/actions"), Err(Unrouted::OtherMethods("GET, POST".into())));
        for path in ["", "/nope", "/api/accounts/", "/accounts/a/b", "/accounts/%zz", "/accounts/%f"] {
            assert_eq!(find(&Method::GET, path), Err(Unrouted::NoSuchPath), "{path}");
        }
    }
}
