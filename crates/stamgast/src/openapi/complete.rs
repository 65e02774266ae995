//! What does every operation say that no handler writes down: who may call it, which refusals it shares with all others,
//! and in which group it stands?

use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Tag,
};
use utoipa::{PartialSchema as _, ToSchema as _};
use wire::errors::ErrorBody;

/// Which credentials paths want, by how they begin; the first that fits counts.
const CALLERS: [(&str, &[&str]); 8] = [
    ("/admin/", &["admin"]),
    ("/api/auth/", &[]),
    ("/api/v1/customer", &["customers", "customersBasic"]),
    ("/deliveryInternal/", &["register"]),
    ("/partner/datasync", &["datasync"]),
    ("/partner/loyalty/", &["loyalty"]),
    ("/pos/", &["register"]),
    ("/", &["application"]),
];

/// The groups of operations in the order of the documents, ours last, and what each is for.
const TAGS: [(&str, &str); 16] = [
    ("Access", "How an application gets the access token that the documented APIs want."),
    ("Merchants", "Who the merchants of an application are, and what places they have."),
    ("Menu", "What a merchant sells."),
    ("Bills", "What was paid at a place, and what came back."),
    ("Delivery", "Orders that come from elsewhere, and what became of them."),
    ("Deskview", "Where guests sit."),
    ("Stocks", "What is in stock, and the documents that filled and counted it."),
    ("Reservations", "How guests who booked get their check."),
    ("Loyalty", "The usages of benefits that a provider pulls and acknowledges."),
    ("Loyalty partner", "What the POS cloud calls at a loyalty provider while a guest pays."),
    ("DataSync receiver", "Where the POS cloud sends every changed record."),
    ("Customers feed", "What a marketing tool reads of a merchant's guests."),
    ("Till", "What a register calls: checks, offers, payments, refunds, orders from elsewhere."),
    ("Platform set-up", "Merchants, places, menus, stocks, registers and applications of the POS cloud."),
    ("Partner set-up", "Programs, members, balances, vouchers and promotions of the loyalty provider."),
    ("Server", "What belongs to neither side: the administrators' own tokens."),
];

/// Whose GETs have an `ETag`: callers who poll.
const POLLING: [&str; 3] = ["application", "customers", "register"];

const UNREADABLE: &str = "The request cannot be read; `field` names the member or parameter at fault";
const STRANGER: &str = "No credentials of this kind, or they have ended";
const SLOW: &str = "The body did not come in time";
const TOO_LONG: &str = "The body is longer than the server takes; send less at a time";
const BUSY: &str =
    "Too busy, or the database is away; nothing was changed. `Retry-After` says when to come back";

/// Writes into the description what all operations share.
pub(super) fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    components.security_schemes = schemes();
    components.schemas.entry(ErrorBody::name().into_owned()).or_insert_with(ErrorBody::schema);
    merge_all_of(&mut components);
    document.components = Some(components);
    let mut used = Vec::new();
    for (path, item) in &mut document.paths.paths {
        if let Some(get) = item.get.as_mut().filter(|_| callers(path).iter().any(|one| POLLING.contains(one)))
        {
            describe_tag(get);
        }
        for operation in operations_mut(item) {
            complete_operation(path, operation);
            used.extend(operation.tags.iter().flatten().cloned());
        }
    }
    document.tags = Some(tags(&used));
}

/// The operations of a path with a body or without.
pub(super) fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The credentials that a path wants.
fn callers(path: &str) -> &'static [&'static str] {
    CALLERS.iter().find(|(begin, _)| path.starts_with(begin)).map_or(&[][..], |(_, schemes)| *schemes)
}

/// Says of a GET that its answer has a tag, and that a caller who sends the tag back is told whether it is still the answer.
fn describe_tag(get: &mut Operation) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let seen = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The `ETag` of the answer the caller has, a list of such, or `*`"))
        .schema(Some(text()));
    get.parameters.get_or_insert_default().push(seen.build().into());
    let responses = &mut get.responses.responses;
    if let Some(RefOr::T(answer)) = responses.get_mut("200") {
        let tag = HeaderBuilder::new().schema(Some(text())).description(Some("Changes with the answer"));
        answer.headers.insert("ETag".to_owned(), tag.build().into());
    }
    let unchanged = ResponseBuilder::new().description("`If-None-Match` names the answer; no body");
    responses.insert("304".to_owned(), unchanged.build().into());
}

