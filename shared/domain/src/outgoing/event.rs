//! One thing that the product is told, under an id that is computed from what happened.

use crate::book::Head;
use crate::id::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A customer may use more or less than before.
    #[serde(rename = "entitlement.changed")]
    EntitlementChanged,
    #[serde(rename = "case.opened")]
    CaseOpened,
    #[serde(rename = "action.executed")]
    ActionExecuted,
    /// What had failed is paid.
    #[serde(rename = "payment.recovered")]
    PaymentRecovered,
}

impl Kind {
    /// In the order of the forms.
    pub const ALL: [Self; 4] =
        [Self::EntitlementChanged, Self::CaseOpened, Self::ActionExecuted, Self::PaymentRecovered];

    /// As it stands in the body, and in the ids that are computed from it, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::EntitlementChanged => "entitlement.changed",
            Self::CaseOpened => "case.opened",
            Self::ActionExecuted => "action.executed",
            Self::PaymentRecovered => "payment.recovered",
        }
    }
}

/// Something that happened, as the product is told of it: ids, amounts and reasons, and nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same however often it is sent, and wherever.
    pub id: String,
    pub kind: Kind,
    /// When Recoup wrote down that it is so.
    pub at: Timestamp,
    pub data: Value,
}

impl Event {
    /// What happened to an account; `about` tells it apart from everything else of its kind there.
    pub(super) fn of(head: &Head, kind: Kind, about: &[&str], at: Timestamp, data: &[(&str, Value)]) -> Self {
        let mut parts = vec![kind.name(), head.account.as_str()];
        parts.extend(about);
        let mut all = json!({
            "account": head.account,
            "provider": head.provider,
            "source": head.source,
            "customer": head.customer,
        });
        for (name, value) in data {
            all[*name] = value.clone();
        }
        Self { id: format!("msg_{}", digest(&parts, 24)), kind, at, data: all }
    }

    /// What is sent, to the byte: it is signed so.
    pub fn body(&self) -> String {
        json!({"type": self.kind, "timestamp": self.at, "data": self.data}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_of_what_happened_and_the_body_says_it() {
        let head = Head::new("shop", "default", "cus_1");
        let at: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let event = |about: &str, at| Event::of(&head, Kind::CaseOpened, &[about], at, &[("case", json!(about))]);
        let one = event("case_1", at);
        assert_eq!(one.id, event("case_1", "2026-03-02T09:00:00Z".parse().unwrap()).id, "told again");
        assert_ne!(one.id, event("case_2", at).id, "another case");
        assert_ne!(one.id, Event::of(&head, Kind::ActionExecuted, &["case_1"], at, &[]).id, "another kind");
        let other = Head::new("shop", "default", "cus_2");
        assert_ne!(one.id, Event::of(&other, Kind::CaseOpened, &["case_1"], at, &[]).id, "another account");
        let body: Value = serde_json::from_str(&one.body()).unwrap();
        let data = json!({"account": head.account, "provider": "shop", "source": "default", "customer": "cus_1",
            "case": "case_1"});
        assert_eq!(body, json!({"type": "case.opened", "timestamp": "2026-03-01T09:00:00Z", "data": data}));
        for kind in Kind::ALL {
            assert_eq!(json!(kind), json!(kind.name()));
        }
    }
}
