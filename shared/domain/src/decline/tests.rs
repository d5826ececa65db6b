//! What failed tries mean, row by row, and what must hold whoever speaks about them.

mod strict;

use super::*;
use crate::event::Decline;
use crate::policies::{Policies, SHIPPED};
use crate::policy::Rules;
use jiff::SignedDuration;

fn with(policies: &Policies, check: impl Fn(&Declines)) {
    check(policies.declines.current());
}

fn of(provider: &str, code: &str) -> Decline {
    Decline::new(provider, code)
}

fn network(code: &str, decline: Decline) -> Decline {
    Decline { network_code: Some(code.into()), ..decline }
}

fn named(network: &str, decline: Decline) -> Decline {
    Decline { network: Some(network.into()), ..decline }
}

fn over(gateway: &str, code: &str) -> Decline {
    Decline { gateway: Some(gateway.into()), ..of("chargebee", code) }
}

fn advice(code: &str, decline: Decline) -> Decline {
    Decline { network_advice: Some(code.into()), ..decline }
}

fn advised(advice: &str, decline: Decline) -> Decline {
    Decline { advice: Some(advice.into()), ..decline }
}

fn text(text: &str, decline: Decline) -> Decline {
    Decline { text: Some(plain(text)), ..decline }
}

#[test]
fn the_strictest_of_all_who_speak_counts() {
    let rows = [
        // The provider's code alone.
        ("a provider's code", of("stripe", "insufficient_funds"), "insufficient_funds", true),
        ("nobody lists it", of("stripe", "a_new_code"), "unclassified", false),
        ("a hard decline", of("stripe", "transaction_not_allowed"), "barred", true),
        ("maybe reported lost", of("stripe", "restricted_card"), "lost_or_stolen", true),
        ("not verified, or not supported", of("stripe", "bank_account_declined"), "not_permitted", true),
        (
            "a subscription waits for its customer",
            of("stripe", "payment_intent_action_required"),
            "authentication",
            true,
        ),
        // A general code hides no network's word.
        ("stolen behind a general code", network("43", of("stripe", "generic_decline")), "lost_or_stolen", true),
        ("revoked behind a general code", network("R1", of("stripe", "generic_decline")), "revoked", true),
        ("closed behind do_not_honor", network("46", of("stripe", "do_not_honor")), "invalid_account", true),
        ("57 behind its own name", network("57", of("stripe", "transaction_not_allowed")), "barred", true),
        ("a single-use card", advice("41", of("stripe", "generic_decline")), "not_permitted", true),
        ("data to confirm", advised("confirm_card_data", of("stripe", "generic_decline")), "wrong_details", true),
        ("never to try again", advised("do_not_try_again", of("stripe", "insufficient_funds")), "barred", true),
        ("stop the subscription", advice("21", of("stripe", "insufficient_funds")), "revoked", true),
        ("a sanctions score", advice("42", of("stripe", "generic_decline")), "risk_block", true),
        ("a virtual card that may pay again", advice("43", of("stripe", "generic_decline")), "declined", true),
        ("advice that asks for less", advised("try_again_later", of("stripe", "lost_card")), "lost_or_stolen", true),
        ("advice over a gateway", advice("03", over("stripe", "generic_decline")), "barred", true),
        ("an ISO code is no advice", advice("51", of("stripe", "generic_decline")), "declined", true),
        // The most specific names the reason.
        (
            "funds, whatever later is said",
            advised("try_again_later", of("stripe", "insufficient_funds")),
            "insufficient_funds",
            true,
        ),
        ("stolen, and never again", advised("do_not_try_again", of("stripe", "stolen_card")), "lost_or_stolen", true),
        ("expired, and new data there", advice("01", network("54", over("stripe", "expired_card"))), "expired", true),
        // What an unlisted code hides.
        (
            "an unlisted network's code changes nothing",
            network("ZZ9", of("stripe", "generic_decline")),
            "declined",
            true,
        ),
        ("a reason answers for an unlisted code", network("54", of("chargebee", "x9")), "expired", true),
        ("a general word does not", network("05", of("chargebee", "x9")), "unclassified", false),
        ("nor a general advice", advised("try_again_later", of("stripe", "a_new_code")), "unclassified", false),
        // A table for each network.
        (
            "an account that does not exist",
            named("Mastercard", network("78", of("stripe", "generic_decline"))),
            "invalid_account",
            true,
        ),
        (
            "a card that is blocked for now",
            named("visa", network("78", of("stripe", "generic_decline"))),
            "not_permitted",
            true,
        ),
        ("whose 78 it is, nobody said", network("78", of("stripe", "generic_decline")), "invalid_account", true),
        (
            "policy says nothing more",
            named("mastercard", network("82", of("stripe", "generic_decline"))),
            "declined",
            true,
        ),
        (
            "and its advice does",
            advice("03", named("mastercard", network("82", of("stripe", "generic_decline")))),
            "barred",
            true,
        ),
        (
            "three digits",
            named("American Express", network("200", of("stripe", "generic_decline"))),
            "lost_or_stolen",
            true,
        ),
        (
            "what it does not list is as everywhere",
            named("mastercard", network("41", of("stripe", "generic_decline"))),
            "lost_or_stolen",
            true,
        ),
        (
            "suspected fraud, though category 2",
            named("visa", network("59", of("stripe", "generic_decline"))),
            "suspected_fraud",
            true,
        ),
        ("a category as advice", advice("1", named("visa", of("stripe", "generic_decline"))), "barred", true),
        // Bank debits.
        ("a bank debit", network("MD01", of("mollie", "MD01")), "revoked", true),
        ("an operation that does not exist", network("AG02", of("mollie", "AG02")), "configuration", true),
        (
            "a return by ACH",
            named("us_bank_account", network("R02", of("stripe", "account_closed"))),
            "invalid_account",
            true,
        ),
        ("a return by Bacs", of("bacs", "0"), "insufficient_funds", true),
        ("an instruction that was withdrawn", of("bacs", "ADDACS-1"), "revoked", true),
        // Gateways.
        ("a gateway's code", over("stripe", "expired_card"), "expired", true),
        ("its own test gateway's", over("chargebee", "3001"), "insufficient_funds", true),
        ("a gateway with a table", over("braintree", "2047"), "lost_or_stolen", true),
        ("written differently", over("Authorize.Net", "8"), "expired", true),
        ("a common name, of no gateway", of("chargebee", "insufficient_funds"), "insufficient_funds", true),
        ("a common name, of a gateway that is not listed", over("somebody", "Expired_Card"), "expired", true),
        ("a number of a gateway that is not listed", over("somebody", "51"), "unclassified", false),
        ("a common name that Stripe does not use", of("stripe", "card_expired"), "expired", true),
        ("the bank's code, passed on", of("chargebee", "05"), "declined", true),
        (
            "the same number elsewhere means something else",
            advice("01", over("rapyd", "card_declined")),
            "barred",
            true,
        ),
        ("a number that nobody explains", advice("03", over("braintree", "2000")), "declined", true),
        // Words.
        ("plain words", text("(51) Insufficient funds", over("somebody", "51")), "insufficient_funds", false),
        (
            "the strictest words",
            text("Do not honor: card reported stolen", over("somebody", "x")),
            "lost_or_stolen",
            false,
        ),
        ("words of the code itself", over("somebody", "card_has_expired_77"), "expired", false),
        ("words that say nothing", text("Please try again", over("somebody", "x")), "unclassified", false),
        ("a listed code needs none", text("stolen", of("stripe", "insufficient_funds")), "insufficient_funds", true),
        // Where the card was issued.
        ("there nothing is tried again", issued("IN", "insufficient_funds"), "regulation", true),
        ("elsewhere it is", issued("DE", "insufficient_funds"), "insufficient_funds", true),
        ("what is never tried again keeps its reason", issued("IN", "lost_card"), "lost_or_stolen", true),
        ("what the customer has to do keeps its reason", issued("IN", "expired_card"), "expired", true),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (name, decline, family, known) in &rows {
            let meaning = declines.meaning(Some(decline));
            let told = (meaning.family.id.get_ref().as_str(), meaning.known);
            assert_eq!(told, (*family, *known), "{name}: {}", meaning.source);
        }
    });
}

