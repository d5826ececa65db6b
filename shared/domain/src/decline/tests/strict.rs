//! What must never be tried again is not, whoever else speaks and however general: the networks' and schemes' own
//! words, written down here and not read from the policy.

use super::*;
use std::collections::BTreeSet;

/// By network: what it never wants to see again.
const NEVER: [(&str, &str); 9] = [
    ("visa", "04 07 12 14 15 41 43 46 57 R0 R1 R3"),
    ("mastercard", "04 07 14 15 41 43"),
    ("amex", "200 111"),
    ("discover", "04 07 14 15 41 43 46"),
    ("us_bank_account", "R02 R03 R04 R05 R07 R08 R10 R16 R20 R29 R31 R37 R38"),
    ("sepa_debit", "AC01 AC04 AC06 MD01 MD06 MD07 SL11 SL12 FRAD FR01"),
    ("bacs_debit", "1 2 4 5 6 B"),
    ("au_becs_debit", "2 3 4 5"),
    ("acss_debit", "902 903 905 910 911 912 915 916 917 920"),
];

/// Codes of each table of a provider or of a gateway that would be tried again, the first few.
fn tried_again(declines: &Declines, few: usize) -> Vec<Decline> {
    let tables = |row: &Network| [row.tables.get_ref().clone(), row.advice.clone()].concat();
    let networks: BTreeSet<String> = declines.network.iter().flat_map(tables).collect();
    let own = |table: &&str| !networks.contains(*table) && !table.ends_with("_advice");
    let lax = |row: &&Codes| declines.named(row.family.get_ref()).retry <= Retry::Later;
    let mut tried = Vec::new();
    for table in declines.tables().into_iter().filter(own) {
        let rows = declines.code.iter().filter(|row| row.table == table).filter(lax);
        for code in rows.flat_map(|row| &row.codes).take(few) {
            tried.extend([of(table, code), over(table, code)]);
        }
    }
    tried
}

#[test]
fn a_network_that_says_never_is_heard_over_every_table() {
    with(&Policies::shipped().unwrap(), |declines| {
        let tried = tried_again(declines, 1);
        assert!(tried.len() > 60, "{} codes", tried.len());
        for (name, codes) in NEVER {
            for code in codes.split(' ') {
                for decline in &tried {
                    let meaning = declines.meaning(Some(&named(name, network(code, decline.clone()))));
                    assert_eq!(
                        meaning.family.retry,
                        Retry::Never,
                        "{name} {code} over {decline:?}: {}",
                        meaning.source
                    );
                }
            }
        }
    });
}

#[test]
fn an_advice_that_says_never_is_heard_over_every_code() {
    let rows = [
        ("mastercard", "03", Retry::Never),
        ("mastercard", "21", Retry::Never),
        ("visa", "1", Retry::Never),
        ("mastercard", "01", Retry::AfterCustomer),
        ("visa", "3", Retry::AfterCustomer),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        let stripes = |decline: &&Decline| decline.provider == "stripe" || decline.gateway.as_deref() == Some("stripe");
        let tried = tried_again(declines, usize::MAX);
        let tried: Vec<&Decline> = tried.iter().filter(stripes).collect();
        assert!(tried.len() > 40, "{} codes", tried.len());
        for (name, code, least) in rows {
            for decline in &tried {
                let meaning = declines.meaning(Some(&named(name, advice(code, (*decline).clone()))));
                assert!(meaning.family.retry >= least, "{name} advice {code} over {decline:?}: {}", meaning.source);
            }
        }
        for decline in tried {
            let meaning = declines.meaning(Some(&advised("do_not_try_again", decline.clone())));
            assert_eq!(meaning.family.retry, Retry::Never, "{decline:?}: {}", meaning.source);
        }
    });
}

