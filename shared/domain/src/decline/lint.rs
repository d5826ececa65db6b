//! Is the taxonomy in order? Loading refuses one that is not.

use super::{Declines, Gateway, Limit, Retry, plain, same_name};
use crate::policy::{Complaint, Rules};
use std::collections::BTreeSet;
use toml::Spanned;

/// Nobody asks to wait for longer than a month.
const WAIT_HOURS_MAX: u32 = 31 * 24;
/// As many tries of an invoice as are told apart.
const TRIES_MAX: u32 = 40;

impl Rules for Declines {
    const NAME: &'static str = "declines";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn adds_to(&self) -> Option<u32> {
        self.adds_to
    }

    fn added_to(self, older: &Self) -> Self {
        self.on_top_of(older)
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = self.left_out();
        complaints.extend(self.families_alone());
        complaints.extend(self.unnamed_families());
        // The rest looks into the families that are named.
        if complaints.is_empty() {
            complaints.extend(self.codes());
            complaints.extend(self.names());
            complaints.extend(self.phrases());
            complaints.extend(self.limits());
            complaints.extend(self.lint_ways());
        }
        complaints
    }
}

impl Declines {
    fn exists(&self, id: &str) -> bool {
        self.family.iter().any(|family| family.id.get_ref() == id)
    }