fn issued(country: &str, code: &str) -> Decline {
    Decline { issuer: Some(country.into()), ..of("stripe", code) }
}

/// The codes of PROVIDERS.md that the first version did not list, or listed too laxly.
#[test]
fn what_the_first_version_got_wrong_is_listed() {
    let never = Retry::Never;
    let (customer, staff, later, soon) = (Retry::AfterCustomer, Retry::InternalReview, Retry::Later, Retry::Soon);
    let rows = [
        (
            "stripe",
            "previously_declined_do_not_retry refer_to_customer india_recurring_payment_mandate_canceled",
            never,
        ),
        ("stripe", "invalid_authorization payment_method_bank_account_blocked account_number_invalid", never),
        ("stripe", "authentication_not_handled mobile_device_authentication_required", customer),
        ("stripe", "invoice_payment_intent_requires_action payment_intent_action_required", customer),
        (
            "stripe",
            "setup_intent_authentication_failure billing_invalid_mandate payment_intent_mandate_invalid",
            customer,
        ),
        ("stripe", "expired_payment_method incorrect_postal_code postal_code_invalid invalid_card_type", customer),
        ("stripe", "bank_account_unusable bank_account_restricted payment_method_customer_decline", customer),
        ("stripe", "routing_number_invalid bank_account_declined", customer),
        (
            "stripe",
            "card_decline_rate_limit_exceeded charge_exceeds_source_limit payment_method_provider_decline",
            later,
        ),
        ("stripe", "payment_method_provider_timeout payment_method_not_available rate_limit lock_timeout", soon),
        ("mollie", "revocation_of_all_authorizations capture_card pick_up_card_special_condition", never),
        ("mollie", "fraud_security_related", never),
        ("visa", "12 57 59 83 39 52 53", never),
        ("visa", "5C 9G 75 86 54 1A", customer),
        ("visa", "51 61", later),
        ("iso8583", "39 52 53 59 76 77 78 83", never),
        ("iso8583", "58 79 82", customer),
        ("iso8583", "06 92", soon),
        ("amex", "111 200", never),
        ("amex", "101 122", customer),
        ("amex", "100 116", later),
        ("sepa", "AC01 AC04 AC06 AC13 AG01 FRAD MD01 MD06 MD07 MS02 SL01", never),
        ("sepa", "AG02 AM05 MD02 RR01 RR02 RR03 RR04", staff),
        ("sepa", "RC01", customer),
        ("sepa", "AM04 MS03", later),
        ("ach", "R02 R03 R07 R08 R10 R16", never),
        ("ach", "R01 R09", later),
        ("mastercard_advice", "03 21", never),
        ("mastercard_advice", "01 40 41", customer),
        ("mastercard_advice", "42 04 22", staff),
        ("mastercard_advice", "02 24 30", later),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (provider, codes, retry) in rows {
            for code in codes.split(' ') {
                let meaning = declines.meaning(Some(&of(provider, code)));
                assert_eq!(
                    (meaning.family.retry, meaning.known),
                    (retry, true),
                    "{provider} {code}: {}",
                    meaning.source
                );
            }
        }
        // A code of one kind is none of another.
        for (provider, code) in
            [("mastercard_advice", "51"), ("mastercard_advice", "43"), ("stripe_advice", "05"), ("bacs", "05")]
        {
            assert!(!declines.meaning(Some(&of(provider, code))).known, "{provider} {code}");
        }
    });
}

