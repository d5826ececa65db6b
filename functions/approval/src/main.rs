//! Lambda: approval. Wiring only; the work is in `app::approval`.

use shared::app::door::routes::Function;
use shared::{app, aws};

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_http_and_queue(&context, Function::Approval, app::approval::handle).await
}
