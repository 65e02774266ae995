//! What may a body look like? One example for each operation that takes one, with the demo's own values where it has them.

use super::complete::operations_mut;
use serde_json::{Map, Value};
use utoipa::openapi::{OpenApi, RefOr};

/// By the id of the operation.
const EXAMPLES: &str = include_str!("examples.json");

/// Adds the example of each operation to its body.
pub(super) fn add(document: &mut OpenApi) {
    // A file that cannot be read has no examples, and the test below fails.
    let mut examples: Map<String, Value> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let restaurant = serde_json::from_str(crate::demo::restaurant::DOCUMENT).unwrap_or_default();
    examples.insert("putPlatformRestaurant".to_owned(), restaurant);
    for operation in document.paths.paths.values_mut().flat_map(operations_mut) {
        let example = operation.operation_id.as_deref().and_then(|id| examples.remove(id));
        let (Some(example), Some(RefOr::T(body))) = (example, &mut operation.request_body) else { continue };
        for content in body.content.values_mut() {
            if let RefOr::T(content) = content {
                content.example = Some(example.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::served;
    use super::*;
    use crate::config::Role;
    use std::collections::BTreeSet;
    use utoipa::openapi::schema::Schema;

    /// An example has every member that its schema wants and none that the schema does not know.
    #[test]
    fn every_body_has_an_example_that_fits() {
        let mut document = served(Role::All).clone();
        let components = document.components.clone().unwrap();
        let mut unused: BTreeSet<String> = serde_json::from_str::<Map<String, Value>>(EXAMPLES)
            .unwrap()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        for operation in document.paths.paths.values_mut().flat_map(operations_mut) {
            let Some(RefOr::T(body)) = &operation.request_body else { continue };
            let id = operation.operation_id.as_deref().unwrap();
            unused.remove(id);
            for content in body.content.values() {
                let RefOr::T(content) = content else { panic!("{id}") };
                let example = content.example.as_ref().unwrap_or_else(|| panic!("{id} has no example"));
                let Some(RefOr::Ref(reference)) = &content.schema else { panic!("{id} has no named schema") };
                let name = reference.ref_location.rsplit('/').next().unwrap();
                let RefOr::T(Schema::Object(schema)) = &components.schemas[name] else { panic!("{name}") };
                let example = example.as_object().unwrap();
                for member in &schema.required {
                    assert!(example.contains_key(member), "{id}: {member} is missing");
                }
                for member in example.keys() {
                    assert!(schema.properties.contains_key(member), "{id}: {member} is no member of {name}");
                }
            }
        }
        assert_eq!(unused, BTreeSet::new(), "examples of operations that are not there");
    }
}
