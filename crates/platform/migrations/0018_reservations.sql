-- Guests who booked and have arrived. guest: {"name", "note", "customer", "extra"} as JSON, NULL once nobody is to be named
-- any more.
CREATE TABLE platform_reservation (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    reservation_id TEXT NOT NULL,
    -- the booking system's id: the same id again is the same reservation
    external_reservation_id TEXT NOT NULL,
    state TEXT NOT NULL,
    desk_id TEXT NOT NULL,
    check_id TEXT NOT NULL,
    person_count BIGINT,
    -- minor units
    deposit BIGINT NOT NULL,
    auto_confirm BIGINT NOT NULL CHECK (auto_confirm IN (0, 1)),
    guest TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, reservation_id)
);
CREATE UNIQUE INDEX platform_reservation_by_external_id
    ON platform_reservation (merchant, place, external_reservation_id);
CREATE INDEX platform_reservation_by_check ON platform_reservation (merchant, place, check_id);
-- For the sweeper, over all merchants
CREATE INDEX platform_reservation_by_age ON platform_reservation (created_at) WHERE guest IS NOT NULL;

-- What was paid before the check is paid, as the bill's payments: [{"paymentMethod", "value"}].
ALTER TABLE platform_check ADD COLUMN already_paid TEXT NOT NULL DEFAULT '[]';
-- What is open at a desk.
CREATE INDEX platform_check_by_desk ON platform_check (merchant, place, desk_id) WHERE state = 'open';
