/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of fenqi.proto as JSON, by their descriptors. */
#include "daemon/base/json.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/ctl.h"

void ctl_json_add_text(struct fq_buf *buf, struct fq_str text)
{
    fq_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            fq_buf_printf(buf, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fq_buf_printf(buf, "\\u%04x", c);
        else
            fq_buf_add_char(buf, (char)c);
    }
    fq_buf_add_char(buf, '"');
}

static void json_add_name(struct fq_buf *buf, struct fq_str name)
{
    if (buf->len > 0 && buf->bytes[buf->len - 1] != '{')
        fq_buf_add_char(buf, ',');
    ctl_json_add_text(buf, name);
    fq_buf_add_char(buf, ':');
}

void ctl_json_add_member(struct fq_buf *buf, struct fq_str name, struct fq_str text)
{
    json_add_name(buf, name);
    ctl_json_add_text(buf, text);
}

static void json_add_enum(struct fq_buf *buf, const ProtobufCFieldDescriptor *field, int value)
{
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value(field->descriptor, value);
    if (found != NULL)
        ctl_json_add_text(buf, fq_str_of(found->name));
    else
        fq_buf_printf(buf, "%d", value);
}

static void json_add_bytes(struct fq_buf *buf, const ProtobufCBinaryData *data)
{
    struct fq_str bytes = { (const char *)data->data, data->len };
    ctl_json_add_text(buf, fq_base64_encode(bytes, buf->arena));
}

/* No message of fenqi.proto contains itself (a lint sees to it), so the recursion ends.
 * NOLINTBEGIN(misc-no-recursion) */

/* One value at `at`: the types that fenqi.proto uses. */
static void json_add_value(struct fq_buf *buf, const ProtobufCFieldDescriptor *field,
                           const void *at)
{
    if (field->type == PROTOBUF_C_TYPE_INT32)
        fq_buf_printf(buf, "%" PRId32, *(const int32_t *)at);
    else if (field->type == PROTOBUF_C_TYPE_INT64)
        fq_buf_printf(buf, "%" PRId64, *(const int64_t *)at);
    else if (field->type == PROTOBUF_C_TYPE_BOOL)
        fq_buf_add(buf, *(const protobuf_c_boolean *)at ? fq_lit("true") : fq_lit("false"));
    else if (field->type == PROTOBUF_C_TYPE_ENUM)
        json_add_enum(buf, field, *(const int *)at);
    else if (field->type == PROTOBUF_C_TYPE_STRING)
        ctl_json_add_text(buf, fq_str_of(*(const char *const *)at));
    else if (field->type == PROTOBUF_C_TYPE_BYTES)
        json_add_bytes(buf, at);
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        ctl_json_add(buf, *(const ProtobufCMessage *const *)at);
    else
        fq_buf_add(buf, fq_lit("null"));
}

/* In lists of the types that fenqi.proto uses so. */
static size_t json_element_size(const ProtobufCFieldDescriptor *field)
{
    bool is_number = field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_ENUM;
    fq_assert(is_number || field->type == PROTOBUF_C_TYPE_STRING ||
              field->type == PROTOBUF_C_TYPE_MESSAGE);
    return is_number ? sizeof(int32_t) : sizeof(void *);
}

static void json_add_list(struct fq_buf *buf, const ProtobufCFieldDescriptor *field,
                          const char *message)
{
    size_t n = *(const size_t *)(const void *)(message + field->quantifier_offset);
    const char *elements = *(const char *const *)(const void *)(message + field->offset);
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fq_buf_add_char(buf, ',');
        json_add_value(buf, field, elements + i * json_element_size(field));
    }
    fq_buf_add_char(buf, ']');
}

static bool json_is_there(const ProtobufCFieldDescriptor *field, const char *message)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return *(const uint32_t *)(const void *)(message + field->quantifier_offset) == field->id;
    return field->type != PROTOBUF_C_TYPE_MESSAGE ||
           *(const void *const *)(const void *)(message + field->offset) != NULL;
}

void ctl_json_add(struct fq_buf *buf, const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    fq_buf_add_char(buf, '{');
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            json_add_name(buf, fq_str_of(field->name));
            json_add_list(buf, field, base);
        } else if (json_is_there(field, base)) {
            json_add_name(buf, fq_str_of(field->name));
            json_add_value(buf, field, base + field->offset);
        }
    }
    fq_buf_add_char(buf, '}');
}

/* Nested as deep as fq_json_read() takes it. */
void ctl_json_add_value(struct fq_buf *buf, const struct fq_json *value)
{
    bool is_list = value->type == FQ_JSON_LIST;
    if (value->type == FQ_JSON_NUMBER)
        fq_buf_printf(buf, "%" PRId64, value->number);
    else if (value->type == FQ_JSON_BOOL)
        fq_buf_add(buf, value->number != 0 ? fq_lit("true") : fq_lit("false"));
    else if (value->type == FQ_JSON_TEXT)
        ctl_json_add_text(buf, value->text);
    else if (value->type == FQ_JSON_NULL)
        fq_buf_add(buf, fq_lit("null"));
    if (!is_list && value->type != FQ_JSON_OBJECT)
        return;
    fq_buf_add_char(buf, is_list ? '[' : '{');
    for (const struct fq_json *one = value->first; one != NULL; one = one->next) {
        if (is_list && one != value->first)
            fq_buf_add_char(buf, ',');
        else if (!is_list)
            json_add_name(buf, one->name);
        ctl_json_add_value(buf, one);
    }
    fq_buf_add_char(buf, is_list ? ']' : '}');
}

/* NOLINTEND(misc-no-recursion) */

int ctl_json_print(struct fq_buf *buf)
{
    struct fq_str text;
    if (fq_buf_finish(buf, &text) != 0)
        return ctl_complain(CTL_REFUSED, "too long to be printed");
    (void)fwrite(text.ptr, 1, text.len, stdout);
    (void)fputc('\n', stdout);
    return CTL_OK;
}
