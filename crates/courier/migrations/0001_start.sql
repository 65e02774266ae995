-- Where something is sent. The secret is sealed (crates/courier/src/seal.rs); key_id says under which key.
CREATE TABLE courier_destination (
    merchant              TEXT   NOT NULL,
    destination_id        TEXT   NOT NULL,
    url                   TEXT   NOT NULL,
    authorization_scheme  TEXT   NOT NULL CHECK (authorization_scheme IN ('verbatim', 'bearer', 'basic')),
    sealed_secret         TEXT   NOT NULL,
    sealed_signing_secret TEXT,
    key_id                TEXT   NOT NULL,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL,
    PRIMARY KEY (merchant, destination_id)
);

-- One ordered lane per destination, place and kind. It is the lane that is claimed: fence is drawn anew by
-- each claim, lease_until is 0 when nobody holds it, due_at is when its first pending delivery may go (NULL:
-- none pending).
CREATE TABLE courier_lane (
    merchant       TEXT   NOT NULL,
    destination_id TEXT   NOT NULL,
    place          TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    last_number    BIGINT NOT NULL,
    due_at         BIGINT,
    lease_until    BIGINT NOT NULL,
    fence          BIGINT NOT NULL,
    failing_since  BIGINT,
    paused_at      BIGINT,
    paused_reason  TEXT,
    PRIMARY KEY (merchant, destination_id, place, kind)
);
CREATE INDEX courier_lane_due ON courier_lane (due_at) WHERE due_at IS NOT NULL AND paused_at IS NULL;

-- The outbox: one row per thing to be told, written with the fact it tells. The body is frozen. number orders
-- the lane; attempts counts requests ever made, step those since it was enqueued or replayed.
CREATE TABLE courier_delivery (
    merchant        TEXT   NOT NULL,
    delivery_id     TEXT   NOT NULL,
    destination_id  TEXT   NOT NULL,
    place           TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    number          BIGINT NOT NULL,
    record          TEXT   NOT NULL,
    path            TEXT   NOT NULL,
    body            BYTEA  NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'settled')),
    attempts        BIGINT NOT NULL,
    step            BIGINT NOT NULL,
    last_error      TEXT,
    enqueued_at     BIGINT NOT NULL,
    next_attempt_at BIGINT,
    finished_at     BIGINT,
    PRIMARY KEY (merchant, delivery_id)
);
CREATE INDEX courier_delivery_pending
    ON courier_delivery (merchant, destination_id, place, kind, number) WHERE state = 'pending';
CREATE INDEX courier_delivery_record ON courier_delivery (merchant, kind, record);

-- append-only: courier_attempt
-- What each request met. subject is a delivery, or subscription/domain of a feed lane.
CREATE TABLE courier_attempt (
    merchant            TEXT   NOT NULL,
    subject             TEXT   NOT NULL,
    number              BIGINT NOT NULL,
    at                  BIGINT NOT NULL,
    status              BIGINT,
    latency_us          BIGINT NOT NULL,
    error_class         TEXT,
    error               TEXT,
    answer_start        BYTEA  NOT NULL,
    retry_after_seconds BIGINT,
    wait_us             BIGINT,
    PRIMARY KEY (merchant, subject, number)
);

-- The change feed: numbers in commit order per merchant, because the counter's row is taken last and held
-- to the commit. place is '' for a record of a domain that all places share.
CREATE TABLE courier_change_counter (
    merchant    TEXT   NOT NULL,
    last_number BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (merchant)
);
CREATE INDEX courier_change_counter_changed ON courier_change_counter (changed_at);

CREATE TABLE courier_change (
    merchant   TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    domain     TEXT   NOT NULL,
    place      TEXT   NOT NULL,
    record     TEXT   NOT NULL,
    removed    BIGINT NOT NULL CHECK (removed IN (0, 1)),
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, number)
);
CREATE INDEX courier_change_domain ON courier_change (merchant, domain, place, number);
CREATE INDEX courier_change_record ON courier_change (merchant, domain, record, number);
CREATE INDEX courier_change_time ON courier_change (merchant, changed_at);

-- Who wants the feed of a place. prepared lists the domains that have a position already.
CREATE TABLE courier_subscription (
    merchant              TEXT   NOT NULL,
    subscription_id       TEXT   NOT NULL,
    place                 TEXT   NOT NULL,
    url                   TEXT   NOT NULL,
    method                TEXT   NOT NULL CHECK (method IN ('POST', 'PUT')),
    authorization_scheme  TEXT   NOT NULL CHECK (authorization_scheme IN ('verbatim', 'bearer', 'basic')),
    sealed_secret         TEXT   NOT NULL,
    sealed_signing_secret TEXT,
    key_id                TEXT   NOT NULL,
    from_date             BIGINT NOT NULL,
    prepared              TEXT   NOT NULL,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL,
    PRIMARY KEY (merchant, subscription_id)
);

-- One lane per subscription and domain. position: everything up to it was received. span: so many records after
-- the position hold one that the receiver does not take (0: nothing is suspected). probing: the suspect is known,
-- and the record that many places behind it is tried instead (0: no).
CREATE TABLE courier_position (
    merchant        TEXT   NOT NULL,
    subscription_id TEXT   NOT NULL,
    domain          TEXT   NOT NULL,
    position        BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    lease_until     BIGINT NOT NULL,
    fence           BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    span            BIGINT NOT NULL,
    probing         BIGINT NOT NULL,
    failing_since   BIGINT,
    last_error      TEXT,
    last_success_at BIGINT,
    paused_at       BIGINT,
    paused_reason   TEXT,
    PRIMARY KEY (merchant, subscription_id, domain)
);
CREATE INDEX courier_position_retry ON courier_position (due_at) WHERE failures > 0;

-- Records a receiver could not take, so that the rest of their lane could go on.
CREATE TABLE courier_set_aside (
    merchant        TEXT   NOT NULL,
    subscription_id TEXT   NOT NULL,
    domain          TEXT   NOT NULL,
    record          TEXT   NOT NULL,
    number          BIGINT NOT NULL,
    reason          TEXT   NOT NULL,
    set_aside_at    BIGINT NOT NULL,
    resolved_at     BIGINT,
    PRIMARY KEY (merchant, subscription_id, domain, record)
);
