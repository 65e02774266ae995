//! What is the provider asked for a check, and is it still the same question?

use crate::access::PosGrant;
use crate::menu::LineProduct;
use crate::place::PlaceSettings;
use crate::sale::StoredCheck;
use money::Amount;
use wire::loyalty::{
    BalanceBenefitOfferRequest, BenefitInput, ItemToPay, MenuProductDefinition, ProductCategory,
    ThirdPartyLoyaltyOfferRequest,
};
use wire::{Extra, Number};

/// The question a check asks (protocol.md §10.3), under `loyalty_offer_id`. The whole basket goes along; of the
/// balances only what the cashier decided, since the provider knows the rest better.
pub(crate) fn question(
    grant: &PosGrant,
    settings: &PlaceSettings,
    check: &StoredCheck,
    loyalty_offer_id: &str,
) -> ThirdPartyLoyaltyOfferRequest {
    question_at(&grant.merchant, &grant.place, settings, check, loyalty_offer_id)
}

/// As [`question`]: it is the same whoever looks at the check.
pub(crate) fn question_at(
    merchant: &str,
    place: &str,
    settings: &PlaceSettings,
    check: &StoredCheck,
    loyalty_offer_id: &str,
) -> ThirdPartyLoyaltyOfferRequest {
    let precision = settings.precision;
    ThirdPartyLoyaltyOfferRequest {
        check_id: check.check_id.clone(),
        loyalty_offer_id: loyalty_offer_id.to_owned(),
        device_number: check.device_number,
        currency_code: settings.currency_code.clone(),
        country_code: Some(settings.country_code.clone()),
        pos_lang: Some(settings.pos_lang.clone()),
        bill_lang: Some(settings.bill_lang.clone()),
        price_precision: precision,
        benefit_inputs: inputs(check),
        balances: check
            .choices
            .iter()
            .map(|(balance_id, choice)| BalanceBenefitOfferRequest {
                balance_id: balance_id.clone(),
                controllable_value_to_use: choice.controllable_value_to_use,
                prepaid_value: choice.prepaid_value,
                rejected_by_pos: choice.rejected,
                ..BalanceBenefitOfferRequest::default()
            })
            .collect(),
        items_to_pay: check
            .lines
            .iter()
            .map(|line| ItemToPay {
                check_item_id: line.check_item_id.clone(),
                product: product(&line.product),
                amount: line.amount,
                measure: Some(line.product.measure.clone()),
                total_price_with_vat: Number::from_amount(line.total(), precision),
                total_applied_non_loyalty_discounts: Some(Number::from_amount(
                    Amount(line.till_discount),
                    precision,
                )),
                vat_rate: Some(line.product.vat_rate),
                vat_id: line.product.vat_id.clone(),
                extra: Extra::new(),
            })
            .collect(),
        merchant_id: merchant.to_owned(),
        place_id: place.to_owned(),
        extra: Extra::new(),
    }
}

/// Every scanned code, repeated ones too.
pub(crate) fn inputs(check: &StoredCheck) -> Vec<BenefitInput> {
    check.codes.iter().map(|code| BenefitInput { input_code: code.clone(), extra: Extra::new() }).collect()
}

/// A product as the documents define it, with its category and those above.
pub(crate) fn product(product: &LineProduct) -> MenuProductDefinition {
    MenuProductDefinition {
        product_id: product.product_id.clone(),
        name: Some(product.name.clone()),
        categories: product
            .categories
            .iter()
            .map(|category| ProductCategory {
                category_id: category.category_id.clone(),
                parent_category_id: category.parent_category_id.clone(),
                name: Some(category.name.clone()),
                extra: Extra::new(),
            })
            .collect(),
        extra: Extra::new(),
    }
}

/// The hash of a question without its offer id: equal questions have equal hashes, whatever id they are asked under.
///
/// # Errors
/// When the question has no JSON form, which its types rule out.
pub(crate) fn fingerprint(question: &ThirdPartyLoyaltyOfferRequest) -> Result<Vec<u8>, db::Error> {
    let nameless = ThirdPartyLoyaltyOfferRequest { loyalty_offer_id: String::new(), ..question.clone() };
    let text = db::json("question", &nameless)?;
    let hash = wire::canonical::hash(text.as_bytes())
        .map_err(|error| db::Error::Parameter { statement: "question", message: error.path })?;
    Ok(hash.to_vec())
}
