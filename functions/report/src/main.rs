//! Lambda: report. Wiring only; the work is in `app::report`.

use shared::app::door::routes::Function;
use shared::{app, aws};

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_http_and_queue(&context, Function::Report, app::report::handle).await
}
