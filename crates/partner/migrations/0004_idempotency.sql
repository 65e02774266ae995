-- What set-up calls that move value answered, by the caller's Idempotency-Key (partner/admin/once.rs): sent again they
-- are answered from here and book nothing. answer is the body of the answer, NULL for one without a body. Rows are
-- removed once kept_until has passed.
CREATE TABLE partner_idempotency (
    merchant TEXT NOT NULL,
    operation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- of the call's path, query and body
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT,
    kept_until BIGINT NOT NULL,
    PRIMARY KEY (merchant, operation, idempotency_key)
);
-- For the sweeper, over all merchants
CREATE INDEX partner_idempotency_by_end ON partner_idempotency (kept_until);
