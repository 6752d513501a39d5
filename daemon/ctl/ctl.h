/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of fenqictl share: one command at a time, its options, and what it prints. */
#ifndef FQ_CTL_CTL_H
#define FQ_CTL_CTL_H

#include <stdio.h>

#include "daemon/base/buf.h"
#include "proto/client/fenqi.h"

/* What the process ends with. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,   /* the daemon said no, or it could not be done */
    CTL_USAGE = 2,     /* wrong arguments, or a file that is named by them */
    CTL_NO_ANSWER = 3, /* the daemon may or may not have done it */
    CTL_UNPROVEN = 4,  /* a signature, or a chain, that does not hold */
};

enum ctl_option {
    CTL_CONFIG,
    CTL_SERVER,
    CTL_SERVER_KEY,
    CTL_CLIENT_KEY,
    CTL_KEYS,
    CTL_TIMEOUT,
    CTL_JSON,
    CTL_SAVE,
    CTL_AMOUNT,
    CTL_CURRENCY,
    CTL_TERMINAL,
    CTL_CHANNEL,
    CTL_SCHEDULE,
    CTL_ORDER,
    CTL_SUBJECT,
    CTL_RETURN_URL,
    CTL_INSTALMENTS,
    CTL_BEARER,
    CTL_KEY,
    CTL_REFRESH,
    CTL_WAIT,
    CTL_REASON,
    CTL_FROM,
    CTL_LIMIT,
    CTL_STATUS,
    CTL_STORE,
    CTL_KEY_ID,
    CTL_ISSUER,
    CTL_CARD_PREFIX,
    CTL_PAYER_FILE,
    CTL_PFX,
    CTL_PASSWORD_FILE,
    CTL_OUT,
    CTL_NAME,
    CTL_BUYER,
    CTL_CONTROL,
    CTL_AS,
    CTL_EVIDENCE,
    CTL_BY,
    CTL_AND,
    CTL_NOTE,
    CTL_ATTEMPT,
    CTL_STATE,
    CTL_MERCHANT,
    CTL_SINCE,
    CTL_UNTIL,
    CTL_ONCE,
    CTL_EVERY,
    CTL_PUBLIC_KEY,
    CTL_CURVE,
    CTL_FORCE,
    CTL_OPTION_N
};

#define CTL_BIT(option)   (UINT64_C(1) << (option))
#define CTL_ARGUMENTS_MAX 4

/* One run of fenqictl. */
struct ctl {
    struct fq_arena *arena;
    const char *values[CTL_OPTION_N]; /* NULL: not given; "" for those that take no value */
    const char *arguments[CTL_ARGUMENTS_MAX];
    size_t n_arguments;
    struct fenqi_client *client; /* of the first question (ask.c) */
};

static inline bool ctl_has(const struct ctl *ctl, enum ctl_option option)
{
    return ctl->values[option] != NULL;
}

/* "fenqictl: ..." to stderr; returns `code`, so that a command ends with it (print.c). */
int ctl_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- the commands; each returns an enum ctl_exit ---- */

int ctl_keygen(struct ctl *ctl);
int ctl_keygen_client(struct ctl *ctl);
int ctl_key_import(struct ctl *ctl);
int ctl_key_list(struct ctl *ctl);
int ctl_key_rotate(struct ctl *ctl);
int ctl_key_retire(struct ctl *ctl);
int ctl_quote(struct ctl *ctl);
int ctl_channels(struct ctl *ctl);
int ctl_pay(struct ctl *ctl);
int ctl_get(struct ctl *ctl);
int ctl_close(struct ctl *ctl);
int ctl_refund(struct ctl *ctl);
int ctl_get_refund(struct ctl *ctl);
int ctl_events(struct ctl *ctl);
int ctl_group_list(struct ctl *ctl);
int ctl_group_remove(struct ctl *ctl);
int ctl_info(struct ctl *ctl);
int ctl_verify(struct ctl *ctl);
int ctl_journal(struct ctl *ctl);
int ctl_why(struct ctl *ctl);
int ctl_journal_export(struct ctl *ctl);
int ctl_journal_verify(struct ctl *ctl);
int ctl_backup(struct ctl *ctl);
int ctl_completion(struct ctl *ctl);
int ctl_status(struct ctl *ctl);
int ctl_top(struct ctl *ctl);
int ctl_unknown(struct ctl *ctl);
int ctl_payments_show(struct ctl *ctl);
int ctl_payments_list(struct ctl *ctl);
int ctl_channel_pause(struct ctl *ctl);
int ctl_channel_resume(struct ctl *ctl);
int ctl_reload(struct ctl *ctl);
int ctl_log_level(struct ctl *ctl);
int ctl_adapter_list(struct ctl *ctl);
int ctl_adapter_reload(struct ctl *ctl);
int ctl_merchant_list(struct ctl *ctl);
int ctl_merchant_add(struct ctl *ctl);
int ctl_merchant_disable(struct ctl *ctl);
int ctl_merchant_enable(struct ctl *ctl);
int ctl_retry(struct ctl *ctl);
int ctl_resolve(struct ctl *ctl);
int ctl_config_check(struct ctl *ctl);
int ctl_config_diff(struct ctl *ctl);

