//! What must hold after each step of a sequence?

use super::house::{merchant, token_of};
use super::sides::{Key, Posted, Sides};
use super::steps::{self, REGISTERS, ROUNDS, Step, Told};
use super::till::{self, Asked};
use crate::side::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a register has before it.
#[derive(Default)]
struct Register {
    check: usize,
    paid: bool,
    asked: Option<(Value, bytes::Bytes, Value)>,
}

/// A case on its way.
pub(super) struct Case {
    number: usize,
    steps: Vec<Step>,
    merchant: String,
    token: String,
    registers: [Register; REGISTERS],
    bills: Vec<Value>,
    lost: Vec<Value>,
    /// The keys that came.
    accepted: BTreeSet<Key>,
    /// As it was read last, and after how many sweeps: nobody but a report or the sweeper moves this merchant's balances.
    posted: Option<(usize, Posted)>,
}

/// One case in so many ends with all its bills taken back.
const TAKEN_BACK: usize = 3;

impl Case {
    pub(super) fn new(seed: u64, number: usize) -> Self {
        Self {
            number,
            steps: steps::sequence(seed, number),
            merchant: merchant(number),
            token: token_of(number),
            registers: Default::default(),
            bills: Vec::new(),
            lost: Vec::new(),
            accepted: BTreeSet::new(),
            posted: None,
        }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Its step of this round; in the last one it ends.
    pub(super) async fn round(&mut self, sides: &Sides, round: usize) {
        // spread over the hours of the group, however few they are
        let steps = self.steps.len();
        let its_own = (0..steps).find(|step| step * ROUNDS / steps == round);
        if let Some(step) = its_own.and_then(|step| self.steps.get(step)).cloned() {
            self.step(sides, &step).await;
        }
        if round + 1 == ROUNDS {
            self.end(sides).await;
        }
    }

    async fn end(&mut self, sides: &Sides) {
        // what is on its way arrives some time
        self.step(sides, &Step::Arrive).await;
        let usages = sides.usages(&self.merchant).await;
        let stored: Vec<&Key> = usages.iter().map(|(key, _)| key).collect();
        assert_eq!(stored, self.accepted.iter().collect::<Vec<_>>(), "each report is there once");
        let posted = self.posted(sides).await;
        let below = ["MPV", "SPV"].iter().any(|id| posted[*id].0 < 0);
        let flagged = usages.iter().any(|(_, flags)| flags.contains("late") || flags.contains("overdraft"));
        assert!(!below || flagged, "a voucher is below zero and no report says why: {posted:?} {usages:?}");
        // what a register gave back in money instead stays with the guest
        let told = |step: &Step| matches!(step, Step::Refund { tender: Some(_), .. });
        if self.number.is_multiple_of(TAKEN_BACK) && !self.steps.iter().any(told) {
            self.take_everything_back(sides).await;
        }
    }

    /// All bills are cancelled, whatever of them went back before: every balance is where it was, but for what ended
    /// and for shortfalls that were written off (acceptance property 5).
    async fn take_everything_back(&mut self, sides: &Sides) {
        for bill in 0..self.bills.len() {
            self.step(sides, &Step::TakeBack { bill, state: "cancelled" }).await;
        }
        let [left, lost] = sides.left_by_bills(&self.merchant).await;
        let left: Vec<_> = left.into_iter().filter(|(_, left)| *left != 0).collect();
        assert!(left.is_empty(), "bills that were taken back left something: {left:?}, lost {lost:?}");
    }

    /// Its end, where the sweeper came by meanwhile and where it did not.
    pub(super) async fn compare_unswept(&self, sides: &Sides) {
        sides.same_sums(&self.merchant).await;
    }

    /// What is on the balances before something happens: read, unless it was since the last report and sweep.
    async fn posted(&mut self, sides: &Sides) -> Posted {
        match &self.posted {
            Some((sweeps, posted)) if *sweeps == sides.sweeps() => posted.clone(),
            _ => self.read_posted(sides).await,
        }
    }

    async fn read_posted(&mut self, sides: &Sides) -> Posted {
        let posted = sides.posted(&self.merchant).await;
        self.posted = Some((sides.sweeps(), posted.clone()));
        posted
    }

    async fn step(&mut self, sides: &Sides, step: &Step) {
        let asks = matches!(step, Step::Ask { .. } | Step::AskAgain { .. } | Step::Invalid { .. });
        let before = if asks { self.posted(sides).await } else { Posted::new() };
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
                    let first = sides.send("getBenefitOffer", &self.token, &questions[0]).await;
                    let first: Value = serde_json::from_slice(&first).unwrap();
                    questions = vec![asked(till::choices(&first, percent))];
                }
                let question = questions.remove(0);
                for _ in 0..if *twice { 2 } else { 1 } {
                    let again = sides.send("getBenefitOffer", &self.token, &question).await;
                    assert!(answer.as_ref().is_none_or(|answer| *answer == again), "{answer:?} {again:?}");
                    answer = Some(again);
                }
                self.keep_answer(*register, question, answer.unwrap());
                self.unmoved(sides, &before).await;
            }
            Step::AskAgain { register } => {
                let Some((question, ..)) = self.registers[*register].asked.clone() else { return };
                let answer = sides.send("getBenefitOffer", &self.token, &question).await;
                let again = sides.send("getBenefitOffer", &self.token, &question).await;
                assert_eq!(answer, again, "the same question again, nothing in between");
                self.keep_answer(*register, question, answer);
                self.unmoved(sides, &before).await;
            }
            Step::Pay { register, told, again } => {
                let Some(bill) = self.bill(sides, *register, *told) else { return };
                self.report(sides, &bill).await;
                if *again {
                    self.report(sides, &bill).await;
                    self.report(sides, &bill).await;
                }
                self.bills.push(bill);
            }
            Step::Lose { register, told } => {
                let Some(bill) = self.bill(sides, *register, *told) else { return };
                self.bills.push(bill.clone());
                self.lost.push(bill);
            }
            Step::Arrive => {
                for bill in std::mem::take(&mut self.lost) {
                    self.report(sides, &bill).await;
                }
            }
            Step::Contradict { bill } => {
                let Some(mut bill) = self.pick(*bill) else { return };
                bill["totalWithVat"] = till::money(till::minor(&bill["totalWithVat"]) + 100);
                self.report(sides, &bill).await;
            }
            Step::Refund { bill, lines, thousandths, tender, number } => {
                let Some(bill) = self.pick(*bill) else { return };
                self.report(sides, &till::refund(&bill, *number, *lines, *thousandths, *tender)).await;
            }
            Step::TakeBack { bill, state } => {
                let Some(bill) = self.pick(*bill) else { return };
                self.report(sides, &with(bill, json!({"billState": state}))).await;
            }
            Step::CancelFirst { register } => {
                let Some(bill) = self.bill(sides, *register, Told::AsGiven) else { return };
                self.report(sides, &with(bill.clone(), json!({"billState": "cancelled"}))).await;
                self.bills.push(bill.clone());
                self.lost.push(bill);
            }
            Step::Invalid { register } => {
                let Some((question, ..)) = self.registers[*register].asked.take() else { return };
                let errors =
                    json!({"loyaltyOfferId": question["loyaltyOfferId"], "errors": [{"code": "TOO_MUCH"}]});
                sides.send("reportOfferValidationError", &self.token, &errors).await;
                self.unmoved(sides, &before).await;
            }
        }
    }

    fn keep_answer(&mut self, register: usize, question: Value, answer: bytes::Bytes) {
        let parsed = serde_json::from_slice(&answer).unwrap();
        self.registers[register].asked = Some((question, answer, parsed));
    }

    /// An offer leaves what is posted alone.
    async fn unmoved(&mut self, sides: &Sides, before: &Posted) {
        let sums = |posted: &Posted| posted.values().map(|(sum, _)| *sum).collect::<Vec<_>>();
        let now = self.read_posted(sides).await;
        assert_eq!(sums(&now), sums(before), "an offer moved something");
    }

    /// The bill of what a register has asked last.
    fn bill(&mut self, sides: &Sides, register: usize, told: Told) -> Option<Value> {
        let at = &mut self.registers[register];
        let (question, _, answer) = at.asked.as_ref()?;
        at.paid = true;
        let bill = format!("b-{}", self.bills.len());
        let paid_at = sides.now().to_string();
        Some(till::report(&self.merchant, question, answer, &bill, told, &paid_at))
    }

    fn pick(&self, bill: usize) -> Option<Value> {
        self.bills.get(bill.checked_rem(self.bills.len())?).cloned()
    }

    /// A report is answered 200; one that is known already, or contradicts it, moves nothing.
    async fn report(&mut self, sides: &Sides, report: &Value) {
        let kind = match (report["billState"].as_str().unwrap(), &report["refundNumber"]) {
            ("refunded", Value::Number(number)) => format!("refund-{number}"),
            (state, _) => state.to_owned(),
        };
        let key = (text(&report["loyaltyOfferId"]), text(&report["billId"]), kind);
        let known = self.accepted.contains(&key);
        let before = if known { Some(self.posted(sides).await) } else { None };
        let answer = sides.send("reportBenefitUsage", &self.token, report).await;
        assert_eq!(&answer[..], b"{}");
        self.accepted.insert(key);
        self.posted = None;
        if let Some(before) = before {
            assert_eq!(self.read_posted(sides).await, before, "a known report moved something: {report}");
        }
    }
}
