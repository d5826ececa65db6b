//! Whose alarm rings? A key that wakes, read back to what it was made of.

use super::account::{ACCOUNT, ACTION, ASK, CLIMB, HEAR, NOTICE, OUT, PLAN, REQUEST};
use super::source::{ANSWER, BACKFILL, COHORTS, EXTERNAL, FORM, PROBE, TICKET, WATCH};
use super::staff::{BULLETIN, ENDPOINT};
use crate::ports::Key;
use domain::id::{AccountId, ActionId, CaseId, RequestId};

/// What a key was made of, for each kind of key that ever wakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Woken {
    External { provider: String, source: String, id: String },
    Probe { provider: String, source: String, path: String },
    Backfill { provider: String, source: String },
    Watch { provider: String, source: String },
    Cohorts { provider: String, source: String },
    Ticket { provider: String, source: String, id: String },
    Plan { account: AccountId, invoice: String },
    Climb { account: AccountId, invoice: String },
    Notice { account: AccountId, notice: String },
    Asking(CaseId),
    Answer { provider: String, source: String, id: String },
    Hearing(ActionId),
    Request(RequestId),
    Action(ActionId),
    Bulletin(String),
    Line { account: AccountId, endpoint: String },
    Reach(String),
    Requested(String),
}

/// Reads a key back; none if its kind never wakes.
pub fn woken(key: &Key) -> Option<Woken> {
    if let Some(rest) = key.pk.strip_prefix(EXTERNAL) {
        let [provider, source, id] = parts(rest)?;
        return Some(Woken::External { provider, source, id });
    }
    if let Some(rest) = key.pk.strip_prefix(PROBE) {
        let [provider, source, path] = parts(rest)?;
        return Some(Woken::Probe { provider, source, path });
    }
    if let Some(rest) = key.pk.strip_prefix(BACKFILL) {
        let [provider, source] = parts(rest)?;
        return Some(Woken::Backfill { provider, source });
    }
    if let Some(rest) = key.pk.strip_prefix(WATCH) {
        let [provider, source] = parts(rest)?;
        return Some(Woken::Watch { provider, source });
    }
    if let Some(rest) = key.pk.strip_prefix(COHORTS) {
        let [provider, source] = parts(rest)?;
        return Some(Woken::Cohorts { provider, source });
    }
    if let Some(rest) = key.pk.strip_prefix(ANSWER) {
        let [provider, source, id] = parts(rest)?;
        return Some(Woken::Answer { provider, source, id });
    }
    if let Some(rest) = key.pk.strip_prefix(TICKET) {
        let [provider, source, id] = parts(rest)?;
        return Some(Woken::Ticket { provider, source, id });
    }
    if let Some(id) = key.pk.strip_prefix(BULLETIN) {
        return Some(Woken::Bulletin(id.to_owned()));
    }
    if let Some(endpoint) = key.pk.strip_prefix(ENDPOINT) {
        return Some(Woken::Reach(endpoint.to_owned()));
    }
    if let Some(hash) = key.pk.strip_prefix(FORM) {
        return Some(Woken::Requested(hash.to_owned()));
    }
    let account = AccountId::parse(key.pk.strip_prefix(ACCOUNT)?)?;
    if let Some(endpoint) = key.sk.strip_prefix(OUT) {
        return Some(Woken::Line { account, endpoint: endpoint.to_owned() });
    }
    if let Some(invoice) = key.sk.strip_prefix(PLAN) {
        return Some(Woken::Plan { account, invoice: invoice.to_owned() });
    }
    if let Some(invoice) = key.sk.strip_prefix(CLIMB) {
        return Some(Woken::Climb { account, invoice: invoice.to_owned() });
    }
    if let Some(notice) = key.sk.strip_prefix(NOTICE) {
        return Some(Woken::Notice { account, notice: notice.to_owned() });
    }
    if let Some(case) = key.sk.strip_prefix(ASK) {
        return CaseId::parse(case).map(Woken::Asking);
    }
    if let Some(action) = key.sk.strip_prefix(HEAR) {
        return ActionId::parse(action).map(Woken::Hearing);
    }
    if let Some(request) = key.sk.strip_prefix(REQUEST) {
        return RequestId::parse(request).map(Woken::Request);
    }
    ActionId::parse(key.sk.strip_prefix(ACTION)?).map(Woken::Action)
}