/* ---- options (options.c) ---- */

/* Reads a command's words behind its name into `ctl`; only options of the set `allowed` are taken.
 * False: it was said what is wrong. */
bool ctl_options_read(struct ctl *ctl, int argc, char **argv, uint64_t allowed);
void ctl_options_print(FILE *file, uint64_t allowed);

/* What completion tells of an option. */
struct ctl_option_about {
    const char *name;
    char letter;       /* 0: it has none */
    const char *value; /* NULL: takes none */
    bool is_file;
    const char *help;
    const char *choices; /* words with a space between; NULL: any */
};

struct ctl_option_about ctl_option_about(enum ctl_option option);

/* Fills what was not given from the profile (-c FILE, or $FENQICTL_PROFILE): lines of "name value",
 * with the names of options; files are taken relative to the profile. */
int ctl_profile_read(struct ctl *ctl);

/* ---- words into numbers (amount.c) ---- */

enum {
    CTL_AMOUNT_E_FORM = 1,
    CTL_AMOUNT_E_RANGE,
};

/* "6999.00", "6999.5" or "6999" into 699900, 699950, 699900: at most two digits behind the point,
 * above 0, at most FQ_MONEY_MINOR_MAX. */
int ctl_amount_read(struct fq_str text, int64_t *ret_minor);

/* An option's whole number within [min, max]; not given: `otherwise`. */
int ctl_number_read(const struct ctl *ctl, enum ctl_option option, int64_t min, int64_t max,
                    int64_t otherwise, int64_t *ret);

/* An option's moment: "2026-11-01 00:00" in Beijing (seconds too, or the day alone), or so long
 * ago, "90min", "7d"; not given: 0. */
int ctl_moment_read(struct ctl *ctl, enum ctl_option option, int64_t *ret_unix_ms);

/* ---- files (file.c) ---- */

/* At most `size_max` bytes, with a NUL behind them; a private one must keep strangers out. "-" is
 * what is piped in. */
int ctl_file_read(struct ctl *ctl, const char *path, bool is_private, size_t size_max,
                  struct fq_str *ret);
/* The first line, without its end. */
int ctl_file_read_line(struct ctl *ctl, const char *path, bool is_private, struct fq_str *ret);
/* A new file, on the disk when this returns. -EEXIST if there is one. Negative: -errno. */
int ctl_file_make(const char *path, bool is_private, struct fq_str content);
/* SHA-256 of what is in a file, 64 hex digits. (operator.c) */
int ctl_file_digest(const char *path, char ret[65]);
/* Writes or replaces one. */
int ctl_file_put(const char *path, struct fq_str content);

/* A file of the configuration, new or in the place of an old one, on the disk when this returns;
 * never half. Keeps the old one's mode and group, a new one gets 0640 and its folder's. (replace.c)
 */
int ctl_file_replace(struct ctl *ctl, const char *path, struct fq_str content);

struct ctl_new_file {
    struct fq_str name; /* in the folder */
    bool is_private;
    struct fq_str content; /* NUL-terminated memory of ours, if private: wiped in the end */
    struct fq_str where;   /* it goes: for people */
};

/* Makes the folder, if need be, and all of the files in it or none, and prints what there is now.
 * Nothing is ever overwritten. */
int ctl_files_make(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                   size_t n_files);
/* The same; prints nothing with --json. */
int ctl_files_make_quietly(struct ctl *ctl, const char *folder, const struct ctl_new_file *files,
                           size_t n_files);

/* ---- new keys as the content of their files (keygen.c) ---- */

int ctl_keygen_curve(struct ctl *ctl, struct fq_str *ret_public, struct fq_str *ret_secret);
int ctl_keygen_signing(struct ctl *ctl, const char *key_id, struct fq_str *ret_public,
                       struct fq_str *ret_pem);

/* ---- CURVE keys (curve.c) ---- */

#define CTL_CURVE_KEY_LEN 40 /* Z85 */

int ctl_curve_make(char ret_public[CTL_CURVE_KEY_LEN + 1], char ret_secret[CTL_CURVE_KEY_LEN + 1]);
/* False: not a secret key in Z85. */
bool ctl_curve_public(const char *secret, char ret_public[CTL_CURVE_KEY_LEN + 1]);

/* ---- asking (ask.c) ---- */

/* Loads --keys. */
int ctl_keys_load(struct ctl *ctl, struct fenqi_key keys[FENQI_KEYS_MAX], size_t *ret_n);

