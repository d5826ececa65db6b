//! How are the words of a line read, and the fields of an answer?

use domain::money::{Currency, Money};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn moment(day: &str, time: &str) -> Timestamp {
    let text = format!("{day}T{time}:00Z");
    text.parse().unwrap_or_else(|_| panic!("`{day} {time}` is not a time; write 2026-03-01 09:00"))
}

pub(super) fn midnight(day: &str) -> Timestamp {
    moment(day, "00:00")
}

/// An amount in the smallest unit of its currency.
pub(super) fn minor(amount: &str, currency: &str) -> i64 {
    Money::parse(amount, Currency::parse(currency).unwrap()).unwrap().minor().unwrap()
}

/// The names and values of the words that are written `name=value`.
pub(super) fn fields<'a>(words: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    words.iter().map(|word| word.split_once('=').expect("fields are written name=value"))
}

/// A field's value as the API takes it.
pub(super) fn value(field: &str, text: &str) -> Value {
    match field {
        "amount" => {
            let (amount, currency) = text.split_at(text.len() - 3);
            json!(Money::parse(amount, Currency::parse(currency).unwrap()).unwrap())
        }
        "days" | "seats" => json!(text.parse::<u32>().unwrap()),
        "customer_requested" | "release" => json!(text == "true"),
        "addons" => text.split(',').map(addon).collect(),
        _ => json!(text),
    }
}

fn addon(text: &str) -> Value {
    let (price, quantity) = text.split_once('*').expect("add-ons are written price*quantity");
    json!({"price": price, "quantity": quantity.parse::<u32>().unwrap()})
}

/// What a field says, or nothing.
pub(super) fn text(field: &Value) -> &str {
    field.as_str().unwrap_or_default()
}

/// What a field lists, or nothing.
pub(super) fn each(field: &Value) -> impl Iterator<Item = &Value> {
    field.as_array().into_iter().flatten()
}
