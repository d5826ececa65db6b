//! Lambda: classify. Wiring only; the work is in `app::classify`.

use shared::{app, aws};

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_queue(&context, app::classify::handle).await
}
