/* SPDX-License-Identifier: Apache-2.0 */
/* Which shared objects are loaded as adapters, and why others are not. */
#include "daemon/plugin/loader.h"
#include "tests/unit/plugin/fixture.h"

static int loader_setup(void **state)
{
    *state = fq_arena_new(FQ_ARENA_SIZE_MAX);
    return 0;
}

static int loader_teardown(void **state)
{
    fq_arena_free(*state);
    return 0;
}

static const char *loader_path(struct fq_arena *arena, const char *kind, const char *name)
{
    char folder[PATH_MAX];
    fixture_find(kind, folder);
    return fq_arena_printf(arena, "%s/%s.so", folder, name).ptr;
}

static void loader_assert_refused(struct fq_arena *arena, const char *path, const char *why)
{
    struct fq_loader *loader = NULL;
    struct fq_str reason = { NULL, 0 };
    assert_int_equal(fq_loader_open(path, arena, &loader, &reason), FQ_LOADER_E_REFUSED);
    assert_null(loader);
    fixture_assert_contains(reason, why);
    fixture_assert_contains(reason, path);
}

static void test_an_adapter_is_loaded(void **state)
{
    FQ_CLEANUP(fq_loader) *loader = NULL;
    struct fq_str reason = { NULL, 0 };
    assert_int_equal(
        fq_loader_open(loader_path(*state, "adapters", "example"), *state, &loader, &reason), 0);
    assert_string_equal(fq_loader_adapter(loader)->name, "example");
    assert_int_equal(fq_loader_adapter(loader)->struct_size, sizeof(struct fq_adapter));
}

static void test_channels_share_one_load(void **state)
{
    const char *path = loader_path(*state, "adapters", "example");
    struct fq_loader *first = NULL;
    struct fq_loader *second = NULL;
    struct fq_str reason = { NULL, 0 };
    assert_int_equal(fq_loader_open(path, *state, &first, &reason), 0);
    assert_int_equal(fq_loader_open(path, *state, &second, &reason), 0);
    assert_ptr_equal(first, second);
    fq_loader_free(first);
    assert_string_equal(fq_loader_adapter(second)->name, "example");
    fq_loader_free(second);
}

static void test_it_can_be_loaded_again_after_the_last_use(void **state)
{
    const char *path = loader_path(*state, "adapters", "example");
    for (int i = 0; i < 2; i++) {
        FQ_CLEANUP(fq_loader) *loader = NULL;
        struct fq_str reason = { NULL, 0 };
        assert_int_equal(fq_loader_open(path, *state, &loader, &reason), 0);
        assert_string_equal(fq_loader_adapter(loader)->name, "example");
    }
}

/* Its struct ends behind `query`; what stands there in the file is not ours to read. */
static void test_an_older_adapter_is_loaded(void **state)
{
    FQ_CLEANUP(fq_loader) *loader = NULL;
    struct fq_str reason = { NULL, 0 };
    assert_int_equal(fq_loader_open(loader_path(*state, "liars", "old"), *state, &loader, &reason),
                     0);
    const struct fq_adapter *adapter = fq_loader_adapter(loader);
    assert_non_null(adapter->query.resume);
    assert_null(adapter->close_order.begin);
    assert_null(adapter->task.resume);
    assert_null(adapter->notification);
    assert_null(adapter->browser_return);
}

static void test_a_newer_adapter_is_loaded(void **state)
{
    FQ_CLEANUP(fq_loader) *loader = NULL;
    struct fq_str reason = { NULL, 0 };
    assert_int_equal(fq_loader_open(loader_path(*state, "liars", "new"), *state, &loader, &reason),
                     0);
    assert_int_equal(fq_loader_adapter(loader)->struct_size, sizeof(struct fq_adapter));
}

static void test_what_is_no_adapter_is_refused(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "no_symbol", "has no symbol fenqi_adapter" },
        { "wrong_abi", "is built for another version of the contract" },
        { "huge_adapter", "struct_size of the adapter is out of range" },
        { "tiny_adapter", "struct_size of the adapter is out of range" },
        { "null_name", "has no name" },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++)
        loader_assert_refused(*state, loader_path(*state, "liars", rows[i].liar), rows[i].why);
}

static void test_a_missing_file_is_refused(void **state)
{
    loader_assert_refused(*state, loader_path(*state, "liars", "nobody"), "No such file");
}

static void test_a_relative_path_is_refused(void **state)
{
    loader_assert_refused(*state, "adapters/example.so", "is not an absolute path");
}

static void test_a_folder_is_refused(void **state)
{
    loader_assert_refused(*state, "/tmp", "is not a regular file");
}

static void test_a_file_that_is_no_library_is_refused(void **state)
{
    loader_assert_refused(*state, "/etc/passwd", "invalid ELF header");
}

static void loader_copy(struct fq_arena *arena, const char *from, const char *to)
{
    const char *command = fq_arena_printf(arena, "install -m 644 %s %s", from, to).ptr;
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
}

/* What runs goes on with the old one until its last use. */
static void test_a_new_file_in_its_place_is_loaded_beside_it(void **state)
{
    char folder[] = "/tmp/fenqi-loader-XXXXXX";
    struct fq_str reason = { NULL, 0 };
    struct fq_loader *first = NULL;
    struct fq_loader *second = NULL;
    struct fq_loader *third = NULL;
    assert_non_null(mkdtemp(folder));
    const char *path = fq_arena_printf(*state, "%s/adapter.so", folder).ptr;
    loader_copy(*state, loader_path(*state, "adapters", "example"), path);
    assert_int_equal(fq_loader_open(path, *state, &first, &reason), 0);
    assert_false(fq_loader_is_replaced(first));
    loader_copy(*state, loader_path(*state, "liars", "new"), path);
    assert_true(fq_loader_is_replaced(first));
    assert_int_equal(fq_loader_open(path, *state, &second, &reason), 0);
    assert_string_equal(fq_loader_adapter(first)->name, "example");
    assert_string_equal(fq_loader_adapter(second)->version, "2.0");
    loader_copy(*state, loader_path(*state, "liars", "honest"), path);
    fq_loader_free(first);
    assert_int_equal(fq_loader_open(path, *state, &third, &reason), 0);
    assert_string_equal(fq_loader_adapter(third)->version, "1");
    assert_string_equal(fq_loader_adapter(second)->version, "2.0");
    assert_false(fq_loader_is_replaced(third));
    fq_loader_free(second);
    fq_loader_free(third);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_file_that_others_may_write_is_refused(void **state)
{
    char folder[] = "/tmp/fenqi-loader-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = fq_arena_printf(*state, "%s/example.so", folder).ptr;
    const char *command =
        fq_arena_printf(*state, "cp %s %s", loader_path(*state, "adapters", "example"), path).ptr;
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
    assert_int_equal(chmod(path, 0646), 0);
    loader_assert_refused(*state, path, "is writable by others");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_adapter_is_loaded, loader_setup, loader_teardown),
        cmocka_unit_test_setup_teardown(test_channels_share_one_load, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_it_can_be_loaded_again_after_the_last_use,
                                        loader_setup, loader_teardown),
        cmocka_unit_test_setup_teardown(test_an_older_adapter_is_loaded, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_adapter_is_loaded, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_adapter_is_refused, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_file_is_refused, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_relative_path_is_refused, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_is_refused, loader_setup, loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_no_library_is_refused, loader_setup,
                                        loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_new_file_in_its_place_is_loaded_beside_it,
                                        loader_setup, loader_teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_may_write_is_refused, loader_setup,
                                        loader_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
