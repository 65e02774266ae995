-- What goes with an item of a bill: the same code stands on the item and on each of its additions. person_id: who entered it.
ALTER TABLE platform_bill_item ADD COLUMN has_additions_with_code TEXT;
ALTER TABLE platform_bill_item ADD COLUMN additions_code TEXT;
ALTER TABLE platform_bill_item ADD COLUMN person_id BIGINT;
-- The bill that was given back so that its check is open again: of the check that was opened for that.
ALTER TABLE platform_check ADD COLUMN reopens TEXT;
CREATE UNIQUE INDEX platform_check_reopens ON platform_check (merchant, place, reopens) WHERE reopens IS NOT NULL;
-- Whether a line of an open check has a note, which may name somebody.
ALTER TABLE platform_check ADD COLUMN has_notes BIGINT NOT NULL DEFAULT 0 CHECK (has_notes IN (0, 1));