#[test]
fn an_advice_says_how_long_to_wait() {
    let hours = |hours| Some(SignedDuration::from_hours(hours));
    let general = || of("stripe", "generic_decline");
    let rows = [
        ("an hour", advice("24", general()), hours(1)),
        ("ten days", advice("30", general()), hours(240)),
        ("three days", advice("02", general()), hours(72)),
        ("the code itself", of("stripe", "card_decline_rate_limit_exceeded"), hours(24)),
        ("the longest", advice("28", of("stripe", "card_decline_rate_limit_exceeded")), hours(144)),
        ("kept while a customer is asked", advice("25", of("stripe", "expired_card")), hours(24)),
        ("never is longer", advice("25", of("stripe", "lost_card")), None),
        ("nobody asks", general(), None),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (name, decline, wait) in &rows {
            assert_eq!(declines.meaning(Some(decline)).wait, *wait, "{name}");
        }
    });
}

#[test]
fn a_meaning_says_which_tables_say_so() {
    let rows = [
        (Some(network("43", of("stripe", "generic_decline"))), "stripe generic_decline and iso8583 43, declines v3"),
        (
            Some(advice("25", named("visa", network("05", of("stripe", "do_not_honor"))))),
            "stripe do_not_honor and iso8583 05 and mastercard_advice 25, declines v3",
        ),
        (Some(network("MD01", of("mollie", "MD01"))), "sepa MD01, declines v3"),
        (Some(of("stripe", "a_new_code")), "no table for stripe a_new_code, declines v3"),
        (Some(network("05", of("chargebee", "x9"))), "no table for chargebee x9 and iso8583 05, declines v3"),
        (Some(text("Card stolen", over("somebody", "x"))), "the words `stolen` for chargebee x, declines v3"),
        (Some(issued("in", "insufficient_funds")), "stripe insufficient_funds, declines v3; its card was issued in IN"),
        (None, "no code was told, declines v3"),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (decline, source) in &rows {
            assert_eq!(declines.meaning(decline.as_ref()).source, *source);
        }
        assert_eq!(declines.meaning(None).family.id.get_ref(), &declines.unknown);
    });
}

