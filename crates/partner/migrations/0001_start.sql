-- What the integrator keeps. Money is minor units of the merchant's currency at price_precision,
-- points are whole points, times are microseconds UTC, flags are 0 or 1.

-- A merchant as this side knows it. program is the loyalty settings as JSON (partner/loyalty/program.rs);
-- program_version moves with it and with every promotion, so that a parsed program can be kept in memory.
CREATE TABLE partner_merchant (
    merchant TEXT NOT NULL,
    name TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    price_precision BIGINT NOT NULL CHECK (price_precision BETWEEN 0 AND 3),
    time_zone TEXT NOT NULL,
    hold_ttl_seconds BIGINT NOT NULL CHECK (hold_ttl_seconds >= 180),
    program TEXT NOT NULL,
    program_version BIGINT NOT NULL,
    last_customer_number BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant)
);

-- The directory: which merchant stands behind a token. It is found by the token's public prefix before
-- any merchant is known, so it is the one kind of table whose key does not begin with the merchant.
CREATE TABLE partner_credential (
    token_prefix TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('loyalty', 'datasync', 'customers')),
    merchant TEXT NOT NULL,
    -- loyalty: the loyaltyProviderId this connection answers for
    loyalty_provider_id TEXT,
    -- customers: zone in which a last_updated without offset is read
    time_zone TEXT,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (token_prefix)
);
CREATE INDEX partner_credential_by_merchant ON partner_credential (merchant, kind);

-- A member is an opaque id to the books; the person behind it is in partner_person alone.
-- by key: partner_member
CREATE TABLE partner_member (
    merchant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    customer_number BIGINT NOT NULL,
    -- merged: another member has what was this one's; partner_customer.merged_into says which
    status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'merged', 'erased')),
    tier TEXT,
    -- until when the tier is kept whatever the member spends; NULL: it is judged each time
    tier_until BIGINT,
    -- the tier that ended last because its time was over, and when: bills paid before are its own, whenever they are told
    tier_was TEXT,
    tier_was_until BIGINT,
    -- what the merchant says of the member, as a JSON list; promotions may ask for it
    tags TEXT NOT NULL DEFAULT '[]',
    -- ids of the members that were merged into this one, as a JSON list: their stamps and limits count with its own
    aliases TEXT NOT NULL DEFAULT '[]',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, member_id)
);
CREATE UNIQUE INDEX partner_member_by_number ON partner_member (merchant, customer_number);
-- For the sweeper, over all merchants
CREATE INDEX partner_member_by_tier_until ON partner_member (tier_until) WHERE tier_until IS NOT NULL;

-- by key: partner_person
CREATE TABLE partner_person (
    merchant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    mobile_phone TEXT,
    city TEXT,
    state TEXT,
    country TEXT,
    address TEXT,
    zip TEXT,
    birth_date TEXT,
    store_id BIGINT,
    allow_sms BIGINT CHECK (allow_sms IN (0, 1)),
    allow_email BIGINT CHECK (allow_email IN (0, 1)),
    -- how the person is found by a scanned or typed contact: digits with their country code, lower-case address
    phone_key TEXT,
    email_key TEXT,
    PRIMARY KEY (merchant, member_id)
);
CREATE INDEX partner_person_by_phone ON partner_person (merchant, phone_key);
CREATE INDEX partner_person_by_email ON partner_person (merchant, email_key);

-- What the customers feed shows beside the person, kept up to date as bills and usages arrive.
-- by key: partner_customer
CREATE TABLE partner_customer (
    merchant TEXT NOT NULL,
    customer_number BIGINT NOT NULL,
    member_id TEXT NOT NULL,
    points BIGINT NOT NULL DEFAULT 0,
    total_orders BIGINT NOT NULL DEFAULT 0,
    total_sales BIGINT NOT NULL DEFAULT 0,
    date_first_order BIGINT,
    date_last_order BIGINT,
    last_order_value BIGINT,
    categories TEXT NOT NULL DEFAULT '[]',
    last_updated BIGINT NOT NULL,
    -- the member that has what was this one's, never one that was merged itself; it stands here because whoever books
    -- for a member locks this row last, and so learns of a merge that came between
    merged_into TEXT,
    PRIMARY KEY (merchant, customer_number)
);
CREATE UNIQUE INDEX partner_customer_by_member ON partner_customer (merchant, member_id);
CREATE INDEX partner_customer_by_update ON partner_customer (merchant, last_updated);

