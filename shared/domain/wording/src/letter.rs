//! Which words of a letter are new? Not the mail that it answers, not the signature, not the marks of a page.

use std::borrow::Cow;

/// How much of a letter is looked at, in bytes: whatever people have to say first.
const LOOKED_AT: usize = 64 * 1024;

/// How much of what is new is read.
const READ: usize = 4 * 1024;

/// What a subject and a body newly say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The subject without what mail programs put before it.
    pub subject: String,
    /// Whether the subject was somebody else's, or an older letter's.
    pub is_reply: bool,
    /// What the writer wrote this time.
    pub body: String,
}

/// Takes the newest words out of a letter.
pub fn newest(subject: &str, body: &str) -> Newest {
    let (subject, is_reply) = bare(head(subject, 400).trim());
    let body = head(body, LOOKED_AT);
    let text = if is_page(body) { Cow::Owned(text_of(body)) } else { Cow::Borrowed(body) };
    let new = unquoted(&text);
    // Somebody who only sent the old mail back means what it says.
    let new = if new.trim().is_empty() { text.into_owned() } else { new };
    Newest { subject: subject.to_owned(), is_reply, body: head(new.trim(), READ).to_owned() }
}

/// How much of the beginning and of the end of it is understood, in bytes: some hundred words, for each takes its time.
/// People say first what it is about, or last what they want.
const BEGINNING: usize = 380;
const END: usize = 160;

/// The beginning and the end of a long text, cut between two words; a short one as it stands.
pub(crate) fn ends(text: &str) -> Cow<'_, str> {
    if text.len() <= BEGINNING + END {
        return Cow::Borrowed(text);
    }
    let first = head(text, BEGINNING);
    let first = first.rsplit_once(char::is_whitespace).map_or(first, |(first, _)| first);
    let from = (text.len() - END..text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(text.len());
    let last = text[from..].split_once(char::is_whitespace).map_or("", |(_, last)| last);
    Cow::Owned(format!("{first}\n{last}"))
}

/// The beginning of a text, cut between two characters.
fn head(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let cut = (0..=most).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
    &text[..cut]
}

/// A subject without `Re:` and the like, in the languages of mail programs, and without a list's `[name]`.
fn bare(subject: &str) -> (&str, bool) {
    const REPLIES: [&str; 9] = ["re", "aw", "antw", "rv", "res", "ref", "sv", "r", "odp"];
    const FORWARDS: [&str; 6] = ["fwd", "fw", "wg", "tr", "enc", "vs"];
    let (mut rest, mut is_reply) = (subject, false);
    loop {
        if let Some((_, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            rest = after.trim_start();
            continue;
        }
        let Some((prefix, after)) = rest.split_once(':') else { return (rest, is_reply) };
        let prefix = prefix.trim().to_lowercase();
        let prefix = prefix.split(['[', '(']).next().unwrap_or_default();
        if !REPLIES.contains(&prefix) && !FORWARDS.contains(&prefix) {
            return (rest, is_reply);
        }
        is_reply |= REPLIES.contains(&prefix);
        rest = after.trim_start();
    }
}

const TAGS: [&str; 22] = [
    "!doctype",
    "html",
    "head",
    "body",
    "div",
    "span",
    "br",
    "p",
    "table",
    "td",
    "tr",
    "a",
    "b",
    "i",
    "em",
    "strong",
    "style",
    "script",
    "font",
    "ul",
    "blockquote",
    "img",
];

fn is_page(body: &str) -> bool {
    body.split('<').skip(1).any(|rest| {
        let rest = rest.trim_start_matches('/');
        let end = rest.find(['>', ' ', '/', '\n', '\r', '\t']);
        end.is_some_and(|end| TAGS.iter().any(|tag| rest[..end].eq_ignore_ascii_case(tag)))
    })
}

/// The text of a page: tags end words or lines, and what a browser does not show is left out, an older mail too.
fn text_of(page: &str) -> String {
    let mut text = String::with_capacity(page.len() / 2);
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        unescape(&rest[..open], &mut text);
        let tag = &rest[open + 1..];
        let name: String = tag.chars().take(12).take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let name = name.to_ascii_lowercase();
        // A lone `<` is a character like others.
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            text.push('<');
            rest = tag;
            continue;
        }
        rest = match name.as_str() {
            "style" | "script" | "head" | "title" => after(tag, &format!("</{name}")),
            "blockquote" => "",
            _ if name.starts_with("!--") => tag.split_once("-->").map_or("", |(_, rest)| rest),
            _ => tag.split_once('>').map_or("", |(_, rest)| rest),
        };
        let is_inline = ["b", "i", "em", "strong", "span", "a", "font", "u"].contains(&name.trim_start_matches('/'));
        text.push(if is_inline { ' ' } else { '\n' });
    }
    unescape(rest, &mut text);
    text
}

