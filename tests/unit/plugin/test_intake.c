/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a verdict, each with the byte behind it. */
#include "daemon/plugin/intake.h"
#include "tests/unit/plugin/fixture.h"

#define BODY_SIZE_MAX 65536

static char letters[70000]; /* 'a' throughout */

static int intake_setup(void **state)
{
    memset(letters, 'a', sizeof(letters));
    *state = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int intake_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static struct fq_verdict intake_plain(void)
{
    return (struct fq_verdict){ .struct_size = sizeof(struct fq_verdict),
                                .step = FQ_STEP_DONE,
                                .outcome = FQ_OUTCOME_PENDING };
}

static void intake_assert(struct fq_arena *arena, const struct fq_verdict *verdict,
                          const char *reason)
{
    struct fq_verdict taken = { 0 };
    struct fq_str found = fq_intake_verdict(verdict, BODY_SIZE_MAX, arena, &taken);
    fixture_assert_text(found, reason);
    assert_int_equal(taken.struct_size, reason[0] == '\0' ? sizeof(taken) : 0);
}

static void test_texts_have_limits(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        size_t size_max;
    } rows[] = {
        { "number", offsetof(struct fq_verdict, number), 64 },
        { "order_number", offsetof(struct fq_verdict, order_number), 64 },
        { "platform_ref", offsetof(struct fq_verdict, platform_ref), 128 },
        { "platform_code", offsetof(struct fq_verdict, platform_code), 512 },
        { "platform_text", offsetof(struct fq_verdict, platform_text), 512 },
        { "proof", offsetof(struct fq_verdict, proof), 512 },
        { "message.method", offsetof(struct fq_verdict, message.method), 16 },
        { "message.url", offsetof(struct fq_verdict, message.url), 16384 },
        { "message.content_type", offsetof(struct fq_verdict, message.content_type), 256 },
        { "message.body", offsetof(struct fq_verdict, message.body), BODY_SIZE_MAX },
        { "action_text", offsetof(struct fq_verdict, action_text), 16384 },
        { "ack_content_type", offsetof(struct fq_verdict, ack_content_type), 256 },
        { "ack_body", offsetof(struct fq_verdict, ack_body), 16384 },
        { "key_name", offsetof(struct fq_verdict, key_name), 128 },
        { "key_data", offsetof(struct fq_verdict, key_data), 65536 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        char reason[64];
        struct fq_verdict verdict = intake_plain();
        struct fq_str slice = { letters, rows[i].size_max };
        memcpy((char *)&verdict + rows[i].offset, &slice, sizeof(slice));
        intake_assert(arena, &verdict, "");
        slice.len++;
        memcpy((char *)&verdict + rows[i].offset, &slice, sizeof(slice));
        (void)snprintf(reason, sizeof(reason), "verdict.%s is too long", rows[i].name);
        intake_assert(arena, &verdict, reason);
    }
    (void)state;
}

static void test_lists_have_limits(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        size_t n_max;
        size_t size_max;
    } rows[] = {
        { "memory", offsetof(struct fq_verdict, memory), 64, 2048 },
        { "message.headers", offsetof(struct fq_verdict, message.headers), 32, 16384 },
        { "message.fields", offsetof(struct fq_verdict, message.fields), 128, 65536 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        char reason[64];
        struct fq_pair items[129];
        struct fq_verdict verdict = intake_plain();
        struct fq_pairs pairs = { items, rows[i].n_max };
        for (size_t k = 0; k < fq_array_size(items); k++)
            items[k] = (struct fq_pair){ { letters, 1 }, { letters, 1 } };
        memcpy((char *)&verdict + rows[i].offset, &pairs, sizeof(pairs));
        intake_assert(arena, &verdict, "");

        items[0].value.len = rows[i].size_max - 2 * rows[i].n_max + 1;
        intake_assert(arena, &verdict, "");
        items[0].value.len++;
        (void)snprintf(reason, sizeof(reason), "verdict.%s is too long", rows[i].name);
        intake_assert(arena, &verdict, reason);

        items[0].value.len = 1;
        pairs.n_items++;
        memcpy((char *)&verdict + rows[i].offset, &pairs, sizeof(pairs));
        (void)snprintf(reason, sizeof(reason), "verdict.%s has too many items", rows[i].name);
        intake_assert(arena, &verdict, reason);
    }
    (void)state;
}

static void test_form_of_texts(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        const char *bad;
        const char *why;
    } rows[] = {
        { "number", offsetof(struct fq_verdict, number), "FQ1\n", "is not one line of text" },
        { "proof", offsetof(struct fq_verdict, proof), "a\x7f", "is not one line of text" },
        { "platform_text", offsetof(struct fq_verdict, platform_text), "\xce\xf1",
          "is not UTF-8 text" },
        { "message.url", offsetof(struct fq_verdict, message.url), "https://a/ b",
          "has a byte that no URL has" },
        { "message.url", offsetof(struct fq_verdict, message.url), "https://a/\xc3\xa4",
          "has a byte that no URL has" },
        { "ack_content_type", offsetof(struct fq_verdict, ack_content_type), "text/plain\r\n",
          "is not one line of text" },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        char reason[128];
        struct fq_verdict verdict = intake_plain();
        struct fq_str slice = fq_str_of(rows[i].bad);
        memcpy((char *)&verdict + rows[i].offset, &slice, sizeof(slice));
        (void)snprintf(reason, sizeof(reason), "verdict.%s %s", rows[i].name, rows[i].why);
        intake_assert(*state, &verdict, reason);
    }
}

