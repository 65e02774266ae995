//! What do desks and the sections they stand in look like? (protocol.md §6)

use crate::{Number, time::LocalTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is set of a desk: `PUT /admin/v1/platform/merchants/{merchantId}/places/{placeId}/desks/{deskId}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDesk {
    /// What guests and waiters call it.
    #[serde(default)]
    pub name: Option<String>,
    /// Its short name on the register.
    #[serde(default)]
    pub code: Option<String>,
    /// `desk` (default), or what else the house has.
    #[serde(default = "desk")]
    pub r#type: String,
    /// The section it stands in.
    #[serde(default)]
    pub section_id: Option<String>,
    /// How many guests can sit there.
    #[serde(default)]
    pub seats: Option<u16>,
    /// Where it is drawn.
    #[serde(default)]
    pub position: Option<DeskPosition>,
    /// No table in the room, such as one for deliveries.
    #[serde(default, rename = "_virtual")]
    pub is_virtual: bool,
}

fn desk() -> String {
    "desk".to_owned()
}

/// Where a desk is drawn on the plan of its section.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeskPosition {
    /// From the left.
    pub x: Number,
    /// From the top.
    pub y: Number,
    /// To the right of `x`.
    pub width: Number,
    /// Down from `y`.
    pub height: Number,
    /// Its outline.
    pub shape: DeskShape,
    /// Degrees clockwise.
    #[serde(default)]
    pub rotation: Number,
}

/// The outline of a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeskShape {
    /// With corners.
    Rectangle,
    /// Round.
    Circle,
}

/// A desk of a place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Desk {
    /// Its id: the `deskId` of checks and bills.
    pub desk_id: String,
    /// As set.
    #[serde(flatten)]
    pub desk: PutDesk,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// What is set of a section: `PUT /admin/v1/platform/merchants/{merchantId}/places/{placeId}/deskSections/{sectionId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSection {
    /// What guests and waiters call it.
    pub name: String,
    /// Its colour on the plan.
    #[serde(default)]
    pub color: Option<String>,
    /// Sections are shown in this order.
    #[serde(default)]
    pub order: i64,
}

/// A section of a place: a room, a terrace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its id.
    pub section_id: String,
    /// As set.
    #[serde(flatten)]
    pub section: PutSection,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// The desks of a place as its registers draw them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeskView {
    /// In their order; desks that stand in none are in one called `defaultSection`.
    pub sections: Vec<SectionView>,
}

/// A section with its desks; what was removed is in none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SectionView {
    /// Its name.
    pub name: String,
    /// Its desks by their code.
    pub desks: Vec<Desk>,
}

/// What is open at a desk: as a rule one check. Where guests pay apart there are several, and all of them are shown
/// together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeskCheck {
    /// The desk.
    pub desk_id: String,
    /// ISO 4217.
    pub currency_code: String,
    /// The open checks, the oldest first; at least one.
    pub checks: Vec<OpenDeskCheck>,
    /// The lines of all of them, in their order.
    pub lines: Vec<DeskCheckLine>,
    /// All lines after discounts.
    pub total_with_vat: Number,
    /// What balances of the loyalty provider will pay.
    pub paid_by_balances: Number,
    /// What was paid before, such as the deposit of a reservation.
    pub paid_already: Number,
    /// What is left to pay: the total less both; below 0 is given back.
    pub to_pay: Number,
}

/// One of the open checks of a desk.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenDeskCheck {
    /// Its id.
    pub check_id: String,
    /// When it was opened.
    pub opened_at: LocalTime,
    /// Guests.
    pub person_count: Option<i64>,
    /// Its lines after discounts.
    pub total_with_vat: Number,
    /// What is left to pay of it.
    pub to_pay: Number,
}

/// A line of an open check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeskCheckLine {
    /// The check it is of.
    pub check_id: String,
    /// Its id in the check.
    pub check_item_id: String,
    /// The product.
    pub product_id: String,
    /// Its name when the line was set.
    pub name: String,
    /// How much.
    pub amount: Number,
    /// Of what unit.
    pub measure: String,
    /// One unit with VAT.
    pub unit_price_with_vat: Number,
    /// What the register and loyalty take off the line.
    pub discount: Number,
    /// The line after it.
    pub final_price_with_vat: Number,
    /// A fraction, `0.12`.
    pub vat_rate: Number,
    /// Of an addition: the `checkItemId` of the line that it goes with.
    pub additions_of: Option<String>,
}
