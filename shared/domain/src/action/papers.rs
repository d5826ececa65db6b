//! What stands on our own tax document of an invoice, where Recoup makes it and not the provider.

use super::Line;
use std::collections::BTreeMap;

/// The line that every tax document has, whoever makes it.
pub(super) const INVOICE: &str = "Invoice";

/// By the invoice: what its document says, or why there can be none. Of every other invoice the provider's is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Papers(BTreeMap<String, Result<Vec<Line>, String>>);

/// For whoever asks for no document.
pub static NO_PAPERS: Papers = Papers(BTreeMap::new());

impl Papers {
    /// Notes what would be sent of an invoice.
    pub fn note(&mut self, invoice: &str, said: Result<Vec<Line>, String>) {
        self.0.insert(invoice.to_owned(), said);
    }

    /// What would be sent of an invoice; nothing, where that is the provider's to say.
    pub fn of(&self, invoice: &str) -> Option<&Result<Vec<Line>, String>> {
        self.0.get(invoice)
    }
}

/// What a preview says of our own document alone.
pub(super) fn own(lines: &[Line]) -> impl Iterator<Item = &Line> {
    lines.iter().filter(|line| line.label != INVOICE)
}
