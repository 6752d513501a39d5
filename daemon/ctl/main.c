/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl: what an operator, or a shop's developer, types. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

#define MEMORY_SIZE_MAX ((size_t)32 << 20)

#define ASKS                                                                                  \
    (CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_SERVER) | CTL_BIT(CTL_SERVER_KEY) |                    \
     CTL_BIT(CTL_CLIENT_KEY) | CTL_BIT(CTL_KEYS) | CTL_BIT(CTL_TIMEOUT) | CTL_BIT(CTL_JSON) | \
     CTL_BIT(CTL_SAVE))

#define CONTROLS \
    (CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_CONTROL) | CTL_BIT(CTL_TIMEOUT) | CTL_BIT(CTL_JSON))

/* clang-format off */
static const struct main_command {
    const char *name;
    const char *arguments;
    const char *help;
    size_t n_arguments_min, n_arguments_max;
    uint64_t options;
    int (*run)(struct ctl *ctl);
} commands[] = {
    { "keygen", "DIR", "make the daemon's keys: CURVE, signing, token, payer", 1, 3,
      CTL_BIT(CTL_KEY_ID), ctl_keygen },
    { "keygen client", "DIR NAME", "make a storefront's keys", 2, 2,
      0, NULL },
    { "key", "import", "a platform's PFX file into PEM: the key and its certificate", 1, 1,
      CTL_BIT(CTL_PFX) | CTL_BIT(CTL_PASSWORD_FILE) | CTL_BIT(CTL_OUT) | CTL_BIT(CTL_NAME),
      ctl_key },
    { "quote", "", "the instalment plans for an amount", 0, 0,
      ASKS | CTL_BIT(CTL_AMOUNT) | CTL_BIT(CTL_CURRENCY) | CTL_BIT(CTL_TERMINAL) |
      CTL_BIT(CTL_CHANNEL) | CTL_BIT(CTL_ISSUER) | CTL_BIT(CTL_CARD_PREFIX) |
      CTL_BIT(CTL_INSTALMENTS) | CTL_BIT(CTL_BEARER) | CTL_BIT(CTL_SCHEDULE) | CTL_BIT(CTL_BUYER), ctl_quote },
    { "channels", "", "the ways to pay, and the banks whose cards they take", 0, 0,
      ASKS | CTL_BIT(CTL_TERMINAL), ctl_channels },
    { "pay", "", "quote, choose a plan, make a payment", 0, 0,
      ASKS | CTL_BIT(CTL_AMOUNT) | CTL_BIT(CTL_CURRENCY) | CTL_BIT(CTL_TERMINAL) |
      CTL_BIT(CTL_CHANNEL) | CTL_BIT(CTL_ISSUER) | CTL_BIT(CTL_CARD_PREFIX) | CTL_BIT(CTL_ORDER) | CTL_BIT(CTL_SUBJECT) | CTL_BIT(CTL_RETURN_URL) |
      CTL_BIT(CTL_INSTALMENTS) | CTL_BIT(CTL_BEARER) | CTL_BIT(CTL_KEY) |
      CTL_BIT(CTL_PAYER_FILE) | CTL_BIT(CTL_BUYER), ctl_pay },
    { "get", "[PAYMENT_ID]", "a payment by its id, --order or --key", 0, 1,
      ASKS | CTL_BIT(CTL_REFRESH) | CTL_BIT(CTL_WAIT) | CTL_BIT(CTL_ORDER) | CTL_BIT(CTL_KEY),
      ctl_get },
    { "close", "PAYMENT_ID", "no more paying", 1, 1,
      ASKS, ctl_close },
    { "refund", "PAYMENT_ID", "give money back", 1, 1,
      ASKS | CTL_BIT(CTL_AMOUNT) | CTL_BIT(CTL_CURRENCY) | CTL_BIT(CTL_REASON) | CTL_BIT(CTL_KEY),
      ctl_refund },
    { "get-refund", "REFUND_ID", "a refund", 1, 1,
      ASKS | CTL_BIT(CTL_REFRESH) | CTL_BIT(CTL_WAIT), ctl_get_refund },
    { "events", "", "what happened, from a cursor on", 0, 0,
      ASKS | CTL_BIT(CTL_FROM) | CTL_BIT(CTL_LIMIT), ctl_events },
    { "info", "", "the daemon's version and clock", 0, 0,
      ASKS, ctl_info },
    { "verify", "[FILE]", "prove a saved reply, or --status, offline", 0, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_KEYS) | CTL_BIT(CTL_STATUS) | CTL_BIT(CTL_JSON), ctl_verify },
    { "journal", "PAYMENT_ID", "every move of a payment, and the proof of their chain", 1, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_STORE) | CTL_BIT(CTL_JSON), ctl_journal },
    { "why", "PAYMENT_ID", "how a payment came to its state: request, quote, every proof", 1, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_STORE) | CTL_BIT(CTL_JSON), ctl_why },
    { "status", "", "how fenqid and its channels are", 0, 0,
      CONTROLS, ctl_status },
    { "unknown", "", "what a person has to look at, and what to type", 0, 0,
      CONTROLS, ctl_unknown },
    { "payments", "show ID", "one payment, or refund, of any merchant", 2, 2,
      CONTROLS, ctl_payments },
    { "retry", "ID", "ask the platform about a payment or refund now", 1, 1,
      CONTROLS, ctl_retry },
    { "resolve", "ID", "end what the platform does not tell, by evidence", 1, 1,
      CONTROLS | CTL_BIT(CTL_AS) | CTL_BIT(CTL_EVIDENCE) | CTL_BIT(CTL_BY) | CTL_BIT(CTL_AND) |
      CTL_BIT(CTL_AMOUNT) | CTL_BIT(CTL_NOTE) | CTL_BIT(CTL_ATTEMPT), ctl_resolve },
};

