//! The sixteen steps from a ticket to the money: what shows each of them, what comes next, and why it waits.

use super::{Notice, NoticeState, Owed, Request, owed};
use crate::case::Class;
use crate::id::RequestId;
use crate::staff::MACHINE;
use crate::task::About;
use crate::telling::Channel;
use crate::ticket::{Happened, State as TicketState, TakenFor, Ticket, TicketName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One step; their order is the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Customer,
    Ticket,
    Agent,
    Investigating,
    Invoices,
    Debt,
    Eligibility,
    DebtMail,
    BillingTask,
    PaymentRequest,
    AwaitingPayment,
    Matched,
    InvoicePaid,
    Resolved,
    Confirmation,
    Counted,
}

/// A step that was done, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub step: Step,
    pub at: Timestamp,
    /// Somebody of the staff, or Recoup.
    pub by: String,
    pub evidence: String,
    /// Who has it, where the evidence is about them and has their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<String>,
}

impl Done {
    /// Somebody has it, or looks into it.
    fn has_it(step: Step, whom: &str, by: &str, at: Timestamp) -> Self {
        let evidence = if step == Step::Agent { format!("{whom} has it") } else { format!("{whom} looks into it") };
        Self { step, at, by: by.to_owned(), evidence, whom: Some(whom.to_owned()) }
    }

    /// What shows it, with whoever has it as they are called.
    pub fn shown<'a>(&'a self, called: impl Fn(&'a str) -> Cow<'a, str>) -> Cow<'a, str> {
        match (&self.whom, self.step) {
            (Some(whom), Step::Agent) => Cow::Owned(format!("{} has it", called(whom))),
            (Some(whom), Step::Investigating) => Cow::Owned(format!("{} looks into it", called(whom))),
            _ => Cow::Borrowed(&self.evidence),
        }
    }
}

/// A step of the way, done or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    pub step: Step,
    pub done: Option<Done>,
    /// What it waits for, where it is not done.
    pub waits: Option<String>,
}

/// The whole way of one ticket, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// As it stands in addresses.
    pub ticket: String,
    pub request: Option<RequestId>,
    /// How often it was our turn, as far as this shows: whoever asks for the payment sends it back.
    pub turns: u32,
    steps: Vec<Stage>,
    /// The first that is not done, unless it has ended before.
    pub next: Option<Step>,
    /// Why that one waits.
    pub waits: Option<String>,
    /// Whoever withdrew it.
    pub withdrawn_by: Option<String>,
}

impl Step {
    /// In their order.
    pub const ALL: [Self; 16] = [
        Self::Customer,
        Self::Ticket,
        Self::Agent,
        Self::Investigating,
        Self::Invoices,
        Self::Debt,
        Self::Eligibility,
        Self::DebtMail,
        Self::BillingTask,
        Self::PaymentRequest,
        Self::AwaitingPayment,
        Self::Matched,
        Self::InvoicePaid,
        Self::Resolved,
        Self::Confirmation,
        Self::Counted,
    ];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Customer => "Customer and credit status",
            Self::Ticket => "Ticket opened",
            Self::Agent => "Agent assigned",
            Self::Investigating => "Investigating",
            Self::Invoices => "Unpaid invoices",
            Self::Debt => "Total debt",
            Self::Eligibility => "Service eligibility",
            Self::DebtMail => "Debt mailed",
            Self::BillingTask => "Task for billing",
            Self::PaymentRequest => "Payment request",
            Self::AwaitingPayment => "Awaiting payment",
            Self::Matched => "Payment matched",
            Self::InvoicePaid => "Invoice paid",
            Self::Resolved => "Ticket resolved",
            Self::Confirmation => "Confirmation",
            Self::Counted => "In the monthly report",
        }
    }
}

impl Flow {
    /// What the records show of it; before anybody has asked for the payment, what its account owes as it stands.
    pub fn of(ticket: &Ticket, request: Option<&Request>, owed: Option<&Owed<'_>>) -> Self {
        let done = match request {
            Some(request) => request.done.clone(),
            None => {
                begun(ticket).into_iter().chain(owed.into_iter().flat_map(|owed| owed.shows(class(ticket)))).collect()
            }
        };
        let shown = |step: Step| done.iter().find(|done| done.step == step).cloned();
        let next = Step::ALL.into_iter().find(|step| shown(*step).is_none());
        let withdrawn = request.and_then(|request| request.withdrawn.as_ref());
        let waits = match (withdrawn, request, next) {
            (Some(withdrawn), ..) => Some(format!("it was withdrawn: {}", withdrawn.why)),
            (None, Some(request), Some(next)) => Some(waits_for(request, next)),
            (None, None, _) => Some(before_it_is_asked(ticket).to_owned()),
            (None, Some(_), None) => None,
        };
        let stage = |step: Step| {
            let done = shown(step);
            let waits = match &done {
                Some(_) => None,
                None if Some(step) == next || withdrawn.is_some() => waits.clone(),
                None => Some(waits_later(step, request, owed).to_owned()),
            };
            Stage { step, done, waits }
        };
        let steps: Vec<_> = Step::ALL.into_iter().map(stage).collect();
        let next = next.filter(|_| withdrawn.is_none());
        let (ticket, turns) = (TicketName::of(ticket).address(), ticket.handling.turns);
        let withdrawn_by = withdrawn.map(|withdrawn| withdrawn.by.clone());
        Self { ticket, request: request.map(|request| request.id.clone()), turns, steps, next, waits, withdrawn_by }
    }

