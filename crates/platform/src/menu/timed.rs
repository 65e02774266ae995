//! How are menus for a time written?

use super::rows::{MenuType, TimedItemRow};
use db::{Tx, json, params};
use jiff::Timestamp;
use wire::admin::menu::MenuOfTime;

db::statement! {
    PUT_TIMED_MENU = "INSERT INTO platform_timed_menu (merchant, place, menu_id, menu_type, since, till, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (merchant, place, menu_id) DO UPDATE SET menu_type = excluded.menu_type, since = excluded.since,
            till = excluded.till, updated_at = excluded.updated_at";
    // What is reserved stays so.
    PUT_TIMED_ITEM = "INSERT INTO platform_timed_item (merchant, place, menu_id, product_id, sequence, since, till, pieces,
            reserved, price_levels)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)
        ON CONFLICT (merchant, place, menu_id, product_id) DO UPDATE SET sequence = excluded.sequence,
            since = excluded.since, till = excluded.till, pieces = excluded.pieces, price_levels = excluded.price_levels";
    // Of a menu, with those whose time is over.
    TIMED_ITEMS_OF -> TimedItemRow = "SELECT place, menu_id, product_id, sequence, since, till, pieces, reserved, price_levels
        FROM platform_timed_item WHERE merchant = $1 AND place = $2 AND menu_id = $3";
    REMOVE_TIMED_ITEM = "DELETE FROM platform_timed_item
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4";
    // Who held pieces of it holds none any more.
    FORGET_HELD = "DELETE FROM platform_reserved_pieces
        WHERE merchant = $1 AND place = $2 AND menu_id = $3 AND product_id = $4";
    REMOVE_TIMED_MENU = "DELETE FROM platform_timed_menu WHERE merchant = $1 AND place = $2 AND menu_id = $3";
}

/// Writes a menu for a time with its products; those it no longer names leave it.
pub(super) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    menu: &MenuOfTime,
    (since, till): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(), db::Error> {
    let (place, id) = (&menu.place_id, &menu.menu_id);
    let kind = MenuType::from(menu.time_based_menu_type);
    tx.execute(&PUT_TIMED_MENU, params![merchant, place, id, kind, since, till, now])?;
    for row in tx.query(&TIMED_ITEMS_OF, params![merchant, place, id])? {
        if !menu.items.iter().any(|item| item.product_id == row.product_id) {
            remove_item(tx, merchant, place, id, &row.product_id)?;
        }
    }
    for (item, sequence) in menu.items.iter().zip(0_i64..) {
        let levels = json("price_levels", &item.price_levels)?;
        let (product, pieces) = (&item.product_id, item.quantity.map(i64::from));
        tx.execute(
            &PUT_TIMED_ITEM,
            params![merchant, place, id, product, sequence, since, till, pieces, &levels],
        )?;
    }
    Ok(())
}

/// Takes a menu for a time away; false when the place has none of that id.
pub(super) fn remove(tx: &mut Tx<'_>, merchant: &str, place: &str, id: &str) -> Result<bool, db::Error> {
    for row in tx.query(&TIMED_ITEMS_OF, params![merchant, place, id])? {
        remove_item(tx, merchant, place, id, &row.product_id)?;
    }
    Ok(tx.execute(&REMOVE_TIMED_MENU, params![merchant, place, id])? > 0)
}

fn remove_item(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    menu: &str,
    product: &str,
) -> Result<(), db::Error> {
    tx.execute(&FORGET_HELD, params![merchant, place, menu, product])?;
    tx.execute(&REMOVE_TIMED_ITEM, params![merchant, place, menu, product])?;
    Ok(())
}
