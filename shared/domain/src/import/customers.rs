//! Customers: who they are, how they are reached, what they owe to us before we worry, and who looks after them.

use super::columns::{Column, Record, WHO};
use super::complaint::Complaints;
use super::row::Row;
use super::together::doubled;
use super::{Kind, Who, cell, contact};
use crate::money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the company's own files say of a customer; the book has what the provider says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    #[serde(flatten)]
    pub who: Who,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<String>,
    /// The same in its parts, where the file has them apart: a tax document needs them so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub strategic: bool,
    /// They want no text messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_sms: bool,
    /// They want no mail but what must be sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_mail: bool,
    /// The staff id of who looks after the account.
    pub owner: Option<String>,
    /// Customers with the same group are proposed to be one, across providers; accounts are never merged.
    pub group: Option<String>,
    /// Up to which debt service goes on.
    pub credit_limit: Option<Money>,
    /// The company as its tax invoices name it.
    pub legal_name: Option<String>,
    pub tax_id: Option<String>,
    pub tax_country: Option<String>,
    pub tax_exempt: Option<bool>,
    /// As their tax documents say it, with its article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_exempt_reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

/// Where bills are sent to, as the file says it: a country may be a name or a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Line by line.
    pub street: Vec<String>,
    pub city: Option<String>,
    pub post_code: Option<String>,
    pub region: Option<String>,
    pub country: Option<String>,
}

/// With the names under which Salesforce and HubSpot export them.
const OWN: &[Column] = &[
    ("customer", &["id"]),
    ("name", &["account_name", "company_name", "company", "customer_name", "full_name"]),
    ("first_name", &[]),
    ("last_name", &[]),
    ("email", &["e_mail", "email_address", "billing_email"]),
    ("phone", &["phone_number", "telephone", "billing_phone"]),
    ("billing_address", &["address"]),
    ("street", &["billing_street", "street_address"]),
    ("city", &["billing_city"]),
    ("region", &["state", "state_region", "billing_state", "billing_state_province"]),
    ("postal_code", &["zip", "zip_code", "billing_zip", "billing_postal_code", "billing_zip_postal_code"]),
    ("country", &["country_region", "billing_country"]),
    ("locale", &["language", "preferred_language"]),
    ("time_zone", &["timezone"]),
    ("strategic", &["is_strategic", "strategic_account", "strategic_flag"]),
    ("no_sms", &["sms_opt_out", "no_text_messages"]),
    // What marketing calls an opt-out is none of what somebody owes.
    ("no_mail", &["dunning_opt_out", "no_reminders_by_mail"]),
    ("owner", &["account_owner", "company_owner", "contact_owner"]),
    ("group", &["customer_group", "parent_account"]),
    ("credit_limit", &[]),
    ("currency", &["credit_limit_currency", "account_currency", "currency_code"]),
    ("legal_name", &["legal_entity", "legal_entity_name"]),
    ("tax_id", &["vat_id", "vat_number", "tax_number"]),
    ("tax_country", &["tax_jurisdiction"]),
    ("tax_exempt", &[]),
    ("tax_exempt_reason", &["exemption_reason"]),
    ("metadata", &[]),
];

impl Record for Customer {
    const KIND: Kind = Kind::Customers;
    const COLUMNS: &'static [&'static [Column]] = &[WHO, OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let who = row.who();
        let name = row.may("name", cell::text).or(joined(row, &["first_name", "last_name"], " "));
        let address = Address::read(row);
        let billing_address = row.may("billing_address", cell::text).or(address.as_ref().map(Address::joined));
        // What a row cannot do without comes last: before it gives up, every other cell has been looked at.
        Some(Self {
            name,
            billing_address,
            address,
            email: row.may("email", contact::email),
            phone: row.may("phone", contact::phone),
            locale: row.may("locale", contact::locale),
            time_zone: row.may("time_zone", contact::time_zone),
            strategic: row.may("strategic", cell::flag).unwrap_or(false),
            no_sms: row.may("no_sms", cell::flag).unwrap_or(false),
            no_mail: row.may("no_mail", cell::flag).unwrap_or(false),
            owner: row.may("owner", cell::text),
            group: row.may("group", cell::text),
            credit_limit: row.money("credit_limit"),
            legal_name: row.may("legal_name", cell::text),
            tax_id: row.may("tax_id", cell::text),
            tax_country: row.may("tax_country", contact::country),
            tax_exempt: row.may("tax_exempt", cell::flag),
            tax_exempt_reason: row.may("tax_exempt_reason", cell::text),
            metadata: row.metadata(),
            who: who?,
        })
    }

    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        doubled(all.iter().map(|(line, customer)| (*line, &customer.who)), "customer", "this customer", complaints);
    }
}

