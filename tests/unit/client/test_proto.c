/* SPDX-License-Identifier: Apache-2.0 */
/* fenqi.proto only grows: whatever tests/abi/fenqi.proto.txt records is still there, with its name,
 * number and type. FENQI_RECORD=1 writes what is there now. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/client/fenqi.h"

#define RECORD    "tests/abi/fenqi.proto.txt"
#define PACKAGE   "fenqi.v1."
#define TYPES_MAX 128
#define LINES_MAX 2048
#define LINE_SIZE 160

struct lines {
    char text[LINES_MAX][LINE_SIZE];
    size_t n;
};

/* Messages and enums, each once, in the order in which a Request or a reply leads to them. */
struct types {
    const void *seen[TYPES_MAX];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void lines_add(struct lines *lines, const char *format,
                                                            ...)
{
    va_list arguments;
    assert_true(lines->n < LINES_MAX);
    va_start(arguments, format);
    int n = vsnprintf(lines->text[lines->n++], LINE_SIZE, format, arguments);
    va_end(arguments);
    assert_in_range(n, 1, LINE_SIZE - 1);
}

static bool types_add(struct types *types, const void *type)
{
    for (size_t i = 0; i < types->n; i++) {
        if (types->seen[i] == type)
            return false;
    }
    assert_true(types->n < TYPES_MAX);
    types->seen[types->n++] = type;
    return true;
}

/* ---- what there is ---- */

static const char *plain(const char *name)
{
    return strncmp(name, PACKAGE, strlen(PACKAGE)) == 0 ? name + strlen(PACKAGE) : name;
}

static void add_enum(struct lines *lines, struct types *types, const ProtobufCEnumDescriptor *type)
{
    if (!types_add(types, type))
        return;
    for (unsigned i = 0; i < type->n_values; i++)
        lines_add(lines, "%s.%s = %d", plain(type->name), type->values[i].name,
                  type->values[i].value);
}

static const char *field_type(const ProtobufCFieldDescriptor *field)
{
    static const char *const names[] = {
        [PROTOBUF_C_TYPE_INT32] = "int32",   [PROTOBUF_C_TYPE_INT64] = "int64",
        [PROTOBUF_C_TYPE_UINT32] = "uint32", [PROTOBUF_C_TYPE_UINT64] = "uint64",
        [PROTOBUF_C_TYPE_BOOL] = "bool",     [PROTOBUF_C_TYPE_STRING] = "string",
        [PROTOBUF_C_TYPE_BYTES] = "bytes",
    };
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return plain(((const ProtobufCEnumDescriptor *)field->descriptor)->name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return plain(((const ProtobufCMessageDescriptor *)field->descriptor)->name);
    assert_true(field->type < sizeof(names) / sizeof(names[0]) && names[field->type] != NULL);
    return names[field->type];
}

static void add_field(struct lines *lines, const char *message,
                      const ProtobufCFieldDescriptor *field)
{
    bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    bool is_choice = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    lines_add(lines, "%s.%s = %u %s%s%s", plain(message), field->name, field->id,
              is_repeated ? "repeated " : "", field_type(field), is_choice ? " (oneof)" : "");
}

/* Messages contain none of their own kind (a lint says so), so a list of those to come is enough.
 */
static void add_messages(struct lines *lines, struct types *types,
                         const ProtobufCMessageDescriptor *first)
{
    const ProtobufCMessageDescriptor *open[TYPES_MAX] = { first };
    size_t n = types_add(types, first) ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < open[i]->n_fields; k++) {
            const ProtobufCFieldDescriptor *field = &open[i]->fields[k];
            add_field(lines, open[i]->name, field);
            if (field->type == PROTOBUF_C_TYPE_ENUM)
                add_enum(lines, types, field->descriptor);
            if (field->type == PROTOBUF_C_TYPE_MESSAGE && types_add(types, field->descriptor))
                open[n++] = field->descriptor;
        }
    }
}

static void add_all(struct lines *lines)
{
    struct types types = { .n = 0 };
    add_messages(lines, &types, &fenqi__v1__request__descriptor);
    add_messages(lines, &types, &fenqi__v1__signed_reply__descriptor);
    add_messages(lines, &types, &fenqi__v1__reply__descriptor);
}

/* ---- what there was ---- */

static void record_write(const struct lines *lines)
{
    FILE *file = fopen(RECORD, "we");
    assert_non_null(file);
    for (size_t i = 0; i < lines->n; i++)
        assert_true(fprintf(file, "%s\n", lines->text[i]) > 0);
    assert_int_equal(fclose(file), 0);
}

static bool lines_have(const struct lines *lines, const char *line)
{
    for (size_t i = 0; i < lines->n; i++) {
        if (strcmp(lines->text[i], line) == 0)
            return true;
    }
    return false;
}

/* What stands there now under the same name, or else with the same number. */
static const char *lines_like(const struct lines *lines, const char *line)
{
    size_t n_name = strcspn(line, "=");
    size_t n_message = strcspn(line, ".");
    const char *number = line + n_name;
    for (size_t i = 0; i < lines->n; i++) {
        if (strncmp(lines->text[i], line, n_name + 1) == 0)
            return lines->text[i];
    }
    for (size_t i = 0; i < lines->n; i++) {
        const char *its_number = strchr(lines->text[i], '=');
        if (strncmp(lines->text[i], line, n_message + 1) == 0 && its_number != NULL &&
            atoi(its_number + 1) == atoi(number + 1))
            return lines->text[i];
    }
    return "nothing";
}

static void what_was_recorded_is_still_there(void **state)
{
    (void)state;
    static struct lines now;
    char line[LINE_SIZE];
    size_t n_recorded = 0;
    size_t n_gone = 0;
    add_all(&now);
    if (getenv("FENQI_RECORD") != NULL)
        record_write(&now);
    FILE *file = fopen(RECORD, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        n_recorded++;
        if (lines_have(&now, line))
            continue;
        n_gone++;
        print_error("fenqi.proto: \"%s\" was promised; now there is: %s\n", line,
                    lines_like(&now, line));
    }
    (void)fclose(file);
    assert_true(n_recorded > 200);
    assert_int_equal(n_gone, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_recorded_is_still_there),
    };
    return cmocka_run_group_tests_name("client: proto", tests, NULL, NULL);
}
