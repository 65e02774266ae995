//! Which rows does a document have, and where does each stand?
//!
//! The document that came and the document that is shown are taken apart by the same code, so that a row is found again by
//! its key whichever of them it is in.

use door::ApiError;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What a row is, in the order in which rows are set up: each needs only what is before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Noun {
    Merchant,
    Place,
    Delivery,
    DataSync,
    DeskSection,
    Desk,
    Register,
    Person,
    Category,
    AdditionCategory,
    Product,
    TimeBasedMenu,
    PlaceRule,
    Stock,
    StockItemCategory,
    Supplier,
    StockItem,
    StockUp,
    StockTaking,
    LoyaltyConnection,
    Application,
}

impl Noun {
    /// Whether it is a part of the menu, which is set up in one.
    pub(super) fn is_of_menu(self) -> bool {
        (Self::Category..=Self::PlaceRule).contains(&self)
    }

    /// Whether it can be taken away.
    fn is_removable(self) -> bool {
        !matches!(
            self,
            Self::Merchant
                | Self::Place
                | Self::Delivery
                | Self::DataSync
                | Self::Register
                | Self::PlaceRule
                | Self::LoyaltyConnection
                | Self::Application
        )
    }
}

/// What a row is and its ids, from the outermost: what is the same in two documents.
pub(super) type Key = (Noun, Vec<String>);

/// A row of a document.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// `places[0].desks[1]`
    pub(super) path: String,
    pub(super) key: Key,
    /// The row's own members, without its ids (which rows of the menu keep), `removed` and what stands below it.
    pub(super) own: Map<String, Value>,
    pub(super) removed: bool,
}

impl Row {
    pub(super) fn noun(&self) -> Noun {
        self.key.0
    }

    /// The id at a depth; an empty text where the row has none there.
    pub(super) fn id(&self, depth: usize) -> &str {
        self.key.1.get(depth).map_or("", String::as_str)
    }
}

/// Takes a document apart: its rows in their order, and what is wrong with its form.
pub(super) fn rows_of(document: Map<String, Value>) -> (Vec<Row>, Vec<ApiError>) {
    let mut reader = Reader::default();
    let mut document = document;
    reader.single(&mut document, "merchant", "", Noun::Merchant, &[]);
    for (path, mut place) in reader.list(&mut document, "places", "") {
        let delivery = place.remove("delivery");
        let datasync = place.remove("datasync");
        let sections = reader.list(&mut place, "deskSections", &path);
        let desks = reader.list(&mut place, "desks", &path);
        let registers = reader.list(&mut place, "registers", &path);
        let Some(ids) = reader.row(Noun::Place, &path, &[], &["placeId"], place) else { continue };
        for (noun, member, value) in
            [(Noun::Delivery, "delivery", delivery), (Noun::DataSync, "datasync", datasync)]
        {
            let Some(value) = value else { continue };
            let mut parent = Map::from_iter([(member.to_owned(), value)]);
            reader.single(&mut parent, member, &path, noun, &ids);
        }
        for (path, section) in sections {
            reader.row(Noun::DeskSection, &path, &ids, &["sectionId"], section);
        }
        for (path, desk) in desks {
            reader.row(Noun::Desk, &path, &ids, &["deskId"], desk);
        }
        for (path, register) in registers {
            reader.row(Noun::Register, &path, &ids, &["deviceNumber"], register);
        }
    }
    for (path, person) in reader.list(&mut document, "persons", "") {
        reader.row(Noun::Person, &path, &[], &["personId"], person);
    }
    if let Some(mut menu) = reader.object(&mut document, "menu", "") {
        reader.menu(&mut menu);
    }
    for (path, mut stock) in reader.list(&mut document, "stocks", "") {
        let ups = reader.list(&mut stock, "stockUps", &path);
        let takings = reader.list(&mut stock, "stockTakings", &path);
        let Some(ids) = reader.row(Noun::Stock, &path, &[], &["stockId"], stock) else { continue };
        for (path, up) in ups {
            reader.row(Noun::StockUp, &path, &ids, &["stockUpId"], up);
        }
        for (path, taking) in takings {
            reader.row(Noun::StockTaking, &path, &ids, &["stockTakingId"], taking);
        }
    }
    for (noun, member, id) in [
        (Noun::StockItemCategory, "stockItemCategories", "stockItemCategoryId"),
        (Noun::StockItem, "stockItems", "itemId"),
        (Noun::Supplier, "suppliers", "supplierId"),
        (Noun::LoyaltyConnection, "loyaltyConnections", "loyaltyProviderId"),
        (Noun::Application, "applications", "clientId"),
    ] {
        for (path, row) in reader.list(&mut document, member, "") {
            reader.row(noun, &path, &[], &[id], row);
        }
    }
    let expected = "merchant, places, persons, menu, stocks, stockItemCategories, stockItems, suppliers, loyaltyConnections or applications";
    reader.nothing_else(&document, "", expected);
    (reader.rows, reader.faults)
}

