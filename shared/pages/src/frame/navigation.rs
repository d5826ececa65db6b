//! Where one can go: seven words, and below them the places of the word that is open.

use super::Viewer;
use domain::staff::Role;
use maud::{Markup, html};

/// A word of the first line.
pub(super) struct Word {
    pub name: &'static str,
    pub places: &'static [Place],
}

/// A page that lists something, or sets something up.
pub(super) struct Place {
    pub path: &'static str,
    pub name: &'static str,
    /// To whom it is of use.
    whose: Whose,
}

#[derive(Clone, Copy)]
enum Whose {
    Everybody,
    /// Those who ask for actions and have tasks.
    Asking,
    /// Those who set up what leaves for elsewhere.
    Managing,
    /// Whoever works on one machine.
    Local,
}

const fn place(path: &'static str, name: &'static str) -> Place {
    Place { path, name, whose: Whose::Everybody }
}

pub(super) static WORDS: &[Word] = &[
    Word {
        name: "Tickets",
        places: &[place("/tickets", "Tickets"), Place { path: "/tasks", name: "Tasks", whose: Whose::Asking }],
    },
    Word { name: "Accounts", places: &[place("/accounts", "Accounts"), place("/documents", "Tax documents")] },
    Word {
        name: "Cases",
        places: &[place("/cases", "Cases"), place("/incidents", "Incidents"), place("/disputes", "Disputes")],
    },
    Word {
        name: "Approvals",
        places: &[place("/approvals", "Waiting for approval"), place("/actions", "All actions")],
    },
    Word {
        name: "Recovery",
        places: &[
            place("/dunning", "Recoveries"),
            place("/ageing", "Ageing"),
            place("/payment-requests", "Payment requests"),
            place("/payments/unmatched", "Unmatched payments"),
        ],
    },
    Word { name: "Reports", places: &[place("/reports", "This month")] },
    Word {
        name: "Setup",
        places: &[
            place("/sources", "Sources"),
            Place { path: "/endpoints", name: "Endpoints", whose: Whose::Managing },
            Place { path: "/entities", name: "Legal entities", whose: Whose::Managing },
            place("/staff", "Staff"),
            place("/stop", "Stop"),
            place("/policies", "Policies"),
            Place { path: "/outbox", name: "Outbox", whose: Whose::Local },
        ],
    },
];

fn shown<'a>(word: &'a Word, viewer: &'a Viewer) -> impl Iterator<Item = &'a Place> {
    word.places.iter().filter(|place| match place.whose {
        Whose::Everybody => true,
        Whose::Asking => viewer.role.may_request(),
        Whose::Managing => matches!(viewer.role, Role::Manager | Role::Vp),
        Whose::Local => viewer.local,
    })
}

fn is_open(word: &Word, place: &str) -> bool {
    word.places.iter().any(|own| own.path == place)
}

/// The first line: a word leads to the first of its places.
pub(super) fn words_of(place: &str, viewer: &Viewer) -> Markup {
    html! {
        nav .words aria-label="Console" {
            @for word in WORDS { @if let Some(first) = shown(word, viewer).next() {
                @let current = is_open(word, place).then_some(if first.path == place { "page" } else { "true" });
                a href=(first.path) aria-current=[current] { (word.name) }
            } }
        }
    }
}

/// The second line, where the word that is open has more than one place.
pub(super) fn places_of(place: &str, viewer: &Viewer) -> Markup {
    html! {
        @for word in WORDS.iter().filter(|word| is_open(word, place)) {
            @let own: Vec<_> = shown(word, viewer).collect();
            @if own.len() > 1 {
                nav .places aria-label=(word.name) {
                    @for one in own {
                        a href=(one.path) aria-current=[(one.path == place).then_some("page")] { (one.name) }
                    }
                }
            }
        }
    }
}
