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
    /// The lines it asks for come to too little.
    MinAmountNotMet,
    /// It does not work at this place.
    WrongPlace,
    /// It does not work on this day or at this time.
    WrongTime,
    /// It is not for this guest, or not on this visit.
    NotEligible,
    /// It was used as often, or for as much, as it may be.
    LimitReached,
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
            Self::MinAmountNotMet => "MIN_AMOUNT_NOT_MET",
            Self::WrongPlace => "WRONG_PLACE",
            Self::WrongTime => "WRONG_TIME",
            Self::NotEligible => "NOT_ELIGIBLE",
            Self::LimitReached => "LIMIT_REACHED",
        }
    }
}
