//! What a deployed function needs beside the tables: queues, mail, secrets, the archive, seals, the network, and the runtime around
//! a handler. With the crates inside this folder, the only place that names AWS.

mod archive;
mod deadline;
mod post;
mod queue;
mod run;
mod seals;
mod settings;
mod vault;

pub use run::{Error, run_http, run_http_and_queue, run_http_clock_and_queue, run_queue};
pub use settings::context;
