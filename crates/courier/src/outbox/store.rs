//! Which SQL keeps the outbox, and what are its rows?

use jiff::Timestamp;

db::row! {
    /// A lane of the outbox.
    pub(super) struct Lane {
        pub(super) merchant: String,
        pub(super) destination_id: String,
        pub(super) place: String,
        pub(super) kind: String,
    }
}

db::row! {
    /// The delivery that is next in a lane.
    pub(super) struct LaneHead {
        pub(super) delivery_id: String,
        pub(super) record: String,
        pub(super) method: Method,
        pub(super) path: String,
        pub(super) body: Vec<u8>,
        pub(super) attempts: u64,
        /// Failed attempts since it was enqueued or replayed.
        pub(super) step: u64,
    }
}

db::row! {
    /// A delivery after one more attempt was counted.
    pub(super) struct Counted {
        pub(super) attempts: i64,
        pub(super) state: State,
    }
}

db::text_enum! {
    /// How a delivery is sent.
    pub(crate) enum Method {
        /// A body to a path below its destination's URL.
        Post = "POST",
        /// Nothing, to a URL of its own.
        Get = "GET",
    }
}

db::text_enum! {
    /// What has become of a delivery.
    pub enum State {
        /// It waits for its first or next attempt.
        Pending = "pending",
        /// The receiver took it.
        Delivered = "delivered",
        /// Every attempt failed. It is kept and can be replayed.
        Failed = "failed",
        /// The receiver fetched it by itself, so it is sent no more.
        Settled = "settled",
    }
}

db::row! {
    /// A delivery with what has become of it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Status {
        /// What has become of it.
        pub state: State,
        /// Requests made so far.
        pub attempts: u64,
        /// The newest failure, if the newest attempt failed.
        pub last_error: Option<String>,
        /// When it was enqueued.
        pub enqueued_at: Timestamp,
        /// When the next attempt is due, if it is pending and has failed before.
        pub next_attempt_at: Option<Timestamp>,
        /// When it was delivered, failed or settled.
        pub finished_at: Option<Timestamp>,
    }
}

db::row! {
    /// The lane of a delivery that waits again.
    pub(super) struct ReplayedIn {
        pub(super) destination_id: String,
        pub(super) place: String,
        pub(super) kind: String,
    }
}

db::row! {
    /// One attempt as logged.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Attempt {
        /// Counted from 1 per subject.
        pub number: i64,
        /// When its outcome was known.
        pub at: Timestamp,
        /// The HTTP status; `None` without an answer.
        pub status: Option<u16>,
        /// From the start of the call to its end, microseconds.
        pub latency_us: i64,
        /// `None` after a success; else a word such as `status`, `deadline`, `connect`.
        pub error_class: Option<String>,
        /// The failure in words.
        pub error: Option<String>,
        /// The first bytes of the answer.
        pub answer_start: Vec<u8>,
        /// `Retry-After` as the receiver asked, seconds.
        pub retry_after_seconds: Option<i64>,
        /// The wait that followed, microseconds.
        pub wait_us: Option<i64>,
    }
}

