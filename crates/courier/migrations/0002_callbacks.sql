-- A delivery may also be a call: a GET of a whole URL, which stands in path then. Its destination is no row of
-- courier_destination but whatever the lane is about, since nothing is sent with it that would have to be sealed.
ALTER TABLE courier_delivery ADD COLUMN method TEXT NOT NULL DEFAULT 'POST' CHECK (method IN ('POST', 'GET'));
