//! What does a form ask for? What is empty is not said.

use crate::approval::ask::{Asked, unreadable};
use crate::web::{Problem, misread, typed};
use domain::action::{Addon, Params, Wish};
use domain::id::{AccountId, digest};
use domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What belongs to the sheet and not to what is asked for on it.
const OF_THE_SHEET: [&str; 3] = ["csrf", "key", "step"];

/// Reads a form that was filled in: what a program would send, but for the key.
pub(super) fn read(
    account: &AccountId,
    kind: &str,
    fields: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Asked, Problem> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    Ok(Asked {
        key: None,
        digest: digest_of(account, fields),
        account: account.to_string(),
        reason_code: read_as("reason_code", &field("reason_code"))?,
        wish: Wish { kind: kind.to_owned(), params: params(kind, fields, now)? },
        note: field("note"),
        case: fields.get("case").filter(|case| !case.is_empty()).cloned(),
        preview_only: field("step") != "ask",
        exception: false,
        previewed: fields.get("previewed").filter(|_| field("step") == "ask").cloned(),
    })
}

/// The same twice is the same request, whichever session sends it.
fn digest_of(account: &AccountId, fields: &BTreeMap<String, String>) -> String {
    let said = fields.iter().filter(|(name, _)| !OF_THE_SHEET.contains(&name.as_str()));
    let said = said.flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    digest(&[account.as_str()].into_iter().chain(said).collect::<Vec<_>>(), 32)
}

fn params(kind: &str, fields: &BTreeMap<String, String>, now: Timestamp) -> Result<Params, Problem> {
    let field = |name: &str| fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let text = |name: &str| field(name).map(str::to_owned);
    let leaves = kind == "cancel";
    let today = now.strftime("%Y-%m-%d").to_string();
    Ok(Params {
        addons: field("addon").zip(field("quantity")).map(addon).transpose()?.into_iter().collect(),
        amount: field("amount").map(|amount| money(amount, field("currency"))).transpose()?,
        // What was charged earlier on that day was charged before they asked, as far as anybody can tell.
        asked_at: field("asked_on")
            .filter(|day| leaves && *day != today)
            .map(|day| read_as("asked_on", &format!("{day}T23:59:59Z")))
            .transpose()?,
        customer_requested: leaves.then_some(true),
        days: field("days").map(|days| whole("days", days)).transpose()?,
        invoice: text("invoice"),
        payment: text("payment"),
        percent: field("percent").map(|percent| read_as("percent", percent)).transpose()?,
        plan: text("plan"),
        seats: field("seats").map(|seats| whole("seats", seats)).transpose()?,
        subscription: text("subscription"),
        when: field("when").map(|when| read_as("when", when)).transpose()?,
        ..Params::default()
    })
}

fn addon((price, quantity): (&str, &str)) -> Result<Addon, Problem> {
    Ok(Addon { price: price.to_owned(), quantity: whole("quantity", quantity)? })
}

fn money(amount: &str, currency: Option<&str>) -> Result<Money, Problem> {
    let currency = Currency::parse(currency.unwrap_or_default()).map_err(unreadable)?;
    Money::parse(amount, currency).map_err(unreadable)
}

/// A whole number; what is none is refused as a program's would be.
fn whole(name: &str, text: &str) -> Result<u32, Problem> {
    text.parse::<u32>().or_else(|_| read_as(name, text))
}

fn read_as<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Problem> {
    typed(text).map_err(|error| unreadable(misread::field(name, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn form(kind: &str, said: &[(&str, &str)]) -> Result<Asked, Problem> {
        let standing = [("reason_code", "other"), ("step", "ask")];
        let fields = standing.iter().chain(said).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&account(), kind, &fields.collect(), NOW.parse().unwrap())
    }

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    #[test]
    fn a_form_says_what_a_program_would_send() {
        type Said = &'static [(&'static str, &'static str)];
        let rows: [(&str, Said, Value); 10] = [
            ("refund", &[("payment", "ch_1"), ("amount", ""), ("currency", "EUR")], json!({"payment": "ch_1"})),
            (
                "refund",
                &[("payment", " ch_1 "), ("amount", "24.00"), ("currency", "EUR")],
                json!({"payment": "ch_1", "amount": {"amount": "24.00", "currency": "EUR"}}),
            ),
            ("defer", &[("invoice", "in_1"), ("days", "5")], json!({"invoice": "in_1", "days": 5})),
            (
                "adjust_seats",
                &[("subscription", "sub_1"), ("seats", "7")],
                json!({"subscription": "sub_1", "seats": 7}),
            ),
            ("upgrade", &[("subscription", "sub_1"), ("plan", "p")], json!({"subscription": "sub_1", "plan": "p"})),
            ("discount", &[("percent", "12.5")], json!({"percent": "12.5"})),
            ("change_addons", &[("addon", "p"), ("quantity", "0")], json!({"addons": [{"price": "p", "quantity": 0}]})),
            ("change_addons", &[("addon", "p"), ("quantity", "")], json!({})),
            (
                "cancel",
                &[("when", "period_end"), ("asked_on", "2026-03-01")],
                json!({"when": "period_end", "customer_requested": true}),
            ),
            (
                "cancel",
                &[("when", "now"), ("asked_on", "2026-02-27")],
                json!({"when": "now", "customer_requested": true, "asked_at": "2026-02-27T23:59:59Z"}),
            ),
        ];
        for (kind, said, params) in rows {
            let wish: Wish = serde_json::from_value(json!({"kind": kind, "params": params})).unwrap();
            assert_eq!(format!("{:?}", form(kind, said).unwrap().wish), format!("{wish:?}"), "{kind} {said:?}");
        }
    }

    #[test]
    fn what_is_not_of_its_type_is_refused() {
        let rows = [
            ("reason_code", "whim", "reason code: `whim` is not among its choices"),
            ("amount", "1.234", "`1.234` is not an exact amount of EUR"),
            ("amount", "much", "`much` is not an exact amount of EUR"),
            ("days", "-1", "days: `-1` is not a whole number from 0"),
            ("seats", "many", "seats: `many` is not a whole number from 0"),
            ("percent", "half", "percent: `half` is not a number such as 12.5"),
            ("when", "soon", "when: `soon` is not among its choices"),
        ];
        for (name, value, expected) in rows {
            let problem = form("refund", &[("currency", "EUR"), (name, value)]).unwrap_err();
            let said = problem.message.strip_prefix("the request cannot be read: ").unwrap_or_default();
            assert!((problem.code, said.starts_with(expected)) == ("malformed", true), "{name}: {problem:?}");
        }
    }

    #[test]
    fn the_same_form_is_the_same_request_and_another_is_not() {
        let digest = |said: &[(&str, &str)]| form("refund", said).unwrap().digest;
        let one = digest(&[("payment", "ch_1"), ("csrf", "a"), ("key", "k")]);
        assert_eq!(one, digest(&[("payment", "ch_1"), ("csrf", "b"), ("key", "l")]));
        assert_ne!(one, digest(&[("payment", "ch_2"), ("csrf", "a"), ("key", "k")]));
        assert_ne!(one, digest(&[("payment", "ch_1"), ("note", "please")]));
    }
}
