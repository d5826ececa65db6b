//! What people and customers do about recoveries in a storm: they say that one waits, goes on or ends, and what was promised;
//! they ask what may be used; they open links to pay, and pay behind them.

use super::{CUSTOMERS, Sent, Storm};
use crate::faults::Fate;
use crate::{stripe, world};
use app::ports::{Channel, Clock, Http};
use app::store::{Of, keys, read};
use domain::book::{Due, Invoice};
use domain::id::AccountId;
use domain::money::{Currency, Money};
use http::{Method, StatusCode};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use providers::Call;
use serde_json::{Value, json};

/// An invoice of a storm, as whoever wrote its history knows it.
#[derive(Debug, Clone)]
pub struct Bill {
    pub customer: String,
    pub invoice: String,
    pub total: i64,
    pub subscription: Value,
    /// Why the tries of its provider failed, in their order.
    pub codes: Vec<&'static str>,
    /// When the last of its history happens.
    pub until: Timestamp,
    /// Whether its customer has paid behind a link.
    pub is_paid: bool,
}

/// Where links begin, and those to pay.
const BASE: &str = "http://recoup.test";
const PAY: &str = "http://recoup.test/pay/";

impl Storm {
    /// One that we were told of.
    pub(super) fn some_bill(&mut self) -> Option<Bill> {
        let told: Vec<Bill> = {
            let told = self.told("invoice.finalized");
            self.bills.iter().filter(|bill| told.iter().any(|(_, invoice)| *invoice == bill.invoice)).cloned().collect()
        };
        (!told.is_empty()).then(|| self.dice.pick(&told).clone())
    }

    /// One of four words about a recovery, or about all of an account; what cannot be is refused.
    pub(super) async fn somebody_says_something(&mut self, fate: &Fate) {
        let Some(bill) = self.some_bill() else { return };
        let now = self.service.clock.now();
        let day = |days: i64| (now + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date();
        let mut body = match self.dice.roll(9) {
            0 | 1 => {
                json!({"pause": {"until": now + SignedDuration::from_hours(1 + self.minutes(96)), "note": "away"}})
            }
            2 => json!({"pause": {"until": day(self.minutes(4)), "note": "away"}}),
            3..=5 => {
                let part = 1 + self.minutes(u64::try_from(bill.total).unwrap());
                let minor = if self.dice.roll(2) == 0 { part } else { bill.total };
                let amount = Money::from_minor(minor, Currency::USD);
                json!({"promise": {"date": day(self.minutes(4)), "amount": amount, "note": "by phone"}})
            }
            6 | 7 => json!({"resume": {}}),
            _ => json!({"stop": {"note": "they have a credit with us"}}),
        };
        if self.dice.roll(3) > 0 {
            body["invoice"] = json!(bill.invoice);
        }
        let staff = *self.dice.pick(&["lena", "luis", "bea", "mara", "ana"]);
        let path = format!("/api/accounts/stripe:{}/dunning", bill.customer);
        self.alive(fate, async |service| world::ask(service, staff, Method::POST, &path, Some(&body), None).await)
            .await;
    }

    /// The product asks what a customer may use.
    pub(super) async fn somebody_asks_what_may_be_used(&mut self, fate: &Fate) -> Result<(), String> {
        let customer = *self.dice.pick(CUSTOMERS);
        let path = format!("/api/entitlements/{}", AccountId::of("stripe", "default", customer));
        let answer =
            self.alive(fate, async |service| world::ask(service, "ana", Method::GET, &path, None, None).await).await;
        match answer {
            Some((StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE, _)) | None => Ok(()),
            Some((status, answer)) => Err(format!("{path} was answered {status}: {answer}")),
        }
    }

    /// Somebody opens a link that they were sent, or presses its button; and whoever is led on to pay may do so.
    pub(super) async fn a_customer_reads(&mut self, fate: &Fate) -> Result<(), String> {
        let letters = self.service.outbox.letters().map_err(|error| error.to_string())?;
        let theirs = letters.iter().filter(|(_, it)| it.channel == Channel::Mail && it.id.starts_with("dun_"));
        let links: Vec<String> =
            theirs.flat_map(|(_, it)| it.links.clone()).filter(|link| link.starts_with(PAY)).collect();
        if links.is_empty() {
            return Ok(());
        }
        let path = self.dice.pick(&links)[BASE.len()..].to_owned();
        let method = if self.dice.roll(3) == 0 { Method::GET } else { Method::POST };
        let asked = method.clone();
        let visited = self.alive(fate, async |service| world::visit(service, asked, &path).await).await;
        let Some((status, location)) = visited else { return Ok(()) };
        let wanted = if method == Method::GET { StatusCode::OK } else { StatusCode::SEE_OTHER };
        let expected = [wanted, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        if !expected.contains(&status) {
            return Err(format!("{method} {path} was answered {status}"));
        }
        let bill = location.and_then(|page| self.bills.iter().find(|bill| page.ends_with(&bill.invoice)).cloned());
        match bill {
            Some(bill) => self.is_led_on(fate, &bill).await,
            None => Ok(()),
        }
    }

    /// Only who owes is led on; and what nothing more will happen to may be paid there.
    async fn is_led_on(&mut self, fate: &Fate, bill: &Bill) -> Result<(), String> {
        let key = keys::invoice(&AccountId::of("stripe", "default", &bill.customer), &bill.invoice);
        let known = self.alive(fate, async |service| read::<Of<Invoice>>(&service.context, &key).await).await;
        if let Some(Ok(Some(of))) = known
            && !matches!(of.value.due(), Due::Open(_))
        {
            return Err(format!("somebody was led on to pay {}, which is {:?}", bill.invoice, of.value.due()));
        }
        let now = self.service.clock.now();
        if now <= bill.until || bill.is_paid || self.dice.roll(2) == 0 {
            return Ok(());
        }
        self.pays_what_is_open(bill, now).await
    }

    /// Pays an invoice where its provider shows it as open.
    pub(super) async fn pays_what_is_open(&mut self, bill: &Bill, now: Timestamp) -> Result<(), String> {
        let shown = Call::get(format!("/v1/invoices/{}", bill.invoice));
        let shown = self.service.sandbox.call("stripe", "default", &shown).await.map_err(|error| error.to_string())?;
        let shown: Value = serde_json::from_str(&shown.body).unwrap_or_default();
        if shown["status"] != "open" {
            return Ok(());
        }
        self.pays(bill, now)
    }

    /// It has happened at the provider, and reaches us whenever.
    fn pays(&mut self, bill: &Bill, now: Timestamp) -> Result<(), String> {
        let Bill { customer, invoice, total, .. } = bill;
        let charge = stripe::charge(customer, &format!("ch_{invoice}_link"), Some(invoice), *total, "usd", None, now);
        let mut paid = stripe::invoice(customer, invoice, "paid", *total, 0, "usd", 1, now);
        paid["subscription"] = bill.subscription.clone();
        for (kind, object) in [("charge.succeeded", charge), ("invoice.paid", paid)] {
            let sent = Sent::stripe(&stripe::event(&format!("evt_{invoice}_link_{kind}"), kind, now, &object));
            self.service.sandbox.learn("stripe", &sent.body).map_err(|error| error.to_string())?;
            self.backlog.push((now, sent));
        }
        self.backlog.sort_by_key(|(at, _)| *at);
        self.bills.iter_mut().filter(|it| it.invoice == *invoice).for_each(|it| it.is_paid = true);
        Ok(())
    }
}
