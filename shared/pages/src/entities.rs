//! The companies of ours that sell, and who makes their invoices.

use crate::frame::{Viewer, frame, known, no_default, only, time};
use domain::document::{ChargedRate, Entities, Issuer, KeptEntity, LegalEntity};
use domain::staff::Role;
use maud::{Markup, html};

/// `wanted` is the one whose fields the form has; `unnamed` are sources that no entity names.
pub fn entities(
    viewer: &Viewer,
    entities: &Entities,
    unnamed: &[String],
    wanted: Option<&str>,
    notice: Option<&str>,
) -> String {
    let csrf = viewer.csrf.as_deref().filter(|_| viewer.role == Role::Vp);
    let chosen = wanted.and_then(|id| entities.get(id));
    frame(
        "Legal entities",
        "/entities",
        Some(viewer),
        html! {
            h1 { "Legal entities" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            p .soft {
                "The companies of yours that sell. Where Recoup makes the invoices of one, a tax invoice that is asked for is \
                 ours, numbered without a gap; for all others the provider's own is sent."
            }
            @if entities.all.is_empty() { section { p .soft { "There is none: every tax document is the provider's." } } }
            @for kept in &entities.all { (entity(kept, csrf)) }
            @if !unnamed.is_empty() { p .soft { "No entity sells through: " (unnamed.join(", ")) "." } }
            @if let Some(csrf) = csrf { (form(csrf, chosen)) }
            @else { (only("A VP adds, changes and removes legal entities.")) }
        },
    )
}

fn entity(kept: &KeptEntity, csrf: Option<&str>) -> Markup {
    let entity = &kept.entity;
    let rates: Vec<String> = entity.rates.iter().map(rate).collect();
    html! { section {
        h2 { (entity.party.name) }
        dl {
            dt { "Invoices" } dd {
                @match entity.issuer {
                    Issuer::Recoup => { "made by Recoup, numbered " code { (entity.prefix) "000001" } " and so on" }
                    Issuer::Provider => "made by the provider",
                }
            }
            dt { "Written as" } dd { (entity.party.written()) }
            dt { "Books in" } dd { (entity.currency) }
            dt { "Charges" } dd { (known(Some(rates.join(", ")).filter(|rates| !rates.is_empty()))) }
            dt { "Paid to" } dd { (known(entity.payment.as_ref().map(|account| account.iban.clone()))) }
            dt { "Sells through" } dd { (known(Some(kept.sources.join(", ")).filter(|own| !own.is_empty()))) }
            dt { "Said" } dd { "by " (kept.by) ", " (time(kept.at)) }
        }
        @if let Some(csrf) = csrf {
            p { a href={ "/entities?id=" (entity.id) "#entity" } { "Change it" } }
            form .row method="post" action={ "/entities/" (entity.id) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                button .plain type="submit" { "Remove" }
            }
        }
    } }
}

fn rate(rate: &ChargedRate) -> String {
    let percent = rate.percent.normalize();
    rate.region.as_ref().map_or_else(|| format!("{percent} %"), |region| format!("{percent} % in {region}"))
}

/// As the form takes it back: `8.875 NY`.
fn typed(rate: &ChargedRate) -> String {
    let percent = rate.percent.normalize().to_string();
    rate.region.as_ref().map_or(percent.clone(), |region| format!("{percent} {region}"))
}

fn form(csrf: &str, chosen: Option<&KeptEntity>) -> Markup {
    let entity = chosen.map(|kept| &kept.entity);
    let party = entity.map(|entity| entity.party.clone()).unwrap_or_default();
    let own = |field: fn(&LegalEntity) -> String| entity.map(field).unwrap_or_default();
    let payment = entity.and_then(|entity| entity.payment.clone());
    let field = |name: &str, label: &str, value: &str, required: bool| {
        html! {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) maxlength="500" required[required];
        }
    };
    let is_ours = entity.is_none_or(|entity| entity.issuer == Issuer::Recoup);
    let rates = own(|entity| entity.rates.iter().map(typed).collect::<Vec<_>>().join(", "));
    html! { section id="entity" {
        h2 { @if chosen.is_some() { "Change it" } @else { "Another legal entity" } }
        form method="post" action="/entities" {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            (field("id", "Short name, such as de; it is its name here and does not change", &own(|entity| entity.id.clone()), true))
            label for="issuer" { "Who makes its invoices" }
            select id="issuer" name="issuer" {
                option value="recoup" selected[is_ours] { "Recoup" }
                option value="provider" selected[!is_ours] { "the provider" }
            }
            (field("prefix", "What its numbers begin with, such as R-2026-", &own(|entity| entity.prefix.clone()), false))
            (field("name", "Name, as its register writes it", &party.name, true))
            label for="street" { "Street, one line or more" }
            textarea id="street" name="street" rows="2" { (party.street.join("\n")) }
            (field("post_code", "Post code", &party.post_code, false))
            (field("city", "City", &party.city, false))
            (field("region", "State or canton, where the law asks for it", party.region.as_deref().unwrap_or_default(), false))
            (field("country", "Country, in two letters", &party.country, true))
            (field("tax_id", "Tax number", party.tax_id.as_deref().unwrap_or_default(), false))
            (field("registration", "Number in its register", party.registration.as_deref().unwrap_or_default(), false))
            (field("email", "E-mail", party.email.as_deref().unwrap_or_default(), false))
            (field("currency", "Currency of its books, such as EUR", &own(|entity| entity.currency.to_string()), true))
            (field("rates", "Taxes that it charges, in per cent: 19, 7, or 8.875 NY", &rates, false))
            (field("iban", "IBAN for transfers", payment.as_ref().map(|own| own.iban.as_str()).unwrap_or_default(), false))
            (field("bic", "BIC", payment.as_ref().and_then(|own| own.bic.as_deref()).unwrap_or_default(), false))
            (field("sources", "Sells through, such as stripe/default", &chosen.map(|kept| kept.sources.join(", ")).unwrap_or_default(), false))
            button type="submit" { "Keep it" }
        }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::document::EntityWish;
    use serde_json::{from_value, json};

    fn viewer(role: Role) -> Viewer {
        Viewer { id: "vera".into(), name: "Vera".into(), role, csrf: Some("token".into()), local: false }
    }

    fn kept() -> Entities {
        let party = json!({"name": "Juniper <GmbH>", "street": ["Hauptstr. 1"], "city": "Berlin", "post_code": "10115",
            "country": "DE", "tax_id": "DE123456789"});
        let entity = json!({"id": "de", "issuer": "recoup", "prefix": "R-2026-", "party": party, "currency": "EUR",
            "rates": [{"percent": "19"}, {"percent": "8.875", "region": "NY"}]});
        let wish: EntityWish = from_value(json!({"entity": entity, "sources": ["stripe/default"]})).unwrap();
        let at = "2026-03-01T09:00:00Z".parse().unwrap();
        let kept = KeptEntity { entity: wish.entity, sources: wish.sources, by: "vera".into(), at };
        Entities { all: vec![kept] }
    }

    #[test]
    fn a_vp_changes_what_everybody_may_read() {
        let free = ["mollie/default".to_owned()];
        for (role, may) in [(Role::Vp, true), (Role::Manager, false), (Role::Analyst, false)] {
            let page = entities(&viewer(role), &kept(), &free, None, None);
            for part in
                ["Juniper &lt;GmbH&gt;", "R-2026-000001", "19 %, 8.875 % in NY", "stripe/default", "mollie/default"]
            {
                assert!(page.contains(part), "{part}: {page}");
            }
            assert_eq!(page.contains("action=\"/entities\""), may, "{role:?}");
            assert_eq!(page.contains("A VP adds"), !may, "{role:?}");
        }
        let page = entities(&viewer(Role::Vp), &kept(), &[], Some("de"), None);
        for part in ["value=\"DE123456789\"", "value=\"19, 8.875 NY\"", "<option value=\"recoup\" selected>"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
