//! What each endpoint of a provider can be asked with. Whatever else is sent is refused, in the provider's own words.
//!
//! `<provider>/takes.txt` names an endpoint, with `*` where an id stands, and below it what it takes: `[]` is any place in a
//! list, `[*]` whatever the shop calls it. Of all that a provider knows, it is what we send.

use super::{chargebee, lemonsqueezy, mollie, revenuecat, stripe};
use providers::{Call, Reply};
use serde_json::Value;

/// Where a name stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Query,
    Body,
}

/// The answer to a request in which something stands that its endpoint does not take.
pub(super) fn refused(provider: &str, call: &Call) -> Option<Reply> {
    let takes = takes(table(provider), call)?;
    let (place, odd) =
        names_sent(&call.path, &call.body).into_iter().find(|(_, name)| !takes.iter().any(|known| is(known, name)))?;
    Some(match provider {
        "chargebee" => chargebee::unknown(&odd),
        "lemonsqueezy" => lemonsqueezy::unknown(place, &odd),
        "mollie" => mollie::unknown(place, &odd),
        "revenuecat" => revenuecat::unknown(&odd),
        _ => stripe::unknown(&odd),
    })
}

fn table(provider: &str) -> &'static str {
    match provider {
        "chargebee" => include_str!("chargebee/takes.txt"),
        "lemonsqueezy" => include_str!("lemonsqueezy/takes.txt"),
        "mollie" => include_str!("mollie/takes.txt"),
        "revenuecat" => include_str!("revenuecat/takes.txt"),
        "stripe" => include_str!("stripe/takes.txt"),
        _ => "",
    }
}

/// What the endpoint of a call takes; nothing where there is none, which the provider then says itself, or where we send nothing.
fn takes<'a>(table: &'a str, call: &Call) -> Option<Vec<&'a str>> {
    let path = call.path.split('?').next().unwrap_or_default();
    let mut lines = table.lines().skip_while(|line| !is_of(line, call.method.as_str(), path));
    lines.next()?;
    Some(lines.take_while(|line| line.starts_with(' ')).flat_map(str::split_whitespace).collect())
}

fn is_of(line: &str, method: &str, path: &str) -> bool {
    let Some((own, pattern)) = line.split_once(' ') else { return false };
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(known, sent): (&&str, &&str)| *known == "*" || known == sent;
    own == method && pattern.len() == path.len() && pattern.iter().zip(&path).all(fits)
}

/// Every name that stands in a request, fields of fields in brackets.
pub fn names_sent(path: &str, body: &str) -> Vec<(Place, String)> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let mut names = form(Place::Query, query);
    match serde_json::from_str(body) {
        Ok(Value::Object(fields)) => fields.iter().for_each(|(name, value)| inside(name.clone(), value, &mut names)),
        _ => names.extend(form(Place::Body, body)),
    }
    names
}

fn form(place: Place, text: &str) -> Vec<(Place, String)> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| (place, name.into_owned())).collect()
}

fn inside(name: String, value: &Value, names: &mut Vec<(Place, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(own, value)| inside(format!("{name}[{own}]"), value, names));
        }
        Value::Array(all) if !all.is_empty() => {
            all.iter().enumerate().for_each(|(at, value)| inside(format!("{name}[{at}]"), value, names));
        }
        _ => names.push((Place::Body, name)),
    }
}

fn is(known: &str, name: &str) -> bool {
    let (known, name) = (parts(known), parts(name));
    match known.split_last() {
        Some((last, before)) if *last == "*" => name.len() > before.len() && name.starts_with(before),
        _ => name == known,
    }
}

