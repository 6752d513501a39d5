/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: laid out, escaped, limited, and never in anyone's way. */
#include "daemon/base/log.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"

#define CAPTURE_SIZE_MAX ((size_t)1 << 20)

/* ---- stderr, into a file in memory ---- */

static int saved_stderr = -1;

static void stderr_redirect(int fd)
{
    (void)fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(saved_stderr >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static void stderr_restore(void)
{
    assert_int_equal(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
    (void)close(saved_stderr);
}

static int capture_begin(void)
{
    int fd = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(fd >= 0);
    stderr_redirect(fd);
    return fd;
}

static char *capture_end(int fd)
{
    stderr_restore();
    char *text = fq_zalloc(CAPTURE_SIZE_MAX);
    assert_true(pread(fd, text, CAPTURE_SIZE_MAX - 1, 0) >= 0);
    (void)close(fd);
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

/* What one field becomes, on stderr. */
static char *shown(struct fq_log_field field)
{
    int fd = capture_begin();
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "text", field);
    return capture_end(fd);
}

static void assert_shown(struct fq_str value, const char *expected)
{
    char line[512];
    FQ_CLEANUP_FREE char *text = shown(FQ_LOG_STR("A", value));
    (void)snprintf(line, sizeof(line), "notice: text A=%s\n", expected);
    assert_string_equal(text, line);
}

/* ---- layout ---- */

static void line_has_level_text_and_fields(void **state)
{
    (void)state;
    int fd = capture_begin();
    fq_log(LOG_WARNING, FQ_MSG_PAYMENT_PAID, "payment paid", FQ_LOG_STR("PAYMENT", fq_lit("p1")),
           FQ_LOG_TEXT("CHANNEL", "alipay-cn"), FQ_LOG_INT("LATENCY_MS", -5));
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_string_equal(text, "warning: payment paid PAYMENT=p1 CHANNEL=alipay-cn LATENCY_MS=-5\n");
}

static void level_beyond_the_maximum_is_dropped(void **state)
{
    (void)state;
    int fd = capture_begin();
    fq_log_level(LOG_WARNING);
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "dropped", FQ_LOG_INT("A", 1));
    fq_log_always(LOG_WARNING, FQ_MSG_NONE, "kept", FQ_LOG_INT("A", 1));
    fq_log_level(LOG_INFO);
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_string_equal(text, "warning: kept A=1\n");
}

static void value_that_could_be_mistaken_is_quoted(void **state)
{
    (void)state;
    assert_shown(fq_lit("a b=c"), "\"a b=c\"");
    assert_shown(fq_lit("say \"x\""), "\"say \\\"x\\\"\"");
    assert_shown(fq_lit("\""), "\"\\\"\"");
    assert_shown(fq_lit("k=v"), "k=v");
}

static void field_without_a_text_is_left_out(void **state)
{
    (void)state;
    FQ_CLEANUP_FREE char *empty = shown(FQ_LOG_STR("A", fq_lit("")));
    FQ_CLEANUP_FREE char *absent = shown(FQ_LOG_TEXT("A", NULL));
    assert_string_equal(empty, "notice: text\n");
    assert_string_equal(absent, "notice: text\n");
}

/* ---- forging ---- */

static void no_line_can_be_forged(void **state)
{
    (void)state;
    assert_shown(fq_lit("x\nnotice: payment paid PAYMENT=p2"),
                 "\"x\\nnotice: payment paid PAYMENT=p2\"");
    assert_shown(fq_lit("x\r\ty"), "x\\r\\ty");
    assert_shown((struct fq_str){ "x\0y", 3 }, "x\\x00y");
}

static void no_terminal_can_be_driven(void **state)
{
    (void)state;
    assert_shown(fq_lit("\x1b[2K"), "\\x1b[2K");
    assert_shown(fq_lit("\x7f"), "\\x7f");
    assert_shown(fq_lit("\xc2\x9b\x32K"), "\\xc2\\x9b2K");       /* C1 */
    assert_shown(fq_lit("a\xe2\x80\xa8z"), "a\\xe2\\x80\\xa8z"); /* line separator */
    assert_shown(fq_lit("a\xe2\x80\xae"), "a\\xe2\\x80\\xae");   /* right-to-left override */
    assert_shown(fq_lit("a\xe2\x81\xa6"), "a\\xe2\\x81\\xa6");   /* isolate */
}

static void bytes_that_are_not_utf8_are_escaped(void **state)
{
    (void)state;
    assert_shown(fq_lit("a\xff\xc3"), "a\\xff\\xc3");
    assert_shown(fq_lit("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

static void escapes_cannot_be_faked(void **state)
{
    (void)state;
    assert_shown(fq_lit("a\\nb"), "a\\\\nb");
}

static void readable_text_stays_readable(void **state)
{
    (void)state;
    assert_shown(fq_lit("花呗分期"), "花呗分期");
    assert_shown(fq_lit("é\xf0\x9f\x98\x80"), "é\xf0\x9f\x98\x80");
}

static void message_text_is_escaped_too(void **state)
{
    (void)state;
    int fd = capture_begin();
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "a\nb", FQ_LOG_INT("A", 1));
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_string_equal(text, "notice: a\\nb A=1\n");
}

/* ---- size ---- */

static void long_value_is_cut_and_said(void **state)
{
    (void)state;
    FQ_CLEANUP_FREE char *value = fq_zalloc(100000);
    memset(value, '\x01', 100000);
    int fd = capture_begin();
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "text",
                  FQ_LOG_STR("A", ((struct fq_str){ value, 100000 })), FQ_LOG_INT("B", 2));
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_in_range(strlen(text), 1900, 2100);
    assert_non_null(strstr(text, "\\x01 TRUNCATED=1\n"));
    assert_null(strstr(text, "B=2"));
}

static void longest_line_of_quotes_fits(void **state)
{
    (void)state;
    FQ_CLEANUP_FREE char *value = fq_zalloc(5000);
    memset(value, '"', 5000);
    FQ_CLEANUP_FREE char *text = shown(FQ_LOG_STR("A", ((struct fq_str){ value, 5000 })));
    assert_in_range(count(text, "\\\""), 1900, 2048);
    assert_non_null(strstr(text, " TRUNCATED=1\n"));
}

/* ---- secrets ---- */

static void secret_shows_as_a_fingerprint(void **state)
{
    (void)state;
    FQ_CLEANUP_FREE char *one = shown(FQ_LOG_SECRET("KEY", fq_lit("hunter2-hunter2")));
    FQ_CLEANUP_FREE char *again = shown(FQ_LOG_SECRET("KEY", fq_lit("hunter2-hunter2")));
    FQ_CLEANUP_FREE char *other = shown(FQ_LOG_SECRET("KEY", fq_lit("hunter3-hunter3")));
    assert_null(strstr(one, "hunter"));
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_int_equal(strspn(strchr(one, '=') + 1, "0123456789abcdef"), 8);
    assert_non_null(strstr(one, "/15\n"));
}

/* ---- limits ---- */

/* As many lines from one site as given, all within one second of the clock. */
static char *burst(struct fq_log_site *site, size_t n_lines)
{
    for (;;) {
        *site = (struct fq_log_site){ 0 };
        int64_t second = fq_clock_mono_ms() / 1000;
        int fd = capture_begin();
        for (size_t i = 0; i < n_lines; i++)
            fq_log_write(site, LOG_NOTICE, FQ_MSG_NONE, "line", NULL, 0);
        char *text = capture_end(fd);
        if (fq_clock_mono_ms() / 1000 == second)
            return text;
        fq_free(text);
    }
}

static void site_is_limited(void **state)
{
    (void)state;
    struct fq_log_site site;
    FQ_CLEANUP_FREE char *text = burst(&site, 30);
    assert_int_equal(count(text, "line\n"), FQ_LOG_SITE_LINES_MAX);
    assert_int_equal(count(text, "SUPPRESSED"), 0);
}

static void next_line_says_how_many_were_swallowed(void **state)
{
    (void)state;
    struct fq_log_site site;
    fq_free(burst(&site, 30));
    assert_int_equal(site.n_suppressed, 10);
    site.second--; /* a second passes */
    int fd = capture_begin();
    fq_log_write(&site, LOG_NOTICE, FQ_MSG_NONE, "line", NULL, 0);
    fq_log_write(&site, LOG_NOTICE, FQ_MSG_NONE, "line", NULL, 0);
    FQ_CLEANUP_FREE char *later = capture_end(fd);
    assert_string_equal(later, "notice: line SUPPRESSED=10\nnotice: line\n");
}

static void always_is_never_limited(void **state)
{
    (void)state;
    int fd = capture_begin();
    for (int i = 0; i < 100; i++)
        fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_INT("A", 1));
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_int_equal(count(text, "line A=1\n"), 100);
}

/* ---- the thread ---- */

static void stop_drains_in_order(void **state)
{
    (void)state;
    char expected[32];
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    for (int i = 0; i < 300; i++)
        fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_INT("I", i));
    int64_t start_ms = fq_clock_mono_ms();
    fq_log_stop();
    int64_t elapsed_ms = fq_clock_mono_ms() - start_ms;
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_true(elapsed_ms < 1900); /* waits for the lines, not for the clock */
    const char *at = text;
    for (int i = 0; i < 300; i++) {
        int len = snprintf(expected, sizeof(expected), "notice: line I=%d\n", i);
        assert_memory_equal(at, expected, (size_t)len);
        at += len;
    }
    assert_string_equal(at, "");
}

/* More lines than a site may write, from a site of its own for each test. */
static void flood(struct fq_log_site *site)
{
    for (int i = 0; i < 100; i++)
        fq_log_write(site, LOG_NOTICE, FQ_MSG_NONE, "line", NULL, 0);
}

static unsigned int left_out(const char *text)
{
    unsigned int sum = 0;
    for (const char *at = text; (at = strstr(at, "SUPPRESSED=")) != NULL; at++) {
        unsigned int n = 0;
        assert_int_equal(sscanf(at, "SUPPRESSED=%u", &n), 1);
        sum += n;
    }
    return sum;
}

static void what_was_left_out_is_told_though_no_line_follows(void **state)
{
    (void)state;
    static struct fq_log_site site;
    FQ_CLEANUP_FREE char *text = fq_zalloc(CAPTURE_SIZE_MAX);
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    flood(&site);
    const int64_t until_ms = fq_clock_mono_ms() + 60000;
    while (strstr(text, "lines left out") == NULL && fq_clock_mono_ms() < until_ms)
        assert_true(pread(fd, text, CAPTURE_SIZE_MAX - 1, 0) >= 0);
    fq_log_stop();
    fq_free(capture_end(fd));
    assert_non_null(strstr(text, "notice: lines left out LIKE=line SUPPRESSED="));
    assert_int_equal(count(text, "notice: line\n") + count(text, "notice: line SUPPRESSED") +
                         left_out(text),
                     100);
}

static void what_was_left_out_is_told_at_the_end(void **state)
{
    (void)state;
    static struct fq_log_site sites[3];
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    for (size_t i = 0; i < fq_array_size(sites); i++)
        flood(&sites[i]);
    fq_log_stop();
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_int_equal(count(text, "lines left out"), 3);
    assert_int_equal(count(text, "notice: line\n") + count(text, "notice: line SUPPRESSED") +
                         left_out(text),
                     300);
}

static void lines_are_counted(void **state)
{
    (void)state;
    static struct fq_log_site site;
    struct fq_log_counts before;
    struct fq_log_counts after;
    fq_log_count(&before);
    int fd = capture_begin();
    fq_log_always(LOG_WARNING, FQ_MSG_NONE, "line", FQ_LOG_INT("A", 1));
    fq_log_always(LOG_DEBUG, FQ_MSG_NONE, "line", FQ_LOG_INT("A", 1));
    flood(&site);
    fq_free(capture_end(fd));
    fq_log_count(&after);
    assert_int_equal(after.n_lines[LOG_WARNING] - before.n_lines[LOG_WARNING], 1);
    assert_int_equal(after.n_lines[LOG_DEBUG], before.n_lines[LOG_DEBUG]);
    assert_int_equal(after.n_lines[LOG_NOTICE] - before.n_lines[LOG_NOTICE] + after.n_suppressed -
                         before.n_suppressed,
                     100);
    assert_int_equal(after.n_lost, before.n_lost);
}

static void after_stop_lines_are_written_at_once(void **state)
{
    (void)state;
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    fq_log_stop();
    fq_log_stop();
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "late", FQ_LOG_INT("A", 1));
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_string_equal(text, "notice: late A=1\n");
}

