//! Who holds how many pieces, and what ends the sale of a product?
//!
//! A place says of a product in a menu for a time how many pieces may be sold. Whoever orders some reserves them by one
//! guarded UPDATE of that product's row, so that of two who want the last piece one gets it. What is held stays counted when
//! it is paid; it is given back when a line is taken off, an order is declined or a bill is cancelled.

use super::store::{self, Product};
use super::version;
use db::{Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

db::row! {
    struct HeldRow {
        product_id: String,
        menu_id: String,
        pieces: i64,
    }
}
db::row! {
    struct CountRow {
        pieces: Option<i64>,
        reserved: i64,
        since: Timestamp,
        till: Timestamp,
    }
}
db::statement! {
    RESERVE = "UPDATE platform_timed_item SET reserved = reserved + $5
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4 AND reserved + $5 <= pieces";
    // For a place that sells beyond its pieces.
    RESERVE_BEYOND = "UPDATE platform_timed_item SET reserved = reserved + $5
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4";
    // What was never reserved here cannot come back here.
    GIVE_BACK = "UPDATE platform_timed_item SET reserved = reserved - $5
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4 AND reserved >= $5";
    COUNT -> CountRow = "SELECT pieces, reserved, since, till FROM platform_timed_item
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4";
    REFUSES -> bool = "SELECT refuses FROM platform_menu_rule WHERE merchant = $1 AND place = $2";
    HELD -> HeldRow = "SELECT product_id, menu_id, pieces FROM platform_reserved_pieces
        WHERE merchant = $1 AND place = $2 AND holder = $3 ORDER BY product_id, menu_id";
    HOLD = "INSERT INTO platform_reserved_pieces (merchant, place, holder, product_id, menu_id, pieces)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (merchant, place, holder, product_id, menu_id) DO UPDATE
            SET pieces = platform_reserved_pieces.pieces + excluded.pieces";
    HOLD_LESS = "UPDATE platform_reserved_pieces SET pieces = pieces - $6
        WHERE merchant = $1 AND place = $2 AND holder = $3 AND product_id = $4 AND menu_id = $5 AND pieces > $6";
    LET_GO = "DELETE FROM platform_reserved_pieces
        WHERE merchant = $1 AND place = $2 AND holder = $3 AND product_id = $4 AND menu_id = $5";
    HAND_OVER = "UPDATE platform_reserved_pieces SET holder = $4 WHERE merchant = $1 AND place = $2 AND holder = $3";
}

/// Who holds pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder<'a> {
    /// A check, and the bill that paid it.
    Check(&'a str),
    /// A delivery order that is no check yet.
    Order(&'a str),
}

impl Holder<'_> {
    fn key(self) -> String {
        match self {
            Self::Check(id) => format!("check:{id}"),
            Self::Order(id) => format!("order:{id}"),
        }
    }
}

/// How many pieces of a product were ordered before a change, and how many are after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordered<'a> {
    /// As the place sells it now; `None` once it is off the menu, when nothing more of it is ordered.
    pub(crate) product: Option<&'a Product>,
    pub(crate) before: i64,
    pub(crate) after: i64,
}

/// Reserves what is ordered more than before, and gives back what is ordered less, by product. What was ordered before stays
/// so, even where the product has been stopped or sold out meanwhile. Gives the products of which more is ordered than was
/// left, at a place that only warns of it.
///
/// # Errors
/// 409 `PRODUCT_STOPPED` or `SOLD_OUT` with `productId` and, for the latter, `remaining`; nothing is reserved then.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    holder: Holder<'_>,
    ordered: &BTreeMap<&str, Ordered<'_>>,
    now: Timestamp,
) -> Result<BTreeSet<String>, TxError<ApiError>> {
    let mut counter = Counter { merchant, place, holder: holder.key(), now, moved: false };
    let mut beyond = BTreeSet::new();
    let falls = ordered.values().any(|one| one.after < one.before);
    let held = if falls { tx.query(&HELD, params![merchant, place, &counter.holder])? } else { Vec::new() };
    for (id, one) in ordered {
        let more = one.after - one.before;
        if more > 0 {
            let Some(product) = one.product else { continue };
            if product.is_stopped {
                let message =
                    format!("{} is on the stop list of this place; take it off the order", name(product));
                let error = ApiError::conflict(message).with_name("PRODUCT_STOPPED").with("productId", *id);
                return Err(TxError::Refused(error));
            }
            if let Some(menu_id) = &product.limited_by
                && counter.reserve(tx, product, menu_id, more)?
            {
                beyond.insert((*id).to_owned());
            }
        } else if more < 0 {
            let held: Vec<&HeldRow> = held.iter().filter(|row| row.product_id == *id).collect();
            let total: i64 = held.iter().map(|row| row.pieces).sum();
            let mut back = (total - one.after).max(0);
            for row in held.into_iter().rev() {
                let some = back.min(row.pieces);
                if some > 0 {
                    counter.give_back(tx, row, some)?;
                }
                back -= some;
            }
        }
    }
    counter.tell(tx)?;
    Ok(beyond)
}

