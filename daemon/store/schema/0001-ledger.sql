-- The ledger: payments, their attempts and refunds, what keys stand for, the journal, the events.
-- Numbers of states and kinds are those of daemon/core/payment.h. Times are unix ms, 0 = never.
-- Rows are deleted by the retention command and by nothing else.

CREATE TABLE payment (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    secret BLOB NOT NULL CHECK (length(secret) = 10),
    version INTEGER NOT NULL CHECK (version >= 1),
    merchant_id TEXT NOT NULL CHECK (merchant_id <> ''),
    merchant_order_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    subject TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    amount_currency TEXT NOT NULL CHECK (length(amount_currency) = 3),
    amount_exponent INTEGER NOT NULL CHECK (amount_exponent >= 0),
    terminal INTEGER NOT NULL CHECK (terminal >= 0),
    return_url TEXT NOT NULL,
    buyer_ip TEXT NOT NULL,
    buyer_user_agent TEXT NOT NULL,
    content_digest BLOB NOT NULL CHECK (length(content_digest) = 32),
    quote TEXT NOT NULL,
    instalments INTEGER NOT NULL CHECK (instalments BETWEEN 1 AND 60),
    bearer INTEGER NOT NULL CHECK (bearer >= 0),
    merchant_percent INTEGER NOT NULL CHECK (merchant_percent BETWEEN 0 AND 100),
    buyer_fee_minor INTEGER NOT NULL CHECK (buyer_fee_minor >= 0),
    merchant_fee_minor INTEGER NOT NULL CHECK (merchant_fee_minor >= 0),
    disclosure_shown_ms INTEGER NOT NULL CHECK (disclosure_shown_ms >= 0),
    disclosure_seconds INTEGER NOT NULL CHECK (disclosure_seconds >= 0),
    disclosure_confirmed INTEGER NOT NULL CHECK (disclosure_confirmed IN (0, 1)),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
    close_reason INTEGER NOT NULL CHECK (close_reason BETWEEN 0 AND 3),
    verification INTEGER NOT NULL CHECK (verification >= 0),
    terms_match INTEGER NOT NULL CHECK (terms_match >= 0),
    instalments_used INTEGER NOT NULL CHECK (instalments_used >= 0),
    identity INTEGER NOT NULL CHECK (identity >= 0),
    flags INTEGER NOT NULL CHECK (flags >= 0),
    platform_ref TEXT NOT NULL,
    created_ms INTEGER NOT NULL CHECK (created_ms > 0),
    updated_ms INTEGER NOT NULL CHECK (updated_ms >= 0),
    expires_ms INTEGER NOT NULL CHECK (expires_ms >= 0),
    due_ms INTEGER NOT NULL CHECK (due_ms >= 0),
    paid_ms INTEGER NOT NULL CHECK (paid_ms >= 0),
    closed_ms INTEGER NOT NULL CHECK (closed_ms >= 0),
    close_requested_ms INTEGER NOT NULL CHECK (close_requested_ms >= 0),
    token_generation INTEGER NOT NULL CHECK (token_generation >= 0),
    refund_counted_minor INTEGER NOT NULL CHECK (refund_counted_minor >= 0),
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor >= 0),
    n_refunds INTEGER NOT NULL CHECK (n_refunds >= 0),
    n_attempts INTEGER NOT NULL CHECK (n_attempts BETWEEN 0 AND 16),
    n_journal INTEGER NOT NULL CHECK (n_journal >= 0),
    journal_head BLOB NOT NULL CHECK (length(journal_head) = 32),
    CHECK (state <> 3 OR close_reason > 0),
    CHECK (refunded_minor <= refund_counted_minor)
) STRICT;

CREATE INDEX payment_order ON payment (merchant_id, merchant_order_id, seq);
CREATE INDEX payment_due ON payment (due_ms, seq) WHERE due_ms > 0;

