//! Why is a code or a balance not (wholly) applied? The `reasonCode` values of protocol.md §10.4.

/// A reason an offer gives. Receivers must tolerate values they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// Nobody knows this code.
    NotFound,
    /// Its time is over.
    Expired,
    /// Nothing is left on it.
    AlreadyUsed,
    /// It counts once, and an earlier entry of the same request was it.
    AlreadyApplied,
    /// Its time has not come.
    NotYetValid,
    /// It does not go together with what came before it.
    NotCombinable,
    /// Nothing in the basket fits it.
    NoMatchingItems,
    /// Another check holds all of it.
    LockedByOtherDevice,
    /// Another check holds a part of it; less than wanted is offered.
    PartlyReserved,
    /// It is not switched on.
    Inactive,
    /// It was blocked.
    Frozen,
    /// There is nothing in the basket.
    EmptyBasket,
    /// The basket is in another currency than the balance.
    CurrencyMismatch,
    /// A voucher that is topped up once is active already.
    AlreadyActive,
    /// It is nothing that can be topped up.
    TopUpNotAllowed,
}

impl Reason {
    /// The text on the wire.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Expired => "EXPIRED",
            Self::AlreadyUsed => "ALREADY_USED",
            Self::AlreadyApplied => "ALREADY_APPLIED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::NotCombinable => "NOT_COMBINABLE",
            Self::NoMatchingItems => "NO_MATCHING_ITEMS",
            Self::LockedByOtherDevice => "LOCKED_BY_OTHER_DEVICE",
            Self::PartlyReserved => "PARTLY_RESERVED",
            Self::Inactive => "INACTIVE",
            Self::Frozen => "FROZEN",
            Self::EmptyBasket => "EMPTY_BASKET",
            Self::CurrencyMismatch => "CURRENCY_MISMATCH",
            Self::AlreadyActive => "ALREADY_ACTIVE",
            Self::TopUpNotAllowed => "TOP_UP_NOT_ALLOWED",
        }
    }
}
