//! What will be credited for the things a guest brings back? (protocol.md §10.10)
//!
//! The offer only announces it; the bill's report books it.

use super::quote::{Question, Quote, Sale};
use crate::loyalty::ledger::BalanceStatus;
use money::Amount;
use wire::loyalty::BalanceType;

/// What a basket that only gives back is worth to the member's credit: what the returned things come to, but no
/// more than the bill is below zero. `None` where nothing is, or where there is no member with credit.
pub(super) fn announced(question: &Question<'_>, quote: &Quote) -> Option<Amount> {
    let settings = &question.program.settings.item_refunds;
    let member = quote.member.as_ref().filter(|_| quote.sale == Sale::Returning && !quote.other_currency)?;
    let credit = question.balances.iter().map(|state| &state.row).any(|row| {
        row.balance_type == BalanceType::PrepaidCredit
            && row.status == BalanceStatus::Active
            && row.member_id.as_deref() == Some(member.member_id.as_str())
    });
    let basket = question.basket;
    let returned: Amount = basket
        .lines
        .iter()
        .enumerate()
        .filter(|(line, _)| basket.product(*line).is_some_and(|product| settings.covers(&product.product_id)))
        .map(|(_, line)| (-line.price.amount).or_zero())
        .sum();
    let amount = returned.min(-quote.total);
    (credit && amount.is_positive()).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample::{Sample, credit, is_empty, line, mpv};
    use serde_json::{Value, json};

    /// A basket of these products, with a program that takes cups back.
    fn basket(lines: &[(&str, &str)]) -> Sample {
        let lines = lines.iter().enumerate();
        let lines: Value = lines
            .map(|(id, (product, price))| line(&id.to_string(), product, "any", price, "0.21"))
            .collect();
        let mut sample = Sample::new(lines).card().owned(credit("credit", 90_000)).scan(&["card"]);
        sample.settings = json!({"itemRefunds": {"products": ["cup"]}});
        sample
    }

    fn news(sample: &Sample) -> (Vec<String>, bool) {
        let answer = sample.answer();
        let messages: Vec<String> = serde_json::from_value(answer["posMessages"].clone()).unwrap();
        assert_eq!(answer["billMessages"], answer["posMessages"]);
        (messages.into_iter().skip(1).collect(), is_empty(&answer["balances"]))
    }

    /// A cup of -50.00: no balances, no discounts, the news on screen and bill (protocol.md §10.10).
    #[test]
    fn what_will_be_credited_is_announced() {
        for (lines, told) in [
            (&[("cup", "-50.00")][..], Some("50 CZK will be added to the credit")),
            (&[("cup", "-50.00"), ("cup", "-49.50")], Some("99.5 CZK will be added to the credit")),
            (&[("cup", "-50.00"), ("coffee", "40.00")], Some("10 CZK will be added to the credit")),
            (&[("cup", "-50.00"), ("soup", "-80.00")], Some("50 CZK will be added to the credit")),
            (&[("soup", "-80.00")], None),
        ] {
            let (messages, no_balances) = news(&basket(lines));
            assert_eq!((messages.first().map(String::as_str), no_balances), (told, true), "{lines:?}");
        }
    }

    #[test]
    fn without_a_members_credit_there_is_no_news() {
        let lines = json!([line("1", "cup", "any", "-50.00", "0.21")]);
        let mut stranger = Sample::new(lines.clone()).voucher(mpv("V", 100)).scan(&["V"]);
        let mut pointless = Sample::new(lines).card().scan(&["card"]);
        for sample in [&mut stranger, &mut pointless] {
            sample.settings = json!({"itemRefunds": {"products": ["cup"]}});
            assert_eq!(news(sample).0, [""; 0]);
        }
    }
}
