//! Pages are printed for real, in the process of the test.

use app::ports::{Press, Unprinted};
use async_trait::async_trait;
use domain::document::TaxDocument;
use domain::policies::Policies;
use std::sync::Arc;

pub struct Inside(pub Arc<Policies>);

#[async_trait]
impl Press for Inside {
    async fn pdf(&self, document: &TaxDocument) -> Result<Vec<u8>, Unprinted> {
        printing::document(document.clone(), &self.0.documents).map_err(|reason| Unprinted::Failed(reason.to_string()))
    }
}
