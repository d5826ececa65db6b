//! What customers are asked to pay because of tickets in a storm, and what they pay: all, a part, too much, for
//! another's request, for one that nobody made or that was withdrawn, and without a word.

use super::tickets::STAFF;
use super::{CUSTOMERS, Sent, Storm};
use crate::faults::Fate;
use crate::{stripe, world};
use app::ports::Clock;
use domain::id::{AccountId, RequestId};
use domain::money::Money;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, from_value, json};

/// What a customer was asked to pay, as whoever asked was told.
#[derive(Debug, Clone)]
pub struct Asked {
    pub request: RequestId,
    customer: &'static str,
    minor: i64,
    invoices: Vec<String>,
}

/// Money that a customer sent past the links, as they know it.
#[derive(Debug)]
pub struct Paid {
    pub charge: String,
    pub account: AccountId,
    /// The request that they named, whether there is one or not.
    pub named: Option<RequestId>,
}

impl Asked {
    /// Reads what the API shows.
    fn of(shown: &Value) -> Option<Self> {
        let request = RequestId::parse(shown["id"].as_str()?)?;
        let customer = CUSTOMERS.iter().copied().find(|customer| account(customer) == request.account())?;
        let minor = from_value::<Money>(shown["amount"].clone()).ok()?.minor()?;
        let lines = shown["invoices"].as_array()?.iter();
        let invoices = lines.filter_map(|line| line["id"].as_str().map(str::to_owned)).collect();
        Some(Self { request, customer, minor, invoices })
    }
}

fn account(customer: &str) -> AccountId {
    AccountId::of("stripe", "default", customer)
}

impl Storm {
    /// Somebody asks the customer of a ticket for all that is open, or for one invoice; of a stranger it is refused.
    pub(super) async fn somebody_asks_for_payment(&mut self, fate: &Fate) {
        let Some(place) = self.some_ticket() else { return };
        let ticket = self.talk.tickets[place].name.clone();
        let one = if self.dice.roll(2) == 0 { self.some_bill() } else { None };
        let wish = one.map(|bill| json!({"invoices": [bill.invoice]}));
        let (staff, before) = (*self.dice.pick(&STAFF), self.service.clock.now());
        let path = format!("/api/tickets/{}/payment-request", ticket.address());
        let answer = self
            .alive(fate, async |service| world::ask(service, staff, Method::POST, &path, wish.as_ref(), None).await)
            .await;
        // Whoever hears no answer does not know whether it was done. What was done on a second attempt, because the
        // first one's answer was lost, is shown as if it had stood before.
        let is_fresh = |shown: &Value| {
            let at = shown["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            at.is_some_and(|at| at >= before)
        };
        let may_be_new = answer
            .as_ref()
            .is_none_or(|(status, shown)| status.is_server_error() || (status.is_success() && is_fresh(shown)));
        if may_be_new {
            self.talk.askings.push(ticket);
        }
        let asked = answer.filter(|(status, _)| status.is_success()).and_then(|(_, shown)| Asked::of(&shown));
        if let Some(asked) = asked {
            self.talk.asked.retain(|it| it.request != asked.request);
            self.talk.asked.push(asked);
        }
    }

    /// Somebody who was asked pays, behind a link or past it.
    pub(super) async fn somebody_pays(&mut self) -> Result<(), String> {
        if self.talk.asked.is_empty() {
            return Ok(());
        }
        let place = usize::try_from(self.dice.roll(self.talk.asked.len() as u64)).unwrap();
        if self.dice.roll(4) > 0 {
            return self.sends_money(place);
        }
        let (invoices, now) = (self.talk.asked[place].invoices.clone(), self.service.clock.now());
        let may_pay =
            self.bills.iter().find(|bill| invoices.contains(&bill.invoice) && bill.until < now && !bill.is_paid);
        match may_pay.cloned() {
            Some(bill) => self.pays_what_is_open(&bill, now).await,
            None => Ok(()),
        }
    }

    /// A transfer for what was asked for. It has happened at the provider, and reaches us whenever.
    pub(super) fn sends_money(&mut self, place: usize) -> Result<(), String> {
        let Asked { request, customer, minor, invoices } = self.talk.asked[place].clone();
        let minor = match self.dice.roll(6) {
            0 => 1 + self.minutes(u64::try_from(minor).unwrap()),
            1 => minor + 1 + self.minutes(5_000),
            // Nobody sends nothing, also where nothing is left of what was asked for.
            _ => minor.max(1),
        };
        let payer = if self.dice.roll(8) == 0 { *self.dice.pick(CUSTOMERS) } else { customer };
        let (id, now) = (format!("ch_{payer}_asked_{}", self.talk.paid.len()), self.service.clock.now());
        let mut charge = stripe::charge(payer, &id, None, minor, "usd", None, now);
        let named = match self.dice.roll(8) {
            0 => None,
            1 => {
                charge["description"] = json!(invoices.first().map(|invoice| invoice.to_uppercase()));
                None
            }
            2 => Some(RequestId::of(&account(customer), "ticket/default/nobodys")),
            _ => Some(request),
        };
        if let Some(named) = &named {
            charge["metadata"] = json!({"recoup_request": named});
        }
        let sent = Sent::stripe(&stripe::event(&format!("evt_{id}"), "charge.succeeded", now, &charge));
        self.service.sandbox.learn("stripe", &sent.body).map_err(|error| error.to_string())?;
        let told_at = now + SignedDuration::from_mins(self.minutes(60 * 24));
        self.backlog.push((told_at, sent));
        self.backlog.sort_by_key(|(at, _)| *at);
        self.talk.paid.push(Paid { charge: id, account: account(payer), named });
        Ok(())
    }

    /// Somebody in billing says what a payment is for that nobody could place.
    pub(super) async fn somebody_places_a_payment(&mut self, fate: &Fate) {
        let path = "/api/payments/unmatched";
        let waiting =
            self.alive(fate, async |service| world::ask(service, "bea", Method::GET, path, None, None).await.1).await;
        let waiting = waiting.unwrap_or_default();
        let Some(items) = waiting["items"].as_array().filter(|items| !items.is_empty()) else { return };
        let Some(id) = self.dice.pick(items)["id"].as_str() else { return };
        let asked = if self.talk.asked.is_empty() { None } else { Some(self.dice.pick(&self.talk.asked).clone()) };
        let said = match (self.dice.roll(4), asked) {
            (0 | 1, Some(asked)) => json!({"request": asked.request}),
            (2, Some(asked)) => json!({"invoice": asked.invoices.first()}),
            _ => json!({"none": true}),
        };
        let path = format!("{path}/{id}");
        self.alive(fate, async |service| world::ask(service, "bea", Method::POST, &path, Some(&said), None).await)
            .await;
    }
}