/// A dice that always falls the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// One of a table's codes, or none of them.
    fn code(&mut self, declines: &Declines, tables: &[&str]) -> Option<String> {
        let table = tables[self.roll(tables.len())];
        let rows: Vec<&Codes> = declines.code.iter().filter(|row| row.table == table).collect();
        let row = rows[self.roll(rows.len())];
        let code = &row.codes[self.roll(row.codes.len())];
        (self.roll(3) > 0).then(|| code.clone())
    }
}

#[test]
fn nobody_who_speaks_makes_it_laxer() {
    with(&Policies::shipped().unwrap(), |declines| {
        let mut dice = Dice(7);
        for _ in 0..4_000 {
            let gateway = ["braintree", "adyen", "checkout_com", "paypal", "stripe"][dice.roll(5)];
            let (provider, gateway) = match dice.roll(3) {
                0 => ("stripe", None),
                1 => ("mollie", None),
                _ => ("chargebee", Some(gateway)),
            };
            let Some(code) = dice.code(declines, &[gateway.unwrap_or(provider)]) else { continue };
            let own = Decline { gateway: gateway.map(str::to_owned), ..of(provider, &code) };
            let network = [None, Some("visa"), Some("mastercard"), Some("amex")][dice.roll(4)];
            let all = Decline {
                network: network.map(str::to_owned),
                network_code: dice.code(declines, &["iso8583", "sepa"]),
                advice: dice.code(declines, &["stripe_advice"]),
                network_advice: dice.code(declines, &["mastercard_advice"]),
                ..own.clone()
            };
            let each = [
                own.clone(),
                Decline { network: all.network.clone(), network_code: all.network_code.clone(), ..own.clone() },
                Decline { advice: all.advice.clone(), ..own.clone() },
                Decline { network: all.network.clone(), network_advice: all.network_advice.clone(), ..own.clone() },
            ];
            let meaning = declines.meaning(Some(&all));
            let alone: Vec<Meaning<'_>> = each.iter().map(|one| declines.meaning(Some(one))).collect();
            let strictest = alone.iter().map(|one| one.family.retry).max().unwrap();
            assert_eq!(meaning.family.retry, strictest, "{all:?}: {}", meaning.source);
            assert!(alone.iter().any(|one| one.family == meaning.family), "{all:?}: a family that nobody named");
            if alone.iter().any(|one| one.family.secret) {
                assert!(meaning.family.secret, "{all:?}: a secret is kept, whatever else is never");
            }
            if meaning.family.retry < Retry::Never {
                let longest = alone.iter().filter_map(|one| one.wait).max();
                assert_eq!(meaning.wait, longest, "{all:?}");
            }
            let unlisted =
                Decline { network_code: Some("ZZ9".into()), network_advice: Some("ZZ9".into()), ..all.clone() };
            let less = Decline { network_code: None, network_advice: None, ..all.clone() };
            assert_eq!(
                declines.meaning(Some(&unlisted)).family,
                declines.meaning(Some(&less)).family,
                "{all:?}: what nobody lists says nothing beside what is listed"
            );
        }
    });
}