    /// All sixteen, in their order.
    pub fn steps(&self) -> &[Stage] {
        &self.steps
    }
}

impl Request {
    /// Notes the steps that brought it about, as its ticket and what is owed show them.
    pub fn began(&mut self, ticket: &Ticket, now: Timestamp) {
        let (by, account, credit) = (self.by.clone(), self.account.clone(), self.credit.clone());
        self.did(Step::Customer, now, MACHINE, owed::customer(&account, credit.limit));
        self.done.extend(begun(ticket));
        // Whoever asks for it has opened it, has it and looks into it, whatever the ticket remembers.
        self.did(Step::Ticket, now, &by, named(ticket));
        for step in [Step::Agent, Step::Investigating] {
            if self.done.iter().all(|done| done.step != step) {
                self.done.push(Done::has_it(step, &by, &by, now));
            }
        }
        let lines = self.lines.iter().map(|line| format!("{} {}", line.number, line.amount));
        let lines = lines.collect::<Vec<_>>().join(", ");
        self.did(Step::Invoices, now, MACHINE, lines);
        self.did(Step::Debt, now, MACHINE, credit.owed());
        self.did(Step::Eligibility, now, MACHINE, credit.judged(class(ticket)));
        let task = About::Collect { request: self.id.clone() }.task(&account);
        self.did(Step::BillingTask, now, MACHINE, format!("task {task}"));
        let asked = format!("{} asks for {}", self.id, self.amount());
        self.did(Step::PaymentRequest, now, &by, asked);
        self.did(Step::AwaitingPayment, now, &by, "the ticket waits for the payment");
    }
}

fn named(ticket: &Ticket) -> String {
    format!("ticket {}", TicketName::of(ticket).address())
}

fn class(ticket: &Ticket) -> Option<Class> {
    ticket.handling.taken_for.as_ref().and_then(TakenFor::certain)
}

/// What a ticket shows before anybody has asked for the payment.
fn begun(ticket: &Ticket) -> Vec<Done> {
    let handling = &ticket.handling;
    let opened = ticket.opened_at.map(|at| Done {
        step: Step::Ticket,
        at,
        by: "the customer".to_owned(),
        evidence: named(ticket),
        whom: None,
    });
    let assigned = handling.assigned_to.as_ref().and_then(|to| {
        let given = format!("gave it to {to}");
        let happened = handling.history.iter().rev().find(|happened| happened.what == given)?;
        Some((to, happened))
    });
    let has_it = |step, (to, happened): (&String, &Happened)| Done::has_it(step, to, &happened.by, happened.at);
    let agent = assigned.map(|given| has_it(Step::Agent, given));
    let looks = assigned.filter(|_| handling.state != TicketState::Open);
    let investigating = looks.map(|given| has_it(Step::Investigating, given));
    [opened, agent, investigating].into_iter().flatten().collect()
}

fn before_it_is_asked(ticket: &Ticket) -> &'static str {
    let handling = &ticket.handling;
    if handling.account.is_none() {
        "it is not certain whose ticket it is: no amount is told before somebody has verified that"
    } else if handling.state == TicketState::Resolved {
        "the ticket is resolved"
    } else if handling.assigned_to.is_none() {
        "nobody has it yet"
    } else {
        "nobody has asked for the payment yet"
    }
}

fn waits_for(request: &Request, next: Step) -> String {
    match next {
        Step::DebtMail => notice("the letter", &request.debt_mail),
        Step::Matched if request.received().is_positive() => {
            format!("{} has come in, {} remains", request.received(), request.remaining())
        }
        Step::Matched => format!("{} is to come", request.remaining()),
        Step::InvoicePaid => {
            let open: Vec<_> =
                request.standing().filter(|line| line.open().is_positive()).map(|line| line.number.as_str()).collect();
            if open.is_empty() {
                return "more came in than is asked for: a person looks at it".to_owned();
            }
            format!("the money is there, and the provider still shows {} as open: mark it paid there", open.join(", "))
        }
        Step::Resolved => "the ticket stays open until what came in before the money is answered".to_owned(),
        Step::Confirmation => match &request.confirmation {
            Some(confirmation) => notice("the confirmation", confirmation),
            None => "it leaves when all is paid".to_owned(),
        },
        _ => "the step before it".to_owned(),
    }
}

