-- Tokens may end by themselves (one that was renewed does), and people see when each was last used: to the
-- minute at most, because it is written seldom.
ALTER TABLE door_admin_token ADD COLUMN expires_at BIGINT;
ALTER TABLE door_admin_token ADD COLUMN last_used_at BIGINT;
