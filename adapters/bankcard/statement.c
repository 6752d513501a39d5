/* SPDX-License-Identifier: Apache-2.0 */
/* The settlement file of a day: fetched, verified, unpacked, cut at its columns. */
#include "adapters/bankcard/bankcard.h"

#define STATEMENT_WAIT_MS     INT64_C(1800000)
#define STATEMENT_ENTRIES_MAX 16
#define STATEMENT_LINE_MIN    508 /* up to column 41 */

/* ---- asking for it ---- */

/*= fact sheet 4.9: "merId, settleDate=MMDD, txnTime, fileType=00, accessType + common fields". */
int bankcard_statement_begin(void *instance, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    const struct bankcard *self = instance;
    struct bankcard_request request;
    struct fq_str txn_time;
    if (call->day.len != 8 || !fq_slice_is_digits(call->day, 8))
        return host->fail(host, "no such day");
    if (bankcard_request_init(&request, self, host, BANKCARD_STATEMENT) != 0 ||
        bankcard_request_add_time(&request, "txnTime", call->now_unix_ms, &txn_time) != 0)
        return -1;
    bankcard_request_add(&request, "settleDate", (struct fq_str){ call->day.ptr + 4, 4 });
    bankcard_request_add(&request, "fileType", fq_slice("00"));
    return bankcard_request_send(&request, self->file_url, ret);
}

/* ---- unpacking ---- */

/*= fact sheet 4.9: "fileContent = base64( zlib-deflate( zip bytes ) )"; the zip holds
 * "INN<yymmdd>88ZM_<merId>" among others. Names choose an entry and nothing else: no file is made
 * of any, and fileName is not looked at. NULL, or why there is no such file. */
static const char *statement_unpack(const struct bankcard *self, const struct fq_host *host,
                                    struct fq_str content, struct fq_str *ret)
{
    struct fq_str packed, zip, name, needle, found;
    struct fq_text text;
    int r = 0;
    fq_text_init(&text, host, self->mer_id.len + 3);
    fq_text_add_of(&text, "ZM_");
    fq_text_add(&text, self->mer_id);
    if (!fq_text_finish(&text, &needle) || !fq_slice_from_base64(host, content, &packed))
        return "the settlement file is not base64";
    if (host->inflate(host, packed, 0, &name, &zip) != 0)
        return "the settlement file cannot be inflated";
    for (size_t i = 0; r == 0 && i < STATEMENT_ENTRIES_MAX; i++) {
        r = host->inflate(host, zip, i, &name, ret);
        if (r == 0 && fq_slice_find(name, needle, &found) && found.len == needle.len)
            return NULL;
    }
    return r < 0 ? "the settlement file cannot be unzipped" : "the settlement file has no details";
}

/* ---- its columns ---- */

/*= fact sheet 4.9: "CR LF lines, 42 fixed-width fields separated by one space"; "parse fixed fields
 * up to #41 and ignore the rest"; "slice by bytes". */
static const unsigned char statement_widths[] = { 3,  11, 11, 6,  10, 19, 12, 4,  2,  21, 2,
                                                  32, 2,  6,  10, 13, 13, 4,  15, 2,  2,  6,
                                                  2,  4,  32, 1,  21, 15, 1,  15, 32, 13, 13,
                                                  8,  32, 13, 13, 12, 2,  1,  32 };

/* Column numbers begin with 1, as in the fact sheet. */
enum {
    STATEMENT_AMOUNT = 7,
    STATEMENT_QUERY_ID = 10,
    STATEMENT_ORDER_ID = 12,
    STATEMENT_TXN_TYPE = 20,
    STATEMENT_MER_ID = 28,
    STATEMENT_SURCHARGE = 38,
    STATEMENT_TERMS = 39,
    STATEMENT_ORIGINAL = 41,
    STATEMENT_COLUMNS = 42,
};

