//! What a handler is given: its ports, the policies, and a few settings.

use crate::ports::{Archive, Clock, Courier, Http, Post, Press, Queue, Seals, Signer, Store, Vault};
use domain::outgoing::Endpoints;
use domain::policies::Policies;
use domain::source::Source;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Work that is compiled here, once. Whoever awaits what is not boxed compiles it anew: the service, each function and
/// each test would, and that takes minutes.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The ports, the policies and the settings of a handler.
#[derive(Clone)]
pub struct Context {
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub http: Arc<dyn Http>,
    pub post: Arc<dyn Post>,
    pub courier: Arc<dyn Courier>,
    pub archive: Arc<dyn Archive>,
    pub press: Arc<dyn Press>,
    pub vault: Arc<dyn Vault>,
    pub signer: Arc<dyn Signer>,
    pub seals: Arc<dyn Seals>,
    pub clock: Arc<dyn Clock>,
    pub policies: Arc<Policies>,
    pub settings: Arc<Settings>,
    pub warm: Arc<Warm>,
}

/// What a process remembers from one request to the next, for as long as the policy says: how its sources are set up, and
/// where the product is told.
#[derive(Default)]
pub struct Warm {
    sources: Mutex<BTreeMap<(String, String), (Timestamp, Source)>>,
    endpoints: Mutex<Option<(Timestamp, Endpoints)>>,
}

impl Warm {
    /// How a source is set up, if that was read since then.
    pub fn source(&self, provider: &str, source: &str, since: Timestamp) -> Option<Source> {
        let kept = kept(&self.sources);
        let (read_at, setup) = kept.get(&(provider.to_owned(), source.to_owned()))?;
        (*read_at > since).then(|| setup.clone())
    }

    pub fn remember(&self, setup: &Source, read_at: Timestamp) {
        kept(&self.sources).insert((setup.provider.clone(), setup.source.clone()), (read_at, setup.clone()));
    }

    /// It was changed here; elsewhere it is believed for a while yet.
    pub fn forget(&self, provider: &str, source: &str) {
        kept(&self.sources).remove(&(provider.to_owned(), source.to_owned()));
    }

    /// Where the product is told, if that was read since then.
    pub fn endpoints(&self, since: Timestamp) -> Option<Endpoints> {
        let kept = kept(&self.endpoints);
        kept.as_ref().filter(|(read_at, _)| *read_at > since).map(|(_, endpoints)| endpoints.clone())
    }

    pub fn remember_endpoints(&self, endpoints: &Endpoints, read_at: Timestamp) {
        *kept(&self.endpoints) = Some((read_at, endpoints.clone()));
    }

    /// They were changed here; elsewhere they are believed for a while yet.
    pub fn forget_endpoints(&self) {
        *kept(&self.endpoints) = None;
    }
}

fn kept<T>(own: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held leaves a value that is whole.
    own.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Settings {
    /// Where people reach the console, without a slash at the end.
    pub base_url: String,
    /// The Slack channel that is asked for approvals.
    pub approvals_channel: String,
    /// The address that our mail comes from.
    pub mail_from: String,
    /// Whether messages to phones are switched on.
    pub texts: bool,
    /// On one machine: the sign-in page offers every colleague, pages lead to the outbox, and a token that we signed is
    /// believed beside an identity provider.
    pub local: bool,
}

impl Settings {
    /// The host that people know from our links.
    pub fn host(&self) -> &str {
        self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, host)| host)
    }

    /// The conversation about one thing, as an id of mails: it looks like an address, and nobody is there.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4>
    pub fn thread(&self, about: &str) -> String {
        let host = self.host().split([':', '/']).next().unwrap_or_default();
        format!("{about}@{host}")
    }

    /// Where a source's webhooks arrive: a provider reaches no address that is not secured.
    pub fn webhook(&self, provider: &str, source: &str) -> Option<String> {
        let base = &self.base_url;
        base.starts_with("https://").then(|| format!("{base}/webhooks/{provider}/{source}"))
    }
}
