//! What does a check keep for itself on a balance, and what becomes of it when the check asks anew?

use super::lot::LotPart;
use db::{Joined, Json};
use jiff::Timestamp;

db::row! {
    /// The register and check a hold belongs to; one active hold per balance and check (loyalty.md §4).
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub(crate) struct CheckKey {
        /// The place's id as the register sent it.
        pub(crate) place: String,
        pub(crate) device_number: i64,
        pub(crate) check_id: String,
    }
}

impl CheckKey {
    /// Whether both checks are open at one register.
    pub(crate) fn is_at_register_of(&self, other: &Self) -> bool {
        (&self.place, self.device_number) == (&other.place, other.device_number)
    }
}

db::row! {
    /// A hold as its row says (table `partner_hold`), state `active`.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct HoldRow {
        pub(crate) balance_id: String,
        /// Unique within its balance.
        pub(crate) hold_number: i64,
        pub(crate) check: CheckKey as Joined,
        /// The newest offer that placed or renewed it.
        pub(crate) offer_id: String,
        /// What is still held, in the balance's unit; the sum of `lots`.
        pub(crate) amount: i64,
        /// The concrete lots it keeps (loyalty.md §10 E3).
        pub(crate) lots: Vec<LotPart> as Json,
        pub(crate) expires_at: Timestamp,
    }
}

impl HoldRow {
    /// A hold counts while `now < expires_at`; at equality it is over (loyalty.md §4).
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// What an offer does to the hold its check has on one balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Nothing is held and nothing is wanted.
    Nothing,
    /// The same lots and amounts are wanted: only the end moves.
    Extend,
    /// Something is wanted and nothing was held.
    Place,
    /// Something else is wanted: the old hold ends with this state, a new one takes its place.
    Replace(Ended),
    /// Nothing is wanted any more (code removed, empty basket, rejected, another customer).
    Release(Ended),
}

/// The state a hold that is no longer active gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A newer hold of the same check took its place.
    Replaced,
    /// Given back before its end.
    Released,
    /// Its time had passed already.
    Expired,
}

impl Ended {
    /// The text of `partner_hold.state`.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// Judges what a check's own hold, on a balance or on a limit, becomes: `own` says of the present one whether it
/// still counts and whether it is just what is wanted.
pub(crate) fn follow(own: Option<(bool, bool)>, wants: bool) -> Move {
    match own {
        None if wants => Move::Place,
        None => Move::Nothing,
        Some((false, _)) if wants => Move::Replace(Ended::Expired),
        Some((false, _)) => Move::Release(Ended::Expired),
        Some((true, _)) if !wants => Move::Release(Ended::Released),
        Some((true, true)) => Move::Extend,
        Some((true, false)) => Move::Replace(Ended::Replaced),
    }
}
