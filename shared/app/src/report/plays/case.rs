//! The play of a case: what its playbook decides, with how each step stands, from what was done about it.

use super::wanted::{changed, changing, refunding};
use super::{Asked, Known, failing, invoicing, known, scene};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{self, actions_of};
use crate::store::{self, Batch, Of, keys};
use crate::web::Problem;
use domain::action::{Action, Kind, Reason, Resources};
use domain::book::{Head, Invoice, PaymentLine};
use domain::case::{Case, EXPLAINED, State};
use domain::event::PaymentStatus;
use domain::playbook::advice::{Preview, Proposed};
use domain::playbook::{
    Around, Bill, Handling, Name, OnPath, Play, Setting, Step, asked_to_pay, billed, came_of, charged_twice, ended,
    is_asked, open_ticket, overcharged, path, refund_asked, unnamed,
};
use domain::sidebar::next_invoice;
use domain::staff::Staff;
use domain::task::Task;
use domain::ticket::{Ticket, TicketName};
use std::collections::BTreeSet;

/// How many tickets of a case are read for its page: a long one takes 94 KB.
const TICKETS_MAX: usize = 50;

/// A case as it is played.
pub struct Played {
    /// None where its class has no playbook.
    pub play: Option<Play>,
    pub actions: Vec<Action>,
    pub handling: Handling,
    pub path: Vec<OnPath>,
}

/// What the playbook of a case says, and how far it has come; `asked` says what the case itself does not.
pub async fn of_case(
    context: &Context,
    case: &Case,
    preview: &Preview,
    asked: &Asked,
    staff: &Staff,
) -> Result<Played, Problem> {
    let mut known = known(context, &case.account).await?;
    let batch = Batch::read(context, case.actions.iter().map(keys::action).collect()).await?;
    let actions = actions_of(&batch, case)?;
    let tickets = tickets(context, case).await?;
    known.language = open_ticket(&tickets).and_then(|ticket| ticket.handling.language.clone());
    let playing = Playing { context, known: &known, case, actions: &actions, asked, staff };
    let mut play = match Name::of(case.class) {
        Some(name) => Some(playing.play(name, preview).await?),
        None => None,
    };
    if let Some(play) = &mut play {
        let tasks = tasks(context, case, play).await?;
        play.stands(Around { case, actions: &actions, tasks: &tasks, tickets: &tickets });
    }
    let handling = Handling::of(case, context.policies.playbooks.current());
    let path = path(case, &actions, &tickets, &preview.recommended);
    Ok(Played { play, actions, handling, path })
}

/// The tickets that are about a case: of many the last that joined it.
async fn tickets(context: &Context, case: &Case) -> Result<Vec<Ticket>, Fault> {
    let names = case.tickets.iter().rev().take(TICKETS_MAX).filter_map(|name| TicketName::parse(name));
    let all: Vec<_> = names.map(|it| keys::ticket(&it.provider, &it.source, &it.id)).collect();
    let batch = Batch::read(context, all.clone()).await?;
    let mut tickets = Vec::new();
    for key in &all {
        tickets.extend(batch.get::<Ticket>(key)?.filter(|ticket| ticket.handling.own_case() == Some(&case.id)));
    }
    Ok(tickets)
}

/// The tasks that a play names.
async fn tasks(context: &Context, case: &Case, play: &Play) -> Result<Vec<Task>, Fault> {
    let about = play.steps.iter().filter_map(|placed| match &placed.step {
        Step::Task { about, .. } => about.as_ref(),
        Step::Look { .. } | Step::Ask { .. } | Step::Say { .. } | Step::Watch { .. } => None,
    });
    let all: Vec<_> = about.map(|about| keys::task(&about.task(&case.account))).collect();
    let batch = Batch::read(context, all.clone()).await?;
    let mut tasks = Vec::new();
    for key in &all {
        tasks.extend(batch.get::<Task>(key)?);
    }
    Ok(tasks)
}

/// What a play of a case goes by.
struct Playing<'a> {
    context: &'a Context,
    known: &'a Known,
    case: &'a Case,
    actions: &'a [Action],
    asked: &'a Asked,
    staff: &'a Staff,
}