/* Asks the daemon, waiting `wait_ms` longer than for other questions. CTL_OK: a verified answer
 * that is no error. Otherwise everything has been said and printed. */
int ctl_ask(struct ctl *ctl, const Fenqi__V1__Request *request, int64_t wait_ms,
            struct fenqi_reply **ret);
/* Says what an error in a verified reply means, on stderr. */
void ctl_say_error(const Fenqi__V1__Error *error);
/* Prints the answer (--json, or by `show`), and keeps it (--save). */
int ctl_answer(struct ctl *ctl, const struct fenqi_reply *reply);

/* Asks a running fenqid over its control socket (--control, or the configuration's). CTL_OK: *ret
 * is the answer, printed already with --json; otherwise everything has been said. (control.c) */
struct fq_json;
int ctl_control(struct ctl *ctl, const char *method, const char *path, struct fq_str body,
                const struct fq_json **ret);
/* The same for a command that needs several answers: a good one is not printed. */
int ctl_control_part(struct ctl *ctl, const char *method, const char *path, struct fq_str body,
                     const struct fq_json **ret);

/* Which plans are meant (quote.c). */
struct ctl_choice {
    int32_t instalments; /* 0: any */
    int bearer;          /* 0: any */
};

int ctl_choice_read(struct ctl *ctl, struct ctl_choice *ret);
bool ctl_choice_fits(const struct ctl_choice *choice, const Fenqi__V1__Plan *plan);

/* --amount and --currency, and a new idempotency key (quote.c). */
int ctl_money_read(struct ctl *ctl, Fenqi__V1__Money *ret);
struct fq_str ctl_key_make(struct ctl *ctl);

/* --payer-file: who is to pay (payer.c). */
int ctl_payer_read(struct ctl *ctl, Fenqi__V1__Payer *ret, bool *ret_is_given);

/* ---- text for people (show.c) ---- */

/* What a verified reply says. */
void ctl_show_reply(struct ctl *ctl, const struct fenqi_reply *reply);
/* "2026-03-04 12:00:00", Beijing time; "-" for never. */
struct fq_str ctl_time_text(struct ctl *ctl, int64_t unix_ms);
/* "6999.00" */
struct fq_str ctl_minor_text(struct ctl *ctl, int64_t minor);
/* 1357 basis points: "13.57%" */
struct fq_str ctl_percent_text(struct ctl *ctl, int64_t bp);
/* The plans of QuotePlans (show_plans.c), the channels of ListChannels (show_channels.c). */
void ctl_show_plans(struct ctl *ctl, const Fenqi__V1__QuotePlansResult *result);
void ctl_show_channels(struct ctl *ctl, const Fenqi__V1__ChannelList *list);

/* ---- words of fenqi.proto (word.c) ---- */

/* "PAYMENT_STATE_PAID" -> "PAID". */
struct fq_str ctl_word(const ProtobufCEnumDescriptor *descriptor, int value);
/* "mobile-web" -> TERMINAL_MOBILE_WEB; false if there is none. */
bool ctl_word_read(struct ctl *ctl, const ProtobufCEnumDescriptor *descriptor, const char *text,
                   int *ret);

/* ---- tables (print.c) ---- */

#define CTL_COLUMNS_MAX 10

struct ctl_row;

struct ctl_table {
    struct fq_arena *arena;
    const char *columns; /* 'l' or 'r' for each */
    int indent;
    struct ctl_row *rows;
    struct ctl_row **rows_end;
};

void ctl_table_init(struct ctl_table *table, struct fq_arena *arena, const char *columns,
                    int indent);
void ctl_table_add(struct ctl_table *table, const struct fq_str *cells, size_t n_cells);
#define ctl_table_row(table, ...)                                  \
    ctl_table_add((table), (const struct fq_str[]){ __VA_ARGS__ }, \
                  sizeof((const struct fq_str[]){ __VA_ARGS__ }) / sizeof(struct fq_str))
/* Columns are two spaces apart; Chinese characters count as the two columns that they take. */
void ctl_table_print(const struct ctl_table *table, FILE *file);
/* How many columns of a terminal the text takes. */
size_t ctl_width(struct fq_str text);

/* ---- JSON (json.c) ---- */

/* A message as proto3's JSON mapping has it, but: names as in fenqi.proto, 64-bit integers as
 * numbers, fields without presence always there. */
void ctl_json_add(struct fq_buf *buf, const ProtobufCMessage *message);
void ctl_json_add_text(struct fq_buf *buf, struct fq_str text);
/* A value that was read, as it was. */
struct fq_json;
void ctl_json_add_value(struct fq_buf *buf, const struct fq_json *value);
/* "name":"text", with a comma before it unless it is the first of its object. */
void ctl_json_add_member(struct fq_buf *buf, struct fq_str name, struct fq_str text);
/* Prints what was built, and a line end. */
int ctl_json_print(struct fq_buf *buf);

#endif
