//! What may be taken off a menu, and what keeps it there?

use super::rows::Stored;
use super::store::{self, Places};
use super::timed;
use crate::api::missing;
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;

/// Something that is to be taken off the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gone {
    Product(String),
    Category(String),
    AdditionCategory(String),
    /// Whether its time is over or not.
    TimeBasedMenu {
        place: String,
        menu: String,
    },
}

/// Takes it off the menu, which is `before`.
///
/// # Errors
/// 404 when the menu does not have it, 409 when something needs it.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    merchant: &str,
    before: &Stored,
    gone: &Gone,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    match gone {
        Gone::Product(id) => {
            product_is_free(before, id)?;
            store::remove_product(tx, merchant, &before.places, id, now)?;
        }
        Gone::Category(id) => {
            category_is_free(before, id)?;
            store::remove_category(tx, merchant, id)?;
        }
        Gone::AdditionCategory(id) => {
            addition_category_is_free(before, id)?;
            store::remove_addition_category(tx, merchant, id)?;
        }
        Gone::TimeBasedMenu { place, menu } => {
            if !timed::remove(tx, merchant, place, menu)? {
                return Err(missing("time-based menu", menu));
            }
        }
    }
    Ok(())
}

/// Takes all of them off the menu in an order in which none needs another; gives what refuses, with its index.
///
/// # Errors
/// Those of the database.
pub(super) fn remove_all(
    tx: &mut Tx<'_>,
    merchant: &str,
    gone: &[&Gone],
    now: Timestamp,
) -> Result<Vec<(usize, ApiError)>, TxError<ApiError>> {
    let Some(mut stored) = store::load(tx, merchant, Places::All, now)? else { return Ok(Vec::new()) };
    let mut waiting: Vec<(usize, &Gone)> = gone.iter().copied().enumerate().collect();
    // What refuses now may be free once the others are gone
    loop {
        let (mut refused, before) = (Vec::new(), waiting.len());
        for (index, gone) in waiting {
            match remove(tx, merchant, &stored, gone, now) {
                Ok(()) => forget(&mut stored, gone),
                Err(TxError::Refused(error)) => refused.push((index, gone, error)),
                Err(failed) => return Err(failed),
            }
        }
        if refused.is_empty() || refused.len() == before {
            return Ok(refused.into_iter().map(|(index, _, error)| (index, error)).collect());
        }
        waiting = refused.into_iter().map(|(index, gone, _)| (index, gone)).collect();
    }
}

/// Leaves out of what was read what was just taken off.
fn forget(stored: &mut Stored, gone: &Gone) {
    match gone {
        Gone::Product(id) => {
            stored.products.retain(|row| row.product_id != *id);
            for of_place in stored.values.values_mut() {
                of_place.remove(id);
            }
        }
        Gone::Category(id) => stored.categories.retain(|row| row.category_id != *id),
        Gone::AdditionCategory(id) => {
            stored.addition_categories.retain(|category| category.addition_category_id != *id);
        }
        Gone::TimeBasedMenu { .. } => {}
    }
}

fn product_is_free(before: &Stored, id: &str) -> Result<(), TxError<ApiError>> {
    if !before.products.iter().any(|row| row.product_id == id) {
        return Err(missing("product", id));
    }
    let mut additions = before.addition_categories.iter().flat_map(|category| &category.additions);
    match additions.find(|addition| addition.product_id.as_deref() == Some(id)) {
        None => Ok(()),
        Some(addition) => {
            let message = format!("addition {} is product {id}; change it first", addition.addition_id);
            Err(TxError::Refused(ApiError::conflict(message).with_name("PRODUCT_IN_USE")))
        }
    }
}

fn category_is_free(before: &Stored, id: &str) -> Result<(), TxError<ApiError>> {
    if !before.categories.iter().any(|row| row.category_id == id) {
        return Err(missing("category", id));
    }
    let product = before.products.iter().find(|row| row.category_id.as_deref() == Some(id));
    let category = before.categories.iter().find(|row| row.parent_category_id.as_deref() == Some(id));
    let within = product.map(|row| format!("product {}", row.product_id));
    match within.or_else(|| category.map(|row| format!("category {}", row.category_id))) {
        None => Ok(()),
        Some(within) => {
            let message = format!("{within} stands in category {id}; move or remove it first");
            Err(TxError::Refused(ApiError::conflict(message).with_name("CATEGORY_IN_USE")))
        }
    }
}

fn addition_category_is_free(before: &Stored, id: &str) -> Result<(), TxError<ApiError>> {
    if !before.addition_categories.iter().any(|category| category.addition_category_id == id) {
        return Err(missing("addition category", id));
    }
    let has_it = |ids: Option<&Vec<String>>| ids.is_some_and(|ids| ids.iter().any(|one| one == id));
    let product = before.products.iter().find(|row| {
        has_it(row.details.as_ref().map(|details| &details.addition_category_ids))
            || before.values.values().any(|of_place| {
                has_it(of_place.get(&row.product_id).and_then(|own| own.addition_category_ids.as_ref()))
            })
    });
    match product {
        None => Ok(()),
        Some(product) => {
            let message =
                format!("product {} has addition category {id}; take it off first", product.product_id);
            Err(TxError::Refused(ApiError::conflict(message).with_name("ADDITION_CATEGORY_IN_USE")))
        }
    }
}
