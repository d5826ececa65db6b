//! What holds of every page: where it leads, how it tells times, and that its tables can be read aloud.

use super::navigation::WORDS;
use super::*;
use std::path::{Path, PathBuf};

fn viewer(role: Role, local: bool) -> Viewer {
    Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("c".into()), local }
}

fn at(place: &str, viewer: &Viewer) -> String {
    frame("T", place, Some(viewer), html! { p { "body" } })
}

/// The part of a page from one text to the next.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let rest = page.split_once(from).map_or("", |(_, rest)| rest);
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

#[test]
fn seven_words_lead_everywhere_and_the_open_one_shows_its_places() {
    assert_eq!(WORDS.len(), 7);
    for word in WORDS {
        for place in word.places {
            let page = at(place.path, &viewer(Role::Vp, true));
            let first = between(&page, "aria-label=\"Console\">", "</nav>");
            assert_eq!(first.matches("<a ").count(), 7, "{first}");
            assert_eq!(first.matches("aria-current=").count(), 1, "{}: {first}", place.path);
            let second = between(&page, &format!("aria-label=\"{}\">", word.name), "</nav>");
            let shown = word.places.iter().filter(|own| second.contains(&format!("href=\"{}\"", own.path))).count();
            assert_eq!(shown, if word.places.len() > 1 { word.places.len() } else { 0 }, "{}: {second}", place.path);
            let is_here = format!("href=\"{}\" aria-current=\"page\"", place.path);
            assert!(page.contains(&is_here), "{}: {page}", place.path);
        }
    }
    let overview = at("/", &viewer(Role::L1, false));
    assert_eq!(overview.matches("<nav").count(), 1, "{overview}");
    assert!(overview.contains("href=\"/\" aria-current=\"page\">Recoup"), "{overview}");
}

#[test]
fn what_is_of_no_use_to_a_role_is_not_shown_to_it() {
    for (name, role, local, place, path, is_shown) in [
        ("an agent has tasks", Role::L1, false, "/tickets", "/tasks", true),
        ("an analyst has none", Role::Analyst, false, "/tickets", "/tasks", false),
        ("legal has none", Role::Legal, false, "/tickets", "/tasks", false),
        ("a manager sets endpoints up", Role::Manager, false, "/sources", "/endpoints", true),
        ("a specialist does not", Role::BillingSpecialist, false, "/sources", "/endpoints", false),
        ("on one machine", Role::L1, true, "/staff", "/outbox", true),
        ("deployed", Role::Vp, false, "/staff", "/outbox", false),
        ("everybody stops to look", Role::Analyst, false, "/staff", "/stop", true),
    ] {
        let page = at(place, &viewer(role, local));
        assert_eq!(page.contains(&format!("href=\"{path}\"")), is_shown, "{name}: {page}");
    }
    let outside = frame("T", "/", None, html! {});
    assert!(!outside.contains("<nav"), "{outside}");
}

#[test]
fn a_time_can_be_read_without_the_script_and_the_script_finds_it() {
    let page = time("2026-11-27T14:20:31Z".parse().unwrap()).into_string();
    assert_eq!(page, "<time datetime=\"2026-11-27T14:20:31Z\">2026-11-27 14:20 UTC</time>");
    let whole = at("/", &viewer(Role::L1, false));
    assert!(whole.contains("<script src=\"/console.js\"></script>"), "{whole}");
    assert!(whole.contains("Times that say UTC are UTC"), "{whole}");
    for (name, text, bytes_max) in [("the script", CONSOLE, 4_096), ("the styles", STYLE, 12_288)] {
        assert!(text.len() <= bytes_max, "{name}: {} bytes", text.len());
    }
}

#[test]
fn words_are_spoken_and_ids_stay() {
    for (value, shown) in [
        ("insufficient_funds", "insufficient funds"),
        ("other", "other"),
        ("cus_browser", "cus_browser"),
        ("in_1", "in_1"),
        ("a_B", "a_B"),
        ("49.00 USD", "49.00 USD"),
    ] {
        assert_eq!(spoken(value), shown);
    }
}

#[test]
fn names_of_fields_stand_apart_from_the_sentence() {
    let sentence = said("send the `reason_code` <now>").into_string();
    assert_eq!(sentence, "send the <code>reason_code</code> &lt;now&gt;");
    assert!(problem(None, "T", "`to` is missing").contains("<code>to</code> is missing"));
}

