//! Of whom a form is counted: its sender, its source, and the address that it names.

use crate::door::token;
use crate::web;
use bytes::Bytes;
use domain::ticket::Who;
use http::Request;
use providers::Secret;
use std::net::{IpAddr, Ipv6Addr};

/// Of whom this form is counted, each made into what names nobody. The sender comes first: by whose count it shows
/// which count of the source it is in.
pub(super) fn counted(secret: &Secret, request: &Request<Bytes>, email: &str, source: &str) -> Vec<(Who, String)> {
    let named = |who: Who, value: &str| (who, token::derived(secret, &["knocks", who.name(), value]));
    let sender = sender(request).map(|sender| named(Who::Sender, &one_of(sender)));
    let address = email.to_lowercase();
    let source = [Who::Source, Who::First].map(|who| named(who, source));
    sender.into_iter().chain(source).chain([named(Who::Address, &address)]).collect()
}

/// By what a sender is told from others: whoever has one address of IPv6 has all that begin with the same 64 bits (RFC
/// 6177).
fn one_of(sender: &str) -> String {
    match sender.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let [one, two, three, four, ..] = address.segments();
            Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0).to_string()
        }
        Err(_) => sender.to_owned(),
    }
}

/// Who sent it, as the gateway saw it: it writes what it sees behind what was claimed.
fn sender(request: &Request<Bytes>) -> Option<&str> {
    let forwarded = web::header(request.headers(), "x-forwarded-for")?;
    forwarded.rsplit(',').map(str::trim).find(|sender| !sender.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sent_it_is_what_the_gateway_saw_and_not_what_was_claimed() {
        for (header, expected) in [
            (None, None),
            (Some("203.0.113.7"), Some("203.0.113.7")),
            (Some("10.0.0.1, 203.0.113.7"), Some("203.0.113.7")),
            (Some("made up,2001:db8::1 "), Some("2001:db8::1")),
            (Some(" , "), None),
        ] {
            let request = header.into_iter().fold(Request::builder(), |it, value| it.header("x-forwarded-for", value));
            assert_eq!(sender(&request.body(Bytes::new()).unwrap()), expected, "{header:?}");
        }
    }

    #[test]
    fn whoever_has_one_address_of_a_network_has_all_of_them() {
        for (one, other, is_same) in [
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7", "::ffff:203.0.113.7", true),
            ("2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("nobody", "nobody", true),
            ("nobody", "somebody", false),
        ] {
            assert_eq!(one_of(one) == one_of(other), is_same, "{one} {other}");
        }
    }

    #[test]
    fn whoever_is_counted_is_named_nowhere() {
        let request = Request::builder().header("x-forwarded-for", "203.0.113.7").body(Bytes::new()).unwrap();
        let all = counted(&Secret::new("s"), &request, "Ada@Shop.example", "stripe.default");
        assert_eq!(all.len(), 4);
        for (_, who) in &all {
            assert!(who.len() == 64 && who.bytes().all(|byte| byte.is_ascii_hexdigit()), "{who}");
        }
        let same = counted(&Secret::new("s"), &request, "ada@shop.example", "stripe.default");
        assert_eq!(all.last().map(|(_, who)| who), same.last().map(|(_, who)| who), "an address is one in any case");
    }
}
