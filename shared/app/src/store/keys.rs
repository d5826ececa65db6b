//! Every key of the three tables, in one place, and the way back from a key to what it was made of.
//!
//! Keys are for ever: `docs/decisions/0002-keys.md` shows an example of each.

mod account;
mod import;
pub mod lists;
mod owed;
mod shards;
mod source;
mod staff;
mod woken;

use crate::ports::{Key, Table};

pub use account::*;
pub use import::*;
pub use owed::{due_from, owed, owed_at};
pub use shards::*;
pub use source::*;
pub use staff::*;
pub use woken::{Woken, woken};

/// What keys have in common that are read together: a partition, and how the sort key begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    pub table: Table,
    pub pk: String,
    pub sk: String,
}

impl Prefix {
    /// Every key that begins like this one.
    fn of(Key { table, pk, sk }: Key) -> Self {
        Self { table, pk, sk }
    }

    /// Every key of a partition.
    fn whole(table: Table, pk: String) -> Self {
        Self { table, pk, sk: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{AccountId, ActionId, CaseId, DecisionId, IncidentId, ReceivedId, RequestId, TaskId};
    use domain::incident::{Outcome, Pulse, Signs, Trouble};
    use domain::report::fact::Row;

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
        let (month, commit) = ("2026-01".to_owned(), "evt_1".to_owned());
        let row = Row { month, commit, number: 0, account: id.clone(), before: None, after: None };
        vec![
            head(&id),
            person(&id),
            group(&id),
            invoice(&id, "in_1"),
            payment(&id, "ch_1"),
            subscription(&id, "sub_1"),
            case(&case_id),
            asking(&case_id),
            decision(&DecisionId::of(&id, case_id.as_str(), "evt_1")),
            action(&action_id),
            task(&TaskId::of(&id, "mara", "key")),
            payment_request(&RequestId::of(&id, "zendesk/default/123")),
            received(&ReceivedId::of(&id, "ch_1")),
            plan(&id, "in_1"),
            climb(&id, "in_1"),
            on_board(&id, "in_1"),
            notice(&id, "expires-1"),
            ledger_head(&id),
            ledger_entry(&id, 1),
            timeline(&id, "2026-01-31T12:00:00Z".parse().unwrap(), "evt_1"),
            receipt("stripe", "default", "evt_1"),
            card(&id, "pm_1"),
            external("stripe", "default", "invoice:in_1"),
            idempotency("mara", "key"),
            alone("mara", "2026-01-31".parse().unwrap()),
            fact("2026-01-31T12:00:00Z".parse().unwrap(), &row),
            counted("9f86d081884c7d65"),
            staff("mara"),
            found_by(&term_digest("email:ada@shop.example"), &id),
            ticket("zendesk", "default", "123"),
            ticket_of(&id, "zendesk", "default", "123"),
            dispatch("zendesk", "default", "123"),
            greeted("9f86d081884c7d65"),
            hearing(&action_id),
            correction("zendesk", "default", "123"),
            wrote("9f86d081884c7d65"),
            source("stripe", "default"),
            imports("contracts"),
            imported_of(&id, "contracts"),
            board(&imported_of(&id, "contracts"), 1),
            price("stripe", "default", "price_pro"),
            network_rules(),
            rates("2026-01-31".parse().unwrap()),
            probe("mollie", "default", "/v2/payments/tr_1"),
            probes("mollie", "default"),
            requested("9f86d081884c7d65"),
            knocks("9f86d081884c7d65"),
            backfill("mollie", "default"),
            watch("stripe", "default"),
            cohorts("stripe", "default"),
            locked("stripe", "default"),
            pulse(&due),
            incident(&IncidentId::of("stripe", "default", "failure", "source", "2026-01-31T12:00:00Z")),
            releases(),
            stops(),
            delegations(),
            views("mara"),
            embeds(),
            entities(),
            series("de"),
            filed("R-2026-000001"),
            filed_of(&id, "in_1"),
            link("9f86d081884c7d65"),
            pay_link("9f86d081884c7d65"),
            card_link("9f86d081884c7d65"),
            document_link("9f86d081884c7d65"),
            messages_link("9f86d081884c7d65"),
            pressed(&id),
            staff_change("2026-01-31T12:00:00Z".parse().unwrap(), "mara"),
            staff_proposal(1),
            bulletin("proposal_1"),
            endpoints(),
            reach("ep_1"),
            line(&id, "ep_1"),
        ]
    }

    #[test]
    fn keys_are_what_the_decision_record_says() {
        let record = include_str!("../../../../docs/decisions/0002-keys.md");
        let row = |key: &Key| format!("| {} | `{}` | `{}` |", key.table.name(), key.pk, key.sk);
        let missing: Vec<_> = examples().iter().map(row).filter(|row| !record.contains(row)).collect();
        assert_eq!(missing, Vec::<String>::new(), "docs/decisions/0002-keys.md lacks these rows");
    }

    #[test]
    fn a_prefix_has_its_own_keys_and_no_others() {
        let id = AccountId::of("stripe", "default", "cus_1");
        let day = "2026-01-31".parse().unwrap();
        let rows = [
            (invoices(&id), "INVOICE#in_1"),
            (all_filed_of(&id), "DOCUMENT#in_1"),
            (payments(&id), "PAYMENT#ch_1"),
            (subscriptions(&id), "SUBSCRIPTION#sub_1"),
            (cards(&id), "CARD#pm_1"),
            (cases(&id), "CASE#case_pzankqp544j4egvsc6be_s4tc8qccy8ch"),
            (actions(&id), "ACTION#act_pzankqp544j4egvsc6be_5r039kz3c3eh"),
            (tasks(&id), "TASK#task_pzankqp544j4egvsc6be_5r039kz3c3eh"),
            (tickets_of(&id), "TICKET#zendesk#default#123"),
            (payment_requests(&id), "REQUEST#preq_pzankqp544j4egvsc6be_k6ztph02p5er"),
            (plans(&id), "PLAN#in_1"),
            (climbs(&id), "CLIMB#in_1"),
            (notices(&id), "NOTICE#expires-1"),
            (ledger_entries(&id), "LEDGER#000000000001"),
            (timeline_of(&id), "TIME#2026-01-31T12:00:00.000Z#evt_1"),
            (found("email:ada@shop.example"), "acc_pzankqp544j4egvsc6be"),
            (facts("2026-01").nth(6).unwrap(), "2026-01-31T12:00:00.000Z#acc_pzankqp544j4egvsc6be#evt_1#0"),
            (sources(), "SOURCE#stripe#default"),
            (
                pulses("stripe", "default", Trouble::Failure, day),
                "2026-01-31T12:00:00.000Z#in_1#acc_pzankqp544j4egvsc6be",
            ),
            (prices("stripe", "default"), "PRICE#stripe#default#price_pro"),
            (all_staff(), "STAFF#mara"),
            (staff_changes(), "2026-01-31T12:00:00.000Z#mara"),
            (staff_proposals(), "000000000001"),
        ];
        for (prefix, sk) in rows {
            let has = |key: &Key| key.table == prefix.table && key.pk == prefix.pk && key.sk.starts_with(&prefix.sk);
            let own: Vec<String> = examples().into_iter().filter(has).map(|key| key.sk).collect();
            assert_eq!(own, [sk], "{prefix:?}");
        }
    }
}