impl<'a> Playing<'a> {
    fn scene(&self) -> Setting<'a> {
        scene(self.context, self.known, Some(&self.case.id))
    }

    async fn play(&self, name: Name, preview: &Preview) -> Result<Play, Problem> {
        let is_over = self.case.state == State::Resolved && self.case.resolution.as_deref() != Some(EXPLAINED);
        if is_over && !is_asked(self.case, self.actions) {
            return Ok(ended(self.scene(), name, self.case));
        }
        let mut play = self.decided(name, preview).await?;
        if is_over {
            play.has_ended(self.case);
        }
        Ok(play)
    }

    async fn decided(&self, name: Name, preview: &Preview) -> Result<Play, Problem> {
        let (scene, case, actions, proposed) = (self.scene(), self.case, self.actions, preview.recommended.first());
        Ok(match name {
            Name::ChargedTwice => charged_twice(scene, case, proposed, actions),
            Name::Overcharged => self.overcharged(proposed).await?,
            Name::PaymentFailed => self.failed().await?,
            Name::TaxInvoice => self.invoiced().await?,
            Name::Refund => self.refunded().await?,
            Name::ChangePlan => self.plan_changed().await?,
        })
    }

    async fn invoice(&self, id: &str) -> Result<Option<Invoice>, Fault> {
        let of: Option<Of<Invoice>> = store::read(self.context, &keys::invoice(&self.case.account, id)).await?;
        Ok(of.map(|of| of.value))
    }

    /// The bill with what names its lines, and what the next one comes to.
    async fn overcharged(&self, proposed: Option<&Proposed>) -> Result<Play, Problem> {
        let (head, case) = (&self.known.head, self.case);
        let invoice = match billed(case) {
            Some(id) => self.invoice(id).await?,
            None => None,
        };
        let subscription = invoice.as_ref().and_then(|invoice| invoice.subscription.value().cloned());
        let lines = invoice.iter().filter_map(|invoice| invoice.lines.value()).flatten();
        let prices: BTreeSet<String> = lines.filter_map(|line| line.price.clone()).collect();
        let subscriptions: Vec<String> = subscription.iter().cloned().collect();
        let wanted = Resources { subscriptions, prices: prices.into_iter().collect(), ..Resources::default() };
        let mut about = records::Read::of(Batch::default());
        about.more(self.context, head, &wanted).await?;
        let bill = invoice.as_ref().map(|invoice| Bill {
            invoice,
            subscription: subscription.as_ref().and_then(|id| about.records.subscriptions.get(id)),
            prices: &about.prices,
        });
        let next = subscription.as_ref().and_then(|id| next_invoice(head.book.subscriptions.get(id)?));
        Ok(overcharged(self.scene(), case, proposed, self.actions, (bill, next)))
    }

    /// The invoice that something was asked for, or else the one that fails.
    async fn failed(&self) -> Result<Play, Problem> {
        let (case, actions) = (self.case, self.actions);
        for id in asked_to_pay(case, actions, &self.known.head) {
            if let Some(invoice) = self.invoice(&id).await? {
                return Ok(failing(self.context, self.known, &invoice, Some((case, actions))).await?);
            }
        }
        let verdict = "No open invoice of this customer has a payment that failed.";
        Ok(unnamed(self.scene(), Name::PaymentFailed, verdict))
    }

    /// The invoice that was asked for, that is named, that the case is about, or else the newest.
    async fn invoiced(&self) -> Result<Play, Problem> {
        let (head, case) = (&self.known.head, self.case);
        let sent = came_of(case, self.actions, |kind| matches!(kind, Kind::TaxInvoice { .. }));
        let sent = sent.and_then(|action| action.kind.target().id());
        let drafted = case.draft_reply.as_ref().map(|draft| draft.invoice.clone());
        let newest = head.book.invoices.last().map(|line| line.invoice.clone());
        let all = [sent, self.asked.invoice.clone(), Some(case.about.clone()), drafted, newest];
        for id in all.into_iter().flatten() {
            if let Some(invoice) = self.invoice(&id).await? {
                return Ok(invoicing(self.context, self.known, &invoice, Some(&case.id)));
            }
        }
        Ok(unnamed(self.scene(), Name::TaxInvoice, "No invoice of this customer is known."))
    }

    async fn refunded(&self) -> Result<Play, Problem> {
        if let Some(action) = came_of(self.case, self.actions, |kind| matches!(kind, Kind::Refund { .. })) {
            return Ok(refund_asked(self.scene(), action));
        }
        let payment = self.asked.payment.clone().or_else(|| payment_of(self.case, &self.known.head));
        if payment.is_none() {
            return Ok(unnamed(self.scene(), Name::Refund, "No payment of this customer could be given back."));
        }
        let recommended = self.case.recommended.as_ref().map(|it| it.reason);
        let reason = self.asked.reason_code.or(recommended).unwrap_or(Reason::Other);
        let asked = Asked { payment, reason_code: Some(reason), ..self.asked.clone() };
        let play = refunding(self.context, self.known, (&asked, Some(&self.case.id)), self.staff).await;
        self.or_said(Name::Refund, play)
    }

    async fn plan_changed(&self) -> Result<Play, Problem> {
        let is_change = |kind: &Kind| matches!(kind, Kind::Upgrade { .. } | Kind::Downgrade { .. });
        if let Some(action) = came_of(self.case, self.actions, is_change)
            && let Some(play) = changed(self.context, self.known, action, &self.case.id).await?
        {
            return Ok(play);
        }
        if self.asked.plan.is_none() {
            return Ok(unnamed(self.scene(), Name::ChangePlan, "Say which plan is wanted."));
        }
        let play = changing(self.context, self.known, (self.asked, Some(&self.case.id)), self.staff).await;
        self.or_said(Name::ChangePlan, play)
    }

    /// What cannot be done as things stand is what the play says: the case is shown all the same.
    fn or_said(&self, name: Name, play: Result<Play, Problem>) -> Result<Play, Problem> {
        match play {
            Err(problem) if problem.status.is_client_error() => Ok(unnamed(self.scene(), name, &problem.message)),
            play => play,
        }
    }
}

/// The payment that a case is about, or else the last of which anything is left.
fn payment_of(case: &Case, head: &Head) -> Option<String> {
    let payments = &head.book.payments;
    let is_known = |id: &&str| payments.iter().any(|line| line.payment == **id);
    let drafted = case.draft_reply.as_ref().map(|draft| draft.payment.as_str());
    let named = [Some(case.about.as_str()), drafted].into_iter().flatten().find(is_known);
    let paid = || payments.iter().rev().find(|line| is_paid(line)).map(|line| line.payment.as_str());
    named.or_else(paid).map(str::to_owned)
}

fn is_paid(line: &PaymentLine) -> bool {
    line.status == Some(PaymentStatus::Succeeded) && line.left().is_some()
}
