-- The W3C traceparent of the request that made the payment, for log lines and events; may be empty.

ALTER TABLE payment ADD COLUMN traceparent TEXT NOT NULL DEFAULT '' CHECK (length(traceparent) <= 64);
