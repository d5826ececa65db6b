//! Where the product is told what happens here, and whether it listens.

use crate::frame::{Viewer, frame, no_default, only, state, time};
use domain::outgoing::{Health, Kind};
use domain::staff::Role;
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

/// An endpoint, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    pub id: String,
    pub url: String,
    pub events: Vec<Kind>,
    /// As they are called who added it.
    pub by: String,
    pub at: Timestamp,
    pub health: Health,
    /// Since when nothing was taken there, and how it was refused.
    pub failing: Option<(Timestamp, String)>,
    pub disabled_at: Option<Timestamp>,
    /// Until when the secret before signs beside the present one.
    pub old_secret_until: Option<Timestamp>,
    /// What happened since then is being sent again.
    pub replaying_since: Option<Timestamp>,
}

/// A secret that is shown this once.
pub struct NewSecret<'a> {
    pub url: &'a str,
    pub secret: &'a str,
}

/// `oldest` is the day since which everything can be sent again.
pub fn endpoints(
    viewer: &Viewer,
    rows: &[EndpointRow],
    oldest: Date,
    notice: Option<&str>,
    secret: Option<&NewSecret<'_>>,
) -> String {
    let csrf = viewer.csrf.as_deref().filter(|_| matches!(viewer.role, Role::Manager | Role::Vp));
    frame(
        "Endpoints",
        "/endpoints",
        Some(viewer),
        html! {
            h1 { "Endpoints" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if let Some(new) = secret { section .notice role="status" {
                h2 { "The secret of " (new.url) }
                p { code { (new.secret) } }
                p { "Keep it now: it is not shown again. By it the product sees that a message is from here." }
            } }
            p .soft {
                "Your product is told here what happens, as signed webhooks. What an endpoint does not take is sent again \
                 for three days; one that takes nothing for as long is disabled, and people get a task."
            }
            @if rows.is_empty() { section { p .soft { "There is no endpoint: nobody is told." } } }
            @for row in rows { (endpoint(row, oldest, csrf)) }
            @if let Some(csrf) = csrf { (add(csrf)) }
            @else { (only("A manager or a VP adds, changes and removes endpoints.")) }
        },
    )
}

fn endpoint(row: &EndpointRow, oldest: Date, csrf: Option<&str>) -> Markup {
    html! { section {
        h2 { (row.url) " " (state(row.health.name())) }
        dl {
            dt { "Is told" } dd { (row.events.iter().map(|kind| told(*kind)).collect::<Vec<_>>().join(", ")) }
            dt { "Added" } dd { "by " (row.by) ", " (time(row.at)) }
            @if let Some((since, why)) = &row.failing {
                dt { "Takes nothing" } dd {
                    "since " (time(*since)) ": " (why)
                    @if row.disabled_at.is_none() { ". It is sent again by itself." }
                }
            }
            @if let Some(at) = row.disabled_at {
                dt { "Disabled" } dd { (time(at)) ". What happens meanwhile waits: put the endpoint right, then enable it." }
            }
            @if let Some(until) = row.old_secret_until {
                dt { "Old secret" } dd { "signs beside the new one until " (time(until)) }
            }
            @if let Some(since) = row.replaying_since {
                dt { "Sends again" } dd { "what happened since " (time(since)) }
            }
        }
        @if let Some(csrf) = csrf { (buttons(row, oldest, csrf)) }
    } }
}

fn buttons(row: &EndpointRow, oldest: Date, csrf: &str) -> Markup {
    let form = |inside: Markup| {
        html! {
            form .row method="post" action={ "/endpoints/" (row.id) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                (inside)
            }
        }
    };
    html! {
        @if row.health == Health::Disabled {
            (form(html! { button type="submit" name="say" value="enable" { "Enable it" } }))
        } @else {
            (form(html! {
                label { "Since " input type="date" name="since" value=(oldest) required; }
                button .plain type="submit" name="say" value="replay" { "Send again" }
            }))
        }
        (form(html! {
            button .plain type="submit" name="say" value="rotate" { "Another secret" }
            button .plain type="submit" name="say" value="remove" { "Remove" }
        }))
    }
}

fn add(csrf: &str) -> Markup {
    html! { section {
        h2 { "Another endpoint" }
        form method="post" action="/endpoints" {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            label for="url" { "Address, which begins with https://" }
            input id="url" name="url" type="url" maxlength="1000" required;
            @for kind in Kind::ALL {
                label { input type="checkbox" name=(kind.name()) value="yes" checked; " " (told(kind)) }
            }
            button type="submit" { "Add it" }
        }
    } }
}

fn told(kind: Kind) -> &'static str {
    match kind {
        Kind::EntitlementChanged => "what a customer may use has changed",
        Kind::CaseOpened => "a case was opened",
        Kind::ActionExecuted => "an action was carried out",
        Kind::PaymentRecovered => "a failed payment came back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role) -> Viewer {
        Viewer { id: "mara".into(), name: "Mara".into(), role, csrf: Some("token".into()), local: false }
    }

    fn row(health: Health) -> EndpointRow {
        let at: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        EndpointRow {
            id: "ep_1".into(),
            url: "https://hooks.shop.example/in".into(),
            events: vec![Kind::CaseOpened],
            by: "Mara".into(),
            at,
            health,
            failing: (health != Health::Active).then(|| (at, "it answered <500>".to_owned())),
            disabled_at: (health == Health::Disabled).then_some(at),
            old_secret_until: None,
            replaying_since: None,
        }
    }

    #[test]
    fn who_may_change_it_sees_the_buttons_that_fit() {
        let oldest: Date = "2026-02-01".parse().unwrap();
        for (name, role, health, shown, hidden) in [
            ("active", Role::Vp, Health::Active, "Send again", "Enable it"),
            ("failing", Role::Manager, Health::Failing, "it answered &lt;500&gt;", "Enable it"),
            ("disabled", Role::Manager, Health::Disabled, "Enable it", "Send again"),
            ("a colleague", Role::L2, Health::Disabled, "Disabled", "<form class=\"row\""),
        ] {
            let page = endpoints(&viewer(role), &[row(health)], oldest, None, None);
            assert!(page.contains(shown) && !page.contains(hidden), "{name}: {page}");
            assert!(!page.contains("whsec_"), "{name}");
            assert!(page.contains("by Mara, <time"), "{name}: {page}");
        }
        let new = NewSecret { url: "https://hooks.shop.example/in", secret: "whsec_x" };
        assert!(endpoints(&viewer(Role::Vp), &[], oldest, None, Some(&new)).contains("<code>whsec_x</code>"));
    }
}
