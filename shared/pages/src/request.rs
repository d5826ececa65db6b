//! The refund request form as a customer sees it, and what is said before and after: nothing of the console, no script, nothing
//! from elsewhere, and what was typed stays where it was typed.

use maud::{DOCTYPE, Markup, html};

/// What each of its pages has.
pub struct Said<'a> {
    pub language: &'a str,
    /// Who is asked.
    pub company: &'a str,
    pub title: String,
    pub message: String,
}

/// One field of the form.
pub struct Field<'a> {
    pub name: &'static str,
    pub label: &'a str,
    /// As it was typed.
    pub value: &'a str,
    pub kind: FieldKind<'a>,
    /// What is to be mended in it.
    pub wrong: Option<&'a str>,
    /// What helps to fill it in.
    pub hint: Option<&'a str>,
}

/// What is typed into a field, which decides what keyboard a telephone shows.
pub enum FieldKind<'a> {
    Email,
    Line,
    Digits,
    Text,
    /// Values and what they are called.
    Choice(Vec<(&'static str, &'a str)>),
}

/// The form, to be sent to where it came from.
pub fn request_form(said: &Said<'_>, source: &str, fields: &[Field<'_>], button: &str) -> String {
    let inner = html! {
        form method="post" action={ "/request/" (source) } novalidate {
            @for field in fields { (one(field)) }
            button type="submit" { (button) }
        }
    };
    page(said, &inner)
}

/// Opening it does nothing: programs that look through mail open every link.
pub fn request_confirm(said: &Said<'_>, token: &str, button: &str) -> String {
    let inner = html! {
        form method="post" action={ "/request/confirm/" (token) } { button type="submit" { (button) } }
    };
    page(said, &inner)
}

/// Words, and nothing to do.
pub fn request_said(said: &Said<'_>) -> String {
    page(said, &html! {})
}

fn page(said: &Said<'_>, inner: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(said.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (said.title) " · " (said.company) }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                header { div { span .name { (said.company) } } }
                main id="main" {
                    h1 { (said.title) }
                    @for paragraph in said.message.trim().split("\n\n") { p { (paragraph) } }
                    (inner)
                }
            }
        }
    };
    document.into_string()
}

fn one(field: &Field<'_>) -> Markup {
    let (wrong, hint) = (format!("{}-wrong", field.name), format!("{}-hint", field.name));
    let about = [field.wrong.map(|_| wrong.as_str()), field.hint.map(|_| hint.as_str())];
    let about = about.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let about = Some(about).filter(|about| !about.is_empty());
    let invalid = field.wrong.map(|_| "true");
    let (name, value) = (field.name, field.value);
    html! {
        label for=(name) { (field.label) }
        @match &field.kind {
            FieldKind::Email => {
                input id=(name) name=(name) type="email" autocomplete="email" value=(value)
                    aria-describedby=[about.as_deref()] aria-invalid=[invalid];
            },
            FieldKind::Line => {
                input id=(name) name=(name) type="text" dir="auto" autocomplete="off" value=(value)
                    aria-describedby=[about.as_deref()] aria-invalid=[invalid];
            },
            FieldKind::Digits => {
                input id=(name) name=(name) type="text" inputmode="numeric" autocomplete="off" value=(value)
                    aria-describedby=[about.as_deref()] aria-invalid=[invalid];
            },
            FieldKind::Text => {
                textarea id=(name) name=(name) rows="6" dir="auto" aria-describedby=[about.as_deref()]
                    aria-invalid=[invalid] { (value) }
            },
            FieldKind::Choice(choices) => {
                select id=(name) name=(name) {
                    @for (choice, words) in choices {
                        option value=(choice) selected[*choice == value] { (words) }
                    }
                }
            },
        }
        @if let Some(words) = field.wrong { p .bad id=(wrong) { (words) } }
        @if let Some(words) = field.hint { p .soft id=(hint) { (words) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Said<'static> {
        let message = "Tell us.\n\nNo <whole> card.\n".to_owned();
        Said { language: "de", company: "Shop & Co", title: "Ask for a refund".to_owned(), message }
    }

    fn form(value: &str, wrong: Option<&str>) -> String {
        let kinds = [
            ("email", FieldKind::Email),
            ("invoice", FieldKind::Line),
            ("last4", FieldKind::Digits),
            ("reason", FieldKind::Choice(vec![("duplicate_charge", "Twice"), ("other", "Another <reason>")])),
            ("text", FieldKind::Text),
        ];
        let fields: Vec<_> = kinds
            .into_iter()
            .map(|(name, kind)| Field { name, label: "A <label>", value, kind, wrong, hint: Some("A hint") })
            .collect();
        request_form(&said(), "stripe", &fields, "Send")
    }

    #[test]
    fn what_was_typed_stays_and_is_text_in_every_field() {
        let typed = "\"><script>alert(1)</script> 👩\u{200d}💻 שלום";
        let page = form(typed, Some("Mend <this>"));
        assert!(!page.contains("<script"), "{page}");
        let kept = "&lt;script&gt;alert(1)&lt;/script&gt; 👩\u{200d}💻 שלום";
        assert_eq!(page.matches(kept).count(), 4, "each field but the choice has it: {page}");
        for part in [
            r#"aria-describedby="email-wrong email-hint" aria-invalid="true""#,
            "<p class=\"bad\" id=\"text-wrong\">Mend &lt;this&gt;</p>",
            "A &lt;label&gt;",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!form("", None).contains("aria-invalid"));
        assert!(form("other", None).contains(r#"<option value="other" selected>Another &lt;reason&gt;</option>"#));
    }

    #[test]
    fn it_is_nobodys_console_and_loads_nothing_from_elsewhere() {
        for page in [form("", None), request_confirm(&said(), "0123", "Confirm"), request_said(&said())] {
            for part in ["<script", "http://", "https://", "<nav", "/login", "Recoup"] {
                assert!(!page.contains(part), "{part}: {page}");
            }
            assert!(page.contains(r#"<html lang="de">"#) && page.contains(r#"content="noindex, nofollow""#), "{page}");
            assert!(page.contains("Shop &amp; Co") && page.contains("No &lt;whole&gt; card."), "{page}");
            assert_eq!((page.matches("<h1>").count(), page.matches("<main").count()), (1, 1), "{page}");
        }
        assert!(request_confirm(&said(), "0123", "Confirm").contains(r#"action="/request/confirm/0123""#));
    }
}