#[derive(Default)]
struct Reader {
    rows: Vec<Row>,
    faults: Vec<ApiError>,
    named: BTreeSet<Key>,
}

impl Reader {
    fn menu(&mut self, menu: &mut Map<String, Value>) {
        for (noun, member, id) in [
            (Noun::Category, "categories", "categoryId"),
            (Noun::AdditionCategory, "additionCategories", "additionCategoryId"),
            (Noun::Product, "products", "productId"),
        ] {
            for (path, row) in self.list(menu, member, "menu") {
                self.row(noun, &path, &[], &[id], row);
            }
        }
        for (path, row) in self.list(menu, "timeBasedMenus", "menu") {
            self.row(Noun::TimeBasedMenu, &path, &[], &["placeId", "menuId"], row);
        }
        if let Some(rules) = self.object(menu, "placeRules", "menu") {
            for (place, rule) in rules {
                let mut parent = Map::from_iter([(place.clone(), rule)]);
                self.single(
                    &mut parent,
                    &place,
                    "menu.placeRules",
                    Noun::PlaceRule,
                    std::slice::from_ref(&place),
                );
            }
        }
        let expected = "categories, additionCategories, products, timeBasedMenus or placeRules";
        self.nothing_else(menu, "menu", expected);
    }

    /// Takes a list of objects out of `parent`; one that is left out or `null` is empty.
    fn list(
        &mut self,
        parent: &mut Map<String, Value>,
        member: &str,
        at: &str,
    ) -> Vec<(String, Map<String, Value>)> {
        let path = inside(at, member);
        let values = match parent.remove(member) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.faults.push(ApiError::field(&path, "a list", kind_of(&other)));
                return Vec::new();
            }
        };
        let mut list = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match value {
                Value::Object(row) => list.push((path, row)),
                other => self.faults.push(ApiError::field(&path, "an object", kind_of(&other))),
            }
        }
        list
    }

    /// Takes an object out of `parent`; `None` when it is left out or `null`.
    fn object(
        &mut self,
        parent: &mut Map<String, Value>,
        member: &str,
        at: &str,
    ) -> Option<Map<String, Value>> {
        match parent.remove(member)? {
            Value::Null => None,
            Value::Object(object) => Some(object),
            other => {
                self.faults.push(ApiError::field(&inside(at, member), "an object", kind_of(&other)));
                None
            }
        }
    }

    /// Adds the one row that a member is.
    fn single(
        &mut self,
        parent: &mut Map<String, Value>,
        member: &str,
        at: &str,
        noun: Noun,
        ids: &[String],
    ) {
        if let Some(own) = self.object(parent, member, at) {
            self.rows.push(Row { path: inside(at, member), key: (noun, ids.to_vec()), own, removed: false });
        }
    }

    /// Adds a row that has ids of its own, and gives all its ids; `None` when they cannot be read.
    fn row(
        &mut self,
        noun: Noun,
        path: &str,
        above: &[String],
        members: &[&str],
        mut own: Map<String, Value>,
    ) -> Option<Vec<String>> {
        let mut ids = above.to_vec();
        for member in members {
            // Rows of the menu have their ids among their own members
            let id = if noun.is_of_menu() { own.get(*member).cloned() } else { own.remove(*member) };
            match id_of(id) {
                Ok(id) => ids.push(id),
                Err(found) => {
                    self.faults.push(ApiError::field(&inside(path, member), "the id of the row", found));
                    return None;
                }
            }
        }
        let removed = match noun.is_removable().then(|| own.remove("removed")).flatten() {
            None | Some(Value::Null) => false,
            Some(Value::Bool(removed)) => removed,
            Some(other) => {
                self.faults.push(ApiError::field(&inside(path, "removed"), "true or false", kind_of(&other)));
                return None;
            }
        };
        let key = (noun, ids.clone());
        if !self.named.insert(key.clone()) {
            let (member, id) =
                (members.last().copied().unwrap_or_default(), ids.last().cloned().unwrap_or_default());
            self.faults.push(ApiError::field(
                &inside(path, member),
                "each row once",
                &format!("{id:?} again"),
            ));
            return None;
        }
        self.rows.push(Row { path: path.to_owned(), key, own, removed });
        Some(ids)
    }

    fn nothing_else(&mut self, left: &Map<String, Value>, at: &str, expected: &str) {
        for member in left.keys() {
            self.faults.push(ApiError::field(&inside(at, member), expected, "a member of another name"));
        }
    }
}

