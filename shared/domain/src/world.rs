//! What is a recovery policy worth, before customers find out? It is played against a described world, in virtual time.
//!
//! A strategy sees what the service would see and nothing of the world. `docs/dunning.md` has the world's language.

#![allow(clippy::float_arithmetic, reason = "a world's chances are real numbers; its money is `Money` all the same")]

mod breach;
mod cluster;
mod described;
mod history;
mod ladders;
mod luck;
mod number;
mod oracle;
mod planned;
mod play;
mod report;
mod strategy;
#[cfg(test)]
mod tests;
mod worth;

pub use history::{Asked, Chooses, Judged, Share, judge};
pub use ladders::{best_ladder, ladders};
pub use oracle::Oracle;
pub use planned::Planned;
pub use play::play;
pub use report::{OfCluster, Recovered, Report};
pub use strategy::{Fixed, Next, NotALadder, Shown, Strategy, Window};
pub use worth::Worth;

use crate::money::Currency;
use crate::policy::{Refused, read};
use cluster::Cluster;
use described::Described;
use jiff::Timestamp;

/// Which payments fail, why, and how likely it is that a try or the customer brings the money after all.
#[derive(Debug)]
pub struct World {
    name: String,
    start: Timestamp,
    days: u32,
    seed: i64,
    currency: Currency,
    clusters: Vec<Cluster>,
}

impl World {
    /// Reads and checks a world's text; what is wrong with it is told with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Refused> {
        let described: Described = read(file, text, described::lint)?;
        let clusters = described.cluster.iter().map(|cluster| Cluster::of(cluster, &described));
        Ok(Self {
            clusters: clusters.collect(),
            name: described.name,
            start: described.start,
            days: *described.days.get_ref(),
            seed: described.seed,
            currency: described.currency,
        })
    }
}
