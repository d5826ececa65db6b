//! What is said of each route beside its path: who may ask, what they send, and how they are answered.

use super::parameter::Parameter::{self, *};
use std::collections::BTreeSet;

pub const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const HTML: &str = "text/html";
/// Some answers are also given as plain text.
const OR_TEXT: &[&str] = &[JSON, "text/plain"];
const OR_CSV: &[&str] = &[JSON, "text/csv"];
const PAGE: &[Parameter] = &[Limit, Cursor];

/// Who may ask at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Anybody,
    /// Somebody who is signed in; the answer depends on the role.
    Staff,
    /// Whoever signs as the provider does.
    Provider,
}

/// The schema of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Nothing,
    May(&'static str),
    Must(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub struct About {
    pub method: &'static str,
    pub pattern: &'static str,
    /// The operation's name in programs that are made from the document.
    pub id: &'static str,
    pub summary: &'static str,
    pub asker: Asker,
    pub with: &'static [Parameter],
    pub body: Body,
    pub sent_as: &'static [&'static str],
    pub answered_as: &'static [&'static str],
    status: u16,
    /// The schema of the answer; an empty name is an empty answer.
    answer: &'static str,
    also: &'static [(u16, &'static str)],
    refuses: &'static [u16],
}

impl About {
    const fn new(
        method: &'static str,
        pattern: &'static str,
        id: &'static str,
        answer: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            pattern,
            id,
            summary,
            asker: Asker::Staff,
            with: &[],
            body: Body::Nothing,
            sent_as: &[JSON],
            answered_as: &[JSON],
            status: 200,
            answer,
            also: &[],
            refuses: &[],
        }
    }

    const fn by(self, asker: Asker) -> Self {
        Self { asker, ..self }
    }

    const fn with(self, with: &'static [Parameter]) -> Self {
        Self { with, ..self }
    }

    const fn takes(self, body: Body) -> Self {
        Self { body, ..self }
    }

    const fn sent_as(self, sent_as: &'static [&'static str]) -> Self {
        Self { sent_as, ..self }
    }

    const fn answered_as(self, answered_as: &'static [&'static str]) -> Self {
        Self { answered_as, ..self }
    }

    const fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn also(self, also: &'static [(u16, &'static str)]) -> Self {
        Self { also, ..self }
    }

    const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    /// How it answers where all is well.
    pub fn answers(&self) -> impl Iterator<Item = (u16, &'static str)> {
        std::iter::once((self.status, self.answer)).chain(self.also.iter().copied())
    }

    /// Its own refusals, and those that every request of a signed-in person can meet.
    pub fn refusals(&self) -> BTreeSet<u16> {
        let of_staff: &[u16] = match (self.asker, self.method) {
            (Asker::Staff, "GET") => &[400, 401, 503],
            (Asker::Staff, _) => &[400, 401, 403, 413, 503],
            _ => &[],
        };
        self.refuses.iter().chain(of_staff).copied().collect()
    }
}

const fn get(pattern: &'static str, id: &'static str, answer: &'static str, summary: &'static str) -> About {
    About::new("GET", pattern, id, answer, summary)
}

const fn post(pattern: &'static str, id: &'static str, answer: &'static str, summary: &'static str) -> About {
    About::new("POST", pattern, id, answer, summary)
}

