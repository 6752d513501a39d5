/* SPDX-License-Identifier: Apache-2.0 */
/* The words of fenqi.proto's enums, without the prefix that the language wants. */
#include <ctype.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

/* All values begin with the name of the first, which ends in UNSPECIFIED, OK or NONE. */
static size_t word_prefix(const ProtobufCEnumDescriptor *descriptor)
{
    const char *first = descriptor->values[0].name;
    const char *end = strrchr(first, '_');
    return end != NULL ? (size_t)(end - first) + 1 : 0;
}

struct fq_str ctl_word(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return found != NULL ? fq_str_of(found->name + word_prefix(descriptor)) : fq_lit("?");
}

bool ctl_word_read(struct ctl *ctl, const ProtobufCEnumDescriptor *descriptor, const char *text,
                   int *ret)
{
    struct fq_buf buf;
    struct fq_str name;
    fq_buf_init(&buf, ctl->arena, 256);
    fq_buf_add(&buf, (struct fq_str){ descriptor->values[0].name, word_prefix(descriptor) });
    for (const char *at = text; *at != '\0'; at++)
        fq_buf_printf(&buf, "%c", *at == '-' ? '_' : toupper((unsigned char)*at));
    if (fq_buf_finish(&buf, &name) != 0)
        return false;
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value_by_name(descriptor, name.ptr);
    if (found == NULL || found->value == 0)
        return false;
    *ret = found->value;
    return true;
}
