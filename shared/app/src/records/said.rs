//! What imports say about an account.

use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{Batch, keys};
use domain::id::AccountId;
use domain::import::{Contract, Customer, Exception, Kind, Usage};
use domain::sidebar::Said;

/// What of it is shown with an account.
const SAID: [Kind; 4] = [Kind::Customers, Kind::Contracts, Kind::Usage, Kind::Exceptions];

/// What has to be read for it.
pub fn keys_of(account: &AccountId) -> Vec<Key> {
    let of = |kind: Kind| [keys::imports(kind.name()), keys::imported_of(account, kind.name())];
    SAID.into_iter().flat_map(of).collect()
}

/// What was read of it.
pub fn read(batch: &Batch, account: &AccountId) -> Result<Said, Fault> {
    let home = |kind: Kind| keys::imported_of(account, kind.name());
    Ok(Said {
        customer: in_force::<Customer>(batch, [home(Kind::Customers)])?.into_iter().next(),
        contracts: in_force::<Contract>(batch, [home(Kind::Contracts)])?,
        usage: in_force::<Usage>(batch, [home(Kind::Usage)])?,
        exceptions: in_force::<Exception>(batch, [home(Kind::Exceptions)])?,
    })
}
