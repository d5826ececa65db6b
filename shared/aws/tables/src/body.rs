//! How a body lies in an item: what is short as it is, what is long deflated, and what is long even so by words that
//! all such bodies share. A kilobyte is paid for twice in a transaction, and JSON repeats its names.

use app::fault::Fault;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{self, Read, Write};

/// What is shorter than this saves nothing: a write is paid by the kilobyte.
const SHORT: usize = 512;
/// What is deflated to no more than this fits into a kilobyte, with its keys and its places in the indexes.
const NARROW: usize = 700;
/// No body that was ever written is longer; one that says so is not ours.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What heads, decisions and the like are made of. It stays as it is for as long as anything lies anywhere: whoever
/// wants better words gives them a number of their own.
const WORDS: &[u8] = include_bytes!("body/words_1.txt");
/// The first byte of what was deflated by these words. No deflated body begins so: it would be of a kind of block that
/// there is not.
///
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3>
const BY_WORDS: u8 = 0b110;

/// The attribute that holds a body.
pub(crate) fn laid(body: &str) -> AttributeValue {
    if body.len() < SHORT {
        return AttributeValue::S(body.to_owned());
    }
    match narrowed(body) {
        Ok(bytes) => AttributeValue::B(Blob::new(bytes)),
        // Memory does not refuse to be written to; if it did, the body itself would do as well.
        Err(_) => AttributeValue::S(body.to_owned()),
    }
}

/// The body that an attribute holds.
pub(crate) fn lifted(attribute: &AttributeValue) -> Result<String, Fault> {
    match attribute {
        AttributeValue::S(body) => Ok(body.clone()),
        AttributeValue::B(bytes) => inflated(bytes.as_ref())
            .map_err(|error| Fault::Park(format!("the body of an item cannot be read: {error}"))),
        _ => Err(Fault::Park("the body of an item is neither text nor bytes".to_owned())),
    }
}

/// Most bodies are narrow by themselves; the words are gone through for the others alone, as that takes longer.
fn narrowed(body: &str) -> io::Result<Vec<u8>> {
    let alone = deflated(&[], body)?;
    if alone.len() <= NARROW {
        return Ok(alone);
    }
    let mut by_words = vec![BY_WORDS];
    by_words.extend(deflated(WORDS, body)?);
    Ok(if by_words.len() < alone.len() { by_words } else { alone })
}

/// A body, deflated as what follows some words.
fn deflated(words: &[u8], body: &str) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(5));
    if !words.is_empty() {
        encoder.write_all(words)?;
        // They end with a whole byte, so that what becomes of them is left away: whoever reads has them.
        encoder.flush()?;
    }
    let known = encoder.get_ref().len();
    encoder.write_all(body.as_bytes())?;
    let mut all = encoder.finish()?;
    Ok(all.split_off(known))
}

fn inflated(bytes: &[u8]) -> io::Result<String> {
    let mut body = String::new();
    let Some((&BY_WORDS, rest)) = bytes.split_first() else {
        DeflateDecoder::new(bytes).take(LONGEST).read_to_string(&mut body)?;
        return Ok(body);
    };
    let begin = block_of(WORDS);
    let mut decoder = DeflateDecoder::new(begin.as_slice().chain(WORDS).chain(rest));
    io::copy(&mut Read::by_ref(&mut decoder).take(WORDS.len() as u64), &mut io::sink())?;
    decoder.take(LONGEST).read_to_string(&mut body)?;
    Ok(body)
}