/// The id that a member says: a text, or the number of a register or a person.
fn id_of(value: Option<Value>) -> Result<String, &'static str> {
    match value {
        Some(Value::String(id)) => Ok(id),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(other) => Err(kind_of(&other)),
        None => Err("nothing"),
    }
}

/// What a value of another kind is called.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The path of a member.
pub(super) fn inside(at: &str, member: &str) -> String {
    if at.is_empty() { member.to_owned() } else { format!("{at}.{member}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn apart(document: Value) -> (Vec<Row>, Vec<String>) {
        let Value::Object(document) = document else { panic!("an object") };
        let (rows, faults) = rows_of(document);
        (rows, faults.iter().map(|fault| fault.extra["field"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn each_row_has_its_path_its_ids_and_its_own_members() {
        let (rows, faults) = apart(json!({
            "merchant": {"name": "M"}, "menu": null,
            "places": [{"placeId": "p", "name": "P", "delivery": {"autoConfirm": true},
                "desks": [{"deskId": "1", "seats": 4}, {"deskId": "2", "removed": true}], "registers": [{"deviceNumber": 7, "name": "R"}]}],
            "stocks": [{"stockId": "s", "name": "S", "stockUps": [{"stockUpId": "u", "items": []}]}],
        }));
        assert_eq!(faults, Vec::<String>::new());
        let seen: Vec<(&str, Noun, Vec<&str>, String, bool)> = rows
            .iter()
            .map(|row| {
                let ids = row.key.1.iter().map(String::as_str).collect();
                (row.path.as_str(), row.noun(), ids, Value::Object(row.own.clone()).to_string(), row.removed)
            })
            .collect();
        let expected = [
            ("merchant", Noun::Merchant, vec![], r#"{"name":"M"}"#, false),
            ("places[0]", Noun::Place, vec!["p"], r#"{"name":"P"}"#, false),
            ("places[0].delivery", Noun::Delivery, vec!["p"], r#"{"autoConfirm":true}"#, false),
            ("places[0].desks[0]", Noun::Desk, vec!["p", "1"], r#"{"seats":4}"#, false),
            ("places[0].desks[1]", Noun::Desk, vec!["p", "2"], "{}", true),
            ("places[0].registers[0]", Noun::Register, vec!["p", "7"], r#"{"name":"R"}"#, false),
            ("stocks[0]", Noun::Stock, vec!["s"], r#"{"name":"S"}"#, false),
            ("stocks[0].stockUps[0]", Noun::StockUp, vec!["s", "u"], r#"{"items":[]}"#, false),
        ];
        assert_eq!(
            seen,
            expected.map(|(path, noun, ids, own, removed)| (path, noun, ids, own.to_owned(), removed))
        );
    }

    #[test]
    fn every_fault_of_the_form_is_named_at_its_place() {
        let (_, faults) = apart(json!({
            "desks": [], "suppliers": {}, "stocks": [7, {"stockId": true}], "menu": {"additions": [], "products": [{"name": "x"}]},
            "places": [{"placeId": "p", "desks": [{"deskId": "1"}, {"deskId": "1"}, {"deskId": "2", "removed": "yes"}], "registers": [{"name": "R"}]}],
        }));
        let expected = [
            "places[0].desks[1].deskId",
            "places[0].desks[2].removed",
            "places[0].registers[0].deviceNumber",
            "menu.products[0].productId",
            "menu.additions",
            "stocks[0]",
            "stocks[1].stockId",
            "suppliers",
            "desks",
        ];
        assert_eq!(faults, expected);
    }
}
