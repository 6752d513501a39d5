/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical string that is signed. */
#include "adapters/sdk/canon.h"
#include "tests/unit/sdk/sdk_host.h"

static const struct fq_pair canon_items[] = {
    { fq_slice("version"), fq_slice("1.0") },  { fq_slice("app_id"), fq_slice("2") },
    { fq_slice("sign"), fq_slice("xyz") },     { fq_slice("empty"), fq_slice("") },
    { fq_slice("Zone"), fq_slice("a+b c&d") }, { fq_slice("app"), fq_slice("1") },
    { fq_slice(""), fq_slice("nameless") },
};
static const struct fq_pairs canon_pairs = { canon_items,
                                             sizeof(canon_items) / sizeof(canon_items[0]) };

static void fields_are_sorted_by_bytes_and_joined_raw(void **state)
{
    (void)state;
    static const char *const except[] = { "sign", NULL };
    struct fq_str canon;
    assert_true(fq_canon_join(&sdk_host, canon_pairs, except, FQ_CANON_SKIP_EMPTY, &canon));
    assert_slice(canon, "Zone=a+b c&d&app=1&app_id=2&version=1.0");
}

static void empty_values_are_kept_where_asked_for(void **state)
{
    (void)state;
    static const char *const except[] = { "sign", "Zone", NULL };
    struct fq_str canon;
    assert_true(fq_canon_join(&sdk_host, canon_pairs, except, FQ_CANON_KEEP_EMPTY, &canon));
    assert_slice(canon, "app=1&app_id=2&empty=&version=1.0");
}

static void no_fields_are_no_text(void **state)
{
    (void)state;
    static const char *const except[] = { NULL };
    struct fq_str canon;
    struct fq_pairs none = { NULL, 0 };
    assert_true(fq_canon_join(&sdk_host, none, except, FQ_CANON_SKIP_EMPTY, &canon));
    assert_slice(canon, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sdk_test(fields_are_sorted_by_bytes_and_joined_raw),
        sdk_test(empty_values_are_kept_where_asked_for),
        sdk_test(no_fields_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
