//! What does a merchant want to happen when a fact takes more than there is?

use super::expiry::ByType;
use serde::{Deserialize, Serialize};
use wire::loyalty::BalanceType;

/// What becomes of a balance that a fact took below zero (loyalty.md §8 N4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Negative {
    /// It stays: later credits fill the hole.
    Allow,
    /// The shortfall is written off.
    Clamp,
    /// It stays, and the balance is frozen.
    #[serde(alias = "block_card")]
    BlockCard,
}

impl ByType<Negative> {
    /// The rule for a type: what is set, else points and credit may be negative and vouchers are frozen.
    pub(crate) fn rule(&self, balance_type: BalanceType) -> Negative {
        self.of(balance_type).copied().unwrap_or(match balance_type {
            BalanceType::CollectablePoints | BalanceType::PrepaidCredit => Negative::Allow,
            BalanceType::SinglePurposePrepaidVoucher | BalanceType::MultiPurposePrepaidVoucher => {
                Negative::BlockCard
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vouchers_are_frozen_and_the_rest_may_be_negative_unless_said_otherwise() {
        let negative: ByType<Negative> =
            serde_json::from_str(r#"{"collectablePoints":"clamp","multiPurposePrepaidVoucher":"allow"}"#)
                .unwrap();
        for (balance_type, said, unsaid) in [
            (BalanceType::CollectablePoints, Negative::Clamp, Negative::Allow),
            (BalanceType::PrepaidCredit, Negative::Allow, Negative::Allow),
            (BalanceType::SinglePurposePrepaidVoucher, Negative::BlockCard, Negative::BlockCard),
            (BalanceType::MultiPurposePrepaidVoucher, Negative::Allow, Negative::BlockCard),
        ] {
            assert_eq!(negative.rule(balance_type), said, "{balance_type:?}");
            assert_eq!(ByType::none().rule(balance_type), unsaid, "{balance_type:?}");
        }
        assert!(serde_json::from_str::<ByType<Negative>>(r#"{"prepaidCredit":"forgive"}"#).is_err());
    }
}