#[test]
fn without_its_network_a_code_is_read_the_strictest_way() {
    with(&Policies::shipped().unwrap(), |declines| {
        for name in ["visa", "mastercard", "amex"] {
            let own = declines.network(name).unwrap().tables.get_ref()[0].clone();
            for code in declines.code.iter().filter(|row| row.table == own).flat_map(|row| &row.codes) {
                let retry = |decline: &Decline| declines.meaning(Some(decline)).family.retry;
                let unnamed = network(code, of("stripe", "card_declined"));
                let told = retry(&named(name, unnamed.clone()));
                assert!(retry(&unnamed) >= told, "{name} {code}: {told:?} and without its name {:?}", retry(&unnamed));
            }
        }
    });
}

#[test]
fn visa_says_how_often() {
    with(&Policies::shipped().unwrap(), |declines| {
        let rows = [
            (of("visa", "14"), Some(1)),
            (of("visa", "51"), Some(2)),
            (of("visa", "54"), Some(3)),
            (of("visa", "05"), Some(4)),
            (named("visa", network("58", of("stripe", "generic_decline"))), Some(4)),
            (named("visa", network("Q9", of("stripe", "generic_decline"))), Some(4)),
            (network("51", of("stripe", "generic_decline")), Some(2)),
            (of("iso8583", "14"), Some(1)),
            (of("iso8583", "ZZ"), None),
            (named("mastercard", network("51", of("stripe", "generic_decline"))), None),
            (named("visa", of("stripe", "generic_decline")), None),
        ];
        for (decline, category) in &rows {
            assert_eq!(declines.meaning(Some(decline)).category, *category, "{decline:?}");
        }
        let none = |limit: &Limit| limit.network == "visa" && limit.category == Some(1) && limit.tries_max == 0;
        assert!(declines.limit.iter().any(none));
    });
}

#[test]
fn what_may_not_be_tried_again_where_it_was_issued_is_the_customers() {
    let policies = Policies::shipped().unwrap();
    let decline = issued("in", "insufficient_funds");
    let meaning = policies.declines.current().meaning(Some(&decline));
    assert_eq!((meaning.family.retry, meaning.family.who_acts), (Retry::AfterCustomer, WhoActs::Customer));
    assert!(meaning.why.is_some_and(|why| why.contains("e-mandates")), "{meaning:?}");
    let lost = policies.declines.current().meaning(Some(&issued("in", "lost_card"))).why;
    assert_eq!(lost, None, "what is never tried again has its own reason");
    assert_eq!(policies.classify.current().verdict(meaning.family).rule, "needs-customer");
    let before = policies.declines.version(1).unwrap();
    let judged = before.meaning(Some(&decline)).family.id.get_ref();
    assert_eq!(judged, "insufficient_funds", "what was judged stays as it was judged");
}

#[test]
fn what_is_asked_about_is_read_as_a_person_writes_it() {
    let about = |network, advice| Asked { network: Some(network), advice: Some(advice), ..Asked::default() };
    let rows = [
        (about("43", ""), (None, Some("43"), None, None)),
        (about("Mastercard", "03"), (Some("Mastercard"), None, None, Some("03"))),
        (about("visa:78", "do_not_try_again"), (Some("visa"), Some("78"), Some("do_not_try_again"), None)),
        (about(" ", " "), (None, None, None, None)),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (about, expected) in rows {
            let decline = declines.asked("stripe", " generic_decline ", about);
            let told = [&decline.network, &decline.network_code, &decline.advice, &decline.network_advice];
            let [network, code, advice, number] = told.map(Option::as_deref);
            assert_eq!((network, code, advice, number), expected, "{about:?}");
            assert_eq!(decline.code, "generic_decline");
        }
        for (name, reads) in
            [("iso8583", true), ("Visa", true), ("braintree", true), ("rapyd", true), ("nobody", false)]
        {
            assert_eq!(declines.reads(name), reads, "{name}");
        }
    });
}

