//! A button that copies a text. Without scripts there is none, and the text stands in its field, to be selected.

use maud::{Markup, PreEscaped, html};

/// Shows the buttons and lets them copy. Where a page may not write to the clipboard (no HTTPS, an old phone) the
/// text is left selected and the older way is tried.
///
/// The browser runs this text only as it is: its hash stands in the header of the pages that have it.
pub const COPY: &str = r#"for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const said = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.focus();
    field.setSelectionRange(0, field.value.length);
    let copied = true;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      copied = document.execCommand("copy");
    }
    said.textContent = copied ? "Copied" : "Selected: copy it now";
  });
}"#;

/// The button that copies the text of a field, as it has been edited.
pub(crate) fn copies(field: &str) -> Markup {
    html! {
        button .plain type="button" hidden data-copies=(field) { "Copy the text" }
        span .soft role="status" {}
    }
}

/// What makes the buttons above it work: once on a page.
pub(crate) fn script() -> Markup {
    html! { script { (PreEscaped(COPY)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_scripts_there_is_no_button_and_no_form_is_sent_by_it() {
        let page = copies("reply-0").into_string();
        assert!(page.contains(r#"type="button" hidden data-copies="reply-0""#), "{page}");
        assert!(page.contains(r#"role="status""#), "who cannot see it hears what came of it: {page}");
    }

    #[test]
    fn the_script_stands_as_it_is_and_loads_nothing() {
        assert_eq!(script().into_string(), format!("<script>{COPY}</script>"));
        for part in ["</", "http", "import", "fetch", "innerHTML", "eval"] {
            assert!(!COPY.contains(part), "{part}");
        }
    }
}
