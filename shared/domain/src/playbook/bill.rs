//! A bill as its customer reads it: for each line what it is for, how many, for which time and how much, in their
//! language. No id of ours or of the provider's is among it, unless somebody called something so.

use crate::book::{Invoice, Subscription};
use crate::case::{Case, Evidence};
use crate::event::{Line, Role};
use crate::import::Price;
use crate::money::Money;
use crate::policy::{Reader, phrase};

/// A bill, with what names its lines.
#[derive(Clone, Copy)]
pub struct Bill<'a> {
    pub invoice: &'a Invoice,
    /// What it is of, as far as that is known.
    pub subscription: Option<&'a Subscription>,
    /// What the catalogue says of the prices of its lines.
    pub prices: &'a [Price],
}

/// How the evidence of a case that a ticket opened names an invoice.
pub(super) const INVOICE: &str = "Invoice";

/// The bill that a case is about: of what only a ticket tells, the newest that was looked at.
pub fn billed(case: &Case) -> Option<&str> {
    if !case.is_of_ticket() {
        return Some(&case.about);
    }
    case.evidence.iter().find(|it| it.label == INVOICE).map(|it| it.source.as_str())
}

impl Bill<'_> {
    /// Whether a line was billed at more than was agreed, as its case found.
    pub(super) fn is_above(&self, case: &Case) -> bool {
        let lines = self.invoice.lines.value().map(Vec::as_slice).unwrap_or_default();
        let of = |line: &Line| {
            let found = case.evidence.iter().filter(|evidence| evidence.source == line.id);
            let more =
                |agreed: Money| agreed.currency() == line.amount.currency() && line.amount.minus(agreed).is_positive();
            found.filter_map(Evidence::agreed).any(more)
        };
        lines.iter().any(of)
    }

    /// Each line, with what was agreed where its case found another amount; then what was taken off, the tax, and the
    /// sum.
    pub(super) fn lines(&self, case: &Case, reader: Reader<'_>) -> String {
        let lines = self.invoice.lines.value().map(Vec::as_slice).unwrap_or_default();
        let agreed = |line: &Line| {
            let found = case.evidence.iter().filter(|evidence| evidence.source == line.id);
            found.filter_map(Evidence::agreed).find(|agreed| *agreed != line.amount)
        };
        let told = lines.iter().map(|line| self.line(line, agreed(line), reader));
        let sums = self.sums(lines).into_iter().map(|(what, amount)| row(reader.words(what), amount, reader));
        told.chain(sums).collect::<Vec<_>>().join("\n")
    }

    fn line(&self, line: &Line, agreed: Option<Money>, reader: Reader<'_>) -> String {
        let period = line.from.map(|from| match line.to.filter(|to| *to > from) {
            Some(to) => format!("{} – {}", reader.date(from), reader.date(to)),
            None => reader.date(from),
        });
        let what = [Some(self.what(line, reader)), period].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let agreed = agreed.map(|agreed| format!(" ({} {})", reader.words(phrase::AGREED), reader.amount(agreed)));
        format!("{}{}", row(&what, line.amount, reader), agreed.unwrap_or_default())
    }

    /// How many of what: the provider's own words say both, where nobody else has a name for it.
    fn what(&self, line: &Line, reader: Reader<'_>) -> String {
        let counted = |name: &str| match line.quantity {
            Some(quantity) => format!("{} × {name}", reader.quantity(quantity)),
            None => name.to_owned(),
        };
        if let Some(name) = self.name(line) {
            return counted(name);
        }
        if let Some(text) = line.text.as_ref().filter(|text| self.is_plain(text, line)) {
            return text.clone();
        }
        let recurs = line.subscription.is_some() || matches!(line.role, Some(Role::Plan | Role::Addon | Role::Usage));
        counted(reader.words(if recurs { phrase::YOUR_SUBSCRIPTION } else { phrase::OTHER_CHARGE }))
    }

    /// What the catalogue calls it, or else whoever sold it.
    fn name(&self, line: &Line) -> Option<&str> {
        let id = line.price.as_ref()?;
        let listed = self.prices.iter().filter(|price| price.price == *id).max_by_key(|price| price.from);
        let own = listed.and_then(|price| price.name.as_ref().or(price.plan.as_ref()));
        let items = self.subscription.and_then(|subscription| subscription.items.value()).into_iter().flatten();
        let sold = || items.filter(|item| item.price == *id).find_map(|item| item.name.as_ref());
        own.or_else(sold).map(String::as_str).filter(|name| *name != id)
    }

    /// Whether a text is words. A number alone is no id in it, even where the provider counts its objects.
    fn is_plain(&self, text: &str, line: &Line) -> bool {
        let ids = [line.price.as_ref(), line.subscription.as_ref(), Some(&line.id), Some(&self.invoice.id)];
        let is_id = |word: &str| {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            !is_number && ids.into_iter().flatten().any(|id| id == word)
        };
        !text.trim().is_empty()
            && !text.split(|letter: char| letter.is_whitespace() || "(),".contains(letter)).any(is_id)
    }

    /// What leads from the lines to the sum. Tax that is part of the lines is in them.
    fn sums(&self, lines: &[Line]) -> Vec<(&'static str, Money)> {
        let Some(total) = self.invoice.total.copied() else { return Vec::new() };
        let nothing = Money::zero(total.currency());
        let of = |part: fn(&Line) -> Option<Money>| {
            let parts = lines.iter().filter_map(part).filter(|part| part.currency() == total.currency());
            parts.fold(nothing, Money::plus)
        };
        let (gross, off) = (of(|line| Some(line.amount)), of(|line| line.discount));
        let own = self.invoice.tax.copied().filter(|tax| tax.currency() == total.currency());
        let tax = own.unwrap_or_else(|| of(|line| line.tax));
        let is_on_top = tax.is_positive() && gross.minus(off).plus(tax) == total;
        let discount = off.is_positive().then(|| (phrase::DISCOUNT, nothing.minus(off)));
        let taxed = is_on_top.then_some((phrase::TAX, tax));
        discount.into_iter().chain(taxed).chain([(phrase::TOTAL, total)]).collect()
    }
}

