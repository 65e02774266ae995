//! Which kinds of usage report are there?

/// What the texts of numbered refunds begin with (loyalty.md §7 I1).
const REFUND_KIND: &str = "refund-";

/// What happened to the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was paid: what was used is booked.
    Paid,
    /// It was given back.
    Refunded,
    /// Some of it was given back: which one of the bill's refunds, from 1, and its text.
    Part(i64, String),
    /// It never was.
    Cancelled,
    /// Something the documents do not name: kept, not booked.
    Other(String),
}

impl Kind {
    /// The text in the table and in the API.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Part(_, text) | Self::Other(text) => text,
        }
    }

    /// Reads the text of the table.
    pub(crate) fn from_text(text: &str) -> Self {
        let number = text.strip_prefix(REFUND_KIND).and_then(|number| number.parse().ok());
        match (text, number) {
            ("paid", _) => Self::Paid,
            ("refunded", _) => Self::Refunded,
            ("cancelled", _) => Self::Cancelled,
            (_, Some(number)) if number > 0 => Self::refund(number),
            (other, _) => Self::Other(other.to_owned()),
        }
    }

    /// The refund of this number; 0 is everything that has not gone back yet.
    pub(crate) fn refund(number: i64) -> Self {
        if number == 0 { Self::Refunded } else { Self::Part(number, format!("{REFUND_KIND}{number}")) }
    }

    /// Whether it takes back whatever the bill booked.
    pub(crate) fn takes_back(&self) -> bool {
        matches!(self, Self::Refunded | Self::Cancelled)
    }
}
