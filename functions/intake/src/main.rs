//! Lambda: intake. Wiring only; the work is in `app::intake`.

use shared::app::door::routes::Function;
use shared::aws;

#[tokio::main]
async fn main() -> Result<(), aws::Error> {
    let context = aws::context()?;
    aws::run_http(&context, Function::Intake).await
}
