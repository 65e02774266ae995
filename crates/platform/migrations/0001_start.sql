-- What the POS cloud keeps. Money is minor units of the merchant's currency at price_precision, decimals
-- that are no money (amounts, VAT rates as fractions) are text, times are microseconds UTC, flags are 0 or 1.

CREATE TABLE platform_merchant (
    merchant TEXT NOT NULL,
    name TEXT NOT NULL,
    business_id TEXT,
    vat_id TEXT,
    is_vat_payer BIGINT NOT NULL CHECK (is_vat_payer IN (0, 1)),
    country_code TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    price_precision BIGINT NOT NULL CHECK (price_precision BETWEEN 0 AND 3),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant)
);

-- bill_letters are the two letters a bill's id begins with: unique in the merchant, so that the ids of
-- two places never meet at a partner who keeps bills per merchant.
CREATE TABLE platform_place (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'hidden')),
    time_zone TEXT NOT NULL,
    pos_lang TEXT NOT NULL,
    bill_lang TEXT NOT NULL,
    bill_letters TEXT NOT NULL,
    -- the documented addressParts as JSON
    address TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place)
);
CREATE UNIQUE INDEX platform_place_letters ON platform_place (merchant, bill_letters);

CREATE TABLE platform_category (
    merchant TEXT NOT NULL,
    category_id TEXT NOT NULL,
    parent_category_id TEXT,
    name TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, category_id)
);

CREATE TABLE platform_product (
    merchant TEXT NOT NULL,
    product_id TEXT NOT NULL,
    -- the integer behind the id, running per merchant
    decoded_id BIGINT NOT NULL,
    category_id TEXT,
    name TEXT NOT NULL,
    measure TEXT NOT NULL,
    ean TEXT,
    price BIGINT NOT NULL,
    is_price_variable BIGINT NOT NULL CHECK (is_price_variable IN (0, 1)),
    vat_rate TEXT NOT NULL,
    vat_id TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, product_id)
);
CREATE UNIQUE INDEX platform_product_by_decoded_id ON platform_product (merchant, decoded_id);

CREATE TABLE platform_register (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, device_number)
);

-- Directories: found by what the caller shows, before any merchant is known, so their keys do not begin
-- with the merchant.
CREATE TABLE platform_pos_token (
    token_prefix TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (token_prefix)
);
CREATE INDEX platform_pos_token_by_register ON platform_pos_token (merchant, place, device_number);

CREATE TABLE platform_client (
    client_id TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    -- the provider this app is, for the benefit usages it may pull
    loyalty_provider_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client_id)
);

CREATE TABLE platform_client_merchant (
    merchant TEXT NOT NULL,
    client_id TEXT NOT NULL,
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, client_id)
);
CREATE INDEX platform_client_merchant_by_client ON platform_client_merchant (client_id);

CREATE TABLE platform_access_token (
    token_prefix TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_prefix)
);
CREATE INDEX platform_access_token_ending ON platform_access_token (client_id, expires_at);

-- The loyalty provider a merchant's registers ask. One is in use at a time; an older one stays, so that
-- what it has not yet acknowledged can still be delivered and pulled. Its URL and its token are the courier's
-- destination of the same id.
CREATE TABLE platform_loyalty_connection (
    merchant TEXT NOT NULL,
    loyalty_provider_id TEXT NOT NULL,
    in_use BIGINT NOT NULL CHECK (in_use IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, loyalty_provider_id)
);
CREATE UNIQUE INDEX platform_loyalty_connection_in_use ON platform_loyalty_connection (merchant) WHERE in_use = 1;

-- An open check is one row: lines, codes, the cashier's choices and the offer shown are JSON, the version
-- moves with every change. question is the hash of what the provider was asked under loyalty_offer_id;
-- offer is the answer to it, offer_problem why there is none.
CREATE TABLE platform_check (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    check_id TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'paid')),
    desk_id TEXT,
    person_count BIGINT,
    opened_by TEXT,
    lines TEXT NOT NULL,
    codes TEXT NOT NULL,
    choices TEXT NOT NULL,
    loyalty_offer_id TEXT,
    question BYTEA,
    offer TEXT,
    offer_problem TEXT,
    bill_id TEXT,
    -- Until then the provider is being asked about it by one call, and no other call asks.
    turn_ends_at BIGINT,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, check_id)
);

