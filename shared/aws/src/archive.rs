//! Large bodies and published reports, in S3.

use app::fault::Fault;
use app::ports::Archive;
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
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

    async fn find(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let found = match self.client.get_object().bucket(&self.bucket).key(name).send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(Fault::Retry(format!("the archive does not answer: {error}"))),
        };
        let body =
            found.body.collect().await.map_err(|error| Fault::Retry(format!("the archive broke off: {error}")))?;
        Ok(Some(body.into_bytes().to_vec()))
    }
}
