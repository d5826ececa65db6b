//! Whether a second card may be charged, and the forms to write down that the customer agreed, or does not any more.

use crate::frame::{Viewer, time};
use crate::names::Names;
use domain::book::CONSENT_CHARS_MAX;
use domain::sidebar::{OtherCard, Sidebar};
use domain::staff::Role;
use maud::{Markup, html};

/// Nothing where there is no second card.
pub(super) fn second_card(viewer: &Viewer, sidebar: &Sidebar, names: &Names) -> Markup {
    let may_write = viewer.csrf.is_some() && matches!(viewer.role, Role::BillingSpecialist | Role::Manager | Role::Vp);
    html! {
        @if sidebar.second_card.is_some() || !sidebar.other_cards.is_empty() {
            section {
                h2 { "Second card" }
                @match &sidebar.second_card {
                    Some(card) => {
                        p {
                            "The customer lets the " (card.consent.brand) " card that ends in " (card.consent.last4)
                            " be charged once the other one is used up: written down by " (names.who(&card.consent.by)) " on "
                            (time(card.consent.at))
                            @if !card.consent.note.is_empty() { " – " (card.consent.note) }
                        }
                        @if !card.stands {
                            p .notice { "It is gone, has expired, or has another number: it is not charged." }
                        }
                        @if viewer.csrf.is_some() && viewer.role.may_request() { (revoke(viewer, sidebar)) }
                    }
                    None => {
                        p .soft { "Kept beside the one that is charged, and not charged: nobody wrote down that it may be." }
                    }
                }
                @if may_write && !sidebar.other_cards.is_empty() { (agree(viewer, sidebar)) }
            }
        }
    }
}

fn path(sidebar: &Sidebar) -> String {
    format!("/accounts/{}/second-card", sidebar.account.id)
}

fn revoke(viewer: &Viewer, sidebar: &Sidebar) -> Markup {
    html! {
        form .inline method="post" action=(path(sidebar)) {
            input type="hidden" name="csrf" value=(viewer.csrf.as_deref().unwrap_or_default());
            button .plain type="submit" name="revoke" value="yes" { "The customer does not agree any more" }
        }
    }
}

fn agree(viewer: &Viewer, sidebar: &Sidebar) -> Markup {
    let choice = |card: &OtherCard| format!("{} {}", card.id, card.last4);
    html! {
        details {
            summary { "The customer agrees to a card" }
            form method="post" action=(path(sidebar)) {
                input type="hidden" name="csrf" value=(viewer.csrf.as_deref().unwrap_or_default());
                label { "Card " select name="card" {
                    @for card in &sidebar.other_cards {
                        option value=(choice(card)) { (card.brand) " ending " (card.last4) }
                    }
                } }
                label { "How they agreed " input name="note" maxlength=(CONSENT_CHARS_MAX) required; }
                button type="submit" { "Write it down" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::book::{Head, Person};
    use domain::sidebar::sidebar;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{from_value, json};

    const AT: &str = "2026-03-02T10:00:00Z";

    fn shown(role: Role, agreed: Option<&str>) -> String {
        let mut head = Head::new("stripe", "default", "cus_1");
        for (id, last4) in [("pm_1", "4242"), ("pm_2", "1881")] {
            let card = json!({"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032});
            head.book.cards.push(from_value(json!({"seen_at": AT, "id": id, "card": card, "state": "kept"})).unwrap());
        }
        head.book.chosen = from_value(json!([[AT, 0, "evt_1"], "pm_1"])).unwrap();
        head.consent = agreed.map(|last4| {
            from_value(
                json!({"card": "pm_2", "brand": "visa", "last4": last4, "by": "lena", "at": AT, "note": "by <phone>"}),
            )
            .unwrap()
        });
        let own = sidebar(&head, &Person::default(), Timestamp::UNIX_EPOCH, SignedDuration::ZERO);
        let own = Sidebar { other_cards: OtherCard::of(&head), ..own };
        let viewer = Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("token".into()), local: false };
        let names = Names::default().with([("lena".to_owned(), "Lena M.".to_owned())]);
        second_card(&viewer, &own, &names).into_string()
    }

    #[test]
    fn it_says_who_wrote_it_down_and_each_role_has_its_buttons() {
        let (write, back) = ("Write it down", "does not agree any more");
        for (name, role, agreed, says, not) in [
            (
                "nobody agreed",
                Role::BillingSpecialist,
                None,
                vec![write, "nobody wrote down", "pm_2 1881"],
                vec![back, "pm_1"],
            ),
            ("an agent", Role::L1, None, vec!["nobody wrote down"], vec![write, back]),
            (
                "it stands",
                Role::Manager,
                Some("1881"),
                vec!["by Lena M. on", "by &lt;phone&gt;", write, back],
                vec!["It is gone"],
            ),
            ("an agent takes it back", Role::L1, Some("1881"), vec![back], vec![write]),
            ("an analyst looks", Role::Analyst, Some("1881"), vec!["by Lena M. on"], vec![write, back]),
            ("the card is another", Role::Manager, Some("0005"), vec!["It is gone", back], vec![]),
        ] {
            let page = shown(role, agreed);
            assert!(says.iter().all(|text| page.contains(text)), "{name}: {page}");
            assert!(!not.iter().any(|text| page.contains(text)), "{name}: {page}");
        }
    }
}
