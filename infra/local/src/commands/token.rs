//! Bearer tokens, made with the secret of the data folder.

use super::{Failed, Shared};
use app::door::token::issue;
use local::clock::machine;
use local::disk::Disk;
use local::service::is_new;
use local::vault;
use providers::Secret;

/// How long the tokens are good that these commands make.
const TOKEN_HOURS: i64 = 12;

pub(super) fn token(shared: &Shared, staff: &str) -> Result<(), Failed> {
    println!("{}", make_token(shared, staff)?);
    Ok(())
}

pub(super) fn make_token(shared: &Shared, staff: &str) -> Result<String, Failed> {
    Ok(issue(&secret(shared)?, staff, machine(), TOKEN_HOURS))
}

/// The secret of the data folder.
fn secret(shared: &Shared) -> Result<Secret, Failed> {
    let folder = shared.data.display();
    if is_new(&shared.data) {
        return Err(format!("there is no data in {folder}; start the service first, or name its folder with --data"));
    }
    let disk = Disk::open(Some(&shared.data.join("local.sqlite")));
    let disk = disk.map_err(|error| format!("the data folder {folder} cannot be used: {error}"))?;
    vault::tokens(&disk).map_err(|error| error.to_string())
}
