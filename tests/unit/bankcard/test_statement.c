/* SPDX-License-Identifier: Apache-2.0 */
/* The settlement file: asked for by its day, unpacked by entry, cut by bytes. */
#include "tests/unit/bankcard/bankcard_test.h"

static const struct fq_exchange *statement(void)
{
    return &fenqi_adapter()->statement;
}

/* ---- a file ---- */

#define LINE_LEN 607

static char file[8 * (LINE_LEN + 2)];
static size_t file_len;

static void set(size_t offset, const char *value)
{
    memcpy(file + file_len + offset, value, strlen(value));
}

/* A line of the official layout: offsets as in the fact sheet, not counted by the adapter's table.
 */
static void begin_line(const char *txn_type, const char *order_id, const char *amount)
{
    memset(file + file_len, ' ', LINE_LEN);
    set(0, "S56");
    set(46, "622155****0000");
    set(66, amount);
    set(87, TEST_QUERY_ID);
    set(112, order_id);
    set(215, txn_type);
    set(293, TEST_MER_ID);
    set(397, "\xd2\xf8\xd0\xd0"); /* GBK */
    set(458, "C00000012345");
    set(471, "06");
    set(476, TEST_ORDER);
}

static void end_line(void)
{
    memcpy(file + file_len + LINE_LEN, "\r\n", 2);
    file_len += LINE_LEN + 2;
}

static void put_line(const char *txn_type, const char *order_id, const char *amount)
{
    begin_line(txn_type, order_id, amount);
    end_line();
}

/* ---- a host that unpacks ---- */

#define ENTRIES_MAX 20

static const char *entries[ENTRIES_MAX]; /* their names; the file is in each that ends as ours */
static size_t n_entries;
static int inflated; /* what the outer layer comes to */
static int unzipped; /* and the inner, past the last entry */

static int inflate(const struct fq_host *host, struct fq_str packed, size_t index,
                   struct fq_str *ret_name, struct fq_str *ret)
{
    (void)host;
    if (fq_slice_equal(packed, fq_slice("deflated"))) {
        *ret = fq_slice("zip");
        return index == 0 ? inflated : 1;
    }
    assert_slice(packed, "zip");
    if (index >= n_entries)
        return unzipped;
    *ret_name = fq_slice_of(entries[index]);
    *ret = strstr(entries[index], "ZM_" TEST_MER_ID) != NULL ? (struct fq_str){ file, file_len }
                                                             : fq_slice("another file");
    return 0;
}

static int setup(void **state)
{
    int r = test_setup(state);
    test_host.host.inflate = inflate;
    test_call.object = FQ_OBJECT_UNSET;
    test_call.day = fq_slice("20260314");
    file_len = 0;
    entries[0] = "RD26031488_" TEST_MER_ID;
    entries[1] = "INN26031488ZME_" TEST_MER_ID;
    entries[2] = "INN26031488ZM_" TEST_MER_ID;
    n_entries = 3;
    inflated = 0;
    unzipped = 1;
    return r;
}

#define statement_test(function) cmocka_unit_test_setup(function, setup)

static void answer(const char *code)
{
    test_message("", "76", "01");
    test_drop("orderId");
    test_drop("txnTime");
    test_put("settleDate", "0314");
    test_put("respCode", code);
    test_put("fileName", "../../etc/passwd");
    test_put("fileContent", "ZGVmbGF0ZWQ="); /* "deflated" */
    test_seal();
}

static void read_file(void)
{
    answer("00");
    test_resume(statement());
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_int_equal(test_verdict.has_statement, 1);
}

static void assert_fails(const char *why)
{
    answer("00");
    assert_int_equal(test_try(statement()), -1);
    assert_string_equal(test_host.failure, why);
    assert_int_equal(test_verdict.has_statement, 0);
}

/* ---- asking ---- */

static void the_day_is_asked_for(void **state)
{
    (void)state;
    test_begin(statement());
    assert_fields(test_sent("https://gateway.example.com/"),
                  "bizType=000000&fileType=00&settleDate=0314&txnSubType=01&"
                  "txnTime=20260315101112&txnType=76");
    test_call.day = fq_slice("2026031");
    assert_begin_fails(statement(), "no such day");
}

/* ---- lines ---- */

