//! Why did a try fail, who has to act, and may it be tried again? The table is data: `shared/policy/declines/`.

use crate::event::Decline;
use crate::policy::{Complaint, Rules};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use toml::Spanned;

/// The taxonomy of failed tries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declines {
    pub version: u32,
    pub effective: String,
    /// The family of a code that is not listed.
    pub unknown: String,
    /// Providers that pass on the network's advice with the network's own numbers.
    pub network_advice_from: Vec<String>,
    pub family: Vec<Family>,
    pub code: Vec<Codes>,
    pub gateway: Vec<Gateway>,
    pub limit: Vec<Limit>,
    #[serde(default)]
    pub issuer: Vec<Issuer>,
}

/// One kind of failure, whatever a provider calls it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub id: Spanned<String>,
    pub report_reason: ReportReason,
    pub customer_reason: String,
    pub who_acts: WhoActs,
    pub retry: Retry,
}

/// Under which reason a report counts a failure; many families share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    CardExpired,
    InsufficientFunds,
    CardDeclined,
    CardNotRecognised,
    Other,
}

/// Who must do something before a try can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoActs {
    Nobody,
    Customer,
    Staff,
}

/// When another try makes sense; `InternalReview` is not before a person has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    Never,
    Soon,
    Later,
    AfterCustomer,
    InternalReview,
}

/// Codes of one family in one table: a provider's, a network's, or an advice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub table: String,
    pub family: Spanned<String>,
    pub codes: Vec<String>,
    /// Visa's category of the codes.
    pub category: Option<u8>,
    /// An advice that counts whatever the code is: never to try again.
    #[serde(default)]
    pub overrides: bool,
}

/// Which table to read the codes of a gateway with that a provider passes on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub provider: String,
    pub gateway: Spanned<String>,
    pub table: String,
}

/// Where cards are issued that nobody may simply try again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// ISO 3166, two letters.
    pub country: Spanned<String>,
    /// The family of what could otherwise be tried again.
    pub family: String,
    pub why: String,
}

/// How often a network lets a card be tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub network: String,
    pub category: Option<u8>,
    pub tries_max: u32,
    pub days: u32,
    pub why: Spanned<String>,
}

/// What a failed try means, and which table says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning<'a> {
    pub family: &'a Family,
    /// The table and the code in it, or that no table lists it.
    pub source: String,
    pub category: Option<u8>,
    pub known: bool,
    /// Why it may not simply be tried again, where only the country says so in which the card was issued.
    pub why: Option<&'a str>,
}

impl Declines {
    /// Finds what a failed try means. Where its card was issued it may be that nothing is tried again without the customer.
    pub fn meaning(&self, decline: &Decline) -> Meaning<'_> {
        let told = self.told(decline);
        let ruled = decline.issuer.as_deref().and_then(|country| {
            self.issuer.iter().find(|issuer| issuer.country.get_ref().eq_ignore_ascii_case(country))
        });
        match ruled.filter(|_| matches!(told.family.retry, Retry::Soon | Retry::Later)) {
            Some(issuer) => Meaning {
                family: self.named(&issuer.family),
                source: format!("{}; its card was issued in {}", told.source, issuer.country.get_ref()),
                why: Some(&issuer.why),
                ..told
            },
            None => told,
        }
    }

    /// What the codes of a failed try mean. An advice never to try again counts whatever the code is; then the provider's
    /// code says most, then the network's, then any other advice.
    fn told(&self, decline: &Decline) -> Meaning<'_> {
        let advice = decline.advice.as_ref().map(|code| (format!("{}_advice", decline.provider), code));
        let trusted = self.network_advice_from.contains(&decline.provider);
        let network_advice =
            decline.network_advice.as_ref().filter(|_| trusted).map(|code| ("mastercard_advice".to_owned(), code));
        let gateway = decline.gateway.as_ref().and_then(|gateway| {
            self.gateway
                .iter()
                .find(|row| row.provider == decline.provider && row.gateway.get_ref() == gateway)
                .map(|row| row.table.clone())
        });
        let own = (gateway.unwrap_or_else(|| decline.provider.clone()), &decline.code);
        let network = |table: &str| decline.network_code.as_ref().map(|code| (table.to_owned(), code));
        // A code that no table of its own lists may be the bank's, passed on as it came: but not by a gateway that we do
        // not know, whose numbers are its own.
        let passed_on = |table: &str| decline.gateway.is_none().then(|| (table.to_owned(), &decline.code));
        let overriding = [&advice, &network_advice].map(|asked| (asked.clone(), true));
        let others = [
            Some(own),
            network("iso8583"),
            network("sepa"),
            advice.clone(),
            network_advice.clone(),
            passed_on("iso8583"),
            passed_on("sepa"),
        ];
        let asked = overriding.into_iter().chain(others.map(|asked| (asked, false)));
        let found =
            asked.filter_map(|(asked, overrides)| Some((asked?, overrides))).find_map(|((table, code), overrides)| {
                let row = self
                    .code
                    .iter()
                    .find(|row| row.table == table && row.codes.contains(code) && (row.overrides || !overrides))?;
                Some(Meaning {
                    family: self.named(row.family.get_ref()),
                    source: format!("{table} {code}, declines v{}", self.version),
                    category: row.category,
                    known: true,
                    why: None,
                })
            });
        found.unwrap_or_else(|| Meaning {
            family: self.unclassified(),
            source: format!("no table lists {} {}, declines v{}", decline.provider, decline.code, self.version),
            category: None,
            known: false,
            why: None,
        })
    }

    /// Every table of codes.
    pub fn tables(&self) -> Vec<&str> {
        let tables: BTreeSet<_> = self.code.iter().map(|codes| codes.table.as_str()).collect();
        tables.into_iter().collect()
    }

    /// Every family.
    pub fn families(&self) -> Vec<&str> {
        self.family.iter().map(|family| family.id.get_ref().as_str()).collect()
    }

    /// The family of a failed try; what is not listed has the cautious one.
    pub fn family(&self, decline: &Decline) -> &Family {
        self.meaning(decline).family
    }

    /// The family of a try without a code.
    pub fn unclassified(&self) -> &Family {
        self.named(&self.unknown)
    }

    fn named(&self, id: &str) -> &Family {
        self.family.iter().find(|family| family.id.get_ref() == id).expect("the lint saw every family that is named")
    }
}

