/* SPDX-License-Identifier: Apache-2.0 */
/* What each payment runs is compiled once, finds its rows by an index and needs no temporary table:
 * however much is stored, and whatever is asked. SQLite's own counters tell. */
#include <sqlite3.h>

#include "daemon/core/id.h"
#include "daemon/store/queries.h"
#include "tests/unit/store/rig.h"

#define CONNECTIONS_MAX 8
#define BUYER           "buyer A, 16 byte"
#define ORDER           "o-1"

/* Not on the way of a payment, and may look at all there is. */
static const bool is_apart[FQ_QUERY_N] = {
    [FQ_QUERY_LIVE_CHANNELS] = true, /* a reload: each channel of all that is open, once */
    [FQ_QUERY_UNKNOWN] = true,    /* an operator's: what a person has to look at, sorted by age */
    [FQ_QUERY_WORK] = true,       /* /metrics: counts all that is open */
    [FQ_QUERY_GROUPS] = true,     /* an operator's: every group, sorted by how far it is behind */
    [FQ_QUERY_LIST] = true,       /* an operator's: a page, of as many as it may look at */
    [FQ_QUERY_LIST_ORDER] = true, /* likewise */
    [FQ_QUERY_LIST_END] = true,   /* likewise */
};

/* ---- the connections of the store that is open ---- */

static sqlite3 *connections[CONNECTIONS_MAX];
static size_t n_connections;

static int connection_opened(sqlite3 *db, char **reterr, const struct sqlite3_api_routines *calls)
{
    (void)reterr;
    (void)calls;
    assert_true(n_connections < CONNECTIONS_MAX);
    connections[n_connections++] = db;
    return SQLITE_OK;
}

static const struct {
    int counter;
    const char *deed;
} never[] = {
    { SQLITE_STMTSTATUS_REPREPARE, "is compiled anew" },
    { SQLITE_STMTSTATUS_SORT, "sorts" },
    { SQLITE_STMTSTATUS_FULLSCAN_STEP, "walks a table from end to end" },
    { SQLITE_STMTSTATUS_AUTOINDEX, "makes an index for itself" },
};

/* Not counted by SQLite: its program tells. */
static int statement_temporary_tables(sqlite3_stmt *statement)
{
    int n = 0;
    sqlite3_stmt *program = NULL;
    char *text = sqlite3_mprintf("EXPLAIN %s", sqlite3_sql(statement));
    assert_int_equal(sqlite3_prepare_v2(sqlite3_db_handle(statement), text, -1, &program, NULL),
                     SQLITE_OK);
    while (sqlite3_step(program) == SQLITE_ROW)
        n += strcmp((const char *)sqlite3_column_text(program, 1), "OpenEphemeral") == 0;
    if (n > 0)
        print_error("%d temporary tables: %s\n", n, sqlite3_sql(statement));
    (void)sqlite3_finalize(program);
    sqlite3_free(text);
    return n;
}

/* How often it did what it must not. */
static int statement_breaches(sqlite3_stmt *statement)
{
    int n = statement_temporary_tables(statement);
    for (size_t i = 0; i < fq_array_size(never); i++) {
        int times = sqlite3_stmt_status(statement, never[i].counter, 0);
        if (times != 0)
            print_error("%s, %d in %d runs: %s\n", never[i].deed, times,
                        sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0),
                        sqlite3_sql(statement));
        n += times;
    }
    return n;
}

/* Nobody uses the connections now: all that was asked is answered. */
static int statements_breaches(void)
{
    int n = 0;
    for (size_t i = 0; i < n_connections; i++)
        for (sqlite3_stmt *statement = NULL;
             (statement = sqlite3_next_stmt(connections[i], statement)) != NULL;)
            n += statement_breaches(statement);
    return n;
}

static bool statements_have_run(const char *text)
{
    for (size_t i = 0; i < n_connections; i++)
        for (sqlite3_stmt *statement = NULL;
             (statement = sqlite3_next_stmt(connections[i], statement)) != NULL;)
            if (strcmp(sqlite3_sql(statement), text) == 0 &&
                sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0) > 1)
                return true;
    return false;
}

/* The ledger is there already: a migration would make SQLite compile again, once. */
static int begin(void **state)
{
    struct rig *rig = NULL;
    int r = rig_set_up(state);
    rig = *state;
    rig_close(rig);
    n_connections = 0;
    (void)sqlite3_auto_extension((void (*)(void))connection_opened);
    assert_int_equal(rig_open(rig), 0);
    assert_true(n_connections >= 2);
    return r;
}

static int end(void **state)
{
    sqlite3_reset_auto_extension();
    return rig_tear_down(state);
}

/* ---- the way of a payment ---- */

static struct fq_risk_query risk = {
    .merchant_id = { "m-1", 3 },
    .buyer = { BUYER, sizeof(BUYER) - 1 },
    .n_in_hour = 2,
    .now_ms = RIG_NOW_MS,
};

static const struct fq_note note = { { "disclosure", 10 }, { "text", 4 }, { "6x", 2 }, RIG_NOW_MS };

static int decide_buy(struct fq_tx *tx)
{
    FQ_TRY(decide_create(tx) == FQ_DECIDE_WRITE ? 0 : -EPROTO);
    tx->ledger->payment.buyer = risk.buyer;
    tx->ledger->payment.is_counted = true;
    tx->notes = &note;
    tx->n_notes = 1;
    return FQ_DECIDE_WRITE;
}