static void every_line_of_ours_is_a_word(void **state)
{
    (void)state;
    put_line("01", TEST_ORDER, "000000699900");
    put_line("04", TEST_REFUND, "000000010050");
    put_line("31", "U2026031510150012", "000000699900");
    read_file();
    assert_int_equal(test_verdict.n_lines, 3);
    const struct fq_statement_line *paid = test_verdict.lines[0];
    assert_int_equal(paid->struct_size, sizeof(*paid));
    assert_int_equal(paid->object, FQ_OBJECT_PAYMENT);
    assert_slice(paid->number, TEST_ORDER);
    assert_int_equal(paid->amount.minor, 699900);
    assert_string_equal(paid->amount.currency, "CNY");
    assert_int_equal(paid->amount.exponent, 2);
    assert_int_equal(paid->instalments, 6);
    assert_slice(paid->platform_ref, TEST_QUERY_ID);
    assert_int_equal(paid->order_number.len, 0);
    assert_slice(paid->proof, "txnType=01 instalments=06 surcharge=C00000012345");
    const struct fq_statement_line *refunded = test_verdict.lines[1];
    assert_int_equal(refunded->object, FQ_OBJECT_REFUND);
    assert_slice(refunded->number, TEST_REFUND);
    assert_slice(refunded->order_number, TEST_ORDER);
    assert_int_equal(refunded->amount.minor, 10050);
    assert_int_equal(refunded->instalments, 0);
    assert_int_equal(test_verdict.lines[2]->object, FQ_OBJECT_REFUND);
}

static void lines_of_others_are_left_out(void **state)
{
    (void)state;
    put_line("01", "not-one-of-ours", "000000000001");
    put_line("01", "", "000000000001");
    put_line("02", TEST_ORDER, "000000000001");
    begin_line("01", TEST_ORDER, "000000000001");
    set(293, "777290058110097");
    end_line();
    read_file();
    assert_int_equal(test_verdict.n_lines, 0);
}

static void a_line_may_say_nothing_of_terms(void **state)
{
    (void)state;
    begin_line("01", TEST_ORDER, "000000699900");
    set(458, "            ");
    set(471, "  ");
    end_line();
    begin_line("01", TEST_ORDER, "000000699900");
    set(458, "\xd2\xf8\xd0\xd0\xd2\xf8\xd0\xd0\xd2\xf8\xd0\xd0");
    set(87, "                     ");
    end_line();
    read_file();
    assert_int_equal(test_verdict.lines[0]->instalments, 0);
    assert_slice(test_verdict.lines[0]->proof, "txnType=01 instalments=");
    assert_slice(test_verdict.lines[1]->proof, "txnType=01 instalments=06");
    assert_int_equal(test_verdict.lines[1]->platform_ref.len, 0);
}

static void an_empty_file_is_a_statement_of_nothing(void **state)
{
    (void)state;
    read_file();
    assert_int_equal(test_verdict.n_lines, 0);
}

static void the_end_of_lines_may_vary(void **state)
{
    (void)state;
    put_line("01", TEST_ORDER, "000000699900");
    put_line("01", TEST_ORDER, "000000699900");
    memmove(file + LINE_LEN, file + LINE_LEN + 1, file_len - LINE_LEN - 1); /* no CR */
    file_len -= 3;                                                          /* none at all */
    read_file();
    assert_int_equal(test_verdict.n_lines, 2);
}

/* Only columns up to 41 are fixed; ports of the layout have other ends. */
static void what_stands_behind_column_41_does_not_matter(void **state)
{
    (void)state;
    put_line("01", TEST_ORDER, "000000699900");
    file_len = 508;
    read_file();
    assert_int_equal(test_verdict.n_lines, 1);
    file_len = 507;
    assert_fails("the settlement file is malformed in line 1");
}

static void a_byte_too_few_or_too_many_is_found(void **state)
{
    (void)state;
    static const size_t offsets[] = { 0, 40, 66, 112, 144, 215, 293, 330, 458, 471 };
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        size_t at = LINE_LEN + 2 + offsets[i];
        vector_host_reset(&test_host, FQ_ARENA_SIZE_MAX);
        assert_int_equal(test_open(""), 0);
        file_len = 0;
        put_line("01", TEST_ORDER, "000000699900");
        put_line("01", "12345678901234567890123456789012", "000000699900");
        memmove(file + at, file + at + 1, file_len - at - 1);
        file_len--;
        assert_fails("the settlement file is malformed in line 2");
        file_len = 0;
        put_line("01", TEST_ORDER, "000000699900");
        put_line("01", "12345678901234567890123456789012", "000000699900");
        memmove(file + at + 1, file + at, file_len - at);
        file_len++;
        assert_fails("the settlement file is malformed in line 2");
    }
}

