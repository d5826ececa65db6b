//! Where deliveries come from, and how far Recoup may go with each.

use crate::frame::{Viewer, frame, no_default, only, state, time, words};
use crate::names::Names;
use domain::source::{Acting, Change, Cohorts, InUse, Mode, Party, Preview, Source, Wish};
use domain::staff::Role;
use maud::{Markup, html};

fn acting(acting: Acting) -> &'static str {
    match acting {
        Acting::Observe => "observe",
        Acting::Assist => "assist",
        Acting::Act => "act",
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Test => "test",
        Mode::Both => "both",
    }
}

fn party(party: Party) -> &'static str {
    match party {
        Party::Provider => "the provider",
        Party::Recoup => "Recoup",
    }
}

/// Each as it is set up, and what waits for it; `notice` says what came of a change.
pub fn sources(viewer: &Viewer, sources: &[InUse], names: &Names, notice: Option<&str>) -> String {
    frame(
        "Sources",
        "/sources",
        Some(viewer),
        html! {
            h1 { "Sources" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            p .soft {
                "Observe: nothing leaves. Assist: people may act, nothing is scheduled. \
                 Act: reminders go out by plan. Going further, or taking more, needs two managers."
            }
            @if !matches!(viewer.role, Role::Manager | Role::Vp) { (only("A manager or a VP changes them.")) }
            @if sources.is_empty() {
                section { p .soft { "No source has been set up. Point a provider's webhook here." } }
            }
            @for InUse { source, cohorts, locked, unkept } in sources { section {
                h2 { (source.provider) "/" (source.source) " " (state(acting(source.acting))) }
                dl {
                    dt { "Customers read" }
                    dd { (source.name.as_deref().unwrap_or("the host of our links: it has no name yet")) }
                    @if let Some(locked) = locked {
                        dt { "API key" } dd {
                            (locked.why) ", since " (time(locked.since)) ". What is approved waits for a key that works."
                        }
                    }
                    dt { "Takes" } dd { (mode(source.mode)) }
                    dt { "Retries" } dd { (party(source.retries)) }
                    dt { "Writes to customers" } dd { (party(source.messages)) }
                    dt { "Cancels" } dd { (party(source.cancels)) }
                    @if !unkept.is_empty() {
                        dt { "Promised in vain" } dd { ul { @for it in unkept { li { (it) } } } }
                    }
                    @if let Some(asked) = &source.asked {
                        dt { "Asked for" } dd { (change(asked, names)) ". Another manager must confirm it." }
                        @if let Some(shown) = &asked.preview { dt { "It lets loose" } dd { (preview(shown)) } }
                    }
                    @if let Some(last) = source.changes.last() { dt { "Last change" } dd { (change(last, names)) } }
                    @if let Some(cohorts) = cohorts { dt { "Found before" } dd { (progress(cohorts)) } }
                    dt { "What comes next" } dd { (what_next(source)) }
                }
                @if let Some(asked) = &source.asked { (confirm(viewer, source, asked)) }
                @if let (Some(csrf), Role::Manager | Role::Vp) = (&viewer.csrf, viewer.role) {
                    form .row method="post" action={ "/sources/" (source.provider) "/" (source.source) } {
                        input type="hidden" name="csrf" value=(csrf);
                        label { "Takes " (choice("mode", &["live", "test", "both"], mode(source.mode))) }
                        label { "May " (choice("acting", &["observe", "assist", "act"], acting(source.acting))) }
                        button type="submit" { "Change" }
                    }
                    form .row method="post" action={ "/sources/" (source.provider) "/" (source.source) } {
                        input type="hidden" name="csrf" value=(csrf);
                        label {
                            "Its name for customers "
                            input name="name" maxlength="60" value=(source.name.as_deref().unwrap_or(""));
                        }
                        button type="submit" { "Name it" }
                    }
                }
            } }
        },
    )
}

/// What it does from here on, and what would make it do more.
fn what_next(source: &Source) -> &'static str {
    match (&source.asked, source.acting) {
        (Some(_), _) => "Another manager or VP confirms what was asked for, or it stays as it is.",
        (None, Acting::Observe) => "Nothing leaves. Two managers let people act, once its customers are read in.",
        (None, Acting::Assist) => "People act. Reminders and tries go out by plan once two managers say so.",
        (None, Acting::Act) => "What falls to Recoup goes out by plan, and people act.",
    }
}

