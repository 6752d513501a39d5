/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, histograms, and the text that tells them. */
#include "daemon/base/metric.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <pthread.h>
#include <string.h>

static const struct fq_bounds times = { true, 3, { 250, 1000, 1500000 } };

static struct fq_arena *arena;
static struct fq_buf buf;

static int setup(void **state)
{
    (void)state;
    arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    fq_buf_init(&buf, arena, 65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fq_arena_free(arena);
    return 0;
}

static void assert_text(const char *expected)
{
    struct fq_str text;
    assert_int_equal(fq_buf_finish(&buf, &text), 0);
    assert_string_equal(text.ptr, expected);
}

/* ---- counting ---- */

static void a_value_falls_into_the_first_bucket_that_holds_it(void **state)
{
    (void)state;
    static struct fq_histogram histogram;
    const int64_t values[] = { -5, 0, 250, 251, 1000, 1001, 1500000, 1500001, INT64_MAX / 4 };
    for (size_t i = 0; i < fq_array_size(values); i++)
        fq_histogram_add(&histogram, &times, values[i]);
    assert_int_equal(fq_counted(&histogram.buckets[0]), 3);
    assert_int_equal(fq_counted(&histogram.buckets[1]), 2);
    assert_int_equal(fq_counted(&histogram.buckets[2]), 2);
    assert_int_equal(fq_counted(&histogram.buckets[3]), 2);
    assert_int_equal(fq_histogram_n(&histogram), 9);
}

static void the_bounds_ascend_and_fit(void **state)
{
    (void)state;
    const struct fq_bounds *const all[] = { &fq_bounds_request, &fq_bounds_work,
                                            &fq_bounds_exchange, &fq_bounds_group };
    for (size_t i = 0; i < fq_array_size(all); i++) {
        assert_in_range(all[i]->n, 1, FQ_BOUNDS_MAX);
        for (uint32_t k = 1; k < all[i]->n; k++)
            assert_true(all[i]->upper[k] > all[i]->upper[k - 1]);
        for (uint32_t k = all[i]->n; k < FQ_BOUNDS_MAX; k++)
            assert_int_equal(all[i]->upper[k], 0);
    }
}

static struct fq_counter shared;

static void *count_many(void *argument)
{
    for (int i = 0; i < 100000; i++)
        fq_count(&shared, 2);
    return argument;
}

static void another_thread_reads_while_one_counts(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_many, NULL), 0);
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = fq_counted(&shared);
        assert_true(now >= last && now % 2 == 0);
        last = now;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(fq_counted(&shared), 200000);
}

/* ---- telling ---- */

static void a_family_and_its_samples(void **state)
{
    (void)state;
    const struct fq_label labels[] = { { "channel", fq_lit("huabei") }, { "code", fq_lit("ok") } };
    fq_metric_family(&buf, "a_requests", FQ_METRIC_COUNTER, NULL, "Requests.");
    fq_metric_int(&buf, "a_requests", FQ_METRIC_COUNTER, labels, 2, 7);
    fq_metric_one(&buf, "a_size_bytes", FQ_METRIC_GAUGE, "bytes", "Size.", -3);
    fq_metric_family(&buf, "a_cpu_seconds", FQ_METRIC_COUNTER, "seconds", "Time.");
    fq_metric_us(&buf, "a_cpu_seconds", FQ_METRIC_COUNTER, NULL, 0, 12000034);
    fq_metric_one(&buf, "a_build", FQ_METRIC_INFO, NULL, "Build.", 1);
    fq_metric_end(&buf);
    assert_text("# TYPE a_requests counter\n"
                "# HELP a_requests Requests.\n"
                "a_requests_total{channel=\"huabei\",code=\"ok\"} 7\n"
                "# TYPE a_size_bytes gauge\n"
                "# UNIT a_size_bytes bytes\n"
                "# HELP a_size_bytes Size.\n"
                "a_size_bytes -3\n"
                "# TYPE a_cpu_seconds counter\n"
                "# UNIT a_cpu_seconds seconds\n"
                "# HELP a_cpu_seconds Time.\n"
                "a_cpu_seconds_total 12.000034\n"
                "# TYPE a_build info\n"
                "# HELP a_build Build.\n"
                "a_build_info 1\n"
                "# EOF\n");
}

static void buckets_are_cumulative_and_their_bounds_canonical(void **state)
{
    (void)state;
    static struct fq_histogram histogram;
    const struct fq_label label = { "call", fq_lit("query") };
    fq_histogram_add(&histogram, &times, 100);
    fq_histogram_add(&histogram, &times, 900);
    fq_histogram_add(&histogram, &times, 2000000);
    fq_metric_histogram(&buf, "a_seconds", &label, 1, &histogram, &times);
    assert_text("a_seconds_bucket{call=\"query\",le=\"0.00025\"} 1\n"
                "a_seconds_bucket{call=\"query\",le=\"0.001\"} 2\n"
                "a_seconds_bucket{call=\"query\",le=\"1.5\"} 2\n"
                "a_seconds_bucket{call=\"query\",le=\"+Inf\"} 3\n"
                "a_seconds_count{call=\"query\"} 3\n"
                "a_seconds_sum{call=\"query\"} 2.001000\n");
}

static void plain_numbers_have_plain_bounds(void **state)
{
    (void)state;
    static const struct fq_bounds numbers = { false, 2, { 1, 16 } };
    static struct fq_histogram histogram;
    fq_histogram_add(&histogram, &numbers, 16);
    fq_metric_histogram(&buf, "a_group", NULL, 0, &histogram, &numbers);
    assert_text("a_group_bucket{le=\"1.0\"} 0\n"
                "a_group_bucket{le=\"16.0\"} 1\n"
                "a_group_bucket{le=\"+Inf\"} 1\n"
                "a_group_count 1\n"
                "a_group_sum 16\n");
}

static void a_label_cannot_forge_a_sample(void **state)
{
    (void)state;
    const struct fq_label label = { "name", fq_lit("a\"} 1\nb{c=\"\\") };
    fq_metric_int(&buf, "a", FQ_METRIC_GAUGE, &label, 1, 2);
    assert_text("a{name=\"a\\\"} 1\\nb{c=\\\"\\\\\"} 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_falls_into_the_first_bucket_that_holds_it),
        cmocka_unit_test(the_bounds_ascend_and_fit),
        cmocka_unit_test(another_thread_reads_while_one_counts),
        cmocka_unit_test_setup_teardown(a_family_and_its_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(buckets_are_cumulative_and_their_bounds_canonical, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(plain_numbers_have_plain_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_label_cannot_forge_a_sample, setup, teardown),
    };
    return cmocka_run_group_tests_name("base/metric", tests, NULL, NULL);
}
