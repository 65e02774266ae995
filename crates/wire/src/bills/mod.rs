//! What is a bill?
//!
//! The list and the detail of protocol.md §4, and the DataSync record of the domain `bills`.

mod extra;
mod fiscal_data;
mod refund;

pub use fiscal_data::PatchBill;
pub use refund::RefundWholeBill;

use crate::{
    Number,
    number::DecimalText,
    read::{Extra, Object, Read, ReadError},
    time::LocalTime,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A paid bill. Some amounts are numbers and some decimal text, as the documented system has them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    /// The bill's number.
    #[schema(example = "QX2026000417")]
    pub bill_id: String,
    /// When the table was opened.
    pub session_created: Option<LocalTime>,
    /// When the bill was made.
    pub created_at: Option<LocalTime>,
    /// When it was paid.
    pub paid_at: Option<LocalTime>,
    /// When a fiscal system confirmed it.
    pub fiscalized_at: Option<LocalTime>,
    /// What was paid.
    pub final_price: Number,
    /// Its part without VAT.
    pub final_price_without_tax: Option<DecimalText>,
    /// VAT by percent.
    pub tax_summaries: BTreeMap<String, DecimalText>,
    /// VAT and base by percent.
    pub taxes: Vec<TaxEntry>,
    /// Taken off the whole bill.
    pub discount: Number,
    /// Cash rounding.
    pub rounding: Number,
    /// Tips.
    pub tips: Number,
    /// ISO 4217.
    pub currency_code: Option<String>,
    /// Whether it counts no more: a bill that was wholly given back, and each corrective bill of it. The takings are the
    /// sum of `finalPrice` over the bills where this is `false`.
    pub refunded: bool,
    /// On a corrective bill: the bill it reverses.
    pub refunded_bill_identifier: Option<String>,
    /// Whether it was taken out of the books.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// `cash`, `card`, `split`, … an open list.
    #[schema(example = "card")]
    pub payment_method: Option<String>,
    /// Break-down of the payment.
    pub payments: Vec<Payment>,
    /// Who made it.
    pub created_by: Option<Person>,
    /// Who took the money.
    pub paid_by: Option<Person>,
    /// Guests.
    pub person_count: Option<i64>,
    /// The table.
    pub desk_id: Option<String>,
    /// Whether VAT was charged as a payer.
    pub issued_as_vat_payer: Option<bool>,
    /// The fiscal system's answer: an object, or `[]` for none.
    pub fiscal_data: Option<Value>,
    /// An invoice's recipient: an object, or `[]` for none.
    pub invoice_data: Option<Value>,
    /// The guest.
    pub customer_id: Option<String>,
    /// Which delivery channel it came by.
    pub order_provider: Option<OrderProvider>,
    /// The lines; lists of bills leave them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<BillItem>>,
    /// When the record last changed.
    #[serde(rename = "_lastModifiedAt", skip_serializing_if = "Option::is_none")]
    pub last_modified_at: Option<LocalTime>,
    /// Grows with every change of the record. Ours, in DataSync.
    #[serde(rename = "_version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whose bill, in DataSync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_id: Option<String>,
    /// Of which place, in DataSync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(schema_with = extra::of_bill)]
    pub extra: Extra,
}

impl Read for Bill {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            bill_id: object.id("billId")?,
            session_created: object.optional_local_time("sessionCreated")?,
            created_at: object.optional_local_time("createdAt")?,
            paid_at: object.optional_local_time("paidAt")?,
            fiscalized_at: object.optional_local_time("fiscalizedAt")?,
            final_price: object.number("finalPrice")?,
            final_price_without_tax: object.optional_number("finalPriceWithoutTax")?.map(DecimalText::from),
            tax_summaries: object
                .numbers_by_key("taxSummaries")?
                .into_iter()
                .map(|(percent, vat)| (percent, vat.into()))
                .collect(),
            taxes: object.optional_list("taxes")?,
            discount: object.optional_number("discount")?.unwrap_or_default(),
            rounding: object.optional_number("rounding")?.unwrap_or_default(),
            tips: object.optional_number("tips")?.unwrap_or_default(),
            currency_code: object.optional_text("currencyCode")?,
            refunded: object.optional_flag("refunded")?.unwrap_or(false),
            refunded_bill_identifier: object.optional_id("refundedBillIdentifier")?,
            deleted: object.optional_flag("deleted")?.unwrap_or(false),
            payment_method: object.optional_text("paymentMethod")?,
            payments: object.optional_list("payments")?,
            created_by: object.optional_message("createdBy")?,
            paid_by: object.optional_message("paidBy")?,
            person_count: object.optional_integer("personCount")?,
            desk_id: object.optional_id("deskId")?,
            issued_as_vat_payer: object.optional_flag("issuedAsVatPayer")?,
            fiscal_data: object.optional_value("fiscalData"),
            invoice_data: object.optional_value("invoiceData"),
            customer_id: object.optional_id("customerId")?,
            order_provider: object.optional_message("orderProvider")?,
            items: object.some_list("items")?,
            last_modified_at: object.optional_local_time("_lastModifiedAt")?,
            version: object.optional_integer("_version")?,
            merchant_id: object.optional_id("merchantId")?,
            place_id: object.optional_id("placeId")?,
            extra: object.rest(),
        })
    }
}