pub static ABOUT: &[About] = &[
    post("/webhooks/{provider}/{source}", "deliver", "Counted", "Takes a delivery that the provider signed")
        .by(Asker::Provider)
        .takes(Body::Must("Anything"))
        .sent_as(&[JSON, FORM])
        .refuses(&[400, 401, 404, 413, 415, 503]),
    post("/slack/interactions", "interact", "", "Takes a button pressed in Slack, signed by Slack")
        .by(Asker::Provider)
        .takes(Body::Must("Interaction"))
        .sent_as(&[FORM])
        .refuses(&[400, 401, 413, 415, 503]),
    get("/pay/{token}", "showDebt", "Page", "Shows whoever has a link to pay what is open; it changes nothing")
        .by(Asker::Anybody)
        .answered_as(&[HTML])
        .also(&[(404, "Page"), (503, "Page")]),
    post("/pay/{token}", "payDebt", "", "Leads on to the provider's page, made or looked up anew; it charges nothing")
        .by(Asker::Anybody)
        .takes(Body::May("Chosen"))
        .sent_as(&[FORM])
        .answered_as(&[HTML])
        .with_status(303)
        .also(&[(404, "Page"), (409, "Page"), (503, "Page")])
        .refuses(&[413]),
    get(
        "/card/{token}",
        "showCard",
        "Page",
        "Shows whoever has a link to give another card the way there; it changes nothing",
    )
    .by(Asker::Anybody)
    .answered_as(&[HTML])
    .also(&[(404, "Page"), (503, "Page")]),
    post("/card/{token}", "giveCard", "", "Leads on to the provider's page on which a card is given, made anew")
        .by(Asker::Anybody)
        .answered_as(&[HTML])
        .with_status(303)
        .also(&[(404, "Page"), (503, "Page")])
        .refuses(&[413]),
    get(
        "/document/{token}",
        "showDocument",
        "Page",
        "Shows whoever has a link to a document of an invoice the way there; it changes nothing",
    )
    .by(Asker::Anybody)
    .answered_as(&[HTML])
    .also(&[(404, "Page"), (410, "Page"), (503, "Page")]),
    post(
        "/document/{token}",
        "openDocument",
        "",
        "Leads on to the provider's page of the document, looked up anew; or gives the tax document that Recoup made",
    )
    .by(Asker::Anybody)
    .answered_as(&[HTML, "application/pdf", "application/xml"])
    .with_status(303)
    .also(&[(200, "Page"), (404, "Page"), (410, "Page"), (503, "Page")])
    .refuses(&[413]),
    get(
        "/messages/{token}",
        "showMessages",
        "Page",
        "Shows a customer whether they are told before their card expires",
    )
    .by(Asker::Anybody)
    .answered_as(&[HTML])
    .also(&[(404, "Page"), (503, "Page")]),
    post(
        "/messages/{token}",
        "chooseMessages",
        "Page",
        "Stops what a customer is told before their card expires (RFC 8058), or begins it",
    )
    .by(Asker::Anybody)
    .takes(Body::May("Again"))
    .sent_as(&[FORM])
    .answered_as(&[HTML])
    .also(&[(404, "Page"), (503, "Page")])
    .refuses(&[413]),
    get("/healthz", "health", "Health", "Says that it is ready").by(Asker::Anybody),
    get("/api/openapi.json", "document", "Record", "Describes all of this").by(Asker::Anybody),
    get("/api/accounts", "listAccounts", "Accounts", "Lists accounts, each as its sidebar without what imports say")
        .with(&[Limit, Cursor, ProviderOfAccount, Owing, InTrouble]),
    get("/api/accounts/{id}", "account", "Sidebar", "Shows an account at a glance")
        .answered_as(OR_TEXT)
        .refuses(&[404]),
    post(
        "/api/accounts/search",
        "searchAccounts",
        "Accounts",
        "Finds accounts by e-mail, name (a slip is forgiven), invoice, refund, dispute or last four digits; the first 50",
    )
    .takes(Body::Must("Question")),
    post(
        "/api/search",
        "search",
        "Hits",
        "Finds what a question names by an id, a name or words, or asks for by an amount or a day; the first hundred",
    )
    .with(PAGE)
    .takes(Body::Must("Question")),
    get(
        "/api/accounts/{id}/ledger",
        "ledger",
        "Ledger",
        "Lists what was asked, decided, tried and proved, oldest first",
    )
    .with(PAGE)
    .refuses(&[404]),
    get("/api/accounts/{id}/ledger/head", "ledgerHead", "LedgerHead", "Says where the chain of the ledger stands")
        .refuses(&[404]),
    get(
        "/api/accounts/{id}/privacy",
        "privacy",
        "Held",
        "Shows a manager what is kept of the person, for whom it concerns",
    )
    .with(PAGE)
    .refuses(&[403, 404]),
    get("/api/accounts/{id}/timeline", "timeline", "Timeline", "Lists what the provider told, newest first")
        .with(PAGE)
        .refuses(&[404]),
    get("/api/cases", "listCases", "Cases", "Lists cases, newest first").with(&[Limit, Cursor, Class, StateOfCase, Account, Sort]).refuses(&[404]),
    get("/api/cases/{id}", "case", "CaseShown", "Shows a case with everything that counts before somebody decides")
        .with(&[FormatOfCase])
        .answered_as(OR_TEXT)
        .refuses(&[404]),
    post("/api/cases/{id}/resolve", "resolveCase", "CaseRecord", "Ends a case")
        .takes(Body::May("Resolve"))
        .refuses(&[404, 409]),
    post("/api/cases/{id}/class", "correctCase", "CaseRecord", "Says that a case is of another class")
        .takes(Body::Must("Correct"))
        .refuses(&[404, 409]),
    post("/api/cases/{id}/watch", "watchCase", "CaseRecord", "Watches the account of a case for a while; once")
        .refuses(&[404, 409]),
    post(
        "/api/cases/{id}/task",
        "taskOfCase",
        "Task",
        "Makes the task that a case's playbook leaves to a person; once",
    )
    .refuses(&[404, 409, 422]),
    post("/api/cases/{id}/told", "toldOfCase", "CaseRecord", "Notes that the customer was told elsewhere; once")
        .takes(Body::Must("StepTaken"))
        .refuses(&[404, 409]),
    get("/api/actions", "listActions", "Actions", "Lists actions, newest first")
        .with(&[Limit, Cursor, StateOfAction, KindOfAction, RequestedBy, Account, Sort])
        .refuses(&[404]),
    get("/api/actions/{id}", "action", "Action", "Shows an action").refuses(&[404]),
    get("/api/actions/{id}/receipt", "receipt", "Receipt", "Shows an action with its entries of the ledger")
        .refuses(&[404]),
    post(
        "/api/actions",
        "ask",
        "Action",
        "Asks for an action: previewed, and decided at once where the asker may decide alone",
    )
    .with(&[IdempotencyKey])
    .takes(Body::Must("Ask"))
    .with_status(201)
    .refuses(&[404, 409, 422]),
    post("/api/actions/{id}/decision", "decide", "Action", "Approves or denies exactly what the preview shows")
        .takes(Body::Must("Ballot"))
        .refuses(&[404, 409, 422]),
    post("/api/actions/{id}/withdraw", "withdraw", "Action", "Takes a request back before anything was sent")
        .refuses(&[404, 409]),
    post("/api/actions/{id}/settle", "settle", "Action", "Says what became of an action that was left to a person")
        .takes(Body::Must("Settled"))
        .refuses(&[404, 409]),
    get("/api/tasks", "listTasks", "Tasks", "Lists what people have to do, the next due first")
        .with(&[Limit, Cursor, StateOfTask, AssignedTo, Account])
        .refuses(&[404]),
    get("/api/tasks/{id}", "task", "Task", "Shows a task").refuses(&[404]),
    post("/api/tasks/{id}", "tellTask", "Task", "Assigns a task, puts it off, or says that it is done, or will not be")
        .takes(Body::Must("TaskWord"))
        .refuses(&[404, 409, 422]),
    get("/api/stop", "stops", "StopShown", "Shows what is stopped, and what waits behind it"),
    post("/api/stop", "stop", "StopShown", "Stops what leaves, or releases it")
        .takes(Body::Must("StopWish"))
        .refuses(&[409]),
    get("/api/staff", "listStaff", "StaffTable", "Lists who works here and as what, and who changed that"),
    post(
        "/api/staff/proposals/{number}",
        "decideProposal",
        "StaffProposal",
        "Confirms, as a second person, a change of who may approve, or refuses it",
    )
    .takes(Body::Must("ProposalDecided"))
    .refuses(&[404, 409]),
    get("/api/delegations", "listDelegations", "Delegations", "Lists who stands in for whom"),
    post("/api/delegations", "delegate", "Delegations", "Says who stands in for somebody who is away")
        .takes(Body::Must("DelegationWish"))
        .refuses(&[404, 422]),
    get("/api/embeds", "listEmbeds", "Embeds", "Lists whose pages may show an account within a frame"),
    post(
        "/api/embeds",
        "embed",
        "Embed",
        "Makes the address that shows an account within a frame for five minutes, to look at and nothing else",
    )
    .takes(Body::Must("EmbedWish"))
    .refuses(&[404]),
    post(
        "/api/embeds/origins",
        "allowEmbeds",
        "Embeds",
        "Says whose pages may show an account within a frame: these and no others",
    )
    .takes(Body::Must("Origins"))
    .refuses(&[422]),
    get("/api/entities", "listEntities", "Entities", "Lists the companies of ours that sell, and who makes their invoices"),
    post(
        "/api/entities",
        "keepEntity",
        "KeptEntity",
        "Adds a company of ours that sells, or changes it, with the sources through which it sells",
    )
    .takes(Body::Must("EntityWish"))
    .refuses(&[422]),
    About::new("DELETE", "/api/entities/{id}", "removeEntity", "", "Removes a company of ours that has no documents")
        .with_status(204)
        .refuses(&[404, 422]),
    get("/api/setup/ledger", "setupLedger", "Ledger", "Lists the ledger of what is set up for all sources").with(PAGE),
    get("/api/setup/ledger/head", "setupLedgerHead", "LedgerHead", "Shows where that ledger stands"),
    get(
        "/api/documents",
        "listTaxDocuments",
        "TaxDocuments",
        "Lists the tax documents that Recoup has made, the newest first; those of an account by their invoices",
    )
    .with(&[Limit, Cursor, Number, AccountOfDocuments]),
    post(
        "/api/documents/{number}/credit",
        "creditTaxDocument",
        "TaxDocument",
        "Takes an invoice back that was given back, voided or credited: one credit note over all of it",
    )
    .takes(Body::Must("Crediting"))
    .with_status(201)
    .also(&[(200, "TaxDocument")])
    .refuses(&[404, 422]),
    get(
        "/api/endpoints",
        "listEndpoints",
        "Endpoints",
        "Lists where the product is told what happens, without secrets",
    ),
    post(
        "/api/endpoints",
        "addEndpoint",
        "NewEndpoint",
        "Adds an endpoint; its secret is in this answer and in no other",
    )
    .takes(Body::Must("EndpointWish"))
    .with_status(201)
    .refuses(&[422]),
    About::new("DELETE", "/api/endpoints/{id}", "removeEndpoint", "", "Removes an endpoint, with what waits for it")
        .with_status(204)
        .refuses(&[404]),
    post(
        "/api/endpoints/{id}/rotate",
        "rotateEndpoint",
        "NewEndpoint",
        "Gives an endpoint another secret, beside which the old one signs for a day; enables it, if it was disabled",
    )
    .refuses(&[404, 409]),
    post("/api/endpoints/{id}/enable", "enableEndpoint", "Endpoint", "Goes on with an endpoint that was disabled")
        .refuses(&[404]),
    post(
        "/api/endpoints/{id}/replay",
        "replayEndpoint",
        "Endpoint",
        "Sends again what happened since a time, in its order",
    )
    .takes(Body::Must("Replaying"))
    .with_status(202)
    .refuses(&[404, 409]),
    get("/api/ageing", "ageing", "Ageing", "Sums what is owed by the days that it is overdue, and lists it")
        .with(&[At, Bucket, Limit, Cursor]),
    get(
        "/api/dunning",
        "listDunning",
        "Recoveries",
        "Lists recoveries and what climbs the ladder by when they go on; first, what is expected of all in 30 days",
    )
    .with(&[Limit, Cursor, DueBefore, Segment, Paused]),
    get(
        "/api/dunning/outcomes",
        "listTryOutcomes",
        "TryOutcomes",
        "Lists how tries ended and were chosen, of 200 failed payments a page at most; of a table `Link` leads on",
    )
    .with(&[Limit, Cursor, Since])
    .answered_as(OR_CSV)
    .refuses(&[403]),
    get(
        "/api/accounts/{id}/dunning",
        "recoveries",
        "Plans",
        "Lists the recoveries of an account, by invoice, and behind them its invoices on the ladder of what is overdue",
    )
    .with(PAGE)
    .refuses(&[404]),
    post(
        "/api/accounts/{id}/dunning",
        "tellRecovery",
        "Plans",
        "Pauses recoveries, lets them go on, stops them, or notes what the customer promises; the same twice is once, and \
         of very many the first hundred are shown",
    )
    .takes(Body::Must("RecoveryWord"))
    .refuses(&[404, 409, 422]),
    post(
        "/api/accounts/{id}/second-card",
        "tellSecondCard",
        "SecondCardTold",
        "Writes down that the customer lets a card be charged beside the one that is charged anyway, or that they do not \
         any more; the same twice is once",
    )
    .takes(Body::Must("SecondCardWord"))
    .refuses(&[404, 422]),
    get("/api/declines/{provider}/{code}", "decline", "Decline", "Says what a code of a failed payment means")
        .with(&[Network, Gateway, Advice])
        .refuses(&[404]),
    get("/api/entitlements/{account}", "entitlement", "Entitled", "Says what the customer may use").refuses(&[404]),
    get("/api/accounts/{id}/group", "group", "Group", "Shows which accounts are, or may be, one customer")
        .refuses(&[404]),
    post("/api/accounts/{id}/group", "tellGroup", "GroupRecord", "Says that two accounts are one customer, or are not")
        .takes(Body::Must("GroupWord"))
        .refuses(&[404, 422]),
    get("/api/backfill/{provider}/{source}", "backfill", "Backfill", "Says how far the filling of the book has come")
        .refuses(&[404]),
    post(
        "/api/backfill/{provider}/{source}",
        "fill",
        "Backfill",
        "Begins to fill the book from the provider's own lists",
    )
    .with(&[Since, DryRun])
    .with_status(202)
    .refuses(&[404, 409]),
    get("/api/import/{kind}", "imports", "Imports", "Says which imports of a kind count").refuses(&[404]),
    post("/api/import/{kind}", "import", "Imported", "Takes a file in, whole or not at all")
        .with(&[DryRun, Extra, Provider, Source])
        .takes(Body::Must("Rows"))
        .sent_as(&["text/csv", "application/x-ndjson"])
        .also(&[(202, "Imported")])
        .refuses(&[404, 409, 415, 422]),
    post("/api/playbooks/{name}", "play", "Play", "Shows what a playbook would do for somebody; nothing is written")
        .takes(Body::Must("PlayAsked"))
        .answered_as(OR_TEXT)
        .refuses(&[404, 422]),
    get("/api/incidents", "listIncidents", "Incidents", "Lists incidents, newest first").with(&[
        Limit,
        Cursor,
        StateOfIncident,
    ]),
    get("/api/incidents/{id}", "incident", "IncidentShown", "Shows an incident and a page of whom it concerns")
        .with(PAGE)
        .refuses(&[404]),
    get("/api/releases", "listReleases", "ReleaseList", "Lists what went live lately, oldest first"),
    post("/api/releases", "tellRelease", "Releases", "Remembers something that went live")
        .takes(Body::Must("ReleaseTold")),
    get("/api/disputes", "listDisputes", "Disputes", "Lists disputes, newest first").with(&[Limit, Cursor, StateOfCase, Account, Sort]).refuses(&[404]),
    get("/api/decisions/{id}", "decision", "Decision", "Shows how a case was judged, with everything that it went by")
        .refuses(&[404]),
    post(
        "/api/decisions/{id}/replay",
        "replay",
        "Replayed",
        "Judges again under another version of the policy; nothing is written",
    )
    .takes(Body::Must("Replay"))
    .refuses(&[404, 422]),
    get(
        "/api/tickets/{id}/drafts",
        "ticketDrafts",
        "TicketDrafts",
        "Shows what there is to answer to a ticket, and how",
    )
    .refuses(&[404]),
    post(
        "/api/tickets/{id}/reply",
        "replyTicket",
        "TicketAnswer",
        "Answers a ticket, once, the way that it came; `/pay/…` behind the base address becomes a link to pay",
    )
    .takes(Body::Must("TicketReply"))
    .refuses(&[404, 409, 422]),
    get("/api/tickets", "listTickets", "Tickets", "Lists tickets; those of one account by their names")
        .with(&[Limit, Cursor, StateOfTicket, ClassOfTicket, Assignee, Account, Sort])
        .refuses(&[404]),
    post("/api/tickets", "openTicket", "Ticket", "Opens a ticket for a customer; it takes the way of every other")
        .with(&[TicketKey])
        .takes(Body::Must("TicketOpened"))
        .with_status(201),
    get("/api/tickets/corrections", "listCorrections", "Rows", "Lists what people said that tickets are, newest first")
        .with(PAGE)
        .answered_as(&["text/csv"]),
    post("/api/classify", "classify", "LetterRead", "Says what a text would be taken for as a ticket; nothing is kept")
        .takes(Body::Must("Letter"))
        .refuses(&[413]),
    get("/api/tickets/{id}", "ticket", "TicketShown", "Shows a ticket with what happened to it and what was answered")
        .refuses(&[404]),
    post("/api/tickets/{id}/assign", "assignTicket", "TicketShown", "Gives a ticket to somebody, or takes it back")
        .takes(Body::Must("TicketAssigned"))
        .refuses(&[404, 409, 422]),
    post("/api/tickets/{id}/close", "closeTicket", "TicketShown", "Ends a ticket")
        .takes(Body::May("TicketClosed"))
        .refuses(&[404, 409]),
    post("/api/tickets/{id}/reopen", "reopenTicket", "TicketShown", "Opens a ticket again that has ended")
        .takes(Body::Must("TicketReopened"))
        .refuses(&[404, 409]),
    post(
        "/api/tickets/{id}/class",
        "correctTicket",
        "TicketShown",
        "Says what a ticket is; it is kept as a correction",
    )
    .takes(Body::Must("Correct"))
    .refuses(&[404]),
    post(
        "/api/tickets/{id}/merge",
        "mergeTicket",
        "TicketShown",
        "Says that a ticket is a repeat of another, and ends it",
    )
    .takes(Body::Must("TicketMerged"))
    .refuses(&[404, 422]),
    post("/api/tickets/{id}/unmerge", "unmergeTicket", "TicketShown", "Says that a ticket is no repeat after all")
        .takes(Body::Must("TicketUnmerged"))
        .refuses(&[404, 409]),
    post("/api/tickets/{id}/account", "ownTicket", "TicketShown", "Says of which account a ticket is")
        .takes(Body::Must("TicketOwned"))
        .refuses(&[404, 409]),
    post(
        "/api/tickets/{id}/stranger",
        "strangerTicket",
        "TicketShown",
        "Says that whoever wrote a ticket is no customer",
    )
    .takes(Body::Must("TicketStranger"))
    .refuses(&[404, 409]),
    post(
        "/api/tickets/{id}/payment-request",
        "askPayment",
        "PaymentRequest",
        "Asks the customer of a ticket for what is open",
    )
    .takes(Body::May("PaymentWish"))
    .with_status(201)
    .also(&[(200, "PaymentRequest")])
    .refuses(&[404, 409, 422]),
    get(
        "/api/payment-requests",
        "listPaymentRequests",
        "PaymentRequests",
        "Lists what customers were asked to pay because of tickets, newest first",
    )
    .with(&[Limit, Cursor, StateOfRequest, Account])
    .refuses(&[404]),
    get(
        "/api/payments/unmatched",
        "listUnmatched",
        "UnmatchedPayments",
        "Lists payments of which nobody knows yet what they are for, oldest first",
    )
    .with(PAGE),
    post("/api/payments/unmatched/{id}", "matchPayment", "UnmatchedPayment", "Says what such a payment is for")
        .takes(Body::Must("PaymentSaid"))
        .refuses(&[404, 409, 422]),
    get("/api/sources", "listSources", "Sources", "Lists how the sources are set up"),
    post(
        "/api/sources/{provider}/{source}",
        "changeSource",
        "Source",
        "Changes a source: done at once, or noted until another person asks for the same",
    )
    .with(&[DryRun])
    .takes(Body::Must("SourceWish"))
    .also(&[(202, "Source")])
    .refuses(&[404, 422]),
    get(
        "/api/sources/{provider}/{source}/ledger",
        "sourceLedger",
        "Ledger",
        "Lists who let a source go how far, and who confirmed it, oldest first",
    )
    .with(PAGE)
    .refuses(&[404]),
    get(
        "/api/sources/{provider}/{source}/ledger/head",
        "sourceLedgerHead",
        "LedgerHead",
        "Says where the chain of a source's ledger stands",
    )
    .refuses(&[404]),
    get("/api/reports/{month}", "report", "Report", "Reports a month")
        .with(&[FormatOfReport])
        .also(&[(303, "")])
        .refuses(&[422]),
    get("/api/reports/{month}/rows", "rows", "FactRows", "Lists every row that a month's report is made of").with(PAGE),
];
