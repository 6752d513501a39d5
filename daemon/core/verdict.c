/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a verdict is believed. */
#include "daemon/core/verdict.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/core/fact.h"
#include "daemon/core/payer.h"

/* ---- what each outcome must bring ---- */

struct verdict_rule {
    const char *name;
    uint32_t object;        /* the only object that it can be about; 0 = either */
    bool needs_number;      /* must name the object, as ours or for a lookup */
    bool needs_amount;      /* must say how much */
    const char *unverified; /* the refusal without a verified signature; NULL: always accepted */
};

/* clang-format off */
static const struct verdict_rule verdict_rules[] = {
    [FQ_OUTCOME_UNSET]         = { "UNSET",         0,                 false, false, NULL },
    [FQ_OUTCOME_UNKNOWN]       = { "UNKNOWN",       0,                 false, false, NULL },
    [FQ_OUTCOME_PENDING]       = { "PENDING",       0,                 false, false, NULL },
    [FQ_OUTCOME_ACCEPTED]      = { "ACCEPTED",      0,                 false, false, NULL },
    [FQ_OUTCOME_PAID]          = { "PAID",          FQ_OBJECT_PAYMENT, true,  true,
                                   "PAID without a verified signature" },
    [FQ_OUTCOME_DECLINED]      = { "DECLINED",      FQ_OBJECT_PAYMENT, true,  false,
                                   "DECLINED without a verified signature" },
    [FQ_OUTCOME_CLOSED]        = { "CLOSED",        FQ_OBJECT_PAYMENT, true,  false,
                                   "CLOSED without a verified signature" },
    [FQ_OUTCOME_REFUNDED]      = { "REFUNDED",      FQ_OBJECT_REFUND,  true,  true,
                                   "REFUNDED without a verified signature" },
    [FQ_OUTCOME_REFUND_FAILED] = { "REFUND_FAILED", FQ_OBJECT_REFUND,  true,  false,
                                   "REFUND_FAILED without a verified signature" },
    [FQ_OUTCOME_NOT_FOUND]     = { "NOT_FOUND",     0,                 false, false,
                                   "NOT_FOUND without a verified signature" },
};
/* clang-format on */

static const char *const verdict_steps[] = {
    [FQ_STEP_UNSET] = "UNSET",       [FQ_STEP_SEND] = "SEND", [FQ_STEP_DONE] = "DONE",
    [FQ_STEP_NEED_KEY] = "NEED_KEY", [FQ_STEP_ASK] = "ASK",
};

const char *fq_outcome_name(uint32_t outcome)
{
    return outcome < fq_array_size(verdict_rules) ? verdict_rules[outcome].name : "?";
}

const char *fq_step_name(uint32_t step)
{
    return step < fq_array_size(verdict_steps) ? verdict_steps[step] : "?";
}

/* ---- the refusals, in the order in which they are tried ---- */

static const char *verdict_refuse_ranges(const struct fq_verdict *verdict)
{
    if (verdict->step == FQ_STEP_UNSET || verdict->step >= fq_array_size(verdict_steps))
        return "step is none";
    if (verdict->outcome >= fq_array_size(verdict_rules))
        return "outcome is none";
    if (verdict->object > FQ_OBJECT_REFUND)
        return "object is none";
    if (verdict->action > FQ_ACTION_APP_SDK)
        return "action is none";
    if (verdict->identity > FQ_IDENTITY_UNKNOWN)
        return "identity is none";
    if (verdict->retry_after_ms < 0)
        return "retry_after_ms is negative";
    return NULL;
}

static const char *verdict_refuse_memory(const struct fq_verdict *verdict)
{
    size_t size = 0;
    for (size_t i = 0; i < verdict->memory.n_items; i++) {
        const struct fq_pair *pair = &verdict->memory.items[i];
        if (pair->name.len > FQ_MEMORY_SIZE_MAX || pair->value.len > FQ_MEMORY_SIZE_MAX)
            return "memory is larger than 2 KiB";
        if (!fq_fact_is_name(pair->name))
            return "a name in memory is not of a-z 0-9 _ and point";
        size += fq_fact_size(pair);
        if (size > FQ_MEMORY_SIZE_MAX)
            return "memory is larger than 2 KiB";
    }
    return NULL;
}

