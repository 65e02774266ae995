//! Who works at a register?

use crate::bills::Person;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A member of the staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PosPerson {
    /// The person's number in the merchant's staff list.
    pub person_id: i64,
    /// Name as printed on the bill.
    pub full_name: String,
    /// Name used to sign in at the register.
    pub user_name: String,
}

impl PosPerson {
    /// Who stands in at a register where nobody signed in: the register itself, under its number below zero, which no
    /// person of a staff list has.
    pub fn stand_in(device_number: i64) -> Self {
        Self {
            person_id: -device_number,
            full_name: format!("Register {device_number}"),
            user_name: format!("register-{device_number}"),
        }
    }

    /// The same person as the documented bill shows them.
    pub fn on_bill(&self) -> Person {
        Person {
            person_id: Some(self.person_id),
            full_name: Some(self.full_name.clone()),
            user_name: Some(self.user_name.clone()),
            ..Person::default()
        }
    }
}

/// `PUT /pos/{sourceId}/person`: somebody types their code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The code that the person was given.
    pub code: String,
}

impl std::fmt::Debug for SignIn {
    /// Without the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn { .. }")
    }
}

/// Who works at the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegisterPerson {
    /// Whether somebody signed in; where nobody did, the register itself stands in.
    pub signed_in: bool,
    /// Who opens and is paid checks, unless a call names somebody else.
    pub person: PosPerson,
}
