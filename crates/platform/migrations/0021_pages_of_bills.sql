-- Pages of changed and of refunded bills: a client that polls must not walk a million bills to find ten.
CREATE INDEX platform_bill_by_change ON platform_bill (merchant, place, modified_at);
CREATE INDEX platform_bill_refunded ON platform_bill (merchant, place, created_at, bill_id) WHERE refunded = 1;
