/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of the store's statements; lists of columns are filled in from columns.c. */
#include "daemon/store/queries.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/store/columns.h"

/* In a text: @names lists the columns, @values their parameters, @changes sets those that may
 * change, @next is the parameter behind them. */
struct query {
    const char *text;
    const struct fq_columns *columns;
};

/* clang-format off */
static const struct query queries[FQ_QUERY_N] = {
    [FQ_QUERY_PAYMENT] = { "SELECT @names FROM payment WHERE seq = $1", &fq_payment_columns },
    [FQ_QUERY_PAYMENT_OF_ORDER] = {
        "SELECT @names FROM payment WHERE merchant_id = $1 AND merchant_order_id = $2 "
        "ORDER BY seq DESC LIMIT 1", &fq_payment_columns },
    [FQ_QUERY_PAYMENT_INSERT] = {
        "INSERT INTO payment (@names) VALUES (@values)", &fq_payment_columns },
    [FQ_QUERY_PAYMENT_UPDATE] = {
        "UPDATE payment SET @changes WHERE seq = $1 AND version = @next", &fq_payment_columns },
    /* The words of the index's condition stand here too, or it would not be used. */
    [FQ_QUERY_HISTORY] = {
        "SELECT created_ms, amount_minor, CASE WHEN refund_counted_minor >= amount_minor AND "
        "(SELECT SUM(refund.amount_minor) FROM refund WHERE refund.payment_seq = payment.seq "
        "AND refund.state <> 4 AND refund.origin <> 3 "
        "AND refund.created_ms <= payment.paid_ms + $5) >= amount_minor THEN 1 ELSE 0 END "
        "FROM payment WHERE merchant_id = $1 AND buyer = $2 AND length(buyer) > 0 AND state <> 3 "
        "AND seq >= $3 ORDER BY seq DESC LIMIT $4", NULL },
    [FQ_QUERY_COUNTED] = {
        "SELECT created_ms FROM payment WHERE merchant_id = $1 AND is_counted = 1 AND seq >= $2 "
        "ORDER BY seq DESC LIMIT 1 OFFSET $3", NULL },
    /* The paid ones first, for they must not be missed. SQLite takes the parts in turn; to sort the
     * whole it would build a temporary table for each transaction. */
    [FQ_QUERY_SIBLINGS] = {
        "SELECT * FROM (SELECT seq, secret, state, expires_ms, channel, "
        "(SELECT COALESCE(MAX(settle_after_ms), 0) FROM attempt WHERE payment_seq = seq) "
        "FROM payment WHERE merchant_id = $1 AND merchant_order_id = $2 AND seq <> $3 "
        "AND state = 2 ORDER BY seq DESC LIMIT $4) AS paid "
        "UNION ALL SELECT * FROM (SELECT seq, secret, state, expires_ms, channel, "
        "(SELECT COALESCE(MAX(settle_after_ms), 0) FROM attempt WHERE payment_seq = seq) "
        "FROM payment WHERE merchant_id = $1 AND merchant_order_id = $2 AND seq <> $3 "
        "AND state <> 2 AND state <> 3 ORDER BY seq DESC LIMIT $4) AS open LIMIT $4", NULL },

    [FQ_QUERY_ATTEMPTS] = {
        "SELECT @names FROM attempt WHERE payment_seq = $1 ORDER BY n", &fq_attempt_columns },
    [FQ_QUERY_ATTEMPT_BY_NUMBER] = {
        "SELECT payment_seq FROM attempt WHERE order_number = $1", NULL },
    [FQ_QUERY_ATTEMPT_INSERT] = {
        "INSERT INTO attempt (@names, payment_seq, channel) VALUES (@values, @next, "
        "(SELECT channel FROM payment WHERE seq = @next))", &fq_attempt_columns },
    [FQ_QUERY_ATTEMPT_UPDATE] = {
        "UPDATE attempt SET @changes WHERE payment_seq = @next AND n = $1", &fq_attempt_columns },

    [FQ_QUERY_REFUND] = {
        "SELECT @names FROM refund WHERE payment_seq = $1 AND n = $2", &fq_refund_columns },
    [FQ_QUERY_REFUNDS] = {
        "SELECT @names FROM refund WHERE payment_seq = $1 ORDER BY n DESC LIMIT $2",
        &fq_refund_columns },
    [FQ_QUERY_REFUND_BY_NUMBER] = {
        "SELECT payment_seq, n FROM refund WHERE number = $1", NULL },
    [FQ_QUERY_REFUND_INSERT] = {
        "INSERT INTO refund (@names, payment_seq, channel) VALUES (@values, @next, "
        "(SELECT channel FROM payment WHERE seq = @next))", &fq_refund_columns },
    [FQ_QUERY_REFUND_UPDATE] = {
        "UPDATE refund SET @changes WHERE payment_seq = @next AND n = $1", &fq_refund_columns },

    [FQ_QUERY_IDEMPOTENT] = {
        "SELECT kind, payment_seq, refund_n FROM idempotency "
        "WHERE merchant_id = $1 AND key = $2", NULL },
    [FQ_QUERY_IDEMPOTENT_INSERT] = {
        "INSERT INTO idempotency (merchant_id, key, kind, payment_seq, refund_n) "
        "VALUES ($1, $2, $3, $4, $5)", NULL },

    [FQ_QUERY_JOURNAL] = {
        "SELECT n, at_ms, body, hash FROM journal WHERE payment_seq = $1 AND n >= $2 "
        "ORDER BY n LIMIT $3", NULL },
    [FQ_QUERY_JOURNAL_INSERT] = {
        "INSERT INTO journal (payment_seq, n, at_ms, body, hash) VALUES ($1, $2, $3, $4, $5)",
        NULL },

    [FQ_QUERY_EVENTS] = {
        "SELECT event.cursor, event.payment_seq, payment.secret, event.kind, event.refund_n, "
        "event.at_ms, event.payment_version, payment.traceparent "
        "FROM event JOIN payment ON payment.seq = event.payment_seq "
        "WHERE event.merchant_id = $1 AND event.cursor > $2 ORDER BY event.cursor LIMIT $3", NULL },
    [FQ_QUERY_EVENT_INSERT] = {
        /* Not INSERT ... SELECT: that goes through a temporary table. */
        "INSERT INTO event (merchant_id, cursor, payment_seq, kind, refund_n, at_ms, "
        "payment_version) VALUES ($1, (SELECT COALESCE(MAX(cursor), 0) + 1 FROM event "
        "WHERE merchant_id = $1), $2, $3, $4, $5, $6)", NULL },

    [FQ_QUERY_GROUP] = {
        "SELECT (SELECT cursor FROM consumer_group WHERE merchant_id = $1 AND name = $2), "
        "(SELECT COUNT(*) FROM consumer_group WHERE merchant_id = $1), "
        "(SELECT COALESCE(MAX(cursor), 0) FROM event WHERE merchant_id = $1)", NULL },
    [FQ_QUERY_GROUP_PUT] = {
        "INSERT INTO consumer_group (merchant_id, name, cursor, at_ms) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (merchant_id, name) DO UPDATE SET cursor = excluded.cursor, "
        "at_ms = excluded.at_ms", NULL },
    [FQ_QUERY_GROUP_DELETE] = {
        "DELETE FROM consumer_group WHERE merchant_id = $1 AND name = $2", NULL },

    /* Each is a walk along a partial index; ordered by due_ms alone, two are merged unsorted. */
    [FQ_QUERY_DUE_PAYMENTS] = {
        "SELECT seq, 3, 0, due_ms FROM payment WHERE due_ms > 0 AND due_ms <= $1 "
        "ORDER BY due_ms LIMIT $2", NULL },
    [FQ_QUERY_DUE_CHANNEL] = {
        "SELECT "
        "COALESCE((SELECT MIN(channel) FROM attempt WHERE due_ms > 0 AND channel > $1), ''), "
        "COALESCE((SELECT MIN(channel) FROM refund WHERE due_ms > 0 AND channel > $1), '')", NULL },
    /* Of two lower bounds SQLite seeks the one that stands first. */
    [FQ_QUERY_DUE] = {
        "SELECT payment_seq, 1, n, due_ms FROM attempt "
        "WHERE channel = $1 AND due_ms > 0 AND due_ms <= $2 "
        "UNION ALL "
        "SELECT payment_seq, 2, n, due_ms FROM refund "
        "WHERE channel = $1 AND due_ms > 0 AND due_ms <= $2 "
        "UNION ALL "
        "SELECT payment_seq, 1, n, due_ms FROM attempt "
        "WHERE channel = $1 AND due_ms > $4 AND due_ms > 0 "
        "UNION ALL "
        "SELECT payment_seq, 2, n, due_ms FROM refund "
        "WHERE channel = $1 AND due_ms > $4 AND due_ms > 0 "
        "ORDER BY due_ms LIMIT $3", NULL },

    /* What is not final has a due time: the three partial indexes hold it all. */
    [FQ_QUERY_LIVE_CHANNELS] = {
        "SELECT channel FROM attempt WHERE due_ms > 0 "
        "UNION SELECT channel FROM refund WHERE due_ms > 0 "
        "UNION SELECT channel FROM payment WHERE due_ms > 0 LIMIT $1", NULL },

    /* Flags as in core/payment.h; the partial index holds the few payments that have 16, and
     * SQLite keeps the order of a CROSS JOIN. */
    [FQ_QUERY_UNKNOWN] = {
        "SELECT seq, secret, 1 AS kind, n, unknown_ms AS since_ms, merchant_id, merchant_order_id, "
        "payment.channel, order_number, attempt.platform_code, attempt.platform_text, "
        "amount_minor, amount_currency, amount_exponent, attempt.state, n_asked, settle_after_ms, "
        "attempt.due_ms FROM payment CROSS JOIN attempt "
        "WHERE flags & 16 <> 0 AND payment_seq = seq AND unknown_ms > 0 "
        "UNION ALL "
        "SELECT seq, secret, 2, n, unknown_ms, merchant_id, merchant_order_id, "
        "payment.channel, number, refund.platform_code, refund.platform_text, "
        "refund.amount_minor, amount_currency, amount_exponent, refund.state, n_asked, deadline_ms, "
        "refund.due_ms FROM payment CROSS JOIN refund "
        "WHERE flags & 16 <> 0 AND payment_seq = seq AND unknown_ms > 0 "
        "UNION ALL "
        "SELECT seq, secret, 3, 0, updated_ms, merchant_id, merchant_order_id, "
        "channel, '', '', '', amount_minor, amount_currency, amount_exponent, state, 0, 0, 0 "
        "FROM payment WHERE flags & 16 <> 0 AND flags & 64 <> 0 "
        "ORDER BY since_ms, seq, kind, n LIMIT $1", NULL },

    [FQ_QUERY_WORK] = {
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN due_ms <= $1 THEN 1 ELSE 0 END), 0), "
        "COALESCE(MIN(due_ms), 0), "
        "(SELECT COUNT(*) FROM consumer_group), "
        "(SELECT COALESCE(MAX((SELECT COALESCE(MAX(event.cursor), 0) FROM event "
        "WHERE event.merchant_id = consumer_group.merchant_id) - consumer_group.cursor), 0) "
        "FROM consumer_group), "
        "(SELECT COALESCE(MIN((SELECT event.at_ms FROM event "
        "WHERE event.merchant_id = consumer_group.merchant_id "
        "AND event.cursor > consumer_group.cursor ORDER BY event.cursor LIMIT 1)), 0) "
        "FROM consumer_group) FROM (SELECT due_ms FROM attempt WHERE due_ms > 0 "
        "UNION ALL SELECT due_ms FROM refund WHERE due_ms > 0 "
        "UNION ALL SELECT due_ms FROM payment WHERE due_ms > 0) AS work", NULL },

    [FQ_QUERY_GROUPS] = {
        "SELECT * FROM (SELECT merchant_id, name, cursor, at_ms, "
        "(SELECT COALESCE(MAX(event.cursor), 0) FROM event "
        "WHERE event.merchant_id = consumer_group.merchant_id) AS newest FROM consumer_group "
        "WHERE $2 = '' OR merchant_id = $2) AS lag "
        "ORDER BY newest - cursor DESC, merchant_id, name LIMIT $1", NULL },

    /* However few are found, no more than $3 are looked at: others read, too. */
    [FQ_QUERY_LIST] = {
        "SELECT * FROM (SELECT seq, secret, merchant_id, merchant_order_id, channel, state, "
        "close_reason, amount_minor, amount_currency, amount_exponent, refunded_minor, "
        "instalments, flags, created_ms, updated_ms, platform_ref FROM payment "
        "WHERE seq BETWEEN $1 AND $2 ORDER BY seq DESC LIMIT $3) AS looked "
        "WHERE ($5 = '' OR merchant_id = $5) AND ($6 = '' OR merchant_order_id = $6) "
        "AND ($7 = '' OR channel = $7) AND ($8 = 0 OR state = $8) ORDER BY seq DESC LIMIT $4", NULL },
    [FQ_QUERY_LIST_ORDER] = {
        "SELECT seq, secret, merchant_id, merchant_order_id, channel, state, close_reason, "
        "amount_minor, amount_currency, amount_exponent, refunded_minor, instalments, flags, "
        "created_ms, updated_ms, platform_ref FROM payment "
        "WHERE merchant_id = $5 AND merchant_order_id = $6 AND seq BETWEEN $1 AND $2 AND $3 > 0 "
        "AND ($7 = '' OR channel = $7) AND ($8 = 0 OR state = $8) ORDER BY seq DESC LIMIT $4", NULL },
    [FQ_QUERY_LIST_END] = {
        "SELECT COALESCE(MIN(seq), 0), COUNT(*) FROM (SELECT seq FROM payment "
        "WHERE seq BETWEEN $1 AND $2 ORDER BY seq DESC LIMIT $3) AS looked", NULL },

    [FQ_QUERY_NOTES] = {
        "SELECT name, value, at_ms FROM note WHERE owner = $1 ORDER BY name LIMIT $2", NULL },
    [FQ_QUERY_NOTE_PUT] = {
        "INSERT INTO note (owner, name, value, at_ms) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms",
        NULL },
};
/* clang-format on */

