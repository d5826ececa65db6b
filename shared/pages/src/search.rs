//! One search for everything: its field, and what was found.

use crate::frame::{Viewer, frame, words};
use maud::{Markup, html};

/// Something that was found, with the page that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// As it stands in JSON.
    pub kind: &'static str,
    pub id: String,
    /// What it is, and whose.
    pub label: String,
    pub account: Option<String>,
    pub url: String,
}

/// The field of the header. It is sent as a form, so that no address holds what is looked for.
pub(crate) fn field() -> Markup {
    html! {
        form .find method="post" action="/search" role="search" aria-label="Everything" {
            label for="search" { span .unseen { "Search everything" } }
            input id="search" type="search" name="q" required maxlength="200" placeholder="Name, e-mail, id, amount, day";
            button .plain type="submit" { "Search" }
        }
    }
}

/// What was found; none before anything was looked for.
pub fn search(viewer: &Viewer, question: &str, hits: Option<&[Hit]>, next: Option<&str>) -> String {
    frame(
        "Search",
        "/search",
        Some(viewer),
        html! {
            h1 { "Search" }
            form .row method="post" action="/search" role="search" aria-label="Again" {
                label {
                    "What to look for "
                    input type="search" name="q" value=(question) required maxlength="200";
                }
                button type="submit" { "Search" }
            }
            section {
                @match hits {
                    None | Some([]) => {
                        @if hits.is_some() { p { "Nothing fits \u{201c}" (question) "\u{201d}." } }
                        p .soft { "Look for:" }
                        ul .soft {
                            li { "a customer's name (one slip in a longer word is forgiven) or their whole e-mail address" }
                            li { "an id of a provider: a customer, an invoice, a payment, a refund, a subscription, a dispute" }
                            li { "the number of an invoice or of a ticket, or the last four digits of a card" }
                            li { "the subject of a ticket, among the last hundred" }
                            li { "an amount, such as 24.00 or $24: open invoices and the last hundred actions and payment requests" }
                            li { "a day, such as 27 Nov: what was opened, asked for or due on it" }
                        }
                    }
                    Some(hits) => { div .scroll tabindex="0" { table aria-label="What was found" {
                        thead { tr { th scope="col" { "What" } th scope="col" { "Kind" } th scope="col" { "Id" } } }
                        tbody { @for hit in hits { tr {
                            td { a href=(hit.url) { (hit.label) } }
                            td { (words(hit.kind)) }
                            td { code .soft { (hit.id) } }
                        } } }
                    } } }
                }
            }
            @if let Some(next) = next {
                form method="post" action="/search" {
                    input type="hidden" name="q" value=(question);
                    input type="hidden" name="cursor" value=(next);
                    button .plain type="submit" { "More" }
                }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::Role;

    fn lena() -> Viewer {
        Viewer { id: "lena".into(), name: "Lena".into(), role: Role::L1, csrf: None, local: false }
    }

    #[test]
    fn what_was_found_is_shown_as_text_with_whose_it_is() {
        let hit = Hit {
            kind: "payment_request",
            id: "preq_1".into(),
            label: "Asked to pay 24.00 USD: <b>Juniper</b>".into(),
            account: None,
            url: "/tickets/42".into(),
        };
        let page = search(&lena(), "\"><script>", Some(&[hit]), Some("MTAw"));
        for part in [
            "<a href=\"/tickets/42\">Asked to pay 24.00 USD: &lt;b&gt;Juniper&lt;/b&gt;</a>",
            "payment request",
            "name=\"cursor\" value=\"MTAw\"",
            "value=\"&quot;&gt;&lt;script&gt;\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn an_empty_answer_says_what_can_be_looked_for() {
        for (hits, says) in [(None, false), (Some(&[] as &[Hit]), true)] {
            let page = search(&lena(), "nobody", hits, None);
            assert!(page.contains("a day, such as 27 Nov"), "{page}");
            assert_eq!(page.contains("Nothing fits"), says, "{page}");
        }
    }

    #[test]
    fn every_page_of_somebody_who_is_signed_in_has_the_field() {
        let page = search(&lena(), "", None, None);
        let header = page.split("</header>").next().unwrap();
        assert!(header.contains("action=\"/search\"") && header.contains("name=\"q\""), "{header}");
        assert!(!crate::login(None, &[]).contains("/search"));
    }
}
