-- What failed and may be replayed: whether a lane holds any is asked when one of its calls was delivered.
CREATE INDEX courier_delivery_failed ON courier_delivery (merchant, destination_id, place, kind) WHERE state = 'failed';
-- The lane of a call ends with it. Those of before stayed behind, one for each event of each order.
DELETE FROM courier_lane WHERE kind IN ('orderConfirmed', 'orderDispatched', 'orderDeclined')
    AND due_at IS NULL AND paused_at IS NULL AND lease_until = 0
    AND NOT EXISTS (SELECT 1 FROM courier_delivery d WHERE d.merchant = courier_lane.merchant
        AND d.destination_id = courier_lane.destination_id AND d.place = courier_lane.place AND d.kind = courier_lane.kind
        AND d.state = 'pending')
    AND NOT EXISTS (SELECT 1 FROM courier_delivery d WHERE d.merchant = courier_lane.merchant
        AND d.destination_id = courier_lane.destination_id AND d.place = courier_lane.place AND d.kind = courier_lane.kind
        AND d.state = 'failed');
