//! From a ticket to the money: who wrote, what they were asked to pay, and what came in for it.

use super::words::{each, minor, text};
use super::{Telling, Verb};
use crate::{stripe, world};
use app::dunning::cash::flow;
use app::store::{self, keys};
use domain::cash::Request;
use domain::id::{AccountId, RequestId};
use domain::ticket::{Ticket, TicketName};
use http::{Method, StatusCode};
use serde_json::json;

pub(super) const VERBS: &[Verb] = &[
    ("writes", "CUSTOMER TICKET", "A customer writes what they owe, and it is certain who they are."),
    ("collect", "STAFF TICKET", "Somebody asks the customer of a ticket for all that is open."),
    ("pays_for", "TICKET CHARGE AMOUNT CURRENCY", "A charge succeeds that names the payment request of a ticket."),
    ("settled", "INVOICE", "An invoice is shown as paid, whatever paid it."),
    ("place", "STAFF CHARGE TICKET", "Somebody says for which ticket's request a payment is that nobody could place."),
    ("steps", "TICKET", "The sixteen steps of a ticket: what shows each, what comes next, and why it waits."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["writes", customer, ticket] => telling.writes(customer, ticket).await,
        ["collect", staff, ticket] => telling.collect(staff, ticket).await,
        ["pays_for", ticket, charge, amount, currency] => telling.pays_for(ticket, charge, amount, currency).await,
        ["settled", invoice] => telling.settled(invoice).await,
        ["place", staff, charge, ticket] => telling.place(staff, charge, ticket).await,
        ["steps", ticket] => telling.steps(ticket).await,
        _ => return false,
    }
    true
}

impl Telling {
    async fn writes(&mut self, customer: &str, id: &str) {
        let body = json!({"id": format!("tkt_{id}"), "type": "ticket.created", "created_at": self.at, "ticket": {
            "id": id, "subject": "What do I owe?", "body": "Please tell me what is open.", "status": "open",
            "csat": null,
            "requester": {"email": format!("{customer}@shop.example"), "name": customer}}});
        world::deliver_to(&self.service, "ticket", body.to_string().as_bytes()).await;
        self.service.work().await.unwrap();
    }

    async fn ticket(&self, id: &str) -> Ticket {
        let ticket = store::read(&self.service.context, &keys::ticket("ticket", "default", id)).await.unwrap();
        ticket.unwrap_or_else(|| panic!("the story has no ticket {id}"))
    }

    async fn request_of(&self, id: &str) -> RequestId {
        let ticket = self.ticket(id).await;
        let account = ticket.handling.account.as_ref().expect("it is certain who wrote");
        RequestId::of(account, &TicketName::of(&ticket).to_string())
    }

    async fn collect(&mut self, staff: &str, ticket: &str) {
        let path = format!("/api/tickets/{ticket}/payment-request");
        let answer = world::ask(&self.service, staff, Method::POST, &path, None, None).await;
        self.unless_refused(staff, StatusCode::CREATED, answer);
    }

    async fn pays_for(&mut self, ticket: &str, id: &str, amount: &str, currency: &str) {
        let request = self.request_of(ticket).await;
        let account = self.ticket(ticket).await.handling.account;
        let own = |customer: &&String| Some(AccountId::of("stripe", "default", customer)) == account;
        let customer = self.customers.iter().find(own).expect("a customer of the story wrote").clone();
        let mut charge = stripe::charge(&customer, id, None, minor(amount, currency), currency, None, self.at);
        charge["metadata"] = json!({"recoup_request": request});
        self.deliver("charge.succeeded", charge).await;
    }

    async fn settled(&mut self, id: &str) {
        let at = self.at;
        let mut invoice = self.bill(id).invoice("paid");
        invoice["status_transitions"]["paid_at"] = json!(at.as_second());
        self.deliver("invoice.paid", invoice).await;
    }

    async fn place(&mut self, staff: &str, charge: &str, ticket: &str) {
        let waiting = world::get(&self.service, "/api/payments/unmatched").await;
        let found = each(&waiting["items"]).find(|it| it["payment"] == charge);
        let id = text(&found.unwrap_or_else(|| panic!("payment {charge} has its place"))["id"]).to_owned();
        let said = json!({"request": self.request_of(ticket).await});
        self.post_as(staff, &format!("/api/payments/unmatched/{id}"), Some(&said)).await;
    }

    async fn steps(&mut self, id: &str) {
        let ticket = self.ticket(id).await;
        let flow = flow(&self.service.context, &ticket).await.unwrap();
        for (place, stage) in flow.steps().iter().enumerate() {
            let done = stage.done.as_ref().map(|done| format!("{}, by {}", done.evidence, done.by));
            let title = stage.step.title();
            self.say(&format!("    {}. {title}: {}", place + 1, done.unwrap_or_else(|| "not yet".to_owned())));
        }
        if let Some(waits) = flow.waits {
            self.say(&format!("    ticket {id} waits: {waits}"));
        }
    }

    /// What is different of what customers were asked to pay, and of what nobody can place.
    pub(super) async fn look_at_requests(&mut self, account: &AccountId) {
        for request in world::records::<Request>(&self.service, &keys::payment_requests(account)).await {
            let id = request.ticket.rsplit('/').next().unwrap_or_default().to_owned();
            let (state, remaining) = (request.state().name(), request.remaining());
            let why = request.withdrawn.map(|withdrawn| format!(", {}", withdrawn.why)).unwrap_or_default();
            self.once(request.id.as_str(), format!("request of ticket {id}: {state}, {remaining} remains{why}"));
            let ticket = self.ticket(&id).await;
            self.once(&request.ticket, format!("ticket {id}: {}", ticket.handling.state.name()));
        }
    }

    /// Payments that wait for somebody who says what they are for, where the story is about what was asked for.
    pub(super) async fn look_at_unmatched(&mut self) {
        if !self.seen.keys().any(|what| what.starts_with("preq_")) {
            return;
        }
        let waiting = world::get(&self.service, "/api/payments/unmatched").await;
        for received in each(&waiting["items"]) {
            let (payment, says) = (text(&received["payment"]), text(&received["says"]));
            self.once(&format!("unmatched {payment}"), format!("nobody can place payment {payment}: {says}"));
        }
    }
}
