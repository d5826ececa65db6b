//! The sidebar as lines of text, for help desks that show nothing else.

use super::{Addon, Bill, Mark, Moved, PaymentMethod, Sidebar, Told, on};
use crate::money::Money;
use jiff::Timestamp;

/// The sidebar as plain text, with the latest of what happened below it.
pub fn text(sidebar: &Sidebar, told: &[Told]) -> String {
    let mut rows = Vec::new();
    rows.extend(bought(sidebar));
    rows.extend(who(sidebar));
    rows.extend(status(sidebar));
    rows.extend(worth(sidebar));
    let mut text = rows.into_iter().fold(String::new(), |text, (label, value)| text + label + ": " + &value + "\n");
    let parts: [(&str, Vec<String>); 6] = [
        ("Charged twice or in trouble", sidebar.payments.iter().flat_map(troubles).collect()),
        ("Payments", sidebar.payments.iter().map(payment).collect()),
        ("Invoices of the last six months", sidebar.history.iter().map(bill).collect()),
        ("Being done", being_done(sidebar)),
        ("Ended before", ended(sidebar)),
        ("What happened", told.iter().map(Told::dated).collect()),
    ];
    for (title, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        text = lines.iter().fold(text + "\n" + title + "\n", |text, line| text + "- " + line + "\n");
    }
    text
}

type Row = (&'static str, String);

fn shown(value: Option<String>) -> String {
    value.unwrap_or_else(|| "not known".to_owned())
}

fn money(money: Option<Money>) -> String {
    shown(money.map(|money| money.to_string()))
}

fn day(at: Option<Timestamp>) -> String {
    shown(at.map(on))
}

fn yes(value: Option<bool>) -> String {
    shown(value.map(|value| if value { "yes" } else { "no" }.to_owned()))
}

/// Plan and price, cycle and renewal, how it is paid, seats, contract and add-ons.
fn bought(sidebar: &Sidebar) -> Vec<Row> {
    let (plan, subscription) = (&sidebar.plan, &sidebar.subscription);
    let per = plan.interval.as_ref().map(|interval| format!(" per {interval}")).unwrap_or_default();
    let priced = |amount: Option<Money>| shown(amount.map(|amount| format!("{amount}{per}")));
    let used = match (subscription.seats_used, subscription.seats_total) {
        (Some(used), Some(total)) => {
            let share = subscription.percent_used().map(|share| format!(", {share} %")).unwrap_or_default();
            let as_of = subscription.seats_as_of.map(|at| format!(", as of {}", on(at))).unwrap_or_default();
            format!("{used} of {total}{share}{as_of}")
        }
        (Some(used), None) => format!("{used} used"),
        (None, Some(total)) => format!("{total}, and how many are used is not known"),
        (None, None) => shown(None),
    };
    vec![
        ("Account", sidebar.title().to_owned()),
        ("Plan", shown(plan.name.clone())),
        ("Price", priced(plan.price)),
        ("Total", priced(plan.total)),
        ("Renews", day(plan.renews_at)),
        ("Card", shown(sidebar.payment_method.as_ref().map(card))),
        ("Started", day(subscription.started_at)),
        ("Contract ends", day(subscription.contract_end)),
        ("Renews by itself", yes(subscription.auto_renew)),
        ("Seats", used),
        ("Add-ons", shown(subscription.addons.as_ref().map(|addons| listed(addons)))),
    ]
}

fn who(sidebar: &Sidebar) -> Vec<Row> {
    let account = &sidebar.account;
    let mut rows = vec![
        ("E-mail", shown(account.email.clone())),
        ("Phone", shown(account.phone.clone())),
        ("Address", shown(account.billing_address.clone())),
        ("Customer", format!("{}:{}", account.provider, account.customer)),
    ];
    rows.extend(account.owner.clone().map(|owner| ("Looked after by", owner)));
    rows
}

fn status(sidebar: &Sidebar) -> Vec<Row> {
    let status = &sidebar.status;
    let paid = status.last_payment.as_ref().map(|paid| format!("{} on {}", money(paid.amount), on(paid.at)));
    let next = status.next_invoice.as_ref().map(|next| {
        let from = next.amount_from.map(|from| format!(" ({})", from.words())).unwrap_or_default();
        format!("{} on {}{from}", money(next.amount), on(next.at))
    });
    let mut rows = vec![
        ("Entitlement", shown(status.entitlement.map(|state| state.name().to_owned()))),
        ("Last payment", shown(paid)),
        ("Next invoice", shown(next)),
        ("Outstanding", money(status.outstanding)),
        ("Failures in 12 months", status.failures_12m.to_string()),
        ("Credit", money(sidebar.credits.available)),
    ];
    rows.extend(sidebar.credits.applied.map(|applied| ("Credit used", applied.to_string())));
    let pending = sidebar.credits.pending.filter(|pending| pending.is_positive());
    rows.extend(pending.map(|pending| ("Credit pending", pending.to_string())));
    rows.extend(status.disputes.iter().map(|dispute| {
        let until = dispute.evidence_due_at.map(|at| format!(", evidence due {}", on(at))).unwrap_or_default();
        ("Dispute", format!("{} of payment {}{until}", money(dispute.amount), dispute.payment))
    }));
    rows.extend(sidebar.dunning.as_ref().map(|dunning| {
        let next = dunning.next.as_ref().map(|next| next.replace('_', " "));
        let next = next.zip(dunning.next_at).map(|(next, at)| format!(": next is {next} on {}", on(at)));
        ("Recovery", format!("of invoice {}{}", dunning.invoice, next.unwrap_or_default()))
    }));
    rows
}

fn worth(sidebar: &Sidebar) -> Vec<Row> {
    let lifetime = &sidebar.lifetime;
    let covers = lifetime.revenue_covers.as_ref().map(|covers| format!(" ({covers})")).unwrap_or_default();
    let why = if lifetime.churn_reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", lifetime.churn_reasons.join("; "))
    };
    let mut rows = vec![
        ("Revenue", money(lifetime.revenue) + &covers),
        ("Customer for", shown(lifetime.months_active.map(|months| format!("{months} months")))),
        ("MRR", money(lifetime.mrr)),
        ("ARR", money(lifetime.arr)),
        ("Churn risk", shown(lifetime.churn_risk.map(|risk| format!("{risk}{why}")))),
        ("Open cases", sidebar.open_cases().to_string()),
    ];
    let open = sidebar.tickets.iter().filter(|ticket| ticket.state != "resolved").count();
    if !sidebar.tickets.is_empty() {
        rows.push(("Open tickets", open.to_string()));
    }
    rows
}

