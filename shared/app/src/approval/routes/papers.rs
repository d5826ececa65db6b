//! Our legal entities are kept, and their tax documents are taken back.

use crate::context::Context;
use crate::door::console::own_fields;
use crate::door::token::Caller;
use crate::paper;
use crate::setup::entities;
use crate::web::{self, Answer, Problem, escaped};
use bytes::Bytes;
use domain::document::EntityWish;
use domain::staff::Staff;
use http::{Request, Response, StatusCode};
use serde_json::{Value, from_value, json};
use std::collections::BTreeMap;

pub(super) async fn keep(context: &Context, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let wish = web::sent(body, "send `entity`, as `GET /api/entities` shows one, and its `sources`")?;
    Ok(web::json(StatusCode::OK, &entities::keep(context, &wish, staff).await?))
}

pub(super) async fn remove(context: &Context, id: &str, staff: &Staff) -> Result<Answer, Problem> {
    entities::remove(context, id, staff).await?;
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}

pub(super) async fn credit(context: &Context, number: &str, body: &[u8], staff: &Staff) -> Result<Answer, Problem> {
    let asked = web::sent(body, "send the `reason`, which whoever gets it reads")?;
    let (filed, is_new) = paper::credit(context, number, &asked, staff).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(web::json(status, &paper::json(context, &filed)))
}

pub(super) async fn keep_by_form(
    context: &Context,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let back = format!("/entities?id={}", escaped(fields.get("id").map(String::as_str).unwrap_or_default()));
    let kept = match wish(&fields) {
        Ok(wish) => entities::keep(context, &wish, &caller.staff).await,
        Err(problem) => Err(problem),
    };
    match kept {
        Ok(kept) => {
            let sources = if kept.sources.is_empty() { "no source yet".to_owned() } else { kept.sources.join(", ") };
            Ok(web::see_with("/entities", &format!("{} is kept, and sells through {sources}.", kept.entity.party.name)))
        }
        Err(problem) => Ok(web::see_other(&format!("{back}&notice={}", escaped(&problem.message)))),
    }
}

pub(super) async fn remove_by_form(
    context: &Context,
    id: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    own_fields(request, caller)?;
    let removed = entities::remove(context, id, &caller.staff).await;
    Ok(web::back_to("/entities", removed.map(|()| Some("Removed."))))
}

pub(super) async fn credit_by_form(
    context: &Context,
    number: &str,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Answer, Problem> {
    let fields = own_fields(request, caller)?;
    let asked = paper::Asked { reason: fields.get("reason").cloned().unwrap_or_default() };
    let page = |number: &str| format!("/documents/{}", escaped(number));
    match paper::credit(context, number, &asked, &caller.staff).await {
        Ok((filed, _)) => Ok(web::see_with(&page(&filed.document.number), "This credit note takes the invoice back.")),
        Err(problem) => Ok(web::back_to(&page(number), Err(problem))),
    }
}

/// The fields of the form, as the API takes them; what is left empty is not said.
fn wish(fields: &BTreeMap<String, String>) -> Result<EntityWish, Problem> {
    let said = |name: &str| fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let text = |name: &str| json!(said(name).unwrap_or_default());
    let listed = |name: &str, by: &[char]| -> Vec<String> {
        let parts = said(name).unwrap_or_default().split(by).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let mut party = json!({"name": text("name"), "street": listed("street", &['\n', '\r']), "city": text("city"),
        "post_code": text("post_code"), "country": text("country")});
    for name in ["region", "tax_id", "registration", "email"] {
        party[name] = json!(said(name));
    }
    let rates: Vec<Value> = listed("rates", &[',', ';', '\n', '\r']).iter().map(|rate| charged(rate)).collect();
    let mut entity = json!({"id": text("id"), "issuer": text("issuer"), "prefix": text("prefix"), "party": party,
        "rates": rates});
    if let Some(currency) = said("currency") {
        entity["currency"] = json!(currency);
    }
    if let Some(iban) = said("iban") {
        entity["payment"] = json!({"iban": iban, "bic": said("bic")});
    }
    let wish = json!({"entity": entity, "sources": listed("sources", &[',', ' ', '\n', '\r'])});
    let why = "one of these is not written as its example: the currency, the taxes, or who makes the invoices";
    from_value(wish).map_err(|_| Problem::malformed(why))
}

/// `19` or `8.875 NY`: per cent, and where it is charged.
fn charged(rate: &str) -> Value {
    let (percent, region) = rate.split_once(' ').map_or((rate, None), |(percent, region)| (percent, Some(region)));
    let region = region.map(str::trim).filter(|region| !region.is_empty());
    region.map_or_else(|| json!({"percent": percent}), |region| json!({"percent": percent, "region": region}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_may_say_where_it_is_charged() {
        for (text, expected) in [
            ("19", json!({"percent": "19"})),
            ("8.875 NY", json!({"percent": "8.875", "region": "NY"})),
            ("7 ", json!({"percent": "7"})),
        ] {
            assert_eq!(charged(text), expected, "{text}");
        }
    }

    #[test]
    fn what_the_form_says_is_what_the_api_takes() {
        let fields = [
            ("id", "de"),
            ("issuer", "recoup"),
            ("prefix", "R-2026-"),
            ("name", " Juniper GmbH "),
            ("street", "Hauptstr. 1\r\nHinterhaus"),
            ("city", "Berlin"),
            ("post_code", "10115"),
            ("country", "DE"),
            ("tax_id", "DE123456789"),
            ("region", ""),
            ("currency", "EUR"),
            ("rates", "19, 7"),
            ("sources", "stripe/default, stripe/eu"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wish = wish(&BTreeMap::from(fields.clone())).unwrap();
        assert_eq!((wish.entity.id.as_str(), wish.entity.party.name.as_str()), ("de", "Juniper GmbH"));
        assert_eq!(wish.entity.party.street, ["Hauptstr. 1", "Hinterhaus"]);
        assert_eq!((wish.entity.party.region.as_deref(), wish.entity.rates.len()), (None, 2));
        assert_eq!(wish.sources, ["stripe/default", "stripe/eu"]);
        let mut strange = BTreeMap::from(fields);
        strange.insert("issuer".to_owned(), "nobody".to_owned());
        assert!(super::wish(&strange).is_err());
    }
}
