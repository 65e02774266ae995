//! How does a confirmed order become a check of the till?

use super::store::OrderRow;
use crate::Platform;
use crate::access::SourceId;
use crate::place::PlaceSettings;
use crate::sale::bill::{StoredOrderProvider, StoredPayment};
use crate::till::{GoesWith, NO_REGISTER, Opening, Ordered, OrderedLine, open_ordered};
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;

/// The payment method of what the guest has paid where the order was made.
const PAID_ELSEWHERE: &str = "online";

/// Who has the check that is opened, and its id.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    check_id: String,
    device_number: i64,
}

impl Opener {
    /// The register that confirms the order.
    pub(super) fn register(platform: &Platform, device_number: i64) -> Self {
        Self { check_id: platform.outside().object_id(), device_number }
    }

    /// No register yet: the first that changes the check has it.
    pub(super) fn nobody(platform: &Platform) -> Self {
        Self { check_id: platform.outside().object_id(), device_number: NO_REGISTER }
    }
}

/// Opens the order's check; gives its id.
///
/// # Errors
/// 400 when a line does not fit the currency, which it did when the order came.
pub(super) fn open(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    row: &OrderRow,
    opener: &Opener,
    now: Timestamp,
) -> Result<String, TxError<ApiError>> {
    let is_paid = row.already_paid && row.total != Amount::ZERO;
    let paid =
        StoredPayment { payment_method: PAID_ELSEWHERE.to_owned(), value: row.total.0, balance_id: None };
    let opening = Opening {
        check_id: opener.check_id.clone(),
        device_number: opener.device_number,
        desk_id: row.desk_id.clone(),
        person_count: None,
        opened_by: None,
        already_paid: if is_paid { vec![paid] } else { Vec::new() },
        opened_at: now,
    };
    let ordered = Ordered {
        lines: lines(row),
        discount: row.discount,
        provider: StoredOrderProvider { code: row.client_id.clone(), order_id: row.order_id.clone() },
    };
    let check = open_ordered(tx, &source.merchant, &source.place, opening, &ordered, place.precision)?;
    Ok(check.check_id)
}

/// Each item, and behind it what goes with it as lines of their own.
fn lines(row: &OrderRow) -> Vec<OrderedLine> {
    let mut lines = Vec::new();
    for item in &row.items {
        let main = lines.len();
        lines.push(OrderedLine {
            product: item.product.clone(),
            count: item.count,
            unit_price: Amount(item.unit_price),
            beyond_remaining: item.beyond_remaining,
            goes_with: None,
        });
        lines.extend(item.additions.iter().map(|addition| OrderedLine {
            product: addition.product.clone(),
            count: item.count.saturating_mul(addition.count_per_main_item),
            unit_price: Amount(addition.unit_price),
            beyond_remaining: addition.beyond_remaining,
            goes_with: Some(GoesWith {
                addition_id: addition.addition_id.clone(),
                line: main,
                count: addition.count_per_main_item,
            }),
        }));
    }
    lines
}
