//! What is left at the end of a story: each customer's ledger, and what the providers were asked.

use super::Telling;
use crate::world;
use app::store::keys;
use domain::id::AccountId;
use domain::ledger::Entry;

const PROVIDERS: [(&str, &str); 6] = [
    ("Stripe", "stripe"),
    ("Chargebee", "chargebee"),
    ("Lemon Squeezy", "lemonsqueezy"),
    ("Mollie", "mollie"),
    ("RevenueCat", "revenuecat"),
    ("Zendesk", "zendesk"),
];

impl Telling {
    pub(super) async fn receipts(&mut self) {
        for customer in self.customers.clone() {
            let account = AccountId::of("stripe", "default", &customer);
            let entries: Vec<Entry> = world::records(&self.service, &keys::ledger_entries(&account)).await;
            let steps = entries.iter().map(|entry| format!("{:?} by {}", entry.step, entry.by).to_lowercase());
            let steps: Vec<_> = steps.collect();
            if !steps.is_empty() {
                self.lines.push(format!("ledger of {customer}: {}", steps.join(", ")));
            }
        }
        for (name, provider) in PROVIDERS {
            self.calls(name, provider);
        }
    }

    fn calls(&mut self, name: &str, provider: &str) {
        for call in self.service.sandbox.calls(provider).unwrap() {
            // Mollie's deliveries may say nothing but an id, and each of these is followed by a GET.
            if provider == "mollie" && call.method == "GET" {
                continue;
            }
            let path = call.path.split('?').next().unwrap_or_default();
            let status = call.status.to_string();
            self.lines.push(format!("{name} was asked: {} {path}: {}", call.method, status.trim_matches('"')));
        }
    }
}
