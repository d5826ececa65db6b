//! What a customer sees behind a link to pay: nothing of the console, no script, nothing from elsewhere.

use maud::{DOCTYPE, Markup, html};

/// The page, in one language.
pub struct Paying<'a> {
    pub language: &'a str,
    /// Who asks.
    pub company: &'a str,
    pub title: String,
    pub message: String,
    /// What stands above the debts, where the title is not about them.
    pub also: Option<&'a str>,
    pub debts: Vec<ToPay>,
}

/// A debt that can be paid.
pub struct ToPay {
    /// The provider's id of the invoice.
    pub invoice: String,
    pub button: String,
    /// One fact a line, behind its name and a colon; of what is not known there is only the name.
    pub facts: String,
}

/// Opening it does nothing. Each debt has a form of its own, which asks for the provider's page.
pub fn pay(page: &Paying<'_>, token: &str) -> String {
    let below = html! {
        @if let Some(also) = page.also { h2 { (also) } }
        @for (number, debt) in page.debts.iter().enumerate() { (to_pay(debt, number, token)) }
    };
    outside(page.language, page.company, (&page.title, &page.message), &below)
}

/// A page for customers: who asks, a title with its message, and what stands below.
pub(crate) fn outside(language: &str, company: &str, (title, message): (&str, &str), below: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) " · " (company) }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                header { div { span .name { (company) } } }
                main id="main" {
                    h1 { (title) }
                    @for paragraph in message.trim().split("\n\n") { p { (paragraph) } }
                    (below)
                }
            }
        }
    };
    document.into_string()
}

fn to_pay(debt: &ToPay, number: usize, token: &str) -> Markup {
    html! {
        section {
            dl id={ "debt-" (number) } {
                @for (name, value) in known(&debt.facts) { dt { (name) } dd { (value) } }
            }
            form method="post" action={ "/pay/" (token) } {
                input type="hidden" name="invoice" value=(debt.invoice);
                button type="submit" aria-describedby={ "debt-" (number) } { (debt.button.trim()) }
            }
        }
    }
}

/// The facts of which anything is known.
fn known(facts: &str) -> impl Iterator<Item = (&str, &str)> {
    let parted = facts.lines().filter_map(|line| line.split_once(':'));
    parted.map(|(name, value)| (name.trim(), value.trim())).filter(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn page(language: &str, also: Option<&str>, debts: Vec<ToPay>) -> String {
        let paying = Paying {
            language,
            company: "Shop & Co",
            title: "What is open".to_owned(),
            message: "Choose what you want to pay.\n\nNothing is charged <before>.\n".to_owned(),
            also,
            debts,
        };
        pay(&paying, TOKEN)
    }

    fn debt(id: &str) -> ToPay {
        let facts = format!("Invoice: IN-{id}\nAmount: 49.00 EUR\nDue on: \nFor: Pro: <yearly>\n");
        ToPay { invoice: format!("in_{id}"), button: "Pay 49.00 EUR".to_owned(), facts }
    }

    #[test]
    fn each_debt_has_a_form_that_says_what_it_pays() {
        let page = page("en", None, vec![debt("1"), debt("2")]);
        assert_eq!(page.matches(&format!(r#"<form method="post" action="/pay/{TOKEN}">"#)).count(), 2, "{page}");
        for number in [1, 2] {
            let invoice = format!(r#"<input type="hidden" name="invoice" value="in_{number}">"#);
            let button =
                format!(r#"<button type="submit" aria-describedby="debt-{}">Pay 49.00 EUR</button>"#, number - 1);
            assert_eq!((page.matches(&invoice).count(), page.matches(&button).count()), (1, 1), "{page}");
            assert_eq!(page.matches(&format!(r#"<dl id="debt-{}">"#, number - 1)).count(), 1, "{page}");
        }
        assert!(page.contains("<dt>Amount</dt><dd>49.00 EUR</dd>"), "{page}");
        assert!(page.contains("<dt>For</dt><dd>Pro: &lt;yearly&gt;</dd>"), "{page}");
        assert!(!page.contains("Due on"), "what is not known is left out: {page}");
    }

    #[test]
    fn it_is_nobodys_console_and_loads_nothing_from_elsewhere() {
        for page in [
            page("en", None, vec![debt("1")]),
            page("en", Some("Also open"), vec![debt("1")]),
            page("en", None, Vec::new()),
        ] {
            for part in ["<script", "http://", "https://", "<nav", "/login", "Recoup"] {
                assert!(!page.contains(part), "{part}: {page}");
            }
            assert!(
                page.contains(r#"<html lang="en">"#) && page.contains(r#"name="robots" content="noindex"#),
                "{page}"
            );
            assert!(page.contains("Shop &amp; Co") && page.contains("&lt;before&gt;"), "{page}");
            assert_eq!((page.matches("<h1>").count(), page.matches("<main").count()), (1, 1), "{page}");
        }
        assert!(page("en", Some("Also open"), vec![debt("1")]).contains("<h2>Also open</h2>"));
        assert!(!page("en", None, Vec::new()).contains("<form"));
        assert!(page("fr", None, Vec::new()).contains(r#"<html lang="fr">"#));
    }
}