static struct fq_str statement_trim(struct fq_str s)
{
    while (s.len > 0 && s.ptr[0] == ' ')
        s = (struct fq_str){ s.ptr + 1, s.len - 1 };
    while (s.len > 0 && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* Every column must end at a space: a byte too many or too few shifts them all. */
static bool statement_cut(struct fq_str line, struct fq_str columns[STATEMENT_COLUMNS])
{
    size_t at = 0;
    if (line.len < STATEMENT_LINE_MIN)
        return false;
    for (size_t i = 0; i < BANKCARD_COUNT(statement_widths); i++) {
        columns[i + 1] = statement_trim((struct fq_str){ line.ptr + at, statement_widths[i] });
        at += statement_widths[i];
        if (at < line.len && line.ptr[at++] != ' ')
            return false;
    }
    return true;
}

/* ---- its lines ---- */

/* The file is in GBK: only what is known to be digits goes into a text. */
static struct fq_str statement_proof(const struct fq_host *host, struct fq_str *columns)
{
    struct fq_str proof = { NULL, 0 }, surcharge = columns[STATEMENT_SURCHARGE];
    struct fq_text text;
    fq_text_init(&text, host, 64);
    fq_text_add_of(&text, "txnType=");
    fq_text_add(&text, columns[STATEMENT_TXN_TYPE]);
    fq_text_add_of(&text, " instalments=");
    fq_text_add(&text, columns[STATEMENT_TERMS]);
    if (surcharge.len == 12 && fq_slice_is_digits((struct fq_str){ surcharge.ptr + 1, 11 }, 11) &&
        fq_slice_has_any((struct fq_str){ surcharge.ptr, 1 }, "+-0CD")) {
        fq_text_add_of(&text, " surcharge=");
        fq_text_add(&text, surcharge);
    }
    fq_text_finish(&text, &proof);
    return proof;
}

/* FQ_OBJECT_UNSET: another shop's, another program's, or of a kind that is not ours. */
static uint32_t statement_object(const struct bankcard *self, struct fq_str *columns)
{
    if (!fq_slice_equal(columns[STATEMENT_MER_ID], self->mer_id) ||
        !fq_slice_is_word(columns[STATEMENT_ORDER_ID], 32))
        return FQ_OBJECT_UNSET;
    if (fq_slice_is_listed(columns[STATEMENT_TXN_TYPE], "01"))
        return FQ_OBJECT_PAYMENT;
    return fq_slice_is_listed(columns[STATEMENT_TXN_TYPE], "04 31") ? FQ_OBJECT_REFUND
                                                                    : FQ_OBJECT_UNSET;
}

/* False: what should be numbers are none, or there is no memory. */
static bool statement_take(const struct fq_host *host, uint32_t object, struct fq_str *columns,
                           const struct fq_statement_line **ret)
{
    struct fq_statement_line *line = host->alloc(host, sizeof(*line));
    int64_t minor, terms = 0;
    if (line == NULL || !bankcard_digits(columns[STATEMENT_AMOUNT], &minor) ||
        (columns[STATEMENT_TERMS].len > 0 && !bankcard_digits(columns[STATEMENT_TERMS], &terms)))
        return false;
    *line = (struct fq_statement_line){
        .struct_size = sizeof(*line),
        .object = object,
        .instalments = object == FQ_OBJECT_PAYMENT ? (uint32_t)terms : 0,
        .number = columns[STATEMENT_ORDER_ID],
        .amount = { minor, "CNY", 2 },
        .proof = statement_proof(host, columns),
    };
    if (fq_slice_is_word(columns[STATEMENT_QUERY_ID], 21))
        line->platform_ref = columns[STATEMENT_QUERY_ID];
    if (object == FQ_OBJECT_REFUND && fq_slice_is_word(columns[STATEMENT_ORIGINAL], 32))
        line->order_number = columns[STATEMENT_ORIGINAL];
    *ret = line;
    return line->proof.len > 0;
}

static int statement_refuse_line(const struct fq_host *host, size_t n_line)
{
    struct fq_text text;
    struct fq_str why;
    fq_text_init(&text, host, 80);
    fq_text_add_of(&text, "the settlement file is malformed in line ");
    fq_text_add_number(&text, (int64_t)n_line);
    fq_text_add_char(&text, '\0');
    return host->fail(host, fq_text_finish(&text, &why) ? why.ptr : "no memory for a statement");
}

static int statement_read(const struct bankcard *self, const struct fq_host *host,
                          struct fq_str file, struct fq_verdict *ret)
{
    struct fq_str columns[STATEMENT_COLUMNS], line;
    size_t n_max = file.len / STATEMENT_LINE_MIN + 1;
    const struct fq_statement_line **lines =
        host->alloc(host, n_max * sizeof(const struct fq_statement_line *));
    if (lines == NULL)
        return host->fail(host, "no memory for a statement");
    for (size_t n_line = 1; file.len > 0; n_line++) {
        fq_slice_cut(file, '\n', &line, &file);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        if (!statement_cut(line, columns))
            return statement_refuse_line(host, n_line);
        uint32_t object = statement_object(self, columns);
        if (object == FQ_OBJECT_UNSET)
            continue;
        if (!statement_take(host, object, columns, &lines[ret->n_lines]))
            return statement_refuse_line(host, n_line);
        ret->n_lines++;
    }
    ret->lines = lines;
    ret->has_statement = 1;
    return 0;
}

/* ---- the answer ---- */

int bankcard_statement_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                              const struct fq_message *message, struct fq_verdict *ret)
{
    const struct bankcard_asked asked = { .self = self, .host = host, .call = call };
    struct fq_pairs fields = { NULL, 0 };
    struct fq_str file;
    if (!FQ_HAS(ret, n_lines))
        return host->fail(host, "this daemon takes no statements");
    ret->retry_after_ms = STATEMENT_WAIT_MS;
    if (!bankcard_read(&asked, message, ret, &fields))
        return 0;
    struct fq_str date = fq_pairs_get(fields, "settleDate");
    if (!bankcard_is_kind(fields, BANKCARD_STATEMENT) ||
        (date.len > 0 && !fq_slice_equal(date, (struct fq_str){ call->day.ptr + 4, 4 })))
        return fq_verdict_unknown(ret, "the answer is about another day");
    /* 98, "file does not exist": yet, or because nothing happened that day. */
    if (bankcard_classify(fq_pairs_get(fields, "respCode")) != BANKCARD_DONE)
        return 0;
    const char *why = statement_unpack(self, host, fq_pairs_get(fields, "fileContent"), &file);
    if (why != NULL)
        return host->fail(host, why);
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->proof = fq_slice("txnType=76 respCode=00");
    ret->retry_after_ms = 0;
    return statement_read(self, host, file, ret);
}
