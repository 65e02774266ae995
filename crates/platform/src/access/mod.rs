//! Who calls: which applications and which registers, and how does an application get its token?

mod authorize;
mod grant;
mod register;
mod source;
pub(crate) mod store;
mod tokens;

pub(crate) use grant::{ApiClient, ClientGrant};
pub(crate) use register::{PosGrant, Register};
pub(crate) use source::SourceId;
pub(crate) use store::ClientSecret;
pub use tokens::keeper;

use crate::Platform;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Platform> {
    OpenApiRouter::new().routes(routes!(authorize::authorize)).layer(door::body_limit(16 * 1024))
}