impl Rules for Declines {
    const NAME: &'static str = "declines";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.family.iter().map(|family| &family.id));
        let exists = |id: &str| self.family.iter().any(|family| family.id.get_ref() == id);
        if !exists(&self.unknown) {
            complaints
                .push(Complaint::at(0, format!("`unknown` names the family `{}`, which does not exist", self.unknown)));
        }
        let mut seen = BTreeSet::new();
        for row in &self.code {
            if !exists(row.family.get_ref()) {
                complaints.push(Complaint::on(&row.family, format!("no family is called `{}`", row.family.get_ref())));
            }
            if row.category.is_some_and(|category| !(1..=4).contains(&category)) {
                complaints.push(Complaint::on(&row.family, "Visa's categories are 1 to 4"));
            }
            for code in &row.codes {
                if !seen.insert((&row.table, code)) {
                    complaints.push(Complaint::on(&row.family, format!("`{} {code}` is listed twice", row.table)));
                }
            }
        }
        for family in &self.family {
            let used = *family.id.get_ref() == self.unknown
                || self.issuer.iter().any(|issuer| issuer.family == *family.id.get_ref())
                || self.code.iter().any(|row| row.family.get_ref() == family.id.get_ref());
            if !used {
                complaints
                    .push(Complaint::on(&family.id, format!("no code is of the family `{}`", family.id.get_ref())));
            }
        }
        for row in &self.gateway {
            if !self.code.iter().any(|codes| codes.table == row.table) {
                complaints
                    .push(Complaint::on(&row.gateway, format!("no codes are listed in the table `{}`", row.table)));
            }
        }
        complaints.extend(Complaint::doubled(self.issuer.iter().map(|issuer| &issuer.country)));
        for issuer in &self.issuer {
            if !exists(&issuer.family) {
                complaints.push(Complaint::on(&issuer.country, format!("no family is called `{}`", issuer.family)));
            }
            if issuer.why.trim().is_empty() {
                complaints.push(Complaint::on(&issuer.country, "a country needs its `why`"));
            }
        }
        for limit in &self.limit {
            if limit.why.get_ref().trim().is_empty() || limit.days == 0 {
                complaints.push(Complaint::on(&limit.why, "a limit needs its days and its `why`"));
            }
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::{Policies, SHIPPED};

    #[test]
    fn the_most_telling_code_decides() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        let of = |provider: &str, code: &str| Decline::new(provider, code);
        let rows = [
            ("a provider's code", of("stripe", "insufficient_funds"), "insufficient_funds", true),
            (
                "its advice overrides",
                Decline { advice: Some("do_not_try_again".into()), ..of("stripe", "insufficient_funds") },
                "revoked",
                true,
            ),
            (
                "advice that changes nothing",
                Decline { advice: Some("try_again_later".into()), ..of("stripe", "insufficient_funds") },
                "insufficient_funds",
                true,
            ),
            (
                "the network's advice",
                Decline { network_advice: Some("03".into()), ..of("stripe", "generic_decline") },
                "revoked",
                true,
            ),
            (
                "the same number elsewhere means something else",
                Decline { network_advice: Some("01".into()), gateway: Some("rapyd".into()), ..of("chargebee", "x") },
                "unclassified",
                false,
            ),
            (
                "a gateway's code",
                Decline { gateway: Some("stripe".into()), ..of("chargebee", "expired_card") },
                "expired",
                true,
            ),
            (
                "another gateway's code",
                Decline { gateway: Some("chargebee".into()), ..of("chargebee", "3001") },
                "insufficient_funds",
                true,
            ),
            (
                "the network's code",
                Decline { network_code: Some("54".into()), ..of("chargebee", "x9") },
                "expired",
                true,
            ),
            ("the bank's code, passed on", of("chargebee", "05"), "declined", true),
            ("a bank debit", Decline { network_code: Some("MD01".into()), ..of("mollie", "MD01") }, "revoked", true),
            ("nobody lists it", of("stripe", "a_new_code"), "unclassified", false),
            ("a common name, of no gateway", of("chargebee", "insufficient_funds"), "insufficient_funds", true),
            (
                "a common name, of a gateway that is not listed",
                Decline { gateway: Some("braintree".into()), ..of("chargebee", "expired_card") },
                "expired",
                true,
            ),
            (
                "a number of a gateway that is not listed",
                Decline { gateway: Some("braintree".into()), ..of("chargebee", "51") },
                "unclassified",
                false,
            ),
            (
                "where the card was issued nothing is tried again",
                Decline { issuer: Some("IN".into()), ..of("stripe", "insufficient_funds") },
                "regulation",
                true,
            ),
            (
                "elsewhere it is",
                Decline { issuer: Some("DE".into()), ..of("stripe", "insufficient_funds") },
                "insufficient_funds",
                true,
            ),
            (
                "what is never tried again anyway keeps its reason",
                Decline { issuer: Some("IN".into()), ..of("stripe", "lost_card") },
                "lost_or_stolen",
                true,
            ),
            (
                "what the customer has to do anyway keeps its reason",
                Decline { issuer: Some("IN".into()), ..of("stripe", "expired_card") },
                "expired",
                true,
            ),
        ];
        for (name, decline, family, known) in rows {
            let meaning = declines.meaning(&decline);
            assert_eq!(
                (meaning.family.id.get_ref().as_str(), meaning.known),
                (family, known),
                "{name}: {}",
                meaning.source
            );
        }
    }

