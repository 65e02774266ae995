//! What does a value that was sold below its face take off the bill, beside what it pays?
//!
//! The end of step 4 (loyalty.md §2, §3 V4): once points and gifts have lowered the prices it is known what the
//! tenders will pay, and the part that nobody paid for goes along with it in proportion. In an offer it is the
//! balance's `:bonus`, as what was given on top is; of a balance with both, the gift goes first.

use super::balance_state::BalanceState;
use super::bill::{Bill, Source};
use super::given::{Given, Table, Unit, money_part};
use super::wishes::Wish;
use crate::loyalty::ledger::{LotPart, LotState, Part, consume, goes_along, splits, wire_id};
use crate::loyalty::program::DefaultUse;
use jiff::Timestamp;
use money::Amount;
use wire::loyalty::BalanceType;

/// Whether some of a balance was sold below its face.
pub(super) fn is_below_face(state: &BalanceState) -> bool {
    splits(state.row.balance_type) && state.free.lots.iter().any(LotState::goes_along)
}

/// The order in which balances pay: vouchers, then credit, each in the order of loyalty.md §2.
pub(super) fn order_of_payment(state: &BalanceState) -> (bool, (Timestamp, i64, &str)) {
    (state.row.balance_type == BalanceType::PrepaidCredit, state.order(Part::Paid))
}

/// What the bonus part of one balance takes off the lines; `given` is what other balances gave so far.
pub(super) fn apply(at: usize, table: &Table<'_>, wish: Wish, given: &[Given], bill: &mut Bill) -> Given {
    let state = &table.balances[at];
    let weights = bill.weights(|_| true);
    let eligible: Amount = weights.iter().copied().sum();
    let open = table.scale.spendable(eligible.min(left_to_pay(at, table, given, bill)));
    let wanted = table.scale.to_ledger(open);

    let gifts: Vec<LotState> = state.free.lots.iter().filter(|lot| is_gift(lot)).cloned().collect();
    let mut parts = consume(&gifts, wanted).parts;
    let of_gifts = sum(&parts);
    let payable = may_pay(state, table);
    parts.extend(goes_along(&state.free.lots, wanted - of_gifts, payable));
    // what others hold is a reason to tell only where the bill would take it
    let reserved = match open > table.scale.to_request(state.free.available) {
        true => state.free.reserved_bonus.min(state.free.reserved_elsewhere),
        false => 0,
    };
    let most = table.scale.to_request(sum(&parts).saturating_add(reserved)).min(open);

    let mut one = money_part(at, Part::Bonus, table, wish, 0, most, |value| {
        bill.take(Source::Balance(at), value.min(table.scale.to_request(sum(&parts))), &weights)
    });
    one.most = one.most.min(table.scale.to_request(sum(&parts)).0);
    one.parts = first(parts, table.scale.to_ledger(one.value));
    one
}

fn is_gift(lot: &LotState) -> bool {
    Part::Bonus.takes(lot.kind) && !lot.goes_along()
}

/// What the bill leaves to this balance once those have paid that go before it.
fn left_to_pay(at: usize, table: &Table<'_>, given: &[Given], bill: &Bill) -> Amount {
    let own = order_of_payment(&table.balances[at]);
    let mut rest = bill.rest();
    let mut before: Vec<usize> = (0..table.balances.len())
        .filter(|other| table.allowed[*other] && splits(table.balances[*other].row.balance_type))
        .filter(|other| order_of_payment(&table.balances[*other]) < own)
        .collect();
    before.sort_by(|one, other| {
        order_of_payment(&table.balances[*one]).cmp(&order_of_payment(&table.balances[*other]))
    });
    for other in before {
        let state = &table.balances[other];
        let bonus = given.iter().filter(|one| one.balance == other).map(Given::in_ledger).sum();
        let pays = state.free_of(Part::Paid, bonus).available.min(may_pay(state, table));
        rest = (rest - table.scale.to_request(pays)).or_zero();
    }
    rest
}

/// The most that the part which pays may give, by the cashier's choice; in the ledger's units.
fn may_pay(state: &BalanceState, table: &Table<'_>) -> i64 {
    let wish = table.wishes.of_balance(&wire_id(&state.row.balance_id, Part::Paid));
    if wish.rejected {
        return 0;
    }
    match (wish.controllable.filter(|_| state.controllable()), table.default_use) {
        (Some(wanted), _) => table.scale.to_ledger(Amount(Unit::Money.floor(wanted, table).max(0))),
        (None, DefaultUse::None) if state.controllable() => 0,
        (None, _) => i64::MAX,
    }
}

fn sum(parts: &[LotPart]) -> i64 {
    parts.iter().map(|part| part.amount).fold(0, i64::saturating_add)
}

/// The first `amount` of these parts.
fn first(parts: Vec<LotPart>, amount: i64) -> Vec<LotPart> {
    let mut left = amount;
    let mut first = Vec::new();
    for part in parts {
        let taken = left.min(part.amount);
        if taken > 0 {
            left -= taken;
            first.push(LotPart { amount: taken, ..part });
        }
    }
    first
}
