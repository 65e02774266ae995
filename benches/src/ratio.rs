//! How is a ratio of two numbers written in a result?

/// One number by another with three decimals: thousandths, so that no binary float is needed to print it.
pub(crate) fn ratio(one: u64, other: u64) -> String {
    let thousandths = one.saturating_mul(1000) / other.max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