/* clang-format on */

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

/* ---- help ---- */

static void main_print_usage(FILE *file)
{
    (void)fputs("usage: fenqictl COMMAND [OPTIONS]\n\n", file);
    for (size_t i = 0; i < COMMANDS_N; i++) {
        int width = fprintf(file, "  %s %s", commands[i].name, commands[i].arguments);
        (void)fprintf(file, "%*s%s\n", width < 26 ? 26 - width : 2, "", commands[i].help);
    }
    (void)fputs("\n`fenqictl COMMAND --help` tells its options.\n"
                "Exit status: 0 done, 1 refused, 2 wrong arguments, 3 no answer, 4 not proven.\n",
                file);
}

static void main_print_command(FILE *file, const struct main_command *command)
{
    (void)fprintf(file, "usage: fenqictl %s %s%s\n%s\n", command->name, command->arguments,
                  command->options != 0 ? " [OPTIONS]" : "", command->help);
    if (command->run == ctl_keygen)
        (void)fprintf(file, "usage: fenqictl %s %s\n%s\n", command[1].name, command[1].arguments,
                      command[1].help);
    ctl_options_print(file, command->options);
}

/* ---- one command ---- */

static const struct main_command *main_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS_N; i++) {
        if (commands[i].run != NULL && strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static bool main_read(struct ctl *ctl, const struct main_command *command, int argc, char **argv)
{
    if (!ctl_options_read(ctl, argc, argv, command->options))
        return false;
    if (ctl->n_arguments >= command->n_arguments_min &&
        ctl->n_arguments <= command->n_arguments_max)
        return true;
    (void)ctl_complain(CTL_USAGE, "%s %s: too few words, or too many", command->name,
                       command->arguments);
    return false;
}

static int main_run(const struct main_command *command, int argc, char **argv)
{
    struct ctl ctl = { .arena = fq_arena_new(MEMORY_SIZE_MAX) };
    int status = CTL_USAGE;
    if (main_read(&ctl, command, argc, argv))
        status = command->run(&ctl);
    else
        (void)fprintf(stderr, "`fenqictl %s --help` tells what it takes\n", command->name);
    if (fflush(stdout) != 0 && status == CTL_OK)
        status = ctl_complain(CTL_REFUSED, "cannot write the output");
    fenqi_client_free(ctl.client);
    fq_arena_free(ctl.arena);
    return status;
}

int main(int argc, char **argv)
{
    /* What is printed is UTF-8, whatever the shell's locale. One thread:
     * NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        main_print_usage(stdout);
        return CTL_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        (void)puts("fenqictl " FQ_VERSION);
        return CTL_OK;
    }
    const struct main_command *command = main_find(word);
    if (command == NULL) {
        main_print_usage(stderr);
        return CTL_USAGE;
    }
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            main_print_command(stdout, command);
            return CTL_OK;
        }
    }
    argv[1] = argv[0]; /* getopt complains in its name */
    return main_run(command, argc - 1, argv + 1);
}
