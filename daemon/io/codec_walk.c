/* SPDX-License-Identifier: Apache-2.0 */
/* Walks wire bytes along protobuf-c's descriptors, because its unpacker cuts strings at NUL, takes
 * bad UTF-8 and unknown enum values, and recurses as deep as the message says. */
#include "daemon/io/codec_walk.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "proto/fenqi.pb-c.h"

#define VARINT_SIZE_MAX 10
#define TAG_SIZE_MAX    5
#define PATH_SIZE_MAX   256
#define FIELDS_MAX      64 /* of one message type */

/* The lengths and counts that proto/fenqi.proto promises; of every other field: FQ_WALK_TEXT_MAX,
 * FQ_WALK_REPEATED_MAX. */
static const struct walk_row {
    const ProtobufCMessageDescriptor *type;
    uint32_t number;
    size_t size_max;
    size_t n_max;       /* 0: FQ_WALK_REPEATED_MAX */
    const char *reason; /* if it is longer; NULL: TOO_LONG */
    const char *text;
} walk_rows[] = {
    { &fenqi__v1__money__descriptor, 2, 8, 0, NULL, NULL },         /* currency */
    { &fenqi__v1__order_line__descriptor, 2, 128, 0, NULL, NULL },  /* name */
    { &fenqi__v1__quote_plans__descriptor, 3, 32, 16, NULL, NULL }, /* channels */
    { &fenqi__v1__quote_plans__descriptor, 5, 32, 0, NULL, NULL },  /* issuer */
    { &fenqi__v1__quote_plans__descriptor, 6, 8, 0, "CARD_PREFIX_TOO_LONG",
      "at most 8 digits: card numbers stay at the platform" },
    { &fenqi__v1__payer__descriptor, 3, 32, 0, NULL, NULL },            /* document_number */
    { &fenqi__v1__payer__descriptor, 4, 20, 0, NULL, NULL },            /* phone */
    { &fenqi__v1__buyer__descriptor, 1, 45, 0, NULL, NULL },            /* ip */
    { &fenqi__v1__buyer__descriptor, 2, 512, 0, NULL, NULL },           /* user_agent */
    { &fenqi__v1__create_payment__descriptor, 3, 8192, 0, NULL, NULL }, /* quote */
    { &fenqi__v1__create_payment__descriptor, 5, 128, 0, NULL, NULL },  /* subject */
    { &fenqi__v1__create_payment__descriptor, 7, 512, 0, NULL, NULL },  /* return_url */
    { &fenqi__v1__create_refund__descriptor, 4, 128, 0, NULL, NULL },   /* reason */
};

static const struct walk_row *walk_find(const ProtobufCMessageDescriptor *type, uint32_t number)
{
    for (size_t i = 0; i < fq_array_size(walk_rows); i++) {
        if (walk_rows[i].type == type && walk_rows[i].number == number)
            return &walk_rows[i];
    }
    return NULL;
}

size_t fq_walk_text_max(const ProtobufCMessageDescriptor *type, uint32_t number)
{
    const struct walk_row *row = walk_find(type, number);
    return row != NULL ? row->size_max : FQ_WALK_TEXT_MAX;
}

/* ---- the wire ---- */

static int wire_varint(struct fq_str *bytes, size_t size_max, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes->len && i < size_max; i++) {
        uint64_t bits = (unsigned char)bytes->ptr[i] & 0x7fu;
        if (i == VARINT_SIZE_MAX - 1 && bits > 1)
            return FQ_WIRE_E_MALFORMED;
        value |= bits << (7 * i);
        if (((unsigned char)bytes->ptr[i] & 0x80u) == 0) {
            *bytes = fq_str_sub(*bytes, i + 1, bytes->len);
            *ret = value;
            return 0;
        }
    }
    return FQ_WIRE_E_MALFORMED;
}

static int wire_skip(struct fq_str *bytes, size_t size)
{
    if (size > bytes->len)
        return FQ_WIRE_E_MALFORMED;
    *bytes = fq_str_sub(*bytes, size, bytes->len);
    return 0;
}

