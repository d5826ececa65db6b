//! Prints pages in this process, which has nobody else's work to do meanwhile.

use async_trait::async_trait;
use domain::document::TaxDocument;
use domain::policies::Policies;
use shared::app::ports::{Press, Unprinted};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

pub struct Inside(pub Arc<Policies>);

#[async_trait]
impl Press for Inside {
    async fn pdf(&self, document: &TaxDocument) -> Result<Vec<u8>, Unprinted> {
        let limits = self.0.limits.current().press;
        let (document, policies) = (document.clone(), self.0.clone());
        let printing = spawn_blocking(move || printing::document(document, &policies.documents));
        match timeout(Duration::from_secs(limits.secs.unsigned_abs()), printing).await {
            Ok(Ok(Ok(page))) if page.len() > limits.page_bytes_max => Err(Unprinted::too_large(&limits)),
            Ok(Ok(Ok(page))) => Ok(page),
            Ok(Ok(Err(reason))) => Err(Unprinted::Failed(reason.to_string())),
            Ok(Err(fault)) => Err(Unprinted::Failed(fault.to_string())),
            Err(_) => Err(Unprinted::late(&limits)),
        }
    }
}
