//! How do copies of what a guest's provider said lose the guest?
//!
//! A check keeps the answer to its offer and the codes that were scanned; a benefit usage keeps the report, and the
//! courier keeps it once more until it is delivered; a reservation keeps who booked, an order from elsewhere who ordered. Of these copies the name and the scanned texts are taken out when
//! the guest is erased ([`Platform::forget_customer`]) and when they are old ([`Platform::age_copies`]). What was used
//! and paid stays as it is: a report that was not delivered yet is delivered all the same, without the texts.

mod hidden;

use crate::Platform;
use crate::loyalty::store::{self as usages, NamedUsage};
use crate::reservations::store as reservations;
use crate::till::copies as checks;
use db::{Error, Never, Tx, TxError};
use hidden::{hidden_codes, without_guest};
use jiff::{SignedDuration, Timestamp};

/// Usages or checks in one transaction.
const SLICE_ROWS: i64 = 100;

impl Platform {
    /// Takes a customer of a merchant out of every copy. May be repeated.
    ///
    /// # Errors
    /// When the database cannot; what is done by then stays done.
    pub async fn forget_customer(&self, merchant: &str, customer_id: &str) -> Result<(), Error> {
        loop {
            let (merchant, customer_id, now) = (merchant.to_owned(), customer_id.to_owned(), self.now());
            let slice = self.db().write("forget_customer", move |tx| {
                let found = usages::named_of_customer(tx, &merchant, &customer_id, SLICE_ROWS)?;
                Ok::<_, TxError<Never>>(unname(tx, &found, now)?)
            });
            if done(slice.await)? < SLICE_ROWS {
                break;
            }
        }
        let (merchant, customer_id, now) = (merchant.to_owned(), customer_id.to_owned(), self.now());
        let forgotten = self.db().write("forget_open_checks", move |tx| {
            for check in checks::open_with_offer(tx, &merchant)? {
                if hidden::is_of(&check.offer, &customer_id) {
                    checks::forget_open(tx, &merchant, &check.place, &check.check_id, &check.lines, now)?;
                    reservations::forget_of_check(tx, &merchant, &check.place, &check.check_id, now)?;
                }
            }
            Ok::<_, TxError<Never>>(())
        });
        done(forgotten.await)
    }

    /// Takes the guests out of every copy that is older than the configured days; how many usages, open checks and
    /// reservations that were.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn age_copies(&self) -> Result<i64, Error> {
        let days = SignedDuration::from_hours(24 * self.config().copies_days);
        let (now, mut aged) = (self.now(), 0);
        let until = now.saturating_sub(days).unwrap_or(Timestamp::MIN);
        loop {
            let slice = self.db().write("age_copies", move |tx| {
                let found = usages::named_until(tx, until, SLICE_ROWS)?;
                Ok::<_, TxError<Never>>(
                    unname(tx, &found, now)?
                        + checks::forget_open_until(tx, until, now, SLICE_ROWS)?
                        + reservations::forget_until(tx, until, now, SLICE_ROWS)?
                        + crate::delivery::forget_until(tx, until, SLICE_ROWS)?,
                )
            });
            let slice = done(slice.await)?;
            aged += slice;
            if slice < SLICE_ROWS {
                return Ok(aged);
            }
        }
    }
}

/// Takes the guest out of usages, of their deliveries, of the checks they paid and of the reservations of those; how many
/// usages that were.
fn unname(tx: &mut Tx<'_>, found: &[NamedUsage], now: Timestamp) -> Result<i64, Error> {
    for usage in found {
        let payload = without_guest(&usage.payload);
        // the delivery before the usage, as the courier's own transactions touch them
        courier::outbox::replace_body(tx, &usage.merchant, &usage.benefit_usage_id, payload.as_bytes())?;
        usages::unname(tx, usage, &payload)?;
        if let Some(check) = checks::paid(tx, &usage.merchant, &usage.place, &usage.bill_id)? {
            let offer = check.offer.as_deref().map(without_guest);
            let codes = hidden_codes(&check.codes);
            checks::put_hidden(tx, &usage.merchant, &usage.place, &check.check_id, &codes, offer.as_deref())?;
            reservations::forget_of_check(tx, &usage.merchant, &usage.place, &check.check_id, now)?;
        }
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

fn done<T>(outcome: Result<T, TxError<Never>>) -> Result<T, Error> {
    match outcome {
        Ok(value) => Ok(value),
        Err(TxError::Failed(error)) => Err(error),
        Err(TxError::Refused(never)) => match never {},
    }
}
