//! A text as an HTML mail.

use maud::{DOCTYPE, html};

/// Wraps the paragraphs of a text; addresses become links.
pub fn mail(text: &str) -> String {
    let paragraphs = text.trim().split("\n\n");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            body {
                @for paragraph in paragraphs {
                    p {
                        @for word in paragraph.split_inclusive(char::is_whitespace) {
                            @if word.starts_with("https://") || word.starts_with("http://") {
                                a href=(word.trim()) { (word) }
                            } @else { (word) }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}
