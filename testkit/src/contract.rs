//! Does an answer keep to the description of its operation? Every answer that a test's client gets is asked this.
//!
//! The status must be one that the program's own OpenAPI names, the body must fit the schema it names for it, and
//! members that the schema does not know must not be there. Paths that are not described (`/healthz`, a path that does
//! not exist) are not asked.

use http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value};
use stamgast::client::{Answer, Look};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// Looks at every answer of a client; panics at one that breaks its description.
pub(crate) fn look() -> Look {
    Arc::new(|method, path, answer| {
        if let Err(broken) = CONTRACT.judge(method, path, answer) {
            panic!(
                "{method} {path} is answered otherwise than openapi/ says: {broken}\n{} {}",
                answer.status, answer.text
            );
        }
    })
}

/// One operation of the descriptions.
struct Operation {
    method: Method,
    /// The path's segments; those in braces stand for any text.
    segments: Vec<String>,
    /// By status: what the answer has.
    responses: Map<String, Value>,
    /// The components of its document.
    components: Arc<Value>,
}

struct Contract {
    operations: Vec<Operation>,
    /// By the schema's text with its document's title: compiled when first needed.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    fn read() -> Self {
        let mut operations = Vec::new();
        for (name, document) in stamgast::openapi::documents() {
            let mut document = serde_json::to_value(&document).expect("the description is JSON");
            let mut components = document["components"].take();
            for schema in components["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
                close(schema);
            }
            components["name"] = name.into();
            let components = Arc::new(components);
            for (path, item) in document["paths"].as_object().expect("paths") {
                for (method, operation) in item.as_object().expect("operations") {
                    operations.push(Operation {
                        method: method.to_uppercase().parse().expect("a method"),
                        segments: path.split('/').map(str::to_owned).collect(),
                        responses: operation["responses"].as_object().cloned().unwrap_or_default(),
                        components: Arc::clone(&components),
                    });
                }
            }
        }
        Self { operations, validators: Mutex::default() }
    }

    /// What is wrong with an answer.
    fn judge(&self, method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
        let Some(operation) = self.find(method, path) else { return Ok(()) };
        let Some(response) = operation.responses.get(&answer.status.to_string()) else {
            let known: Vec<&str> = operation.responses.keys().map(String::as_str).collect();
            return Err(format!("its statuses are {}", known.join(", ")));
        };
        let Some(schema) = response["content"]["application/json"].get("schema") else {
            return if answer.text.is_empty() { Ok(()) } else { Err("it has no body".to_owned()) };
        };
        let kind = answer.headers.get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        if kind != Some(b"application/json") {
            return Err(format!("its Content-Type is application/json, found {kind:?}"));
        }
        let validator = self.validator(schema, &operation.components);
        let wrong: Vec<String> = validator
            .iter_errors(&answer.json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }

    /// The operation a request is for: of two that fit, the one with fewer segments in braces.
    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |operation: &&Operation| {
            operation.method == *method
                && operation.segments.len() == asked.len()
                && operation.segments.iter().zip(&asked).all(|(known, asked)| {
                    if known.starts_with('{') { !asked.is_empty() } else { known == asked }
                })
        };
        let open =
            |operation: &&Operation| operation.segments.iter().filter(|one| one.starts_with('{')).count();
        self.operations.iter().filter(fits).min_by_key(open)
    }

    fn validator(&self, schema: &Value, components: &Value) -> Arc<Validator> {
        let key = format!("{} {schema}", components["name"]);
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = validators.entry(key).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = components.clone();
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
            Arc::new(options.build(&whole).unwrap_or_else(|error| panic!("{schema} is no schema: {error}")))
        });
        Arc::clone(compiled)
    }
}

/// Forbids members that an object's schema does not name, wherever it does not say what others are.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object)
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            for (name, member) in members.iter_mut() {
                // what only looks like a schema
                if !matches!(name.as_str(), "example" | "examples" | "default" | "enum" | "const") {
                    close(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use serde_json::json;

    fn answer(status: u16, json: Value) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        Answer { status, headers, text: json.to_string(), json }
    }

    fn judged(method: &Method, path: &str, answer: &Answer) -> String {
        CONTRACT.judge(method, path, answer).err().unwrap_or_default()
    }

    #[test]
    fn what_breaks_the_description_is_found() {
        let path = "/admin/v1/partner/merchants/m1";
        let whole = json!({"name": "Bar", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "holdTtlSeconds": 300, "program": {}});
        assert_eq!(judged(&Method::GET, path, &answer(200, whole.clone())), "");
        let changed = |member: &str, value: Value| {
            let mut body = whole.clone();
            body[member] = value;
            answer(200, body)
        };
        assert!(
            judged(&Method::GET, path, &changed("pricePrecision", json!("2"))).contains("/pricePrecision")
        );
        assert!(judged(&Method::GET, path, &changed("colour", json!(1))).contains("colour"));
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove("name");
        assert!(judged(&Method::GET, path, &answer(200, without)).contains("name"));
        assert!(judged(&Method::GET, path, &answer(202, whole.clone())).contains("statuses"));
        let mut text = answer(200, whole.clone());
        text.headers.clear();
        assert!(judged(&Method::GET, path, &text).contains("Content-Type"));
        let error =
            json!({"code": 404, "message": "m", "error": "m", "name": "NOT_FOUND", "httpStatus": 404});
        assert_eq!(judged(&Method::GET, &format!("{path}?x=1"), &answer(404, error.clone())), "");
        assert_ne!(judged(&Method::GET, path, &answer(404, json!({"message": "m"}))), "");
        assert_eq!(judged(&Method::GET, "/no/such/path", &answer(418, json!({}))), "", "not described");
        let own = CONTRACT.find(&Method::GET, "/merchants/me").unwrap();
        assert_eq!(own.segments, ["", "merchants", "me"]);
        let deleted =
            Answer { status: 204, headers: HeaderMap::new(), text: "x".to_owned(), json: Value::Null };
        assert_eq!(judged(&Method::DELETE, "/admin/v1/tokens/stg_admin_1", &deleted), "it has no body");
    }
}
