-- Copies of what the provider said and was told of a guest (platform/src/loyalty/copies.rs): they lose the person when
-- the guest is erased, and when they are old. named: 0 once a usage names nobody any more.
ALTER TABLE platform_benefit_usage ADD COLUMN customer_id TEXT;
ALTER TABLE platform_benefit_usage ADD COLUMN named BIGINT NOT NULL DEFAULT 1 CHECK (named IN (0, 1));
CREATE INDEX platform_benefit_usage_by_customer ON platform_benefit_usage (merchant, customer_id)
    WHERE named = 1 AND customer_id IS NOT NULL;
-- For the sweeper, over all merchants
CREATE INDEX platform_benefit_usage_by_age ON platform_benefit_usage (created_at) WHERE named = 1;
-- The few checks that are open
CREATE INDEX platform_check_open ON platform_check (merchant, place, check_id) WHERE state = 'open';