/// What a step waits for that is not the next.
fn waits_later(step: Step, request: Option<&Request>, owed: Option<&Owed<'_>>) -> &'static str {
    match (step, request) {
        (Step::Customer, _) => "a person says whose ticket it is",
        (Step::Ticket, _) => "its help desk tells when it was opened",
        (Step::Agent | Step::Investigating, _) => "somebody takes it",
        (Step::Invoices | Step::Debt | Step::Eligibility, None) if owed.is_some() => {
            "more is open than is added up for a look: it is when somebody asks for the payment"
        }
        (Step::Invoices | Step::Debt | Step::Eligibility, _) => "a person says whose ticket it is",
        (Step::DebtMail | Step::BillingTask | Step::PaymentRequest | Step::AwaitingPayment, None) => {
            "somebody asks for the payment"
        }
        (Step::DebtMail | Step::BillingTask | Step::PaymentRequest | Step::AwaitingPayment, Some(_)) => {
            "the step before it"
        }
        (Step::Matched, _) => "the customer pays",
        (Step::InvoicePaid, _) => "the money is there, and the provider shows the invoices as paid",
        (Step::Resolved, _) => "all that is asked for is paid",
        (Step::Confirmation, _) => "it leaves when all is paid",
        (Step::Counted, _) => "the report of the month counts it when all is paid",
    }
}

fn notice(what: &str, notice: &Notice) -> String {
    let by = if notice.channel == Channel::Sms { "as a text message" } else { "by mail" };
    match &notice.standing {
        NoticeState::Waiting { due_at } => format!("{what} leaves {by} at {}", due_at.strftime("%Y-%m-%d %H:%M UTC")),
        NoticeState::Sending { .. } => format!("{what} is on its way {by}"),
        NoticeState::InDoubt { reason } => format!("nobody knows whether {what} arrived: {reason}"),
        NoticeState::Sent { .. } => format!("{what} was sent {by}"),
        NoticeState::Skipped { why } => format!("{what} is not sent: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cash::{Asked, Credit, Line};
    use crate::debt::{Debt, Standing};
    use crate::id::AccountId;
    use crate::money::{Currency, Money};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ticket() -> Ticket {
        Ticket { opened_at: Some(at(1)), ..Ticket::new("ticket", "default", "t1") }
    }

    fn request() -> Request {
        let account = AccountId::of("stripe", "default", "cus_1");
        let lines = vec![Line::new("in_1", "IN-1", Money::from_minor(4_900, Currency::USD))];
        let asked =
            Asked { account: &account, ticket: "ticket/default/t1", lines, credit: Credit::default(), by: "lena" };
        Request::new(asked, at(10), at(100))
    }

    #[test]
    fn there_are_sixteen_steps_in_their_order() {
        let flow = Flow::of(&ticket(), None, None);
        assert_eq!(flow.steps().iter().map(|stage| stage.step).collect::<Vec<_>>(), Step::ALL);
        assert!(Step::ALL.is_sorted());
        assert_eq!(flow.next, Some(Step::Customer));
    }

    #[test]
    fn before_it_is_asked_for_the_ticket_says_what_is_missing() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let mut ticket = ticket();
        let waits = |ticket: &Ticket| Flow::of(ticket, None, None).waits.unwrap();
        assert!(waits(&ticket).starts_with("it is not certain whose ticket it is"));
        ticket.handling.account = Some(account);
        assert_eq!(waits(&ticket), "nobody has it yet");
        ticket.handling.assign(Some("lena"), "mara", at(5));
        assert_eq!(waits(&ticket), "nobody has asked for the payment yet");
        let flow = Flow::of(&ticket, None, None);
        let done: Vec<_> = flow.steps().iter().filter_map(|stage| stage.done.clone()).collect();
        let told: Vec<_> = done.iter().map(|done| (done.step, done.at, done.by.as_str())).collect();
        let expected =
            [(Step::Ticket, at(1), "the customer"), (Step::Agent, at(5), "mara"), (Step::Investigating, at(5), "mara")];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_the_account_owes_is_shown_before_anybody_asks_for_it_and_every_other_step_says_what_it_waits_for() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let usd = |minor| Money::from_minor(minor, Currency::USD);
        let debt = |number: &str, standing| Debt {
            invoice: number.to_owned(),
            number: number.to_owned(),
            due_on: None,
            purpose: None,
            standing,
        };
        let open = |number| debt(number, Standing::Open(Some(usd(4_900))));
        let mut ticket = ticket();
        ticket.handling.account = Some(account.clone());
        let shown = |debts: Option<&[Debt]>| {
            let owed = Owed { account: &account, limit: Some(usd(5_000)), debts, at: at(7) };
            let flow = Flow::of(&ticket, None, Some(&owed));
            let told = flow.steps().iter().map(|stage| match (&stage.done, &stage.waits) {
                (Some(done), None) => done.evidence.clone(),
                (None, Some(waits)) => format!("not yet: {waits}"),
                _ => panic!("it is done or it waits: {stage:?}"),
            });
            (told.collect::<Vec<_>>(), flow.next)
        };
        let debts = [open("IN-1"), debt("IN-2", Standing::Disputed), open("IN-3")];
        let (told, next) = shown(Some(&debts));
        assert_eq!(next, Some(Step::Agent));
        let expected = [
            format!("account {account}, credit limit 50.00 USD"),
            "ticket t1".to_owned(),
            "not yet: nobody has it yet".to_owned(),
            "not yet: somebody takes it".to_owned(),
            "IN-1 49.00 USD, IN-3 49.00 USD".to_owned(),
            "98.00 USD; IN-2 is not added: it is disputed".to_owned(),
            "48.00 USD over the credit limit of 50.00 USD; help with billing is never withheld".to_owned(),
            "not yet: somebody asks for the payment".to_owned(),
        ];
        assert_eq!(told[..8], expected);
        assert!(told[8..].iter().all(|told| told.starts_with("not yet: ")), "{told:?}");
        assert_eq!(shown(Some(&[])).0[4], "nothing is open that can be paid");
        let many: Vec<_> = (0..23).map(|_| open("IN-1")).collect();
        assert!(shown(Some(&many)).0[4].ends_with("IN-1 49.00 USD and 3 more"));
        let (told, _) = shown(None);
        assert!(told[0].starts_with("account ") && told[4].starts_with("not yet: more is open than"), "{told:?}");
    }

    #[test]
    fn what_waits_says_why() {
        let mut ticket = ticket();
        ticket.handling.assign(Some("lena"), "mara", at(5));
        let mut request = request();
        request.began(&ticket, at(10));
        let shown = |step: Step| request.done.iter().find(|done| done.step == step).map(|done| done.evidence.as_str());
        assert_eq!(shown(Step::Agent), Some("lena has it"));
        let named = |step: Step| {
            let done = request.done.iter().find(|done| done.step == step).unwrap();
            done.shown(|id| crate::staff::called(id, Some("Lena M."))).into_owned()
        };
        assert_eq!(
            (named(Step::Agent), named(Step::Investigating)),
            ("Lena M. has it".into(), "Lena M. looks into it".into())
        );
        assert_eq!(named(Step::Invoices), "IN-1 49.00 USD");
        assert_eq!(shown(Step::Invoices), Some("IN-1 49.00 USD"));
        assert_eq!(shown(Step::Debt), Some("nothing is owed"), "of this credit");
        let judged = "no credit limit is known: service goes on; help with billing is never withheld";
        assert_eq!(shown(Step::Eligibility), Some(judged));
        assert_eq!(request.done.len(), 10, "all up to the payment but the letter");
        let waits = |request: &Request| {
            let flow = Flow::of(&ticket, Some(request), None);
            (flow.next, flow.waits)
        };
        let mail = "the letter leaves by mail at 1970-01-01 00:00 UTC".to_owned();
        assert_eq!(waits(&request), (Some(Step::DebtMail), Some(mail)));
        request.did(Step::DebtMail, at(11), "recoup", "sent");
        assert_eq!(waits(&request), (Some(Step::Matched), Some("49.00 USD is to come".to_owned())));
        request.did(Step::Matched, at(12), "recoup", "ch_1");
        let open = "the money is there, and the provider still shows IN-1 as open: mark it paid there".to_owned();
        assert_eq!(waits(&request), (Some(Step::InvoicePaid), Some(open)));
        let mut paid = request.clone();
        paid.did(Step::InvoicePaid, at(13), "recoup", "IN-1 is paid");
        let open = "the ticket stays open until what came in before the money is answered".to_owned();
        assert_eq!(waits(&paid), (Some(Step::Resolved), Some(open)));
        request.withdraw("the ticket was closed", "lena", at(13));
        assert_eq!(waits(&request), (None, Some("it was withdrawn: the ticket was closed".to_owned())));
        let mut over = self::request();
        Step::ALL.into_iter().for_each(|step| over.did(step, at(20), "recoup", "done"));
        assert_eq!(waits(&over), (None, None));
    }
}
