//! The whole of Recoup on one machine, put together.

use crate::clock::LocalClock;
use crate::disk::Disk;
use crate::engine::{EngineError, Tables};
use crate::outbox::Outbox;
use crate::press::Beside;
use crate::queue::LocalQueue;
use crate::sandbox::Sandbox;
use crate::seals::{LocalSeals, LocalSigner, SealsError};
use crate::vault::{LocalVault, VaultError};
use app::context::{Context, Settings};
use app::fault::Fault;
use app::message::Message;
use app::ports::{Archive, Clock, Http, Post, Queue, Seals, Signer, Store, Vault};
use app::report;
use app::setup::{import, sources, staff};
use domain::import::{Extra, Format, Imports, Kind, Records};
use domain::policies::Policies;
use domain::policy::Refused;
use jiff::{SignedDuration, Timestamp};
use network::Outside;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const CATALOGUE: &str = "catalogue";
/// As often as the schedule says it on AWS.
const ADDED_UP_EACH: SignedDuration = SignedDuration::from_mins(10);

/// Who signs seals, and where they are kept.
type Sealing = (Arc<dyn Signer>, Arc<dyn Seals>);

/// Why the service cannot start, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data folder {0} cannot be used: {1}; give another one with --data")]
    Folder(String, std::io::Error),
    #[error("the data folder {0} is used by another service; stop that one, or give another folder with --data")]
    InUse(String),
    #[error("the data folder was written by another version of Recoup; move it away, or give another one with --data")]
    Layout,
    #[error("the data folder is damaged: {0}; move it away, or give another one with --data")]
    Disk(#[from] rusqlite::Error),
    #[error("the data folder is damaged: {0}; move it away, or give another one with --data")]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Seals(#[from] SealsError),
    #[error("a policy is refused: {0}")]
    Policy(#[from] Refused),
    #[error("the service cannot be prepared: {0}")]
    Fault(#[from] Fault),
}

/// How the service is to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// In memory if there is none.
    pub data: Option<std::path::PathBuf>,
    pub clock: Option<Timestamp>,
    pub base_url: String,
    /// The variables that begin with `RECOUP_SECRET_`.
    pub secrets: BTreeMap<String, String>,
}

pub struct Service {
    pub context: Context,
    pub clock: Arc<LocalClock>,
    pub queue: Arc<LocalQueue>,
    pub outbox: Arc<Outbox>,
    pub sandbox: Arc<Sandbox>,
    pub disk: Disk,
    pub tables: Tables,
    /// Held by whoever moves the clock or works the queues.
    pub working: tokio::sync::Mutex<()>,
    /// When months were added up last by this process.
    added_up_at: Mutex<Timestamp>,
    /// Two services on one folder would work the same queues.
    _lock: Option<File>,
}

impl Service {
    pub async fn open(options: &Options) -> Result<Self, StartError> {
        if let Some(folder) = &options.data {
            std::fs::create_dir_all(folder).map_err(|error| StartError::Folder(folder.display().to_string(), error))?;
        }
        let lock = options.data.as_deref().map(lock).transpose()?;
        let file = |name: &str| options.data.as_ref().map(|folder| folder.join(name));
        let disk = Disk::open(file("local.sqlite").as_deref())?;
        if !disk.is_current()? {
            return Err(StartError::Layout);
        }
        let tables = Tables::open(file("tables.sqlite").as_deref())?;
        let vault = Arc::new(LocalVault::open(&disk, &options.secrets)?);
        let clock = Arc::new(LocalClock::open(disk.clone(), options.clock)?);
        let sealing: Sealing = (
            Arc::new(LocalSigner::open(options.data.as_deref())?),
            Arc::new(LocalSeals::open(options.data.as_deref())?),
        );
        let service = Self::assemble((disk, tables), vault.clone(), sealing, clock, &options.base_url, lock)?;
        staff::add_demo(&service.context).await?;
        for (provider, source) in vault.names() {
            sources::add_local(&service.context, provider, source).await?;
        }
        service.add_catalogue().await?;
        Ok(service)
    }

    /// The three plans that the demo's providers sell, unless somebody has imported a catalogue.
    async fn add_catalogue(&self) -> Result<(), StartError> {
        let standing = import::status(&self.context, CATALOGUE).await;
        let vera = staff::find(&self.context, "vera").await?;
        let (Some(vera), Ok(Imports { last: 0, .. })) = (vera, standing) else { return Ok(()) };
        let request = http::Request::post("/api/import/catalogue").header("content-type", "text/csv");
        let request = request.body(include_str!("demo/catalogue.csv").into()).map_err(Fault::park)?;
        let answer = import::by_staff(&self.context, CATALOGUE, &request, &vera).await;
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => {
                self.sells(&request);
                Ok(())
            }
            other => Err(Fault::Park(format!("the demo's catalogue was answered {other:?}")).into()),
        }
    }

    /// Seals the ledgers, if the last seal is old enough; on AWS, a schedule asks for that.
    pub async fn seal(&self) -> Result<(), Fault> {
        let last = report::seal::last(&self.context).await?;
        if last.is_some_and(|last| last.next_by > self.clock.now()) {
            return Ok(());
        }
        report::handle(&self.context, &Message::Seal { trace: "sealing".to_owned() }).await.map(drop)
    }

    /// Adds up months, if that was not done for ten minutes; on AWS, a schedule asks for that.
    pub async fn add_up(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        let is_due = {
            let mut last = self.added_up_at.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = now.duration_since(*last) >= ADDED_UP_EACH;
            *last = if is_due { now } else { *last };
            is_due
        };
        if !is_due {
            return Ok(());
        }
        report::handle(&self.context, &Message::Sums { trace: "adding-up".to_owned() }).await.map(drop)
    }

    /// What the catalogue that was just taken sells, the sandbox sells, too.
    pub fn sells(&self, request: &http::Request<bytes::Bytes>) {
        let format =
            request.headers().get("content-type").and_then(|kind| kind.to_str().ok()).and_then(Format::of_media_type);
        let read = format.map(|format| {
            import::understood(&self.context, Kind::Catalogue, format, request.body(), (None, None), Extra::Refuse)
        });
        if let Some(Ok((Records::Catalogue(prices), _))) = read {
            let _ = self.sandbox.sells(&prices);
        }
    }

    fn assemble(
        (disk, tables): (Disk, Tables),
        vault: Arc<dyn Vault>,
        (signer, seals): Sealing,
        clock: Arc<LocalClock>,
        base_url: &str,
        lock: Option<File>,
    ) -> Result<Self, StartError> {
        let ticking: Arc<dyn Clock> = clock.clone();
        let queue = Arc::new(LocalQueue::open(disk.clone(), ticking.clone())?);
        let sandbox = Arc::new(Sandbox::new(disk.clone(), ticking.clone()));
        let outbox = Arc::new(Outbox { disk: disk.clone(), clock: ticking.clone(), sandbox: sandbox.clone() });
        let settings = Settings {
            base_url: base_url.to_owned(),
            approvals_channel: "#billing-approvals".to_owned(),
            mail_from: "billing@recoup.example".to_owned(),
            texts: true,
            local: true,
        };
        let policies = Arc::new(Policies::shipped()?);
        let store: Arc<dyn Store> = Arc::new(tables.store());
        let context = Context {
            store,
            queue: queue.clone() as Arc<dyn Queue>,
            http: sandbox.clone() as Arc<dyn Http>,
            post: outbox.clone() as Arc<dyn Post>,
            // What the product is told leaves for real, as it does deployed.
            courier: Arc::new(Outside::new(true)),
            archive: outbox.clone() as Arc<dyn Archive>,
            press: Arc::new(Beside::own(policies.limits.current().press)),
            vault,
            signer,
            seals,
            clock: ticking,
            policies,
            settings: Arc::new(settings),
            warm: Arc::default(),
        };
        let (working, added_up_at) = (tokio::sync::Mutex::new(()), Mutex::new(Timestamp::UNIX_EPOCH));
        Ok(Self { context, clock, queue, outbox, sandbox, disk, tables, working, added_up_at, _lock: lock })
    }
}

/// Takes a data folder for this process alone; the system lets it go with the process.
fn lock(folder: &Path) -> Result<File, StartError> {
    let folder_error = |error| StartError::Folder(folder.display().to_string(), error);
    let file = File::create(folder.join("lock")).map_err(folder_error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(folder_error(error)),
    }
}

/// Whether a data folder has ever been used.
pub fn is_new(folder: &Path) -> bool {
    !folder.join("local.sqlite").exists()
}
