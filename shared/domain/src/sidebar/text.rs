//! The sidebar as lines of text, for help desks that show nothing else.

use super::{Addon, Sidebar};
use crate::money::Money;

/// The sidebar as plain text.
pub fn text(sidebar: &Sidebar) -> String {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
    let money = |money: Option<Money>| shown(money.map(|money| money.to_string()));
    let rows = [
        ("Account", sidebar.account.name.clone().unwrap_or_else(|| sidebar.account.customer.clone())),
        ("E-mail", shown(sidebar.account.email.clone())),
        ("Plan", shown(sidebar.plan.name.clone())),
        ("Price", money(sidebar.plan.price)),
        ("Renews", shown(sidebar.plan.renews_at.map(|at| at.to_string()))),
        ("Card", shown(sidebar.payment_method.as_ref().map(|card| format!("{} ending {}", card.brand, card.last4)))),
        ("Entitlement", shown(sidebar.status.entitlement.map(|state| state.name().to_owned()))),
        ("Add-ons", shown(sidebar.subscription.addons.as_ref().map(|addons| listed(addons)))),
        ("Credit", money(sidebar.credits.available)),
        ("Outstanding", money(sidebar.status.outstanding)),
        ("Failures in 12 months", sidebar.status.failures_12m.to_string()),
        ("Revenue", money(sidebar.lifetime.revenue)),
        ("MRR", money(sidebar.lifetime.mrr)),
        ("Churn risk", shown(sidebar.lifetime.churn_risk.map(str::to_owned))),
        ("Open cases", sidebar.open_cases().to_string()),
    ];
    let mut text = rows.iter().fold(String::new(), |text, (label, value)| text + label + ": " + value + "\n");
    let pending = sidebar.credits.pending.filter(|pending| pending.is_positive());
    if let Some(pending) = pending {
        text = format!("{text}Credit pending: {pending}\n");
    }
    let open = sidebar.tickets.iter().filter(|ticket| ticket.state != "resolved").count();
    if sidebar.tickets.is_empty() { text } else { format!("{text}Open tickets: {open}\n") }
}

fn listed(addons: &[Addon]) -> String {
    let names: Vec<_> = addons.iter().map(|addon| format!("{} × {}", addon.quantity, addon.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
