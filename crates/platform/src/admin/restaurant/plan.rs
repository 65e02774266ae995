//! What does each row of a document ask of its noun's own set-up?
//!
//! A row becomes the very value that the noun's own call would be given ([`Upsert`]), so that it is judged and written by the
//! same code. Here everything is judged that needs no database.

use super::rows::{Noun, Row};
use crate::admin::{merchants, places, registers};
use crate::api::Upsert;
use crate::feed::Changes;
use crate::menu::admin::Gone;
use crate::{Platform, delivery, desks, menu, persons, stocks};
use db::{Tx, TxError};
use door::ApiError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use wire::admin::menu::PutMenu;
use wire::admin::persons::PutPerson;
use wire::admin::restaurant::{ReportedRow, RowOutcome};

/// One call of a noun's own set-up.
pub(super) trait Step: Send + Sync {
    /// Judges what needs no database.
    fn judge(&self) -> Result<(), ApiError>;
    /// Writes it.
    fn write(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<(), TxError<ApiError>>;
}

impl<U: Upsert> Step for U {
    fn judge(&self) -> Result<(), ApiError> {
        self.check()
    }

    fn write(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<(), TxError<ApiError>> {
        self.put(tx, changes).map(drop)
    }
}

/// A row with what it asks for.
pub(super) struct Planned {
    pub(super) row: Row,
    /// The row's own members as they would be shown; `None` where only its id came.
    pub(super) wanted: Option<Map<String, Value>>,
    /// Sets it up; `None` where only its id came, and for what is not set up here.
    pub(super) put: Option<Box<dyn Step>>,
    /// Takes it away, where that is asked for.
    pub(super) remove: Option<Box<dyn Step>>,
}

/// What a document asks for.
pub(super) struct Plan {
    /// In the order of the document.
    pub(super) rows: Vec<Planned>,
    /// The rows in the order in which they are set up, without those of the menu.
    pub(super) order: Vec<usize>,
    pub(super) menu: MenuPlan,
}

/// What of the menu is set up and taken away, and where it stands in the document.
#[derive(Default)]
pub(super) struct MenuPlan {
    pub(super) put: PutMenu,
    /// By list, the path of each entry of `put`.
    paths: BTreeMap<&'static str, Vec<String>>,
    /// What is taken away.
    pub(super) gone: Vec<(Row, Gone)>,
}

impl MenuPlan {
    /// A refusal of the menu's set-up as one of the document's row.
    pub(super) fn refused(&self, error: &ApiError) -> ReportedRow {
        let field = field_of(error).unwrap_or_default();
        let listed = field.split_once('[').and_then(|(list, rest)| {
            let (index, rest) = rest.split_once(']')?;
            let path = self.paths.get(list)?.get(index.parse::<usize>().ok()?)?;
            Some((path.clone(), rest.trim_start_matches('.')))
        });
        let (path, inside) = match listed {
            Some(found) => found,
            None => match field.strip_prefix("placeRules.") {
                Some(place) => (format!("menu.placeRules.{place}"), ""),
                None => ("menu".to_owned(), field),
            },
        };
        refusal(&path, inside, error)
    }
}

/// What rows ask for, and every row that cannot be so whatever there is already. `first` is where the search for the
/// letters of a new place's bills begins.
pub(super) fn plan(
    platform: &Platform,
    merchant: &str,
    rows: Vec<Row>,
    first: u64,
) -> (Plan, Vec<ReportedRow>) {
    let (mut plan, mut refused) =
        (Plan { rows: Vec::new(), order: Vec::new(), menu: MenuPlan::default() }, Vec::new());
    for row in rows {
        let path = row.path.clone();
        let planned = if row.noun().is_of_menu() {
            of_menu(row, &mut plan.menu)
        } else {
            one(platform, merchant, row, first)
        };
        match planned {
            Ok(planned) => plan.rows.push(planned),
            Err(error) => refused.push(refusal(&path, field_of(&error).unwrap_or_default(), &error)),
        }
    }
    refused.extend(menu::admin::faults(&plan.menu.put).iter().map(|error| plan.menu.refused(error)));
    plan.order = order(&plan.rows);
    (plan, refused)
}

/// A refusal of the row at `path`; `inside` is the member at fault as the noun's own set-up names it.
pub(super) fn refusal(path: &str, inside: &str, error: &ApiError) -> ReportedRow {
    let own = field_of(error).and_then(|field| error.message.strip_prefix(field)?.strip_prefix(": "));
    let field = if inside.is_empty() { path.to_owned() } else { super::rows::inside(path, inside) };
    ReportedRow {
        path: path.to_owned(),
        outcome: RowOutcome::Refused,
        field: Some(field),
        reason: Some(own.unwrap_or(&error.message).to_owned()),
    }
}

/// The member that an error names.
pub(super) fn field_of(error: &ApiError) -> Option<&str> {
    error.extra.get("field").and_then(Value::as_str)
}

fn one(platform: &Platform, merchant: &str, row: Row, first: u64) -> Result<Planned, ApiError> {
    let merchant = merchant.to_owned();
    let (outer, inner) = (row.id(0).to_owned(), row.id(1).to_owned());
    match row.noun() {
        Noun::Merchant => set(row, |body| merchants::SetUp { merchant, body }),
        Noun::Place => set(row, |body| places::SetUp::new(merchant, outer, body, first)),
        Noun::Delivery => set(row, |body| delivery::settings::set_up(merchant, outer, body)),
        Noun::Register => register(merchant, row),
        Noun::Person => person(platform, &merchant, row),
        Noun::DeskSection => {
            set_or_remove(row, |body| desks::admin::section(&merchant, &outer, &inner, body))
        }
        Noun::Desk => set_or_remove(row, |body| desks::admin::desk(&merchant, &outer, &inner, body)),
        Noun::Stock => set_or_remove(row, |body| stocks::admin::stock(&merchant, &outer, body)),
        Noun::StockItemCategory => {
            set_or_remove(row, |body| stocks::admin::category(&merchant, &outer, body))
        }
        Noun::Supplier => set_or_remove(row, |body| stocks::admin::supplier(&merchant, &outer, body)),
        Noun::StockItem => set_or_remove(row, |body| stocks::admin::item(&merchant, &outer, body)),
        Noun::StockUp => set_or_remove(row, |body| stocks::admin::stock_up(&merchant, &outer, &inner, body)),
        Noun::StockTaking => {
            set_or_remove(row, |body| stocks::admin::stock_taking(&merchant, &outer, &inner, body))
        }
        // Set up by themselves, since each has a secret: what is said of them here must be so.
        Noun::DataSync | Noun::LoyaltyConnection | Noun::Application => {
            Ok(Planned { wanted: Some(row.own.clone()), row, put: None, remove: None })
        }
        Noun::Category | Noun::AdditionCategory | Noun::Product | Noun::TimeBasedMenu | Noun::PlaceRule => {
            Ok(Planned { wanted: None, row, put: None, remove: None })
        }
    }
}

/// A register is known by its number, which is a part of its body.
fn register(merchant: String, row: Row) -> Result<Planned, ApiError> {
    let place = row.id(0).to_owned();
    let mut whole = row.own.clone();
    let number = serde_json::from_str(row.id(1)).unwrap_or_else(|_| Value::String(row.id(1).to_owned()));
    whole.insert("deviceNumber".to_owned(), number);
    let step = registers::SetUp { merchant, place, body: read(whole)? };
    step.judge()?;
    Ok(Planned { wanted: Some(row.own.clone()), row, put: Some(Box::new(step)), remove: None })
}

/// A person who is taken away leaves nothing behind, so that nobody is set up for it.
fn person(platform: &Platform, merchant: &str, row: Row) -> Result<Planned, ApiError> {
    let body: Option<PutPerson> = if row.removed { None } else { Some(read(row.own.clone())?) };
    let wanted = body.as_ref().map(shown).transpose()?;
    let step = persons::admin::person(platform, merchant, row.id(0), body)?;
    step.judge()?;
    let (removed, step) = (row.removed, Some(Box::new(step) as Box<dyn Step>));
    let (put, remove) = if removed { (None, step) } else { (step, None) };
    Ok(Planned { row, wanted, put, remove })
}

/// A row that is set up and stays.
fn set<T: DeserializeOwned + Serialize, U: Upsert>(
    row: Row,
    step: impl FnOnce(T) -> U,
) -> Result<Planned, ApiError> {
    let body: T = read(row.own.clone())?;
    let wanted = shown(&body)?;
    let step = step(body);
    step.judge()?;
    Ok(Planned { row, wanted: Some(wanted), put: Some(Box::new(step)), remove: None })
}

/// A row that is set up, or taken away.
fn set_or_remove<T: DeserializeOwned + Serialize, U: Upsert>(
    row: Row,
    step: impl Fn(Option<T>) -> U,
) -> Result<Planned, ApiError> {
    let (mut wanted, mut put) = (None, None);
    if !row.removed || !row.own.is_empty() {
        let body: T = read(row.own.clone())?;
        wanted = Some(shown(&body)?);
        let step = step(Some(body));
        step.judge()?;
        put = Some(Box::new(step) as Box<dyn Step>);
    }
    let remove = row.removed.then(|| step(None));
    remove.as_ref().map_or(Ok(()), Step::judge)?;
    Ok(Planned { row, wanted, put, remove: remove.map(|step| Box::new(step) as Box<dyn Step>) })
}

/// A row of the menu, which is set up together with the others.
fn of_menu(row: Row, menu: &mut MenuPlan) -> Result<Planned, ApiError> {
    let planned = |row, wanted| Ok(Planned { row, wanted, put: None, remove: None });
    if row.removed {
        let last = row.key.1.last().cloned().unwrap_or_default();
        let gone = match row.noun() {
            Noun::Category => Gone::Category(last),
            Noun::AdditionCategory => Gone::AdditionCategory(last),
            Noun::Product => Gone::Product(last),
            _ => Gone::TimeBasedMenu { place: row.id(0).to_owned(), menu: last },
        };
        menu.gone.push((row.clone(), gone));
        return planned(row, None);
    }
    let own = row.own.clone();
    let wanted = match row.noun() {
        Noun::Category => menu.add("categories", own, &row.path, |put| &mut put.categories)?,
        Noun::AdditionCategory => {
            menu.add("additionCategories", own, &row.path, |put| &mut put.addition_categories)?
        }
        Noun::Product => menu.add("products", own, &row.path, |put| &mut put.products)?,
        Noun::TimeBasedMenu => menu.add("timeBasedMenus", own, &row.path, |put| &mut put.time_based_menus)?,
        _ => {
            let rule = read(own)?;
            let wanted = shown(&rule)?;
            menu.put.place_rules.insert(row.id(0).to_owned(), rule);
            wanted
        }
    };
    planned(row, Some(wanted))
}

impl MenuPlan {
    fn add<T: DeserializeOwned + Serialize>(
        &mut self,
        list: &'static str,
        own: Map<String, Value>,
        path: &str,
        into: impl Fn(&mut PutMenu) -> &mut Vec<T>,
    ) -> Result<Map<String, Value>, ApiError> {
        let body: T = read(own)?;
        let wanted = shown(&body)?;
        into(&mut self.put).push(body);
        self.paths.entry(list).or_default().push(path.to_owned());
        Ok(wanted)
    }
}

/// The body that a row is, read as strictly as the noun's own call reads it.
fn read<T: DeserializeOwned>(own: Map<String, Value>) -> Result<T, ApiError> {
    door::read_strictly(&Value::Object(own))
}

/// The members of a body as they are shown.
fn shown<T: Serialize>(body: &T) -> Result<Map<String, Value>, ApiError> {
    match serde_json::to_value(body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(ApiError::internal()),
    }
}

/// The rows by noun, and of stock item categories each behind the one above it.
fn order(rows: &[Planned]) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..rows.len()).filter(|index| !rows[*index].row.noun().is_of_menu()).collect();
    let depths = depths(rows);
    order.sort_by_key(|index| {
        let row = &rows[*index].row;
        let depth = if row.noun() == Noun::StockItemCategory {
            depths.get(row.id(0)).copied().unwrap_or(0)
        } else {
            0
        };
        (row.noun(), depth, *index)
    });
    order
}

/// How many categories of stock items that the document names stand above each.
fn depths(rows: &[Planned]) -> BTreeMap<&str, usize> {
    let parents: BTreeMap<&str, Option<&str>> = rows
        .iter()
        .filter(|planned| planned.row.noun() == Noun::StockItemCategory)
        .map(|planned| (planned.row.id(0), planned.row.own.get("parentCategoryId").and_then(Value::as_str)))
        .collect();
    let depth = |id: &str| {
        let (mut above, mut seen) = (parents.get(id).copied().flatten(), BTreeSet::new());
        while let Some(id) = above {
            // A circle is refused when it is set up
            if !seen.insert(id) {
                break;
            }
            above = parents.get(id).copied().flatten();
        }
        seen.len()
    };
    parents.keys().map(|id| (*id, depth(id))).collect()
}