impl Address {
    fn read(row: &mut Row<'_>) -> Option<Self> {
        let street = row.may("street", cell::text).unwrap_or_default();
        let address = Self {
            street: street.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            post_code: row.may("postal_code", cell::text),
            city: row.may("city", cell::text),
            region: row.may("region", cell::text),
            country: row.may("country", cell::text),
        };
        (address != Self::default()).then_some(address)
    }

    fn joined(&self) -> String {
        let Self { street, city, post_code, region, country } = self;
        let street = (!street.is_empty()).then(|| street.join("\n"));
        let parts = [street.as_ref(), post_code.as_ref(), city.as_ref(), region.as_ref(), country.as_ref()];
        parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
    }
}

/// What the columns say, put together; `None` if they say nothing.
fn joined(row: &mut Row<'_>, columns: &[&'static str], between: &str) -> Option<String> {
    let parts: Vec<_> = columns.iter().filter_map(|column| row.may(column, cell::text)).collect();
    if parts.is_empty() { None } else { Some(parts.join(between)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{GIVEN, both, complaints, csv};
    use crate::import::{Extra, Format, Given, Records, read};

    fn one(records: Records) -> Customer {
        let Records::Customers(mut customers) = records else { panic!("these are customers") };
        assert_eq!(customers.len(), 1);
        customers.remove(0)
    }

    #[test]
    fn every_column_is_read_from_both_formats() {
        let customer = one(both(
            Kind::Customers,
            "provider,source,customer,name,email,phone,billing_address,locale,time_zone,strategic,no_sms,no_mail,owner,group,credit_limit,currency,\
             legal_name,tax_id,tax_country,tax_exempt,tax_exempt_reason,street,city,state,zip,country,metadata.Team\n\
             Stripe,eu,cus_1,Acme,ap@acme.example,+49 30 123456,\"Main St 1\r\nBerlin\",de_de,europe/berlin,yes,yes,yes,mara,acme,5000,EUR,\
             Acme GmbH,DE123456789,de,no,Article 151,\"Main St 1\r\n\r\n c/o Bo \",Berlin,BE,10115,DE,North\n",
            r#"{"provider":"stripe","source":"eu","customer":"cus_1","name":"Acme","email":"ap@acme.example","phone":"+49 30 123456",
                "billing_address":"Main St 1\nBerlin","locale":"de-DE","time_zone":"Europe/Berlin","strategic":true,"no_sms":true,"no_mail":true,"owner":"mara",
                "group":"acme","credit_limit":{"amount":"5000.00","currency":"EUR"},"legal_name":"Acme GmbH","tax_id":"DE123456789",
                "tax_country":"DE","tax_exempt":false,"tax_exempt_reason":"Article 151","street":"Main St 1\nc/o Bo","city":"Berlin",
                "region":"BE","postal_code":"10115","country":"DE","metadata":{"Team":"North"}}"#,
        ));
        assert_eq!(customer.who.account(), crate::id::AccountId::of("stripe", "eu", "cus_1"));
        assert_eq!(customer.credit_limit.map(|limit| limit.to_string()).as_deref(), Some("5000.00 EUR"));
        assert_eq!(customer.billing_address.as_deref(), Some("Main St 1\nBerlin"));
        assert_eq!(customer.address, Some(address(&["Main St 1", "c/o Bo"], "BE", "DE")));
        assert_eq!(customer.tax_exempt_reason.as_deref(), Some("Article 151"));
        assert_eq!(customer.metadata, BTreeMap::from([("Team".to_owned(), "North".to_owned())]));
        assert!(customer.strategic && customer.no_sms && customer.no_mail && customer.tax_exempt == Some(false));
    }

    fn address(street: &[&str], region: &str, country: &str) -> Address {
        Address {
            street: street.iter().map(|&line| line.into()).collect(),
            city: Some("Berlin".into()),
            post_code: Some("10115".into()),
            region: (!region.is_empty()).then(|| region.into()),
            country: Some(country.into()),
        }
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let customer = one(csv(Kind::Customers, "customer,provider,email\ncus_1,stripe,\n").unwrap());
        assert_eq!((customer.who.source.as_str(), customer.email, customer.credit_limit), ("default", None, None));
        assert!(!customer.strategic && !customer.no_sms && !customer.no_mail && customer.tax_exempt.is_none());
        assert_eq!((customer.address, customer.billing_address, customer.tax_exempt_reason), (None, None, None));
        let whole = "provider,customer,billing_address\nstripe,cus_1,Main St 1\n";
        assert_eq!(
            one(csv(Kind::Customers, whole).unwrap()).address,
            None,
            "nobody takes an address apart by guessing"
        );
    }

    #[test]
    fn what_was_imported_before_is_read_as_it_was() {
        let stored =
            serde_json::to_value(one(csv(Kind::Customers, "provider,customer\nstripe,cus_1\n").unwrap())).unwrap();
        assert_eq!((stored.get("address"), stored.get("tax_exempt_reason")), (None, None));
        assert_eq!(serde_json::from_value::<Customer>(stored).unwrap().address, None);
    }

    #[test]
    fn a_crm_export_is_taken_as_it_comes() {
        let rows = [
            (
                "Salesforce",
                "Account Name,Billing Street,Billing City,Billing State/Province,Billing Zip/Postal Code,Billing Country,Account Owner,\
                 Phone,Stripe Customer ID,Account ID\nAcme,Main St 1,Berlin,,10115,Germany,mara,+49 30 123456,cus_1,0018d00000XyZ\n",
                "Account ID",
            ),
            (
                "HubSpot",
                "Record ID,Company name,Street Address,City,State/Region,Postal Code,Country/Region,Company owner,Phone Number,\
                 stripe_customer_id\n0018d00000XyZ,Acme,Main St 1,Berlin,,10115,Germany,mara,+49 30 123456,cus_1\n",
                "Record ID",
            ),
        ];
        for (name, text, their_id) in rows {
            let given = Given { extra: Extra::Keep, ..GIVEN };
            let customer = one(read(Kind::Customers, Format::Csv, text.as_bytes(), &given).unwrap().0);
            assert_eq!((customer.who.provider.as_str(), customer.who.customer.as_str()), ("stripe", "cus_1"), "{name}");
            assert_eq!(customer.billing_address.as_deref(), Some("Main St 1, 10115, Berlin, Germany"), "{name}");
            assert_eq!(customer.address, Some(address(&["Main St 1"], "", "Germany")), "{name}");
            assert_eq!((customer.name.as_deref(), customer.owner.as_deref()), (Some("Acme"), Some("mara")), "{name}");
            assert_eq!(customer.metadata.get(their_id).map(String::as_str), Some("0018d00000XyZ"), "{name}");
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let rows = [
            ("no customer", "provider,name\nstripe,Acme\n", "row 1, customer: there is no such column"),
            ("an empty customer", "provider,customer,name\nstripe,,Acme\n", "row 2, customer: is empty"),
            ("no provider", "customer\ncus_1\n", "row 1, provider: there is no such column"),
            ("an unknown provider", "provider,customer\npaypal,cus_1\n", "row 2, provider: `paypal` is no provider"),
            ("another provider", "provider,stripe_customer_id\nmollie,cus_1\n", "row 2, provider: is another provider"),
            (
                "two customers",
                "stripe_customer_id,mollie_customer_id\ncus_1,cst_1\n",
                "row 2, mollie_customer_id: means the same",
            ),
            (
                "one column twice",
                "provider,customer,E-Mail,email\nstripe,cus_1,,\n",
                "row 1, email: means the same as `E-Mail`",
            ),
            (
                "an unknown column",
                "provider,customer,emial\nstripe,cus_1,\n",
                "row 1, emial: is no column of customers",
            ),
            (
                "twice",
                "provider,customer\nstripe,cus_1\nmollie,cus_1\nstripe,cus_1\n",
                "row 4, customer: this customer stands in row 2",
            ),
            ("e-mail", "provider,customer,email\nstripe,cus_1,acme\n", "row 2, email: `acme` is no e-mail address"),
            (
                "no currency",
                "provider,customer,credit_limit\nstripe,cus_1,5000\n",
                "row 2, credit_limit: has no currency",
            ),
            (
                "an unknown currency",
                "provider,customer,credit_limit\nstripe,cus_1,5 XXX\n",
                "row 2, credit_limit: `XXX` is no ISO 4217",
            ),
            (
                "too fine",
                "provider,customer,Credit Limit\nstripe,cus_1,5.5 JPY\n",
                "row 2, Credit Limit: `5.5` has more digits than JPY",
            ),
            (
                "below zero",
                "provider,customer,credit_limit\nstripe,cus_1,-5 USD\n",
                "row 2, credit_limit: `-5` is less than zero",
            ),
            (
                "a formula",
                "provider,customer,name\nstripe,cus_1,=HYPERLINK(1)\n",
                "row 2, name: `=HYPERLINK(1)` begins like a formula",
            ),
            (
                "a formula inside",
                "provider,customer,metadata.a\nstripe,cus_1,@x\n",
                "row 2, metadata.a: `@x` begins like a formula",
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Customers, text));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
        let said = complaints(csv(Kind::Customers, "provider,customer,email,strategic\n,,x,perhaps\n"));
        assert_eq!(said.len(), 4, "all that is wrong with a row is told at once: {said:?}");
    }
}
