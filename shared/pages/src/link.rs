//! What a mailed link opens. The link's token stands behind the `#`, where no server and no log sees it.

use crate::action::{ballot, preview, weighed};
use crate::decision::{Beside, follows, needs, rests_on};
use crate::filters::Filters;
use crate::frame::{Viewer, frame, state, time, words};
use domain::action::{Action, State};
use domain::approval::Deciding;
use maud::{Markup, PreEscaped, html};

/// Moves the token out of the address bar into a form, and sends it. Opening decides nothing.
///
/// The browser runs this text only as it is: its hash stands in the header of this one page.
pub const SCRIPT: &str = r#"const follow = () => {
  const token = location.hash.slice(1);
  if (!/^[0-9a-f]{32,128}$/i.test(token)) return;
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById("link");
  form.elements.token.value = token;
  form.submit();
};
addEventListener("hashchange", follow);
follow();"#;

/// How it stands with the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    NotSent,
    Sent,
    /// What was entered is not it.
    Wrong,
}

/// How a person shows who they are, beside the link.
pub enum Proof {
    /// They are signed in; the form must send this back.
    Session { csrf: String, deciding: Deciding },
    /// They enter the code that Slack brings them. `name` is whom the link was sent to.
    NoSession { code: Code, name: String },
}

/// Everything that waits for a decision, and the door for links from mails.
pub fn landing(viewer: Option<&Viewer>, waiting: &[(Action, Beside)], filters: &Filters, next: Option<&str>) -> String {
    frame(
        "Approvals",
        "/approvals",
        viewer,
        html! {
            h1 { "Approvals" }
            @if let Some(viewer) = viewer { (filters.form(viewer)) (queue(waiting, filters)) } @else { (door()) }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
            form #link method="post" action="/approvals" hidden { input type="hidden" name="token" autocomplete="off"; }
            script { (PreEscaped(SCRIPT)) }
        },
    )
}

fn queue(waiting: &[(Action, Beside)], filters: &Filters) -> Markup {
    html! {
        @if waiting.is_empty() { section { (filters.empty(&html! {
            "Nothing waits for a decision. What was asked for and is decided stands among "
            a href="/actions" { "all actions" } "."
        })) } }
        @for (action, beside) in waiting {
            section {
                h2 { a href={ "/actions/" (action.id) } { (beside.sentence(action)) } }
                p { (beside.asked(action)) @if !action.note.is_empty() { ": " span .written { (action.note) } } }
                @for notice in &action.preview.notices { p .notice { (notice) } }
                (beside.in_lines())
                (follows(action, beside))
                p .soft {
                    "Needs " (needs(action)) ". Asked on " (time(action.requested_at)) ", open until "
                    (time(action.expires_at)) "."
                }
            }
        }
    }
}

fn door() -> Markup {
    html! {
        section .notice {
            p { "A link from a mail opens here and shows what is to be decided." }
            noscript { p {
                "The link itself needs scripts, and this browser runs none. \
                 Without them, sign in and choose from everything that waits."
            } }
            p {
                a href="/login" { "Sign in" } " to see everything that waits. Signed in already? "
                a href="/approvals" { "Show it" } "."
            }
        }
    }
}

/// What a link is about, with what is needed to decide it. The page alone is no decision, however often it is opened.
pub fn opened(
    viewer: Option<&Viewer>,
    (action, beside): (&Action, &Beside),
    token: &str,
    proof: Proof,
    notice: Option<&str>,
) -> String {
    let sentence = beside.sentence(action);
    frame(
        "Decision",
        "/approvals",
        viewer,
        html! {
            h1 { (sentence) " " (state(action.state().name())) }
            @if let Some(notice) = notice { section .notice role="alert" { p { (notice) } } }
            @if action.state() == State::WaitingApproval { (rests_on(action, beside)) }
            div .two { (preview(action)) (request(action, beside)) }
            section .notice {
                h2 { "Decision" }
                @if action.state() == State::WaitingApproval {
                    (weighed(action, beside))
                    @match &proof {
                        Proof::Session { csrf, deciding } => (signed_in((action, &sentence), token, csrf, deciding)),
                        Proof::NoSession { code, name } => (by_code((action, &sentence), token, *code, name)),
                    }
                    p .soft { "Open until " (time(action.expires_at)) "." }
                } @else {
                    p { "This no longer waits for a decision: it is " (words(action.state().name())) "." }
                    p { a href={ "/actions/" (action.id) } { "See what came of it" } }
                }
            }
        },
    )
}

