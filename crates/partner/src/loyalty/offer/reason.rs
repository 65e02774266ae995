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
    /// Other checks hold all of it, at least one of them at another register.
    LockedByOtherDevice,
    /// Other checks of the same register hold all of it.
    LockedByOtherCheck,
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
    /// A telephone number or an address that several members have.
    Ambiguous,
    /// The lines it asks for come to too little.
    MinAmountNotMet,
    /// It does not work at this place.
    WrongPlace,
    /// It does not work on this day or at this time.
    WrongTime,
    /// It is not for this guest, or not on this visit.
    NotEligible,
    /// It was used as often, or for as much money, as it may be.
    LimitReached,
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
            Self::LockedByOtherCheck => "LOCKED_BY_OTHER_CHECK",
            Self::PartlyReserved => "PARTLY_RESERVED",
            Self::Inactive => "INACTIVE",
            Self::Frozen => "FROZEN",
            Self::EmptyBasket => "EMPTY_BASKET",
            Self::CurrencyMismatch => "CURRENCY_MISMATCH",
            Self::Ambiguous => "AMBIGUOUS",
            Self::MinAmountNotMet => "MIN_AMOUNT_NOT_MET",
            Self::WrongPlace => "WRONG_PLACE",
            Self::WrongTime => "WRONG_TIME",
            Self::NotEligible => "NOT_ELIGIBLE",
            Self::LimitReached => "LIMIT_REACHED",
            Self::AlreadyActive => "ALREADY_ACTIVE",
            Self::TopUpNotAllowed => "TOP_UP_NOT_ALLOWED",
        }
    }

    /// Why all of something is held by other checks: those of the same register alone, or also others.
    pub(crate) fn locked(only_this_register: bool) -> Self {
        if only_this_register { Self::LockedByOtherCheck } else { Self::LockedByOtherDevice }
    }

    /// Whether it is because other checks hold all of it.
    pub(crate) fn is_locked(self) -> bool {
        matches!(self, Self::LockedByOtherDevice | Self::LockedByOtherCheck)
    }

    /// Every reason, for tests.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 22] = [
        Self::NotFound,
        Self::Expired,
        Self::AlreadyUsed,
        Self::AlreadyApplied,
        Self::NotYetValid,
        Self::NotCombinable,
        Self::NoMatchingItems,
        Self::LockedByOtherDevice,
        Self::LockedByOtherCheck,
        Self::PartlyReserved,
        Self::Inactive,
        Self::Frozen,
        Self::EmptyBasket,
        Self::CurrencyMismatch,
        Self::Ambiguous,
        Self::MinAmountNotMet,
        Self::WrongPlace,
        Self::WrongTime,
        Self::NotEligible,
        Self::LimitReached,
        Self::AlreadyActive,
        Self::TopUpNotAllowed,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_reasons_is_whole() {
        let arms = include_str!("reason.rs").split("pub(crate) const ALL").next().unwrap();
        assert_eq!(arms.matches("=> \"").count(), Reason::ALL.len());
    }
}