-- What a scanned code means.
CREATE TABLE partner_code (
    merchant TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('card', 'voucher', 'promotion', 'topUp')),
    member_id TEXT,
    balance_id TEXT,
    promotion_id TEXT,
    -- as in partner_balance
    merged_from TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'frozen', 'used')),
    valid_from BIGINT,
    valid_until BIGINT,
    -- promotion: the program_version of the PUT that named the code last; 0: a later one ended it; NULL: made by itself
    listed BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, code)
);
CREATE INDEX partner_code_by_balance ON partner_code (merchant, balance_id);
CREATE INDEX partner_code_by_promotion ON partner_code (merchant, promotion_id);
CREATE INDEX partner_code_by_member ON partner_code (merchant, member_id);

-- A promotion's rule as JSON (partner/loyalty/promotion).
CREATE TABLE partner_promotion (
    merchant TEXT NOT NULL,
    promotion_id TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, promotion_id)
);

-- The aggregate every spend goes through: its row is bumped first, balances in the order of their id.
-- posted is what the entries add up to; last_entry numbers the entries, version also
-- numbers the holds: one offer moves it once and places at most one hold here.
CREATE TABLE partner_balance (
    merchant TEXT NOT NULL,
    balance_id TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('singlePurposePrepaidVoucher', 'multiPurposePrepaidVoucher', 'collectablePoints', 'prepaidCredit')),
    member_id TEXT,
    -- whose it was before a merge; NULL: it is its first member's, or nobody's
    merged_from TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'frozen')),
    -- not NULL: the books froze it for a shortfall, and give it this status back once that is filled
    blocked_from TEXT CHECK (blocked_from IN ('active', 'inactive')),
    -- settings of this balance as JSON: titles per language, point value and step, controllable, products
    settings TEXT NOT NULL,
    -- what settings say of it: the card whose stamps these points are; NULL: they are points
    stamp_card_id TEXT,
    posted BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 0,
    last_entry BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, balance_id)
);
-- Not a partial index: SQLite does not take one for a member that is a parameter or comes from a join
CREATE INDEX partner_balance_by_member ON partner_balance (merchant, member_id, type, status, balance_id);

-- Every credit makes a lot. Class and VAT data are frozen at issue.
CREATE TABLE partner_lot (
    merchant TEXT NOT NULL,
    balance_id TEXT NOT NULL,
    lot_id TEXT NOT NULL,
    -- what its balance was at issue: a voucher that comes back from its buyer may be sold as another class
    type TEXT NOT NULL CHECK (type IN ('singlePurposePrepaidVoucher', 'multiPurposePrepaidVoucher', 'collectablePoints', 'prepaidCredit')),
    kind TEXT NOT NULL CHECK (kind IN ('paid', 'bonus', 'earned', 'overdraft')),
    source TEXT NOT NULL,
    issued BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    -- a fraction as decimal text, SPV only
    vat_rate TEXT,
    -- what the guest gave for it, when known and not the face value: of an SPV; of the others 0 of the part of a face
    -- value that was not paid, and of a hole in what was given (loyalty.md V4, V9)
    paid_value BIGINT,
    earned_at BIGINT NOT NULL,
    -- spendable from this instant on; NULL: at once (loyalty.md §9 P8)
    available_at BIGINT,
    expires_at BIGINT,
    PRIMARY KEY (merchant, balance_id, lot_id)
);
CREATE INDEX partner_lot_open ON partner_lot (merchant, balance_id) WHERE remaining <> 0;
-- Shortfalls, few at any time: for the sweeper, over all merchants
CREATE INDEX partner_lot_holes ON partner_lot (merchant, balance_id) WHERE remaining < 0;
-- For the sweeper, over all merchants; its statement says both conditions word for word
CREATE INDEX partner_lot_ends ON partner_lot (expires_at, merchant, balance_id, lot_id) WHERE remaining > 0 AND expires_at IS NOT NULL;

