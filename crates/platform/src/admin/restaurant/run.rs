//! How is a planned document written, all of it or nothing, and what is said of each row?

use super::plan::{Plan, Planned, refusal};
use super::rows::{Key, Noun, Row};
use super::shown;
use crate::admin::store;
use crate::api::missing;
use crate::feed::Changes;
use crate::menu;
use db::{Tx, TxError, params};
use door::ApiError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use wire::admin::restaurant::{ReportedRow, RestaurantReport, RowOutcome};

/// Most refused rows that are told; the message says how many there are.
const TOLD_MAX: usize = 1_000;

/// Writes what the document asks for and is not so already.
///
/// # Errors
/// 404 for a merchant that nobody has set up when the document does not either; 400 with every row that cannot be so.
/// Nothing is written then.
pub(super) fn run(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    plan: &Plan,
) -> Result<RestaurantReport, TxError<ApiError>> {
    let sets_merchant = plan.rows.iter().any(|planned| planned.row.noun() == Noun::Merchant);
    let is_new = sets_merchant && tx.execute(&store::CLAIM_MERCHANT, params![merchant, changes.now()])? > 0;
    // Held to the commit: what a merchant has is set up one document after the other
    if tx.execute(&store::TAKE_MERCHANT, params![merchant])? == 0 {
        return Err(missing("merchant", merchant));
    }
    let before = if is_new { BTreeMap::new() } else { shown::rows(tx, merchant, changes.now())? };
    let mut writing = Writing { before, refused: Vec::new(), has_written: false };
    let (first, second): (Vec<_>, Vec<_>) = plan
        .order
        .iter()
        .map(|index| &plan.rows[*index])
        .partition(|planned| planned.row.noun() < Noun::Category);
    for planned in &first {
        writing.put(tx, changes, planned)?;
    }
    // Without the merchant nothing else can be judged
    if !writing.refuses(Noun::Merchant, plan) {
        writing.menu(tx, changes, merchant, plan)?;
        for planned in &second {
            writing.put(tx, changes, planned)?;
        }
        for planned in second.iter().rev().chain(first.iter().rev()) {
            writing.remove(tx, changes, planned)?;
        }
    }
    if !writing.refused.is_empty() {
        return Err(TxError::Refused(refused(writing.refused)));
    }
    if !writing.has_written {
        return Ok(report(plan, &writing.before, &writing.before));
    }
    let after = shown::rows(tx, merchant, changes.now())?;
    Ok(report(plan, &writing.before, &after))
}

/// The refusal of a document.
pub(super) fn refused(mut rows: Vec<ReportedRow>) -> ApiError {
    let count = rows.len();
    rows.truncate(TOLD_MAX);
    let first = rows
        .first()
        .map(|row| (row.field.clone().unwrap_or_default(), row.reason.clone().unwrap_or_default()));
    let (field, reason) = first.unwrap_or_default();
    let message = format!(
        "{field}: {reason}; {count} in all cannot be so, each with its path among `rows`, and nothing of the document was set up"
    );
    let rows = serde_json::to_value(rows).unwrap_or_default();
    ApiError::bad_request(message).with_name("RESTAURANT_REFUSED").with("field", field).with("rows", rows)
}

struct Writing {
    before: BTreeMap<Key, Row>,
    refused: Vec<ReportedRow>,
    /// Whether anything may be otherwise than before.
    has_written: bool,
}

impl Writing {
    /// Sets a row up, unless it is so already or what it stands in was refused.
    fn put(
        &mut self,
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        planned: &Planned,
    ) -> Result<(), TxError<ApiError>> {
        let row = &planned.row;
        let is = self.before.get(&row.key);
        // One that is taken away is set up first where nobody knows it, so that it is kept as removed
        let is_so = match is {
            Some(is) => {
                row.removed
                    || (!is.removed && planned.wanted.as_ref().is_some_and(|wanted| same(wanted, &is.own)))
            }
            None => false,
        };
        if is_so || self.is_in_refused(row) {
            return Ok(());
        }
        let written = match &planned.put {
            Some(step) => step.write(tx, changes),
            None if row.removed => Ok(()),
            None => Err(TxError::Refused(by_itself(row))),
        };
        self.keep(&row.path, written)
    }

