//! What does the company say of the networks: how often they let a payment be tried again, and what a code means?

use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{Batch, keys};
use domain::import::{Kind, NetworkRule};

/// What has to be read for it.
pub fn wanted() -> [Key; 2] {
    [keys::network_rules(), keys::imports(Kind::NetworkRules.name())]
}

/// The imported rules of a batch for which this was wanted, whenever they hold.
pub fn read(batch: &Batch) -> Result<Vec<NetworkRule>, Fault> {
    in_force(batch, [keys::network_rules()])
}
