//! What a handler is given: its ports, the policies, and a few settings.

use crate::ports::{Archive, Clock, Http, Post, Queue, Seals, Signer, Store, Vault};
use domain::policies::Policies;
use std::pin::Pin;
use std::sync::Arc;

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
    pub archive: Arc<dyn Archive>,
    pub vault: Arc<dyn Vault>,
    pub signer: Arc<dyn Signer>,
    pub seals: Arc<dyn Seals>,
    pub clock: Arc<dyn Clock>,
    pub policies: Arc<Policies>,
    pub settings: Arc<Settings>,
}

pub struct Settings {
    /// Where people reach the console, without a slash at the end.
    pub base_url: String,
    /// The Slack channel that is asked for approvals.
    pub approvals_channel: String,
    /// On one machine: the sign-in page offers every colleague, pages lead to the outbox, and a token that we signed is
    /// believed beside an identity provider.
    pub local: bool,
}
