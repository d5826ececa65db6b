//! Whose invoices does a rung treat in a way of their own? The first that fits says who has the task and what is
//! mailed.

use super::Rung;
use crate::dunning::Whose;
use crate::money::{Currency, Money};
use crate::policy::Complaint;
use crate::staff::Role;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Whose invoices are asked for apart on a rung. Each condition that it has must hold; what is not known does not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apart {
    pub id: Spanned<String>,
    pub why: String,
    /// Customers that somebody looks after.
    #[serde(default)]
    pub strategic: bool,
    /// What remains due, at least, by currency; a currency that is not listed does not fit.
    pub amount_from: Option<BTreeMap<Currency, Decimal>>,
    /// Where the customer lives, by ISO 3166.
    pub countries: Option<Vec<String>>,
    /// What an imported customer must have, word for word.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whose task it becomes, where it is another's.
    pub owner: Option<Spanned<Role>>,
    /// What the customer is mailed; nothing, where this says nothing.
    pub template: Option<String>,
}

impl Apart {
    fn fits(&self, whose: Whose<'_>, remaining: Option<Money>) -> bool {
        let Whose { strategic, country, metadata, .. } = whose;
        let amount = self.amount_from.as_ref().is_none_or(|from| {
            let is_over = |due: Money| from.get(&due.currency()).is_some_and(|from| due.amount() >= *from);
            remaining.is_some_and(is_over)
        });
        let lives = |own: &Vec<String>| country.is_some_and(|it| own.iter().any(|own| own.eq_ignore_ascii_case(it)));
        let has = |(key, value)| metadata.and_then(|own| own.get(key)) == Some(value);
        let place = self.countries.as_ref().is_none_or(lives);
        amount && place && self.metadata.iter().all(has) && (strategic || !self.strategic)
    }

    fn is_for_everyone(&self) -> bool {
        !self.strategic && self.amount_from.is_none() && self.countries.is_none() && self.metadata.is_empty()
    }

    fn lint(&self) -> Vec<Complaint> {
        let id = self.id.get_ref();
        let mut complaints = Vec::new();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{id}` has no `why`")));
        }
        if self.is_for_everyone() {
            complaints.push(Complaint::on(&self.id, format!("`{id}` is for everyone: change the rung itself")));
        }
        if let Some(owner) = self.owner.as_ref().filter(|owner| !owner.get_ref().may_settle()) {
            let said = format!("{} could not end the task of `{id}`", owner.get_ref().name());
            complaints.push(Complaint::on(owner, said));
        }
        complaints
    }
}

impl Rung {
    /// As it treats such an invoice, where that is apart.
    pub(super) fn apart(&self, whose: Whose<'_>, remaining: Option<Money>) -> Option<&Apart> {
        self.apart.iter().find(|apart| apart.fits(whose, remaining))
    }

    /// Whose task such an invoice becomes.
    pub(super) fn owner_of(&self, apart: Option<&Apart>) -> Role {
        *apart.and_then(|apart| apart.owner.as_ref()).unwrap_or(&self.owner).get_ref()
    }

    /// What the customer of such an invoice is mailed; what is not required, only where they want it.
    pub(super) fn template_of<'a>(&'a self, apart: Option<&'a Apart>, wants_none: bool) -> Option<&'a String> {
        let template = apart.map_or(self.template.as_ref(), |apart| apart.template.as_ref());
        template.filter(|_| self.required || !wants_none)
    }

    pub(super) fn lint_apart(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.apart.iter().map(|apart| &apart.id));
        complaints.extend(self.apart.iter().flat_map(Apart::lint));
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ageing::AgeingPolicy;
    use crate::policies::{Policies, SHIPPED};
    use crate::policy::{Rules, read};

    fn with(apart: &str) -> Result<AgeingPolicy, String> {
        let (_, text) = SHIPPED.iter().find(|(file, _)| file.contains("/ageing/")).unwrap();
        let at = text.find("\n[[rung]]\nbucket = \"31-60\"").unwrap();
        let text = format!("{}\n[[rung.apart]]\n{apart}\n{}", &text[..at], &text[at..]);
        read("v1.toml", &text, AgeingPolicy::lint).map_err(|refused| refused.message)
    }

    #[test]
    fn the_first_that_fits_says_whose_task_it_is_and_what_is_mailed() {
        let usd = |minor| Some(Money::from_minor(minor, Currency::USD));
        let gold = BTreeMap::from([("tier".to_owned(), "gold".to_owned())]);
        let alps = Whose { country: Some("at"), metadata: Some(&gold), ..Whose::default() };
        let looked_after = Whose { strategic: true, ..Whose::default() };
        let own = "id = \"own\"\nwhy = \"w\"\nowner = \"vp\"\ntemplate = \"overdue_3\"\n";
        let (by_default, manager) = (("billing_specialist", Some("overdue_1")), ("manager", None));
        let apart = ("vp", Some("overdue_3"));
        for (name, condition, whose, remaining, expected) in [
            ("anybody", "strategic = true", Whose::default(), usd(4_900), by_default),
            ("as it is shipped", "countries = [\"CH\"]", looked_after, usd(4_900), manager),
            ("much", "amount_from = { USD = \"1000\" }", Whose::default(), usd(100_000), apart),
            ("less", "amount_from = { USD = \"1000\" }", Whose::default(), usd(99_999), by_default),
            ("nobody knows how much", "amount_from = { USD = \"1000\" }", Whose::default(), None, by_default),
            ("there", "countries = [\"AT\"]", alps, usd(4_900), apart),
            ("elsewhere", "countries = [\"CH\"]", alps, usd(4_900), by_default),
            ("their file says so", "metadata = { tier = \"gold\" }", alps, usd(4_900), apart),
            ("it says otherwise", "metadata = { tier = \"iron\" }", alps, usd(4_900), by_default),
        ] {
            let policy = with(&format!("{own}{condition}")).unwrap();
            let rung = &policy.rung[0];
            let apart = rung.apart(whose, remaining);
            let found = (rung.owner_of(apart).name(), rung.template_of(apart, false).map(String::as_str));
            assert_eq!(found, expected, "{name}");
        }
        let shipped = Policies::shipped().unwrap();
        assert!(shipped.ageing.current().rung[1].apart(looked_after, usd(4_900)).is_none(), "only on the first rung");
    }

    #[test]
    fn what_is_wrong_with_one_is_refused() {
        for (apart, expected) in [
            ("id = \"own\"\nwhy = \"w\"\nowner = \"vp\"", "`own` is for everyone: change the rung itself"),
            ("id = \"own\"\nwhy = \"\"\nstrategic = true", "`own` has no `why`"),
            ("id = \"own\"\nwhy = \"w\"\nstrategic = true\nowner = \"legal\"", "legal could not end the task"),
            ("id = \"strategic\"\nwhy = \"w\"\nstrategic = true", "`strategic` is used twice"),
        ] {
            let refused = with(apart).unwrap_err();
            assert!(refused.contains(expected), "{apart}: {refused}");
        }
    }
}
