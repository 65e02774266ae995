-- Orders that come from elsewhere.

-- How a place takes them; a place without a row takes them as it does by default.
CREATE TABLE platform_delivery_place (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    accepts_new_orders BIGINT NOT NULL CHECK (accepts_new_orders IN (0, 1)),
    -- until then new orders are refused all the same
    closed_until BIGINT,
    meal_prep_minutes BIGINT NOT NULL,
    integrated_dispatch TEXT NOT NULL CHECK (integrated_dispatch IN ('enabled', 'ask', 'disabled')),
    auto_confirm BIGINT NOT NULL CHECK (auto_confirm IN (0, 1)),
    auto_decline_minutes BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place)
);

-- Numbers of the changes of a place's orders. The row is taken last and held to the commit, so that numbers appear in
-- order: who has seen one has seen all before it.
CREATE TABLE platform_delivery_counter (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    last_number BIGINT NOT NULL,
    PRIMARY KEY (merchant, place)
);

CREATE TABLE platform_delivery_order (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    order_id TEXT NOT NULL,
    -- the application that sent it, and its own id of it
    client_id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('NEW', 'SCHEDULING_DELIVERY', 'CONFIRMED', 'DISPATCHED', 'DECLINED')),
    decline_reason TEXT,
    delivery_type TEXT NOT NULL,
    desk_id TEXT,
    already_paid BIGINT NOT NULL CHECK (already_paid IN (0, 1)),
    auto_confirm BIGINT NOT NULL CHECK (auto_confirm IN (0, 1)),
    -- minor units
    discount BIGINT NOT NULL,
    tip BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- products, prices and counts as JSON
    items TEXT NOT NULL,
    -- when it is wanted, and when the kitchen will have it
    as_soon_as_possible BIGINT NOT NULL CHECK (as_soon_as_possible IN (0, 1)),
    delivery_from BIGINT,
    delivery_to BIGINT,
    pickup_from BIGINT,
    pickup_to BIGINT,
    ready_at BIGINT NOT NULL,
    -- {"confirm", "dispatch", "decline"}: URLs as JSON
    notification TEXT NOT NULL,
    -- {"customer", "note", "extra", "items"} as JSON: all that may name somebody; NULL once nobody is to be named
    guest TEXT,
    -- NULL once somebody has decided
    declines_at BIGINT,
    -- the check it became
    check_id TEXT,
    -- of its newest change, in the place
    number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, order_id)
);
CREATE UNIQUE INDEX platform_delivery_order_by_external_id
    ON platform_delivery_order (merchant, place, client_id, external_id);
CREATE INDEX platform_delivery_order_by_number ON platform_delivery_order (merchant, place, number);
CREATE INDEX platform_delivery_order_due_at ON platform_delivery_order (merchant, place, declines_at)
    WHERE declines_at IS NOT NULL;
-- For the job that declines, over all merchants
CREATE INDEX platform_delivery_order_due ON platform_delivery_order (declines_at) WHERE declines_at IS NOT NULL;
-- For the sweeper, over all merchants
CREATE INDEX platform_delivery_order_by_age ON platform_delivery_order (created_at) WHERE guest IS NOT NULL;
