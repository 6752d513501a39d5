/* SPDX-License-Identifier: Apache-2.0 */
/* Checks, writes and reads a payer, and looks for one in texts. */
#include "daemon/core/payer.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/fact.h"

#define NAME_SIZE_MAX   64
#define NUMBER_SIZE_MAX 32
#define PHONE_SIZE_MIN  5
#define PHONE_SIZE_MAX  20
#define CARD_SIZE       18 /* of an identity card's number */
#define TEXT_SIZE_MAX   4096

static const char *const document_names[] = {
    [FQ_DOCUMENT_UNSET] = NULL,
    [FQ_DOCUMENT_IDENTITY_CARD] = "IDENTITY_CARD",
    [FQ_DOCUMENT_PASSPORT] = "PASSPORT",
    [FQ_DOCUMENT_OFFICER_CARD] = "OFFICER_CARD",
    [FQ_DOCUMENT_SOLDIER_CARD] = "SOLDIER_CARD",
    [FQ_DOCUMENT_HOKOU] = "HOKOU",
};

struct fq_str fq_document_name(uint32_t document_type)
{
    return fq_str_of(document_type < fq_array_size(document_names) ? document_names[document_type]
                                                                   : NULL);
}

/* ---- can there be such a person? ---- */

/* Control characters of ASCII, and those that UTF-8 writes as C2 80 to C2 9F. */
static bool payer_is_name(struct fq_str name)
{
    if (name.len == 0 || name.len > NAME_SIZE_MAX || !fq_str_is_utf8(name) || !fq_str_is_line(name))
        return false;
    for (size_t i = 0; i + 1 < name.len; i++) {
        if ((unsigned char)name.ptr[i] == 0xc2 && (unsigned char)name.ptr[i + 1] < 0xa0)
            return false;
    }
    return true;
}

/*= GB 11643: the last character is that of "10X98765432" at the sum of digit times weight, modulo
 * 11; the weights are powers of two modulo 11, from the right. */
static bool payer_is_card_number(struct fq_str number)
{
    unsigned sum = 0;
    for (size_t i = 0; i + 1 < CARD_SIZE; i++) {
        if (number.ptr[i] < '0' || number.ptr[i] > '9')
            return false;
        sum = sum * 2 + (unsigned)(number.ptr[i] - '0') * 2;
    }
    char last = number.ptr[CARD_SIZE - 1];
    return "10X98765432"[sum % 11] == (last == 'x' ? 'X' : last);
}

static bool payer_is_phone(struct fq_str phone)
{
    for (size_t i = 0; i < phone.len; i++) {
        if (phone.ptr[i] != '+' && phone.ptr[i] != '-' &&
            (phone.ptr[i] < '0' || phone.ptr[i] > '9'))
            return false;
    }
    return phone.len >= PHONE_SIZE_MIN && phone.len <= PHONE_SIZE_MAX;
}

static struct fq_status payer_check_document(const struct fq_payer *payer)
{
    static const char *const field = "create_payment.payer.document_number";
    struct fq_str number = payer->document_number;
    bool has_type = payer->document_type != FQ_DOCUMENT_UNSET;
    if (payer->document_type >= fq_array_size(document_names) || (number.len > 0 && !has_type))
        return fq_status_invalid("create_payment.payer.document_type", "DOCUMENT_TYPE_INVALID",
                                 fq_lit("must be named with a document_number"));
    if (number.len == 0 && !has_type)
        return (struct fq_status){ 0 };
    if (number.len > NUMBER_SIZE_MAX || !fq_str_is_word(number, NULL))
        return fq_status_invalid(field, "DOCUMENT_NUMBER_INVALID",
                                 fq_lit("must be 1 to 32 letters and digits"));
    if (payer->document_type == FQ_DOCUMENT_IDENTITY_CARD && number.len == CARD_SIZE &&
        !payer_is_card_number(number))
        return fq_status_invalid(field, "DOCUMENT_NUMBER_INVALID",
                                 fq_lit("its check digit is wrong: there is no such card"));
    return (struct fq_status){ 0 };
}

struct fq_status fq_payer_check(const struct fq_payer *payer)
{
    if (!payer_is_name(payer->name))
        return fq_status_invalid("create_payment.payer.name", "PAYER_NAME_INVALID",
                                 fq_lit("must be 1 to 64 bytes without control characters"));
    struct fq_status status = payer_check_document(payer);
    if (status.code == FQ_CODE_OK && payer->phone.len > 0 && !payer_is_phone(payer->phone))
        return fq_status_invalid("create_payment.payer.phone", "PAYER_PHONE_INVALID",
                                 fq_lit("must be 5 to 20 of digits, + and -"));
    return status;
}

/* ---- the text ---- */

