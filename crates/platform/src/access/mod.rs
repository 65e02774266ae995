//! Which applications may call the documented APIs, and how do they get a token?

mod authorize;
mod grant;
mod source;
pub(crate) mod store;

pub(crate) use grant::{ApiClient, ClientGrant};
pub(crate) use source::SourceId;

use crate::Platform;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Platform> {
    OpenApiRouter::new().routes(routes!(authorize::authorize)).layer(door::body_limit(16 * 1024))
}
