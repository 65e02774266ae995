//! What is an id, a time, a value that set-up accepts?

use crate::id::ID_BYTES_MAX;
use crate::loyalty::ledger::{BalanceSettings, Prepayment, RateFrom};
use crate::loyalty::titles::Titles;
use crate::loyalty::usage::units;
use door::ApiError;
use jiff::Timestamp;
use jiff::civil::Date;
use money::vat::VatRate;
use money::{Amount, Decimal, Precision};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::Number;
use wire::admin::partner::NewBalanceSettings;
use wire::loyalty::{BONUS_SUFFIX, BalanceType};

/// Longest free text, in bytes.
const TEXT_BYTES_MAX: usize = 500;
/// Every offer reads a member's tags: enough for any list a person keeps.
const TAGS_MAX: usize = 100;
/// Longest tag, in bytes.
const TAG_BYTES_MAX: usize = 100;

/// An id or code: 1 to 200 bytes, no control characters.
pub(super) fn id(path: &str, text: &str) -> Result<(), ApiError> {
    if text.is_empty() || text.len() > ID_BYTES_MAX || text.chars().any(char::is_control) {
        let expected = format!("1 to {ID_BYTES_MAX} bytes without control characters");
        return Err(ApiError::field(path, &expected, &format!("{text:?}")));
    }
    Ok(())
}

/// What is said of a member: each once, in order.
pub(super) fn tags(path: &str, mut tags: Vec<String>) -> Result<Vec<String>, ApiError> {
    if tags.len() > TAGS_MAX {
        return Err(ApiError::field(path, &format!("at most {TAGS_MAX}"), &tags.len().to_string()));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.is_empty() || tag.len() > TAG_BYTES_MAX || tag.chars().any(char::is_control) {
            let expected = format!("1 to {TAG_BYTES_MAX} bytes without control characters");
            return Err(ApiError::field(&format!("{path}[{index}]"), &expected, &format!("{tag:?}")));
        }
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags)
}

/// From when and until when, where both are given in this order.
pub(super) fn span(
    from: Option<&str>,
    until: Option<&str>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), ApiError> {
    let (start, end) = (instant("validFrom", from)?, instant("validUntil", until)?);
    match (start, end) {
        (Some(start), Some(end)) if start >= end => {
            Err(ApiError::field("validUntil", "an instant after validFrom", until.unwrap_or_default()))
        }
        _ => Ok((start, end)),
    }
}

/// The id of a balance: as any id, and not one that offers use for the bonus part of a balance.
pub(super) fn balance_id(path: &str, text: &str) -> Result<(), ApiError> {
    id(path, text)?;
    if text.ends_with(BONUS_SUFFIX) {
        let expected =
            format!("an id that does not end with {BONUS_SUFFIX}, which names the bonus part of a balance");
        return Err(ApiError::field(path, &expected, &format!("{text:?}")));
    }
    Ok(())
}

/// Free text without U+0000, which PostgreSQL cannot keep, and no longer than an index takes (addresses and numbers
/// are looked up).
pub(super) fn text(path: &str, text: Option<&str>) -> Result<(), ApiError> {
    match text {
        Some(text) if text.contains('\0') => Err(ApiError::field(path, "text without U+0000", "one")),
        Some(text) if text.len() > TEXT_BYTES_MAX => {
            let expected = format!("at most {TEXT_BYTES_MAX} bytes");
            Err(ApiError::field(path, &expected, &format!("{} of them", text.len())))
        }
        _ => Ok(()),
    }
}

/// An instant with offset.
pub(super) fn instant(path: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    text.map(|text| {
        wire::time::parse_date_time(text)
            .map_err(|_| ApiError::field(path, "a date-time with offset, 2026-12-31T23:59:59+01:00", text))
    })
    .transpose()
}

/// A day, `YYYY-MM-DD`.
pub(super) fn day(path: &str, text: Option<&str>) -> Result<Option<Date>, ApiError> {
    let refused = |text: &str| ApiError::field(path, "a day, YYYY-MM-DD", text);
    // nothing longer or shorter: the parser would take a time with it
    let read = |text: &str| {
        text.parse().ok().filter(|_| text.len() == "YYYY-MM-DD".len()).ok_or_else(|| refused(text))
    };
    text.map(read).transpose()
}

/// An IANA zone.
pub(super) fn zone(path: &str, name: &str) -> Result<(), ApiError> {
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::field(path, "an IANA time zone such as Europe/Prague", name)),
    }
}