CREATE TABLE platform_bill_counter (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    year BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, year)
);

CREATE TABLE platform_bill (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    check_id TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    session_created BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    currency_code TEXT NOT NULL,
    price_precision BIGINT NOT NULL,
    final_price BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    -- [{"rate": "0.12", "gross": 30917, "net": 27604}]
    taxes TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    -- [{"paymentMethod": "cash", "value": 2314}]; a balance that paid is named by "balanceId"
    payments TEXT NOT NULL,
    -- {"personId", "fullName", "userName"} as JSON
    created_by TEXT,
    paid_by TEXT,
    person_count BIGINT,
    desk_id TEXT,
    issued_as_vat_payer BIGINT NOT NULL CHECK (issued_as_vat_payer IN (0, 1)),
    customer_id TEXT,
    bill_messages TEXT NOT NULL,
    refunded BIGINT NOT NULL CHECK (refunded IN (0, 1)),
    -- on a corrective bill: the bill it reverses, and why
    refunded_bill_identifier TEXT,
    refund_reason TEXT,
    deleted BIGINT NOT NULL CHECK (deleted IN (0, 1)),
    -- the fiscal system's answer as JSON
    fiscal_data TEXT,
    -- the usage report of the payment, where loyalty was used
    benefit_usage_id TEXT,
    PRIMARY KEY (merchant, place, bill_id)
);
-- A check is paid once; corrective bills carry the check of the bill they reverse.
CREATE UNIQUE INDEX platform_bill_by_check ON platform_bill (merchant, place, check_id) WHERE refunded_bill_identifier IS NULL;
CREATE INDEX platform_bill_by_creation ON platform_bill (merchant, place, created_at, bill_id);

CREATE TABLE platform_bill_item (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    item_number BIGINT NOT NULL,
    check_item_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    decoded_id BIGINT,
    category_id TEXT,
    name TEXT NOT NULL,
    amount TEXT NOT NULL,
    measure TEXT NOT NULL,
    ean TEXT,
    unit_price BIGINT NOT NULL,
    vat_rate TEXT NOT NULL,
    vat_id TEXT,
    -- the register's own discount and, in total, what the line came to after it
    till_discount BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- [{"sourceType", "sourceId", "title", "value"}]: what loyalty took off the line
    benefits TEXT NOT NULL,
    PRIMARY KEY (merchant, place, bill_id, item_number)
);

-- What came back of a bill so far, one row a corrective bill.
CREATE TABLE platform_bill_refund (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    refund_number BIGINT NOT NULL,
    corrective_bill_id TEXT NOT NULL,
    -- what makes a repeated call the same call, and the hash of what it asked for
    request_key TEXT,
    request_hash BYTEA,
    -- {"amounts": ["2", "0"] per item, "given": [500, 0] per payment}
    parts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, bill_id, refund_number)
);

-- A usage report as it was frozen at payment, and how its delivery stands.
CREATE TABLE platform_benefit_usage (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    benefit_usage_id TEXT NOT NULL,
    loyalty_provider_id TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    synchronized_at BIGINT,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    -- the courier has given up; the usage can still be pulled
    failed BIGINT NOT NULL CHECK (failed IN (0, 1)),
    PRIMARY KEY (merchant, place, benefit_usage_id)
);
CREATE INDEX platform_benefit_usage_by_provider
    ON platform_benefit_usage (merchant, place, loyalty_provider_id, created_at, benefit_usage_id);
-- The courier names a usage by its delivery id alone.
CREATE INDEX platform_benefit_usage_by_id ON platform_benefit_usage (merchant, benefit_usage_id);