fn request(action: &Action, beside: &Beside) -> Markup {
    html! {
        section {
            h2 { "Request" }
            dl {
                dt { "Customer" } dd { (beside.called) }
                dt { "Reason" } dd { (words(action.reason_code.name())) }
                dt { "Note" } dd .written { (action.note) }
                dt { "Asked by" } dd { (beside.asker(action)) ", " (time(action.requested_at)) }
                @if action.state() == State::WaitingApproval { dt { "Needs" } dd { (needs(action)) } }
            }
        }
    }
}

fn signed_in((action, sentence): (&Action, &str), token: &str, csrf: &str, deciding: &Deciding) -> Markup {
    html! {
        @if let Deciding::InPlaceOf(away) = deciding { p { "You decide in the place of " (away.name) "." } }
        @if *deciding != Deciding::No {
            form method="post" action="/approvals" {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="token" value=(token);
                (ballot(action, sentence))
            }
        } @else {
            p { "This needs the approval of " (needs(action)) "." }
        }
    }
}

fn by_code((action, sentence): (&Action, &str), token: &str, code: Code, name: &str) -> Markup {
    let code_sent = code != Code::NotSent;
    html! {
        @match code {
            Code::NotSent => p {
                "This link was sent to " (name) ". To decide, enter a code that comes to you by Slack, or sign in."
            },
            Code::Sent => p role="status" { "A code is on its way to " (name) " by Slack." },
            Code::Wrong => p role="alert" {
                "This code is not right, or has expired. Enter it as Slack shows it, or have another one sent."
            },
        }
        form method="post" action="/approvals" {
            input type="hidden" name="token" value=(token);
            button .plain type="submit" name="send_code" value="yes" {
                @if code_sent { "Send me another code by Slack" } @else { "Send me a code by Slack" }
            }
        }
        form method="post" action="/approvals" {
            label for="code" { "Code from Slack" }
            input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required;
            input type="hidden" name="token" value=(token);
            (ballot(action, sentence))
        }
        p { a href="/login" { "Sign in" } " instead, and then open the link in the mail again." }
    }
}

