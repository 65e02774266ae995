-- What a merchant keeps in stock. Amounts and unit prices are whole millionths (six decimals), so that both engines add and
-- compare them exactly; what a document comes to is minor units. A removed row stays: documents name it, and whoever asks
-- for what changed sees it as removed.
CREATE TABLE platform_stock (
    merchant TEXT NOT NULL,
    stock_id TEXT NOT NULL,
    name TEXT,
    -- the place it belongs to; NULL for a central stock
    place TEXT,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, stock_id)
);

CREATE TABLE platform_stock_item_category (
    merchant TEXT NOT NULL,
    category_id TEXT NOT NULL,
    parent_category_id TEXT,
    name TEXT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, category_id)
);

CREATE TABLE platform_supplier (
    merchant TEXT NOT NULL,
    supplier_id TEXT NOT NULL,
    name TEXT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, supplier_id)
);

CREATE TABLE platform_stock_item (
    merchant TEXT NOT NULL,
    item_id TEXT NOT NULL,
    category_id TEXT,
    name TEXT NOT NULL,
    measure TEXT NOT NULL,
    ean TEXT,
    -- a fraction
    vat_rate TEXT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, item_id)
);

CREATE INDEX platform_stock_item_by_category ON platform_stock_item (merchant, category_id, item_id);

-- How much of an item a stock holds. removed: the stock keeps the item no more.
CREATE TABLE platform_stock_amount (
    merchant TEXT NOT NULL,
    stock_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    critical_amount BIGINT,
    optimal_amount BIGINT,
    price_without_vat BIGINT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, stock_id, item_id)
);
CREATE INDEX platform_stock_amount_by_item ON platform_stock_amount (merchant, item_id, stock_id);

-- Stock ups and stock takings: one history of a stock. An id is the merchant's for its kind, whichever stock it is of.
CREATE TABLE platform_stock_document (
    merchant TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stockUp', 'stockTaking')),
    document_id TEXT NOT NULL,
    stock_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    number TEXT,
    note TEXT,
    supplier_id TEXT,
    person_name TEXT,
    is_draft BIGINT NOT NULL CHECK (is_draft IN (0, 1)),
    -- minor units: of a stock up its lines, of a stock taking its differences
    total_without_vat BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, kind, document_id)
);
CREATE INDEX platform_stock_document_by_creation
    ON platform_stock_document (merchant, stock_id, kind, created_at, document_id);

CREATE TABLE platform_stock_document_line (
    merchant TEXT NOT NULL,
    kind TEXT NOT NULL,
    document_id TEXT NOT NULL,
    line_number BIGINT NOT NULL,
    item_id TEXT NOT NULL,
    -- what came, or what was counted
    amount BIGINT NOT NULL,
    -- of a confirmed stock taking: what should have been there
    expected_amount BIGINT,
    price_without_vat BIGINT NOT NULL,
    vat_rate TEXT NOT NULL,
    PRIMARY KEY (merchant, kind, document_id, line_number)
);
