//! Which SQL keeps subscriptions and positions and reads the changes behind them, and what are its rows?

use super::bisect::Progress;
use crate::authorization::Authorization;
use db::Joined;
use jiff::Timestamp;

db::row! {
    /// One record that changed, at its newest change.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangedRecord {
        /// The record's id.
        pub record: String,
        /// The number of its newest change; fit for `_version`.
        pub number: i64,
        /// Whether that change removed it.
        pub removed: bool,
        /// When that change was made; fit for `_lastModifiedAt`.
        pub changed_at: Timestamp,
    }
}

db::row! {
    /// A subscription as stored.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Subscription {
        /// Whose it is.
        pub merchant: String,
        /// Its id.
        pub subscription_id: String,
        /// The place whose records are sent.
        pub place: String,
        /// The receiver.
        pub url: String,
        /// `POST` or `PUT`.
        pub method: String,
        pub(super) authorization: Authorization,
        pub(super) sealed_secret: String,
        pub(super) sealed_signing_secret: Option<String>,
    }
}

db::row! {
    /// Where a subscription's changes go, and from when on.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FeedTarget {
        /// The receiver.
        pub url: String,
        /// `POST` or `PUT`.
        pub method: String,
        /// Changes from this instant on are sent.
        pub from_date: Timestamp,
    }
}

db::row! {
    /// One lane: a subscription and a data domain.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub(crate) struct LaneKey {
        pub(crate) merchant: String,
        pub(crate) subscription_id: String,
        pub(crate) domain: String,
    }
}

db::row! {
    /// A lane as it was when it was taken.
    pub(super) struct Leased {
        pub(super) fence: i64,
        pub(super) position: i64,
        pub(super) progress: Progress as Joined,
        pub(super) failing_since: Option<Timestamp>,
    }
}

db::row! {
    /// A subscription that lacks a lane for some domain.
    pub(super) struct Unprepared {
        pub(super) merchant: String,
        pub(super) subscription_id: String,
        pub(super) from_date: Timestamp,
    }
}

db::row! {
    /// A subscription and how far its lane of a domain is.
    pub(super) struct SubscriptionAt {
        pub(super) subscription: Subscription as Joined,
        pub(super) position: i64,
    }
}

db::row! {
    /// A record its receiver could not take.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SetAside {
        /// The subscription.
        pub subscription_id: String,
        /// The data domain.
        pub domain: String,
        /// The record's id.
        pub record: String,
        /// The number of the change that was not taken.
        pub number: i64,
        /// What the receiver said.
        pub reason: String,
        /// When.
        pub set_aside_at: Timestamp,
    }
}

db::row! {
    /// A lane and what waits in it.
    pub(super) struct LagRow {
        pub(super) subscription_id: String,
        pub(super) place: String,
        pub(super) domain: String,
        pub(super) position: i64,
        pub(super) failures: i64,
        pub(super) last_error: Option<String>,
        pub(super) last_success_at: Option<Timestamp>,
        pub(super) paused_reason: Option<String>,
        pub(super) records: i64,
        pub(super) oldest_at: Option<Timestamp>,
        pub(super) set_aside: i64,
    }
}

db::row! {
    /// How many changes wait in a domain, over all merchants.
    pub(super) struct DomainLag {
        pub(super) domain: String,
        pub(super) changes: i64,
        pub(super) oldest_at: Timestamp,
    }
}

