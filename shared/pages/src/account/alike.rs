//! Accounts that are, or may be, the same customer: with buttons to say so, or to take it back.

use crate::frame::Viewer;
use domain::sidebar::Sidebar;
use maud::{Markup, html};

/// Accounts that are, or may be, the same customer.
pub struct Alike {
    pub confirmed: Vec<AlikeRow>,
    pub proposed: Vec<AlikeRow>,
}

pub struct AlikeRow {
    pub id: String,
    pub customer: String,
    pub name: Option<String>,
    pub because: Option<&'static str>,
}

/// Nothing is merged: people say which accounts are one customer, and may take it back.
pub(super) fn same_customer(viewer: &Viewer, sidebar: &Sidebar, alike: &Alike) -> Markup {
    let say = |row: &AlikeRow, same: &str, label: &str| {
        html! {
            form .inline method="post" action={ "/accounts/" (sidebar.account.id) "/group" } {
                input type="hidden" name="csrf" value=(viewer.csrf.as_deref().unwrap_or_default());
                input type="hidden" name="account" value=(row.id);
                input type="hidden" name="same" value=(same);
                button .plain type="submit" { (label) }
            }
        }
    };
    let may_say = viewer.csrf.is_some() && viewer.role.may_request();
    html! {
        @if !alike.confirmed.is_empty() || !alike.proposed.is_empty() {
            section {
                h2 { "Other accounts of this customer" }
                @for row in &alike.confirmed {
                    p { (who(row)) " " @if may_say { (say(row, "no", "Not the same customer")) } }
                }
                @for row in &alike.proposed {
                    p {
                        "Perhaps: " (who(row))
                        @if let Some(because) = row.because { span .soft { ", " (because) } }
                        " "
                        @if may_say {
                            (say(row, "yes", "The same customer")) " " (say(row, "no", "Another customer"))
                        }
                    }
                }
            }
        }
    }
}

fn who(row: &AlikeRow) -> Markup {
    let name = row.name.as_deref().unwrap_or(&row.customer);
    html! { a href={ "/accounts/" (row.id) } { (name) } " " span .soft { (row.customer) } }
}