/// VAT of one rate.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaxEntry {
    /// The rate in percent.
    #[schema(example = "21")]
    pub vat: DecimalText,
    /// The VAT.
    pub total_vat: DecimalText,
    /// The base.
    pub total_without_vat: DecimalText,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for TaxEntry {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            vat: object.number("vat")?.into(),
            total_vat: object.number("totalVat")?.into(),
            total_without_vat: object.number("totalWithoutVat")?.into(),
            extra: object.rest(),
        })
    }
}

/// A part of the payment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// `cash`, `card`, … an open list.
    #[schema(example = "cash")]
    pub payment_method: String,
    /// How much.
    pub price_with_vat: DecimalText,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Payment {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            payment_method: object.text("paymentMethod")?,
            price_with_vat: object.number("priceWithVat")?.into(),
            extra: object.rest(),
        })
    }
}

/// A member of the staff.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Number in the staff list.
    pub person_id: Option<i64>,
    /// Name as printed.
    pub full_name: Option<String>,
    /// Name used to sign in.
    pub user_name: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Person {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            person_id: object.optional_integer("personId")?,
            full_name: object.optional_text("fullName")?,
            user_name: object.optional_text("userName")?,
            extra: object.rest(),
        })
    }
}

/// The delivery channel and its order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderProvider {
    /// The channel.
    #[schema(example = "wolt")]
    pub code: Option<String>,
    /// Its order.
    pub order_id: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for OrderProvider {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            code: object.optional_text("code")?,
            order_id: object.optional_id("orderId")?,
            extra: object.rest(),
        })
    }
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillItem {
    /// What it is called.
    pub name: Option<String>,
    /// Quantity, may be a fraction.
    pub amount: Number,
    /// Unit of the quantity.
    #[schema(example = "pcs")]
    pub measure: Option<String>,
    /// Price of one unit with VAT.
    pub price: Number,
    /// A fraction, 0.21.
    pub vat_rate: Option<Number>,
    /// The number of the rate in the merchant's own list.
    #[schema(value_type = Option<i64>, example = 2)]
    pub vat_id: Option<Value>,
    /// The product.
    pub product_id: Option<String>,
    /// The number behind the product's id.
    pub decoded_id: Option<i64>,
    /// Its category; none for an addition.
    pub category_id: Option<String>,
    /// On a main item: ties its additions to it.
    pub has_additions_with_code: Option<String>,
    /// On an addition: the code of its main item.
    pub additions_code: Option<String>,
    /// Bar code.
    pub ean: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(schema_with = extra::of_item)]
    pub extra: Extra,
}

impl Read for BillItem {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            name: object.optional_text("name")?,
            amount: object.number("amount")?,
            measure: object.optional_text("measure")?,
            price: object.number("price")?,
            vat_rate: object.optional_number("vatRate")?,
            vat_id: object.optional_value("vatId"),
            product_id: object.optional_id("productId")?,
            decoded_id: object.optional_integer("decodedId")?,
            category_id: object.optional_id("categoryId")?,
            has_additions_with_code: object.optional_id("hasAdditionsWithCode")?,
            additions_code: object.optional_id("additionsCode")?,
            ean: object.optional_id("ean")?,
            extra: object.rest(),
        })
    }
}
