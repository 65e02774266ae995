//! Who works at a merchant's places, as set-up says it?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `PUT /admin/v1/platform/merchants/{merchantId}/persons/{personId}`: a member of the staff.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutPerson {
    /// Name as printed on bills.
    pub full_name: String,
    /// Short name, as the register shows it.
    pub user_name: String,
    /// What the person types at a register to sign in: 4 to 32 visible ASCII characters, of one person of the merchant
    /// only. Left out, the code stays as it is. It is never shown again.
    #[serde(default)]
    pub code: Option<String>,
    /// Whether the person works here; who does not cannot sign in, and is signed out.
    #[serde(default = "yes")]
    pub is_active: bool,
}

fn yes() -> bool {
    true
}

impl std::fmt::Debug for PutPerson {
    /// Without the person and the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PutPerson { .. }")
    }
}

/// A member of the staff as set up.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminPerson {
    /// The person's number.
    pub person_id: i64,
    /// Name as printed on bills.
    pub full_name: String,
    /// Short name, as the register shows it.
    pub user_name: String,
    /// Whether the person works here.
    pub is_active: bool,
    /// Whether the person has a code to sign in by.
    pub has_code: bool,
}

impl std::fmt::Debug for AdminPerson {
    /// Without the person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminPerson { .. }")
    }
}
