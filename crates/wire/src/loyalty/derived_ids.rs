//! Which ids are made of a balance's id: that of the line which tops it up, and that of its bonus part?
//!
//! Both are ours (protocol.md §10.6, loyalty.md §3 V9), and both sides of the contract have to read them alike.

/// The begin of the id of a line that sells a top-up; the balance's id follows. No line of goods and no product may be
/// called so.
pub const PREPAYMENT_PREFIX: &str = "prepayment:";

/// The end of the id under which a balance's bonus part is offered. No balance may be set up with such an id.
pub const BONUS_SUFFIX: &str = ":bonus";

/// The id of the line, and of its product, that sells a top-up of a balance.
#[must_use]
pub fn top_up_line(balance_id: &str) -> String {
    format!("{PREPAYMENT_PREFIX}{balance_id}")
}

/// The balance that a line of a check or bill tops up: the one its own id names, else the one its product's id names
/// (a bill has the product alone, and a line may come without its id). `None` for a line of goods; the bare prefix
/// names no balance.
#[must_use]
pub fn topped_up<'a>(check_item_id: Option<&'a str>, product_id: Option<&'a str>) -> Option<&'a str> {
    let named = |id: &'a str| id.strip_prefix(PREPAYMENT_PREFIX).filter(|balance_id| !balance_id.is_empty());
    check_item_id.and_then(named).or_else(|| product_id.and_then(named))
}

/// Whether an id is spoken for by top-ups, so that neither a line of goods nor a product may have it.
#[must_use]
pub fn is_of_top_up(id: &str) -> bool {
    id.starts_with(PREPAYMENT_PREFIX)
}

/// The id under which the bonus part of a balance is offered and reported.
#[must_use]
pub fn bonus_part(balance_id: &str) -> String {
    format!("{balance_id}{BONUS_SUFFIX}")
}

/// The balance whose bonus part an id means; `None` for the id of a balance itself.
#[must_use]
pub fn bonus_part_of(id: &str) -> Option<&str> {
    id.strip_suffix(BONUS_SUFFIX).filter(|balance_id| !balance_id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tops_up_what_its_id_or_its_products_id_names() {
        for (line, product, balance) in [
            (Some("prepayment:credit"), Some("prepayment:credit"), Some("credit")),
            (Some("prepayment:credit"), Some("p:coffee"), Some("credit")),
            (Some("prepayment:credit"), None, Some("credit")),
            (Some("7"), Some("prepayment:credit"), Some("credit")),
            (Some("#2"), Some("prepayment:credit"), Some("credit")),
            (None, Some("prepayment:credit"), Some("credit")),
            // the line's own id goes before its product's
            (Some("prepayment:one"), Some("prepayment:other"), Some("one")),
            (Some("prepayment:"), Some("prepayment:other"), Some("other")),
            (Some("prepayment:a:b"), None, Some("a:b")),
            (Some("prepayment:credit:bonus"), None, Some("credit:bonus")),
            (Some("7"), Some("p:coffee"), None),
            (Some("prepayment:"), Some("prepayment:"), None),
            (Some("Prepayment:credit"), Some("PREPAYMENT:credit"), None),
            (Some("my-prepayment:credit"), Some("p:prepayment:credit"), None),
            (None, None, None),
        ] {
            assert_eq!(topped_up(line, product), balance, "{line:?} {product:?}");
        }
        assert_eq!(topped_up(Some(&top_up_line("credit")), None), Some("credit"));
        assert!(
            is_of_top_up("prepayment:x") && is_of_top_up("prepayment:") && !is_of_top_up("p:prepayment:x")
        );
    }

    #[test]
    fn an_id_names_a_balance_or_its_bonus_part() {
        for (id, balance) in
            [("credit", None), ("credit:bonus", Some("credit")), (":bonus", None), ("bonus", None)]
        {
            assert_eq!(bonus_part_of(id), balance, "{id}");
        }
        assert_eq!(bonus_part_of(&bonus_part("a:b")), Some("a:b"));
    }
}