/// All of them at once: the code that gives no reason, the network that may be asked again, and the one voice that
/// forbids it.
#[test]
fn one_voice_of_four_is_enough() {
    let funds = || named("mastercard", network("51", of("stripe", "generic_decline")));
    let rows = [
        ("the code", network("51", advised("try_again_later", advice("25", of("stripe", "lost_card"))))),
        (
            "the network",
            advised("try_again_later", advice("25", named("visa", network("46", of("stripe", "do_not_honor"))))),
        ),
        ("the network's advice", advised("try_again_later", advice("03", funds()))),
        ("the provider's advice", advised("do_not_try_again", advice("24", funds()))),
        ("the category", advice("1", named("visa", network("05", of("stripe", "generic_decline"))))),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (who, decline) in &rows {
            let meaning = declines.meaning(Some(decline));
            assert_eq!((meaning.family.retry, meaning.wait), (Retry::Never, None), "{who}: {}", meaning.source);
        }
        let without = advised("try_again_later", advice("25", funds()));
        assert_eq!(declines.meaning(Some(&without)).family.retry, Retry::Later, "without it, it is tried again");
    });
}

/// What the second version did not list.
#[test]
fn what_the_second_version_left_out_is_listed() {
    let never = Retry::Never;
    let (customer, staff, later, soon) = (Retry::AfterCustomer, Retry::InternalReview, Retry::Later, Retry::Soon);
    let rows = [
        // Stripe's 23 codes of local payment methods.
        ("stripe", "invalid_billing_agreement partner_high_risk_customer compliance_violation", never),
        ("stripe", "invalid_authorization lost_or_stolen_card", never),
        (
            "stripe",
            "invalid_customer_account partner_expired_card partner_invalid_currency partner_invalid_amount",
            customer,
        ),
        ("stripe", "invalid_payment_information expired_payment_information recurring_not_supported_by_bank", customer),
        ("stripe", "partner_action_not_supported invalid_track_data", customer),
        ("stripe", "invalid_business_account payment_disputed partner_payment_not_found", staff),
        ("stripe", "partner_duplicate_transaction card_already_activated", staff),
        ("stripe", "partner_generic_decline payment_limit_exceeded partner_insufficient_funds", later),
        ("stripe", "partner_processing_error", soon),
        // Bank debits.
        ("becs", "2 3 4 5", never),
        ("becs", "1 9", customer),
        ("becs", "6", later),
        ("acss_debit", "903 905 910 911 912 915 917", never),
        ("pad", "907 914", customer),
        ("pad", "901 908", later),
        ("autogiro", "2 02 04", never),
        ("autogiro", "1 9", later),
        ("nacha", "R35 R50 R53", never),
        ("ach", "R61 R71 R85", staff),
        ("iso20022", "AC02 AC05 CUST DS02", never),
        ("addacs", "0 1 2 B D", never),
        ("auddis", "1 2 5 6 B", never),
        ("bacs", "AUDDIS-5 AUDDIS-H", never),
        // Gateways.
        ("orbital", "502 503 571 572", never),
        ("payflow", "50 12", later),
        ("moneris", "421 478", never),
        ("dlocal", "310 313", never),
        ("ingenico", "30411001 30431001", never),
        ("adyen", "40", customer),
        ("revenuecat", "BILLING_ERROR", customer),
        ("app_store", "2", customer),
        ("play_store", "0", never),
        ("chargebee", "payment_method_not_present", customer),
    ];
    with(&Policies::shipped().unwrap(), |declines| {
        for (provider, codes, retry) in rows {
            for code in codes.split(' ') {
                let meaning = declines.meaning(Some(&of(provider, code)));
                let told = (meaning.family.retry, meaning.known);
                assert_eq!(told, (retry, true), "{provider} {code}: {}", meaning.source);
            }
        }
        let over_gateways = [
            (over("eway_rapid", "D4443"), never),
            (over("first_data_global", "530"), later),
            (over("bank_of_america", "205"), never),
            (over("chargebee", "3001"), later),
            (over("amazon_payments", "HardDeclined"), never),
        ];
        for (decline, retry) in &over_gateways {
            assert_eq!(declines.meaning(Some(decline)).family.retry, *retry, "{decline:?}");
        }
    });
}

#[test]
fn debits_that_were_not_counted_before_have_a_limit() {
    with(&Policies::shipped().unwrap(), |declines| {
        for (name, tries_max) in [("acss_debit", 1), ("au_becs_debit", 2), ("autogiro", 2), ("us_bank_account", 2)] {
            let own = declines.network_named(name);
            let limits: Vec<_> = declines.limit.iter().filter(|limit| limit.network == own).collect();
            assert_eq!(limits.len(), 1, "{name}");
            assert_eq!((limits[0].of, limits[0].tries_max), (Of::Debit, tries_max), "{name}");
        }
    });
}