    #[test]
    fn what_may_not_be_tried_again_where_it_was_issued_is_the_customers() {
        let policies = Policies::shipped().unwrap();
        let decline = Decline { issuer: Some("in".into()), ..Decline::new("stripe", "insufficient_funds") };
        let meaning = policies.declines.current().meaning(&decline);
        assert_eq!((meaning.family.retry, meaning.family.who_acts), (Retry::AfterCustomer, WhoActs::Customer));
        assert!(meaning.why.is_some_and(|why| why.contains("e-mandates")), "{meaning:?}");
        let lost = Decline { issuer: Some("in".into()), ..Decline::new("stripe", "lost_card") };
        assert_eq!(
            policies.declines.current().meaning(&lost).why,
            None,
            "what is never tried again has its own reason"
        );
        assert_eq!(policies.classify.current().verdict(meaning.family).rule, "needs-customer");
        let before = policies.declines.version(1).unwrap();
        assert_eq!(
            before.family(&decline).id.get_ref(),
            "insufficient_funds",
            "what was judged stays as it was judged"
        );
    }

    #[test]
    fn a_country_is_named_once_with_a_family_and_a_reason() {
        let (_, text) = SHIPPED.iter().rfind(|(file, _)| file.contains("/declines/")).unwrap();
        let why = text.lines().find(|line| line.contains("e-mandates")).unwrap();
        for (from, to, expected) in [
            ("family = \"regulation\"\nwhy", "family = \"no_such\"\nwhy", "no family is called `no_such`"),
            (why, "why = \"\"", "a country needs its `why`"),
        ] {
            assert!(text.contains(from), "{from}");
            let changed: Declines = toml::from_str(&text.replace(from, to)).unwrap();
            assert!(format!("{:?}", changed.lint()).contains(expected), "{expected}");
        }
    }

    #[test]
    fn visa_says_how_often() {
        let policies = Policies::shipped().unwrap();
        let declines = policies.declines.current();
        for (code, category) in [("14", Some(1)), ("51", Some(2)), ("54", Some(3)), ("05", Some(4)), ("ZZ", None)] {
            assert_eq!(declines.meaning(&Decline::new("iso8583", code)).category, category, "{code}");
        }
        assert!(
            declines
                .limit
                .iter()
                .any(|limit| limit.network == "visa" && limit.category == Some(1) && limit.tries_max == 0)
        );
    }
}
