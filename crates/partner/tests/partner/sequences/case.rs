//! What must hold after each step of a sequence, on both engines?

use super::house::{merchant, token_of};
use super::rows::statement;
use super::steps::{CASE_SECONDS, REGISTERS, Step, Told};
use super::till::{self, Asked};
use crate::side::*;
use db::{Never, Statement, TxError, params};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The engines of a worker, with clocks that stand at the same instant; one where only one is asked for.
pub(super) struct Pair {
    pub(super) sides: Vec<Side>,
}

/// Posted value and number of the newest entry, by balance.
type Posted = BTreeMap<String, (i64, i64)>;

impl Pair {
    fn set_clock(&self, now: Timestamp) {
        self.sides.iter().for_each(|side| side.clock.set(now));
    }

    /// What every engine answers: the same.
    async fn send(&self, name: &str, token: &str, body: &Value) -> bytes::Bytes {
        let text = body.to_string();
        let (status, answer) = match &self.sides[..] {
            [one] => one.webhook(name, token, text).await,
            [one, other] => {
                let (one, other) =
                    tokio::join!(one.webhook(name, token, text.clone()), other.webhook(name, token, text));
                assert_eq!(one, other, "{name}: the engines answer differently to {body}");
                one
            }
            _ => unreachable!("one engine or two"),
        };
        assert_eq!(status, 200, "{name}: {answer:?} to {body}");
        answer
    }

    async fn sweep(&self) {
        let mut swept = BTreeSet::new();
        for side in &self.sides {
            swept.insert(side.partner.sweep().await.unwrap());
        }
        assert_eq!(swept.len(), 1, "the engines sweep differently: {swept:?}");
    }

    async fn posted(&self, merchant: &str) -> Posted {
        let mut posted: Option<Posted> = None;
        for side in &self.sides {
            let merchant = merchant.to_owned();
            let found = side.db.read("posted", move |tx| {
                let rows = tx.query(read_posted(), params![&merchant])?;
                let each = rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
                Ok::<_, TxError<Never>>(each.collect::<Result<Posted, db::Error>>()?)
            });
            let found = found.await.unwrap();
            assert!(posted.as_ref().is_none_or(|posted| *posted == found), "{posted:?} {found:?}");
            posted = Some(found);
        }
        posted.unwrap()
    }

    /// Key and flags of every report of a merchant.
    async fn usages(&self, merchant: &str) -> Vec<(Key, String)> {
        let merchant = merchant.to_owned();
        let found = self.sides[0].db.read("usages", move |tx| {
            let rows = tx.query(read_usages(), params![&merchant])?;
            let each = rows.iter().map(|row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?)));
            Ok::<_, TxError<Never>>(each.collect::<Result<Vec<(Key, String)>, db::Error>>()?)
        });
        found.await.unwrap()
    }
}

/// Offer, bill, kind.
type Key = (String, String, String);

fn read_posted() -> &'static Statement {
    static READ: OnceLock<&'static Statement> = OnceLock::new();
    READ.get_or_init(|| {
        statement("SELECT balance_id, posted, last_entry FROM partner_balance WHERE merchant = $1".to_owned())
    })
}

fn read_usages() -> &'static Statement {
    static READ: OnceLock<&'static Statement> = OnceLock::new();
    READ.get_or_init(|| {
        statement(
            "SELECT offer_id, bill_id, kind, flags FROM partner_usage
             WHERE merchant = $1 AND loyalty_provider_id = 'provider' ORDER BY offer_id, bill_id, kind"
                .to_owned(),
        )
    })
}

/// What a register has before it.
#[derive(Default)]
struct Register {
    check: usize,
    paid: bool,
    asked: Option<(Value, bytes::Bytes, Value)>,
}

/// A case on its way.
pub(super) struct Case<'a> {
    pair: &'a Pair,
    merchant: String,
    token: String,
    now: Timestamp,
    end: Timestamp,
    registers: [Register; REGISTERS],
    bills: Vec<Value>,
    lost: Vec<Value>,
    /// The first body that came under each key.
    accepted: BTreeMap<Key, String>,
    posted: Posted,
}

