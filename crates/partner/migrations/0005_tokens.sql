-- When each token was last used: to the minute at most, because it is written seldom.
ALTER TABLE partner_credential ADD COLUMN last_used_at BIGINT;
