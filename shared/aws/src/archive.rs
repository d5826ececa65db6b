//! Large bodies and published reports, in S3.

use app::fault::Fault;
use app::ports::Archive;
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

pub struct S3 {
    pub client: Client,
    pub bucket: String,
}

#[async_trait]
impl Archive for S3 {
    async fn put(&self, name: &str, body: &[u8]) -> Result<(), Fault> {
        let stored =
            self.client.put_object().bucket(&self.bucket).key(name).body(ByteStream::from(body.to_vec())).send().await;
        stored.map(drop).map_err(|error| Fault::Retry(format!("the archive does not answer: {error}")))
    }

    async fn take(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let found = self.client.get_object().bucket(&self.bucket).key(name).send().await;
        let found = found.map_err(|error| match error.as_service_error() {
            Some(service) if service.is_no_such_key() => Fault::Park(format!("the archive has no {name}")),
            _ => Fault::Retry(format!("the archive does not answer: {error}")),
        })?;
        let body =
            found.body.collect().await.map_err(|error| Fault::Retry(format!("the archive broke off: {error}")))?;
        Ok(body.into_bytes().to_vec())
    }
}