impl<'a> Case<'a> {
    pub(super) async fn begin(pair: &'a Pair, case: usize, first: usize) -> Self {
        let number = i64::try_from(case - first).unwrap();
        let start: Timestamp = START.parse().unwrap();
        let now = start.checked_add(SignedDuration::from_secs(number * CASE_SECONDS)).unwrap();
        pair.set_clock(now);
        let end = now.checked_add(SignedDuration::from_secs(CASE_SECONDS)).unwrap();
        let merchant = merchant(case);
        let posted = pair.posted(&merchant).await;
        Self {
            pair,
            merchant,
            token: token_of(case),
            now,
            end,
            registers: Default::default(),
            bills: Vec::new(),
            lost: Vec::new(),
            accepted: BTreeMap::new(),
            posted,
        }
    }

    /// Plays it to its end.
    pub(super) async fn play(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step).await;
        }
        // what is on its way arrives some time
        self.step(&Step::Arrive).await;
        let usages = self.pair.usages(&self.merchant).await;
        let stored: Vec<&Key> = usages.iter().map(|(key, _)| key).collect();
        assert_eq!(stored, self.accepted.keys().collect::<Vec<_>>(), "each report is there once");
        let below = ["MPV", "SPV"].iter().any(|id| self.posted[*id].0 < 0);
        let flagged = usages.iter().any(|(_, flags)| flags.contains("late") || flags.contains("overdraft"));
        assert!(
            !below || flagged,
            "a voucher is below zero and no report says why: {:?} {usages:?}",
            self.posted
        );
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Ask { register, basket, codes, choice, new_check, twice } => {
                let at = &mut self.registers[*register];
                if *new_check || at.paid {
                    *at = Register { check: at.check + 1, ..Register::default() };
                }
                let check = at.check;
                let asked = |balances: Vec<Value>| {
                    till::question(&Asked {
                        merchant: &self.merchant,
                        offer: &format!("o-{register}-{check}"),
                        check: &format!("check-{register}-{check}"),
                        device: i64::try_from(*register).unwrap() + 1,
                        basket,
                        codes,
                        balances,
                    })
                };
                let (plain, picked) = (asked(Vec::new()), choice.map(|percent| (percent, &asked)));
                let mut answer = None;
                let mut questions = vec![plain];
                if let Some((percent, asked)) = picked {
                    let first = self.pair.send("getBenefitOffer", &self.token, &questions[0]).await;
                    let first: Value = serde_json::from_slice(&first).unwrap();
                    questions = vec![asked(till::choices(&first, percent))];
                }
                let question = questions.remove(0);
                for _ in 0..if *twice { 2 } else { 1 } {
                    let again = self.pair.send("getBenefitOffer", &self.token, &question).await;
                    assert!(answer.as_ref().is_none_or(|answer| *answer == again), "{answer:?} {again:?}");
                    answer = Some(again);
                }
                self.keep_answer(*register, question, answer.unwrap());
                self.unmoved().await;
            }
            Step::AskAgain { register } => {
                let Some((question, ..)) = self.registers[*register].asked.clone() else { return };
                let answer = self.pair.send("getBenefitOffer", &self.token, &question).await;
                let again = self.pair.send("getBenefitOffer", &self.token, &question).await;
                assert_eq!(answer, again, "the same question again, nothing in between");
                self.keep_answer(*register, question, answer);
                self.unmoved().await;
            }
            Step::Pay { register, told, again } => {
                let Some(bill) = self.bill(*register, *told) else { return };
                self.report(&bill).await;
                if *again {
                    self.report(&bill).await;
                    self.report(&bill).await;
                }
                self.bills.push(bill);
            }
            Step::Lose { register, told } => {
                let Some(bill) = self.bill(*register, *told) else { return };
                self.bills.push(bill.clone());
                self.lost.push(bill);
            }
            Step::Arrive => {
                for bill in std::mem::take(&mut self.lost) {
                    self.report(&bill).await;
                }
            }
            Step::Contradict { bill } => {
                let Some(mut bill) = self.pick(*bill) else { return };
                bill["totalWithVat"] = till::money(till::minor(&bill["totalWithVat"]) + 100);
                self.report(&bill).await;
            }
            Step::Refund { bill, lines, thousandths, tender, number } => {
                let Some(bill) = self.pick(*bill) else { return };
                self.report(&till::refund(&bill, *number, *lines, *thousandths, *tender)).await;
            }
            Step::TakeBack { bill, state } => {
                let Some(bill) = self.pick(*bill) else { return };
                self.report(&with(bill, json!({"billState": state}))).await;
            }
            Step::CancelFirst { register } => {
                let Some(bill) = self.bill(*register, Told::AsGiven) else { return };
                self.report(&with(bill.clone(), json!({"billState": "cancelled"}))).await;
                self.bills.push(bill.clone());
                self.lost.push(bill);
            }
            Step::Invalid { register } => {
                let Some((question, ..)) = self.registers[*register].asked.take() else { return };
                let errors =
                    json!({"loyaltyOfferId": question["loyaltyOfferId"], "errors": [{"code": "TOO_MUCH"}]});
                self.pair.send("reportOfferValidationError", &self.token, &errors).await;
                self.unmoved().await;
            }
            Step::Wait { seconds } => {
                self.wait_until(self.now.checked_add(SignedDuration::from_secs(*seconds)).unwrap());
            }
            Step::Midnight => {
                let here = self.now.in_tz("Europe/Prague").unwrap();
                self.wait_until(here.checked_add(1.day()).unwrap().start_of_day().unwrap().timestamp());
            }
            Step::Sweep => {
                self.pair.sweep().await;
                self.posted = self.pair.posted(&self.merchant).await;
            }
        }
    }

    fn wait_until(&mut self, instant: Timestamp) {
        if instant < self.end {
            self.now = instant;
            self.pair.set_clock(instant);
        }
    }

    fn keep_answer(&mut self, register: usize, question: Value, answer: bytes::Bytes) {
        let parsed = serde_json::from_slice(&answer).unwrap();
        self.registers[register].asked = Some((question, answer, parsed));
    }

    /// An offer books nothing.
    async fn unmoved(&self) {
        assert_eq!(self.pair.posted(&self.merchant).await, self.posted, "an offer moved something");
    }

    /// The bill of what a register has asked last.
    fn bill(&mut self, register: usize, told: Told) -> Option<Value> {
        let at = &mut self.registers[register];
        let (question, _, answer) = at.asked.as_ref()?;
        at.paid = true;
        let bill = format!("b-{}", self.bills.len());
        let paid_at = self.now.to_string();
        Some(till::report(&self.merchant, question, answer, &bill, told, &paid_at))
    }

    fn pick(&self, bill: usize) -> Option<Value> {
        self.bills.get(bill.checked_rem(self.bills.len())?).cloned()
    }

    /// A report is answered 200; one that is known already, or contradicts it, moves nothing.
    async fn report(&mut self, report: &Value) {
        let answer = self.pair.send("reportBenefitUsage", &self.token, report).await;
        assert_eq!(&answer[..], b"{}");
        let kind = match (report["billState"].as_str().unwrap(), &report["refundNumber"]) {
            ("refunded", Value::Number(number)) => format!("refund-{number}"),
            (state, _) => state.to_owned(),
        };
        let key = (text(&report["loyaltyOfferId"]), text(&report["billId"]), kind);
        let posted = self.pair.posted(&self.merchant).await;
        let known = self.accepted.insert(key, report.to_string()).is_some();
        assert!(!known || posted == self.posted, "a known report moved something: {report}");
        self.posted = posted;
    }
}
