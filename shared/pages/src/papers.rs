//! Our own tax documents: all of them, and one with whose it is, how much, which tax, and what corrects what.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, no_default, said, time};
use domain::action::Line;
use domain::document::{Filed, Party, Sound};
use domain::money::Money;
use maud::{Markup, html};

/// A line of the list.
pub struct PaperRow {
    pub filed: Filed,
    /// With its tax; nothing, where it cannot be added up any more.
    pub total: Option<Money>,
}

/// One of them.
pub struct PaperShown<'a> {
    pub filed: &'a Filed,
    pub sound: &'a Sound<'a>,
    pub credit: Credit,
    pub notice: Option<&'a str>,
}

/// How it stands with what takes an invoice back.
pub enum Credit {
    /// There is one.
    Made(String),
    /// What one would say.
    Would(Vec<Line>),
    /// Why there can be none.
    Not(String),
}

pub fn papers(viewer: &Viewer, rows: &[PaperRow], filters: &Filters, next: Option<&str>) -> String {
    let empty = html! {
        "Recoup has made no tax document yet. It makes those of a " a href="/entities" { "legal entity" }
        " of yours that says so; for everybody else the provider's own is sent."
    };
    frame(
        "Tax documents",
        "/documents",
        Some(viewer),
        html! {
            h1 { "Tax documents" }
            (filters.form(viewer))
            section {
                @if rows.is_empty() { (filters.empty(&empty)) } @else { div .scroll tabindex="0" { (table(rows)) } }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

fn table(rows: &[PaperRow]) -> Markup {
    html! {
        table aria-label="Tax documents" {
            thead { tr {
                th scope="col" { "Number" } th scope="col" { "Customer" } th .number scope="col" { "In all" }
                th scope="col" { "Of" } th scope="col" { "What it is" }
            } }
            tbody { @for PaperRow { filed, total } in rows { tr {
                td { a href={ "/documents/" (filed.document.number) } { (filed.document.number) } }
                td { a href={ "/accounts/" (filed.account) } { (filed.document.customer.name) } }
                td .number { (known(*total)) }
                td { (filed.document.issued_on) }
                td { (what(filed)) }
            } } }
        }
    }
}

fn what(filed: &Filed) -> Markup {
    html! {
        @match &filed.document.corrects {
            Some(original) => { "credit note: takes " (to(&original.number)) " back" }
            None => "invoice",
        }
    }
}

fn to(number: &str) -> Markup {
    html! { a href={ "/documents/" (number) } { (number) } }
}

pub fn paper(viewer: &Viewer, shown: &PaperShown<'_>) -> String {
    let (filed, document) = (shown.filed, &shown.filed.document);
    let totals = shown.sound.totals();
    let title = if document.corrects.is_some() { "Credit note" } else { "Tax invoice" };
    frame(
        &format!("{title} {}", document.number),
        "/documents",
        Some(viewer),
        html! {
            h1 { (title) " " (document.number) }
            @if let Some(notice) = shown.notice { p .notice role="status" { (notice) } }
            p {
                (totals.gross) " for " a href={ "/accounts/" (filed.account) } { (document.customer.name) }
                ", of " (document.issued_on) "."
            }
            div .two {
                section { h2 { "What it says" } (sums(shown)) }
                section {
                    h2 { "Where it comes from" }
                    dl {
                        dt { "Made by" } dd { (party(&document.issuer)) }
                        dt { "Made out to" } dd { (party(&document.customer)) }
                        dt { "Invoice" } dd { code { (filed.invoice) } " at the provider" }
                        dt { "Made" } dd { (time(filed.at)) " by " (filed.by) }
                    }
                    (related(shown))
                }
            }
            section {
                h2 { "As a file" }
                ul {
                    li { a href={ "/documents/" (document.number) "/pdf" } { "The page, with the e-invoice inside (PDF)" } }
                    li { a href={ "/documents/" (document.number) "/ubl" } { "The e-invoice as UBL 2.1" } }
                    li { a href={ "/documents/" (document.number) "/cii" } { "The e-invoice as CII D16B" } }
                }
            }
            (credit(viewer, shown))
        },
    )
}

fn sums(shown: &PaperShown<'_>) -> Markup {
    let (document, totals) = (&shown.filed.document, shown.sound.totals());
    html! {
        div .scroll tabindex="0" { table aria-label="Lines" {
            thead { tr { th scope="col" { "For" } th .number scope="col" { "Quantity" } th .number scope="col" { "Net" } } }
            tbody { @for (line, net) in document.lines.iter().zip(&totals.nets) { tr {
                td { (line.name) } td .number { (line.quantity.normalize()) } td .number { (net) }
            } } }
        } }
        dl {
            dt { "Without tax" } dd { (totals.net) }
            @for group in &totals.groups { dt { (shown.sound.taxed(&group.tax)) } dd { (group.amount) } }
            dt { "In all" } dd { (totals.gross) }
            @if document.corrects.is_none() { dt { "Left to pay" } dd { (totals.due) } }
        }
    }
}

fn party(party: &Party) -> Markup {
    html! { (party.written()) }
}

fn related(shown: &PaperShown<'_>) -> Markup {
    html! {
        @if let Some(original) = &shown.filed.document.corrects {
            p { "It takes " (to(&original.number)) " back: " (original.reason) }
        }
        @if let Credit::Made(number) = &shown.credit { p { "It was taken back by " (to(number)) "." } }
    }
}

/// What would take the invoice back, and the button for whoever may.
fn credit(viewer: &Viewer, shown: &PaperShown<'_>) -> Markup {
    let document = &shown.filed.document;
    html! {
        @if document.corrects.is_none() {
            @match &shown.credit {
                Credit::Made(_) => {}
                Credit::Not(why) => section { h2 { "Take it back" } p .soft { (said(why)) } },
                Credit::Would(lines) => section {
                    h2 { "Take it back" }
                    p { "A credit note over all of it would say:" }
                    dl { @for line in lines { dt { (line.label) } dd { (known(line.after.as_ref())) } } }
                    @if let Some(csrf) = &viewer.csrf { (take_back(csrf, &document.number)) }
                },
            }
        }
    }
}

fn take_back(csrf: &str, number: &str) -> Markup {
    html! {
        form method="post" action={ "/documents/" (number) "/credit" } {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            label for="reason" { "Why, as the customer will read it" }
            input id="reason" name="reason" maxlength="500" required;
            button type="submit" { "Make the credit note" }
            p .soft { "Its number is given for good, and nothing is mailed by this." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::document::DocumentPolicy;
    use domain::policies::Policies;
    use domain::staff::Role;
    use serde_json::{Value, from_value, json};

    fn viewer(csrf: bool) -> Viewer {
        let csrf = csrf.then(|| "token".to_owned());
        Viewer { id: "mara".into(), name: "Mara".into(), role: Role::Manager, csrf, local: false }
    }

    fn filed(corrects: &Value) -> Filed {
        let party = |name: &str, id: &str| {
            json!({"name": name, "street": ["Ring 1"], "city": "Berlin", "post_code": "10115", "country": "DE",
                "tax_id": id})
        };
        let line = json!({"name": "Team <plan>", "quantity": "1", "unit": "month",
            "price": {"amount": "100.00", "currency": "EUR"}, "discount": null, "tax": {"standard": {"rate": "19"}},
            "period": null});
        let document = json!({"number": "R-000002", "issued_on": "2026-03-02", "corrects": corrects,
            "supplied": {"on": "2026-03-02"}, "due_on": "2026-03-16", "issuer": party("Juniper GmbH", "DE123456789"),
            "customer": party("Acme & Co", "DE987654321"), "currency": "EUR", "lines": [line], "discounts": [],
            "paid": null, "payment": {"card": {"last4": "4242"}}, "books": null});
        let account = domain::id::AccountId::of("stripe", "default", "cus_1");
        from_value(json!({"account": account, "invoice": "in_1", "entity": "de", "by": "recoup",
            "at": "2026-03-02T09:00:00Z", "document": document}))
        .unwrap()
    }

    fn shown(viewer: &Viewer, filed: &Filed, credit: Credit, policy: &DocumentPolicy) -> String {
        let sound = Sound::of(filed.document.clone(), policy).unwrap();
        paper(viewer, &PaperShown { filed, sound: &sound, credit, notice: None })
    }

    #[test]
    fn a_page_says_whose_how_much_which_tax_and_what_takes_it_back() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.documents.current();
        let (invoice, original) = (
            filed(&Value::Null),
            json!({"number": "R-000001", "issued_on": "2026-03-01",
            "reason": "charged twice"}),
        );
        let would = || Credit::Would(vec![Line::text("Made out to", None, "Acme & Co")]);
        let page = shown(&viewer(true), &invoice, would(), policy);
        for part in [
            "Tax invoice R-000002",
            "119.00 EUR",
            "Acme &amp; Co",
            "Team &lt;plan&gt;",
            "VAT 19 %",
            "action=\"/documents/R-000002/credit\"",
            "/documents/R-000002/pdf",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!shown(&viewer(false), &invoice, would(), policy).contains("action=\"/documents/"), "no session");
        let page = shown(&viewer(true), &invoice, Credit::Made("R-000003".to_owned()), policy);
        assert!(page.contains("It was taken back by") && !page.contains("Take it back"), "{page}");
        let page = shown(&viewer(true), &invoice, Credit::Not("the invoice still stands".to_owned()), policy);
        assert!(page.contains("the invoice still stands") && !page.contains("/credit"), "{page}");
        let note = filed(&original);
        let page = shown(&viewer(true), &note, Credit::Not("it stays".to_owned()), policy);
        assert!(page.contains("Credit note R-000002") && page.contains("charged twice"), "{page}");
        assert!(page.contains("href=\"/documents/R-000001\"") && !page.contains("it stays"), "{page}");
    }
}
