//! How is a voucher issued: a balance without a member, and the code it is printed as?

use super::code::{self, NewCode};
use super::ledger::{self, BalanceStatus, NewBalanceRow};
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
        return refused(ApiError::not_found("merchant"));
    }
    let inactive = command.balance.status == BalanceStatus::Inactive;
    let new = NewCode {
        code: &command.code,
        kind: "voucher",
        member_id: None,
        balance_id: Some(&command.balance.balance_id),
        promotion_id: None,
        status: if inactive { "inactive" } else { "active" },
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
