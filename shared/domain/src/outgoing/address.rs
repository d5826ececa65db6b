//! Where may something be sent? Into the open, never into a private network: whoever adds an endpoint could ask what is there.
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml>, and for version 6
//! <https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest address of an endpoint.
const URL_BYTES_MAX: usize = 1000;
/// The longest name of a host, and of a part of it.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Why nothing is sent to an address. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("`url` has at most 1000 plain characters, without blanks, backslashes or a `#`")]
    Unreadable,
    #[error("`url` begins with https://")]
    Scheme,
    #[error("`url` holds no user or password: what is sent is signed")]
    User,
    #[error(
        "`url` names a host that is found in the public DNS, such as hooks.example.com, and a port if it is not 443"
    )]
    Host,
    #[error("`url` leads to this machine or into a private network, where nothing is sent")]
    Private,
}

/// Whether an endpoint may have this address. `local` is one machine, where whoever tries it out listens beside it.
pub fn check(url: &str, local: bool) -> Result<(), Wrong> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>^`{|}".contains(&byte);
    if url.len() > URL_BYTES_MAX || !url.bytes().all(is_plain) {
        return Err(Wrong::Unreadable);
    }
    let (scheme, rest) = url.split_once("://").ok_or(Wrong::Scheme)?;
    let is_safe = match scheme {
        "https" => true,
        "http" if local => false,
        _ => return Err(Wrong::Scheme),
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Wrong::User);
    }
    let found = host(authority).ok_or(Wrong::Host)?;
    let is_own = match found {
        Host::Address(ip) => ip.is_loopback(),
        Host::Name(name) => name == LOCALHOST,
    };
    match found {
        Host::Address(ip) if !may_reach(ip, local) => Err(Wrong::Private),
        Host::Name(LOCALHOST) if !local => Err(Wrong::Private),
        _ if !is_safe && !is_own => Err(Wrong::Scheme),
        _ => Ok(()),
    }
}

/// Whether something may be sent to an address that a name led to, or that stands for one.
pub fn may_reach(ip: IpAddr, local: bool) -> bool {
    match ip {
        _ if ip.is_loopback() => local,
        IpAddr::V4(ip) => is_public(ip),
        IpAddr::V6(ip) => is_global(ip),
    }
}

const LOCALHOST: &str = "localhost";

enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// Reads what stands between the scheme and the path. What could be read in two ways is not read: `127.1` and `0x7f000001`
/// are names to some and addresses to others.
fn host(authority: &str) -> Option<Host<'_>> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        let ip: Ipv6Addr = ip.parse().ok()?;
        return is_port(port).then_some(Host::Address(IpAddr::V6(ip)));
    }
    let name = authority.split(':').next().unwrap_or_default();
    if !is_port(&authority[name.len()..]) {
        return None;
    }
    if let Ok(ip) = name.parse::<Ipv4Addr>() {
        return Some(Host::Address(IpAddr::V4(ip)));
    }
    if name == LOCALHOST {
        return Some(Host::Name(name));
    }
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && (1..=LABEL_BYTES_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let (_, last) = name.rsplit_once('.')?;
    let is_name =
        name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label) && last.starts_with(char::is_alphabetic);
    is_name.then_some(Host::Name(name))
}

/// Nothing, or a port behind its colon.
fn is_port(text: &str) -> bool {
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| digits(port) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_public(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// What is given to networks, without what stands for an address of version 4 or for none at all.
fn is_global(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_open_to_everybody_is_reached() {
        type Row = (&'static str, Result<(), Wrong>, Result<(), Wrong>);
        let rows: [Row; 36] = [
            ("https://hooks.shop.example/in?a=b", Ok(()), Ok(())),
            ("https://hooks.shop.example:8443", Ok(()), Ok(())),
            ("https://93.184.216.34/in", Ok(()), Ok(())),
            ("https://[2606:2800:220:1::1]/in", Ok(()), Ok(())),
            ("", Err(Wrong::Scheme), Err(Wrong::Scheme)),
            ("hooks.shop.example", Err(Wrong::Scheme), Err(Wrong::Scheme)),
            ("http://hooks.shop.example", Err(Wrong::Scheme), Err(Wrong::Scheme)),
            ("HTTPS://hooks.shop.example", Err(Wrong::Scheme), Err(Wrong::Scheme)),
            ("ftp://hooks.shop.example", Err(Wrong::Scheme), Err(Wrong::Scheme)),
            ("https://a b.example", Err(Wrong::Unreadable), Err(Wrong::Unreadable)),
            ("https://shop.example\\@10.0.0.1", Err(Wrong::Unreadable), Err(Wrong::Unreadable)),
            ("https://shop.example/#in", Err(Wrong::Unreadable), Err(Wrong::Unreadable)),
            ("https://shöp.example", Err(Wrong::Unreadable), Err(Wrong::Unreadable)),
            ("https://user@shop.example", Err(Wrong::User), Err(Wrong::User)),
            ("https://user:pass@shop.example", Err(Wrong::User), Err(Wrong::User)),
            ("https://", Err(Wrong::Host), Err(Wrong::Host)),
            ("https:///in", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://intranet", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop..example", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop.example.", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop.example:0", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop.example:", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop.example:70000", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://shop.example:+80", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://2130706433", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://0x7f000001", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://127.1", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://0177.0.0.1", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://[::1", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://[fe80::1%25eth0]", Err(Wrong::Host), Err(Wrong::Host)),
            ("https://10.0.0.1", Err(Wrong::Private), Err(Wrong::Private)),
            ("https://169.254.169.254/latest", Err(Wrong::Private), Err(Wrong::Private)),
            ("https://[::ffff:127.0.0.1]", Err(Wrong::Private), Err(Wrong::Private)),
            ("http://127.0.0.1:9000/in", Err(Wrong::Scheme), Ok(())),
            ("http://localhost:9000/in", Err(Wrong::Scheme), Ok(())),
            ("https://localhost:9000/in", Err(Wrong::Private), Ok(())),
        ];
        for (url, deployed, local) in rows {
            assert_eq!((check(url, false), check(url, true)), (deployed, local), "{url}");
        }
        let long = format!("https://shop.example/{}", "x".repeat(URL_BYTES_MAX));
        assert_eq!(check(&long, true), Err(Wrong::Unreadable));
    }

    #[test]
    fn whatever_a_name_leads_to_is_asked_again() {
        let rows = [
            ("1.1.1.1", true),
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.1", false),
            ("172.15.255.255", true),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.168.1.1", false),
            ("192.0.2.1", false),
            ("192.0.1.1", true),
            ("198.18.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("169.254.1.1", false),
            ("2606:4700::1111", true),
            ("2001:4860:4860::8888", true),
            ("::", false),
            ("::ffff:1.1.1.1", false),
            ("64:ff9b::a00:1", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("fd12::1", false),
            ("ff02::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::", false),
        ];
        for (ip, expected) in rows {
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!((may_reach(ip, false), may_reach(ip, true)), (expected, expected), "{ip}");
        }
        for own in ["127.0.0.1", "127.9.9.9", "::1"] {
            let ip: IpAddr = own.parse().unwrap();
            assert_eq!((may_reach(ip, false), may_reach(ip, true)), (false, true), "{own}");
        }
    }
}
