-- When each token was last used (written seldom), and when it was taken back. The name is the register's when the
-- token was made; older tokens have none.
ALTER TABLE platform_pos_token ADD COLUMN name TEXT;
ALTER TABLE platform_pos_token ADD COLUMN last_used_at BIGINT;
ALTER TABLE platform_pos_token ADD COLUMN revoked_at BIGINT;
ALTER TABLE platform_access_token ADD COLUMN last_used_at BIGINT;

-- The secrets of applications, several at a time while one is renewed.
-- directory: platform_client_secret
CREATE TABLE platform_client_secret (
    token_prefix TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (token_prefix)
);
CREATE INDEX platform_client_secret_by_client ON platform_client_secret (client_id);

-- The public part of the secrets made so far was not kept: their client's id stands for it.
INSERT INTO platform_client_secret (token_prefix, token_hash, client_id, issued_at)
    SELECT 'stg_client_' || client_id, secret_hash, client_id, created_at FROM platform_client;
ALTER TABLE platform_client DROP COLUMN secret_hash;
