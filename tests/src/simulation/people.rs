//! What people do in a storm: decide, ask for anything, import, and fill the book.

use super::{CUSTOMERS, Sent, Storm, UNSAFE};
use crate::faults::Fate;
use crate::world;
use domain::money::{Currency, Money};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// What is sold in a storm.
pub(super) const PRICES: &str = "provider,price,plan,role,unit,currency,interval,rank
stripe,price_basic,Basic,plan,19.00,USD,month,1
stripe,price_pro,Pro,plan,49.00,USD,month,2
stripe,price_business,Business,plan,99.00,USD,month,3
stripe,price_support,Support,addon,5.00,USD,month,
";

/// What can be given back of what was recorded of the other providers: the account, the payment, and how much at most.
const PAID: &[(&str, &str, &str, i64, Currency)] = &[
    ("chargebee", "chargebee:cb_1", "txn_2", 1000, Currency::USD),
    ("lemonsqueezy", "lemonsqueezy:77", "subscription-invoices:1", 1900, Currency::USD),
    ("mollie", "mollie:cst_1", "tr_7UhSN1zuXS", 1000, Currency::EUR),
    ("revenuecat", "revenuecat:user_1", "2001", 999, Currency::USD),
];

impl Storm {
    pub(super) async fn somebody_decides(&mut self, fate: &Fate) {
        let Some(Ok(waiting)) = self.alive(fate, async |service| app::report::waiting(&service.context).await).await
        else {
            return;
        };
        if waiting.is_empty() {
            return;
        }
        let (id, digest, _) = self.dice.pick(&waiting).clone();
        let staff = *self.dice.pick(&["mara", "marc", "bea", "vera", "lena", "leo", "ana"]);
        let decision = if self.dice.roll(4) == 0 { "deny" } else { "approve" };
        let digest = if self.dice.roll(10) == 0 { "another".to_owned() } else { digest };
        let note = if decision == "deny" { "not this time" } else { "" };
        let body = json!({"decision": decision, "preview_digest": digest, "note": note});
        let path = format!("/api/actions/{id}/decision");
        let answer = self
            .alive(fate, async |service| world::ask(service, staff, Method::POST, &path, Some(&body), None).await)
            .await;
        self.remember(staff, answer);
    }

    fn remember(&mut self, staff: &str, answer: Option<(StatusCode, Value)>) {
        if let Some(code) = answer
            .as_ref()
            .and_then(|(_, answer)| answer["error"]["code"].as_str())
            .filter(|code| UNSAFE.contains(code))
        {
            self.refused.insert((staff.to_owned(), code.to_owned()));
        }
    }

    /// Any kind of action, for what was told so far; what does not fit is refused with its reason.
    pub(super) async fn somebody_asks_for_anything(&mut self, fate: &Fate) {
        let bills = self.told("invoice.finalized");
        let Some((customer, invoice)) = (!bills.is_empty()).then(|| self.dice.pick(&bills).clone()) else { return };
        let credit = json!({"amount": {"amount": format!("{}.00", 1 + self.dice.roll(600)), "currency": "USD"}});
        let of_invoice = json!({"invoice": invoice});
        let days = json!({"invoice": invoice, "days": 1 + self.dice.roll(20)});
        let add = json!({"addons": [{"price": "price_support", "quantity": 1 + self.dice.roll(3)}]});
        let kinds = [
            ("pause", json!({})),
            ("resume", json!({})),
            ("extend_trial", json!({"days": 1 + self.dice.roll(20)})),
            ("upgrade", json!({"plan": "price_business"})),
            ("downgrade", json!({"plan": "price_basic"})),
            ("change_addons", add),
            ("adjust_seats", json!({"seats": 1 + self.dice.roll(9)})),
            ("discount", json!({"percent": (5 + self.dice.roll(20)).to_string()})),
            ("force_cancel", json!({})),
            ("credit", credit.clone()),
            ("payment_link", of_invoice.clone()),
            ("resend_invoice", of_invoice.clone()),
            ("tax_invoice", of_invoice.clone()),
            ("retry_payment", of_invoice.clone()),
            ("mark_paid", of_invoice.clone()),
            ("write_off", of_invoice.clone()),
            ("void_invoice", of_invoice.clone()),
            ("extend_grace", days.clone()),
            ("defer", days),
            ("update_payment_method", json!({})),
            ("erase_person", json!({})),
            ("cancel", json!({"customer_requested": true})),
            (
                "bundle",
                json!({"actions": [{"kind": "write_off", "params": of_invoice}, {"kind": "credit", "params": credit}]}),
            ),
        ];
        let (kind, params) = self.dice.pick(&kinds).clone();
        let staff = *self.dice.pick(&["mara", "bea", "luis", "vera"]);
        self.asked += 1;
        let key = format!("key-{}", self.asked);
        let body = json!({"account": format!("stripe:{customer}"), "kind": kind, "params": params, "reason_code": "billing_error", "note": "asked"});
        let answer = self
            .alive(fate, async |service| {
                world::ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await
            })
            .await;
        self.remember(staff, answer);
    }