static void buy(const struct rig *rig, int64_t seq, const char *channel, const char *key)
{
    FQ_CLEANUP(deed) *deed = deed_create(seq);
    deed->tx.decide = decide_buy;
    deed->channel = channel;
    deed->tx.idempotency_key = fq_str_of(key);
    deed->tx.merchant_order_id = fq_lit(ORDER);
    deed->tx.risk = &risk;
    assert_int_equal(rig_do(rig, deed), 0);
}

static int decide_ask_refund(struct fq_tx *tx)
{
    fq_move_ask_refund(&tx->ledger->refunds[0], RIG_NOW_MS + 5000);
    return FQ_DECIDE_WRITE;
}

static void ask_refund(const struct rig *rig, const char *number)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_ask_refund);
    deed->tx.lookup = FQ_LOOKUP_REFUND_NUMBER;
    deed->tx.number = fq_str_of(number);
    deed->tx.want_siblings = true;
    assert_int_equal(rig_do(rig, deed), 0);
}

static int decide_group(struct fq_tx *tx)
{
    tx->group->is_dirty = true;
    tx->group->is_removed = tx->group->is_known;
    return FQ_DECIDE_WRITE;
}

/* Made, or removed. */
static void turn_group(const struct rig *rig)
{
    struct fq_group_row row = { .merchant_id = fq_lit("m-1"), .name = fq_lit("books") };
    FQ_CLEANUP(deed) *deed = deed_new(decide_group);
    deed->tx.group = &row;
    assert_int_equal(rig_do(rig, deed), 0);
}

static struct look *look_at(uint32_t kind, int64_t seq)
{
    struct look *look = look_new(kind);
    look->read.seq = seq;
    look->read.merchant_id = fq_lit("m-1");
    look->read.merchant_order_id = fq_lit(ORDER);
    look->read.owner = note.owner;
    look->read.risk = &risk;
    look->read.n_max = 10;
    return look;
}

static void read_all(const struct rig *rig, int64_t seq, const char *key)
{
    static const uint32_t kinds[] = { FQ_READ_PAYMENT, FQ_READ_BY_ORDER, FQ_READ_JOURNAL,
                                      FQ_READ_EVENTS,  FQ_READ_NOTES,    FQ_READ_HISTORY };
    for (size_t i = 0; i < fq_array_size(kinds); i++) {
        FQ_CLEANUP(look) *look = look_at(kinds[i], seq);
        assert_int_equal(rig_look(rig, look), 0);
    }
    FQ_CLEANUP(look) *refund = look_at(FQ_READ_PAYMENT, seq);
    refund->read.refund_n = 1;
    assert_int_equal(rig_look(rig, refund), 0);
    FQ_CLEANUP(look) *known = look_at(FQ_READ_IDEMPOTENT, seq);
    known->read.idempotency_key = fq_str_of(key);
    assert_int_equal(rig_look(rig, known), 0);
    assert_int_equal(known->read.known.seq, seq);
}

static uint32_t read_due(const struct rig *rig, int64_t now_ms)
{
    static const struct fq_due_wish wish = { { "alipay-cn", 9 }, 10 };
    FQ_CLEANUP(look) *look = look_at(FQ_READ_DUE, 0);
    look->read.now_ms = now_ms;
    look->read.wishes = &wish;
    look->read.n_wishes = 1;
    assert_int_equal(rig_look(rig, look), 0);
    return look->read.n_rows;
}

/* Two payments of one order: one is paid and goes back, one is left open. */
static void pay_all_the_way(const struct rig *rig, int i, const char *channel)
{
    char text[5][16];
    const int64_t seq = fq_sequence_at(RIG_NOW_MS) + 2 * i;
    for (int k = 0; k < 5; k++)
        (void)snprintf(text[k], sizeof(text[k]), "%c-%d", 'a' + k, i);
    buy(rig, seq, channel, text[0]);
    rig_pay(rig, seq, text[1]);
    rig_refund(rig, seq, text[2]);
    ask_refund(rig, text[2]);
    buy(rig, seq + 1, channel, text[3]);
    rig_open_attempt(rig, seq + 1, text[4]);
    read_all(rig, seq, text[0]);
    turn_group(rig);
}

static void go_all_ways(const struct rig *rig)
{
    for (int i = 0; i < 4; i++) {
        pay_all_the_way(rig, i, i % 2 == 0 ? "alipay-cn" : "cmb-cards");
        assert_int_equal(read_due(rig, RIG_NOW_MS - 1 - i), 0);
        assert_true(read_due(rig, RIG_NOW_MS + 900000 + i) > 0);
    }
    assert_int_equal(read_due(rig, RIG_NOW_MS + 5000), 8);
}

/* ---- tests ---- */

static void test_nothing_is_compiled_anew_sorted_or_searched_for(void **state)
{
    go_all_ways(*state);
    assert_int_equal(statements_breaches(), 0);
}

/* Else the test above would not know of a new one. */
static void test_every_statement_is_on_the_way_or_known_to_be_apart(void **state)
{
    int n_missing = 0;
    go_all_ways(*state);
    for (uint32_t i = 0; i < FQ_QUERY_N; i++) {
        FQ_CLEANUP_FREE char *text = fq_query_text(i);
        if (statements_have_run(text) != is_apart[i])
            continue;
        print_error("%s: %s\n", is_apart[i] ? "runs, and is said to be apart" : "never runs twice",
                    text);
        n_missing++;
    }
    assert_int_equal(n_missing, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_compiled_anew_sorted_or_searched_for, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_every_statement_is_on_the_way_or_known_to_be_apart,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("store/statements", tests, NULL, NULL);
}