static void test_a_nul_is_never_text(void **state)
{
    struct fq_verdict verdict = intake_plain();
    verdict.platform_text = (struct fq_str){ "a\0b", 3 };
    intake_assert(*state, &verdict, "verdict.platform_text is not UTF-8 text");
    verdict = intake_plain();
    verdict.ack_body = (struct fq_str){ "a\0b", 3 };
    intake_assert(*state, &verdict, "");
}

static void test_header_names_are_tokens(void **state)
{
    struct fq_pair header = { fq_lit("X Trace"), fq_lit("1") };
    struct fq_verdict verdict = intake_plain();
    verdict.message.headers = (struct fq_pairs){ &header, 1 };
    intake_assert(*state, &verdict, "verdict.message.headers has a name that no header has");
    header.name = fq_lit("");
    intake_assert(*state, &verdict, "verdict.message.headers has a name that no header has");
    header.name = fq_lit("X-Trace");
    intake_assert(*state, &verdict, "");
}

static void test_currencies_are_three_capitals(void **state)
{
    static const char *const bad[] = { "CN", "cny", "C1Y", "CNYX" };
    for (size_t i = 0; i < fq_array_size(bad); i++) {
        struct fq_verdict verdict = intake_plain();
        memcpy(verdict.amount.currency, bad[i], strlen(bad[i]));
        intake_assert(*state, &verdict, "verdict.amount.currency is not three capital letters");
    }
    struct fq_verdict verdict = intake_plain();
    verdict.amount = (struct fq_money){ 1, "CNY", 7 };
    intake_assert(*state, &verdict, "verdict.amount.exponent is out of range");
}

static void test_numbers_out_of_range(void **state)
{
    struct fq_verdict verdict = intake_plain();
    verdict.step = FQ_STEP_ASK + 1;
    intake_assert(*state, &verdict, "verdict.step is none");
    verdict = intake_plain();
    verdict.outcome = FQ_OUTCOME_NOT_FOUND + 1;
    intake_assert(*state, &verdict, "verdict.outcome is none");
    verdict = intake_plain();
    verdict.object = FQ_OBJECT_REFUND + 1;
    intake_assert(*state, &verdict, "verdict.object is none");
    verdict = intake_plain();
    verdict.identity = FQ_IDENTITY_UNKNOWN + 1;
    intake_assert(*state, &verdict, "verdict.identity is none");
    verdict = intake_plain();
    verdict.action = FQ_ACTION_APP_SDK + 1;
    intake_assert(*state, &verdict, "verdict.action is none");
}

static void test_everything_is_copied(void **state)
{
    char text[] = "text";
    char url[] = "https://a/";
    char value[] = "value";
    struct fq_pair item = { fq_lit("name"), { value, 5 } };
    struct fq_verdict taken = { 0 };
    struct fq_verdict verdict = intake_plain();
    verdict.platform_text = (struct fq_str){ text, 4 };
    verdict.message.url = (struct fq_str){ url, 10 };
    verdict.memory = (struct fq_pairs){ &item, 1 };
    assert_int_equal(fq_intake_verdict(&verdict, BODY_SIZE_MAX, *state, &taken).len, 0);
    memset(text, 'x', 4);
    memset(url, 'x', 10);
    memset(value, 'x', 5);
    item = (struct fq_pair){ { NULL, 0 }, { NULL, 0 } };
    fixture_assert_text(taken.platform_text, "text");
    fixture_assert_text(taken.message.url, "https://a/");
    fixture_assert_text(taken.memory.items[0].name, "name");
    fixture_assert_text(taken.memory.items[0].value, "value");
}