fn row(what: &str, amount: Money, reader: Reader<'_>) -> String {
    format!("- {what}{} {}", reader.words(phrase::COLON), reader.amount(amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, CaseId};
    use crate::money::Currency;
    use crate::policies::Policies;
    use serde_json::{Value, from_value, json};

    const AT: &str = "2026-03-01T00:00:00Z";

    fn usd(amount: &str) -> Value {
        json!({"amount": amount, "currency": "USD"})
    }

    fn line(fields: &Value) -> Value {
        let mut line = json!({"id": "il_1", "price": "price_pro", "text": "price_pro", "role": "plan", "unit": null,
            "quantity": "3", "amount": usd("1470.00"), "tax": null, "discount": null, "proration": false,
            "from": AT, "to": "2026-04-01T00:00:00Z", "subscription": "sub_1"});
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line
    }

    fn invoice(lines: &[Value], total: &str, tax: Option<&str>) -> Invoice {
        let seen = |value: Value| json!([[AT, 0, "evt_1"], value]);
        let tax = tax.map_or(Value::Null, |tax| seen(usd(tax)));
        from_value(json!({"id": "in_1", "lines": seen(json!(lines)), "total": seen(usd(total)), "tax": tax})).unwrap()
    }

    fn case(about: &str, evidence: &[Evidence]) -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        from_value(json!({"id": CaseId::of(&account, "overcharge", about), "account": account, "class": "overcharge",
            "about": about, "confidence": "1", "state": "open", "rule": "r", "policy_version": 1, "evidence": evidence,
            "missing": [], "advice": "", "why": "", "recommended": null, "draft_reply": null, "actions": [],
            "events": [], "opened_at": AT, "resolved_at": null, "resolution": null}))
        .unwrap()
    }

    fn price(name: Option<&str>, plan: Option<&str>) -> Price {
        from_value(json!({"provider": "stripe", "source": "default", "price": "price_pro", "plan": plan, "name": name,
            "role": "plan", "unit": usd("490.00"), "tiers": [], "interval": {"unit": "month", "count": 1},
            "features": [], "tax_inclusive": null, "from": null, "until": null, "rank": null}))
        .unwrap()
    }

    fn told(locale: &str, invoice: &Invoice, prices: &[Price], evidence: &[Evidence]) -> String {
        let policies = Policies::shipped().unwrap();
        let reader = policies.texts.current().reader(Some(locale), None);
        Bill { invoice, subscription: None, prices }.lines(&case("in_1", evidence), reader)
    }

    #[test]
    fn each_language_has_the_plan_how_many_when_and_how_much_and_no_id() {
        let lines = [
            line(&json!({"discount": usd("120.00")})),
            line(&json!({"id": "il_2", "quantity": "1", "amount": usd("-25.29"), "from": "2026-03-16T00:00:00Z"})),
            line(&json!({"id": "il_3", "price": null, "text": null, "role": "one_off", "quantity": null,
                "subscription": null, "amount": usd("10.00"), "to": null})),
        ];
        let invoice = invoice(&lines, "1588.40", Some("253.69"));
        let money = |minor| Money::from_minor(minor, Currency::USD);
        let found = [Evidence::of_line("price_pro", (money(147_000), money(135_000)), "by contract C-7", "il_1")];
        for (locale, expected) in [
            (
                "en",
                "- 3 × Pro, 2026-03-01 – 2026-04-01: 1470.00 USD (agreed 1350.00 USD)\n\
                 - 1 × Pro, 2026-03-16 – 2026-04-01: -25.29 USD\n- Other charge, 2026-03-01: 10.00 USD\n\
                 - Discount: -120.00 USD\n- Tax: 253.69 USD\n- Total: 1588.40 USD",
            ),
            (
                "de",
                "- 3 × Pro, 01.03.2026 – 01.04.2026: 1.470,00\u{a0}USD (vereinbart 1.350,00\u{a0}USD)\n\
                 - 1 × Pro, 16.03.2026 – 01.04.2026: -25,29\u{a0}USD\n- Sonstiger Posten, 01.03.2026: 10,00\u{a0}USD\n\
                 - Rabatt: -120,00\u{a0}USD\n- Steuern: 253,69\u{a0}USD\n- Gesamt: 1.588,40\u{a0}USD",
            ),
            (
                "fr",
                "- 3 × Pro, 01/03/2026 – 01/04/2026 : 1\u{202f}470,00\u{a0}USD (convenu 1\u{202f}350,00\u{a0}USD)\n\
                 - 1 × Pro, 16/03/2026 – 01/04/2026 : -25,29\u{a0}USD\n- Autre poste, 01/03/2026 : 10,00\u{a0}USD\n\
                 - Remise : -120,00\u{a0}USD\n- Taxes : 253,69\u{a0}USD\n- Total : 1\u{202f}588,40\u{a0}USD",
            ),
            (
                "es",
                "- 3 × Pro, 01/03/2026 – 01/04/2026: 1.470,00\u{a0}USD (acordado 1.350,00\u{a0}USD)\n\
                 - 1 × Pro, 16/03/2026 – 01/04/2026: -25,29\u{a0}USD\n- Otro concepto, 01/03/2026: 10,00\u{a0}USD\n\
                 - Descuento: -120,00\u{a0}USD\n- Impuestos: 253,69\u{a0}USD\n- Total: 1.588,40\u{a0}USD",
            ),
        ] {
            assert_eq!(told(locale, &invoice, &[price(Some("Pro"), None)], &found), expected, "{locale}");
        }
    }

    #[test]
    fn a_line_is_called_what_people_call_it() {
        let ids = "price_pro";
        for (what, prices, text, expected) in [
            ("the catalogue's name", vec![price(Some("Pro"), Some("pro-plan"))], "Pro at Stripe", "- 3 × Pro, "),
            ("our name of the plan", vec![price(None, Some("Pro plan"))], "Pro at Stripe", "- 3 × Pro plan, "),
            ("the provider's words", vec![], "Pro seats", "- Pro seats, "),
            ("words that are an id", vec![], ids, "- 3 × your subscription, "),
            ("a name that is the id", vec![price(Some(ids), None)], "for sub_1", "- 3 × your subscription, "),
        ] {
            let invoice = invoice(&[line(&json!({"text": text}))], "1470.00", None);
            let told = told("en", &invoice, &prices, &[]);
            assert!(told.starts_with(expected), "{what}: {told}");
        }
    }

    #[test]
    fn tax_within_the_lines_is_not_told_twice_and_an_unknown_bill_has_its_sum() {
        let with_tax = invoice(&[line(&json!({}))], "1470.00", Some("234.71"));
        assert!(!told("en", &with_tax, &[], &[]).contains("Tax"));
        assert_eq!(told("en", &invoice(&[], "49.00", None), &[], &[]), "- Total: 49.00 USD");
        assert_eq!(told("en", &Invoice::new("in_1"), &[], &[]), "");
    }

    #[test]
    fn the_bill_of_a_ticket_is_the_newest_that_was_looked_at() {
        let listed = |id: &str| Evidence::new(INVOICE, "IN, 49.00 USD, paid", id);
        let ticket = "ticket:ticket/default/t1";
        assert_eq!(billed(&case("in_9", &[listed("in_1")])), Some("in_9"));
        assert_eq!(billed(&case(ticket, &[listed("in_2"), listed("in_1")])), Some("in_2"));
        assert_eq!(billed(&case(ticket, &[])), None);
    }
}
