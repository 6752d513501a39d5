/* SPDX-License-Identifier: Apache-2.0 */
/* The options of all commands, and the profile that fills in those that are always the same. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

#define PROFILE_SIZE_MAX 16384

static const struct option_word {
    const char *name;
    char letter;
    bool in_profile;
    bool is_file;
    const char *value; /* NULL: takes none */
    const char *help;
} words[CTL_OPTION_N] = {
    [CTL_CONFIG] = { "config", 'c', false, true, "FILE",
                     "profile with options below, or (for operators) fenqid.conf" },
    [CTL_SERVER] = { "server", 's', true, false, "ENDPOINT", "the daemon, tcp://HOST:PORT" },
    [CTL_SERVER_KEY] = { "server-key", 0, true, true, "FILE", "its public CURVE key" },
    [CTL_CLIENT_KEY] = { "client-key", 0, true, true, "FILE", "our secret CURVE key" },
    [CTL_KEYS] = { "keys", 0, true, true, "FILE", "keys whose signatures are believed" },
    [CTL_TIMEOUT] = { "timeout", 0, true, false, "SECONDS", "for an answer (10)" },
    [CTL_JSON] = { "json", 0, false, false, NULL, "print JSON, with the names of fenqi.proto" },
    [CTL_SAVE] = { "save", 0, false, true, "FILE", "keep the signed reply: the receipt" },
    [CTL_AMOUNT] = { "amount", 0, false, false, "AMOUNT", "as in 6999.00" },
    [CTL_CURRENCY] = { "currency", 0, false, false, "CODE", "(CNY)" },
    [CTL_TERMINAL] = { "terminal", 0, false, false, "WORD",
                       "desktop, mobile-web, app, qr (desktop)" },
    [CTL_CHANNEL] = { "channel", 0, false, false, "NAME", "only this one" },
    [CTL_SCHEDULE] = { "schedule", 0, false, false, NULL, "every instalment of each plan" },
    [CTL_ORDER] = { "order", 0, false, false, "ID", "the shop's order" },
    [CTL_SUBJECT] = { "subject", 0, false, false, "TEXT", "what is bought" },
    [CTL_RETURN_URL] = { "return-url", 0, false, false, "URL",
                         "where the buyer goes afterwards, https" },
    [CTL_INSTALMENTS] = { "instalments", 0, false, false, "N", "of the plan" },
    [CTL_BEARER] = { "bearer", 0, false, false, "WORD",
                     "who pays its fee: buyer, merchant, shared" },
    [CTL_KEY] = { "key", 0, false, false, "KEY",
                  "idempotency key: the same one never does a thing twice (made up)" },
    [CTL_REFRESH] = { "refresh", 0, false, false, NULL, "ask the platform now" },
    [CTL_WAIT] = { "wait", 0, false, false, "SECONDS", "until it is decided" },
    [CTL_REASON] = { "reason", 0, false, false, "TEXT", "for the platform" },
    [CTL_FROM] = { "from", 0, false, false, "CURSOR", "after this one (0)" },
    [CTL_LIMIT] = { "limit", 0, false, false, "N", "at most so many (100)" },
    [CTL_STATUS] = { "status", 0, false, false, "TEXT",
                     "the signed status of a return URL, or the URL" },
    [CTL_STORE] = { "store", 0, false, true, "FILE", "the ledger, if not as configured" },
    [CTL_ISSUER] = { "issuer", 0, false, false, "ID",
                     "the bank whose card it will be; `fenqictl channels` names them" },
    [CTL_CARD_PREFIX] = { "card-prefix", 0, false, false, "DIGITS",
                          "or the card's first 4 to 8 digits, never more" },
    [CTL_PAYER_FILE] = { "payer-file", 0, false, true, "FILE",
                         "lines name=, document=TYPE:NUMBER, phone=; private, or - for a pipe" },
    [CTL_KEY_ID] = { "key-id", 0, false, false, "ID", "of the signing key (year and month)" },
    [CTL_PFX] = { "pfx", 0, false, true, "FILE", "PKCS#12, as the platform's authority gave it" },
    [CTL_PASSWORD_FILE] = { "password-file", 0, false, true, "FILE",
                            "its first line is the password (asked for)" },
    [CTL_OUT] = { "out", 0, false, true, "DIR", "where NAME.pem and NAME.crt are made" },
    [CTL_NAME] = { "name", 0, false, false, "NAME", "of the two files (the PFX file's)" },
    [CTL_BUYER] = { "buyer", 0, false, false, "REFERENCE",
                    "the shop's own id of its customer, for rules against cash-out" },
    [CTL_CONTROL] = { "control", 0, false, true, "PATH",
                      "fenqid's control socket (/run/fenqid/control, or as configured with -c)" },
    [CTL_AS] = { "as", 0, false, false, "WORD", "paid, unpaid, refunded, not-refunded, checked" },
    [CTL_EVIDENCE] = { "evidence", 0, false, true, "FILE",
                       "what proves it: a settlement file, say; keep it" },
    [CTL_BY] = { "by", 0, false, false, "NAME", "who vouches for it" },
    [CTL_AND] = { "and", 0, false, false, "NAME", "and the second person" },
    [CTL_NOTE] = { "note", 0, false, false, "TEXT", "for those who look later: why, which ticket" },
    [CTL_STATE] = { "state", 0, false, false, "WORD", "only these: open, paid, closed" },
    [CTL_MERCHANT] = { "merchant", 0, false, false, "ID", "only this one's" },
    [CTL_SINCE] = { "since", 0, false, false, "TIME",
                    "made then or later: \"2026-11-01\", \"2026-11-01 08:00\" (Beijing), or 7d "
                    "ago" },
    [CTL_UNTIL] = { "until", 0, false, false, "TIME", "made before that" },
    [CTL_ONCE] = { "once", 0, false, false, NULL, "look one time (so it is where nobody watches)" },
    [CTL_EVERY] = { "every", 0, false, false, "SECONDS", "look again after that (2)" },
    [CTL_CURVE] = { "curve", 0, false, false, NULL, "the key of the front, not one that signs" },
    [CTL_PUBLIC_KEY] = { "public-key", 0, false, false, "KEY",
                         "the shop's CURVE public key, 40 characters (a pair is made)" },
    [CTL_FORCE] = { "force", 0, false, false, NULL, "although consumers are connected" },
    [CTL_ATTEMPT] = { "attempt", 0, false, false, "N", "where several of a payment are unknown" },
};