-- The ledger: one row is one debit and one credit of the same amount, so it balances by construction;
-- the rows of a balance are numbered without gaps, so a missing one shows.
-- append-only: partner_transfer
CREATE TABLE partner_transfer (
    merchant TEXT NOT NULL,
    balance_id TEXT NOT NULL,
    entry BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('issue', 'topUp', 'spend', 'earn', 'expire', 'refund', 'reversal', 'clawBack', 'overdraft', 'writeOff', 'adjust', 'payOut', 'forfeit', 'fill')),
    debit_account TEXT NOT NULL,
    credit_account TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    lot_id TEXT NOT NULL,
    member_id TEXT,
    -- of a voucher of another issuer: who is invoiced for what is redeemed, as it was when this was booked
    issuer_id TEXT,
    offer_id TEXT,
    bill_id TEXT,
    reverses BIGINT,
    reason TEXT,
    -- how the amount lies over the lines of its bill, as JSON, where a partial refund has to know
    lines TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, balance_id, entry)
);
CREATE INDEX partner_transfer_by_bill ON partner_transfer (merchant, bill_id, balance_id, entry);
-- What a bookkeeper asks for by period: what was redeemed for another issuer, and what ended unused
CREATE INDEX partner_transfer_of_issuers ON partner_transfer (merchant, created_at, balance_id, entry) WHERE issuer_id IS NOT NULL;
CREATE INDEX partner_transfer_ended ON partner_transfer (merchant, created_at, balance_id, entry) WHERE kind = 'expire';

-- What one check keeps for itself. amount is what is still held; lots is [{"lotId", "amount"}].
-- It counts while state is 'active' and now < expires_at; the sweeper only marks.
CREATE TABLE partner_hold (
    merchant TEXT NOT NULL,
    balance_id TEXT NOT NULL,
    hold_number BIGINT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    check_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    lots TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'captured', 'replaced', 'released', 'expired')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- with the state in front of the number the key also finds the few active ones: an index less on every offer
    PRIMARY KEY (merchant, balance_id, state, hold_number)
);
-- The check goes first: checks are numbered as they are opened, so new holds stand beside each other
CREATE UNIQUE INDEX partner_hold_active ON partner_hold (merchant, check_id, place, device_number, balance_id) WHERE state = 'active';

-- The newest answer under an offer id, with the hash of the question.
CREATE TABLE partner_offer (
    merchant TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    check_id TEXT NOT NULL,
    member_id TEXT,
    question_hash BYTEA NOT NULL,
    -- the balances the answer used, as JSON, for the usage report that follows
    balances TEXT NOT NULL,
    -- the limited promotions it used, as JSON
    limits TEXT NOT NULL DEFAULT '[]',
    -- the answer without the person's name: JSON, packed
    response BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'used', 'invalid')),
    validation_errors TEXT,
    -- ids in the body this merchant does not know, explained, as a JSON list
    remarks TEXT NOT NULL DEFAULT '[]',
    created_at BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, offer_id)
);

-- A usage report under its natural key. The row is inserted first: the unique key decides a race.
CREATE TABLE partner_usage (
    merchant TEXT NOT NULL,
    loyalty_provider_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    body TEXT NOT NULL,
    -- late, no_offer, differs, overdraft, conflict, over_limit: a JSON list
    flags TEXT NOT NULL DEFAULT '[]',
    remarks TEXT NOT NULL DEFAULT '[]',
    member_id TEXT,
    place TEXT,
    device_number BIGINT,
    total_with_vat BIGINT NOT NULL,
    paid_at BIGINT,
    booked_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, loyalty_provider_id, offer_id, bill_id, kind)
);
CREATE INDEX partner_usage_by_bill ON partner_usage (merchant, bill_id, loyalty_provider_id, offer_id, kind);

-- What was understood too little or contradicts what is booked: kept, explained, never lost.
CREATE TABLE partner_quarantine (
    merchant TEXT NOT NULL,
    quarantine_id TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('benefitUsage', 'dataSync')),
    record_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    resolved_at BIGINT,
    PRIMARY KEY (merchant, quarantine_id)
);
CREATE UNIQUE INDEX partner_quarantine_once ON partner_quarantine (merchant, source, record_key, body_hash);

-- A DataSync record in its newest state, whatever its domain.
CREATE TABLE partner_record (
    merchant TEXT NOT NULL,
    domain TEXT NOT NULL,
    record_id TEXT NOT NULL,
    place TEXT,
    version BIGINT,
    last_modified_at BIGINT,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    body_hash BYTEA NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, domain, record_id)
);