#define QUERY_SIZE_MAX 8192

static bool query_is(struct fq_str *rest, const char *word)
{
    struct fq_str prefix = fq_str_of(word);
    if (!fq_str_starts(*rest, prefix))
        return false;
    *rest = fq_str_sub(*rest, prefix.len, rest->len);
    return true;
}

static void query_add_names(FILE *out, const struct fq_columns *columns)
{
    for (size_t i = 0; i < columns->n_items; i++)
        (void)fprintf(out, "%s%s", i > 0 ? ", " : "", columns->items[i].name);
}

static void query_add_values(FILE *out, const struct fq_columns *columns)
{
    for (size_t i = 0; i < columns->n_items; i++)
        (void)fprintf(out, "%s$%zu", i > 0 ? ", " : "", i + 1);
}

static void query_add_changes(FILE *out, const struct fq_columns *columns)
{
    const char *comma = "";
    for (size_t i = 0; i < columns->n_items; i++) {
        if (columns->items[i].is_fixed)
            continue;
        (void)fprintf(out, "%s%s = $%zu", comma, columns->items[i].name, i + 1);
        comma = ", ";
    }
}

char *fq_query_text(uint32_t query)
{
    fq_assert(query < FQ_QUERY_N);
    const struct fq_columns *columns = queries[query].columns;
    struct fq_str rest = fq_str_of(queries[query].text);
    char *text = fq_zalloc(QUERY_SIZE_MAX);
    FILE *out = fmemopen(text, QUERY_SIZE_MAX, "w");
    fq_assert(out != NULL);
    while (rest.len > 0) {
        if (query_is(&rest, "@names")) {
            query_add_names(out, columns);
        } else if (query_is(&rest, "@values")) {
            query_add_values(out, columns);
        } else if (query_is(&rest, "@changes")) {
            query_add_changes(out, columns);
        } else if (query_is(&rest, "@next")) {
            (void)fprintf(out, "$%zu", columns->n_items + 1);
        } else {
            (void)fputc(rest.ptr[0], out);
            rest = fq_str_sub(rest, 1, rest.len);
        }
    }
    fq_assert(fclose(out) == 0);
    fq_assert(strlen(text) < QUERY_SIZE_MAX - 1);
    return text;
}