db::statement! {
    /// Sets up a subscription, or changes where it points.
    pub(super) PUT_SUBSCRIPTION = "INSERT INTO courier_subscription (merchant, subscription_id, place, url, method,
            authorization_scheme, sealed_secret, sealed_signing_secret, key_id, from_date, prepared, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $11)
        ON CONFLICT (merchant, subscription_id) DO UPDATE SET place = excluded.place, url = excluded.url,
            method = excluded.method, authorization_scheme = excluded.authorization_scheme,
            sealed_secret = excluded.sealed_secret, sealed_signing_secret = excluded.sealed_signing_secret,
            key_id = excluded.key_id, from_date = excluded.from_date, updated_at = excluded.updated_at";
    /// Ends a subscription.
    pub(super) END_SUBSCRIPTION = "DELETE FROM courier_subscription WHERE merchant = $1 AND subscription_id = $2";
    /// Forgets the positions of a subscription.
    pub(super) END_POSITIONS = "DELETE FROM courier_position WHERE merchant = $1 AND subscription_id = $2";
    /// Every lane of a subscription begins anew at a position; the fence ends what is under way.
    pub(super) START_AGAIN = "UPDATE courier_position SET position = $3, due_at = $4, lease_until = 0, fence = fence + 1,
            failures = 0, span = 0, probing = 0, failing_since = NULL, last_error = NULL, last_success_at = NULL,
            paused_at = NULL, paused_reason = NULL
        WHERE merchant = $1 AND subscription_id = $2";
    /// Records set aside for a receiver that is no more are no longer aside.
    pub(super) RESOLVE_ALL_ASIDE = "UPDATE courier_set_aside SET resolved_at = $3
        WHERE merchant = $1 AND subscription_id = $2 AND resolved_at IS NULL";
    /// Paused lanes go on.
    pub(super) RESUME = "UPDATE courier_position SET paused_at = NULL, paused_reason = NULL, failing_since = NULL, due_at = $3
        WHERE merchant = $1 AND subscription_id = $2 AND paused_at IS NOT NULL";

    /// Subscriptions that lack a position for some domain.
    pub(super) UNPREPARED -> Unprepared = "SELECT merchant, subscription_id, from_date FROM courier_subscription WHERE prepared <> $1";
    /// The merchant's newest number.
    pub(super) NEWEST_NUMBER -> i64 = "SELECT last_number FROM courier_change_counter WHERE merchant = $1";
    /// The first change from an instant on.
    pub(super) FIRST_FROM -> i64 = "SELECT number FROM courier_change WHERE merchant = $1 AND changed_at >= $2
        ORDER BY number LIMIT 1";
    /// Starts a lane; one that has begun stays.
    pub(super) ADD_POSITION = "INSERT INTO courier_position (merchant, subscription_id, domain, position, due_at, lease_until,
            fence, attempts, failures, span, probing, failing_since, last_error, last_success_at, paused_at, paused_reason)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL)
        ON CONFLICT (merchant, subscription_id, domain) DO NOTHING";
    /// A subscription has a lane for each of these domains.
    pub(super) PREPARED = "UPDATE courier_subscription SET prepared = $3 WHERE merchant = $1 AND subscription_id = $2";

    /// Lanes of merchants that changed something since $2 and have something behind their position.
    pub(super) DUE_FEEDS -> LaneKey = "SELECT merchant, subscription_id, domain FROM (
            SELECT p.merchant, p.subscription_id, p.domain,
                row_number() OVER (PARTITION BY p.merchant ORDER BY p.due_at, p.subscription_id, p.domain) AS turn
            FROM courier_change_counter AS c
            JOIN courier_position AS p ON p.merchant = c.merchant
            JOIN courier_subscription AS s ON s.merchant = p.merchant AND s.subscription_id = p.subscription_id
            WHERE c.changed_at >= $2 AND p.position < c.last_number AND p.due_at <= $1 AND p.lease_until <= $1
                AND p.paused_at IS NULL
                AND EXISTS (SELECT 1 FROM courier_change AS h WHERE h.merchant = p.merchant AND h.domain = p.domain
                    AND h.place IN ('', s.place) AND h.number > p.position)
        ) AS due ORDER BY turn, merchant, subscription_id, domain LIMIT $3";
    /// One lane, if it is due and has something to send.
    pub(super) IS_DUE -> i64 = "SELECT 1 FROM courier_position AS p
        JOIN courier_subscription AS s ON s.merchant = p.merchant AND s.subscription_id = p.subscription_id
        WHERE p.merchant = $1 AND s.merchant = $1 AND p.subscription_id = $2 AND p.domain = $3 AND p.due_at <= $4
            AND p.lease_until <= $4 AND p.paused_at IS NULL
            AND EXISTS (SELECT 1 FROM courier_change AS h WHERE h.merchant = $1 AND h.domain = $3
                AND h.place IN ('', s.place) AND h.number > p.position)";
    /// Lanes whose next attempt after a failure is due.
    pub(super) DUE_RETRIES -> LaneKey = "SELECT merchant, subscription_id, domain FROM courier_position
        WHERE failures > 0 AND due_at <= $1 AND lease_until <= $1 AND paused_at IS NULL ORDER BY due_at LIMIT $2";
    /// Takes a lane, unless another has been faster.
    pub(super) LEASE_FEED -> Leased = "UPDATE courier_position SET fence = fence + 1, lease_until = $5
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND lease_until <= $4 AND due_at <= $4
            AND paused_at IS NULL
        RETURNING fence, position, failures, span, probing, failing_since";
    /// One subscription.
    pub(super) SUBSCRIPTION -> Subscription = "SELECT merchant, subscription_id, place, url, method,
            authorization_scheme AS authorization, sealed_secret, sealed_signing_secret
        FROM courier_subscription WHERE merchant = $1 AND subscription_id = $2";
    /// Where the changes of one subscription go.
    pub(super) TARGET -> FeedTarget = "SELECT url, method, from_date FROM courier_subscription
        WHERE merchant = $1 AND subscription_id = $2";
    /// Earlier subscriptions of the merchant with the same URL, with how far their lane of a domain is.
    pub(super) SAME_URL -> SubscriptionAt = "SELECT s.merchant, s.subscription_id, s.place, s.url, s.method,
            s.authorization_scheme AS authorization, s.sealed_secret, s.sealed_signing_secret, p.position
        FROM courier_subscription AS s
        JOIN courier_position AS p ON p.merchant = s.merchant AND p.subscription_id = s.subscription_id
        WHERE s.merchant = $1 AND s.url = $2 AND p.domain = $3 AND s.subscription_id < $4 AND p.paused_at IS NULL
        ORDER BY s.subscription_id";
    /// Gives a lane back without an attempt; its position may have been carried forward.
    pub(super) RELEASE_FEED = "UPDATE courier_position SET lease_until = 0, due_at = $5,
            position = CASE WHEN position < $6 THEN $6 ELSE position END
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND fence = $4";

    /// Gives a lane back with what it has learned.
    pub(super) LEARNED = "UPDATE courier_position SET lease_until = 0, due_at = $5, failures = $6, span = $7, probing = $8
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND fence = $4";

    /// Changed records behind a position, each at its newest change.
    pub(super) CHANGES -> ChangedRecord = "SELECT c.record, c.number, c.removed, c.changed_at FROM courier_change AS c
        WHERE c.merchant = $1 AND c.domain = $2 AND c.place IN ('', $3) AND c.number > $4 AND c.number <= $5
            AND NOT EXISTS (SELECT 1 FROM courier_change AS later WHERE later.merchant = c.merchant
                AND later.domain = c.domain AND later.place = c.place AND later.record = c.record
                AND later.number > c.number
                AND later.number <= $5)
        ORDER BY c.number LIMIT $6 OFFSET $7";

    /// Writes an outcome, if the claim still holds; the first statement of every outcome.
    pub(super) FEED_OUTCOME -> i64 = "UPDATE courier_position SET lease_until = 0, position = $5, due_at = $6,
            attempts = attempts + 1, failures = $7, span = $8, probing = $9, failing_since = $10, last_error = $11,
            last_success_at = COALESCE($12, last_success_at), paused_at = $13, paused_reason = $14
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND fence = $4 RETURNING attempts";
    /// Sets a record aside.
    pub(super) SET_ASIDE = "INSERT INTO courier_set_aside (merchant, subscription_id, domain, record, number, reason,
            set_aside_at, resolved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)
        ON CONFLICT (merchant, subscription_id, domain, record) DO UPDATE SET number = excluded.number,
            reason = excluded.reason, set_aside_at = excluded.set_aside_at, resolved_at = NULL";
    /// Records of a lane that are aside.
    pub(super) ASIDE -> String = "SELECT record FROM courier_set_aside
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND resolved_at IS NULL";
    /// A newer state of the record was taken.
    pub(super) RESOLVE_ASIDE = "UPDATE courier_set_aside SET resolved_at = $5
        WHERE merchant = $1 AND subscription_id = $2 AND domain = $3 AND record = $4";

    /// Every lane of a merchant and what waits in it.
    pub(super) LAG -> LagRow = "SELECT p.subscription_id, s.place, p.domain, p.position, p.failures, p.last_error,
            p.last_success_at, p.paused_reason,
            (SELECT COUNT(DISTINCT h.record) FROM courier_change AS h WHERE h.merchant = $1
                AND h.domain = p.domain AND h.place IN ('', s.place) AND h.number > p.position) AS records,
            (SELECT h.changed_at FROM courier_change AS h WHERE h.merchant = $1 AND h.domain = p.domain
                AND h.place IN ('', s.place) AND h.number > p.position ORDER BY h.number LIMIT 1) AS oldest_at,
            (SELECT COUNT(*) FROM courier_set_aside AS a WHERE a.merchant = $1
                AND a.subscription_id = p.subscription_id AND a.domain = p.domain AND a.resolved_at IS NULL) AS set_aside
        FROM courier_position AS p
        JOIN courier_subscription AS s ON s.merchant = p.merchant AND s.subscription_id = p.subscription_id
        WHERE p.merchant = $1 ORDER BY p.subscription_id, p.domain";
    /// Records aside, newest first.
    pub(super) SET_ASIDE_LIST -> SetAside = "SELECT subscription_id, domain, record, number, reason, set_aside_at
        FROM courier_set_aside WHERE merchant = $1 AND resolved_at IS NULL
        ORDER BY set_aside_at DESC, subscription_id, domain, record LIMIT 500";
    /// For every domain, over all merchants: how many changes wait, and the oldest of them.
    pub(super) LAG_BY_DOMAIN -> DomainLag = "SELECT p.domain, COUNT(*) AS changes, MIN(h.changed_at) AS oldest_at
        FROM courier_position AS p
        JOIN courier_subscription AS s ON s.merchant = p.merchant AND s.subscription_id = p.subscription_id
        JOIN courier_change AS h ON h.merchant = p.merchant AND h.domain = p.domain AND h.number > p.position
            AND h.place IN ('', s.place)
        GROUP BY p.domain ORDER BY p.domain";
}
