//! Who asks the provider about a check now? One call at a time, and nobody any more once the check is paid.
//!
//! A question places holds on the guest's value. Of two at once about one check, the later would keep a hold for
//! nothing, and one that arrives after the bill's report would hold what was just paid. So whoever asks takes the
//! check's turn first: a mark in its row that ends by itself should the process die. The others wait, and a
//! payment that waited finds the bill.

use super::store::{self, Turn};
use crate::Platform;
use crate::access::PosGrant;
use crate::sale::StoredCheck;
use db::{Tx, TxError};
use door::ApiError;
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::time::Duration;
use tracing::Instrument as _;
use wire::pos::CheckState;

/// A turn outlives the deadline of its question by this much: time to write the outcome down.
const MARGIN: Duration = Duration::from_secs(5);
/// How much longer than a question may take others wait for their turn.
const PATIENCE: Duration = Duration::from_secs(1);
/// The first pause between two looks; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// Waits for the turn and does `settle` with the check in the transaction that takes it; what `settle` refuses takes
/// no turn.
///
/// # Errors
/// 404 and 403 as for any check, 409 `CHECK_PAID`, and 409 `CHECK_BUSY` when another call did not end in time.
pub(super) async fn take<T, F>(
    platform: &Platform,
    name: &'static str,
    grant: &PosGrant,
    check_id: &str,
    settle: F,
) -> Result<(Turn, T), ApiError>
where
    F: FnMut(&mut Tx<'_>, StoredCheck, Timestamp) -> Result<T, TxError<ApiError>> + Clone + Send + 'static,
    T: Send + 'static,
{
    let deadline = platform.config().offer_deadline;
    let lasts = SignedDuration::try_from(deadline + MARGIN).unwrap_or(SignedDuration::MAX);
    let patience = tokio::time::Instant::now() + deadline + PATIENCE;
    let mut pause = PAUSE;
    loop {
        let now = platform.now();
        let turn = Turn { ends_at: now.checked_add(lasts).unwrap_or(Timestamp::MAX) };
        let (grant, id, mut settle) = (grant.clone(), check_id.to_owned(), settle.clone());
        let taken = platform.db().write(name, move |tx| {
            if let Some(check) = store::take_turn(tx, &grant, &id, now, turn)? {
                return settle(tx, check, now).map(Some);
            }
            let check = store::read(tx, &grant, &id)?;
            match check.state {
                CheckState::Paid => {
                    Err(TxError::Refused(store::paid(&id, check.bill_id.as_deref().unwrap_or_default())))
                }
                CheckState::Open => Ok(None),
            }
        });
        if let Some(settled) = taken.await? {
            return Ok((turn, settled));
        }
        if tokio::time::Instant::now() >= patience {
            let message = format!("another call about check {check_id} is still under way; try again");
            return Err(ApiError::conflict(message).with_name("CHECK_BUSY"));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Ends a turn whose question led to nothing. Should that fail, it ends by itself.
pub(super) async fn end(platform: &Platform, grant: &PosGrant, check_id: &str, turn: Turn) {
    let (grant, id) = (grant.clone(), check_id.to_owned());
    let ended = platform.db().write("end_turn", move |tx| {
        store::end_turn(tx, &grant, &id, turn).map_err(TxError::<db::Never>::from)
    });
    if let Err(error) = ended.await {
        tracing::warn!(%error, check = check_id, "a turn could not be ended; it ends by itself");
    }
}

/// Does the work to its end, whether or not its caller still waits: a register that hung up must not leave a
/// question without an outcome.
///
/// # Errors
/// Those of the work; 500 when it panicked.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the work of a call did not come to its end");
        Err(ApiError::internal())
    })
}
