//! What do the three API descriptions say, and what does a running server show?

mod complete;
mod examples;

use crate::config::Role;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use utoipa::openapi::OpenApi;

/// The committed documents by name: `platform` (documented APIs and the till), `partner` (webhooks,
/// DataSync, customers feed), `admin` (set-up of both sides).
pub fn documents() -> Vec<(&'static str, OpenApi)> {
    let all = served(Role::All);
    let is_admin = |path: &str| path.starts_with("/admin/");
    let of_partner = partner::openapi().paths.paths;
    vec![
        (
            "platform",
            part(all, "Štamgast platform", "The POS cloud: what partners and registers call.", |path| {
                !is_admin(path) && !of_partner.contains_key(path)
            }),
        ),
        (
            "partner",
            part(
                all,
                "Štamgast partner",
                "The integrator: what the POS cloud and a marketing tool call.",
                |path| !is_admin(path) && of_partner.contains_key(path),
            ),
        ),
        ("admin", part(all, "Štamgast set-up", "Setting up both sides under /admin/v1.", is_admin)),
    ]
}

/// The paths that are wanted, with the schemas that they need and no others.
fn part(all: &OpenApi, title: &str, description: &str, wanted: impl Fn(&str) -> bool) -> OpenApi {
    let mut document = titled(all.clone(), title, description);
    document.paths.paths.retain(|path, _| wanted(path));
    let Some(components) = &mut document.components else { return document };
    let mut needed = BTreeSet::new();
    let mut unread = references(&document.paths);
    while let Some(name) = unread.pop() {
        if let Some(schema) = components.schemas.get(&name)
            && needed.insert(name)
        {
            unread.extend(references(schema));
        }
    }
    components.schemas.retain(|name, _| needed.contains(name));
    let (mut schemes, mut tags) = (BTreeSet::new(), BTreeSet::new());
    for operation in document.paths.paths.values_mut().flat_map(complete::operations_mut) {
        tags.extend(operation.tags.iter().flatten().cloned());
        for one in operation.security.iter().flatten() {
            let names = serde_json::to_value(one).unwrap_or_default();
            schemes.extend(names.as_object().into_iter().flat_map(|names| names.keys().cloned()));
        }
    }
    components.security_schemes.retain(|name, _| schemes.contains(name));
    document.tags.iter_mut().for_each(|all| all.retain(|tag| tags.contains(&tag.name)));
    document
}

/// The names of the schemas that something refers to.
fn references(of: &impl serde::Serialize) -> Vec<String> {
    // what cannot be written refers to nothing; the document itself is written right after
    let text = serde_json::to_string(of).unwrap_or_default();
    let mut names = text.split("\"#/components/schemas/");
    names.next();
    names.filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
}

/// Everything that a server in this role answers. It is put together once: that takes as long as the rest of a start.
pub(crate) fn served(role: Role) -> &'static OpenApi {
    static SERVED: PerRole<OpenApi> = PerRole::new();
    SERVED.get(role, || put_together(role))
}

/// A value of each role, made when it is first wanted.
pub(crate) struct PerRole<T> {
    all: OnceLock<T>,
    platform: OnceLock<T>,
    partner: OnceLock<T>,
}

impl<T> PerRole<T> {
    pub(crate) const fn new() -> Self {
        Self { all: OnceLock::new(), platform: OnceLock::new(), partner: OnceLock::new() }
    }

    /// The value of this role; `make` makes it the first time.
    pub(crate) fn get(&self, role: Role, make: impl FnOnce() -> T) -> &T {
        let kept = match role {
            Role::All => &self.all,
            Role::Platform => &self.platform,
            Role::Partner => &self.partner,
        };
        kept.get_or_init(make)
    }
}

fn put_together(role: Role) -> OpenApi {
    let mut all = OpenApi::default();
    all.merge(door::tokens::openapi());
    if role.is_platform() {
        all.merge(platform::openapi());
        all.merge(platform::admin_openapi());
    }
    if role.is_partner() {
        all.merge(partner::openapi());
        all.merge(partner::admin_openapi());
    }
    complete::complete(&mut all);
    examples::add(&mut all);
    titled(all, "Štamgast", "Both ends of a documented POS, loyalty and DataSync contract.")
}

fn titled(mut document: OpenApi, title: &str, description: &str) -> OpenApi {
    title.clone_into(&mut document.info.title);
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document.info.description = Some(description.to_owned());
    document.info.license = Some(utoipa::openapi::License::new("Apache-2.0"));
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_in_one_document_and_every_reference_leads_somewhere() {
        let documents = documents();
        let paths: usize = documents.iter().map(|(_, document)| document.paths.paths.len()).sum();
        assert_eq!(paths, served(Role::All).paths.paths.len());
        for (name, document) in documents {
            assert!(!document.paths.paths.is_empty(), "{name}");
            let components = document.components.clone().unwrap_or_default();
            for reference in references(&document) {
                assert!(components.schemas.contains_key(&reference), "{name}: {reference} leads nowhere");
            }
        }
    }
}