fn card(card: &PaymentMethod) -> String {
    let expiry = card.exp_month.zip(card.exp_year).map(|(month, year)| format!(", expires {month:02}/{year}"));
    format!("{} ending {}{}", card.brand, card.last4, expiry.unwrap_or_default())
}

fn troubles(moved: &Moved) -> Vec<String> {
    let name =
        format!("{} of {}", moved.amount.map_or_else(|| "a payment".to_owned(), |it| it.to_string()), on(moved.at));
    moved.marks.iter().map(|mark| format!("{name}: {}", marked(mark))).collect()
}

/// What is the matter, and what is recommended.
fn marked(mark: &Mark) -> String {
    let case = mark.case.as_ref().map(|case| format!(" ({case})")).unwrap_or_default();
    let advice = mark.recommended.as_ref().map(|it| {
        let state = it.state.map(|state| format!(", asked for: {}", state.replace('_', " "))).unwrap_or_default();
        format!(", recommended: {}{state}", it.says)
    });
    format!("{}{case}{}", mark.says, advice.unwrap_or_default())
}

fn payment(moved: &Moved) -> String {
    let parts = [
        Some(on(moved.at)),
        Some(money(moved.amount)),
        moved.status.map(|status| status.replace('_', " ")),
        moved.why.clone(),
        moved.given_back.map(|gone| format!("{gone} went back")),
        moved.method.clone(),
        moved.invoice.clone().or_else(|| moved.invoice_id.clone()).map(|invoice| format!("invoice {invoice}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn bill(bill: &Bill) -> String {
    let parts = [
        Some(on(bill.date)),
        Some(money(bill.amount)),
        bill.status.map(str::to_owned),
        bill.method.clone(),
        Some(format!("invoice {}", bill.name())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn being_done(sidebar: &Sidebar) -> Vec<String> {
    let words = |name: &str| name.replace('_', " ");
    let cases = sidebar.cases.iter().map(|case| {
        let advice = case.recommended.as_ref().map(|it| format!(", recommended: {}", it.says)).unwrap_or_default();
        format!("case: {} since {}{advice}", words(&case.class), on(case.opened_at))
    });
    let actions = sidebar.latest_actions.iter().flatten();
    let actions = actions.map(|action| format!("action: {}, {}", action.summary, words(action.state)));
    let open = sidebar.tasks.iter().filter(|task| task.state == "open");
    let tasks = open.map(|task| format!("task: {}, due {}", task.what, on(task.due_at)));
    let tickets = sidebar.tickets.iter().filter(|ticket| ticket.state != "resolved");
    let tickets = tickets.map(|ticket| {
        format!("ticket: {}, {}", ticket.subject.as_deref().unwrap_or("no subject"), words(ticket.state))
    });
    cases.chain(actions).chain(tasks).chain(tickets).collect()
}

fn ended(sidebar: &Sidebar) -> Vec<String> {
    let line = |case: &super::PastCase| {
        format!(
            "case: {}, {} on {}",
            case.class.replace('_', " "),
            case.resolution.replace('_', " "),
            on(case.resolved_at)
        )
    };
    sidebar.past_cases.iter().map(line).collect()
}

fn listed(addons: &[Addon]) -> String {
    let each = |addon: &Addon| {
        let price = addon.price.map(|price| format!(" at {price}")).unwrap_or_default();
        format!("{} × {}{price}", addon.quantity, addon.name)
    };
    let names: Vec<_> = addons.iter().map(each).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Person};
    use crate::money::Currency;
    use crate::sidebar::sidebar;
    use jiff::SignedDuration;
    use rust_decimal::Decimal;
    use serde_json::{from_value, json};

    #[test]
    fn everything_of_an_account_stands_in_its_order_and_what_is_not_known_says_so() {
        let mut head = Head::new("stripe", "default", "cus_1");
        let rate = json!({"amount": "10.00", "currency": "USD"});
        let month = json!({"unit": "month", "count": 1});
        let line = json!({"status": "active", "plan": "Team", "price": rate, "interval": month, "quantity": 3,
            "started_at": "2026-01-01T00:00:00Z", "renews_at": "2026-12-01T00:00:00Z",
            "mrr": {"amount": "30.00", "currency": "USD"}});
        head.book.subscriptions.insert("sub_1".to_owned(), from_value(line).unwrap());
        head.book.figures.mrr.insert(Currency::USD, Decimal::new(3000, 2));
        let now: Timestamp = "2026-11-30T08:00:00Z".parse().unwrap();
        let own = sidebar(&head, &Person::default(), now, SignedDuration::from_mins(10));
        let told = [Told { at: now, says: "payment of 30.00 USD came in".to_owned() }];
        let text = text(&own, &told);
        let labels: Vec<&str> = text.lines().filter_map(|line| line.split_once(": ")).map(|(label, _)| label).collect();
        assert_eq!(
            labels,
            [
                "Account",
                "Plan",
                "Price",
                "Total",
                "Renews",
                "Card",
                "Started",
                "Contract ends",
                "Renews by itself",
                "Seats",
                "Add-ons",
                "E-mail",
                "Phone",
                "Address",
                "Customer",
                "Entitlement",
                "Last payment",
                "Next invoice",
                "Outstanding",
                "Failures in 12 months",
                "Credit",
                "Revenue",
                "Customer for",
                "MRR",
                "ARR",
                "Churn risk",
                "Open cases",
            ]
        );
        for line in [
            "Price: 10.00 USD per month",
            "Total: 30.00 USD per month",
            "Seats: 3, and how many are used is not known",
            "Renews: 1 Dec 2026",
            "E-mail: not known",
            "ARR: 360.00 USD",
            "What happened\n- 30 Nov 2026, payment of 30.00 USD came in",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
