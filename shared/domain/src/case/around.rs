//! What imports say around a trouble, whoever found it: tax, usage, who looks after the account, exceptions.

use super::{Case, Evidence};
use crate::sidebar::Said;

/// What was looked at, or else the words for what is not known.
type Looked = Result<Evidence, &'static str>;

impl Case {
    /// It stands among the evidence, or among what is missing.
    pub(crate) fn looked(&mut self, looked: Looked) {
        match looked {
            Ok(evidence) => self.evidence.push(evidence),
            Err(missing) => self.missing.push(missing.to_owned()),
        }
    }
}

/// What imports say now beside what a case says itself, and what none of them does.
pub fn around(case: &Case, said: &Said, customer: &str) -> (Vec<Evidence>, Vec<String>) {
    let (mut evidence, mut missing) = (Vec::new(), Vec::new());
    for looked in [owner(said, customer), tax(said), usage(said), Ok(granted(said, customer))] {
        match looked {
            Ok(found) => {
                let is_said = case.evidence.iter().any(|own| own.label == found.label && own.value == found.value);
                evidence.extend((!is_said).then_some(found));
            }
            Err(unknown) => {
                let is_said = case.missing.iter().any(|own| own == unknown);
                missing.extend((!is_said).then(|| unknown.to_owned()));
            }
        }
    }
    (evidence, missing)
}

pub(crate) fn owner(said: &Said, customer: &str) -> Looked {
    let owner = said.customer.as_ref().and_then(|customer| customer.owner.as_ref());
    let owner = owner.ok_or("who looks after the account")?;
    Ok(Evidence::new("Owner of the account", owner, customer))
}

/// Whether there is a tax id, and not which: a case is not erased, so nothing personal is in it.
pub(crate) fn tax(said: &Said) -> Looked {
    let customer = said.customer.as_ref().and_then(|customer| Some((customer, customer.tax_country.as_ref()?)));
    let (customer, country) = customer.ok_or("the tax settings of the customer")?;
    let exempt = if customer.tax_exempt == Some(true) { "exempt" } else { "not exempt" };
    let id = if customer.tax_id.is_some() { "with a tax id" } else { "without a tax id" };
    Ok(Evidence::new("Tax settings", format!("{country}, {exempt}, {id}"), &customer.who.customer))
}

pub(crate) fn usage(said: &Said) -> Looked {
    let newest = said.usage.iter().max_by_key(|usage| usage.as_of).ok_or("usage: no import has it")?;
    let seats = newest.seats_used.map(|seats| format!("{seats} seats"));
    let metered = newest.metered.as_ref().map(|metered| format!("{} {}", metered.quantity, metered.metric));
    let used: Vec<String> = seats.into_iter().chain(metered).collect();
    let value = format!("{}, as of {}", used.join(", "), newest.as_of.strftime("%Y-%m-%d"));
    Ok(Evidence::new("Usage", value, &newest.who.customer))
}

pub(crate) fn granted(said: &Said, customer: &str) -> Evidence {
    let granted = said.exceptions.iter().map(|exception| {
        let amount = exception.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
        format!("{}{amount} on {}", exception.kind.name(), exception.granted_on)
    });
    let granted: Vec<String> = granted.collect();
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join("; ") };
    Evidence::new("Granted before beside the rules", granted, customer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, CaseId};
    use serde_json::{Value, from_value, json};

    fn case(evidence: &Value, missing: &Value) -> Case {
        let account = AccountId::of("shop", "default", "cus_1");
        from_value(json!({"id": CaseId::of(&account, "overcharge", "in_1"), "account": account, "class": "overcharge",
            "about": "in_1", "confidence": "1", "state": "open", "rule": "r", "policy_version": 1,
            "evidence": evidence, "missing": missing, "advice": "", "why": "", "recommended": null,
            "draft_reply": null, "actions": [], "events": [], "opened_at": "2026-03-01T09:00:00Z",
            "resolved_at": null, "resolution": null}))
        .unwrap()
    }

    #[test]
    fn what_a_case_does_not_say_itself_stands_around_it_or_is_missing() {
        let customer = from_value(json!({"provider": "shop", "source": "default", "customer": "cus_1",
            "strategic": false, "owner": "mara", "metadata": {}}));
        let said = Said { customer: Some(customer.unwrap()), ..Said::default() };
        let owner = |name: &str| json!({"label": "Owner of the account", "value": name, "source": "cus_1"});
        let (tax, usage) = ("the tax settings of the customer", "usage: no import has it");
        for (what, evidence, missing, around_it, unknown) in [
            ("found by a detector", json!([]), json!([]), vec!["mara", "nothing"], vec![tax, usage]),
            ("gathered before", json!([owner("mara")]), json!([tax]), vec!["nothing"], vec![usage]),
            ("somebody else by now", json!([owner("luis")]), json!([]), vec!["mara", "nothing"], vec![tax, usage]),
        ] {
            let (evidence, missing) = around(&case(&evidence, &missing), &said, "cus_1");
            let values: Vec<&str> = evidence.iter().map(|it| it.value.as_str()).collect();
            assert_eq!((values, missing.join("; ")), (around_it, unknown.join("; ")), "{what}");
        }
    }
}