fn complete_operation(path: &str, operation: &mut Operation) {
    let schemes = callers(path);
    let requirement = |scheme: &&str| SecurityRequirement::new(*scheme, Vec::<String>::new());
    operation.security = Some(schemes.iter().map(requirement).collect());
    operation.operation_id = operation.operation_id.take().map(|id| operation_id(path, &id));
    let refusals = [
        ("400", UNREADABLE, true),
        ("401", STRANGER, !schemes.is_empty()),
        ("408", SLOW, operation.request_body.is_some()),
        ("413", TOO_LONG, operation.request_body.is_some()),
        ("503", BUSY, true),
    ];
    let responses = &mut operation.responses.responses;
    for (status, description, is_sent) in refusals {
        if is_sent {
            responses
                .entry(status.to_owned())
                .or_insert_with(|| ResponseBuilder::new().description(description).build().into());
        }
    }
    // One form of error in an operation: that of the refusals its handler describes, else everybody's.
    let is_refusal = |status: &str| status.starts_with('4') || status.starts_with('5');
    let own =
        responses.iter().filter(|(status, _)| is_refusal(status)).find_map(|(_, response)| match response {
            RefOr::T(Response { content, .. }) if !content.is_empty() => Some(content.clone()),
            _ => None,
        });
    let content = own.unwrap_or_else(|| {
        let schema = Ref::from_schema_name(ErrorBody::name());
        [("application/json".to_owned(), ContentBuilder::new().schema(Some(schema)).build().into())]
            .into_iter()
            .collect()
    });
    for (_, response) in responses.iter_mut().filter(|(status, _)| is_refusal(status)) {
        if let RefOr::T(response) = response
            && response.content.is_empty()
        {
            response.content = content.clone();
        }
    }
}

/// `get_merchant` as `getMerchant`; set-up calls say their side, since both sides have merchants.
fn operation_id(path: &str, id: &str) -> String {
    let side = if path.starts_with("/admin/v1/platform/") {
        Some("platform")
    } else if path.starts_with("/admin/v1/partner/") {
        Some("partner")
    } else {
        None
    };
    let mut words: Vec<&str> = id.split('_').collect();
    words.splice(1..1, side);
    let mut camel = String::new();
    for (index, word) in words.into_iter().enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => camel.extend(first.to_uppercase()),
            first => camel.extend(first),
        }
        camel.push_str(letters.as_str());
    }
    camel
}

/// The used groups in their order; one that has no place in the order comes last.
fn tags(used: &[String]) -> Vec<Tag> {
    let known = TAGS.iter().filter(|(name, _)| used.iter().any(|one| one == name));
    let mut tags: Vec<Tag> = known
        .map(|(name, description)| TagBuilder::new().name(*name).description(Some(*description)).build())
        .collect();
    for name in used {
        if !tags.iter().any(|tag| tag.name == *name) {
            tags.push(TagBuilder::new().name(name.clone()).build());
        }
    }
    tags
}

fn schemes() -> BTreeMap<String, RefOr<SecurityScheme>> {
    let http = |scheme: HttpAuthScheme, description: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(description)).build())
    };
    let bearer = |description: &str| http(HttpAuthScheme::Bearer, description);
    let datasync = ApiKeyValue::with_description(
        "Authorization",
        "The secret of a DataSync subscription, bare or after the word Bearer",
    );
    [
        ("admin", bearer("A token of an administrator: `stamgast admin-token`")),
        ("application", bearer("An access token from `POST /api/auth/authorize`")),
        ("customers", bearer("The token of a customers client")),
        ("customersBasic", http(HttpAuthScheme::Basic, "The same client by its id and its token")),
        ("datasync", SecurityScheme::ApiKey(ApiKey::Header(datasync))),
        ("loyalty", bearer("The token of a loyalty connection")),
        ("register", bearer("The token of a register")),
    ]
    .map(|(name, scheme)| (name.to_owned(), scheme.into()))
    .into()
}

