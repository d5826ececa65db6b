//! Seals: signed by a key that never leaves KMS, kept in a bucket in which nobody writes over anything or takes it away.

use app::fault::Fault;
use app::ports::{Seals, Signer};
use async_trait::async_trait;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_smithy_types::{Blob, base64};

/// The bucket lists by name, and what is wanted is the newest: names count down from here.
const FIRST: u64 = 999_999_999_999;
const FOLDER: &str = "seals/";

/// Of all functions, only the one that seals is given a key.
pub struct Kms {
    pub client: aws_sdk_kms::Client,
    pub key: Option<String>,
}

#[async_trait]
impl Signer for Kms {
    async fn sign(&self, text: &str) -> Result<String, Fault> {
        let asked = self
            .client
            .sign()
            .key_id(given(self.key.as_ref())?)
            .message_type(MessageType::Raw)
            .message(Blob::new(text))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let signed =
            asked.send().await.map_err(|error| Fault::Retry(format!("the sealing key does not answer: {error}")))?;
        let signature = signed.signature.ok_or_else(|| Fault::retry("the sealing key answered without a signature"))?;
        Ok(base64::encode(signature.as_ref()))
    }
}

pub struct Locked {
    pub client: aws_sdk_s3::Client,
    pub bucket: Option<String>,
}

fn given(name: Option<&String>) -> Result<&str, Fault> {
    name.map(String::as_str).ok_or_else(|| Fault::park("this function seals nothing: it was not given what that takes"))
}

fn silent(error: impl std::fmt::Display) -> Fault {
    Fault::Retry(format!("the seals do not answer: {error}"))
}

#[async_trait]
impl Seals for Locked {
    async fn last(&self) -> Result<Option<Vec<u8>>, Fault> {
        let bucket = given(self.bucket.as_ref())?;
        let listed = self.client.list_objects_v2().bucket(bucket).prefix(FOLDER).max_keys(1).send().await;
        let listed = listed.map_err(silent)?;
        let Some(name) = listed.contents().first().and_then(|object| object.key()) else { return Ok(None) };
        let found = self.client.get_object().bucket(bucket).key(name).send().await.map_err(silent)?;
        Ok(Some(found.body.collect().await.map_err(silent)?.into_bytes().to_vec()))
    }

    async fn keep(&self, number: u64, seal: &[u8]) -> Result<(), Fault> {
        let name = format!("{FOLDER}{:012}.json", FIRST.saturating_sub(number));
        let put = self
            .client
            .put_object()
            .bucket(given(self.bucket.as_ref())?)
            .key(name)
            .body(ByteStream::from(seal.to_vec()))
            .if_none_match("*")
            // A bucket that locks takes nothing without one.
            .checksum_algorithm(ChecksumAlgorithm::Sha256);
        match put.send().await {
            Ok(_) => Ok(()),
            // There is one of this number.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 412) => Ok(()),
            Err(error) => Err(silent(error)),
        }
    }
}
