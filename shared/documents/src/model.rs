//! Which term of EN 16931 is which part of a document?

use crate::NotValid;
use domain::document::{
    Discount, DocumentLine, DocumentTotals, Party, Payment, Sound, Supplied, Tax, TaxDocument, TaxGroup, Unit,
};
use domain::money::Money;
use en16931::invoice::{
    Code, Contact, CreditTransfer, Delivery, DocumentAllowanceCharge, DocumentTotals as Sums, LineAllowanceCharge,
    LineVat, Party as Side, PaymentCard, PaymentInstructions, PaymentMeans, Period, PostalAddress, PrecedingInvoice,
    PriceDetails, VatBreakdown,
};
use en16931::{
    Date, DocumentKind, DocumentReference, Identifier, Invoice, InvoiceAmount, InvoiceLine, InvoiceNote, Percentage,
    Quantity, UnitPriceAmount,
};
use rust_decimal::Decimal;

const SPECIFICATION: &str = "urn:cen.eu:en16931:2017";

pub(crate) fn of(sound: &Sound<'_>) -> Result<Invoice, NotValid> {
    let (document, totals) = (sound.document(), sound.totals());
    let (kind, code) = match document.corrects {
        None => (DocumentKind::Invoice, "380"),
        Some(_) => (DocumentKind::CreditNote, "381"),
    };
    let issued_on = date(document.issued_on)?;
    let mut invoice =
        Invoice::builder(SPECIFICATION, &document.number, issued_on, code, document.currency.code()).build();
    invoice.kind = kind;
    invoice.seller = issuer(document);
    invoice.buyer = customer(document);
    invoice.notes = notes(document).into_iter().map(InvoiceNote::new).collect();
    if let Some(original) = &document.corrects {
        let issued_on = date(original.issued_on)?;
        let reference = DocumentReference::new(&original.number);
        invoice.preceding_invoices = vec![PrecedingInvoice { reference, issue_date: Some(issued_on) }];
    }
    // What lasts is delivered on its last day as well: CII has an empty element where no day is said.
    let (day, lasts) = match document.supplied {
        Some(Supplied::On(day)) => (Some(day), None),
        Some(Supplied::Between(from, to)) => (Some(to), Some((from, to))),
        None => (None, None),
    };
    if let Some(day) = day {
        invoice.delivery = Some(Delivery { date: Some(date(day)?), ..Delivery::default() });
    }
    invoice.invoicing_period = lasts.map(|(from, to)| period(from, to)).transpose()?;
    match (document.due_on, &document.corrects) {
        (Some(day), None) => invoice.due_date = Some(date(day)?),
        (None, None) => invoice.payment_terms = Some("As agreed".to_owned()),
        // A credit note is due to nobody on a day, and UBL has no place for one.
        (_, Some(_)) => invoice.payment_terms = Some("Set off or paid back".to_owned()),
    }
    invoice.payment = Some(payment(document));
    invoice.lines = lines(document, totals)?;
    invoice.allowances = document.discounts.iter().map(allowance).collect::<Result<_, _>>()?;
    invoice.charges = totals.groups.iter().filter_map(sales_tax).collect::<Result<_, _>>()?;
    invoice.vat_breakdown = breakdown(sound)?;
    invoice.totals = sums(document, totals)?;
    if let Some(books) = document.books.as_ref().filter(|books| books.currency != document.currency) {
        invoice.vat_accounting_currency = Some(Code::new(books.currency.code()));
        invoice.totals.vat_total_accounting = totals.own_tax.map(amount).transpose()?;
    }
    Ok(invoice)
}

fn issuer(document: &TaxDocument) -> Side {
    let mut side = side(&document.issuer);
    if is_vat(document) {
        side.vat_identifier.clone_from(&document.issuer.tax_id);
    } else if let Some(id) = &document.issuer.tax_id {
        // Outside VAT, an e-invoice must not name a number of that tax.
        side.legal_registration = Some(Identifier::new(id));
    }
    side
}

fn customer(document: &TaxDocument) -> Side {
    let party = &document.customer;
    let mut side = side(party);
    let prefix = if party.country == "GR" { "EL" } else { &party.country };
    match &party.tax_id {
        Some(id) if is_vat(document) && id.starts_with(prefix) => side.vat_identifier = Some(id.clone()),
        Some(id) if side.legal_registration.is_none() => side.legal_registration = Some(Identifier::new(id)),
        _ => {}
    }
    side
}

