-- What went back of a bill, whichever way it was told: by a refund report or by a corrective bill. One row per refund
-- and way; the same refund told both ways lowers the bill once (partner/customers/went_back.rs).
CREATE TABLE partner_bill_refund (
    merchant TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    -- usage: a refund report; record: a corrective bill
    source TEXT NOT NULL CHECK (source IN ('usage', 'record')),
    -- usage: provider, offer and kind of the report; record: the corrective bill's id
    refund_id TEXT NOT NULL,
    -- the corrective bill that a report names
    corrective_bill_id TEXT,
    -- minor units that the bill is worth less
    value BIGINT NOT NULL,
    -- of that, what had been paid for later use
    prepaid BIGINT NOT NULL,
    PRIMARY KEY (merchant, bill_id, source, refund_id)
);
-- A corrective bill that names another bill than before, or none any more, is found by itself
CREATE INDEX partner_bill_refund_by_record ON partner_bill_refund (merchant, refund_id, bill_id) WHERE source = 'record';

-- What the bill itself came to and how much of that was paid for later use, as it was told; final_price and prepaid are
-- what is left of them after what went back.
ALTER TABLE partner_bill ADD COLUMN whole_price BIGINT NOT NULL DEFAULT 0;
ALTER TABLE partner_bill ADD COLUMN whole_prepaid BIGINT NOT NULL DEFAULT 0;
-- Goods came back and none were sold
ALTER TABLE partner_bill ADD COLUMN returns_only BIGINT NOT NULL DEFAULT 0 CHECK (returns_only IN (0, 1));
-- Whether partner_bill_refund has rows of it
ALTER TABLE partner_bill ADD COLUMN has_refunds BIGINT NOT NULL DEFAULT 0 CHECK (has_refunds IN (0, 1));
-- Whether it is an order and a visit: not a return of goods alone, not wholly given back, not all paid for later use
ALTER TABLE partner_bill ADD COLUMN is_order BIGINT NOT NULL DEFAULT 1 CHECK (is_order IN (0, 1));
UPDATE partner_bill SET whole_price = final_price, whole_prepaid = prepaid,
    returns_only = CASE WHEN final_price < 0 THEN 1 ELSE 0 END,
    is_order = CASE WHEN final_price < 0 OR (prepaid > 0 AND final_price <= prepaid) THEN 0 ELSE 1 END;
-- Returns were told of as orders
UPDATE partner_customer SET total_orders = total_orders - (SELECT COUNT(*) FROM partner_bill AS b
    WHERE b.merchant = partner_customer.merchant AND b.member_id = partner_customer.member_id AND b.is_order = 0 AND b.told_orders = 1);
UPDATE partner_bill SET told_orders = 0 WHERE is_order = 0 AND told_orders = 1;

-- When points of the customer that wait become usable next: the sweeper counts them in then. NULL: none waits
ALTER TABLE partner_customer ADD COLUMN points_due_at BIGINT;
CREATE INDEX partner_customer_by_due ON partner_customer (points_due_at, merchant, member_id) WHERE points_due_at IS NOT NULL;
-- Points that wait, few at any time
CREATE INDEX partner_lot_waiting ON partner_lot (merchant, balance_id, available_at) WHERE available_at IS NOT NULL AND remaining <> 0;
-- What waits today is counted in by the sweeper, once for each customer
UPDATE partner_customer SET points_due_at = 0 WHERE EXISTS (SELECT 1 FROM partner_balance AS b
    WHERE b.merchant = partner_customer.merchant AND b.member_id = partner_customer.member_id
      AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL AND b.posted <> 0);

-- A DataSync record in its newest state, whatever its domain. A domain that belongs to places has its records by place:
-- two places may both have a desk "12".
CREATE TABLE partner_record_by_place (
    merchant TEXT NOT NULL,
    domain TEXT NOT NULL,
    -- '': the merchant's, or of a place that nobody told
    place TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version BIGINT,
    last_modified_at BIGINT,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    body_hash BYTEA NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, domain, place, record_id)
);
INSERT INTO partner_record_by_place (merchant, domain, place, record_id, version, last_modified_at, removed, body_hash, body, received_at)
    SELECT merchant, domain,
        CASE WHEN domain IN ('stocks', 'stockItemCategories', 'stockItems', 'stockMovements', 'paymentTypes', 'itemCategories', 'items', 'merchants', 'places', 'persons')
            THEN '' ELSE COALESCE(place, '') END,
        record_id, version, last_modified_at, removed, body_hash, body, received_at
    FROM partner_record;
DROP TABLE partner_record;
ALTER TABLE partner_record_by_place RENAME TO partner_record;
