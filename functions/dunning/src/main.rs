//! Lambda: dunning, and the alarm clock. Wiring only; the work is in `app::dunning` and `app::dunning::alarm`.

use shared::{app, aws};

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_clock_and_queue(&context, app::dunning::handle).await
}
