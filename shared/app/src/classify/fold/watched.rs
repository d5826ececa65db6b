//! Tells whoever watches an account of what was found there.

use crate::bulletin::{self, Words};
use crate::context::Context;
use domain::case::Case;
use domain::classify::desk::Desk;
use domain::classify::found_while_watched;
use domain::event::{Event, Origin};
use domain::staff::MACHINE;
use domain::telling::{About, Bulletin};

/// One bulletin for each case that opens because somebody watches; of what a list shows of old days nobody is told.
pub(super) fn news(context: &Context, event: &Event, (before, after): (&Desk, &Desk), trace: &str) -> Vec<Bulletin> {
    if event.origin == Origin::Listed {
        return Vec::new();
    }
    let found = found_while_watched(before, after).into_iter();
    found.map(|(case, by)| told(context, case, by, trace)).collect()
}

fn told(context: &Context, case: &Case, by: &str, trace: &str) -> Bulletin {
    let lines = case.evidence.iter().map(|it| format!("{}: {}", it.label, it.told()));
    let words = Words {
        subject: format!("Charged twice again? {}", case.about),
        text: format!("{}\n{}", case.advice, lines.collect::<Vec<_>>().join("\n")),
        page: format!("/cases/{}", case.id),
    };
    let bulletin = bulletin::about(context, About::Watched { case: case.id.clone() }, words, trace);
    if by == MACHINE {
        return bulletin.posted();
    }
    bulletin.mailed([by.to_owned()], context.policies.limits.current().told_people_max)
}