/// Gives back all that somebody holds.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    holder: Holder<'_>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let mut counter = Counter { merchant, place, holder: holder.key(), now, moved: false };
    for row in tx.query(&HELD, params![merchant, place, &counter.holder])? {
        counter.give_back(tx, &row, row.pieces)?;
    }
    counter.tell(tx)
}

/// Makes what one holds another's: a delivery order becomes a check.
pub(crate) fn hand_over(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    from: Holder<'_>,
    to: Holder<'_>,
) -> Result<(), db::Error> {
    tx.execute(&HAND_OVER, params![merchant, place, &from.key(), &to.key()])?;
    Ok(())
}

/// Makes so many pieces of each product as `pieces` says another's; what one holds beyond that stays sold under it.
pub(crate) fn hand_over_some(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    from: Holder<'_>,
    to: Holder<'_>,
    pieces: &BTreeMap<String, i64>,
) -> Result<(), db::Error> {
    let (from, to) = (from.key(), to.key());
    let mut wanted = pieces.clone();
    for row in tx.query(&HELD, params![merchant, place, &from])? {
        let (id, menu_id) = (&row.product_id, &row.menu_id);
        let Some(left) = wanted.get_mut(id) else { continue };
        let some = row.pieces.min(*left);
        if some <= 0 {
            continue;
        }
        *left -= some;
        if tx.execute(&HOLD_LESS, params![merchant, place, &from, id, menu_id, some])? == 0 {
            tx.execute(&LET_GO, params![merchant, place, &from, id, menu_id])?;
        }
        tx.execute(&HOLD, params![merchant, place, &to, id, menu_id, some])?;
    }
    Ok(())
}

fn name(product: &Product) -> &str {
    &product.on_line.name
}

/// What counts pieces for one holder.
struct Counter<'a> {
    merchant: &'a str,
    place: &'a str,
    holder: String,
    now: Timestamp,
    /// Whether readers of the menu see another number of pieces.
    moved: bool,
}

impl Counter<'_> {
    /// Reserves pieces; true when more than were left.
    fn reserve(
        &mut self,
        tx: &mut Tx<'_>,
        product: &Product,
        menu_id: &str,
        pieces: i64,
    ) -> Result<bool, TxError<ApiError>> {
        let Self { merchant, place, .. } = *self;
        let id = product.on_line.product_id.as_str();
        let is_within = tx.execute(&RESERVE, params![merchant, place, menu_id, id, pieces])? > 0;
        if is_within {
            self.moved = true;
        } else {
            let Some(count) = tx.optional(&COUNT, params![merchant, place, menu_id, id])? else {
                return Ok(false);
            };
            // Whoever sets up menus has just taken the limit away
            let Some(all) = count.pieces else { return Ok(false) };
            let left = all.saturating_sub(count.reserved).max(0);
            if tx.optional(&REFUSES, params![merchant, place])?.unwrap_or(true) {
                let message = format!("{left} of {} are left, {pieces} more are ordered", name(product));
                let error = ApiError::conflict(message).with_name("SOLD_OUT");
                return Err(TxError::Refused(error.with("productId", id).with("remaining", left)));
            }
            tx.execute(&RESERVE_BEYOND, params![merchant, place, menu_id, id, pieces])?;
            self.moved |= left > 0;
        }
        tx.execute(&HOLD, params![merchant, place, &self.holder, id, menu_id, pieces])?;
        Ok(!is_within)
    }

    fn give_back(&mut self, tx: &mut Tx<'_>, row: &HeldRow, pieces: i64) -> Result<(), db::Error> {
        let Self { merchant, place, now, .. } = *self;
        let (id, menu_id) = (&row.product_id, &row.menu_id);
        let holder = &self.holder;
        if tx.execute(&HOLD_LESS, params![merchant, place, holder, id, menu_id, pieces])? == 0 {
            tx.execute(&LET_GO, params![merchant, place, holder, id, menu_id])?;
        }
        if tx.execute(&GIVE_BACK, params![merchant, place, menu_id, id, pieces])? > 0
            && let Some(count) = tx.optional(&COUNT, params![merchant, place, menu_id, id])?
        {
            let is_open = count.since <= now && now < count.till;
            let is_seen = count.pieces.is_some_and(|all| count.reserved < all);
            self.moved |= is_open && is_seen && !store::is_stopped(tx, merchant, place, id)?;
        }
        Ok(())
    }

    fn tell(&self, tx: &mut Tx<'_>) -> Result<(), db::Error> {
        if self.moved { version::moved(tx, self.merchant, self.place, self.now) } else { Ok(()) }
    }
}