/// How a block begins that holds words as they are: their length, and that once more with each bit turned over.
///
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4>
fn block_of(words: &[u8]) -> [u8; 5] {
    let [low, high] = u16::try_from(words.len()).expect("the words fit into one block").to_le_bytes();
    [0, low, high, !low, !high]
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

    /// What lies in older tables: the same body, deflated by itself.
    const ALONE: [u8; 142] = [
        109, 140, 49, 14, 194, 48, 12, 69, 239, 226, 25, 161, 34, 177, 208, 153, 27, 32, 102, 148, 38, 78, 101, 209,
        198, 149, 99, 119, 169, 122, 119, 156, 194, 200, 246, 223, 247, 127, 222, 32, 196, 200, 86, 20, 250, 150, 94,
        23, 56, 193, 34, 188, 82, 66, 241, 170, 170, 208, 130, 222, 85, 54, 137, 232, 77, 194, 28, 108, 82, 175, 162,
        85, 229, 249, 152, 121, 60, 204, 129, 249, 13, 253, 6, 153, 70, 19, 172, 45, 178, 105, 213, 80, 18, 149, 177,
        225, 243, 113, 247, 253, 245, 118, 238, 58, 216, 253, 135, 96, 34, 197, 228, 39, 39, 193, 21, 139, 225, 23,
        102, 145, 63, 66, 14, 52, 253, 94, 59, 89, 89, 132, 98, 211, 59, 167, 33, 76, 161, 196, 67, 223, 247, 15,
    ];
    /// And by the first words.
    const BY_FIRST_WORDS: [u8; 22] =
        [6, 67, 111, 166, 24, 146, 221, 78, 49, 164, 102, 67, 133, 152, 182, 9, 158, 6, 9, 48, 138, 1];

    #[test]
    fn what_was_laid_down_once_is_read_for_ever() {
        let body = concat!(
            r#"{"account":"acc_1","provider":"stripe","source":"default","customer":"cus_1","book":{"figures":"#,
            r#"{"outstanding":{"USD":"49.00"},"credited":{},"revenue":{},"mrr":{"USD":"49.00"},"failures":{},"#,
            r#""unpriced":0},"balance":{}}}"#,
        );
        for bytes in [&ALONE[..], &BY_FIRST_WORDS[..]] {
            assert_eq!(lifted(&AttributeValue::B(Blob::new(bytes))).unwrap(), body);
        }
        let sum = WORDS.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        assert_eq!((WORDS.len(), sum), (8_916, 2_859_374_582), "what lies there by these words could not be read");
    }

    /// The lines of a head, of an account that has been there for some months.
    fn lines() -> String {
        let invoice = |n: u32| {
            format!(
                r#"{{"created_at":"2026-{n:02}-01T01:00:00Z","invoice":"in_{n}","number":"A-{n}","total":{{"amount":"49.00","currency":"USD"}},"remaining":{{"amount":"0.00","currency":"USD"}},"status":"paid","subscription":"sub_1"}}"#
            )
        };
        let payment = |n: u32| {
            format!(
                r#"{{"at":"2026-{n:02}-03T02:0{n}:00Z","payment":"ch_{n}p","invoice":"in_{n}","intent":"pi_{n}x","amount":{{"amount":"49.00","currency":"USD"}},"status":"succeeded","method":"card","card":{{"brand":"visa","last4":"4242","exp_month":12,"exp_year":2030}},"issuer":"US"}}"#
            )
        };
        let failed = |n: u32| {
            format!(
                r#"{{"at":"2026-{n:02}-01T02:00:00Z","event":"evt_{n}k","invoice":"in_{n}","payment":"ch_{n}f","amount":{{"amount":"49.00","currency":"USD"}},"decline":{{"provider":"stripe","code":"insufficient_funds","network":"visa","issuer":"US","funding":"credit"}},"card":"visa 4242"}}"#
            )
        };
        let all = |line: &dyn Fn(u32) -> String| (1..=9).map(line).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"account":"acc_pzankqp544j4egvsc6be","provider":"stripe","source":"default","customer":"cus_1","book":{{"figures":{{"outstanding":{{}},"credited":{{}},"revenue":{{"USD":"441.00"}},"mrr":{{"USD":"49.00"}},"failures":{{"2026-01":1,"2026-02":1}},"unpriced":0}},"balance":{{}},"subscriptions":{{"sub_1":{{"status":"active","plan":"price_pro","price":{{"currency":"USD","amount":"49.00"}},"interval":{{"unit":"month","count":1}},"quantity":1,"addons":[],"mrr":{{"amount":"49.00","currency":"USD"}},"started_at":"2026-01-01T00:00:00Z","renews_at":"2026-07-01T00:00:00Z","trial_ends_at":null,"ends_at":null,"contract_ends_at":null,"grace_until":null,"resumes_at":null,"end_is_stated":true,"discounted":false,"upcoming":null}}}},"invoices":[{}],"payments":[{}],"cards":[],"chosen":null,"tries":[{}],"disputes":{{}},"links":[],"periods":[],"last_event_at":"2026-06-03T02:06:00Z"}},"dunning":{{}},"cases":{{}},"under_way":{{}},"left":{{}}}}"#,
            all(&invoice),
            all(&payment),
            all(&failed)
        )
    }

    #[test]
    fn a_head_that_would_take_more_than_a_kilobyte_takes_one() {
        let head = lines();
        let AttributeValue::B(bytes) = laid(&head) else { panic!("it is long") };
        let (by_words, alone) = (bytes.as_ref().len(), deflated(&[], &head).unwrap().len());
        assert!(alone > NARROW && by_words <= NARROW, "{by_words} by words, {alone} alone");
        assert_eq!(lifted(&laid(&head)).unwrap(), head);
    }

    #[test]
    fn what_the_words_do_not_make_shorter_lies_without_them() {
        // Letters without any order, which nothing makes much shorter.
        let letter = |seed: &mut u32| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4e00 + (*seed >> 20)).unwrap()
        };
        let mut seed = 1;
        let odd: String = (0..1_000).map(|_| letter(&mut seed)).collect();
        let (AttributeValue::B(bytes), alone) = (laid(&odd), deflated(&[], &odd).unwrap()) else {
            panic!("it is long")
        };
        assert!(bytes.as_ref().len() <= alone.len());
        assert_eq!(lifted(&laid(&odd)).unwrap(), odd);
    }

    #[test]
    fn what_is_no_body_is_refused_and_named() {
        let by_words = AttributeValue::B(Blob::new([BY_WORDS, 7, 7]));
        for odd in [AttributeValue::B(Blob::new([7, 7, 7])), by_words, AttributeValue::Bool(true)] {
            assert!(matches!(lifted(&odd), Err(Fault::Park(_))), "{odd:?}");
        }
    }
}
