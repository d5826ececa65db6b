//! A text as an HTML mail. It is readable on a phone and in the dark, and fetches nothing: whoever opens it tells
//! nobody.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A letter to a customer, beside its plain form.
pub struct Written<'a> {
    /// Two letters, for whoever has it read aloud.
    pub language: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// What it is about, each with its name.
    pub figures: &'a [(&'a str, String)],
    /// What it asks for: words, and the page to which they lead.
    pub button: Option<(&'a str, &'a str)>,
}

/// Some programs read no style sheet: what the button needs is said on it once more.
const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:6px;background:#0b5cad;color:#ffffff;\
    font-weight:bold;text-decoration:none";

const STYLE: &str = "\
body { margin: 0; padding: 16px; font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #f4f6f8; } \
main { max-width: 560px; margin: 0 auto; padding: 16px 20px; background: #ffffff; border-radius: 8px; overflow-wrap: anywhere; } \
table { border-collapse: collapse; margin: 8px 0 16px; } \
th { padding: 2px 16px 2px 0; font-weight: normal; text-align: left; color: #59636e; } \
td { padding: 2px 0; font-weight: bold; } \
ul { margin: 8px 0 16px; padding-left: 20px; } \
a { color: #0b5cad; } \
@media (prefers-color-scheme: dark) { \
body { color: #e6eaef; background: #12161b; } main { background: #1b2027; } th { color: #9aa5b1; } a { color: #6cb2ff; } }";

/// Wraps the paragraphs of a text for our own people; addresses become links.
pub fn mail(text: &str) -> String {
    letter(&Written { language: "en", subject: "", text, figures: &[], button: None })
}

/// The same where others wrote parts of it: only this page becomes a link, so that nobody follows theirs.
pub fn told(text: &str, page: &str) -> String {
    sheet(&Written { language: "en", subject: "", text, figures: &[], button: None }, Some(page))
}

/// The figures, the paragraphs, and the button where its page is named.
pub fn letter(written: &Written<'_>) -> String {
    sheet(written, None)
}

/// `only` is the one address that becomes a link, where not all do.
fn sheet(written: &Written<'_>, only: Option<&str>) -> String {
    let Written { language, subject, text, figures, button } = written;
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (subject) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                @if !figures.is_empty() {
                    table { @for (name, figure) in *figures { tr { th scope="row" { (name) } td { (figure) } } } }
                }
                @for part in text.trim().split("\n\n") {
                    @match button.and_then(|(words, page)| Some((words, page, part.split_once(page)?))) {
                        Some((words, page, (before, behind))) => {
                            (paragraph(before, only))
                            p { a href=(page) style=(BUTTON) { (words) } }
                            (paragraph(behind, only))
                        }
                        None => { (paragraph(part, only)) }
                    }
                }
            } }
        }
    };
    page.into_string()
}

/// Lines that begin with a dash become a list.
fn paragraph(text: &str, only: Option<&str>) -> Markup {
    let mut parts = text.trim().split("\n- ");
    let lead = parts.next().unwrap_or_default();
    let lines: Vec<&str> = parts.collect();
    html! {
        @if !lead.is_empty() { p { (linked(lead, only)) } }
        @if !lines.is_empty() { ul { @for line in lines { li { (linked(line, only)) } } } }
    }
}

/// Its addresses become links.
fn linked(text: &str, only: Option<&str>) -> Markup {
    html! {
        @for word in text.split_inclusive(char::is_whitespace) {
            @if is_address(word) && only.is_none_or(|only| word.trim() == only) {
                a href=(word.trim()) { (word) }
            } @else { (word) }
        }
    }
}

fn is_address(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://pay.example/i/1?a=1&b=2";

    fn reminder(name: &str) -> String {
        let text = format!(
            "Guten Tag {name},\n\nwir konnten 49,00 € nicht einziehen.\n\nHier können Sie bezahlen: {PAGE}\nVerbleibende Tage: 5\n\n\
             Fragen? https://help.example/\n"
        );
        let figures = [("Betrag", "49,00\u{a0}€".to_owned()), ("Verbleibende Tage", "5".to_owned())];
        letter(&Written {
            language: "de",
            subject: "Rechnung <1>",
            text: &text,
            figures: &figures,
            button: Some(("Bezahlen", PAGE)),
        })
    }

    #[test]
    fn a_reminder_shows_figures_and_one_button_where_its_page_was_named() {
        let page = reminder("Ada");
        let link = "href=\"https://pay.example/i/1?a=1&amp;b=2\"";
        assert_eq!(page.matches(link).count(), 1, "{page}");
        let (before, behind) = page.split_once(link).unwrap();
        assert!(before.contains("<p>Hier können Sie bezahlen:</p>") && behind.contains(">Bezahlen</a>"), "{page}");
        assert!(behind.contains("<p>Verbleibende Tage: 5</p>"), "what stands below the address stays there: {page}");
        assert!(before.contains("<th scope=\"row\">Betrag</th><td>49,00\u{a0}€</td>"), "{page}");
        assert!(page.contains("<a href=\"https://help.example/\">"), "{page}");
        assert!(page.contains("<html lang=\"de\">") && page.contains("<title>Rechnung &lt;1&gt;</title>"), "{page}");
    }

    #[test]
    fn it_fits_a_phone_and_the_dark_and_fetches_nothing() {
        let page = reminder("Ada");
        assert!(page.contains("width=device-width") && page.contains("prefers-color-scheme: dark"), "{page}");
        for fetched in ["<img", "<link", "<script", "<iframe", "src=", "url(", "@import"] {
            assert!(!page.contains(fetched), "{fetched}: {page}");
        }
    }

    #[test]
    fn where_others_wrote_parts_only_our_page_is_a_link() {
        let ours = "https://recoup.example/approvals#70c3";
        let page = told(&format!("Refund to https://evil.example/x\n\nDecide here:\n{ours}\n"), ours);
        assert_eq!(page.matches("<a href=").count(), 1, "{page}");
        assert!(page.contains(&format!("<a href=\"{ours}\">")) && page.contains("https://evil.example/x"), "{page}");
    }

    #[test]
    fn what_else_is_open_is_a_list() {
        let page = mail("Hello Ada,\n\nAlso open:\n- IN_2: 19.00 EUR\n- <IN_3>: 5.00 EUR\n\nThank you - really.");
        let list = "<p>Also open:</p><ul><li>IN_2: 19.00 EUR</li><li>&lt;IN_3&gt;: 5.00 EUR</li></ul><p>Thank you - really.</p>";
        assert!(page.contains(list), "{page}");
    }

    #[test]
    fn what_a_customer_is_called_stays_words() {
        let page = reminder("<img src=x onerror=alert(1)> \"Ada\" & Söhne");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt; &quot;Ada&quot; &amp; Söhne"), "{page}");
        assert!(!page.contains("<img"), "{page}");
    }

    #[test]
    fn a_letter_that_asks_for_nothing_has_no_button() {
        let page = mail("Hello Bea,\n\nlook at https://a.example/x\n");
        assert!(!page.contains("style=\"display") && !page.contains("<table>"), "{page}");
        assert!(page.contains("<p>look at <a href=\"https://a.example/x\">https://a.example/x</a></p>"), "{page}");
    }
}