    /// Sets the rows of the menu up, and takes away what is to go, unless all is so already.
    fn menu(
        &mut self,
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        merchant: &str,
        plan: &Plan,
    ) -> Result<(), TxError<ApiError>> {
        let mut rows = plan.rows.iter().filter(|planned| planned.row.noun().is_of_menu());
        let is_so = rows.all(|planned| match (&planned.wanted, self.before.get(&planned.row.key)) {
            (Some(wanted), Some(is)) => same(wanted, &is.own),
            (None, None) => true,
            _ => false,
        });
        if is_so {
            return Ok(());
        }
        let known = plan.menu.gone.iter().filter(|(row, _)| self.before.contains_key(&row.key));
        let (rows, gone): (Vec<&Row>, Vec<&menu::admin::Gone>) = known.map(|(row, gone)| (row, gone)).unzip();
        self.has_written = true;
        let outcome = menu::admin::set_up(tx, changes, merchant, &plan.menu.put, &gone)?;
        self.refused.extend(outcome.put.iter().map(|error| plan.menu.refused(error)));
        self.refused.extend(outcome.gone.iter().map(|(index, error)| refusal(&rows[*index].path, "", error)));
        Ok(())
    }

    /// Takes a row away that stands, or was set up just now to be kept as removed.
    fn remove(
        &mut self,
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        planned: &Planned,
    ) -> Result<(), TxError<ApiError>> {
        let Some(step) = &planned.remove else { return Ok(()) };
        let row = &planned.row;
        let stands = match self.before.get(&row.key) {
            Some(is) => !is.removed,
            None => planned.put.is_some() && !self.is_in_refused(row),
        };
        if !stands {
            return Ok(());
        }
        let written = step.write(tx, changes);
        self.keep(&row.path, written)
    }

    /// Keeps a refusal, so that the others are found too.
    fn keep(&mut self, path: &str, written: Result<(), TxError<ApiError>>) -> Result<(), TxError<ApiError>> {
        self.has_written = true;
        match written {
            Err(TxError::Refused(error)) => {
                let field = super::plan::field_of(&error).unwrap_or_default();
                self.refused.push(refusal(path, field, &error));
                Ok(())
            }
            other => other,
        }
    }

    /// Whether the row, or what it stands in, was refused.
    fn is_in_refused(&self, row: &Row) -> bool {
        self.refused.iter().any(|refused| {
            row.path
                .strip_prefix(refused.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    fn refuses(&self, noun: Noun, plan: &Plan) -> bool {
        plan.rows.iter().any(|planned| planned.row.noun() == noun && self.is_in_refused(&planned.row))
    }
}

/// The refusal of a row that is not so and has a secret, which is set up by a call of its own.
fn by_itself(row: &Row) -> ApiError {
    let call = match row.noun() {
        Noun::DataSync => "PUT …/places/{placeId}/datasync",
        Noun::LoyaltyConnection => "PUT …/loyalty",
        _ => "POST /admin/v1/platform/clients",
    };
    let expected = "expected what is so already, or no such row, found another";
    ApiError::bad_request(format!("{expected}; it has a secret, so set it up by {call}"))
}

/// Whether two rows say the same; what is left out and `null` are one.
fn same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let said = |of: &Map<String, Value>| -> BTreeMap<String, Value> {
        of.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    said(one) == said(other)
}

fn report(plan: &Plan, before: &BTreeMap<Key, Row>, after: &BTreeMap<Key, Row>) -> RestaurantReport {
    let mut report = RestaurantReport::default();
    for planned in &plan.rows {
        let row = &planned.row;
        let outcome = match (before.get(&row.key), after.get(&row.key)) {
            (None, Some(_)) => RowOutcome::Created,
            (Some(was), Some(is)) if was.removed != is.removed || was.own != is.own => RowOutcome::Changed,
            (Some(_), None) => RowOutcome::Changed,
            _ => RowOutcome::Unchanged,
        };
        match outcome {
            RowOutcome::Created => report.created += 1,
            RowOutcome::Changed => report.changed += 1,
            RowOutcome::Unchanged | RowOutcome::Refused => report.unchanged += 1,
        }
        report.rows.push(ReportedRow { path: row.path.clone(), outcome, field: None, reason: None });
    }
    report
}