/// A value in units of a balance: whole points, or money with no more decimals than the merchant's currency.
pub(super) fn value(path: &str, number: Number, points: bool, precision: Precision) -> Result<i64, ApiError> {
    let expected = if points {
        "whole points, at least 0".to_owned()
    } else {
        format!("money, at least 0, with at most {} decimals", precision.digits())
    };
    match units(number.0, points, precision) {
        Some((units, true)) if (0..=Amount::MAX_ABS).contains(&units) => Ok(units),
        _ => Err(ApiError::field(path, &expected, &number.to_string())),
    }
}

/// A VAT rate as a fraction.
pub(super) fn vat_rate(path: &str, number: Number) -> Result<Decimal, ApiError> {
    let rate = VatRate::from_setting(number.0).map(VatRate::fraction);
    rate.ok_or_else(|| {
        ApiError::field(path, "a fraction from 0 to below 1, such as 0.12", &number.to_string())
    })
}

/// A single-purpose voucher has a rate: without one nobody knows how it was taxed, and it fits no line
/// (loyalty.md §3 V2, V6).
pub(super) fn rate_of_single_purpose(
    path: &str,
    settings: &BalanceSettings,
    balance_type: BalanceType,
) -> Result<(), ApiError> {
    if balance_type == BalanceType::SinglePurposePrepaidVoucher && settings.vat_rate.is_none() {
        let expected = "the rate at which a single-purpose voucher is sold, such as 0.12";
        return Err(ApiError::field(path, expected, "nothing"));
    }
    Ok(())
}

/// How a balance is shown and used.
pub(super) fn settings(
    path: &str,
    new: &NewBalanceSettings,
    balance_type: BalanceType,
) -> Result<BalanceSettings, ApiError> {
    if let Some(worth) = new.point_value.filter(|worth| worth.0 <= Decimal::ZERO) {
        return Err(ApiError::field(&format!("{path}.pointValue"), "above 0", &worth.to_string()));
    }
    if let Some(step) = new.point_step.filter(|step| *step < 1) {
        return Err(ApiError::field(&format!("{path}.pointStep"), "at least 1", &step.to_string()));
    }
    if let Some(least) = new.point_minimum.filter(|least| *least < 1) {
        return Err(ApiError::field(&format!("{path}.pointMinimum"), "at least 1", &least.to_string()));
    }
    let points = balance_type == BalanceType::CollectablePoints;
    if let Some(card) = &new.stamp_card_id {
        id(&format!("{path}.stampCardId"), card)?;
        if !points {
            return Err(ApiError::field(&format!("{path}.stampCardId"), "nothing: stamps are points", card));
        }
    }
    if let Some(issuer) = &new.issuer_id {
        id(&format!("{path}.issuerId"), issuer)?;
    }
    let single = balance_type == BalanceType::SinglePurposePrepaidVoucher;
    if !single && (new.vat_rate.is_some() || new.vat_rates.is_some()) {
        let expected = "nothing: only single-purpose vouchers have a rate";
        return Err(ApiError::field(&format!("{path}.vatRate"), expected, "a rate"));
    }
    let vat_rates: Vec<RateFrom> =
        parsed(&format!("{path}.vatRates"), new.vat_rates.as_ref())?.unwrap_or_default();
    for (index, version) in vat_rates.iter().enumerate() {
        vat_rate(&format!("{path}.vatRates[{index}].rate"), version.rate)?;
    }
    let prepayment: Option<Prepayment> = parsed(&format!("{path}.prepayment"), new.prepayment.as_ref())?;
    if let Some(prepayment) = &prepayment {
        let path = format!("{path}.prepayment");
        if points {
            return Err(ApiError::field(&path, "nothing: points cannot be topped up", "a prepayment"));
        }
        prepayment.check().map_err(|wrong| ApiError::within(&path, &wrong))?;
    }
    Ok(BalanceSettings {
        titles: Titles { pos: new.pos_titles.clone(), bill: new.bill_titles.clone() },
        point_value: new.point_value.map(|worth| worth.0),
        point_step: new.point_step,
        point_minimum: new.point_minimum,
        stamp_card_id: new.stamp_card_id.clone(),
        controllable: new.controllable,
        vat_rate: new.vat_rate.map(|rate| vat_rate(&format!("{path}.vatRate"), rate)).transpose()?,
        vat_rates,
        voucher_product_id: None,
        issuer_id: new.issuer_id.clone(),
        prepayment,
        product_ids: Vec::new(),
    })
}

/// A member that is kept as JSON, in its own shape.
fn parsed<T: DeserializeOwned>(path: &str, value: Option<&Value>) -> Result<Option<T>, ApiError> {
    value
        .map(|value| {
            serde_path_to_error::deserialize(value).map_err(|error| {
                ApiError::within(path, &door::unread(&error.path().to_string(), error.inner()))
            })
        })
        .transpose()
}
