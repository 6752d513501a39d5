-- Cards and disclosures: whose card, the rates as disclosed, a payer to be compared, the way back of
-- the money; and notes: what is kept beside the payments.

ALTER TABLE payment ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN nominal_annual_bp INTEGER NOT NULL DEFAULT 0 CHECK (nominal_annual_bp >= 0);
ALTER TABLE payment ADD COLUMN effective_annual_bp INTEGER NOT NULL DEFAULT 0 CHECK (effective_annual_bp >= 0);
ALTER TABLE payment ADD COLUMN simple_annual_bp INTEGER NOT NULL DEFAULT 0 CHECK (simple_annual_bp >= 0);
ALTER TABLE payment ADD COLUMN texts_digest BLOB NOT NULL
    DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000' CHECK (length(texts_digest) = 32);
ALTER TABLE payment ADD COLUMN identity_asked INTEGER NOT NULL DEFAULT 0 CHECK (identity_asked IN (0, 1));
-- Sealed (crypto/box.h); empty once the payment has ended.
ALTER TABLE payment ADD COLUMN payer BLOB NOT NULL DEFAULT x'';
ALTER TABLE refund ADD COLUMN way INTEGER NOT NULL DEFAULT 0 CHECK (way IN (0, 1));
ALTER TABLE attempt ADD COLUMN refund_counted_minor INTEGER NOT NULL DEFAULT 0
    CHECK (refund_counted_minor >= 0);
UPDATE attempt SET refund_counted_minor = (SELECT COALESCE(SUM(amount_minor), 0) FROM refund
    WHERE refund.payment_seq = attempt.payment_seq AND refund.attempt_n = attempt.n AND refund.state <> 4);

CREATE TABLE note (
    owner TEXT NOT NULL CHECK (owner <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    value BLOB NOT NULL CHECK (length(value) <= 65536),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
