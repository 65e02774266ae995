//! How is the partner set up and looked into?
//!
//! `/admin/v1/partner/…`, by admin token. Bodies are strict; PUT may be repeated, POST with a code or an id that is
//! taken is 409. Reading shows the books as they are.

mod adjust;
mod balances;
mod breakage;
mod codes;
mod credentials;
mod explain;
mod holds;
mod issuers;
mod limits;
mod member_balances;
mod members;
mod merchants;
mod merges;
mod offers;
mod once;
mod period;
mod promotion_limits;
mod promotions;
mod quarantine;
mod refusals;
mod usages;
mod vouchers;

pub(crate) use once::remove_ended_keys;

use crate::Partner;
use door::body_limit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every set-up call of this side.
pub(crate) fn routes(admin_body_bytes_max: usize) -> OpenApiRouter<Partner> {
    OpenApiRouter::new()
        .routes(routes!(merchants::put_merchant, merchants::get_merchant))
        .routes(routes!(credentials::post_connection))
        .routes(routes!(credentials::post_datasync_secret))
        .routes(routes!(credentials::post_customers_client))
        .routes(routes!(credentials::delete_credential))
        .routes(routes!(members::post_member))
        .routes(routes!(members::put_member, members::get_member, members::delete_member))
        .routes(routes!(merges::post_merge, merges::get_merges))
        .routes(routes!(merges::post_undo))
        .routes(routes!(holds::get_holds))
        .routes(routes!(holds::delete_hold))
        .routes(routes!(holds::post_release))
        .routes(routes!(member_balances::post_member_balance))
        .routes(routes!(codes::post_card))
        .routes(routes!(codes::delete_card))
        .routes(routes!(codes::post_code))
        .routes(routes!(codes::put_code, codes::get_code))
        .routes(routes!(vouchers::post_voucher))
        .routes(routes!(vouchers::post_top_up_code))
        .routes(routes!(promotions::get_promotions))
        .routes(routes!(promotions::put_promotion, promotions::get_promotion))
        .routes(routes!(promotion_limits::get_promotion_limits))
        .routes(routes!(balances::get_balance, adjust::put_balance))
        .routes(routes!(adjust::post_adjust))
        .routes(routes!(explain::post_explain))
        .routes(routes!(offers::get_offer))
        .routes(routes!(usages::get_usages))
        .routes(routes!(quarantine::get_quarantine))
        .routes(routes!(issuers::get_issuers))
        .routes(routes!(issuers::get_issuer))
        .routes(routes!(breakage::get_breakage))
        .layer(body_limit(admin_body_bytes_max))
}