    fn families_alone(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.family.iter().map(|family| &family.id));
        let in_public: Vec<_> =
            self.family.iter().filter(|family| family.general).map(|family| &family.customer_reason).collect();
        for family in &self.family {
            let id = family.id.get_ref();
            let used = *id == self.unknown
                || self.issuer.iter().any(|issuer| issuer.family == *id)
                || self.code.iter().any(|row| row.family.get_ref() == id);
            if !used {
                complaints.push(Complaint::on(&family.id, format!("no code is of the family `{id}`")));
            }
            if family.retry == Retry::Never && family.why.trim().is_empty() {
                complaints.push(Complaint::on(&family.id, format!("`{id}` is never tried again and has no `why`")));
            }
            if family.secret && !in_public.contains(&&family.customer_reason) {
                let what = format!("`{id}` is a secret: its words must be those of a general family");
                complaints.push(Complaint::on(&family.id, what));
            }
        }
        complaints
    }

    fn unnamed_families(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let unknown = self.family.iter().find(|family| *family.id.get_ref() == self.unknown);
        match unknown {
            None => complaints
                .push(Complaint::at(0, format!("`unknown` names the family `{}`, which does not exist", self.unknown))),
            Some(family) if family.retry < Retry::InternalReview => complaints
                .push(Complaint::on(&family.id, "what nobody lists is not tried again before a person has looked")),
            Some(_) => {}
        }
        let named = self.code.iter().map(|row| &row.family).chain(self.phrase.iter().map(|row| &row.family));
        for family in named.filter(|family| !self.exists(family.get_ref())) {
            complaints.push(Complaint::on(family, format!("no family is called `{}`", family.get_ref())));
        }
        for issuer in &self.issuer {
            if !self.exists(&issuer.family) {
                complaints.push(Complaint::on(&issuer.country, format!("no family is called `{}`", issuer.family)));
            }
            if issuer.why.trim().is_empty() {
                complaints.push(Complaint::on(&issuer.country, "a country needs its `why`"));
            }
        }
        complaints
    }

    fn codes(&self) -> Vec<Complaint> {
        let (mut complaints, mut seen) = (Vec::new(), BTreeSet::new());
        for row in &self.code {
            let retry = self.named(row.family.get_ref()).retry;
            match row.category {
                Some(1) if retry != Retry::Never => {
                    complaints.push(Complaint::on(&row.family, "what Visa puts into category 1 is never tried again"));
                }
                Some(3) if retry < Retry::AfterCustomer => complaints.push(Complaint::on(
                    &row.family,
                    "what Visa puts into category 3 needs other data of the customer",
                )),
                Some(category) if !(1..=4).contains(&category) => {
                    complaints.push(Complaint::on(&row.family, "Visa's categories are 1 to 4"));
                }
                _ => {}
            }
            if row.wait_hours.is_some_and(|hours| !(1..=WAIT_HOURS_MAX).contains(&hours)) {
                complaints.push(Complaint::on(&row.family, "an advice asks to wait for 1 hour to 31 days"));
            }
            if row.wait_hours.is_some() && retry >= Retry::AfterCustomer {
                complaints.push(Complaint::on(&row.family, "only what is tried again by itself can wait"));
            }
            for code in &row.codes {
                if !seen.insert((&row.table, code.to_lowercase())) {
                    complaints.push(Complaint::on(&row.family, format!("`{} {code}` is listed twice", row.table)));
                }
                if code.trim() != code || code.is_empty() {
                    complaints.push(Complaint::on(&row.family, format!("`{code}` is no code: take the blanks off")));
                }
            }
        }
        complaints
    }

    /// Tables that others name are there, and nothing has two meanings.
    fn names(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let tables = self.tables();
        let mut wants = |place: Option<&Spanned<String>>, table: &str| {
            if !tables.contains(&table) {
                let offset = place.map_or(0, |place| place.span().start);
                complaints.push(Complaint::at(offset, format!("no codes are listed in the table `{table}`")));
            }
        };
        let everywhere = self.network_tables.iter().chain(&self.advice_tables).chain(&self.shared_names);
        everywhere.for_each(|table| wants(None, table));
        for network in &self.network {
            network.tables.get_ref().iter().chain(&network.advice).for_each(|table| wants(None, table));
        }
        for row in &self.gateway {
            let table = row.table.get_ref();
            // One whose own codes nobody lists may still number the advice anew.
            if !tables.contains(&format!("{table}_advice").as_str()) {
                wants(Some(&row.table), table);
            }
        }
        let networks: Vec<_> = self
            .network
            .iter()
            .flat_map(|row| row.names.iter().map(move |name| (row.tables.span().start, name)))
            .collect();
        for (place, (offset, name)) in networks.iter().enumerate() {
            if networks[..place].iter().any(|(_, other)| same_name(other, name)) {
                complaints.push(Complaint::at(*offset, format!("two networks are called `{name}`")));
            }
        }
        for (place, row) in self.gateway.iter().enumerate() {
            for name in &row.names {
                let same = |other: &Gateway| {
                    other.provider == row.provider && other.names.iter().any(|other| same_name(other, name))
                };
                if self.gateway[..place].iter().any(same) {
                    complaints.push(Complaint::on(&row.table, format!("two gateways are called `{name}`")));
                }
            }
        }
        complaints
    }

    fn phrases(&self) -> Vec<Complaint> {
        let (mut complaints, mut seen) = (Vec::new(), BTreeSet::new());
        for row in &self.phrase {
            for phrase in &row.phrases {
                if plain(phrase) != *phrase || phrase.is_empty() {
                    let what = format!("`{phrase}` is never found: write small letters and single blanks");
                    complaints.push(Complaint::on(&row.family, what));
                }
                if !seen.insert(phrase) {
                    complaints.push(Complaint::on(&row.family, format!("the words `{phrase}` are listed twice")));
                }
            }
        }
        complaints
    }

    fn limits(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.issuer.iter().map(|issuer| &issuer.country));
        for limit in &self.limit {
            complaints.extend(self.wrong(limit).map(|what| Complaint::on(&limit.why, what)));
        }
        complaints
    }

    fn wrong(&self, limit: &Limit) -> Option<&'static str> {
        let mut names = self.network.iter().filter_map(|network| network.names.first());
        if limit.why.get_ref().trim().is_empty() || limit.days == 0 {
            return Some("a limit needs its days and its `why`");
        }
        // The first version named no networks.
        if !self.network.is_empty() && !names.any(|name| *name == limit.network) {
            return Some("a limit names its network by the first name that a [[network]] has");
        }
        if limit.tries_max > TRIES_MAX {
            return Some("more tries than 40 are not told apart");
        }
        if limit.category.is_some_and(|category| !(1..=4).contains(&category)) {
            return Some("Visa's categories are 1 to 4");
        }
        if limit.gap_hours == Some(0) || limit.gap_hours.is_some_and(|hours| hours > limit.days.saturating_mul(24)) {
            return Some("a gap lasts for an hour at least, and not longer than the days of its limit");
        }
        if limit.from.zip(limit.until).is_some_and(|(from, until)| until < from) {
            return Some("a limit ends before it begins");
        }
        None
    }
}
