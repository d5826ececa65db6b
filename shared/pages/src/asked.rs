//! What a customer sees behind a link that asks for one thing: a button, and nothing of the console.

use crate::pay::outside;
use maud::html;

/// The page, in one language.
pub struct Asked<'a> {
    pub language: &'a str,
    /// Who asks.
    pub company: &'a str,
    pub title: String,
    pub message: String,
    pub press: &'a Press<'a>,
}

/// The button, where it leads, and what it says there.
pub struct Press<'a> {
    pub words: &'a str,
    pub to: &'a str,
    pub field: Option<(&'a str, &'a str)>,
}

/// Opening it does nothing.
pub fn asked(page: &Asked<'_>) -> String {
    let Press { words, to, field } = page.press;
    let below = html! {
        form method="post" action=(to) {
            @if let Some((name, value)) = field { input type="hidden" name=(name) value=(value); }
            button type="submit" { (words) }
        }
    };
    outside(page.language, page.company, (&page.title, &page.message), &below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(field: Option<(&str, &str)>) -> String {
        asked(&Asked {
            language: "de",
            company: "Shop & Co",
            title: "Andere Karte <angeben>".to_owned(),
            message: "Auf der Seite\n\nunseres Anbieters.\n".to_owned(),
            press: &Press { words: "Weiter", to: "/card/0", field },
        })
    }

    #[test]
    fn it_has_one_button_and_loads_nothing_from_elsewhere() {
        for page in [page(None), page(Some(("again", "yes")))] {
            assert_eq!(page.matches(r#"<form method="post" action="/card/0">"#).count(), 1, "{page}");
            assert_eq!(page.matches(r#"<button type="submit">Weiter</button>"#).count(), 1, "{page}");
            assert!(page.contains("<h1>Andere Karte &lt;angeben&gt;</h1>") && page.contains("Shop &amp; Co"), "{page}");
            for part in ["<script", "http://", "https://", "<nav", "/login", "Recoup"] {
                assert!(!page.contains(part), "{part}: {page}");
            }
        }
        let hidden = r#"<input type="hidden" name="again" value="yes">"#;
        assert!(page(Some(("again", "yes"))).contains(hidden) && !page(None).contains("<input"));
    }
}