fn after<'a>(tag: &'a str, end: &str) -> &'a str {
    let found = tag.as_bytes().windows(end.len()).position(|part| part.eq_ignore_ascii_case(end.as_bytes()));
    found.and_then(|place| tag[place..].split_once('>')).map_or("", |(_, rest)| rest)
}

fn unescape(piece: &str, text: &mut String) {
    const NAMED: [(&str, &str); 8] = [
        ("&nbsp;", " "),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&euro;", "€"),
    ];
    let mut rest = piece;
    while let Some(place) = rest.find('&') {
        text.push_str(&rest[..place]);
        rest = &rest[place..];
        let (shown, length) = NAMED
            .iter()
            .find(|(name, _)| rest.starts_with(name))
            .map_or(("&", 1), |(name, shown)| (*shown, name.len()));
        text.push_str(shown);
        rest = &rest[length..];
    }
    text.push_str(rest);
}

/// The lines before an older mail and before a signature, without those that are quoted; no more than are read.
fn unquoted(text: &str) -> String {
    let mut new = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        if bare.starts_with('>') || bare.starts_with('|') {
            continue;
        }
        if new.len() > READ {
            break;
        }
        let next = lines.peek().map_or("", |next| next.trim());
        let has_words = !new.trim().is_empty();
        if begins_an_older_mail(bare, next) {
            break;
        }
        if has_words && begins_a_signature(line, bare) {
            break;
        }
        new.push_str(line);
        new.push('\n');
    }
    new
}

/// Looks closely only at lines that begin as one could, for there are many lines.
fn begins_an_older_mail(line: &str, next: &str) -> bool {
    const BEGINNINGS: [&str; 11] = ["-", "_", "=", "#", "on", "le", "el", "fr", "vo", "de", "ex"];
    let is_one = |beginning: &str| {
        line.as_bytes().get(..beginning.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(beginning.as_bytes()))
    };
    if !BEGINNINGS.iter().any(|beginning| is_one(beginning)) && !head(line, 200).contains("chrieb") {
        return false;
    }
    let lower = head(line, 200).to_lowercase();
    let joined = format!("{lower} {}", head(next, 200).to_lowercase());
    let wrote = |first: &str, ends: &[&str]| {
        lower.starts_with(first) && ends.iter().any(|end| lower.ends_with(end) || joined.trim_end().ends_with(end))
    };
    let rule = line.starts_with("-----") || line.starts_with("_____") || line.starts_with("=====");
    let named = [
        "original message",
        "ursprüngliche nachricht",
        "message d'origine",
        "mensaje original",
        "forwarded message",
        "weitergeleitete nachricht",
        "message transféré",
        "mensaje reenviado",
        "original-nachricht",
    ];
    let sender = ["from:", "von:", "de :", "de:", "expéditeur :"];
    let sent = ["sent:", "date:", "gesendet:", "datum:", "envoyé :", "envoyé:", "enviado:", "fecha:", "to:", "an:"];
    (rule && (named.iter().any(|name| lower.contains(name)) || line.starts_with("_____")))
        || lower.starts_with("##- please type your reply above")
        || wrote("on ", &["wrote:", "writes:"])
        || lower.ends_with("schrieb:")
        || (lower.starts_with("am ") && lower.contains(" schrieb ") && lower.ends_with(':'))
        || lower.contains(" schrieb am ")
        || wrote("le ", &["a écrit :", "a écrit:"])
        || wrote("el ", &["escribió:", "escribio:"])
        || (sender.iter().any(|name| lower.starts_with(name))
            && sent.iter().any(|name| head(next, 40).to_lowercase().starts_with(name)))
}

/// A signature's mark, or a greeting at the end with nothing else in its line.
fn begins_a_signature(line: &str, bare: &str) -> bool {
    if line.trim_end() == "--" || line.trim_end() == "—" || line.starts_with("-- ") && bare.len() < 4 {
        return true;
    }
    const ENDS: [&str; 27] = [
        "regards",
        "best regards",
        "kind regards",
        "warm regards",
        "best",
        "cheers",
        "sincerely",
        "yours sincerely",
        "thanks",
        "thank you",
        "many thanks",
        "thx",
        "mit freundlichen grüßen",
        "mit freundlichen grüssen",
        "viele grüße",
        "freundliche grüße",
        "liebe grüße",
        "beste grüße",
        "mfg",
        "vg",
        "cordialement",
        "bien cordialement",
        "bien à vous",
        "un saludo",
        "saludos",
        "saludos cordiales",
        "atentamente",
    ];
    const PHONES: [&str; 6] = [
        "sent from my",
        "von meinem iphone",
        "gesendet von mein",
        "envoyé de mon",
        "envoyé depuis",
        "enviado desde mi",
    ];
    let lower = head(bare, 60).to_lowercase();
    let ended = lower.trim_end_matches([',', '.', '!', ' ']);
    ENDS.contains(&ended) || PHONES.iter().any(|phone| lower.starts_with(phone))
}

