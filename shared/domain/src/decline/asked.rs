//! A try as somebody asks about it who has only codes: for the route and for files of codes.

use super::{Declines, plain};
use crate::event::Decline;

/// What is known beside the code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The network's name, or its code if nothing else says that: `mastercard`, `43`, or both as `mastercard:43`.
    pub network: Option<&'a str>,
    pub network_code: Option<&'a str>,
    pub gateway: Option<&'a str>,
    /// The provider's advice in words, or the network's number.
    pub advice: Option<&'a str>,
    pub text: Option<&'a str>,
}

impl Declines {
    /// The try that is asked about.
    pub fn asked(&self, provider: &str, code: &str, about: Asked<'_>) -> Decline {
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (network, network_code) = match given(about.network) {
            None => (None, None),
            Some(network) => match network.split_once(':') {
                Some((name, code)) => (given(Some(name)), given(Some(code))),
                None if self.network(&network).is_some() => (Some(network), None),
                None => (None, Some(network)),
            },
        };
        // The networks number their advice: a word is the provider's.
        let advice = given(about.advice);
        let is_number = advice.as_deref().is_some_and(|advice| advice.chars().all(|digit| digit.is_ascii_digit()));
        let (network_advice, advice) = if is_number { (advice, None) } else { (None, advice) };
        Decline {
            gateway: given(about.gateway),
            advice,
            network_advice,
            network_code: given(about.network_code).or(network_code),
            network,
            text: given(about.text).map(|text| plain(&text)),
            ..Decline::new(provider, code.trim())
        }
    }
}
