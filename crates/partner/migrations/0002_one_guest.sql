-- What a command reads of a balance: the lots with something left, and of its shortfalls, which may be thousands, the
-- oldest of one kind. Neither walks over the other.
DROP INDEX partner_lot_open;
CREATE INDEX partner_lot_value ON partner_lot (merchant, balance_id) WHERE remaining > 0;
DROP INDEX partner_lot_holes;
-- The kind is paid_value: NULL of what was paid, 0 of what was given
CREATE INDEX partner_lot_holes ON partner_lot (merchant, balance_id, paid_value, lot_id) WHERE remaining < 0;

-- What of a bill is in the totals of its member: a report adds the difference, and reads none of the other bills
ALTER TABLE partner_bill ADD COLUMN told_orders BIGINT NOT NULL DEFAULT 0;
ALTER TABLE partner_bill ADD COLUMN told_sales BIGINT NOT NULL DEFAULT 0;
UPDATE partner_bill SET told_orders = 1, told_sales = final_price - prepaid
    WHERE member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid);
-- The last bill of a member is found by its key, however many were paid at one instant
DROP INDEX partner_bill_by_member;
CREATE INDEX partner_bill_by_member ON partner_bill (merchant, member_id, paid_at, bill_id);
