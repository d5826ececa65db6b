//! What of an event fits into an item? Ids that are too long are refused, and what people wrote is cut.

use super::size::bytes_at_most;
use super::{Card, Decline, Discount, Event, InvoiceSeen, Item, Line, Seen, Stated, SubscriptionSeen};
use crate::policy::{Room, fitting, shorten, stored_bytes, text_bytes, text_end};

/// The longest id that any provider is believed to use; longer ones would not fit into a key.
const ID_BYTES_MAX: usize = 255;
/// Nobody is called so, and no mail goes to such an address.
const NAME_BYTES_MAX: usize = 1000;
const ADDRESS_BYTES_MAX: usize = 320;
/// The longest tag of a language that anybody needs.
const LOCALE_BYTES_MAX: usize = 35;
/// What a line, a plan or a bank has to say.
const WORDS_BYTES_MAX: usize = 500;
/// A page where somebody pays.
const LINK_BYTES_MAX: usize = 2000;

fn cut(text: &mut Option<String>, most: usize) {
    if let Some(text) = text
        && let Some(place) = text_end(text, most)
    {
        let left = text[place..].chars().count();
        text.truncate(place);
        text.push_str(&format!("… [{left} characters more in the delivery as it came]"));
    }
}

/// What is no id of anything is not looked for: a reference that is too long is none.
fn refer(id: &mut Option<String>) {
    id.take_if(|id| text_bytes(id) > ID_BYTES_MAX);
}

fn cut_card(card: &mut Option<Card>) {
    if let Some(card) = card {
        shorten(&mut card.brand, 50);
        shorten(&mut card.last4, 20);
    }
}

fn cut_decline(decline: &mut Option<Decline>) {
    if let Some(decline) = decline {
        shorten(&mut decline.code, ID_BYTES_MAX);
        let more = [&mut decline.gateway, &mut decline.advice, &mut decline.network_advice, &mut decline.funding];
        let still_more = [&mut decline.network_code, &mut decline.network, &mut decline.issuer, &mut decline.text];
        more.into_iter().chain(still_more).flatten().for_each(|text| {
            shorten(text, 100);
        });
    }
}

fn cut_line(line: &mut Line) {
    shorten(&mut line.id, ID_BYTES_MAX);
    cut(&mut line.text, WORDS_BYTES_MAX);
    refer(&mut line.price);
    refer(&mut line.subscription);
}

fn cut_item(item: &mut Item) {
    refer(&mut item.id);
    shorten(&mut item.price, ID_BYTES_MAX);
    cut(&mut item.name, WORDS_BYTES_MAX);
}

impl InvoiceSeen {
    /// Where not all lines fit, none is kept: nobody computes a bill again from a part of it.
    fn cut(&mut self, room: Room) {
        cut(&mut self.number, ID_BYTES_MAX);
        refer(&mut self.subscription);
        self.pay_link.take_if(|link| text_bytes(link) > LINK_BYTES_MAX);
        cut_decline(&mut self.decline);
        if let Some(lines) = &mut self.lines {
            lines.iter_mut().for_each(cut_line);
            if stored_bytes(lines) > room.lines_bytes_max {
                lines.clear();
            }
        }
    }
}

impl SubscriptionSeen {
    /// The same for what is bought: then its plan is not known.
    fn cut(&mut self, room: Room) {
        if let Some(items) = &mut self.items {
            items.iter_mut().for_each(cut_item);
            if stored_bytes(items) > room.lines_bytes_max {
                items.clear();
            }
        }
        if let Some(Stated::Is(Discount { code, .. })) = &mut self.discount {
            cut(code, ID_BYTES_MAX);
        }
        self.card.take_if(|card| card.value().is_some_and(|id| text_bytes(id) > ID_BYTES_MAX));
    }
}

impl Event {
    /// Whether every id of it names something and fits into a key.
    pub fn is_named(&self) -> bool {
        let own = self.seen.iter().flat_map(|seen| match seen {
            Seen::Customer(_) | Seen::Balance(_) => vec![],
            Seen::Card(seen) => vec![&seen.id],
            Seen::Chosen(seen) => vec![&seen.card],
            Seen::Subscription(seen) => vec![&seen.id],
            Seen::Invoice(seen) => vec![&seen.id],
            Seen::CreditNote(seen) => vec![&seen.id, &seen.invoice],
            Seen::Payment(seen) => vec![&seen.id],
            Seen::Refund(seen) => vec![&seen.id, &seen.payment],
            Seen::Dispute(seen) => vec![&seen.id, &seen.payment],
            Seen::Link(seen) => vec![&seen.intent, &seen.invoice],
            Seen::Ticket(seen) => vec![&seen.id],
        });
        own.chain([&self.id]).chain(&self.customer).all(|id| !id.is_empty() && text_bytes(id) <= ID_BYTES_MAX)
    }

