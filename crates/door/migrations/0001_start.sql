-- Tokens of the people and programs that may use /admin/v1. They belong to the installation, not to a
-- merchant, so this is the one table whose key does not begin with one. Only the SHA-256 is kept.
CREATE TABLE door_admin_token (
    prefix     TEXT   NOT NULL,
    hash       BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (prefix)
);
