//! How a body lies in an item: what is short as it is, what is long deflated. A kilobyte is paid for twice in a transaction,
//! and JSON repeats its names.

use app::fault::Fault;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read, Write};

/// What is shorter than this saves nothing: a write is paid by the kilobyte.
const SHORT: usize = 512;
/// No body that was ever written is longer; one that says so is not ours.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The attribute that holds a body.
pub(crate) fn laid(body: &str) -> AttributeValue {
    if body.len() < SHORT {
        return AttributeValue::S(body.to_owned());
    }
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(5));
    let written = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish());
    match written {
        Ok(bytes) => AttributeValue::B(Blob::new(bytes)),
        // Memory does not refuse to be written to; if it did, the body itself would do as well.
        Err(_) => AttributeValue::S(body.to_owned()),
    }
}

/// The body that an attribute holds.
pub(crate) fn lifted(attribute: &AttributeValue) -> Result<String, Fault> {
    match attribute {
        AttributeValue::S(body) => Ok(body.clone()),
        AttributeValue::B(bytes) => {
            let mut body = String::new();
            let read = DeflateDecoder::new(bytes.as_ref()).take(LONGEST).read_to_string(&mut body);
            read.map(|_| body).map_err(|error| Fault::Park(format!("the body of an item cannot be read: {error}")))
        }
        _ => Err(Fault::Park("the body of an item is neither text nor bytes".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_as_it_was() {
        let line = r#"{"id":"in_1","total":{"amount":"49.00","currency":"USD"},"paid":true}"#;
        for body in [String::new(), line.to_owned(), line.repeat(7), line.repeat(8), line.repeat(200), "長".repeat(400)]
        {
            assert_eq!(lifted(&laid(&body)).unwrap(), body);
        }
    }

    #[test]
    fn what_is_long_lies_in_a_part_of_its_length() {
        let lines: String =
            (0..100).map(|n| format!(r#"{{"id":"in_{n}","total":{{"amount":"{n}.00","currency":"USD"}}}},"#)).collect();
        let AttributeValue::B(bytes) = laid(&lines) else { panic!("it is long") };
        assert!(bytes.as_ref().len() * 5 < lines.len(), "{} of {}", bytes.as_ref().len(), lines.len());
    }

    #[test]
    fn what_is_no_body_is_refused_and_named() {
        for odd in [AttributeValue::B(Blob::new([7, 7, 7])), AttributeValue::Bool(true)] {
            assert!(matches!(lifted(&odd), Err(Fault::Park(_))), "{odd:?}");
        }
    }
}