CREATE TABLE attempt (
    payment_seq INTEGER NOT NULL REFERENCES payment (seq),
    n INTEGER NOT NULL CHECK (n BETWEEN 1 AND 16),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    order_number TEXT NOT NULL CHECK (order_number <> ''),
    platform_ref TEXT NOT NULL,
    created_ms INTEGER NOT NULL CHECK (created_ms >= 0),
    sent_ms INTEGER NOT NULL CHECK (sent_ms >= 0),
    deadline_ms INTEGER NOT NULL CHECK (deadline_ms >= 0),
    settle_after_ms INTEGER NOT NULL CHECK (settle_after_ms >= 0),
    due_ms INTEGER NOT NULL CHECK (due_ms >= 0),
    n_asked INTEGER NOT NULL CHECK (n_asked >= 0),
    last_outcome INTEGER NOT NULL CHECK (last_outcome >= 0),
    platform_code TEXT NOT NULL,
    platform_text TEXT NOT NULL,
    memory TEXT NOT NULL CHECK (length(memory) <= 2048),
    action_text TEXT NOT NULL,
    action_expires_ms INTEGER NOT NULL CHECK (action_expires_ms >= 0),
    PRIMARY KEY (payment_seq, n)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attempt_order_number ON attempt (order_number);
CREATE INDEX attempt_due ON attempt (due_ms, payment_seq, n) WHERE due_ms > 0;

CREATE TABLE refund (
    payment_seq INTEGER NOT NULL REFERENCES payment (seq),
    n INTEGER NOT NULL CHECK (n >= 1),
    attempt_n INTEGER NOT NULL CHECK (attempt_n BETWEEN 1 AND 16),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    origin INTEGER NOT NULL CHECK (origin BETWEEN 1 AND 3),
    number TEXT NOT NULL CHECK (number <> ''),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    reason TEXT NOT NULL,
    content_digest BLOB NOT NULL CHECK (length(content_digest) = 32),
    created_ms INTEGER NOT NULL CHECK (created_ms >= 0),
    submitted_ms INTEGER NOT NULL CHECK (submitted_ms >= 0),
    finished_ms INTEGER NOT NULL CHECK (finished_ms >= 0),
    deadline_ms INTEGER NOT NULL CHECK (deadline_ms >= 0),
    due_ms INTEGER NOT NULL CHECK (due_ms >= 0),
    n_asked INTEGER NOT NULL CHECK (n_asked >= 0),
    platform_code TEXT NOT NULL,
    platform_text TEXT NOT NULL,
    memory TEXT NOT NULL CHECK (length(memory) <= 2048),
    PRIMARY KEY (payment_seq, n)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX refund_number ON refund (number);
CREATE INDEX refund_due ON refund (due_ms, payment_seq, n) WHERE due_ms > 0;

-- Keys as they come: clients are told to make them time-ordered, so that new ones lie together.
CREATE TABLE idempotency (
    merchant_id TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key <> ''),
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
    payment_seq INTEGER NOT NULL,
    refund_n INTEGER NOT NULL CHECK ((kind = 1) = (refund_n = 0)),
    PRIMARY KEY (merchant_id, key)
) STRICT, WITHOUT ROWID;

-- hash = SHA-256(previous hash || length of body, 8 bytes, big endian || body); the first follows
-- 32 zeroes, the last stands in payment.journal_head.
CREATE TABLE journal (
    payment_seq INTEGER NOT NULL REFERENCES payment (seq),
    n INTEGER NOT NULL CHECK (n >= 1),
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (payment_seq, n)
) STRICT, WITHOUT ROWID;

-- Cursors rise by one per merchant in committed order. Retention keeps each merchant's last row:
-- the next cursor is counted from it.
CREATE TABLE event (
    merchant_id TEXT NOT NULL,
    cursor INTEGER NOT NULL CHECK (cursor >= 1),
    payment_seq INTEGER NOT NULL,
    kind INTEGER NOT NULL CHECK (kind >= 1),
    refund_n INTEGER NOT NULL CHECK (refund_n >= 0),
    at_ms INTEGER NOT NULL,
    payment_version INTEGER NOT NULL CHECK (payment_version >= 1),
    PRIMARY KEY (merchant_id, cursor)
) STRICT, WITHOUT ROWID;
