//! Who chooses the moment of a try: what they believe before any data is a rule, and what they learned is a table.

mod reason;
mod rules;
mod table;

pub use reason::Reason;
pub use rules::AdviserRules;
pub use table::{Advice, Cell, Group};
pub use timing::{Adviser, Calendar, Candidate, Chosen, Place, SoFar, View};

use rules::LEVELS;

/// What failed, as far as it may matter for when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits<'a> {
    pub family: &'a str,
    pub code: &'a str,
    pub network: &'a str,
    pub funding: &'a str,
    pub issuer: &'a str,
    pub country: &'a str,
}

impl Traits<'_> {
    /// What it has in common with others: nothing but that it failed, the reason, and everything.
    pub fn groups(&self) -> [String; LEVELS] {
        let Self { family, code, network, funding, issuer, country } = self;
        [String::new(), (*family).to_owned(), format!("{family}/{code}/{network}/{funding}/{issuer}/{country}")]
    }
}

/// Whoever knows what a table says.
pub fn adviser(rules: &AdviserRules, advice: &Advice) -> Adviser {
    let mut adviser = Adviser::new(rules.priors());
    for group in &advice.group {
        adviser.knows(group.level(), &group.id, group.learned());
    }
    adviser
}
