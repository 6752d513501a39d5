-- What is due is read channel by channel, so that one whose platform is slow keeps none of the others
-- waiting: the channel of its payment stands in each row that is asked about.

ALTER TABLE attempt ADD COLUMN channel TEXT NOT NULL DEFAULT '';
UPDATE attempt SET channel = (SELECT channel FROM payment WHERE seq = attempt.payment_seq);
DROP INDEX attempt_due;
CREATE INDEX attempt_due ON attempt (channel, due_ms, payment_seq, n) WHERE due_ms > 0;

ALTER TABLE refund ADD COLUMN channel TEXT NOT NULL DEFAULT '';
UPDATE refund SET channel = (SELECT channel FROM payment WHERE seq = refund.payment_seq);
DROP INDEX refund_due;
CREATE INDEX refund_due ON refund (channel, due_ms, payment_seq, n) WHERE due_ms > 0;
