/* SPDX-License-Identifier: Apache-2.0 */
/* What can be typed behind `fenqictl`. */
#include "daemon/ctl/commands.h"

#include <string.h>

#define ASKS                                                                                  \
    (CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_SERVER) | CTL_BIT(CTL_SERVER_KEY) |                    \
     CTL_BIT(CTL_CLIENT_KEY) | CTL_BIT(CTL_KEYS) | CTL_BIT(CTL_TIMEOUT) | CTL_BIT(CTL_JSON) | \
     CTL_BIT(CTL_SAVE))

#define CONTROLS \
    (CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_CONTROL) | CTL_BIT(CTL_TIMEOUT) | CTL_BIT(CTL_JSON))

/* clang-format off */
const struct ctl_command ctl_commands[] = {
    { "keygen", "DIR", "make the daemon's keys: CURVE, signing, token, payer", 1, 1,
      CTL_BIT(CTL_KEY_ID), ctl_keygen },
    { "keygen client", "DIR NAME", "make a storefront's keys", 2, 2,
      0, ctl_keygen_client },
    { "key list", "", "who signs, what is published, how old keys are, which certificates end", 0, 0,
      CONTROLS, ctl_key_list },
    { "key rotate", "", "a new signing key beside the old one, and the steps to take", 0, 0,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_OUT) | CTL_BIT(CTL_KEY_ID) | CTL_BIT(CTL_CURVE) | CTL_BIT(CTL_JSON),
      ctl_key_rotate },
    { "key retire", "ID", "destroys a signing key that fenqid has no more", 1, 1,
      CONTROLS | CTL_BIT(CTL_OUT), ctl_key_retire },
    { "key import", "", "a platform's PFX file into PEM: the key and its certificate", 0, 0,
      CTL_BIT(CTL_PFX) | CTL_BIT(CTL_PASSWORD_FILE) | CTL_BIT(CTL_OUT) | CTL_BIT(CTL_NAME),
      ctl_key_import },
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
    { "journal export", "[PAYMENT_ID]", "the evidence of one payment, or of all made since, as lines of JSON", 0, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_STORE) | CTL_BIT(CTL_SINCE) | CTL_BIT(CTL_UNTIL) | CTL_BIT(CTL_MERCHANT) |
      CTL_BIT(CTL_JSON), ctl_journal_export },
    { "journal verify", "FILE", "computes every chain of such a file anew", 1, 1,
      CTL_BIT(CTL_JSON), ctl_journal_verify },
    { "backup", "FILE", "the ledger as it is now, checked, while fenqid pays or not", 1, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_STORE) | CTL_BIT(CTL_JSON), ctl_backup },
    { "why", "PAYMENT_ID", "how a payment came to its state: request, quote, every proof", 1, 1,
      CTL_BIT(CTL_CONFIG) | CTL_BIT(CTL_STORE) | CTL_BIT(CTL_JSON), ctl_why },
    { "status", "", "how fenqid and its channels are, what is wrong, and what to type", 0, 0,
      CONTROLS, ctl_status },
    { "top", "", "the same, again and again", 0, 0,
      CONTROLS | CTL_BIT(CTL_ONCE) | CTL_BIT(CTL_EVERY), ctl_top },
    { "unknown", "", "what a person has to look at, and what to type", 0, 0,
      CONTROLS, ctl_unknown },
    { "payments list", "", "payments of all merchants, the newest first, in pages", 0, 0,
      CONTROLS | CTL_BIT(CTL_STATE) | CTL_BIT(CTL_MERCHANT) | CTL_BIT(CTL_CHANNEL) | CTL_BIT(CTL_ORDER) |
      CTL_BIT(CTL_SINCE) | CTL_BIT(CTL_UNTIL) | CTL_BIT(CTL_FROM) | CTL_BIT(CTL_LIMIT), ctl_payments_list },
    { "payments show", "ID", "one payment, or refund, of any merchant", 1, 1,
      CONTROLS, ctl_payments_show },
    { "retry", "ID", "ask the platform about a payment or refund now", 1, 1,
      CONTROLS, ctl_retry },
    { "channel pause", "NAME", "no new payment goes there; what runs goes on; lasts over a restart", 1, 1,
      CONTROLS | CTL_BIT(CTL_NOTE), ctl_channel_pause },
    { "channel resume", "NAME", "ends the operator's pause", 1, 1,
      CONTROLS, ctl_channel_resume },
    { "group list", "", "groups of event consumers, the furthest behind first", 0, 0,
      CONTROLS | CTL_BIT(CTL_MERCHANT), ctl_group_list },
    { "group remove", "MERCHANT GROUP", "one that nobody needs any more: a merchant has room for 64", 2, 2,
      CONTROLS | CTL_BIT(CTL_FORCE), ctl_group_remove },
    { "merchant list", "", "the merchants, as fenqid has them", 0, 0,
      CONTROLS, ctl_merchant_list },
    { "merchant add", "ID", "a new one: writes its file, has fenqid take it", 1, 1,
      CONTROLS | CTL_BIT(CTL_NAME) | CTL_BIT(CTL_CHANNEL) | CTL_BIT(CTL_RETURN_URL) |
      CTL_BIT(CTL_PUBLIC_KEY) | CTL_BIT(CTL_OUT), ctl_merchant_add },
    { "merchant disable", "ID", "its keys are refused at once; what runs goes on", 1, 1,
      CONTROLS, ctl_merchant_disable },
    { "merchant enable", "ID", "the reverse", 1, 1,
      CONTROLS, ctl_merchant_enable },
    { "adapter list", "", "which adapters run, and whether their files were replaced", 0, 0,
      CONTROLS, ctl_adapter_list },
    { "adapter reload", "", "takes replaced files; what runs ends with the old ones", 0, 0,
      CONTROLS, ctl_adapter_reload },
    { "reload", "", "has fenqid read its configuration anew; tells every mistake", 0, 0,
      CONTROLS, ctl_reload },
    { "log level", "WORD", "error, warning, notice, info, debug; until a reload or restart", 1, 1,
      CONTROLS, ctl_log_level },
    { "resolve", "ID", "end what the platform does not tell, by evidence", 1, 1,
      CONTROLS | CTL_BIT(CTL_AS) | CTL_BIT(CTL_EVIDENCE) | CTL_BIT(CTL_BY) | CTL_BIT(CTL_AND) |
      CTL_BIT(CTL_AMOUNT) | CTL_BIT(CTL_NOTE) | CTL_BIT(CTL_ATTEMPT), ctl_resolve },
    { "config check", "", "would fenqid take its configuration file?", 0, 0,
      CONTROLS, ctl_config_check },
    { "config diff", "", "what a reload would change", 0, 0,
      CONTROLS, ctl_config_diff },
    { "completion", "SHELL", "what makes bash or zsh complete all of this", 1, 1,
      0, ctl_completion },
};

/* clang-format on */

const size_t ctl_n_commands = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

/* How many words the name has, if these words begin with it; otherwise 0. */
static int command_match(const char *name, int n_words, char *const *words)
{
    const char *space = strchr(name, ' ');
    if (space == NULL)
        return n_words >= 1 && strcmp(words[0], name) == 0 ? 1 : 0;
    size_t first = (size_t)(space - name);
    bool is_it = n_words >= 2 && strlen(words[0]) == first && memcmp(words[0], name, first) == 0 &&
                 strcmp(words[1], space + 1) == 0;
    return is_it ? 2 : 0;
}

const struct ctl_command *ctl_command_find(int n_words, char *const *words, int *ret_n_words)
{
    const struct ctl_command *found = NULL;
    *ret_n_words = 0;
    for (size_t i = 0; i < ctl_n_commands; i++) {
        int n = command_match(ctl_commands[i].name, n_words, words);
        if (n > *ret_n_words) {
            *ret_n_words = n;
            found = &ctl_commands[i];
        }
    }
    return found;
}

bool ctl_command_is_family(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (strncmp(ctl_commands[i].name, word, len) == 0 && ctl_commands[i].name[len] == ' ')
            return true;
    }
    return false;
}
