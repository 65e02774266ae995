//! How is a voucher issued: a balance without a member, and the code it is printed as?

use super::ledger::{self, BalanceStatus, NewBalanceRow, store};
use super::people::code::{self, CodeKind, CodeStatus, NewCode};
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;

/// A voucher to be issued.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VoucherCommand {
    pub(crate) merchant: String,
    pub(crate) code: String,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) balance: NewBalanceRow,
    pub(crate) now: Timestamp,
}

/// Issues a voucher.
///
/// # Errors
/// 409 when the code or the balance id is taken, 404 without the merchant.
pub(crate) fn create(tx: &mut Tx<'_>, command: &VoucherCommand) -> Result<(), TxError<ApiError>> {
    let merchant = command.merchant.as_str();
    let refused = |error| Err(TxError::Refused(error));
    if crate::merchant::get(tx, merchant)?.is_none() {
        return refused(ApiError::not_found("merchant", merchant));
    }
    let inactive = command.balance.status == BalanceStatus::Inactive;
    let new = NewCode {
        code: &command.code,
        kind: CodeKind::Voucher,
        member_id: None,
        balance_id: Some(&command.balance.balance_id),
        promotion_id: None,
        status: if inactive { CodeStatus::Inactive } else { CodeStatus::Active },
        valid_from: None,
        valid_until: command.valid_until,
    };
    if !code::insert(tx, merchant, &new, command.now)? {
        return refused(ApiError::conflict(format!("code: {} is taken; use another one", command.code)));
    }
    if !ledger::open(tx, merchant, &command.balance, command.now)? {
        return refused(ApiError::conflict(format!(
            "balanceId: {} is taken; use another one",
            command.balance.balance_id
        )));
    }
    Ok(())
}

/// Adds a code that tops up a balance, or with none whatever the member on the check can top up.
///
/// # Errors
/// 409 when the code is taken, 404 without the merchant or the balance, 400 when the balance takes no top-up.
pub(crate) fn add_top_up_code(
    tx: &mut Tx<'_>,
    merchant: &str,
    code: &str,
    balance_id: Option<&str>,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let refused = |error| Err(TxError::Refused(error));
    if crate::merchant::get(tx, merchant)?.is_none() {
        return refused(ApiError::not_found("merchant", merchant));
    }
    if let Some(balance_id) = balance_id {
        let Some(row) = store::get_balance(tx, merchant, balance_id)? else {
            return refused(ApiError::not_found("balance", balance_id));
        };
        if row.settings.prepayment.is_none() {
            let expected = "a balance whose settings have a prepayment";
            return refused(ApiError::field("balanceId", expected, balance_id));
        }
    }
    let new = NewCode {
        code,
        kind: CodeKind::TopUp,
        member_id: None,
        balance_id,
        promotion_id: None,
        status: CodeStatus::Active,
        valid_from: None,
        valid_until: None,
    };
    if !code::insert(tx, merchant, &new, now)? {
        return refused(ApiError::conflict(format!("code: {code} is taken; use another one")));
    }
    Ok(())
}