int fq_wire_next(struct fq_str *bytes, struct fq_wire_field *ret)
{
    uint64_t tag = 0;
    uint64_t size = 0;
    *ret = (struct fq_wire_field){ 0 };
    if (wire_varint(bytes, TAG_SIZE_MAX, &tag) != 0 || tag > UINT32_MAX || tag >> 3 == 0)
        return FQ_WIRE_E_MALFORMED;
    ret->number = (uint32_t)(tag >> 3);
    ret->type = (uint32_t)(tag & 7);
    switch (ret->type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return wire_varint(bytes, VARINT_SIZE_MAX, &ret->value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return wire_skip(bytes, 8);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return wire_skip(bytes, 4);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        if (wire_varint(bytes, TAG_SIZE_MAX, &size) != 0)
            return FQ_WIRE_E_MALFORMED;
        ret->bytes = fq_str_sub(*bytes, 0, size);
        return wire_skip(bytes, size);
    default: /* groups, and what was never defined */
        return FQ_WIRE_E_MALFORMED;
    }
}

/* ---- the walk ---- */

/* One message that is open. */
struct walk_level {
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor *field; /* of this level: the one looked at */
    struct fq_str left;
    uint64_t seen; /* bit per field of `type` */
    uint8_t n_repeated[FIELDS_MAX];
};

struct walk {
    struct walk_level levels[FQ_WALK_DEPTH_MAX];
    size_t depth;
    size_t n_unknown;
    bool refuse_unknown;
    struct fq_arena *arena;
    struct fq_status *status;
};

/* Names the field that the walk looks at: "create_payment.amount.minor", unknown ones by number. */
static const char *walk_path(const struct walk *walk, const struct fq_wire_field *wire)
{
    struct fq_buf path;
    struct fq_str text = { NULL, 0 };
    fq_buf_init(&path, walk->arena, PATH_SIZE_MAX);
    for (size_t i = 0; i < walk->depth; i++) {
        const ProtobufCFieldDescriptor *field = walk->levels[i].field;
        if (i > 0 && (field != NULL || wire->number != 0))
            fq_buf_add_char(&path, '.');
        if (field != NULL)
            fq_buf_add(&path, fq_str_of(field->name));
        else if (wire->number != 0)
            fq_buf_printf(&path, "%u", wire->number);
    }
    return fq_buf_finish(&path, &text) == 0 ? text.ptr : NULL;
}

static int walk_refuse(const struct walk *walk, const struct fq_wire_field *wire,
                       const char *reason, struct fq_str text)
{
    *walk->status = fq_status_invalid(walk_path(walk, wire), reason, text);
    return FQ_WALK_E_REFUSED;
}

static int walk_unknown(struct walk *walk, const struct fq_wire_field *wire)
{
    if (walk->refuse_unknown)
        return walk_refuse(walk, wire, "UNKNOWN_FIELD",
                           fq_lit("a request that changes state has a field unknown here"));
    if (++walk->n_unknown > FQ_WALK_UNKNOWN_MAX)
        return walk_refuse(walk, wire, "TOO_MANY", fq_lit("too many unknown fields"));
    return 0;
}

/* Singular fields at most once, and at most one member of a oneof: the unpacker would keep the
 * last or merge, and others the first. */
static int walk_count(struct walk *walk, const struct fq_wire_field *wire)
{
    struct walk_level *level = &walk->levels[walk->depth - 1];
    const ProtobufCFieldDescriptor *field = level->field;
    size_t place = (size_t)(field - level->type->fields);
    fq_assert(level->type->n_fields <= FIELDS_MAX);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        const struct walk_row *row = walk_find(level->type, wire->number);
        if (++level->n_repeated[place] >
            (row != NULL && row->n_max > 0 ? row->n_max : FQ_WALK_REPEATED_MAX))
            return walk_refuse(walk, wire, "TOO_MANY", fq_lit("too many elements"));
        return 0;
    }
    for (unsigned i = 0; i < level->type->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &level->type->fields[i];
        bool is_rival = other == field || ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
                                           (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
                                           other->quantifier_offset == field->quantifier_offset);
        if (is_rival && (level->seen >> i & 1) != 0)
            return walk_refuse(walk, wire, "GIVEN_TWICE", fq_lit("a field is given twice"));
    }
    level->seen |= UINT64_C(1) << place;
    return 0;
}

