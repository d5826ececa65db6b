//! What leaves for a phone, as the service for phones gets it, and what its answers mean.

use ::phone::Phone;
use app::ports::{Channel, Letter, Unsent};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A request that arrived: its line, its headers, and the fields of its form.
struct Arrived {
    line: String,
    headers: BTreeMap<String, String>,
    form: BTreeMap<String, String>,
}

/// Amazon's part: it answers everything alike, or hangs up.
struct Service {
    answer: Option<(StatusCode, String)>,
    arrived: Mutex<Vec<Arrived>>,
}

impl Service {
    async fn takes(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| "the body broke off")?.to_bytes();
        let headers =
            parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let line = format!("{} {}", parts.method, parts.uri.path());
        let form = form_urlencoded::parse(&body).into_owned().collect();
        self.arrived.lock().unwrap().push(Arrived { line, headers, form });
        let (status, body) = self.answer.clone().ok_or("no answer")?;
        Ok(Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap())
    }
}

/// A service on loopback, and where it is.
async fn answering(answer: Option<(StatusCode, String)>) -> (Arc<Service>, String) {
    let service = Arc::new(Service { answer, arrived: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = service.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = server.clone();
            let takes = service_fn(move |request| {
                let server = server.clone();
                async move { server.takes(request).await }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), takes));
        }
    });
    (service, origin)
}

fn phone(origin: String, from: Option<&str>) -> Phone {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let credentials = Credentials::new("key", "secret", None, None, "test");
    Phone::new("eu-central-1".to_owned(), credentials, http, Some(origin), from.map(str::to_owned))
}

fn message(to: &str) -> Letter {
    Letter {
        id: "sms_1".to_owned(),
        channel: Channel::Sms,
        to: to.to_owned(),
        subject: "nobody's phone shows it".to_owned(),
        text: "Zur Erinnerung: hier können Sie bezahlen: https://recoup.test/pay/0".to_owned(),
        html: "<p>nor that</p>".to_owned(),
        links: Vec::new(),
        blocks: None,
        unsubscribe: None,
        thread: None,
    }
}

fn taken() -> Option<(StatusCode, String)> {
    let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>m-1</MessageId>\
                  </PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>";
    Some((StatusCode::OK, answer.to_owned()))
}

fn refused(status: u16, code: &str, message: &str) -> Option<(StatusCode, String)> {
    let answer = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
    Some((StatusCode::from_u16(status).unwrap(), answer))
}

/// What is said of a message beside its text.
fn attributes(form: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let of = |number: usize, part: &str| form.get(&format!("MessageAttributes.entry.{number}.{part}"));
    let all = (1..).map_while(|number| {
        assert_eq!(of(number, "Value.DataType").map(String::as_str), of(number, "Name").map(|_| "String"));
        Some((of(number, "Name")?.as_str(), of(number, "Value.StringValue")?.as_str()))
    });
    all.collect()
}

#[tokio::test]
async fn a_message_leaves_as_the_service_documents_it() {
    let kind = ("AWS.SNS.SMS.SMSType", "Transactional");
    for (name, to, from, expected) in [
        ("without a name", "+4930123456", None, vec![kind]),
        ("as people write it", "+49 (30) 123-456", None, vec![kind]),
        ("with a name", "+4930123456", Some("Shop"), vec![("AWS.SNS.SMS.SenderID", "Shop"), kind]),
    ] {
        let (service, origin) = answering(taken()).await;
        assert_eq!(phone(origin, from).send(&message(to)).await, Ok(()), "{name}");
        let arrived = service.arrived.lock().unwrap();
        let [Arrived { line, headers, form }] = arrived.as_slice() else { panic!("{name}: one request") };
        assert_eq!((line.as_str(), headers["content-type"].as_str()), ("POST /", "application/x-www-form-urlencoded"));
        let signed = &headers["authorization"];
        assert!(
            signed.starts_with("AWS4-HMAC-SHA256 Credential=key/") && signed.contains("/eu-central-1/sns/aws4_request"),
            "{name}: {signed}"
        );
        for (field, value) in [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("PhoneNumber", "+4930123456"),
            ("Message", message(to).text.as_str()),
        ] {
            assert_eq!(form.get(field).map(String::as_str), Some(value), "{name}: {field}");
        }
        for field in ["TopicArn", "TargetArn", "Subject"] {
            assert!(!form.contains_key(field), "{name}: {field}");
        }
        assert_eq!(attributes(form), BTreeMap::from_iter(expected), "{name}");
    }
}

#[tokio::test]
async fn a_refusal_is_certain_and_whatever_else_comes_is_not_and_neither_is_sent_twice() {
    for (name, answer, certain, words) in [
        ("too many at once", refused(400, "Throttling", "Rate exceeded for +4930123456"), true, "Throttling"),
        ("more than is paid for", refused(429, "TooManyRequests", "No budget"), true, "TooManyRequests"),
        ("whoever wants none", refused(400, "InvalidParameter", "+4930123456 has opted out"), true, "InvalidParameter"),
        ("a code that is none", refused(400, "4930123456", "is no number"), true, "no code is given"),
        ("no right", refused(403, "AuthorizationError", "ada@shop.example may not"), true, "AuthorizationError"),
        ("a fault there", refused(500, "InternalError", "of +4930123456"), false, "a fault of its own: InternalError"),
        ("nobody there", refused(503, "ServiceUnavailable", "later"), false, "a fault of its own"),
        ("no answer", None, false, "does not answer"),
    ] {
        let (service, origin) = answering(answer).await;
        let ended = phone(origin, None).send(&message("+4930123456")).await;
        let told = ended.as_ref().err().map(ToString::to_string).unwrap_or_default();
        for secret in ["4930123456", "ada", "@"] {
            assert!(!told.contains(secret), "{name}: it names whom it was for: {told}");
        }
        match ended {
            Err(Unsent::NotSent { reason, after_secs: None }) if certain => {
                assert!(reason.contains(words), "{name}: {reason}");
            }
            Err(Unsent::Unknown(reason)) if !certain => assert!(reason.contains(words), "{name}: {reason}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(service.arrived.lock().unwrap().len(), 1, "{name}: it left once");
    }
}

#[tokio::test]
async fn what_is_no_number_of_a_country_does_not_leave() {
    for to in ["030 123456", "0049 30 123456", "+", "", "+49 30 call me", "+1234567890123456", "+49 (0)170 1234567"] {
        let (service, origin) = answering(taken()).await;
        let ended = phone(origin, None).send(&message(to)).await;
        assert!(matches!(ended, Err(Unsent::NotSent { .. })), "{to}: {ended:?}");
        assert_eq!(service.arrived.lock().unwrap().len(), 0, "{to}");
    }
}
