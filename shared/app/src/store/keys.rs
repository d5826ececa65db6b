//! Every key of the three tables, in one place, and the way back from a key to what it was made of.
//!
//! Keys are for ever: `docs/decisions/0002-keys.md` shows an example of each.

mod account;
mod import;
pub mod lists;
mod shards;
mod source;
mod staff;
mod woken;

pub use account::*;
pub use import::*;
pub use shards::*;
pub use source::*;
pub use staff::*;
pub use woken::{Woken, woken};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Key;
    use domain::id::{AccountId, ActionId, CaseId, DecisionId, IncidentId};
    use domain::incident::{Outcome, Pulse, Signs, Trouble};

    /// One key of each kind.
    pub(super) fn examples() -> Vec<Key> {
        let id = AccountId::of("stripe", "default", "cus_1");
        let case_id = CaseId::of(&id, "payment_failed", "in_1");
        let action_id = ActionId::of(&id, "mara", "key");
        let due = Pulse {
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            account: id.clone(),
            about: "in_1".to_owned(),
            trouble: Trouble::Failure,
            at: "2026-01-31T12:00:00Z".parse().unwrap(),
            outcome: Outcome::Trouble,
            signs: Signs::default(),
            amount: None,
        };
        vec![
            head(&id),
            person(&id),
            group(&id),
            invoice(&id, "in_1"),
            payment(&id, "ch_1"),
            subscription(&id, "sub_1"),
            case(&case_id),
            decision(&DecisionId::of(&id, case_id.as_str(), "evt_1")),
            action(&action_id),
            plan(&id, "in_1"),
            ledger_head(&id),
            ledger_entry(&id, 1),
            timeline(&id, "2026-01-31T12:00:00Z".parse().unwrap(), "evt_1"),
            receipt("stripe", "default", "evt_1"),
            card(&id, "pm_1"),
            external("stripe", "default", "invoice:in_1"),
            idempotency("mara", "key"),
            alone("mara", "2026-01-31".parse().unwrap()),
            fact("2026-01", &id, "evt_1", 0),
            staff("mara"),
            found_by(&term_digest("email:ada@shop.example"), &id),
            ticket("zendesk", "default", "123"),
            source("stripe", "default"),
            imports("contracts"),
            imported_of(&id, "contracts"),
            price("stripe", "default", "price_pro"),
            network_rules(),
            probe("mollie", "default", "/v2/payments/tr_1"),
            probes("mollie", "default"),
            backfill("mollie", "default"),
            watch("stripe", "default"),
            pulse(&due),
            incident(&IncidentId::of("stripe", "default", "failure", "source", "2026-01-31T12:00:00Z")),
            releases(),
            stops(),
            delegations(),
            link("9f86d081884c7d65"),
            staff_change("2026-01-31T12:00:00Z".parse().unwrap(), "mara"),
        ]
    }

    #[test]
    fn keys_are_what_the_decision_record_says() {
        let record = include_str!("../../../../docs/decisions/0002-keys.md");
        let row = |key: &Key| format!("| {} | `{}` | `{}` |", key.table.name(), key.pk, key.sk);
        let missing: Vec<_> = examples().iter().map(row).filter(|row| !record.contains(row)).collect();
        assert_eq!(missing, Vec::<String>::new(), "docs/decisions/0002-keys.md lacks these rows");
    }
}
