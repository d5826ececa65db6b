//! Lambda: report. Wiring only; the work is in `app::report`. It alone carries what sets pages.

mod press;

use press::Inside;
use shared::app::context::Context;
use shared::app::door::routes::Function;
use shared::{app, aws};
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    let press = Arc::new(Inside(context.policies.clone()));
    let context = Context { press, ..context };
    aws::run_http_and_queue(&context, Function::Report, app::report::handle).await
}
