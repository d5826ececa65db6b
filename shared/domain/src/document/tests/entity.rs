//! An entity is refused for what its law would refuse later, while whoever wrote it is still there.

use super::{currency, decimal, german, party, policy};
use crate::document::{Account, ChargedRate, Issuer, LegalEntity};
use crate::money::Currency;

pub(super) fn rate(percent: &str, region: &str, name: &str) -> ChargedRate {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ChargedRate { percent: decimal(percent), region: said(region), name: said(name) }
}

/// One of each law.
pub(super) fn entity(country: &str) -> LegalEntity {
    let (tax_id, own, rates, iban) = match country {
        "DE" => ("DE123456789", "EUR", vec![rate("19", "", ""), rate("7", "", "")], "DE89 3704 0044 0532 0130 00"),
        "GB" => ("GB123456789", "GBP", vec![rate("20", "", ""), rate("0", "", "")], "GB82WEST12345698765432"),
        "CH" => ("CHE-123.456.789 MWST", "CHF", vec![rate("8.1", "", "")], "CH9300762011623852957"),
        "US" => ("12-3456789", "USD", vec![rate("7.25", "CA", "California"), rate("4", "NY", "")], ""),
        _ => unreachable!("there is no law of {country}"),
    };
    LegalEntity {
        id: country.to_lowercase(),
        issuer: Issuer::Recoup,
        prefix: format!("{country}-2026-"),
        party: party("Recoup", country, tax_id),
        currency: currency(own),
        rates,
        payment: (!iban.is_empty()).then(|| Account { iban: iban.into(), bic: None }),
    }
}

type Change = fn(&mut LegalEntity);

#[test]
fn an_entity_is_refused_for_what_its_law_would_refuse_later() {
    let policy = policy();
    for country in ["DE", "GB", "CH", "US"] {
        assert_eq!(entity(country).check(&policy), Ok(()), "{country}");
    }
    let rows: [(&str, &str, Change, &str); 28] = [
        ("no id", "DE", |it| it.id.clear(), "an id is 1 to 40 small letters"),
        ("a strange id", "DE", |it| it.id = "d#e".into(), "an id is 1 to 40 small letters"),
        ("a long name", "DE", |it| it.party.name = "x".repeat(501), "write at most 500 letters"),
        ("a long street", "DE", |it| it.party.street = vec!["x".into(); 7], "7 lines of an address are too many"),
        ("a long authority", "US", |it| it.rates[0].name = Some("x".repeat(101)), "write at most 100 letters"),
        ("no name", "DE", |it| it.party.name = " ".into(), "the name is missing"),
        ("many rates", "DE", |it| it.rates = vec![rate("1", "", ""); 201], "201 rates are too many; keep at most 200"),
        ("below nothing", "DE", |it| it.rates = vec![rate("-0.1", "", "")], "0 to 100 per cent; -0.1 is not"),
        ("more than all", "DE", |it| it.rates = vec![rate("100.1", "", "")], "0 to 100 per cent; 100.1 is not"),
        ("one rate twice", "DE", |it| it.rates.push(rate("19.0", "", "VAT")), "19.0 stands there twice"),
        ("one state twice", "US", |it| it.rates.push(rate("7.25", " ca", "")), "7.25 stands there twice"),
        ("no IBAN", "DE", |it| it.payment.as_mut().unwrap().iban.clear(), "`` is no IBAN"),
        (
            "two digits the wrong way round",
            "DE",
            |it| it.payment.as_mut().unwrap().iban = "DE89370400440532010300".into(),
            "is no IBAN: a letter or a digit is wrong",
        ),
        ("in small letters", "GB", |it| it.payment.as_mut().unwrap().iban = "gb82west12345698765432".into(), "no IBAN"),
        ("no BIC", "DE", |it| it.payment.as_mut().unwrap().bic = Some("COBADE".into()), "`COBADE` is no BIC"),
        ("no prefix", "DE", |it| it.prefix.clear(), "1 to 20 letters, digits and hyphens"),
        ("a strange prefix", "DE", |it| it.prefix = "R/2026/".into(), "`R/2026/` does not fit"),
        ("a long prefix", "DE", |it| it.prefix = "R".repeat(21), "1 to 20 letters, digits and hyphens"),
        ("no law", "DE", |it| it.party.country = "BR".into(), "no documents are made by the law of `BR`"),
        ("no country", "DE", |it| it.party.country.clear(), "no documents are made by the law of ``"),
        ("no street", "DE", |it| it.party.street = vec![" ".into()], "the address is missing"),
        ("no city", "DE", |it| it.party.city.clear(), "the address is missing"),
        ("no VAT ID", "DE", |it| it.party.tax_id = None, "the VAT ID is missing or has another country's form"),
        ("no EIN", "US", |it| it.party.tax_id = Some("123456789".into()), "the EIN is missing"),
        ("another's currency", "GB", |it| it.currency = Currency::EUR, "tax in GB is paid in GBP"),
        ("of no state", "US", |it| it.rates = vec![rate("6", "", "")], "6 per cent needs the state"),
        ("nothing, and no reason", "US", |it| it.rates = vec![rate("0", "", " ")], "0 per cent needs the state"),
        ("VAT in the US", "US", |it| it.rates = vec![rate("6", "CA", "VAT of CA")], "`VAT` is no word"),
    ];
    for (name, country, change, expected) in rows {
        let mut entity = entity(country);
        change(&mut entity);
        let refusal = entity.check(&policy).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
}

#[test]
fn the_same_rate_may_be_charged_in_two_states() {
    let mut entity = entity("US");
    entity.rates.push(rate("7.25", "TX", ""));
    assert_eq!(entity.check(&policy()), Ok(()));
}

/// Its law may be one that nobody wrote down.
#[test]
fn no_law_is_asked_where_the_provider_issues() {
    let mut entity = LegalEntity { issuer: Issuer::Provider, prefix: String::new(), ..entity("DE") };
    entity.party.country = "BR".into();
    entity.party.tax_id = None;
    assert_eq!(entity.check(&policy()), Ok(()));
    entity.payment.as_mut().unwrap().iban = "DE00370400440532013000".into();
    assert!(entity.check(&policy()).is_err(), "an account is wrong everywhere");
}

#[test]
fn what_is_left_out_is_nothing() {
    let json = serde_json::json!({"id": "de", "prefix": "R-", "currency": "EUR", "party": german()});
    let bare: LegalEntity = serde_json::from_value(json.clone()).unwrap();
    assert_eq!((bare.issuer, bare.rates.len(), &bare.payment), (Issuer::Provider, 0, &None));
    let mut written = serde_json::to_value(&bare).unwrap();
    assert_eq!(written.as_object_mut().unwrap().remove("issuer"), Some("provider".into()));
    assert_eq!(written, json);
    let whole = entity("US");
    assert_eq!(serde_json::from_value::<LegalEntity>(serde_json::to_value(&whole).unwrap()).unwrap(), whole);
}