#[cfg(test)]
mod tests {
    use super::{BEGINNING, END, ends, newest};

    #[test]
    fn only_what_is_new_is_left() {
        let rows = [
            ("plain", "Charged twice", "You took it twice.", "Charged twice", "You took it twice."),
            ("a reply", "Re: RE: AW: Invoice", "See below\n> old words\n> more", "Invoice", "See below"),
            ("a forward", "Fwd: WG: receipt", "please pay", "receipt", "please pay"),
            ("counted replies", "Re[2]: [Support] hello", "x", "hello", "x"),
            ("a subject with a colon", "Invoice 12: wrong sum", "x", "Invoice 12: wrong sum", "x"),
            ("English", "", "New.\n\nOn Mon, 2 Mar 2026 at 10:00, Ann <ann@shop.example>\nwrote:\nold", "", "New."),
            ("German", "", "Neu.\n\nAm 02.03.2026 um 10:00 schrieb Support:\nalt", "", "Neu."),
            ("French", "", "Neuf.\nLe 2 mars 2026, Support a écrit :\nvieux", "", "Neuf."),
            ("Spanish", "", "Nuevo.\nEl 2 mar 2026, Ana escribió:\nviejo", "", "Nuevo."),
            ("a big mail program", "", "New.\n\n-----Original Message-----\nFrom: x\nold", "", "New."),
            ("its headers only", "", "New.\nFrom: Ann\nSent: Monday\nold", "", "New."),
            (
                "a line that says from",
                "",
                "From: this week on it fails\nagain",
                "",
                "From: this week on it fails\nagain",
            ),
            ("a signature", "", "Refund me.\n-- \nAnn, invoices and taxes", "", "Refund me."),
            ("a greeting", "", "Refund me.\nBest regards,\nAnn\nTax office", "", "Refund me."),
            ("thanks at the beginning", "", "Thanks,\nbut it fails", "", "Thanks,\nbut it fails"),
            ("a phone", "", "Refund me.\nSent from my iPhone", "", "Refund me."),
            ("only a quote", "", "> charged twice", "", "> charged twice"),
            ("nothing", "", "", "", ""),
        ];
        for (name, subject, body, subject_new, body_new) in rows {
            let new = newest(subject, body);
            assert_eq!((new.subject.as_str(), new.body.as_str()), (subject_new, body_new), "{name}");
        }
    }

    #[test]
    fn a_page_is_read_as_its_text() {
        let rows = [
            ("tags", "<p>Charged <b>twice</b></p>", "Charged  twice"),
            (
                "hidden",
                "<html><head><title>t</title></head><style>p{}</style><script>alert(1)</script>Hi<br>you",
                "Hi\nyou",
            ),
            ("escapes", "<div>5 &lt; 6 &amp; 7&nbsp;&euro; &unknown;</div>", "5 < 6 & 7 € &unknown;"),
            ("an older mail", "<div>New</div><blockquote>old</blockquote>", "New"),
            ("an open tag", "<p>New <b", "New"),
            ("no page", "5 < 6 and 7 > 4", "5 < 6 and 7 > 4"),
            ("only marks", "<div><img src=x></div>", "<div><img src=x></div>"),
        ];
        for (name, page, expected) in rows {
            let shown = newest("", page).body;
            assert_eq!(shown.trim(), if name == "only marks" { "" } else { expected }, "{name}");
        }
    }

    #[test]
    fn of_a_long_text_whole_words_of_both_ends_are_left() {
        for text in ["", "short", &"a word ".repeat((BEGINNING + END) / 7)] {
            assert_eq!(ends(text), text);
        }
        let long = format!("first {} last", "wörter ".repeat(500));
        let both = ends(&long);
        assert!(both.len() <= BEGINNING + END + 1 && both.starts_with("first wörter"), "{both}");
        assert!(both.ends_with("wörter  last") && both.contains("wörter\nwörter"), "{both}");
        assert!(ends(&"é".repeat(3000)).len() <= BEGINNING + END + 1);
    }

    #[test]
    fn a_long_letter_is_read_from_its_beginning() {
        let long = "é".repeat(600_000);
        let new = newest(&long, &long);
        assert!(new.body.len() <= 4 * 1024 && new.subject.len() <= 400, "{} {}", new.body.len(), new.subject.len());
    }
}
