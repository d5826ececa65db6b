//! A button that copies a text. Without scripts there is none, and the text stands in its field, to be selected.

use maud::{Markup, html};

/// The button that copies the text of a field, as it has been edited; the console's script shows it.
pub(crate) fn copies(field: &str) -> Markup {
    html! {
        button .plain type="button" hidden data-copy={ "#" (field) } { "Copy the text" }
        span .soft role="status" {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_scripts_there_is_no_button_and_no_form_is_sent_by_it() {
        let page = copies("reply-0").into_string();
        assert!(page.contains(r##"type="button" hidden data-copy="#reply-0""##), "{page}");
        assert!(page.contains(r#"role="status""#), "who cannot see it hears what came of it: {page}");
    }
}