fn side(party: &Party) -> Side {
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut street = party.street.iter().filter_map(|line| said(line));
    let (line1, line2) = (street.next(), street.next());
    let rest: Vec<String> = street.collect();
    let address = PostalAddress {
        line1,
        line2,
        line3: said(&rest.join(", ")),
        city: said(&party.city),
        post_code: said(&party.post_code),
        subdivision: party.region.as_deref().and_then(said),
        country: Some(Code::new(&party.country)),
    };
    let mut side = Side::new(party.name.trim(), address);
    side.legal_registration = party.registration.as_deref().and_then(said).map(Identifier::new);
    side.contact = Contact { email: party.email.as_deref().and_then(said), ..Contact::default() };
    side
}

fn notes(document: &TaxDocument) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(original) = &document.corrects {
        notes.push(format!("Corrects {}: {}", original.number, original.reason));
    }
    if let Some(books) = document.books.as_ref().filter(|books| books.currency != document.currency) {
        let rate = books.rate.normalize();
        let (from, source) = (document.currency, &books.source);
        notes.push(format!("1 {from} = {rate} {} ({source}, {})", books.currency, books.rate_on));
    }
    notes
}

fn payment(document: &TaxDocument) -> PaymentInstructions {
    match &document.payment {
        Payment::Transfer { iban, bic, reference } => {
            // 58 is a transfer within SEPA, which knows only euros.
            let code = if document.currency.code() == "EUR" { "58" } else { "30" };
            let to = CreditTransfer {
                account_identifier: Some(iban.clone()),
                account_name: Some(document.issuer.name.clone()),
                provider_identifier: bic.clone(),
            };
            PaymentInstructions {
                means_code: Some(Code::new(code)),
                means_text: None,
                remittance_information: Some(reference.clone()).filter(|text| !text.is_empty()),
                means: Some(PaymentMeans::CreditTransfer(vec![to])),
            }
        }
        Payment::Card { last4 } => PaymentInstructions {
            means_code: Some(Code::new("48")),
            means: Some(PaymentMeans::Card(PaymentCard {
                primary_account_number: Some(last4.clone()),
                holder_name: None,
            })),
            ..PaymentInstructions::default()
        },
        Payment::Other(text) => PaymentInstructions {
            means_code: Some(Code::new("ZZZ")),
            means_text: Some(text.clone()),
            ..PaymentInstructions::default()
        },
    }
}

fn lines(document: &TaxDocument, totals: &DocumentTotals) -> Result<Vec<InvoiceLine>, NotValid> {
    let numbered = document.lines.iter().zip(&totals.nets).zip(1..);
    numbered.map(|((line, net), number)| line_of(line, *net, number)).collect()
}

fn line_of(line: &DocumentLine, net: Money, number: u32) -> Result<InvoiceLine, NotValid> {
    let vat = vat(&line.tax);
    let quantity = Quantity::new(line.quantity);
    let mut made = InvoiceLine::new(
        number.to_string(),
        line.name.trim(),
        quantity,
        unit(line.unit),
        amount(net)?,
        vat.category,
        vat.rate,
    )
    .with_price(PriceDetails { net_price: UnitPriceAmount::new(line.price.amount()), ..PriceDetails::default() });
    if let Some((from, to)) = line.period {
        made.period = Some(period(from, to)?);
    }
    if let Some(discount) = line.discount.filter(|discount| discount.is_positive()) {
        made.allowances = vec![LineAllowanceCharge {
            amount: amount(discount)?,
            base_amount: None,
            percentage: None,
            reason: Some("Discount".to_owned()),
            reason_code: None,
        }];
    }
    Ok(made)
}

fn allowance(discount: &Discount) -> Result<DocumentAllowanceCharge, NotValid> {
    let reason = if discount.reason.trim().is_empty() { "Discount" } else { discount.reason.trim() };
    Ok(DocumentAllowanceCharge {
        amount: amount(discount.amount)?,
        base_amount: None,
        percentage: None,
        vat: vat(&discount.tax),
        reason: Some(reason.to_owned()),
        reason_code: None,
    })
}

/// EN 16931 knows one tax, and it is VAT: any other is charged like postage, with its name.
fn sales_tax(group: &TaxGroup) -> Option<Result<DocumentAllowanceCharge, NotValid>> {
    let Tax::SalesTax { rate, reason } = &group.tax else { return None };
    let charge = |amount| DocumentAllowanceCharge {
        amount,
        base_amount: None,
        percentage: None,
        vat: vat(&group.tax),
        reason: Some(format!("Sales tax {} % ({reason})", rate.normalize())),
        reason_code: None,
    };
    group.amount.is_positive().then(|| amount(group.amount).map(charge))
}

