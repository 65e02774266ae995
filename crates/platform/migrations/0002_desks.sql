-- The tables of a place and the rooms they stand in. A removed row stays: lists show it as removed.
CREATE TABLE platform_desk_section (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    section_id TEXT NOT NULL,
    name TEXT NOT NULL,
    color TEXT,
    -- sections are shown in this order
    sequence BIGINT NOT NULL,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, section_id)
);

CREATE TABLE platform_desk (
    merchant TEXT NOT NULL,
    place TEXT NOT NULL,
    desk_id TEXT NOT NULL,
    -- {"name", "code", "type", "sectionId", "seats", "position", "_virtual"} as set
    settings TEXT NOT NULL,
    section_id TEXT,
    removed BIGINT NOT NULL CHECK (removed IN (0, 1)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, place, desk_id)
);

-- The APIs an application may call and the places it may call for, as JSON lists; NULL is all of them.
ALTER TABLE platform_client ADD COLUMN apis TEXT;
ALTER TABLE platform_client_merchant ADD COLUMN places TEXT;