/* Absent and empty are two things, and stay so. */
static void test_absent_stays_absent(void **state)
{
    struct fq_verdict taken = { 0 };
    struct fq_verdict verdict = intake_plain();
    verdict.ack_body = fq_lit("");
    assert_int_equal(fq_intake_verdict(&verdict, BODY_SIZE_MAX, *state, &taken).len, 0);
    assert_non_null(taken.ack_body.ptr);
    assert_null(taken.platform_text.ptr);
}

static void test_no_room_is_a_refusal(void **state)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(1024);
    struct fq_verdict verdict = intake_plain();
    verdict.message.body = (struct fq_str){ letters, 2000 };
    intake_assert(arena, &verdict, "the call's memory is used up");
    (void)state;
}

/* ---- the lines of a statement ---- */

static struct fq_statement_line intake_line(void)
{
    return (struct fq_statement_line){ .struct_size = sizeof(struct fq_statement_line),
                                       .object = FQ_OBJECT_PAYMENT,
                                       .number = fq_lit("T1"),
                                       .amount = { 100, "CNY", 2 } };
}

/* A statement of a sound line and of this one. */
static void intake_assert_line(struct fq_arena *arena, const struct fq_statement_line *line,
                               const char *reason)
{
    const struct fq_statement_line sound = intake_line();
    const struct fq_statement_line *const lines[] = { &sound, line };
    struct fq_verdict verdict = intake_plain();
    verdict.has_statement = 1;
    verdict.lines = lines;
    verdict.n_lines = fq_array_size(lines);
    intake_assert(arena, &verdict, reason);
}

static void test_texts_of_a_line_have_limits(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        size_t size_max;
    } rows[] = {
        { "number", offsetof(struct fq_statement_line, number), 64 },
        { "order_number", offsetof(struct fq_statement_line, order_number), 64 },
        { "platform_ref", offsetof(struct fq_statement_line, platform_ref), 128 },
        { "proof", offsetof(struct fq_statement_line, proof), 512 },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        char reason[64];
        struct fq_statement_line line = intake_line();
        struct fq_str slice = { letters, rows[i].size_max };
        memcpy((char *)&line + rows[i].offset, &slice, sizeof(slice));
        intake_assert_line(*state, &line, "");
        slice.len++;
        memcpy((char *)&line + rows[i].offset, &slice, sizeof(slice));
        (void)snprintf(reason, sizeof(reason), "verdict.lines.%s is too long", rows[i].name);
        intake_assert_line(*state, &line, reason);
        slice = fq_lit("1\n2");
        memcpy((char *)&line + rows[i].offset, &slice, sizeof(slice));
        (void)snprintf(reason, sizeof(reason), "verdict.lines.%s is not one line of text",
                       rows[i].name);
        intake_assert_line(*state, &line, reason);
    }
}

static void test_a_line_is_about_money_that_came_or_went(void **state)
{
    struct fq_statement_line line = intake_line();
    line.object = FQ_OBJECT_REFUND;
    intake_assert_line(*state, &line, "");
    line.object = FQ_OBJECT_UNSET;
    intake_assert_line(*state, &line, "verdict.lines.object is none");
    line.object = FQ_OBJECT_REFUND + 1;
    intake_assert_line(*state, &line, "verdict.lines.object is none");
}

static void test_a_line_has_an_amount_in_a_currency(void **state)
{
    struct fq_statement_line line = intake_line();
    line.amount.currency[0] = '\0';
    intake_assert_line(*state, &line, "verdict.lines.amount is none");
    memcpy(line.amount.currency, "cny", 4);
    intake_assert_line(*state, &line, "verdict.lines.amount is none");
    memcpy(line.amount.currency, "CNYX", 4);
    intake_assert_line(*state, &line, "verdict.lines.amount is none");
    memcpy(line.amount.currency, "CNY", 4);
    line.amount.exponent = 7;
    intake_assert_line(*state, &line, "verdict.lines.amount is none");
}