    /// Customer and object of each acknowledged event of a kind.
    pub(super) fn told(&self, kind: &str) -> Vec<(String, String)> {
        let own = self
            .acknowledged
            .iter()
            .filter(|sent| sent.provider == "stripe")
            .map(Sent::json)
            .filter(|body| body["type"] == kind);
        own.map(|body| {
            let object = &body["data"]["object"];
            (object["customer"].as_str().unwrap().to_owned(), object["id"].as_str().unwrap().to_owned())
        })
        .collect()
    }

    pub(super) async fn somebody_asks(&mut self, fate: &Fate) {
        let paid = self.told("charge.succeeded");
        if paid.is_empty() {
            return;
        }
        let (customer, charge) = self.dice.pick(&paid).clone();
        let amount = Money::from_minor(100 + i64::try_from(self.dice.roll(60_000)).unwrap(), Currency::USD);
        let staff = *self.dice.pick(&["mara", "bea", "luis", "vera"]);
        // Now and then a key is used again: for the same, or for something else.
        self.asked += u32::from(self.dice.roll(4) > 0);
        let body = json!({"account": format!("stripe:{customer}"), "kind": "refund", "params": {"payment": charge, "amount": amount}, "reason_code": *self.dice.pick(&["billing_error", "other", "service_outage"]), "note": "asked"});
        let key = format!("key-{}", self.asked);
        let answer = self
            .alive(fate, async |service| {
                world::ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await
            })
            .await;
        self.remember(staff, answer);
    }

    /// Some or all of a payment is to go back at another provider; what it has not told yet, or gave back, is refused.
    pub(super) async fn somebody_asks_elsewhere(&mut self, fate: &Fate) {
        let paid = PAID.iter().find(|(provider, ..)| self.other == Some(*provider));
        let Some((_, account, payment, most, currency)) = paid else { return };
        let some = 1 + i64::try_from(self.dice.roll(u64::try_from(*most).unwrap())).unwrap();
        let minor = if self.dice.roll(2) == 0 { some } else { *most };
        let amount = Money::from_minor(minor, *currency);
        self.asked += 1;
        let key = format!("key-{}", self.asked);
        let body = json!({"account": account, "kind": "refund", "params": {"payment": payment, "amount": amount}, "reason_code": "other", "note": "asked"});
        let staff = *self.dice.pick(&["mara", "bea", "luis"]);
        let answer = self
            .alive(fate, async |service| {
                world::ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await
            })
            .await;
        self.remember(staff, answer);
    }

    /// A file that says the same of every customer, so that half of it would show.
    pub(super) async fn somebody_imports(&mut self, fate: &Fate) {
        let owner = *self.dice.pick(&["mara", "marc", "luis"]);
        let rows: Vec<_> = CUSTOMERS.iter().map(|customer| format!("stripe:{customer},{owner}")).collect();
        let csv = format!("account,owner\n{}\n", rows.join("\n"));
        let dry_run = self.dice.roll(5) == 0;
        self.alive(fate, async |service| world::import(service, "mara", "customers", &csv, dry_run).await).await;
    }

    /// The company's acquirer may allow fewer tries of a card than its network: the tries of a recovery keep to it.
    pub(super) async fn counts_tries_strictly(&mut self) {
        if self.dice.roll(2) == 0 {
            return;
        }
        let most = 1 + self.dice.roll(3);
        let rules = format!("network,tries_max,days,from,why\nvisa,{most},30,2026-01-01,Our acquirer counts to it.\n");
        let (status, answer) = world::import(&self.service, "mara", "network-rules", &rules, false).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.allowed = usize::try_from(most).ok();
    }

    /// The provider's lists are read beside its webhooks, and may know what those have not told yet.
    pub(super) async fn somebody_fills_the_book(&mut self, fate: &Fate) {
        let path = format!("/api/backfill/stripe/default?dry_run={}", self.dice.roll(3) == 0);
        self.alive(fate, async |service| world::ask(service, "mara", Method::POST, &path, None, None).await).await;
        self.work(fate).await;
    }
}
