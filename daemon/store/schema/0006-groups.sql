-- How far each group of a merchant's event consumers has handled the log, and when it last said so.

CREATE TABLE consumer_group (
    merchant_id TEXT NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    cursor INTEGER NOT NULL CHECK (cursor >= 0),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, name)
) STRICT, WITHOUT ROWID;