static const char *verdict_refuse_url(const struct fq_verdict_context *context, struct fq_str url)
{
    if (!fq_str_starts(url, fq_lit("https://")))
        return "url is not https";
    if (context->url_is_allowed == NULL || !context->url_is_allowed(context->allowed, url))
        return "url is not on the channel's list of hosts";
    return NULL;
}

static const char *verdict_refuse_send(const struct fq_verdict_context *context,
                                       const struct fq_verdict *verdict)
{
    const struct fq_message *message = &verdict->message;
    if (context->n_sends >= FQ_SENDS_MAX)
        return "more than three SENDs";
    if (!fq_str_equal(message->method, fq_lit("GET")) &&
        !fq_str_equal(message->method, fq_lit("POST")))
        return "method is neither GET nor POST";
    return verdict_refuse_url(context, message->url);
}

/* An action from an answer takes the buyer where the answer says: only a verified one may. In begin
 * it is made of our own bytes. */
static const char *verdict_refuse_action(const struct fq_verdict_context *context,
                                         const struct fq_verdict *verdict)
{
    if (!context->is_begin && !context->verified)
        return "action without a verified signature";
    if (verdict_rules[verdict->outcome].unverified != NULL)
        return "action beside an outcome";
    if (verdict->action_expires_unix_ms <= context->now_ms)
        return "action without an expiry in the future";
    if (verdict->action == FQ_ACTION_QR_CODE || verdict->action == FQ_ACTION_APP_SDK)
        return fq_str_is_empty(verdict->action_text) ? "action without a text" : NULL;
    return verdict_refuse_url(context, verdict->message.url);
}

static const char *verdict_refuse_step(const struct fq_verdict_context *context,
                                       const struct fq_verdict *verdict)
{
    if (verdict->step != FQ_STEP_DONE && verdict_rules[verdict->outcome].unverified != NULL)
        return "outcome without step DONE";
    if (verdict->step != FQ_STEP_DONE && verdict->action != FQ_ACTION_NONE)
        return "action without step DONE";
    if (verdict->step == FQ_STEP_SEND)
        return verdict_refuse_send(context, verdict);
    if (verdict->step == FQ_STEP_NEED_KEY && fq_str_is_empty(verdict->key_name))
        return "NEED_KEY without a key name";
    if (verdict->step == FQ_STEP_ASK && fq_str_is_empty(verdict->number) &&
        fq_str_is_empty(context->number))
        return "ASK without a number";
    if (verdict->action != FQ_ACTION_NONE)
        return verdict_refuse_action(context, verdict);
    return NULL;
}

static bool verdict_identity_needs_proof(uint32_t identity)
{
    return identity == FQ_IDENTITY_PLATFORM_LOGIN || identity == FQ_IDENTITY_REAL_NAME_MATCHED ||
           identity == FQ_IDENTITY_MISMATCH;
}

/* What only the platform can know needs the platform's signature. */
static const char *verdict_refuse_unproven(const struct fq_verdict_context *context,
                                           const struct fq_verdict *verdict)
{
    if (context->is_begin && verdict->outcome != FQ_OUTCOME_UNSET)
        return "outcome before the platform said anything";
    if (context->is_begin || !context->verified) {
        if (verdict_rules[verdict->outcome].unverified != NULL)
            return verdict_rules[verdict->outcome].unverified;
        if (verdict_identity_needs_proof(verdict->identity))
            return "identity without a verified signature";
        if (verdict->has_refunded_total != 0)
            return "refunded total without a verified signature";
        if (verdict->has_statement != 0)
            return "statement without a verified signature";
        if (!context->is_begin && !fq_str_is_empty(verdict->platform_ref))
            return "the platform's number without a verified signature";
    }
    return NULL;
}

