//! What is one entry of the ledger?

db::text_enum! {
    /// Why value moved (column `partner_transfer.kind`).
    pub(crate) enum TransferKind {
        /// Value came into being: a voucher sold, an opening value.
        Issue = "issue",
        /// The guest paid for value to be used later (loyalty.md §11).
        TopUp = "topUp",
        /// The guest used value on a bill.
        Spend = "spend",
        /// A bill earned points.
        Earn = "earn",
        /// A lot reached its end.
        Expire = "expire",
        /// Given for things that were brought back (protocol.md §10.10).
        Refund = "refund",
        /// Mirrors a spend or a top-up of a bill that was cancelled or refunded.
        Reversal = "reversal",
        /// Takes back what a bill earned (loyalty.md §6 C3).
        ClawBack = "clawBack",
        /// The part of a fact that nothing covered (loyalty.md §8 N2).
        Overdraft = "overdraft",
        /// Given or taken by hand.
        Adjust = "adjust",
        /// A shortfall the merchant does not ask back (loyalty.md §8 N4), or its mirror.
        WriteOff = "writeOff",
        /// Money given back to a guest who was erased (loyalty.md §12 G3).
        PayOut = "payOut",
        /// What such a guest was given and loses: points, bonus, and what a shortfall was set off against.
        Forfeit = "forfeit",
        /// A hole took what stood beside it and nobody kept any more; where it is no bill's, the lot's side of it too.
        Fill = "fill",
    }
}

db::text_enum! {
    /// The two sides of an entry. One of them is always the guest's balance.
    pub(crate) enum Account {
        /// What the merchant owes the guest on this balance: credited when value comes, debited when it goes.
        Guest = "guest",
        /// Paid by the guest through a sale.
        Sales = "sales",
        /// Given by the merchant: points, bonus.
        Promotion = "promotion",
        /// Used for goods on a bill.
        Redemption = "redemption",
        /// Value that ended unused.
        Breakage = "breakage",
        /// Value brought in from before this ledger, or set up by hand.
        Opening = "opening",
        /// Money handed over to a guest who left.
        PaidOut = "paidOut",
    }
}

/// An entry that is booked, as far as a reversal needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) balance_id: String,
    pub(crate) entry: i64,
    pub(crate) kind: TransferKind,
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
