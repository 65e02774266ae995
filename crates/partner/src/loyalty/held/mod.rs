//! What do open checks hold, and how does an operator end a hold before its time (loyalty.md §4)?
//!
//! A hold that was released is over like one that ended by itself: what it kept is free, and a report that comes
//! after it is booked and flagged `late`. An offer that is asked again may place another one.

use super::ledger::{CheckKey, Ended, HoldRow, holds, store as ledger};
use super::limit::{LimitHold, store as limits};
use super::promotion::counts_money;
use crate::merchant;
use db::{Error, Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Precision};
use std::collections::BTreeSet;
use wire::Number;
use wire::admin::partner::holds::HeldView;
use wire::time::utc_millis;

/// What a hold is of, and its number there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HoldId {
    /// Of a balance.
    Balance(String, i64),
    /// Of a limit of a promotion.
    Limit(String, i64),
}

impl HoldId {
    /// As it stands in a path: what it is of, in hex because ids may hold anything, and the number.
    pub(crate) fn text(&self) -> String {
        let (of, id, number) = match self {
            Self::Balance(id, number) => ("balance", id, number),
            Self::Limit(id, number) => ("limit", id, number),
        };
        format!("{of}-{}-{number}", outside::hex(id.as_bytes()))
    }

    /// Reads the text; `None` for one that no list has given.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (of, hex, number) = (parts.next()?, parts.next()?, parts.next()?);
        let (id, number) = (outside::unhex(hex)?, number.parse().ok()?);
        match of {
            "balance" => Some(Self::Balance(id, number)),
            "limit" => Some(Self::Limit(id, number)),
            _ => None,
        }
    }
}

/// Which holds are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Of {
    Balance(String),
    Limit(String),
    Check(CheckKey),
}

/// The holds that count now; `None` when the merchant, the balance or the limit is not there.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    merchant: &str,
    of: &Of,
    now: Timestamp,
) -> Result<Option<Vec<HeldView>>, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(None) };
    let held = match of {
        Of::Balance(id) => {
            if ledger::get_balance(tx, merchant, id)?.is_none() {
                return Ok(None);
            }
            Held { balances: ledger::active_holds(tx, merchant, &[id])?, limits: Vec::new() }
        }
        Of::Limit(id) => {
            if limits::look(tx, merchant, id)?.is_none() {
                return Ok(None);
            }
            Held { balances: Vec::new(), limits: limits::active_holds(tx, merchant, &[id])? }
        }
        Of::Check(check) => Held::of_check(tx, merchant, check)?,
    };
    held.counting(now).views(tx, merchant, settings.precision).map(Some)
}

/// Ends one hold. One that was released before is left as it is.
///
/// # Errors
/// 404 when there is no such hold; 409 when it ended otherwise: by itself, by a bill, by another offer.
pub(crate) fn release(
    tx: &mut Tx<'_>,
    merchant: &str,
    hold: &HoldId,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let missing = || TxError::Refused(ApiError::not_found("hold", &hold.text()));
    match hold {
        HoldId::Balance(id, number) => {
            ledger::lock_balance(tx, merchant, id, now)?.ok_or_else(missing)?;
            let (hold, state) = ledger::get_hold(tx, merchant, id, *number)?.ok_or_else(missing)?;
            if may_release(&state, hold.counts(now)).map_err(TxError::Refused)? {
                holds::end_hold(tx, merchant, &hold, Ended::Released)?;
            }
        }
        HoldId::Limit(id, number) => {
            limits::lock_known(tx, merchant, id, now)?.ok_or_else(missing)?;
            let (hold, state) = limits::get_hold(tx, merchant, id, *number)?.ok_or_else(missing)?;
            if may_release(&state, hold.counts(now)).map_err(TxError::Refused)? {
                limits::end_hold(tx, merchant, &hold, Ended::Released)?;
            }
        }
    }
    Ok(())
}

/// Ends every hold of a check, on balances and on limits; those that were ended.
///
/// # Errors
/// 404 when the merchant is not there. A check without holds is none.
pub(crate) fn release_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
    now: Timestamp,
) -> Result<Vec<HeldView>, TxError<ApiError>> {
    let Some(settings) = merchant::get(tx, merchant)? else {
        return Err(TxError::Refused(ApiError::not_found("merchant", merchant)));
    };
    // balances first, then limits, each in the order of their ids: as offers lock them
    let looked_up = Held::of_check(tx, merchant, check)?;
    let balances: BTreeSet<String> = looked_up.balances.into_iter().map(|hold| hold.balance_id).collect();
    for balance_id in &balances {
        ledger::lock_balance(tx, merchant, balance_id, now)?;
    }
    let limit_ids: BTreeSet<String> = looked_up.limits.into_iter().map(|hold| hold.limit_id).collect();
    for limit_id in &limit_ids {
        limits::lock_known(tx, merchant, limit_id, now)?;
    }
    // once more under the locks; what came on others meanwhile is a newer offer's
    let mut held = Held::of_check(tx, merchant, check)?.counting(now);
    held.balances.retain(|hold| balances.contains(&hold.balance_id));
    held.limits.retain(|hold| limit_ids.contains(&hold.limit_id));
    for hold in &held.balances {
        holds::end_hold(tx, merchant, hold, Ended::Released)?;
    }
    for hold in &held.limits {
        limits::end_hold(tx, merchant, hold, Ended::Released)?;
    }
    Ok(held.views(tx, merchant, settings.precision)?)
}

