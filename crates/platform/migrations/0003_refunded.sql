-- A bill that was wholly given back counts no more, and neither does any of its corrective bills: until now only the
-- bill itself said so.
UPDATE platform_bill SET refunded = 1
WHERE refunded = 0 AND refunded_bill_identifier IS NOT NULL
    AND EXISTS (
        SELECT 1 FROM platform_bill o
        WHERE o.merchant = platform_bill.merchant AND o.place = platform_bill.place
            AND o.bill_id = platform_bill.refunded_bill_identifier AND o.refunded = 1
    );