-- A bill as far as the customers feed needs it; the whole record is in partner_record.
CREATE TABLE partner_bill (
    merchant TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    place TEXT,
    member_id TEXT,
    -- as in partner_balance
    merged_from TEXT,
    final_price BIGINT NOT NULL,
    paid_at BIGINT,
    -- 0 for a deleted, refunded or corrective bill: it is no order
    counts BIGINT NOT NULL CHECK (counts IN (0, 1)),
    -- 1 once a usage report said so, whatever the record says: also the tombstone of a bill whose report comes later
    cancelled BIGINT NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1)),
    -- what final_price and paid_at come from: the bill's own record outranks the usage report
    source TEXT NOT NULL CHECK (source IN ('usage', 'record')),
    -- names of the product categories on it, as a JSON list
    categories TEXT NOT NULL DEFAULT '[]',
    -- points it earned that were not taken back
    points BIGINT NOT NULL DEFAULT 0,
    -- what of final_price was paid for later use of any goods: no sale until it pays
    prepaid BIGINT NOT NULL DEFAULT 0 CHECK (prepaid >= 0),
    PRIMARY KEY (merchant, bill_id)
);
CREATE INDEX partner_bill_by_member ON partner_bill (merchant, member_id, paid_at);

-- How much of one limit of a promotion is used: the aggregate its holds and entries go through, like a
-- balance. The id says promotion, kind, period and subject (partner/loyalty/promotion/limit.rs); how much is
-- allowed stands in the promotion's rule. used is uses, or minor units where money is limited.
CREATE TABLE partner_limit (
    merchant TEXT NOT NULL,
    limit_id TEXT NOT NULL,
    promotion_id TEXT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 0,
    last_entry BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, limit_id)
);
CREATE INDEX partner_limit_by_promotion ON partner_limit (merchant, promotion_id, limit_id);

-- What one check keeps of a limit for itself, as partner_hold does of a balance.
CREATE TABLE partner_limit_hold (
    merchant TEXT NOT NULL,
    limit_id TEXT NOT NULL,
    hold_number BIGINT NOT NULL,
    place TEXT NOT NULL,
    device_number BIGINT NOT NULL,
    check_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    state TEXT NOT NULL CHECK (state IN ('active', 'captured', 'replaced', 'released', 'expired')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, limit_id, hold_number)
);
CREATE UNIQUE INDEX partner_limit_hold_active ON partner_limit_hold (merchant, limit_id, place, device_number, check_id) WHERE state = 'active';
CREATE INDEX partner_limit_hold_by_check ON partner_limit_hold (merchant, place, device_number, check_id, limit_id) WHERE state = 'active';

-- What bills used of a limit and gave back: amount above 0 uses, below 0 gives back.
-- append-only: partner_limit_entry
CREATE TABLE partner_limit_entry (
    merchant TEXT NOT NULL,
    limit_id TEXT NOT NULL,
    entry BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    offer_id TEXT NOT NULL,
    bill_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, limit_id, entry)
);
CREATE INDEX partner_limit_entry_by_offer ON partner_limit_entry (merchant, offer_id, bill_id);

-- What became of the value of a member who was erased. balances is the answer's list as JSON, without codes.
-- append-only: partner_erasure
CREATE TABLE partner_erasure (
    merchant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    erased_value TEXT NOT NULL CHECK (erased_value IN ('payOut', 'bearerVoucher')),
    -- minor units
    hand_over BIGINT NOT NULL CHECK (hand_over >= 0),
    balances TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, member_id)
);

-- One member merged into another. A merge moves no value: balances, cards and bills change whose they are, and
-- merged_from in their rows says whose they were, so an undo brings back exactly those. came is what came along, and
-- how much was on it, as JSON; into_tier and into_tier_until are what the surviving member had before.
CREATE TABLE partner_merge (
    merchant TEXT NOT NULL,
    merge_id TEXT NOT NULL,
    from_member_id TEXT NOT NULL,
    into_member_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    came TEXT NOT NULL,
    into_tier TEXT,
    into_tier_until BIGINT,
    merged_at BIGINT NOT NULL,
    undone_at BIGINT,
    PRIMARY KEY (merchant, merge_id)
);
-- A member is merged into one other at a time
CREATE UNIQUE INDEX partner_merge_open ON partner_merge (merchant, from_member_id) WHERE undone_at IS NULL;
CREATE INDEX partner_merge_by_from ON partner_merge (merchant, from_member_id, merge_id);
CREATE INDEX partner_merge_by_into ON partner_merge (merchant, into_member_id, merge_id);