struct option_table {
    struct option longs[CTL_OPTION_N + 1];
    char shorts[2 * CTL_OPTION_N + 1];
};

/* Long options are told apart by LONG_BASE and their number, short ones by their letter. */
#define LONG_BASE 256

static void options_list(uint64_t allowed, struct option_table *ret)
{
    size_t n = 0, n_shorts = 0;
    *ret = (struct option_table){ .shorts = "" };
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if ((allowed & CTL_BIT(i)) == 0)
            continue;
        int takes = words[i].value != NULL ? required_argument : no_argument;
        ret->longs[n++] = (struct option){ words[i].name, takes, NULL, LONG_BASE + i };
        if (words[i].letter != 0) {
            ret->shorts[n_shorts++] = words[i].letter;
            ret->shorts[n_shorts++] = ':';
        }
    }
}

/* -1: none. */
static int options_find(int c)
{
    if (c >= LONG_BASE)
        return c - LONG_BASE;
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if (words[i].letter == c)
            return i;
    }
    return -1;
}

bool ctl_options_read(struct ctl *ctl, int argc, char **argv, uint64_t allowed)
{
    struct option_table table;
    options_list(allowed, &table);
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (int c; (c = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1;) {
        int which = options_find(c);
        if (which < 0)
            return false;
        ctl->values[which] = optarg != NULL ? optarg : "";
    }
    for (; optind < argc; optind++) {
        if (ctl->n_arguments == CTL_ARGUMENTS_MAX)
            return false;
        ctl->arguments[ctl->n_arguments++] = argv[optind];
    }
    return true;
}

void ctl_options_print(FILE *file, uint64_t allowed)
{
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if ((allowed & CTL_BIT(i)) == 0)
            continue;
        char letter[] = { '-', words[i].letter, ',', ' ', '\0' };
        int width = fprintf(file, "  %s--%s%s%s", words[i].letter != 0 ? letter : "", words[i].name,
                            words[i].value != NULL ? " " : "",
                            words[i].value != NULL ? words[i].value : "");
        (void)fprintf(file, "%*s%s\n", width < 26 ? 26 - width : 2, "", words[i].help);
    }
}

struct ctl_option_about ctl_option_about(enum ctl_option option)
{
    static const char *const choices[CTL_OPTION_N] = {
        [CTL_TERMINAL] = "desktop mobile-web app qr",
        [CTL_BEARER] = "buyer merchant shared",
        [CTL_AS] = "paid unpaid refunded not-refunded checked",
        [CTL_STATE] = "open paid closed",
    };
    const struct option_word *word = &words[option];
    return (struct ctl_option_about){ word->name,    word->letter, word->value,
                                      word->is_file, word->help,   choices[option] };
}

/* ---- the profile ---- */

static int profile_word(struct fq_str name)
{
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if (words[i].in_profile && fq_str_equal(name, fq_str_of(words[i].name)))
            return i;
    }
    return -1;
}

/* The path as seen from where we are. */
static struct fq_str profile_path(struct ctl *ctl, const char *profile, struct fq_str path)
{
    const char *slash = strrchr(profile, '/');
    if (fq_str_starts(path, fq_lit("/")) || slash == NULL)
        return fq_arena_copy(ctl->arena, path);
    return fq_arena_printf(ctl->arena, "%.*s/%.*s", (int)(slash - profile), profile,
                           fq_str_arg(path));
}

static int profile_line(struct ctl *ctl, const char *profile, int line, struct fq_str text)
{
    struct fq_str name, value;
    if (fq_str_is_empty(text) || fq_str_starts(text, fq_lit("#")))
        return CTL_OK;
    if (!fq_str_cut(text, ' ', &name, &value) || fq_str_is_empty(value))
        return ctl_complain(CTL_USAGE, "%s:%d: must be a name, a space, a value", profile, line);
    int which = profile_word(name);
    if (which < 0)
        return ctl_complain(CTL_USAGE, "%s:%d: %.*s: unknown name", profile, line,
                            fq_str_arg(name));
    if (ctl->values[which] == NULL)
        ctl->values[which] = (words[which].is_file ? profile_path(ctl, profile, value)
                                                   : fq_arena_copy(ctl->arena, value))
                                 .ptr;
    return CTL_OK;
}

int ctl_profile_read(struct ctl *ctl)
{
    const char *profile = ctl->values[CTL_CONFIG];
    struct fq_str text, line;
    if (profile == NULL)
        profile = getenv("FENQICTL_PROFILE"); /* NOLINT(concurrency-mt-unsafe): one thread */
    if (profile == NULL)
        return CTL_OK;
    int status = ctl_file_read(ctl, profile, false, PROFILE_SIZE_MAX, &text);
    for (int n = 1; status == CTL_OK && text.len > 0; n++) {
        (void)fq_str_cut(text, '\n', &line, &text);
        status = profile_line(ctl, profile, n, line);
    }
    return status;
}
