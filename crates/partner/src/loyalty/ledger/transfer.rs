//! What is one entry of the ledger?

/// Why value moved (column `partner_transfer.kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransferKind {
    /// Value came into being: a voucher sold, an opening value.
    Issue,
    /// The guest paid for value to be used later (loyalty.md §11).
    TopUp,
    /// The guest used value on a bill.
    Spend,
    /// A bill earned points.
    Earn,
    /// A lot reached its end.
    Expire,
    /// Given for things that were brought back (protocol.md §10.10).
    Refund,
    /// Mirrors a spend or a top-up of a bill that was cancelled or refunded.
    Reversal,
    /// Takes back what a bill earned (loyalty.md §6 C3).
    ClawBack,
    /// The part of a fact that nothing covered (loyalty.md §8 N2).
    Overdraft,
    /// Given or taken by hand.
    Adjust,
    /// A shortfall the merchant does not ask back (loyalty.md §8 N4), or its mirror.
    WriteOff,
    /// Money given back to a guest who was erased (loyalty.md §12 G3).
    PayOut,
    /// What such a guest was given and loses: points, bonus, and what a shortfall was set off against.
    Forfeit,
    /// A hole took what stood beside it and nobody kept any more; where it is no bill's, the lot's side of it too.
    Fill,
}

impl TransferKind {
    /// The text in the table and in the API.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::TopUp => "topUp",
            Self::Spend => "spend",
            Self::Earn => "earn",
            Self::Expire => "expire",
            Self::Refund => "refund",
            Self::Reversal => "reversal",
            Self::ClawBack => "clawBack",
            Self::Overdraft => "overdraft",
            Self::Adjust => "adjust",
            Self::WriteOff => "writeOff",
            Self::PayOut => "payOut",
            Self::Forfeit => "forfeit",
            Self::Fill => "fill",
        }
    }
}

/// The two sides of an entry. One of them is always the guest's balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// What the merchant owes the guest on this balance: credited when value comes, debited when it goes.
    Guest,
    /// Paid by the guest through a sale.
    Sales,
    /// Given by the merchant: points, bonus.
    Promotion,
    /// Used for goods on a bill.
    Redemption,
    /// Value that ended unused.
    Breakage,
    /// Value brought in from before this ledger, or set up by hand.
    Opening,
    /// Money handed over to a guest who left.
    PaidOut,
}

impl Account {
    /// The text in the table and in the API.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Sales => "sales",
            Self::Promotion => "promotion",
            Self::Redemption => "redemption",
            Self::Breakage => "breakage",
            Self::Opening => "opening",
            Self::PaidOut => "paidOut",
        }
    }

    /// Reads the text of the table.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "guest" => Some(Self::Guest),
            "sales" => Some(Self::Sales),
            "promotion" => Some(Self::Promotion),
            "redemption" => Some(Self::Redemption),
            "breakage" => Some(Self::Breakage),
            "opening" => Some(Self::Opening),
            "paidOut" => Some(Self::PaidOut),
            _ => None,
        }
    }
}

/// An entry that is booked, as far as a reversal needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) balance_id: String,
    pub(crate) entry: i64,
    pub(crate) kind: String,
    /// Whether it added to the balance.
    pub(crate) credits_guest: bool,
    /// The account on the other side.
    pub(crate) other: Account,
    pub(crate) amount: i64,
    pub(crate) lot_id: String,
}

/// What an entry is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) offer_id: Option<String>,
    pub(crate) bill_id: Option<String>,
    /// For people: why, where the kind does not say it.
    pub(crate) reason: Option<String>,
}

/// What dug a hole: its first entry, whose number is the hole's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dug {
    /// A bill used more than there was; else something given was taken back.
    pub(crate) redeems: bool,
    /// The account on the other side.
    pub(crate) other: Account,
    /// The bill it is about.
    pub(crate) link: Link,
}
