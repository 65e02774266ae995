//! What do the three API descriptions say, and what does a running server show?

use crate::config::Role;
use utoipa::openapi::OpenApi;

/// The committed documents by name: `platform` (documented APIs and the till), `partner` (webhooks,
/// DataSync, customers feed), `admin` (set-up of both sides).
pub fn documents() -> Vec<(&'static str, OpenApi)> {
    vec![
        ("platform", titled(platform::openapi(), "Štamgast platform", "The POS cloud: what partners and registers call.")),
        ("partner", titled(partner::openapi(), "Štamgast partner", "The integrator: what the POS cloud and a marketing tool call.")),
        ("admin", admin()),
    ]
}

fn admin() -> OpenApi {
    let both = platform::admin_openapi().merge_from(partner::admin_openapi());
    titled(both, "Štamgast set-up", "Setting up both sides under /admin/v1.")
}

/// Everything that a server in this role answers.
pub(crate) fn served(role: Role) -> OpenApi {
    let mut all = OpenApi::default();
    if role.is_platform() {
        all.merge(platform::openapi());
        all.merge(platform::admin_openapi());
    }
    if role.is_partner() {
        all.merge(partner::openapi());
        all.merge(partner::admin_openapi());
    }
    titled(all, "Štamgast", "Both ends of a documented POS, loyalty and DataSync contract.")
}

fn titled(mut document: OpenApi, title: &str, description: &str) -> OpenApi {
    title.clone_into(&mut document.info.title);
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document.info.description = Some(description.to_owned());
    document.info.license = Some(utoipa::openapi::License::new("Apache-2.0"));
    document
}
