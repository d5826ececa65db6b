//! An exact amount and its currency, always together, always at the currency's own digits.

pub mod prorate;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A currency code that ISO 4217 does not list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 4217 currency code")]
pub struct UnknownCurrency(pub String);

/// An amount that a currency cannot hold, or that is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{amount}` is not an exact amount of {currency}")]
pub struct NotExact {
    pub amount: String,
    pub currency: Currency,
}

const ZERO_DIGITS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_DIGITS: &str = "BHD IQD JOD KWD LYD OMR TND";
const TWO_DIGITS: &str = "XCG HRK SLL STD MRO VEF LTL LVL EEK AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

/// The digits of every code of three letters, so that reading an amount costs one look.
static LISTED: [u8; 26 * 26 * 26 + 1] = listed();
const UNLISTED: u8 = u8::MAX;

const fn listed() -> [u8; 26 * 26 * 26 + 1] {
    let mut table = [UNLISTED; 26 * 26 * 26 + 1];
    let lists = [(ZERO_DIGITS, 0), (TWO_DIGITS, 2), (THREE_DIGITS, 3)];
    let mut list = 0;
    while list < lists.len() {
        let (codes, digits) = (lists[list].0.as_bytes(), lists[list].1);
        let mut at = 0;
        while at < codes.len() {
            table[place([codes[at], codes[at + 1], codes[at + 2]])] = digits;
            at += 4;
        }
        list += 1;
    }
    table
}

/// Where a code stands in the table; what is no code stands behind its end.
const fn place(code: [u8; 3]) -> usize {
    let mut place = 0;
    let mut at = 0;
    while at < 3 {
        if !code[at].is_ascii_uppercase() {
            return 26 * 26 * 26;
        }
        place = place * 26 + (code[at] - b'A') as usize;
        at += 1;
    }
    place
}

impl Currency {
    /// For tests: elsewhere a currency is always read from somewhere.
    pub const USD: Self = Self(*b"USD");
    /// What exchange rates are told against, where nothing else is said.
    pub const EUR: Self = Self(*b"EUR");

    /// Reads a code in any case.
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()).map(|bytes| bytes.map(|b| b.to_ascii_uppercase())) {
            Ok(bytes) if LISTED[place(bytes)] != UNLISTED => Ok(Self(bytes)),
            _ => Err(UnknownCurrency(code.to_owned())),
        }
    }

    /// How many digits follow the decimal point.
    pub fn digits(self) -> u32 {
        u32::from(LISTED[place(self.0)])
    }

    /// The three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency is made of ASCII letters")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount of one currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    currency: Currency,
    amount: Decimal,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl Money {
    /// Takes an amount that needs no rounding.
    pub fn exact(amount: Decimal, currency: Currency) -> Result<Self, NotExact> {
        let mut scaled = amount;
        scaled.rescale(currency.digits());
        if scaled == amount {
            Ok(Self { currency, amount: scaled })
        } else {
            Err(NotExact { amount: amount.to_string(), currency })
        }
    }

    /// Reads a decimal string such as `24.00`.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, NotExact> {
        let plain = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        match Decimal::from_str_exact(amount) {
            Ok(decimal) if plain => Self::exact(decimal, currency),
            _ => Err(NotExact { amount: amount.to_owned(), currency }),
        }
    }

    /// Takes an amount in the currency's smallest unit.
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { currency, amount: Decimal::new(minor, currency.digits()) }
    }

    /// Where a sum in this currency begins.
    pub fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// To be compared before anything is added: `plus` and `minus` panic on two currencies.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// At the currency's own digits; below zero for what goes the other way.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The amount in the currency's smallest unit, if a provider's integer can hold it.
    pub fn minor(self) -> Option<i64> {
        i64::try_from(self.amount.mantissa()).ok()
    }

    /// Whether there is anything: zero is not.
    pub fn is_positive(self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// Adds money of the same currency.
    pub fn plus(self, other: Self) -> Self {
        assert_eq!(self.currency, other.currency, "currencies are never added");
        Self { amount: self.amount + other.amount, ..self }
    }

    /// Takes money of the same currency away.
    pub fn minus(self, other: Self) -> Self {
        assert_eq!(self.currency, other.currency, "currencies are never subtracted");
        Self { amount: self.amount - other.amount, ..self }
    }

    /// Rounds an amount to the currency's digits, half to even: the one place where money is rounded.
    pub fn rounded(amount: Decimal, currency: Currency) -> Self {
        let mut rounded = amount.round_dp_with_strategy(currency.digits(), RoundingStrategy::MidpointNearestEven);
        rounded.rescale(currency.digits());
        Self { currency, amount: rounded }
    }

    /// Multiplies by a whole number: a price by a quantity.
    pub fn times(self, quantity: u32) -> Self {
        Self { amount: self.amount * Decimal::from(quantity), ..self }
    }
}

/// A price for one unit, which may be finer than any coin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rate {
    currency: Currency,
    amount: Decimal,
}

impl Rate {
    /// Takes an amount of any fineness; trailing zeros say nothing.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { currency, amount: amount.normalize() }
    }

    /// To be compared before anything is added.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// As fine as it was told, without trailing zeros.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The price as money, if coins can pay it.
    pub fn money(self) -> Option<Money> {
        Money::exact(self.amount, self.currency).ok()
    }
}

impl From<Money> for Rate {
    fn from(money: Money) -> Self {
        Self::new(money.amount, money.currency)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.money() {
            Some(money) => money.fmt(f),
            None => write!(f, "{} {}", self.amount, self.currency),
        }
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<Wire> for Money {
    type Error = NotExact;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Self::parse(&wire.amount, wire.currency)
    }
}

impl From<Money> for Wire {
    fn from(money: Money) -> Self {
        Self { amount: money.amount.to_string(), currency: money.currency }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_the_digits_of_their_currency() {
        for (minor, code, text) in
            [(2400, "USD", "24.00"), (1000, "JPY", "1000"), (-5, "EUR", "-0.05"), (1, "KWD", "0.001")]
        {
            let money = Money::from_minor(minor, Currency::parse(code).unwrap());
            assert_eq!(money.amount().to_string(), text, "{code}");
            assert_eq!(Money::parse(text, money.currency()), Ok(money), "{code}");
            assert_eq!(money.minor(), Some(minor), "{code}");
        }
    }

    #[test]
    fn what_would_need_rounding_is_refused() {
        for (amount, code) in [
            ("24.001", "USD"),
            ("0.5", "JPY"),
            ("", "USD"),
            ("1e3", "USD"),
            ("24,00", "EUR"),
            (" 1", "USD"),
            ("+1", "USD"),
        ] {
            assert!(Money::parse(amount, Currency::parse(code).unwrap()).is_err(), "{amount} {code}");
        }
        assert_eq!(Money::parse("24", Currency::USD).unwrap().to_string(), "24.00 USD");
    }

    #[test]
    fn a_currency_is_listed_or_refused() {
        assert_eq!(Currency::parse("usd"), Ok(Currency::USD));
        for code in ["", "US", "USDX", "ZZZ", "€€€", "X X"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn json_is_a_decimal_string_with_its_currency() {
        let money: Money = serde_json::from_str(r#"{"amount":"24.5","currency":"usd"}"#).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), r#"{"amount":"24.50","currency":"USD"}"#);
        assert!(serde_json::from_str::<Money>(r#"{"amount":24.5,"currency":"usd"}"#).is_err());
    }
}