static void numbers_that_are_none_are_found(void **state)
{
    (void)state;
    begin_line("01", TEST_ORDER, "0000006999.0");
    end_line();
    assert_fails("the settlement file is malformed in line 1");
    file_len = 0;
    begin_line("01", TEST_ORDER, "000000699900");
    set(471, "x6");
    end_line();
    assert_fails("the settlement file is malformed in line 1");
}

/* ---- unpacking ---- */

static void the_details_are_found_by_name_wherever_they_stand(void **state)
{
    (void)state;
    put_line("01", TEST_ORDER, "000000699900");
    entries[0] = "../../INN26031488ZM_" TEST_MER_ID;
    read_file();
    assert_int_equal(test_verdict.n_lines, 1);
}

static void a_file_without_details_is_refused(void **state)
{
    (void)state;
    static const char why[] = "the settlement file has no details";
    entries[2] = "INN26031488ZM_" TEST_MER_ID ".txt";
    assert_fails(why);
    entries[2] = "INN26031488ZM_777290058110097";
    assert_fails(why);
    n_entries = 0;
    assert_fails(why);
    n_entries = ENTRIES_MAX;
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        entries[i] = i < 16 ? "RD" : "INN26031488ZM_" TEST_MER_ID;
    assert_fails(why);
}

static void what_does_not_unpack_is_refused(void **state)
{
    (void)state;
    inflated = -1;
    assert_fails("the settlement file cannot be inflated");
    inflated = 0;
    n_entries = 1;
    unzipped = -1;
    assert_fails("the settlement file cannot be unzipped");
    answer("00");
    test_put("fileContent", "ZGVmbGF0ZWQ");
    test_seal();
    assert_int_equal(test_try(statement()), -1);
    assert_string_equal(test_host.failure, "the settlement file is not base64");
}

/* ---- answers without a file ---- */

static void a_file_that_is_not_there_is_asked_for_later(void **state)
{
    (void)state;
    answer("98");
    test_resume(statement());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_int_equal(test_verdict.has_statement, 0);
    assert_true(test_verdict.retry_after_ms > 0);
    assert_slice(test_verdict.platform_code, "98/0000000");
}

static void an_unsigned_file_is_none(void **state)
{
    (void)state;
    answer("00");
    test_drop("signature");
    test_write();
    test_resume(statement());
    assert_unknown("the message has no signature");
    assert_int_equal(test_verdict.has_statement, 0);
}

static void another_days_file_is_none(void **state)
{
    (void)state;
    answer("00");
    test_put("settleDate", "0313");
    test_seal();
    test_resume(statement());
    assert_unknown("the answer is about another day");
    answer("00");
    test_put("txnType", "00");
    test_seal();
    test_resume(statement());
    assert_unknown("the answer is about another day");
    answer("00");
    test_drop("settleDate");
    test_seal();
    test_resume(statement());
    assert_int_equal(test_verdict.has_statement, 1);
}

static void an_older_daemon_takes_no_statements(void **state)
{
    (void)state;
    answer("00");
    test_verdict = (struct fq_verdict){ .struct_size = offsetof(struct fq_verdict, has_statement) };
    assert_int_equal(
        statement()->resume(test_self, &test_host.host, &test_call, &test_answer, &test_verdict),
        -1);
    assert_string_equal(test_host.failure, "this daemon takes no statements");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        statement_test(the_day_is_asked_for),
        statement_test(every_line_of_ours_is_a_word),
        statement_test(lines_of_others_are_left_out),
        statement_test(a_line_may_say_nothing_of_terms),
        statement_test(an_empty_file_is_a_statement_of_nothing),
        statement_test(the_end_of_lines_may_vary),
        statement_test(what_stands_behind_column_41_does_not_matter),
        statement_test(a_byte_too_few_or_too_many_is_found),
        statement_test(numbers_that_are_none_are_found),
        statement_test(the_details_are_found_by_name_wherever_they_stand),
        statement_test(a_file_without_details_is_refused),
        statement_test(what_does_not_unpack_is_refused),
        statement_test(a_file_that_is_not_there_is_asked_for_later),
        statement_test(an_unsigned_file_is_none),
        statement_test(another_days_file_is_none),
        statement_test(an_older_daemon_takes_no_statements),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
