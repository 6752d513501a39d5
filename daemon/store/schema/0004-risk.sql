-- What the rules against cash-out look at, of payments whose merchant had such rules when they were made:
-- who the buyer is, by a MAC of the shop's own customer id, and that it counts among the shop's of an hour.

ALTER TABLE payment ADD COLUMN buyer BLOB NOT NULL DEFAULT x'' CHECK (length(buyer) IN (0, 16));
ALTER TABLE payment ADD COLUMN is_counted INTEGER NOT NULL DEFAULT 0 CHECK (is_counted IN (0, 1));
-- Without those that are closed, however many there are.
CREATE INDEX payment_buyer ON payment (merchant_id, buyer, seq) WHERE length(buyer) > 0 AND state <> 3;
CREATE INDEX payment_counted ON payment (merchant_id, seq) WHERE is_counted = 1;