    /// The event with its texts cut to what an item can hold; what people wrote says that it was cut.
    #[must_use]
    pub fn cut(mut self, room: Room) -> Self {
        for seen in &mut self.seen {
            match seen {
                Seen::Customer(seen) => {
                    [&mut seen.name, &mut seen.phone, &mut seen.address]
                        .into_iter()
                        .for_each(|text| cut(text, NAME_BYTES_MAX));
                    seen.email.take_if(|email| text_bytes(email) > ADDRESS_BYTES_MAX);
                    seen.locale.take_if(|locale| text_bytes(locale) > LOCALE_BYTES_MAX);
                    seen.country.take_if(|country| country.len() != 2);
                }
                Seen::Ticket(seen) => {
                    cut(&mut seen.body, room.written_bytes_max);
                    [&mut seen.subject, &mut seen.requester_name]
                        .into_iter()
                        .for_each(|text| cut(text, NAME_BYTES_MAX));
                    seen.requester_email.take_if(|email| text_bytes(email) > ADDRESS_BYTES_MAX);
                }
                Seen::Card(seen) => cut_card(&mut seen.card),
                Seen::Subscription(seen) => seen.cut(room),
                Seen::Invoice(seen) => seen.cut(room),
                Seen::CreditNote(seen) => cut(&mut seen.reason, WORDS_BYTES_MAX),
                Seen::Payment(seen) => {
                    [&mut seen.invoice, &mut seen.subscription, &mut seen.intent].into_iter().for_each(refer);
                    [&mut seen.method, &mut seen.issuer].into_iter().for_each(|text| cut(text, 50));
                    refer(&mut seen.reference);
                    cut_card(&mut seen.card);
                    cut_decline(&mut seen.decline);
                }
                Seen::Refund(seen) => refer(&mut seen.action),
                Seen::Dispute(seen) => cut(&mut seen.reason, WORDS_BYTES_MAX),
                Seen::Balance(_) | Seen::Chosen(_) | Seen::Link(_) => {}
            }
        }
        self
    }

    /// The event as the timeline keeps it: its first sightings, as many as fit.
    #[must_use]
    pub fn within(mut self, room: Room) -> Self {
        if bytes_at_most(&self) <= room.event_bytes_max {
            return self;
        }
        let seen = std::mem::take(&mut self.seen);
        // An empty list is written as two brackets, which are counted with what is in it.
        let left = room.event_bytes_max.saturating_sub(stored_bytes(&self) - 2);
        let kept = fitting(&seen, left);
        self.seen = seen.into_iter().take(kept).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Origin, PaymentSeen};
    use crate::money::{Currency, Money};

    const ROOM: Room = Room { written_bytes_max: 40, lines_bytes_max: 2_000, event_bytes_max: 3_000 };

    #[test]
    fn what_was_cut_says_so_and_nothing_breaks_a_letter() {
        let rows = [
            ("短い", 6, "短い"),
            ("長い長い文", 6, "長い… [3 characters more in the delivery as it came]"),
            ("長い長い文", 8, "長い… [3 characters more in the delivery as it came]"),
            ("a\"b", 4, "a\"b"),
            ("a\"b", 3, "a\"… [1 characters more in the delivery as it came]"),
            ("\u{1}\u{1}", 11, "\u{1}… [1 characters more in the delivery as it came]"),
        ];
        for (text, most, expected) in rows {
            let mut given = Some(text.to_owned());
            cut(&mut given, most);
            assert_eq!(given.as_deref(), Some(expected), "{text:?} in {most}");
        }
    }

    fn line(number: usize) -> Line {
        Line {
            id: format!("il_{number}"),
            price: Some("p".repeat(300)),
            text: Some("x".repeat(40)),
            role: None,
            unit: None,
            quantity: None,
            amount: Money::from_minor(100, Currency::USD),
            tax: None,
            discount: None,
            proration: false,
            from: None,
            to: None,
            subscription: None,
        }
    }

    fn event(seen: Vec<Seen>) -> Event {
        Event {
            id: "evt_1".into(),
            provider: "stripe".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::InvoiceChanged,
            at: "2026-03-01T10:00:00Z".parse().unwrap(),
            customer: Some("cus_1".into()),
            seen,
        }
    }

    #[test]
    fn lines_are_kept_all_or_none() {
        for (count, kept) in [(2, 2), (200, 0)] {
            let lines = Some((0..count).map(line).collect());
            let told = event(vec![Seen::Invoice(InvoiceSeen { id: "in_1".into(), lines, ..InvoiceSeen::default() })]);
            let cut = told.cut(ROOM);
            let Seen::Invoice(InvoiceSeen { lines: Some(lines), .. }) = &cut.seen[0] else { panic!("{cut:?}") };
            assert_eq!(lines.len(), kept, "of {count}");
            assert!(lines.iter().all(|line| line.price.is_none()), "no price has so long an id");
        }
    }

    #[test]
    fn the_timeline_keeps_what_fits() {
        let seen = |number: usize| Seen::Payment(PaymentSeen { id: format!("ch_{number}"), ..PaymentSeen::default() });
        for (count, whole) in [(1, true), (8, true), (100, false)] {
            let all = event((0..count).map(seen).collect());
            let kept = all.clone().within(ROOM);
            assert_eq!(kept.seen.len() == count, whole, "of {count}");
            assert!(stored_bytes(&kept) <= ROOM.event_bytes_max && !kept.seen.is_empty());
            let more = Event { seen: all.seen.into_iter().take(kept.seen.len() + 1).collect(), ..kept };
            assert!(whole || stored_bytes(&more) > ROOM.event_bytes_max, "one more does not fit: of {count}");
        }
    }
}