db::statement! {
    /// Draws the next number of a lane, making the lane if it is new, and makes it due if it was empty.
    pub(super) ENTER_LANE -> i64 = "INSERT INTO courier_lane (merchant, destination_id, place, kind, last_number, due_at,
            lease_until, fence, failing_since, paused_at, paused_reason)
        VALUES ($1, $2, $3, $4, 1, $5, 0, 0, NULL, NULL, NULL)
        ON CONFLICT (merchant, destination_id, place, kind) DO UPDATE SET
            last_number = courier_lane.last_number + 1, due_at = COALESCE(courier_lane.due_at, excluded.due_at)
        RETURNING last_number";
    /// Adds a delivery; one with the same id is kept as it is.
    pub(super) ADD_DELIVERY = "INSERT INTO courier_delivery (merchant, delivery_id, destination_id, place, kind,
            number, record, path, body, state, attempts, step, last_error, enqueued_at, next_attempt_at, finished_at, method)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', 0, 0, NULL, $10, NULL, NULL, $11)
        ON CONFLICT (merchant, delivery_id) DO NOTHING";
    /// Ends a delivery that its receiver has fetched.
    pub(super) SETTLE = "UPDATE courier_delivery SET state = 'settled', next_attempt_at = NULL, finished_at = $3
        WHERE merchant = $1 AND delivery_id = $2 AND state IN ('pending', 'failed')";
    /// Changes what a delivery carries.
    pub(super) REPLACE_BODY = "UPDATE courier_delivery SET body = $3 WHERE merchant = $1 AND delivery_id = $2";
    /// A failed delivery waits again.
    pub(super) REPLAY -> ReplayedIn = "UPDATE courier_delivery SET state = 'pending', step = 0, finished_at = NULL
        WHERE merchant = $1 AND delivery_id = $2 AND state = 'failed' RETURNING destination_id, place, kind";
    /// A lane that was empty is due.
    pub(super) LANE_HAS_WORK = "UPDATE courier_lane SET due_at = COALESCE(due_at, $5)
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4";
    /// The lanes of a destination go on. Those without work find that out when they are claimed.
    pub(super) RESUME = "UPDATE courier_lane SET paused_at = NULL, paused_reason = NULL, failing_since = NULL, due_at = $3
        WHERE merchant = $1 AND destination_id = $2 AND paused_at IS NOT NULL";
    /// What has become of a delivery.
    pub(super) STATUS -> Status = "SELECT state, attempts, last_error, enqueued_at, next_attempt_at, finished_at
        FROM courier_delivery WHERE merchant = $1 AND delivery_id = $2";

    /// Lanes that are due and free. Merchants take turns: the first lane of each comes before the second of any,
    /// and lanes that are under way count as turns already taken.
    pub(super) DUE_LANES -> Lane = "SELECT merchant, destination_id, place, kind FROM (
            SELECT merchant, destination_id, place, kind, due_at, lease_until,
                row_number() OVER (PARTITION BY merchant ORDER BY CASE WHEN lease_until > $1 THEN 0 ELSE 1 END,
                    due_at, destination_id, place, kind) AS turn
            FROM courier_lane WHERE due_at IS NOT NULL AND paused_at IS NULL AND due_at <= $1
        ) AS due WHERE lease_until <= $1 ORDER BY turn, due_at, merchant, destination_id, place, kind LIMIT $2";
    /// Takes a lane, unless another has been faster.
    pub(super) LEASE_LANE -> i64 = "UPDATE courier_lane SET fence = fence + 1, lease_until = $6
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4
            AND lease_until <= $5 AND due_at <= $5 AND paused_at IS NULL
        RETURNING fence";
    /// The delivery that is next in a lane.
    pub(super) LANE_HEAD -> LaneHead = "SELECT delivery_id, record, method, path, body, attempts, step FROM courier_delivery
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4 AND state = 'pending'
        ORDER BY number LIMIT 1";
    /// A lane turned out to be empty.
    pub(super) LANE_IS_EMPTY = "UPDATE courier_lane SET due_at = NULL, lease_until = 0
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4";

    /// Gives a lane back, if the claim still holds; the first statement of every outcome.
    pub(super) RELEASE_LANE -> Option<Timestamp> = "UPDATE courier_lane SET lease_until = 0, due_at = $6
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4 AND fence = $5
        RETURNING failing_since";
    /// What an outcome does to its lane: when it is due, since when it fails, whether it stands still.
    pub(super) SET_LANE = "UPDATE courier_lane SET due_at = $6, failing_since = $7, paused_at = $8, paused_reason = $9
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4 AND fence = $5";
    /// Takes a lane away in which everything was delivered. The row is held by the release before, so nothing enters it
    /// meanwhile.
    pub(super) END_LANE = "DELETE FROM courier_lane
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4 AND fence = $5
            AND NOT EXISTS (SELECT 1 FROM courier_delivery d WHERE d.merchant = $1 AND d.destination_id = $2
                AND d.place = $3 AND d.kind = $4 AND d.state = 'pending')
            AND NOT EXISTS (SELECT 1 FROM courier_delivery d WHERE d.merchant = $1 AND d.destination_id = $2
                AND d.place = $3 AND d.kind = $4 AND d.state = 'failed')";
    /// Counts an attempt. A delivery that was settled meanwhile keeps its state.
    pub(super) COUNT_ATTEMPT -> Counted = "UPDATE courier_delivery SET attempts = attempts + 1, step = step + 1, last_error = $3,
            next_attempt_at = CASE WHEN state = 'pending' THEN CAST($4 AS BIGINT) END,
            finished_at = CASE WHEN state = 'pending' THEN CAST($5 AS BIGINT) ELSE finished_at END,
            state = CASE WHEN state = 'pending' THEN $6 ELSE state END
        WHERE merchant = $1 AND delivery_id = $2 RETURNING attempts, state";
    /// Whether anything waits in a lane.
    pub(super) LANE_PENDING -> i64 = "SELECT 1 FROM courier_delivery
        WHERE merchant = $1 AND destination_id = $2 AND place = $3 AND kind = $4 AND state = 'pending' LIMIT 1";

    /// Adds an attempt to the log.
    pub(super) ADD_ATTEMPT = "INSERT INTO courier_attempt (merchant, subject, number, at, status, latency_us, error_class,
            error, answer_start, retry_after_seconds, wait_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    /// The log of one subject.
    pub(super) ATTEMPTS -> Attempt = "SELECT number, at, status, latency_us, error_class, error, answer_start, retry_after_seconds,
            wait_us FROM courier_attempt WHERE merchant = $1 AND subject = $2 ORDER BY number";
}