/// What a second person lets loose, in full.
fn preview(preview: &Preview) -> Markup {
    let found = &preview.backlog;
    let (failed, staying) = (&found.recoveries, &found.recoveries.staying);
    let at_least = if found.more { "more than " } else { "" };
    html! {
        ul {
            @for effect in &preview.effects { li { (effect) } }
            @if found.cases > 0 {
                li {
                    (at_least) (found.cases) " open cases recommend what nobody was asked for yet"
                    @if let Some(oldest) = found.oldest_at { ", the oldest of " (time(oldest)) }
                }
            }
            @for own in &found.kinds {
                li {
                    (words(&own.kind)) ": " (at_least) (own.cases)
                    @for amount in &own.amounts { ", " (amount) }
                    @if own.others > 0 { ", and " (own.others) " in other currencies" }
                }
            }
            @if failed.invoices > 0 {
                li {
                    (at_least) (failed.invoices) " failed payments of which customers are reminded by plan"
                    @for amount in &failed.amounts { ", " (amount) }
                    @if failed.others > 0 { ", and " (failed.others) " in other currencies" }
                    @if let Some(oldest) = failed.oldest_at { ", the oldest of " (time(oldest)) }
                }
            }
            @if staying.invoices > 0 {
                li {
                    (at_least) (staying.invoices) " older failed payments stay as they are"
                    @for amount in &staying.amounts { ", " (amount) }
                    @if staying.others > 0 { ", and " (staying.others) " in other currencies" }
                    ": they failed too long ago, or another of the same customer is asked for"
                }
            }
            @if found.more { li { "There are more open cases than were counted." } }
        }
    }
}

/// How far what was found before has come.
fn progress(cohorts: &Cohorts) -> Markup {
    html! {
        (cohorts.cohorts) " cohorts: people were asked for " (cohorts.asked) " cases, "
        (cohorts.recovering) " recoveries have begun"
        @match cohorts.wake_at {
            Some(at) => { ", it goes on " (time(at)) }
            None => { ", and that was all" }
        }
    }
}

/// The same wish again, by somebody else.
fn confirm(viewer: &Viewer, source: &Source, asked: &Change) -> Markup {
    let Wish { name, mode: wanted, acting: raised, retries, messages, cancels } = &asked.wish;
    let fields = [
        ("mode", wanted.map(mode)),
        ("acting", raised.map(acting)),
        ("retries", retries.map(party_name)),
        ("messages", messages.map(party_name)),
        ("cancels", cancels.map(party_name)),
    ];
    let may = matches!(viewer.role, Role::Manager | Role::Vp) && viewer.id != asked.by;
    html! { @if let (Some(csrf), true) = (&viewer.csrf, may) {
        form .inline method="post" action={ "/sources/" (source.provider) "/" (source.source) } {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            @if let Some(name) = name { input type="hidden" name="name" value=(name); }
            @for (name, value) in fields {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            button type="submit" { "Confirm: " (what(asked)) }
        }
    } }
}

/// As forms send it.
fn party_name(party: Party) -> &'static str {
    match party {
        Party::Provider => "provider",
        Party::Recoup => "recoup",
    }
}

fn choice(name: &str, values: &[&str], chosen: &str) -> Markup {
    html! {
        select name=(name) {
            @for value in values { option value=(value) selected[*value == chosen] { (value) } }
        }
    }
}

/// What somebody wants, in words.
fn what(change: &Change) -> String {
    let wish = &change.wish;
    let parts = [
        wish.name.as_ref().map(|name| if name.is_empty() { "no name".to_owned() } else { format!("call it {name}") }),
        wish.mode.map(|wanted| format!("take {}", mode(wanted))),
        wish.acting.map(|wanted| acting(wanted).to_owned()),
        wish.retries.map(|wanted| format!("retries by {}", party(wanted))),
        wish.messages.map(|wanted| format!("messages by {}", party(wanted))),
        wish.cancels.map(|wanted| format!("cancelling by {}", party(wanted))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn change(change: &Change, names: &Names) -> Markup {
    html! {
        (what(change)) ", by " (names.who(&change.by))
        @if let Some(other) = &change.confirmed_by { " and " (names.who(other)) }
        ", " (time(change.at))
    }
}
