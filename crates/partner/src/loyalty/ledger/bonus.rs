//! Which part of a balance does an id on the wire mean?
//!
//! Credit and multi-purpose vouchers may hold money that was given on top of what was paid (loyalty.md §3 V9), or be
//! sold below their face (V4).
//! The paid part is a tender, the bonus part a price reduction, so an offer shows two objects: `<balanceId>`
//! and `<balanceId>:bonus`. The books have one balance and one hold for both.

use super::lot::LotKind;
use wire::loyalty::{BalanceType, bonus_part, bonus_part_of};

/// A part of a balance: the lots that an id on the wire stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// Every lot: points and single-purpose vouchers.
    #[default]
    Whole,
    /// The bonus lots.
    Bonus,
    /// All but the bonus lots.
    Paid,
}

impl Part {
    /// The part that the plain id of a balance of this type stands for.
    pub(crate) fn of_plain_id(balance_type: BalanceType) -> Self {
        if splits(balance_type) { Self::Paid } else { Self::Whole }
    }

    /// Whether a lot of this kind belongs to the part.
    pub(crate) fn takes(self, kind: LotKind) -> bool {
        match self {
            Self::Whole => true,
            Self::Bonus => kind == LotKind::Bonus,
            Self::Paid => kind != LotKind::Bonus,
        }
    }
}

/// Whether the bonus of a balance of this type is shown apart.
pub(crate) fn splits(balance_type: BalanceType) -> bool {
    matches!(balance_type, BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit)
}

/// The balance an id is about, whichever part it means.
pub(crate) fn balance_of(wire_id: &str) -> &str {
    bonus_part_of(wire_id).unwrap_or(wire_id)
}

/// The id under which an offer shows a part of a balance.
pub(crate) fn wire_id(balance_id: &str, part: Part) -> String {
    match part {
        Part::Bonus => bonus_part(balance_id),
        Part::Whole | Part::Paid => balance_id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_a_balance_and_a_part() {
        for (wire, balance) in [("credit", "credit"), ("credit:bonus", "credit"), (":bonus", ":bonus")] {
            assert_eq!(balance_of(wire), balance, "{wire}");
        }
        assert_eq!(wire_id("credit", Part::Bonus), "credit:bonus");
        assert_eq!(wire_id("credit", Part::Paid), "credit");
    }

    #[test]
    fn a_part_takes_its_lots() {
        use LotKind::{Bonus, Earned, Paid};
        let takes = |part: Part| [Bonus, Paid, Earned].map(|kind| part.takes(kind));
        assert_eq!(takes(Part::Whole), [true, true, true]);
        assert_eq!(takes(Part::Bonus), [true, false, false]);
        assert_eq!(takes(Part::of_plain_id(BalanceType::PrepaidCredit)), [false, true, true]);
        assert_eq!(takes(Part::of_plain_id(BalanceType::SinglePurposePrepaidVoucher)), [true, true, true]);
    }
}