/// A link that opens nothing, or whose work is done: why, and what to do.
pub fn spent(title: &str, message: &str) -> String {
    frame(
        title,
        "/approvals",
        None,
        html! {
            h1 { (title) }
            section .notice role="status" {
                p { (message) }
                p { a href="/approvals" { "See everything that waits" } " or " a href="/login" { "sign in" } "." }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{DIGEST, beside, decided, waiting};
    use domain::action::Decision;
    use domain::staff::Role;

    const TOKEN: &str = "70c370c370c370c370c370c370c370c3";

    fn viewer(role: Role) -> Viewer {
        Viewer { id: "mara".into(), name: "Mara".into(), role, csrf: Some("own-form".into()), local: false }
    }

    fn filters() -> Filters {
        Filters { path: "/approvals", ..Filters::default() }
    }

    fn session(deciding: Deciding) -> Proof {
        Proof::Session { csrf: "own-form".into(), deciding }
    }

    fn no_session(code_sent: bool) -> Proof {
        Proof::NoSession { code: if code_sent { Code::Sent } else { Code::NotSent }, name: "Mara M.".into() }
    }

    fn shown(viewer: Option<&Viewer>, action: &Action, proof: Proof) -> String {
        opened(viewer, (action, &beside()), TOKEN, proof, None)
    }

    fn count(page: &str, part: &str) -> usize {
        page.matches(part).count()
    }

    #[test]
    fn the_door_runs_one_script_exactly_as_it_was_hashed() {
        // Inside of `script`, only these could end it or change what the browser hashes.
        assert!(!SCRIPT.contains('<') && !SCRIPT.contains('\r'));
        let viewer = viewer(Role::Manager);
        for viewer in [None, Some(&viewer)] {
            let page = landing(viewer, &[(waiting(), beside())], &filters(), None);
            assert_eq!(
                (count(&page, "<script>"), count(&page, &format!("<script>{SCRIPT}</script>"))),
                (1, 1),
                "{page}"
            );
            assert_eq!(count(&page, r#"<form id="link" method="post" action="/approvals" hidden>"#), 1, "{page}");
            assert!(page.find("<form id=\"link\"") < page.find("<script>"), "{page}");
        }
    }

    #[test]
    fn only_who_is_signed_in_sees_what_waits() {
        let sentence =
            "Refund 24.00 USD to Juniper &lt;Logistics&gt; &amp; Söhne: billed wrongly, payment of 27 Feb, Amex 0049";
        let outside = landing(None, &[(waiting(), beside())], &filters(), None);
        assert!(!outside.contains(sentence) && outside.contains(r#"href="/login""#) && outside.contains("<noscript>"));
        let waiting = [(waiting(), beside())];
        let inside = landing(Some(&viewer(Role::L1)), &waiting, &filters(), Some("/approvals?cursor=c"));
        for part in [
            sentence,
            "Needs manager.",
            "Asked by Luis 3 hours ago",
            "Charged for &lt;seats&gt; that were gone",
            "<dt>Second payment</dt><dd>24.00 USD on 27 Feb</dd>",
            "<dt>After yes</dt>",
            "<dt>After no</dt>",
            "<a href=\"/approvals?cursor=c\">More</a>",
        ] {
            assert!(inside.contains(part), "{part}: {inside}");
        }
        assert!(inside.contains("role=\"search\"") && !outside.contains("role=\"search\""), "{inside}");
        assert!(landing(Some(&viewer(Role::L1)), &[], &filters(), None).contains("Nothing waits"));
    }

    #[test]
    fn the_digest_is_there_once_and_the_token_only_in_forms() {
        let manager = viewer(Role::Manager);
        for (name, page, forms) in [
            ("session", shown(Some(&manager), &waiting(), session(Deciding::Own)), 1),
            ("no code yet", shown(None, &waiting(), no_session(false)), 2),
            ("code sent", shown(None, &waiting(), no_session(true)), 2),
        ] {
            assert_eq!((count(&page, DIGEST), count(&page, r#"name="preview_digest""#)), (1, 1), "{name}");
            let hidden = format!(r#"<input type="hidden" name="token" value="{TOKEN}">"#);
            assert_eq!((count(&page, TOKEN), count(&page, &hidden)), (forms, forms), "{name}");
            assert_eq!(count(&page, r#"action="/approvals""#), forms, "{name}");
            assert_eq!((count(&page, r#"value="approve""#), count(&page, r#"value="deny""#)), (1, 1), "{name}");
            assert!(!page.contains("<script>"), "{name}");
            for part in [
                "Given back",
                "24.00 USD",
                "team &amp; co",
                "refund-manager",
                "Charged for &lt;seats&gt;",
                "Open until",
            ] {
                assert!(page.contains(part), "{name}: {part}");
            }
        }
    }

    #[test]
    fn every_field_has_a_label_and_enter_decides_nothing() {
        let manager = viewer(Role::Manager);
        for page in
            [shown(Some(&manager), &waiting(), session(Deciding::Own)), shown(None, &waiting(), no_session(true))]
        {
            for field in page.split("<input ").skip(1).filter(|field| !field.starts_with(r#"type="hidden""#)) {
                let id = field.split('"').nth(1).unwrap();
                assert_eq!(count(&page, &format!(r#"<label for="{id}">"#)), 1, "{field}");
            }
            let ballot = page.split("<form ").find(|form| form.contains("preview_digest")).unwrap();
            let first = ballot.split("<button ").nth(1).unwrap();
            assert!(first.starts_with(r#"type="submit" disabled hidden>"#), "{first}");
        }
    }

    #[test]
    fn a_session_sends_its_own_form_and_a_link_alone_needs_the_code() {
        let manager = viewer(Role::Manager);
        let signed_in = shown(Some(&manager), &waiting(), session(Deciding::Own));
        assert!(signed_in.contains(r#"name="csrf" value="own-form""#) && !signed_in.contains(r#"name="code""#));
        let before = shown(None, &waiting(), no_session(false));
        assert!(
            before.contains(r#"name="code""#)
                && before.contains("Send me a code by Slack")
                && before.contains("sent to Mara M.")
        );
        assert!(before.contains(r#"inputmode="numeric" autocomplete="one-time-code""#) && !before.contains("csrf"));
        assert!(before.contains(r#"href="/login""#));
        assert!(shown(None, &waiting(), no_session(true)).contains("on its way to Mara M."));
    }

    #[test]
    fn what_is_not_theirs_or_not_open_has_no_buttons() {
        let (agent, manager) = (viewer(Role::L1), viewer(Role::Manager));
        let theirs = shown(Some(&agent), &waiting(), session(Deciding::No));
        assert!(theirs.contains("This needs the approval of manager."));
        let done = shown(Some(&manager), &decided(Decision::Deny), session(Deciding::Own));
        assert!(done.contains("it is denied"));
        for page in [theirs, done, shown(None, &decided(Decision::Approve), no_session(true))] {
            assert!(!page.contains(r#"name="decision""#) && !page.contains(TOKEN) && !page.contains(DIGEST), "{page}");
        }
    }

    #[test]
    fn a_spent_link_says_why_and_what_to_do() {
        let page = spent("This link has been used", "Mara approved it on <Monday>.");
        assert!(page.contains("<h1>This link has been used</h1>") && page.contains("&lt;Monday&gt;"));
        assert!(page.contains(r#"href="/approvals""#) && page.contains(r#"href="/login""#));
    }
}