static void *write_hundred(void *argument)
{
    for (int i = 0; i < 100; i++)
        fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_STR("T", fq_str_of(argument)));
    return NULL;
}

static void lines_of_many_threads_arrive_whole(void **state)
{
    (void)state;
    static char names[4][5] = { "aaaa", "bbbb", "cccc", "dddd" };
    pthread_t threads[4];
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_hundred, names[i]), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    fq_log_stop();
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    for (size_t i = 0; i < 4; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "notice: line T=%s\n", names[i]);
        assert_int_equal(count(text, line), 100);
    }
}

/* ---- a reader that stands still ---- */

/* A pipe that takes not one byte more. */
static void pipe_make_stuck(int ends[2])
{
    static const char filling[4096];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], filling, sizeof(filling)) > 0)
        continue;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, 0), 0);
}

static void *pipe_read_all(void *argument)
{
    char *text = fq_zalloc(CAPTURE_SIZE_MAX);
    size_t size = 0;
    ssize_t n = 0;
    while ((n = read(*(int *)argument, text + size, CAPTURE_SIZE_MAX - 1 - size)) > 0)
        size += (size_t)n;
    for (size_t i = 0; i < size; i++)
        text[i] = text[i] == '\0' ? ' ' : text[i]; /* the filling */
    return text;
}

