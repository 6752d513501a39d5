/* SPDX-License-Identifier: Apache-2.0 */
/* The numbered migrations in schema/, carried in the program. */
#include "daemon/store/migrate.h"

#include <inttypes.h>

#include "daemon/base/err.h"

/* Each file, and a NUL behind it. Paths are relative to the repository's root, where the build
 * runs. A migration never changes once it was released; while one is still being written, touch
 * this file to take it in. */
__asm__(".pushsection .rodata\n"
        "migration_0001:\n"
        ".incbin \"daemon/store/schema/0001-ledger.sql\"\n"
        ".byte 0\n"
        "migration_0002:\n"
        ".incbin \"daemon/store/schema/0002-cards.sql\"\n"
        ".byte 0\n"
        "migration_0003:\n"
        ".incbin \"daemon/store/schema/0003-due.sql\"\n"
        ".byte 0\n"
        "migration_0004:\n"
        ".incbin \"daemon/store/schema/0004-risk.sql\"\n"
        ".byte 0\n"
        "migration_0005:\n"
        ".incbin \"daemon/store/schema/0005-operator.sql\"\n"
        ".byte 0\n"
        "migration_0006:\n"
        ".incbin \"daemon/store/schema/0006-groups.sql\"\n"
        ".byte 0\n"
        "migration_0007:\n"
        ".incbin \"daemon/store/schema/0007-trace.sql\"\n"
        ".byte 0\n"
        ".popsection\n");

extern __attribute__((visibility("hidden"))) const char migration_0001[];
extern __attribute__((visibility("hidden"))) const char migration_0002[];
extern __attribute__((visibility("hidden"))) const char migration_0003[];
extern __attribute__((visibility("hidden"))) const char migration_0004[];
extern __attribute__((visibility("hidden"))) const char migration_0005[];
extern __attribute__((visibility("hidden"))) const char migration_0006[];
extern __attribute__((visibility("hidden"))) const char migration_0007[];

/* Number n stands at n - 1. Append only. */
static const char *const migrations[] = {
    migration_0001, migration_0002, migration_0003, migration_0004,
    migration_0005, migration_0006, migration_0007,
};

#define MIGRATIONS_N ((int64_t)fq_array_size(migrations))

static int migrate_run(struct fq_engine *engine)
{
    int64_t version = 0;
    FQ_TRY(engine->calls->version(engine, &version));
    if (version > MIGRATIONS_N)
        return FQ_MIGRATE_E_NEWER;
    if (version == MIGRATIONS_N)
        return 0;
    for (; version < MIGRATIONS_N; version++)
        FQ_TRY(engine->calls->script(engine, migrations[version]));
    FQ_TRY(engine->calls->set_version(engine, MIGRATIONS_N));
    return 0;
}

int fq_migrate(struct fq_engine *engine)
{
    FQ_TRY(engine->calls->begin(engine));
    int r = migrate_run(engine);
    if (r == 0)
        r = engine->calls->commit(engine);
    if (engine->calls->is_in_transaction(engine))
        engine->calls->rollback(engine);
    return r;
}

int fq_migrate_check(struct fq_engine *engine)
{
    int64_t version = 0;
    FQ_TRY(engine->calls->version(engine, &version));
    if (version > MIGRATIONS_N)
        return FQ_MIGRATE_E_NEWER;
    if (version < MIGRATIONS_N)
        return FQ_FAULT(-EINVAL, "the ledger has schema %" PRId64 ", this program needs %" PRId64,
                        version, MIGRATIONS_N);
    return 0;
}