/// Takes a partition key apart; only the last part may hold what separates them.
fn parts<const N: usize>(text: &str) -> Option<[String; N]> {
    text.splitn(N, '#').map(str::to_owned).collect::<Vec<_>>().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::examples;
    use super::super::{
        account_partition, action, asking, backfill, bulletin, climb, cohorts, dispatch, external, hearing, line,
        notice, payment_request, plan, probe, reach, requested, ticket, watch,
    };
    use super::*;
    use crate::ports::Table;

    /// Every key that wakes, and what it was made of.
    fn waking() -> Vec<(Key, Woken)> {
        let account = AccountId::of("stripe", "default", "cus_1");
        let act = ActionId::of(&account, "mara", "key");
        let case = CaseId::of(&account, "payment_failed", "in_1");
        let request = RequestId::of(&account, "zendesk/default/123");
        let own = |text: &str| text.to_owned();
        let external_id = |id: &str| Woken::External { provider: own("stripe"), source: own("default"), id: own(id) };
        let answer = |id: &str| Woken::Answer { provider: own("zendesk"), source: own("default"), id: own(id) };
        let probed = |path: &str| Woken::Probe { provider: own("mollie"), source: own("default"), path: own(path) };
        let of_desk = |id: &str| Woken::Ticket { provider: own("zendesk"), source: own("default"), id: own(id) };
        let planned = |invoice: &str| Woken::Plan { account: account.clone(), invoice: own(invoice) };
        let climbing = |invoice: &str| Woken::Climb { account: account.clone(), invoice: own(invoice) };
        vec![
            (external("stripe", "default", "invoice:in_1"), external_id("invoice:in_1")),
            (external("stripe", "default", "card:a#b"), external_id("card:a#b")),
            (external("stripe", "default", ""), external_id("")),
            (probe("mollie", "default", "/v2/payments/tr_1"), probed("/v2/payments/tr_1")),
            (probe("mollie", "default", "/v2/a#b"), probed("/v2/a#b")),
            (backfill("mollie", "default"), Woken::Backfill { provider: own("mollie"), source: own("default") }),
            (watch("stripe", "default"), Woken::Watch { provider: own("stripe"), source: own("default") }),
            (cohorts("stripe", "default"), Woken::Cohorts { provider: own("stripe"), source: own("default") }),
            (ticket("zendesk", "default", "123"), of_desk("123")),
            (ticket("zendesk", "default", "a#b"), of_desk("a#b")),
            (plan(&account, "in_1"), planned("in_1")),
            (plan(&account, "in#1"), planned("in#1")),
            (climb(&account, "in_1"), climbing("in_1")),
            (climb(&account, "in#1"), climbing("in#1")),
            (notice(&account, "expires-1"), Woken::Notice { account: account.clone(), notice: own("expires-1") }),
            (asking(&case), Woken::Asking(case.clone())),
            (dispatch("zendesk", "default", "123"), answer("123")),
            (dispatch("zendesk", "default", "a#b"), answer("a#b")),
            (hearing(&act), Woken::Hearing(act.clone())),
            (action(&act), Woken::Action(act.clone())),
            (payment_request(&request), Woken::Request(request.clone())),
            (bulletin("proposal_1"), Woken::Bulletin(own("proposal_1"))),
            (line(&account, "ep_1"), Woken::Line { account: account.clone(), endpoint: own("ep_1") }),
            (reach("ep_1"), Woken::Reach(own("ep_1"))),
            (requested("9f86d081884c7d65"), Woken::Requested(own("9f86d081884c7d65"))),
        ]
    }

    #[test]
    fn a_key_that_wakes_reads_back_to_what_made_it() {
        for (key, made_of) in waking() {
            assert_eq!(woken(&key), Some(made_of), "{key:?}");
        }
    }

    #[test]
    fn other_keys_read_back_to_nothing() {
        let waking: Vec<Key> = waking().into_iter().map(|(key, _)| key).collect();
        let mut others: Vec<Key> = examples().into_iter().filter(|key| !waking.contains(key)).collect();
        assert_eq!(others.len(), examples().len() - 18, "each kind that wakes has its example among the others");
        let account = account_partition(&AccountId::of("stripe", "default", "cus_1"));
        for (pk, sk) in [
            ("EXT#stripe#default", "EXT"),
            ("WATCH#stripe", "WATCH"),
            ("TICKET#zendesk#default", "TICKET"),
            ("ACCOUNT#acc_x", "PLAN#in_1"),
            (account.as_str(), "ACTION#act_x"),
            (account.as_str(), "ASK#case_x"),
            (account.as_str(), "HEAR#act_x"),
            ("ANSWER#zendesk#default", "ANSWER"),
            (account.as_str(), "ACTION"),
        ] {
            others.push(Key { table: Table::Accounts, pk: pk.to_owned(), sk: sk.to_owned() });
        }
        for key in others {
            assert_eq!(woken(&key), None, "{key:?}");
        }
    }
}
