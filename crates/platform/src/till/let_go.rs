//! How does the provider learn that a code or the whole basket was taken off a check?
//!
//! It is asked again with what is left (protocol.md §10.2), so that it ends its holds and the guest's value is free for the
//! next check. The register's call waits until the provider was told, so that whoever asks next finds the value free, but
//! only for a moment: a slow provider is told on the side. It is told once; where that fails the holds end by themselves.

use super::{Selling, load, selling, turn};
use crate::Platform;
use crate::access::PosGrant;
use crate::loyalty::broker::tell;
use crate::loyalty::question::{fingerprint, question};
use crate::sale::StoredCheck;
use door::ApiError;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;
use wire::pos::CheckState;

/// How many codes and lines a check had before a change, and whether the provider was asked about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    asked: bool,
    codes: usize,
    lines: usize,
}

impl Asked {
    pub(super) fn of(check: &StoredCheck) -> Self {
        Self { asked: check.question.is_some(), codes: check.codes.len(), lines: check.lines.len() }
    }

    /// Whether the change gave up something that may be held.
    pub(super) fn gave_up(self, check: &StoredCheck) -> bool {
        let emptied = self.lines > 0 && check.lines.is_empty();
        self.asked && (check.codes.len() < self.codes || emptied || check.question.is_none())
    }
}

/// Longest time that a register's call waits for the provider to be told.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// Tells the provider what the check still asks for, and waits for that at most [`TOLD_WITHIN`]. It is told even when the
/// caller has hung up.
pub(super) async fn let_go(platform: &Platform, grant: &PosGrant, check_id: &str) {
    let Ok(permit) = Arc::clone(platform.side_calls()).try_acquire_owned() else {
        metrics::counter!("platform_side_calls_dropped_total", "call" => "letGo").increment(1);
        tracing::warn!(
            check = check_id,
            "too many calls on the side; what the check held stays held for its time"
        );
        return;
    };
    let (teller, owner, id) = (platform.clone(), grant.clone(), check_id.to_owned());
    let telling = async move {
        let _permit = permit;
        if let Err(error) = ask_again(&teller, &owner, &id).await {
            tracing::warn!(%error, check = id, "what the check held stays held for its time");
        }
    };
    let told = tokio::spawn(telling.in_current_span());
    if tokio::time::timeout(TOLD_WITHIN, told).await.is_err() {
        metrics::counter!("platform_let_go_late_total").increment(1);
        tracing::info!(
            check = check_id,
            "the provider is slow; it is told on the side what the check gave up"
        );
    }
}

async fn ask_again(platform: &Platform, grant: &PosGrant, check_id: &str) -> Result<(), ApiError> {
    let owner = grant.clone();
    let taken = turn::take(platform, "let_go", grant, check_id, move |tx, check, _| {
        Ok((check, selling(tx, &owner)?))
    });
    match taken.await {
        Ok((turn, (check, selling))) => {
            let told = tell_of(platform, grant, &check, &selling).await;
            turn::end(platform, grant, check_id, turn).await;
            told
        }
        Err(error) if error.name == "CHECK_PAID" => {
            let (check, selling) = load(platform, grant, check_id).await?;
            // One that was paid by an offer needs what it holds until its report has arrived.
            if check.offer.is_some() { Ok(()) } else { tell_of(platform, grant, &check, &selling).await }
        }
        Err(error) => Err(error),
    }
}

async fn tell_of(
    platform: &Platform,
    grant: &PosGrant,
    check: &StoredCheck,
    selling: &Selling,
) -> Result<(), ApiError> {
    let Some(connection) = &selling.connection else { return Ok(()) };
    // The answer is kept nowhere, so the question has an id of its own.
    let question = question(grant, &selling.settings, check, &platform.outside().object_id());
    let asked_meanwhile = check.state == CheckState::Open && check.question == Some(fingerprint(&question)?);
    if asked_meanwhile { Ok(()) } else { tell(platform, connection, &question).await }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::samples::{check, line};

    #[test]
    fn only_what_was_asked_about_and_is_gone_is_let_go() {
        let asked = || StoredCheck { question: Some(vec![1]), ..check(vec![line("a", 5_000, "0.21")]) };
        type Change = fn(&mut StoredCheck);
        let table: &[(&str, Change, bool)] = &[
            ("nothing", |_| {}, false),
            ("one code of two", |check| drop(check.codes.pop()), true),
            ("one code more", |check| check.codes.push("spv".to_owned()), false),
            ("another basket", |check| check.lines = vec![line("b", 100, "0.12")], false),
            ("no basket", |check| check.lines.clear(), true),
            ("all loyalty", StoredCheck::forget_loyalty, true),
        ];
        for (case, change, gone) in table {
            let mut check = asked();
            let before = Asked::of(&check);
            change(&mut check);
            assert_eq!(before.gave_up(&check), *gone, "{case}");
            let mut never = StoredCheck { question: None, ..asked() };
            let before = Asked::of(&never);
            change(&mut never);
            assert!(!before.gave_up(&never), "{case}, never asked");
        }
    }
}
