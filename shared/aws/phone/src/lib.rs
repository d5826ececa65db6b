//! Messages to phones, by Amazon SNS. A crate of its own, so that tests read what it sends without building a client of every AWS
//! service.

use app::ports::{Letter, Unsent, international};
use aws_credential_types::Credentials;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sns::{Client, Config};

/// By what a message is told from advertising: it goes ahead of that, and reaches whoever wants none.
const KIND: (&str, &str) = ("AWS.SNS.SMS.SMSType", "Transactional");
/// Who it is from, where the customer's country lets a sender have a name.
const FROM: &str = "AWS.SNS.SMS.SenderID";

/// Whoever sends messages to phones.
pub struct Phone {
    client: Client,
    from: Option<String>,
}

impl Phone {
    /// `origin` is where the service answers instead, in a rehearsal; `from` is the name that messages come from.
    pub fn new(
        region: String,
        credentials: Credentials,
        http: SharedHttpClient,
        origin: Option<String>,
        from: Option<String>,
    ) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .http_client(http)
            // What may have been taken is not sent again: a message leaves once.
            .retry_config(RetryConfig::disabled());
        let config = match origin {
            Some(origin) => config.endpoint_url(origin),
            None => config,
        };
        Self { client: Client::from_conf(config.build()), from }
    }

    /// Sends the text of a message, and nothing else of it.
    pub async fn send(&self, letter: &Letter) -> Result<(), Unsent> {
        let to =
            international(&letter.to).ok_or_else(|| Unsent::refused("the number does not begin with its country's"))?;
        let mut publish = self.client.publish().phone_number(to).message(&letter.text);
        for (name, value) in [KIND].into_iter().chain(self.from.as_deref().map(|from| (FROM, from))) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            publish = publish.message_attributes(name, value.map_err(Unsent::refused)?);
        }
        publish.send().await.map(drop).map_err(|error| unsent(&error))
    }
}

/// A refusal is certain: too many at once, a number that is none, or one whose owner wants no messages. Whatever else is
/// answered, or is not, leaves open whether it was taken. The words of a refusal name the number: they go no further.
fn unsent(error: &SdkError<PublishError>) -> Unsent {
    match error {
        SdkError::ConstructionFailure(_) => Unsent::refused("the message could not be made"),
        SdkError::ServiceError(answer) => {
            Unsent::by_service("the service for phones", answer.err().code(), answer.raw().status().is_client_error())
        }
        _ => Unsent::Unknown("the service for phones does not answer".to_owned()),
    }
}
