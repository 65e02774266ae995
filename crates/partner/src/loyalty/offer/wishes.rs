//! What did the cashier choose: how much of a balance to use, and which balance not to use at all?

use money::Decimal;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// What was chosen for one balance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The till refused it: it is not used.
    pub(crate) rejected: bool,
    /// How much of a controllable balance to use, in the balance's unit.
    pub(crate) controllable: Option<Decimal>,
    /// How much to top up, in currency.
    pub(crate) prepaid: Option<Decimal>,
}

/// The choices a request carries in `balances`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wishes(Vec<(String, Wish)>);

impl Wishes {
    /// Reads them. Of several entries for one balance the last choice counts, and one refusal.
    pub(crate) fn of(request: &ThirdPartyLoyaltyOfferRequest) -> Self {
        let mut wishes: Vec<(String, Wish)> = Vec::with_capacity(request.balances.len());
        for balance in &request.balances {
            let wish = Wish {
                rejected: balance.rejected_by_pos,
                controllable: balance.chosen_controllable_value().map(|number| number.0),
                prepaid: balance.prepaid_value.map(|number| number.0),
            };
            match wishes.iter_mut().find(|(id, _)| *id == balance.balance_id) {
                Some((_, known)) => {
                    known.rejected |= wish.rejected;
                    known.prepaid = wish.prepaid.or(known.prepaid);
                    known.controllable = wish.controllable.or(known.controllable);
                }
                None => wishes.push((balance.balance_id.clone(), wish)),
            }
        }
        Self(wishes)
    }

    /// The choice for a balance; none when the cashier has not touched it.
    pub(crate) fn of_balance(&self, balance_id: &str) -> Wish {
        self.0.iter().find(|(id, _)| id == balance_id).map_or_else(Wish::default, |(_, wish)| *wish)
    }
}