static void stuck_reader_costs_lines_but_no_time(void **state)
{
    (void)state;
    const size_t n_lines = 3000;
    int ends[2];
    pthread_t reader;
    void *read_text = NULL;
    pipe_make_stuck(ends);
    stderr_redirect(ends[1]);
    (void)close(ends[1]);
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    int64_t start_ms = fq_clock_mono_ms();
    for (size_t i = 0; i < n_lines; i++)
        fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_INT("A", 1));
    int64_t elapsed_ms = fq_clock_mono_ms() - start_ms;
    assert_int_equal(pthread_create(&reader, NULL, pipe_read_all, &ends[0]), 0);
    fq_log_stop();
    stderr_restore();
    assert_int_equal(pthread_join(reader, &read_text), 0);
    (void)close(ends[0]);
    FQ_CLEANUP_FREE char *text = read_text;

    assert_true(elapsed_ms < 2000);
    const char *loss = strstr(text, "warning: log lines lost LOST=");
    assert_non_null(loss);
    unsigned int n_lost = 0;
    assert_int_equal(sscanf(loss, "warning: log lines lost LOST=%u", &n_lost), 1);
    assert_true(n_lost > 0);
    assert_int_equal(count(text, "notice: line A=1\n") + n_lost, n_lines);
}

static void stuck_reader_does_not_stop_the_stop(void **state)
{
    (void)state;
    int ends[2];
    pipe_make_stuck(ends);
    stderr_redirect(ends[1]);
    (void)close(ends[1]);
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "line", FQ_LOG_INT("A", 1));
    int64_t start_ms = fq_clock_mono_ms();
    fq_log_stop();
    int64_t elapsed_ms = fq_clock_mono_ms() - start_ms;
    stderr_restore();
    (void)close(ends[0]); /* the forgotten thread gets EPIPE and ends */
    assert_in_range(elapsed_ms, 1900, 6000);

    /* The log can be used again, whatever became of that thread. */
    int fd = capture_begin();
    assert_int_equal(fq_log_start(FQ_LOG_SINK_STDERR, LOG_INFO), 0);
    fq_log_always(LOG_NOTICE, FQ_MSG_NONE, "again", FQ_LOG_INT("A", 1));
    fq_log_stop();
    FQ_CLEANUP_FREE char *text = capture_end(fd);
    assert_string_equal(text, "notice: again A=1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_level_text_and_fields),
        cmocka_unit_test(level_beyond_the_maximum_is_dropped),
        cmocka_unit_test(value_that_could_be_mistaken_is_quoted),
        cmocka_unit_test(field_without_a_text_is_left_out),
        cmocka_unit_test(no_line_can_be_forged),
        cmocka_unit_test(no_terminal_can_be_driven),
        cmocka_unit_test(bytes_that_are_not_utf8_are_escaped),
        cmocka_unit_test(escapes_cannot_be_faked),
        cmocka_unit_test(readable_text_stays_readable),
        cmocka_unit_test(message_text_is_escaped_too),
        cmocka_unit_test(long_value_is_cut_and_said),
        cmocka_unit_test(longest_line_of_quotes_fits),
        cmocka_unit_test(secret_shows_as_a_fingerprint),
        cmocka_unit_test(site_is_limited),
        cmocka_unit_test(next_line_says_how_many_were_swallowed),
        cmocka_unit_test(always_is_never_limited),
        cmocka_unit_test(stop_drains_in_order),
        cmocka_unit_test(what_was_left_out_is_told_though_no_line_follows),
        cmocka_unit_test(what_was_left_out_is_told_at_the_end),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(after_stop_lines_are_written_at_once),
        cmocka_unit_test(lines_of_many_threads_arrive_whole),
        cmocka_unit_test(stuck_reader_costs_lines_but_no_time),
        cmocka_unit_test(stuck_reader_does_not_stop_the_stop),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