static int walk_text(const struct walk *walk, const struct fq_wire_field *wire)
{
    const struct walk_level *level = &walk->levels[walk->depth - 1];
    if (wire->bytes.len > fq_walk_text_max(level->type, wire->number)) {
        const struct walk_row *row = walk_find(level->type, wire->number);
        if (row != NULL && row->reason != NULL)
            return walk_refuse(walk, wire, row->reason, fq_str_of(row->text));
        return walk_refuse(walk, wire, "TOO_LONG", fq_lit("a field is too long"));
    }
    if (level->field->type == PROTOBUF_C_TYPE_BYTES || wire->bytes.len == 0)
        return 0;
    if (memchr(wire->bytes.ptr, '\0', wire->bytes.len) != NULL)
        return walk_refuse(walk, wire, "HAS_NUL", fq_lit("a text has a NUL in it"));
    if (!fq_str_is_utf8(wire->bytes))
        return walk_refuse(walk, wire, "NOT_UTF8", fq_lit("a text is not UTF-8"));
    return 0;
}

static int walk_number(const struct walk *walk, const struct fq_wire_field *wire)
{
    const ProtobufCFieldDescriptor *field = walk->levels[walk->depth - 1].field;
    int64_t value = (int64_t)wire->value;
    bool is_int32 = value >= INT32_MIN && value <= INT32_MAX;
    if (field->type == PROTOBUF_C_TYPE_INT32 && !is_int32)
        return walk_refuse(walk, wire, "OUT_OF_RANGE", fq_lit("more than 32 bits"));
    if (field->type == PROTOBUF_C_TYPE_ENUM &&
        (!is_int32 || protobuf_c_enum_descriptor_get_value(field->descriptor, (int)value) == NULL))
        return walk_refuse(walk, wire, "UNKNOWN_VALUE", fq_lit("a word that is unknown here"));
    return 0;
}

static int walk_enter(struct walk *walk, const struct fq_wire_field *wire)
{
    if (walk->depth == FQ_WALK_DEPTH_MAX)
        return walk_refuse(walk, wire, "TOO_DEEP", fq_lit("messages nest too deep"));
    const ProtobufCFieldDescriptor *field = walk->levels[walk->depth - 1].field;
    walk->levels[walk->depth++] =
        (struct walk_level){ .type = field->descriptor, .left = wire->bytes };
    return 0;
}

/* The only types that requests use, each with its one wire type; a test holds the proto to it. */
static int walk_field(struct walk *walk, const struct fq_wire_field *wire)
{
    const ProtobufCFieldDescriptor *field = walk->levels[walk->depth - 1].field;
    bool is_prefixed = field->type == PROTOBUF_C_TYPE_STRING ||
                       field->type == PROTOBUF_C_TYPE_BYTES ||
                       field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (wire->type !=
        (is_prefixed ? PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED : PROTOBUF_C_WIRE_TYPE_VARINT))
        return walk_refuse(walk, wire, "WRONG_TYPE", fq_lit("a field is of the wrong type"));
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return walk_enter(walk, wire);
    return is_prefixed ? walk_text(walk, wire) : walk_number(walk, wire);
}

static int walk_step(struct walk *walk)
{
    struct walk_level *level = &walk->levels[walk->depth - 1];
    struct fq_wire_field wire;
    level->field = NULL;
    if (fq_wire_next(&level->left, &wire) != 0) {
        wire.number = 0;
        return walk_refuse(walk, &wire, "MALFORMED", fq_lit("not a protobuf message"));
    }
    level->field = protobuf_c_message_descriptor_get_field(level->type, wire.number);
    if (level->field == NULL)
        return walk_unknown(walk, &wire);
    int r = walk_count(walk, &wire);
    return r != 0 ? r : walk_field(walk, &wire);
}

int fq_walk_check(struct fq_str bytes, const ProtobufCMessageDescriptor *type, bool refuse_unknown,
                  struct fq_arena *arena, struct fq_status *reterr_status)
{
    struct walk walk = { .arena = arena,
                         .status = reterr_status,
                         .refuse_unknown = refuse_unknown,
                         .levels[0] = { .type = type, .left = bytes },
                         .depth = 1 };
    while (walk.depth > 0) {
        if (walk.levels[walk.depth - 1].left.len == 0) {
            walk.depth--;
        } else if (walk_step(&walk) != 0) {
            return FQ_WALK_E_REFUSED;
        }
    }
    return 0;
}
