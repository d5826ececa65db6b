//! The only place that names AWS. The table client is used everywhere; the rest only in deployed functions.

mod dynamo;
mod embedded;

pub use dynamo::{Dynamo, TableNames};
pub use embedded::{Engine, embedded};

#[cfg(feature = "lambda")]
mod archive;
#[cfg(feature = "lambda")]
mod network;
#[cfg(feature = "lambda")]
mod post;
#[cfg(feature = "lambda")]
mod queue;
#[cfg(feature = "lambda")]
mod run;
#[cfg(feature = "lambda")]
mod settings;
#[cfg(feature = "lambda")]
mod vault;

#[cfg(feature = "lambda")]
pub use run::{Error, run_clock_and_queue, run_http, run_http_and_queue, run_queue};
#[cfg(feature = "lambda")]
pub use settings::context;