#[test]
fn every_family_has_a_rule_or_waits_for_a_person() {
    let policies = Policies::shipped().unwrap();
    let (declines, classify) = (policies.declines.current(), policies.classify.current());
    for family in &declines.family {
        let rule = classify.rule.iter().any(|rule| rule.family.contains(family.id.get_ref()));
        assert_eq!(rule, family.retry != Retry::InternalReview, "{}", family.id.get_ref());
    }
    for named in classify.rule.iter().flat_map(|rule| &rule.family).chain(&policies.incidents.current().own.families) {
        assert!(declines.families().contains(&named.as_str()), "no family is called {named}");
    }
}

/// What each mistake in the newest version that says everything is refused with.
#[test]
fn a_taxonomy_with_a_mistake_is_refused() {
    let (_, shipped) = SHIPPED.iter().find(|(file, _)| file.ends_with("/declines/v2.toml")).unwrap();
    let why = shipped.lines().find(|line| line.contains("e-mandates")).unwrap();
    let never = shipped.lines().find(|line| line.contains("There is nothing to charge")).unwrap();
    let rows = [
        ("family = \"regulation\"\nwhy", "family = \"no_such\"\nwhy", "no family is called `no_such`"),
        (why, "why = \"\"", "a country needs its `why`"),
        (never, "why = \"\"", "is never tried again and has no `why`"),
        ("unknown = \"unclassified\"", "unknown = \"declined\"", "not tried again before a person has looked"),
        ("unknown = \"unclassified\"", "unknown = \"nothing\"", "which does not exist"),
        ("codes = [\"do_not_try_again\"]", "codes = [\"confirm_card_data\"]", "is listed twice"),
        ("codes = [\"do_not_try_again\"]", "codes = [\"CONFIRM_card_data\"]", "is listed twice"),
        ("codes = [\"do_not_try_again\"]", "codes = [\" do_not_try_again\"]", "take the blanks off"),
        (
            "family = \"revoked\"\ncodes = [\"R0\"",
            "family = \"declined\"\ncodes = [\"R0\"",
            "category 1 is never tried again",
        ),
        ("family = \"expired\"\ncodes = [\"54\"]", "family = \"declined\"\ncodes = [\"54\"]", "category 3 needs"),
        ("category = 3\nfamily = \"expired\"", "category = 5\nfamily = \"expired\"", "Visa's categories are 1 to 4"),
        ("wait_hours = 240", "wait_hours = 0", "1 hour to 31 days"),
        (
            "family = \"declined\"\nwait_hours = 240",
            "family = \"expired\"\nwait_hours = 240",
            "only what is tried again by itself",
        ),
        (
            "advice_tables = [\"mastercard_advice\"",
            "advice_tables = [\"nobodys_advice\"",
            "in the table `nobodys_advice`",
        ),
        ("table = \"rapyd\"", "table = \"no_such\"", "in the table `no_such`"),
        ("names = [\"amex\"", "names = [\"Visa\"", "two networks are called"),
        ("names = [\"checkout\"", "names = [\"Rapyd\"", "two gateways are called"),
        ("network = \"sepa\"\ntries_max", "network = \"sepa_debit\"\ntries_max", "by the first name"),
        ("category = 1\ntries_max", "category = 5\ntries_max", "Visa's categories are 1 to 4"),
        ("tries_max = 35", "tries_max = 41", "are not told apart"),
        ("gap_hours = 72", "gap_hours = 0", "a gap lasts"),
        ("gap_hours = 72", "gap_hours = 721", "a gap lasts"),
        ("until = \"2025-05-18\"", "from = \"2025-05-19\"\nuntil = \"2025-05-18\"", "ends before it begins"),
        ("\"lost card\"", "\"Lost card\"", "is never found"),
        ("\"lost card\"", "\"stolen\"", "the words `stolen` are listed twice"),
        (
            "customer_reason = \"Your bank declined the payment.\"",
            "customer_reason = \"Your card was stolen.\"",
            "is a secret",
        ),
    ];
    for (from, to, expected) in rows {
        assert!(shipped.contains(from), "{from}");
        let changed: Declines = toml::from_str(&shipped.replacen(from, to, 1)).unwrap();
        let complaints = changed.lint();
        assert!(format!("{complaints:?}").contains(expected), "{to}: {complaints:?}");
    }
}