static void test_a_line_has_at_least_the_first_releases_size(void **state)
{
    struct fq_statement_line line = intake_line();
    intake_assert_line(*state, NULL, "verdict.lines has a line of no size");
    line.struct_size = 0;
    intake_assert_line(*state, &line, "verdict.lines has a line of no size");
    line.struct_size = sizeof(line) - 1;
    intake_assert_line(*state, &line, "verdict.lines has a line of no size");
    line.struct_size = sizeof(line) + 64; /* of a newer release */
    intake_assert_line(*state, &line, "");
}

static void test_the_number_of_lines_is_true_and_limited(void **state)
{
    static const char why[] = "verdict.lines has too many lines, or none where it says some";
    const struct fq_statement_line line = intake_line();
    const struct fq_statement_line *const lines[] = { &line };
    struct fq_verdict verdict = intake_plain();
    verdict.has_statement = 1;
    intake_assert(*state, &verdict, ""); /* a day without any */
    verdict.n_lines = 1;
    intake_assert(*state, &verdict, why);
    verdict.lines = lines;
    verdict.n_lines = 200001;
    intake_assert(*state, &verdict, why);
}

static void test_lines_are_copied(void **state)
{
    char number[] = "T1";
    struct fq_statement_line line = intake_line();
    const struct fq_statement_line *lines[] = { &line };
    struct fq_verdict taken = { 0 };
    struct fq_verdict verdict = intake_plain();
    line.number = (struct fq_str){ number, 2 };
    line.struct_size = sizeof(line) + 64;
    verdict.lines = lines;
    verdict.n_lines = 1;
    assert_int_equal(fq_intake_verdict(&verdict, BODY_SIZE_MAX, *state, &taken).len, 0);
    lines[0] = NULL;
    memset(number, 'x', 2);
    memset(&line, 0, sizeof(line));
    assert_int_equal(taken.n_lines, 1);
    assert_int_equal(taken.lines[0]->struct_size, sizeof(line));
    fixture_assert_text(taken.lines[0]->number, "T1");
    assert_int_equal(taken.lines[0]->amount.minor, 100);
}

static void test_no_room_for_lines_is_a_refusal(void **state)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    const struct fq_statement_line line = intake_line();
    const struct fq_statement_line *lines[64];
    struct fq_verdict verdict = intake_plain();
    for (size_t i = 0; i < fq_array_size(lines); i++)
        lines[i] = &line;
    verdict.lines = lines;
    verdict.n_lines = fq_array_size(lines);
    intake_assert(arena, &verdict, "the call's memory is used up");
    (void)state;
}

/* An adapter of the first release knows no lines: what stands in their place is none of its. */
static void test_an_older_verdict_has_no_lines(void **state)
{
    struct fq_verdict taken = { 0 };
    struct fq_verdict verdict = intake_plain();
    verdict.struct_size = FQ_INTAKE_VERDICT_SIZE_MIN;
    verdict.has_statement = 1;
    verdict.n_lines = 7;
    assert_int_equal(fq_intake_verdict(&verdict, BODY_SIZE_MAX, *state, &taken).len, 0);
    assert_int_equal(taken.has_statement, 0);
    assert_int_equal(taken.n_lines, 0);
}

#define INTAKE_TEST(name) cmocka_unit_test_setup_teardown(name, intake_setup, intake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_TEST(test_texts_have_limits),
        INTAKE_TEST(test_lists_have_limits),
        INTAKE_TEST(test_form_of_texts),
        INTAKE_TEST(test_a_nul_is_never_text),
        INTAKE_TEST(test_header_names_are_tokens),
        INTAKE_TEST(test_currencies_are_three_capitals),
        INTAKE_TEST(test_numbers_out_of_range),
        INTAKE_TEST(test_everything_is_copied),
        INTAKE_TEST(test_absent_stays_absent),
        INTAKE_TEST(test_no_room_is_a_refusal),
        INTAKE_TEST(test_texts_of_a_line_have_limits),
        INTAKE_TEST(test_a_line_is_about_money_that_came_or_went),
        INTAKE_TEST(test_a_line_has_an_amount_in_a_currency),
        INTAKE_TEST(test_a_line_has_at_least_the_first_releases_size),
        INTAKE_TEST(test_the_number_of_lines_is_true_and_limited),
        INTAKE_TEST(test_lines_are_copied),
        INTAKE_TEST(test_no_room_for_lines_is_a_refusal),
        INTAKE_TEST(test_an_older_verdict_has_no_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