/// Makes one object of every schema that is several objects at once, wherever it stands: where one of them forbids further
/// members, the members of the others would be forbidden too.
fn merge_all_of(components: &mut Components) {
    let known = components.clone();
    components.schemas.values_mut().for_each(|schema| merge(&known, schema));
}

fn merge(known: &Components, schema: &mut RefOr<Schema>) {
    if matches!(schema, RefOr::T(Schema::AllOf(all)) if all.items.len() > 1)
        && let Some(object) = merged(known, schema)
    {
        *schema = Schema::Object(object).into();
    }
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(|property| merge(known, property));
            if let Some(AdditionalProperties::RefOr(others)) = object.additional_properties.as_deref_mut() {
                merge(known, others);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                merge(known, items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(|item| merge(known, item)),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(|item| merge(known, item)),
        Schema::AllOf(all) => all.items.iter_mut().for_each(|item| merge(known, item)),
        _ => {}
    }
}

/// The object that has the members of all parts.
fn merged(known: &Components, schema: &RefOr<Schema>) -> Option<Object> {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.strip_prefix("#/components/schemas/")?;
            merged(known, known.schemas.get(name)?)
        }
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(Schema::AllOf(all)) => {
            let mut whole = Object::new();
            whole.description.clone_from(&all.description);
            for item in &all.items {
                let part = merged(known, item)?;
                whole.properties.extend(part.properties);
                whole.required.extend(part.required);
                whole.additional_properties = whole.additional_properties.or(part.additional_properties);
            }
            Some(whole)
        }
        RefOr::T(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::served;
    use super::*;
    use crate::config::Role;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_says_who_calls_it_what_it_refuses_and_where_it_stands() {
        let mut document = served(Role::All).clone();
        let components = document.components.clone().unwrap();
        let mut ids = BTreeSet::new();
        let mut schemes_used = BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            for operation in operations_mut(item) {
                let id = operation.operation_id.clone().unwrap();
                assert!(ids.insert(id.clone()), "{id} is the id of two operations");
                assert!(!id.contains('_'), "{id}");
                let tags = operation.tags.clone().unwrap();
                assert!(
                    tags.len() == 1 && TAGS.iter().any(|(name, _)| *name == tags[0]),
                    "{id}: {tags:?} has no place"
                );
                let text = serde_json::to_value(&operation.security).unwrap();
                let schemes: Vec<String> = text
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|one| one.as_object().unwrap().keys().cloned())
                    .collect();
                assert_eq!(schemes.is_empty(), path.starts_with("/api/auth/"), "{path}");
                schemes_used.extend(schemes);
                for (status, response) in &operation.responses.responses {
                    let RefOr::T(response) = response else { panic!("{path} {status}") };
                    if status.starts_with('4') || status.starts_with('5') {
                        assert!(!response.content.is_empty(), "{path} {status} says nothing of its body");
                    }
                }
                for status in
                    ["400", "503"].into_iter().chain(operation.request_body.is_some().then_some("413"))
                {
                    assert!(operation.responses.responses.contains_key(status), "{path} {status}");
                }
            }
        }
        let known: BTreeSet<String> = components.security_schemes.keys().cloned().collect();
        assert_eq!(schemes_used, known);
        for (name, schema) in &components.schemas {
            let text = serde_json::to_string(schema).unwrap();
            assert!(!text.contains("\"allOf\""), "{name} is several things at once");
        }
    }

    #[test]
    fn ids_are_written_one_way() {
        for (path, id, expected) in [
            ("/bills/{sourceId}", "list_bills", "listBills"),
            ("/partner/datasync", "receiveRecordsByPut", "receiveRecordsByPut"),
            ("/admin/v1/platform/merchants/{merchantId}", "get_merchant", "getPlatformMerchant"),
            ("/admin/v1/partner/merchants/{merchantId}/cards", "post_card", "postPartnerCard"),
        ] {
            assert_eq!(operation_id(path, id), expected);
        }
    }
}
