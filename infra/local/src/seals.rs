//! Seals on one machine: a key in a file of its own, beside the tables, and a folder in which nothing is written over.

mod key;

use app::fault::Fault;
use app::ports::{Seals, Signer};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ledger::seal::Seal;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

pub use key::PublicKey;

/// In the data folder: what signs, what that is verified by, and what was signed.
const KEY: &str = "sealing.key";
pub const PUBLIC_KEY: &str = "sealing.pub";
pub const FOLDER: &str = "seals";

/// Why nothing can be sealed, or no seal be read.
#[derive(Debug, thiserror::Error)]
pub enum SealsError {
    #[error("{0} cannot be used: {1}")]
    File(String, io::Error),
    #[error("{0} is no key that seals are signed with; put back the one that was made with the data folder")]
    Key(String),
    #[error("{0} is no seal: {1}")]
    Seal(String, serde_json::Error),
    #[error("the machine gives no random bytes")]
    Random,
}

/// Signs with a key that no table holds.
pub struct LocalSigner(Ed25519KeyPair);

impl LocalSigner {
    /// The key of a data folder, made on first use; without a folder, one for as long as the service runs.
    pub fn open(data: Option<&Path>) -> Result<Self, SealsError> {
        let made = || Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| SealsError::Random);
        let Some(data) = data else { return Self::read(made()?.as_ref(), KEY) };
        let file = data.join(KEY);
        let (name, failed) = (file.display().to_string(), |error| SealsError::File(file.display().to_string(), error));
        let signer = match fs::read(&file) {
            Ok(bytes) => Self::read(&bytes, &name)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = made()?;
                private(&file).and_then(|mut file| file.write_all(made.as_ref())).map_err(failed)?;
                Self::read(made.as_ref(), &name)?
            }
            Err(error) => return Err(failed(error)),
        };
        let public = data.join(PUBLIC_KEY);
        fs::write(&public, signer.public().encode() + "\n")
            .map_err(|error| SealsError::File(public.display().to_string(), error))?;
        Ok(signer)
    }

    fn read(bytes: &[u8], name: &str) -> Result<Self, SealsError> {
        Ed25519KeyPair::from_pkcs8(bytes).map(Self).map_err(|_| SealsError::Key(name.to_owned()))
    }

    /// What its signatures are verified by.
    pub fn public(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.public_key().as_ref().to_vec())
    }
}

/// A new file that only its owner reads.
fn private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

#[async_trait]
impl Signer for LocalSigner {
    async fn sign(&self, text: &str) -> Result<String, Fault> {
        Ok(STANDARD.encode(self.0.sign(text.as_bytes()).as_ref()))
    }
}

/// The seals of a data folder, one file each, read once.
pub struct LocalSeals {
    folder: Option<PathBuf>,
    kept: Mutex<BTreeMap<u64, Vec<u8>>>,
}

impl LocalSeals {
    pub fn open(data: Option<&Path>) -> Result<Self, SealsError> {
        let folder = data.map(|data| data.join(FOLDER));
        let mut kept = BTreeMap::new();
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).map_err(|error| SealsError::File(folder.display().to_string(), error))?;
            kept.extend(files(folder)?.into_iter().map(|(seal, bytes)| (seal.number, bytes)));
        }
        Ok(Self { folder, kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<u8>>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The seals in a folder, whatever their files are called.
pub fn read(folder: &Path) -> Result<Vec<Seal>, SealsError> {
    Ok(files(folder)?.into_iter().map(|(seal, _)| seal).collect())
}

fn files(folder: &Path) -> Result<Vec<(Seal, Vec<u8>)>, SealsError> {
    let failed = |path: &Path, error| SealsError::File(path.display().to_string(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
            let seal = serde_json::from_slice(&bytes);
            files.push((seal.map_err(|error| SealsError::Seal(path.display().to_string(), error))?, bytes));
        }
    }
    Ok(files)
}

/// Writes a file as a whole or not at all, and never over another.
fn write_once(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (begun, whole) = (folder.join(format!("{name}.begun")), folder.join(name));
    let mut file = File::create(&begun)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = fs::hard_link(&begun, &whole);
    fs::remove_file(&begun)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

#[async_trait]
impl Seals for LocalSeals {
    async fn last(&self) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.kept().last_key_value().map(|(_, bytes)| bytes.clone()))
    }

    async fn keep(&self, number: u64, seal: &[u8]) -> Result<(), Fault> {
        let mut kept = self.kept();
        if kept.contains_key(&number) {
            return Ok(());
        }
        if let Some(folder) = &self.folder {
            write_once(folder, &format!("{number:012}.json"), seal).map_err(Fault::retry)?;
        }
        kept.insert(number, seal.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_seal_of_a_number_stays() {
        let data = tempfile::tempdir().unwrap();
        let seal = |before: &str| {
            let seal = Seal { before: before.to_owned(), ..Seal::after(None, jiff::Timestamp::UNIX_EPOCH, vec![]) };
            serde_json::to_vec(&seal).unwrap()
        };
        let seals = LocalSeals::open(Some(data.path())).unwrap();
        assert_eq!(seals.last().await, Ok(None));
        // Another process does not know what this one keeps; the file does.
        let other = LocalSeals::open(Some(data.path())).unwrap();
        seals.keep(1, &seal("first")).await.unwrap();
        seals.keep(1, &seal("second")).await.unwrap();
        other.keep(1, &seal("third")).await.unwrap();
        let read = read(&data.path().join(FOLDER)).unwrap();
        assert_eq!(read.iter().map(|seal| seal.before.as_str()).collect::<Vec<_>>(), ["first"]);
        assert_eq!(LocalSeals::open(Some(data.path())).unwrap().last().await, Ok(Some(seal("first"))));
    }

    #[tokio::test]
    async fn the_key_of_a_folder_stays_and_another_folder_has_another() {
        let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |data: &tempfile::TempDir| LocalSigner::open(Some(data.path())).unwrap();
        let signature = open(&data).sign("text").await.unwrap();
        let public = fs::read_to_string(data.path().join(PUBLIC_KEY)).unwrap();
        let public = PublicKey::parse(&public).unwrap();
        assert_eq!(public, open(&data).public());
        assert!(public.is_good("text", &signature));
        assert!(!open(&other).public().is_good("text", &signature));
    }
}
