-- What is unknown past its last deadline, since when, and what rests on the operator's evidence. Flag 16
-- of payment: a person has to look; 64: the platform contradicted what was known.

ALTER TABLE payment ADD COLUMN n_unknown INTEGER NOT NULL DEFAULT 0 CHECK (n_unknown >= 0);
ALTER TABLE attempt ADD COLUMN unknown_ms INTEGER NOT NULL DEFAULT 0 CHECK (unknown_ms >= 0);
ALTER TABLE attempt ADD COLUMN by_operator INTEGER NOT NULL DEFAULT 0 CHECK (by_operator IN (0, 1));
ALTER TABLE refund ADD COLUMN unknown_ms INTEGER NOT NULL DEFAULT 0 CHECK (unknown_ms >= 0);
ALTER TABLE refund ADD COLUMN by_operator INTEGER NOT NULL DEFAULT 0 CHECK (by_operator IN (0, 1));
-- Few, so that finding them is cheap however many payments there are.
CREATE INDEX payment_for_operator ON payment (seq) WHERE flags & 16 <> 0;
-- Before this the reason was not kept apart: what cannot be told is to be checked.
UPDATE payment SET flags = flags | 64 WHERE flags & 16 <> 0;