int fq_payer_write(const struct fq_payer *payer, struct fq_arena *arena, struct fq_str *ret)
{
    struct fq_buf buf;
    fq_buf_init(&buf, arena, TEXT_SIZE_MAX);
    fq_fact_add_text(&buf, "form", "payer.1");
    fq_fact_add(&buf, "name", payer->name);
    fq_fact_add_int(&buf, "document_type", payer->document_type);
    fq_fact_add(&buf, "document_number", payer->document_number);
    fq_fact_add(&buf, "phone", payer->phone);
    FQ_TRY(fq_buf_finish(&buf, ret));
    return 0;
}

int fq_payer_read(struct fq_str text, struct fq_arena *arena, struct fq_payer *ret)
{
    struct fq_pairs facts;
    int64_t type = 0;
    if (fq_facts_read(text, arena, &facts) != 0 ||
        !fq_str_equal(fq_facts_get(facts, "form"), fq_lit("payer.1")) ||
        fq_facts_get_int(facts, "document_type", 0, FQ_DOCUMENT_HOKOU, &type) != 0)
        return FQ_PAYER_E_MALFORMED;
    *ret = (struct fq_payer){ .name = fq_facts_get(facts, "name"),
                              .document_type = (uint32_t)type,
                              .document_number = fq_facts_get(facts, "document_number"),
                              .phone = fq_facts_get(facts, "phone") };
    return 0;
}

/* ---- does one show? ---- */

static int shows_hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Two digits at `at`; -1: there are none. */
static int shows_hex(struct fq_str text, size_t at)
{
    int high = at + 1 < text.len ? shows_hex_digit(text.ptr[at]) : -1;
    int low = high >= 0 ? shows_hex_digit(text.ptr[at + 1]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

/* Each reads one byte and returns how many characters it took; 0: there is none. */
typedef size_t shows_read_fn(struct fq_str text, size_t at, unsigned char *ret);

static size_t shows_read_hex(struct fq_str text, size_t at, unsigned char *ret)
{
    int byte = shows_hex(text, at);
    *ret = (unsigned char)byte;
    return byte >= 0 ? 2 : 0;
}

/* What is plain stands for itself; %25E5 is %E5 is the byte. */
static size_t shows_read_percent(struct fq_str text, size_t at, unsigned char *ret)
{
    int byte = text.ptr[at] == '%' ? shows_hex(text, at + 1) : -1;
    int inner = byte == '%' ? shows_hex(text, at + 3) : -1;
    *ret = (unsigned char)(inner >= 0 ? inner : byte >= 0 ? byte : text.ptr[at]);
    return inner >= 0 ? 5 : byte >= 0 ? 3 : 1;
}

/* The same in a form's words, and both alphabets of base64. */
static unsigned char shows_fold(unsigned char c)
{
    return c == '+' || c == '-' ? ' ' : c == '_' ? '/' : c;
}

static bool shows_at(struct fq_str text, size_t at, struct fq_str value, shows_read_fn *read)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = 0;
        size_t taken = at < text.len ? read(text, at, &byte) : 0;
        if (taken == 0 || shows_fold(byte) != shows_fold((unsigned char)value.ptr[i]))
            return false;
        at += taken;
    }
    return true;
}

static bool shows_as(struct fq_str text, struct fq_str value, shows_read_fn *read)
{
    for (size_t at = 0; at < text.len; at++) {
        if (shows_at(text, at, value, read))
            return true;
    }
    return false;
}

/* The characters of base64 that `value` makes for sure if `n_before` bytes (modulo 3) stand before
 * it. */
static struct fq_str shows_base64(struct fq_str value, size_t n_before, char *room)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t bit = n_before * 4 % 6; bit + 6 <= 8 * value.len; bit += 6) {
        unsigned two = (unsigned char)value.ptr[bit / 8];
        two = two << 8 | (bit / 8 + 1 < value.len ? (unsigned char)value.ptr[bit / 8 + 1] : 0);
        room[n++] = alphabet[two >> (10 - bit % 8) & 63];
    }
    return (struct fq_str){ room, n };
}

static bool shows_value(struct fq_str text, struct fq_str value)
{
    char room[NAME_SIZE_MAX * 8 / 6 + 1];
    if (value.len < FQ_PAYER_SHOWS_MIN || value.len > NAME_SIZE_MAX || text.len == 0)
        return false;
    bool shows = memmem(text.ptr, text.len, value.ptr, value.len) != NULL ||
                 shows_as(text, value, shows_read_percent) || shows_as(text, value, shows_read_hex);
    for (size_t n_before = 0; n_before < 3 && !shows; n_before++)
        shows = shows_as(text, shows_base64(value, n_before, room), shows_read_percent);
    fq_wipe(room, sizeof(room));
    return shows;
}

bool fq_payer_shows(const struct fq_payer *payer, struct fq_str text)
{
    return shows_value(text, payer->name) || shows_value(text, payer->document_number) ||
           shows_value(text, payer->phone);
}
