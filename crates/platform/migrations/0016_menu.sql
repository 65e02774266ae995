-- What a product is beside its price, where it stands, and what single places and hours make of it.

-- {"marketingName", "description", "imageUrl", "type", "allergens", "labels", "additionCategoryIds", "vatRateChanges"} as
-- set; NULL is a product of before, which has none of them. A removed row stays: its number is never given again.
ALTER TABLE platform_product ADD COLUMN details TEXT;
ALTER TABLE platform_product ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE platform_product ADD COLUMN removed BIGINT NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));
ALTER TABLE platform_category ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;

-- What a place sets otherwise: {"priceLevels", "vatRate", "vatId", "vatRateChanges", "showInPos", "additionCategoryIds"}.
CREATE TABLE platform_place_item (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    product_id TEXT NOT NULL,
    place_values TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, product_id)
);

CREATE TABLE platform_addition_category (
    merchant TEXT NOT NULL,
    addition_category_id TEXT NOT NULL,
    -- as set, with its additions
    settings TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, addition_category_id)
);

-- A menu that a place has from since until before till, and its products with the pieces that may be sold of each.
CREATE TABLE platform_timed_menu (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    menu_id TEXT NOT NULL,
    menu_type TEXT NOT NULL CHECK (menu_type IN ('dailyMenu', 'happyHours', 'fixedMenu')),
    since BIGINT NOT NULL,
    till BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, menu_id)
);
CREATE INDEX platform_timed_menu_by_end ON platform_timed_menu (merchant, till);
CREATE INDEX platform_timed_menu_by_end_at_place ON platform_timed_menu (merchant, place, till);

-- since and till are those of its menu. NULL pieces are any number. reserved: what lines and orders hold or have sold; it
-- is above pieces only where the place sells beyond them.
CREATE TABLE platform_timed_item (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    menu_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    since BIGINT NOT NULL,
    till BIGINT NOT NULL,
    pieces BIGINT,
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    -- {level: {"price"}} for the time
    price_levels TEXT NOT NULL,
    PRIMARY KEY (merchant, place, menu_id, product_id)
);
CREATE INDEX platform_timed_item_by_end ON platform_timed_item (merchant, till);
CREATE INDEX platform_timed_item_by_end_at_place ON platform_timed_item (merchant, place, till);
CREATE INDEX platform_timed_item_by_product ON platform_timed_item (merchant, place, product_id, till);

-- Who holds how many pieces: a holder is 'check:' or 'order:' and an id.
CREATE TABLE platform_reserved_pieces (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    holder TEXT NOT NULL,
    product_id TEXT NOT NULL,
    menu_id TEXT NOT NULL,
    pieces BIGINT NOT NULL CHECK (pieces > 0),
    PRIMARY KEY (merchant, place, holder, product_id, menu_id)
);

CREATE INDEX platform_reserved_pieces_by_item ON platform_reserved_pieces (merchant, place, menu_id, product_id);

-- What a place does not sell for now.
CREATE TABLE platform_stop (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    product_id TEXT NOT NULL,
    stopped_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, product_id)
);

CREATE TABLE platform_menu_rule (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    -- whether a line beyond the pieces left is refused; else the check warns
    refuses BIGINT NOT NULL CHECK (refuses IN (0, 1)),
    PRIMARY KEY (merchant, place)
);

-- How often what is seen of a menu changed by somebody's hand: of what all places share (place '') and of what is one
-- place's own. The version that is shown adds the changeovers that have come.
CREATE TABLE platform_menu_version (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place)
);
INSERT INTO platform_menu_version (merchant, place, version, changed_at)
    SELECT merchant, '', 1, MAX(updated_at) FROM platform_product GROUP BY merchant;

-- The instants at which something seen at a place changes by itself: a rate of VAT begins, a menu begins or ends. told: the
-- feed has heard of it. Changeovers that have come are counted into the version when the menu is set next, and go then.
CREATE TABLE platform_menu_changeover (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    comes_at BIGINT NOT NULL,
    told BIGINT NOT NULL CHECK (told IN (0, 1)),
    PRIMARY KEY (merchant, place, comes_at)
);
-- For the sweeper, over all merchants
CREATE INDEX platform_menu_changeover_untold ON platform_menu_changeover (comes_at) WHERE told = 0;
