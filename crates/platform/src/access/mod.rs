//! Who calls: which application, register or administrator, and how does an application get its token?

mod at;
mod authorize;
mod grant;
mod register;
mod source;
pub(crate) mod store;
mod tokens;

pub(crate) use at::{Admin, Application, At, AtMerchant, AtRegister, Grant, Guarded};
pub(crate) use grant::{ApiClient, ClientGrant};
pub(crate) use register::PosGrant;
pub(crate) use source::SourceId;
pub(crate) use store::ClientSecret;
pub use tokens::keeper;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(authorize::authorize)).layer(door::body_limit(16 * 1024))
}