fn breakdown(sound: &Sound<'_>) -> Result<Vec<VatBreakdown>, NotValid> {
    let totals = sound.totals();
    let (vat, outside): (Vec<&TaxGroup>, Vec<&TaxGroup>) =
        totals.groups.iter().partition(|group| !is_outside(&group.tax));
    let mut parts = Vec::new();
    for group in vat {
        let LineVat { category, rate } = self::vat(&group.tax);
        let (reason, code) = match &group.tax {
            Tax::ReverseCharge => (sound.law().note(&group.tax).map(str::to_owned), Some("VATEX-EU-AE")),
            Tax::Export => (sound.law().note(&group.tax).map(str::to_owned), None),
            Tax::Exempt { .. } => (Some(group.reasons.join("; ")), None),
            _ => (None, None),
        };
        parts.push(VatBreakdown {
            taxable_amount: amount(group.base)?,
            tax_amount: amount(group.amount)?,
            category,
            rate,
            exemption_reason: reason,
            exemption_reason_code: code.map(Code::new),
        });
    }
    if !outside.is_empty() {
        let base = outside.iter().map(|group| group.base.plus(group.amount));
        let base = base.fold(Money::zero(sound.document().currency), Money::plus);
        parts.push(VatBreakdown {
            taxable_amount: amount(base)?,
            tax_amount: InvoiceAmount::ZERO,
            category: Code::new("O"),
            rate: Some(Percentage::ZERO),
            exemption_reason: Some("Not subject to VAT".to_owned()),
            exemption_reason_code: None,
        });
    }
    Ok(parts)
}

fn sums(document: &TaxDocument, totals: &DocumentTotals) -> Result<Sums, NotValid> {
    let zero = Money::zero(document.currency);
    let is_sales_tax = |group: &&TaxGroup| is_outside(&group.tax) && group.amount.is_positive();
    let charges = totals.groups.iter().filter(is_sales_tax).map(|group| group.amount);
    let charged = charges.fold(zero, Money::plus);
    let is_said = |is_there: bool, money: Money| is_there.then(|| amount(money)).transpose();
    Ok(Sums {
        line_total: amount(totals.lines)?,
        allowance_total: is_said(!document.discounts.is_empty(), totals.discounts)?,
        charge_total: is_said(charged.is_positive(), charged)?,
        taxable_total: amount(totals.net.plus(charged))?,
        vat_total: Some(amount(totals.tax.minus(charged))?),
        vat_total_accounting: None,
        gross_total: amount(totals.gross)?,
        paid: is_said(document.paid.is_some(), totals.paid)?,
        rounding: is_said(!totals.rounding.amount().is_zero(), totals.rounding)?,
        due: amount(totals.due)?,
    })
}

fn vat(tax: &Tax) -> LineVat {
    let (category, rate) = match tax {
        Tax::Standard { rate } => ("S", Some(*rate)),
        Tax::Zero => ("Z", Some(Decimal::ZERO)),
        Tax::Exempt { .. } => ("E", Some(Decimal::ZERO)),
        Tax::ReverseCharge => ("AE", Some(Decimal::ZERO)),
        Tax::Export => ("G", Some(Decimal::ZERO)),
        Tax::SalesTax { .. } | Tax::Outside { .. } => ("O", None),
    };
    LineVat { category: Code::new(category), rate: rate.map(Percentage::new) }
}

fn is_outside(tax: &Tax) -> bool {
    matches!(tax, Tax::SalesTax { .. } | Tax::Outside { .. })
}

fn is_vat(document: &TaxDocument) -> bool {
    !document.taxes().any(is_outside)
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Piece => "C62",
        Unit::Hour => "HUR",
        Unit::Day => "DAY",
        Unit::Month => "MON",
        Unit::Year => "ANN",
    }
}

fn amount(money: Money) -> Result<InvoiceAmount, NotValid> {
    InvoiceAmount::from_decimal_exact(money.amount()).map_err(|_| NotValid::Amount)
}

fn period(from: jiff::civil::Date, to: jiff::civil::Date) -> Result<Period, NotValid> {
    Ok(Period { start: Some(date(from)?), end: Some(date(to)?) })
}

fn date(day: jiff::civil::Date) -> Result<Date, NotValid> {
    Date::parse(&day.to_string()).map_err(|_| NotValid::Date)
}
