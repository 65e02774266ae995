-- The people who work at a merchant's places. sealed_code: what they sign in by at a register, sealed under the key from
-- outside the database; NULL for somebody who does not sign in.
CREATE TABLE platform_person (
    merchant TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    full_name TEXT NOT NULL,
    user_name TEXT NOT NULL,
    is_active BIGINT NOT NULL CHECK (is_active IN (0, 1)),
    sealed_code TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, person_id)
);

-- The persons of a merchant together. The row is taken first and held to the commit, so that no two set-ups at once give
-- the same code to two persons.
CREATE TABLE platform_staff (
    merchant TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (merchant)
);

-- Who is signed in at a register.
CREATE TABLE platform_signed_in (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, device_number)
);
CREATE INDEX platform_signed_in_by_person ON platform_signed_in (merchant, person_id);