/// A name taken apart; the places in a list are all alike.
fn parts(name: &str) -> Vec<&str> {
    let plain = name.split('[').map(|part| part.strip_suffix(']').unwrap_or(part));
    plain.map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { "" } else { part }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use serde_json::json;

    fn call(method: Method, path: &str, body: &str) -> Call {
        Call { method, body: body.to_owned(), ..Call::get(path) }
    }

    #[test]
    fn what_an_endpoint_does_not_take_is_refused_in_the_providers_words() {
        let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
        for (provider, asked, expected) in [
            (
                "stripe",
                call(post.clone(), "/v1/refunds", "charge=ch_1&no_such=1"),
                Some((400, "/error/param", "no_such")),
            ),
            (
                "stripe",
                call(post.clone(), "/v1/subscriptions/sub_1", "items[0][id]=si_1&items[0][foo]=1"),
                Some((400, "/error/param", "items[0][foo]")),
            ),
            (
                "stripe",
                call(post.clone(), "/v1/subscription_schedules/sub_sched_1", "phases[1][items][0][foo]=1"),
                Some((400, "/error/code", "parameter_unknown")),
            ),
            (
                "stripe",
                call(get.clone(), "/v1/charges?limit=1&invoice=in_1", ""),
                Some((400, "/error/param", "invoice")),
            ),
            (
                "stripe",
                call(post.clone(), "/v1/invoices/in_1/void", "metadata[a]=1"),
                Some((400, "/error/param", "metadata[a]")),
            ),
            ("stripe", call(post.clone(), "/v1/refunds", "charge=ch_1&metadata[whatever]=1"), None),
            ("stripe", call(post.clone(), "/v1/refunds", "metadata=1"), Some((400, "/error/param", "metadata"))),
            ("stripe", call(post.clone(), "/v1/nothing", "no_such=1"), None),
            (
                "chargebee",
                call(post.clone(), "/api/v2/subscriptions/sub_1", "addons[id][0]=sso&addons[foo][0]=1"),
                Some((400, "/param", "addons[foo][0]")),
            ),
            (
                "chargebee",
                call(get.clone(), "/api/v2/invoices?limit=1&foo[is]=1", ""),
                Some((400, "/api_error_code", "param_wrong_value")),
            ),
            ("chargebee", call(post.clone(), "/api/v2/subscriptions/sub_1", "addons[id][12]=sso"), None),
            (
                "mollie",
                call(post.clone(), "/v2/payments/tr_1/refunds", r#"{"amount":{"value":"1.00","foo":1}}"#),
                Some((422, "/field", "amount.foo")),
            ),
            (
                "mollie",
                call(get.clone(), "/v2/payments?testmode=true", ""),
                Some((422, "/detail", "Non-existent query parameter \"testmode\" for this API call.")),
            ),
            ("mollie", call(post.clone(), "/v2/payments/tr_1/refunds", r#"{"metadata":{"a":{"b":1}}}"#), None),
            (
                "lemonsqueezy",
                call(patch.clone(), "/v1/subscriptions/1", r#"{"data":{"attributes":{"pause":{"foo":1}}}}"#),
                Some((422, "/errors/0/source/pointer", "/data/attributes/pause/foo")),
            ),
            ("lemonsqueezy", call(patch, "/v1/subscriptions/1", r#"{"data":{"attributes":{"pause":null}}}"#), None),
            (
                "lemonsqueezy",
                call(get, "/v1/orders?filter[foo]=1", ""),
                Some((400, "/errors/0/source/parameter", "filter[foo]")),
            ),
            (
                "revenuecat",
                call(post.clone(), "/subscriptions/sub1/actions/extend", r#"{"extend_until_ms":1,"foo":1}"#),
                Some((400, "/param", "foo")),
            ),
            (
                "revenuecat",
                call(post, "/subscriptions/sub1/actions/cancel", r#"{"foo":[1]}"#),
                Some((400, "/param", "foo[0]")),
            ),
        ] {
            let reply = refused(provider, &asked);
            let told = reply.map(|reply| (reply.status, serde_json::from_str::<Value>(&reply.body).unwrap()));
            let what = format!("{provider} {} {}: {told:?}", asked.path, asked.body);
            match (told, expected) {
                (Some((status, body)), Some((expected, place, words))) => {
                    assert_eq!((status, body.pointer(place)), (expected, Some(&json!(words))), "{what}");
                }
                (told, expected) => assert_eq!(told.is_some(), expected.is_some(), "{what}"),
            }
        }
    }
}