/// Whether a hold in this state is there to be released; false for one that was.
///
/// # Errors
/// 409 that says how it ended.
fn may_release(state: &str, counts: bool) -> Result<bool, ApiError> {
    let how = match (state, counts) {
        ("active", true) => return Ok(true),
        ("released", _) => return Ok(false),
        ("captured", _) => "a bill has used it",
        ("replaced", _) => "a newer offer of the check has replaced it; look for that one",
        _ => "it has ended by itself",
    };
    Err(ApiError::conflict(format!("the hold is over: {how}")))
}

/// Holds on balances and on limits.
struct Held {
    balances: Vec<HoldRow>,
    limits: Vec<LimitHold>,
}

impl Held {
    fn of_check(tx: &mut Tx<'_>, merchant: &str, check: &CheckKey) -> Result<Self, Error> {
        Ok(Self {
            balances: ledger::holds_of_check(tx, merchant, check)?,
            limits: limits::holds_of_check(tx, merchant, check)?,
        })
    }

    fn counting(mut self, now: Timestamp) -> Self {
        self.balances.retain(|hold| hold.counts(now));
        self.limits.retain(|hold| hold.counts(now));
        self
    }

    fn views(self, tx: &mut Tx<'_>, merchant: &str, precision: Precision) -> Result<Vec<HeldView>, Error> {
        let money = |units: i64| Number::from_amount(Amount(units), precision);
        let mut views = Vec::with_capacity(self.balances.len() + self.limits.len());
        for hold in self.balances {
            let row = ledger::get_balance(tx, merchant, &hold.balance_id)?;
            let points = row.is_some_and(|row| row.counts_points());
            views.push(HeldView {
                hold_id: HoldId::Balance(hold.balance_id.clone(), hold.hold_number).text(),
                balance_id: Some(hold.balance_id),
                limit_id: None,
                place_id: hold.check.place,
                device_number: hold.check.device_number,
                check_id: hold.check.check_id,
                loyalty_offer_id: hold.offer_id,
                unit: if points { "points" } else { "amount" }.to_owned(),
                amount: if points { Number::from(hold.amount) } else { money(hold.amount) },
                expires_at: utc_millis(hold.expires_at),
            });
        }
        for hold in self.limits {
            let counter = limits::look(tx, merchant, &hold.limit_id)?;
            let in_money = counter.is_some_and(|counter| counts_money(&counter.promotion_id, &hold.limit_id));
            views.push(HeldView {
                hold_id: HoldId::Limit(hold.limit_id.clone(), hold.hold_number).text(),
                balance_id: None,
                limit_id: Some(hold.limit_id),
                place_id: hold.check.place,
                device_number: hold.check.device_number,
                check_id: hold.check.check_id,
                loyalty_offer_id: hold.offer_id,
                unit: if in_money { "amount" } else { "uses" }.to_owned(),
                amount: if in_money { money(hold.amount) } else { Number::from(hold.amount) },
                expires_at: utc_millis(hold.expires_at),
            });
        }
        Ok(views)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_goes_there_and_back_and_garbage_is_nobodys() {
        for id in [
            HoldId::Balance("stamps:coffee:ř/-".to_owned(), 12),
            HoldId::Limit("a/uses/member/ever/m".to_owned(), 1),
            HoldId::Balance(String::new(), 0),
        ] {
            assert_eq!(HoldId::from_text(&id.text()), Some(id));
        }
        for bad in ["", "balance", "balance-61", "balance-61-x", "balance-6-1", "card-61-1", "limit-zz-1"] {
            assert_eq!(HoldId::from_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_hold_that_counts_is_released() {
        for (state, counts, released) in [
            ("active", true, Ok(true)),
            ("released", false, Ok(false)),
            ("released", true, Ok(false)),
            ("active", false, Err("by itself")),
            ("expired", false, Err("by itself")),
            ("captured", true, Err("a bill")),
            ("replaced", true, Err("a newer offer")),
        ] {
            let found = may_release(state, counts);
            match released {
                Ok(released) => assert_eq!(found.ok(), Some(released), "{state}"),
                Err(why) => assert!(found.unwrap_err().message.contains(why), "{state}"),
            }
        }
    }
}
