//! Lambda: dunning, and the alarm clock. Wiring only; the work is in `app::dunning` and `app::dunning::alarm`.

use shared::app::door::routes::Function;
use shared::{app, aws};

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_http_clock_and_queue(&context, Function::Dunning, app::dunning::handle).await
}