static const char *verdict_refuse_object(const struct fq_verdict_context *context,
                                         const struct fq_verdict *verdict)
{
    uint32_t only = verdict_rules[verdict->outcome].object;
    if (only == FQ_OBJECT_PAYMENT && verdict->object != only)
        return "an outcome of payments, but object is not a payment";
    if (only == FQ_OBJECT_REFUND && verdict->object != only)
        return "an outcome of refunds, but object is not a refund";
    if (context->object != FQ_OBJECT_UNSET && verdict->object != FQ_OBJECT_UNSET &&
        verdict->object != context->object)
        return "object is not the one asked about";
    return NULL;
}

static const char *verdict_refuse_number(const struct fq_verdict_context *context,
                                         const struct fq_verdict *verdict)
{
    const struct verdict_rule *rule = &verdict_rules[verdict->outcome];
    if (fq_str_is_empty(verdict->number)) {
        /* "Not found" cannot name what is not there, but somebody has to. */
        bool is_nameless =
            verdict->outcome == FQ_OUTCOME_NOT_FOUND && fq_str_is_empty(context->number);
        return rule->needs_number || is_nameless ? "number is missing" : NULL;
    }
    if (!fq_str_is_empty(context->number) && !fq_str_equal(verdict->number, context->number))
        return "number is not ours";
    return NULL;
}

static const char *verdict_refuse_order_number(const struct fq_verdict_context *context,
                                               const struct fq_verdict *verdict)
{
    if (!fq_str_is_empty(verdict->order_number) && !fq_str_is_empty(context->order_number) &&
        !fq_str_equal(verdict->order_number, context->order_number))
        return "the refund's order is not ours";
    return NULL;
}

static const char *verdict_refuse_amount(const struct fq_verdict_context *context,
                                         const struct fq_verdict *verdict)
{
    const struct fq_money *said = &verdict->amount;
    const struct fq_money *ours = &context->amount;
    if (said->currency[0] == '\0')
        return verdict_rules[verdict->outcome].needs_amount ? "amount is missing" : NULL;
    if (said->minor <= 0)
        return "amount is not positive";
    if (ours->currency[0] == '\0')
        return NULL;
    if (memcmp(said->currency, ours->currency, sizeof(said->currency)) != 0)
        return "currency is not ours";
    if (said->exponent != ours->exponent)
        return "exponent is not ours";
    if (said->minor != ours->minor)
        return "amount is not ours";
    return NULL;
}

/* A person's data leaves in forms and in requests of our own. All else is kept, logged, handed to
 * the shop, or stands in a browser's history. */
static const char *verdict_refuse_payer(const struct fq_verdict_context *context,
                                        const struct fq_verdict *verdict)
{
    const struct fq_payer *payer = context->payer;
    if (payer == NULL)
        return NULL;
    if (verdict->action == FQ_ACTION_REDIRECT || verdict->action == FQ_ACTION_APP_SDK)
        return "a payer was named, and the action is neither a form nor a QR code";
    if (fq_payer_shows(payer, verdict->message.url))
        return "the payer shows in url";
    if (fq_payer_shows(payer, verdict->action_text))
        return "the payer shows in action_text";
    if (fq_payer_shows(payer, verdict->platform_ref))
        return "the payer shows in platform_ref";
    if (fq_payer_shows(payer, verdict->key_name))
        return "the payer shows in key_name";
    for (size_t i = 0; i < verdict->memory.n_items; i++) {
        if (fq_payer_shows(payer, verdict->memory.items[i].name) ||
            fq_payer_shows(payer, verdict->memory.items[i].value))
            return "the payer shows in memory";
    }
    return NULL;
}

const char *fq_verdict_refuse(const struct fq_verdict_context *context,
                              const struct fq_verdict *verdict)
{
    const char *reason = verdict_refuse_ranges(verdict);
    bool is_silent = verdict->step == FQ_STEP_DONE && verdict->outcome == FQ_OUTCOME_UNSET;
    if (reason == NULL)
        reason = verdict_refuse_memory(verdict);
    if (reason == NULL)
        reason = verdict_refuse_unproven(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_step(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_payer(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_object(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_number(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_order_number(context, verdict);
    if (reason == NULL)
        reason = verdict_refuse_amount(context, verdict);
    if (reason == NULL && is_silent && !context->is_begin && !context->is_errand)
        reason = "DONE without an outcome";
    return reason;
}