#[test]
fn what_was_written_is_carried_over_the_sign_in_and_sent_by_a_person() {
    let fields = [("note", "wait <b>"), ("say", "close"), ("staff", "x")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let kept = Kept { path: "/tickets/desk:1", fields: &fields };
    let page = signed_out(kept, &[("bea".into(), "Bea".into(), Role::L2)]);
    for part in [
        "name=\"kept\" value=\"/tickets/desk:1\"",
        "name=\"kept.note\" value=\"wait &lt;b&gt;\"",
        "name=\"kept.say\" value=\"close\"",
        "name=\"kept.staff\" value=\"x\"",
    ] {
        assert_eq!(page.matches(part).count(), 2, "{part}, for a token and for the demo: {page}");
    }
    assert!(
        page.contains("<dd class=\"written\">wait &lt;b&gt;</dd>") && !page.contains("<dd class=\"written\">close")
    );
    let page = resumed(&viewer(Role::L2, false), kept);
    for part in [
        "action=\"/tickets/desk:1\"",
        "name=\"note\" value=\"wait &lt;b&gt;\"",
        "name=\"say\" value=\"close\"",
        "name=\"csrf\" value=\"c\"",
        "has not been sent yet",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn whoever_sends_what_was_kept_reads_what_its_button_says() {
    let fields = [("decision", "approve"), ("note", ""), ("card", "pm_2 <4242>"), ("preview_digest", "8wb03rgn")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = resumed(&viewer(Role::Vp, false), Kept { path: "/actions/act_1/decision", fields: &fields });
    for part in [
        "<dt>Sent to</dt><dd><code>/actions/act_1/decision</code></dd>",
        "<dt>decision</dt><dd>approve</dd>",
        "<dt>card</dt><dd>pm_2 &lt;4242&gt;</dd>",
        "name=\"preview_digest\" value=\"8wb03rgn\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("8wb03rgn").count(), 1, "it is sent and not shown: {page}");
}

/// Every source of these pages, with its name.
fn sources() -> Vec<(String, String)> {
    fn below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }
    let files = below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).into_iter();
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The openings of an element in a source: from its name to the brace.
fn openings<'a>(source: &'a str, element: &str) -> Vec<&'a str> {
    let is_whole = |place: usize| {
        !source[..place].ends_with(|before: char| before.is_alphanumeric() || "_.-<\"'&#".contains(before))
    };
    let wanted = format!("{element} ");
    let found = source.match_indices(&wanted).filter(|(place, _)| is_whole(*place));
    let lines = found.filter_map(|(place, _)| source[place..].split('\n').next());
    // What is markup has attributes or classes up to its brace; prose and types have none.
    lines
        .filter_map(|line| line.split_once('{').map(|(opening, _)| opening))
        .filter(|opening| is_markup(opening))
        .collect()
}

fn is_markup(opening: &str) -> bool {
    let mut words = opening.split_whitespace().skip(1);
    words.all(|word| word.starts_with(['.', '(']) || word.contains('=') || word.ends_with('"'))
}

fn unlabelled(source: &str) -> Vec<String> {
    let without = |element: &str, attributes: &[&str]| -> Vec<String> {
        let openings = openings(source, element).into_iter();
        openings.filter(|opening| !attributes.iter().any(|name| opening.contains(name))).map(str::to_owned).collect()
    };
    let heads = without("th", &["scope="]);
    let tables = without("table", &["aria-label="]);
    heads.into_iter().chain(tables).collect()
}

#[test]
fn every_table_has_a_name_and_every_header_says_what_it_heads() {
    for planted in
        ["tr { th { \"A\" } }", "th .number { \"A\" }", "div .scroll { table { thead {} } }", "th colspan=\"2\" { }"]
    {
        assert_eq!(unlabelled(planted).len(), 1, "{planted}");
    }
    let whole = "table aria-label=\"A\" { tr { th scope=\"col\" { \"A\" } th .number scope=\"row\" { (b) } } }";
    assert_eq!(unlabelled(whole), [""; 0]);
    for (file, source) in sources() {
        // The letter is read by programs that know no labels, and this file has what is planted.
        if !file.ends_with("mail.rs") && !file.ends_with("frame/tests.rs") {
            assert_eq!(unlabelled(&source), [""; 0], "{file}");
        }
    }
}
