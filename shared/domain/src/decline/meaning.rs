//! What does a failed try mean? Everybody who speaks about it is heard, and the strictest counts.

use super::{Declines, Family, Gateway, Retry};
use crate::event::Decline;
use jiff::SignedDuration;

/// What a failed try means, and which tables say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning<'a> {
    pub family: &'a Family,
    /// The tables with the codes in them, or what nobody lists.
    pub source: String,
    /// Visa's category, for one of its cards or where the network is not told.
    pub category: Option<u8>,
    /// Whether a table lists what it goes by; what only words tell no table lists.
    pub known: bool,
    /// Why it may not simply be tried again, where only the country says so in which the card was issued.
    pub why: Option<&'a str>,
    /// How long after this try another one has to wait at least: the longest that anybody asks for.
    pub wait: Option<SignedDuration>,
}

/// What one of those says who speak about a try: the provider or the gateway, the network, and the advice of either.
struct Voice<'a> {
    family: &'a Family,
    says: String,
    listed: bool,
    wait_hours: Option<u32>,
}

impl Declines {
    /// Finds what a failed try means; nothing was told of one without a decline. The strictest of all who speak counts, and
    /// among the equally strict the family that stands first. Where its card was issued it may be that nothing is tried
    /// again without the customer.
    pub fn meaning(&self, decline: Option<&Decline>) -> Meaning<'_> {
        let Some(decline) = decline else {
            let nothing = Voice {
                family: self.named(&self.unknown),
                says: "no code was told".to_owned(),
                listed: false,
                wait_hours: None,
            };
            return self.strictest(&[nothing], None);
        };
        let told = self.told(decline);
        let ruled = decline.issuer.as_deref().and_then(|country| {
            self.issuer.iter().find(|issuer| issuer.country.get_ref().eq_ignore_ascii_case(country))
        });
        match ruled.filter(|_| told.family.retry < Retry::AfterCustomer) {
            Some(issuer) => Meaning {
                family: self.named(&issuer.family),
                source: format!("{}; its card was issued in {}", told.source, issuer.country.get_ref()),
                why: Some(&issuer.why),
                ..told
            },
            None => told,
        }
    }

    /// What nobody lists is not made laxer by a code that gives no reason: only one that does answers for it.
    fn told(&self, decline: &Decline) -> Meaning<'_> {
        let own = self.own(decline);
        let others = [self.network_code(decline), self.advice(decline), self.network_advice(decline)];
        let others: Vec<Voice<'_>> = others.into_iter().flatten().collect();
        let unlisted = (own.is_none() && others.iter().all(|voice| voice.family.general)).then(|| Voice {
            family: self.named(&self.unknown),
            says: format!("no table for {} {}", decline.provider, decline.code),
            listed: false,
            wait_hours: None,
        });
        let is_unlisted = unlisted.is_some();
        let voices: Vec<Voice<'_>> = own.into_iter().chain(unlisted).chain(others).collect();
        let told = self.strictest(&voices, self.category(decline));
        Meaning { known: told.known && !is_unlisted, ..told }
    }

    fn strictest<'a>(&'a self, voices: &[Voice<'a>], category: Option<u8>) -> Meaning<'a> {
        let families = voices.iter().map(|voice| voice.family);
        let family = families.max_by_key(|family| self.strictness(family)).expect("somebody spoke");
        let mut says: Vec<&str> = Vec::new();
        for voice in voices {
            // A bank's code that came twice is one.
            if !says.contains(&voice.says.as_str()) {
                says.push(&voice.says);
            }
        }
        let wait_hours = voices.iter().filter_map(|voice| voice.wait_hours).max();
        let wait =
            wait_hours.filter(|_| family.retry != Retry::Never).map(|hours| SignedDuration::from_hours(hours.into()));
        Meaning {
            family,
            source: format!("{}, declines v{}", says.join(" and "), self.version),
            category,
            known: voices.iter().any(|voice| voice.listed),
            why: None,
            wait,
        }
    }

    fn voice(&self, table: &str, code: &str) -> Option<Voice<'_>> {
        let row = self.listed(table, code)?;
        Some(Voice {
            family: self.named(row.family.get_ref()),
            says: format!("{table} {code}"),
            listed: true,
            wait_hours: row.wait_hours,
        })
    }

    /// The provider's own code, or the gateway's; one that no table lists, by its words.
    fn own(&self, decline: &Decline) -> Option<Voice<'_>> {
        let listed = self.own_tables(decline).into_iter().find_map(|table| self.voice(table, &decline.code));
        listed.or_else(|| {
            let (family, phrase) = self.worded(&decline.code, decline.text.as_deref())?;
            let says = format!("the words `{phrase}` for {} {}", decline.provider, decline.code);
            Some(Voice { family, says, listed: false, wait_hours: None })
        })
    }

    /// The numbers of a gateway that we do not know are its own: only names that most share are read for it, and a bank's
    /// code is only passed on where no gateway stands between.
    fn own_tables(&self, decline: &Decline) -> Vec<&str> {
        let mut tables = Vec::new();
        match &decline.gateway {
            Some(gateway) => tables.extend(self.own_table(Some(&decline.provider), gateway)),
            None => {
                match self.network(&decline.provider) {
                    Some(network) => tables.extend(network.tables.get_ref().iter().map(String::as_str)),
                    None => tables.extend(self.own_table(None, &decline.provider)),
                }
                if self.passes_on.contains(&decline.provider) {
                    tables.extend(self.network_tables_of(decline).iter().map(String::as_str));
                }
            }
        }
        tables.extend(self.shared_names.as_deref());
        tables
    }

    /// What the network or the bank answered.
    fn network_code(&self, decline: &Decline) -> Option<Voice<'_>> {
        let code = decline.network_code.as_deref()?;
        self.network_tables_of(decline).iter().find_map(|table| self.voice(table, code))
    }

    fn network_tables_of(&self, decline: &Decline) -> &[String] {
        let network = decline.network.as_deref().and_then(|name| self.network(name));
        network.map_or(&self.network_tables, |network| network.tables.get_ref())
    }

    /// What the provider, or the gateway behind it, advises in its own words.
    fn advice(&self, decline: &Decline) -> Option<Voice<'_>> {
        self.voice(&self.own_advice(decline), decline.advice.as_deref()?)
    }

    fn own_advice(&self, decline: &Decline) -> String {
        let gateway = decline.gateway.as_deref().and_then(|gateway| self.own_table(Some(&decline.provider), gateway));
        let own = gateway.or_else(|| self.own_table(None, &decline.provider));
        format!("{}_advice", own.unwrap_or(&decline.provider))
    }

    /// The network's advice, by the network's own numbers; whoever numbers it anew has a table for that.
    fn network_advice(&self, decline: &Decline) -> Option<Voice<'_>> {
        let code = decline.network_advice.as_deref()?;
        if !self.numbers_as_the_network(decline) {
            return self.voice(&self.own_advice(decline), code);
        }
        let name = decline.network.as_deref().unwrap_or(&decline.provider);
        let tables = self.network(name).map(|network| &network.advice).filter(|tables| !tables.is_empty());
        tables.unwrap_or(&self.advice_tables).iter().find_map(|table| self.voice(table, code))
    }

    fn numbers_as_the_network(&self, decline: &Decline) -> bool {
        let provider = &decline.provider;
        match &decline.gateway {
            Some(gateway) => self
                .gateway_called(Some(provider), gateway)
                .is_some_and(|Gateway { network_advice, .. }| *network_advice),
            None => self.network_advice_from.contains(provider) || self.is_network(provider),
        }
    }

    /// Whether somebody speaks for a network itself, named or not.
    fn is_network(&self, name: &str) -> bool {
        self.network(name).is_some() || self.network_tables.iter().any(|table| table == name)
    }

    fn category(&self, decline: &Decline) -> Option<u8> {
        let provider = &decline.provider;
        let own = (decline.gateway.is_none() && self.is_network(provider)).then_some(&decline.code);
        let code = decline.network_code.as_ref().or(own)?;
        match self.network(decline.network.as_deref().unwrap_or(provider)) {
            Some(network) => {
                let row = network.tables.get_ref().iter().find_map(|table| self.listed(table, code));
                row.and_then(|row| row.category).or(network.other_category)
            }
            None => self.index().category(code),
        }
    }
}
