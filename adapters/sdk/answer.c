/* SPDX-License-Identifier: Apache-2.0 */
/* Says the few things that any answer may come to. */
#include "adapters/sdk/answer.h"

const char *fq_check_first(const struct fq_check *checks, size_t n_checks)
{
    for (size_t i = 0; i < n_checks; i++)
        if (checks[i].is_bad)
            return checks[i].why;
    return NULL;
}

const char *fq_answer_fault(const struct fq_message *message)
{
    if (message->transport == FQ_TRANSPORT_NOT_SENT)
        return "the request was not sent";
    if (message->transport != FQ_TRANSPORT_OK)
        return "no whole answer came";
    if (message->http_status != 200)
        return "the answer's HTTP status is not 200";
    return NULL;
}

int fq_verdict_unknown(struct fq_verdict *ret, const char *why)
{
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    ret->platform_text = fq_slice_of(why);
    return 0;
}

int fq_verdict_ask(struct fq_verdict *ret, uint32_t object, struct fq_str number)
{
    ret->step = FQ_STEP_ASK;
    ret->outcome = FQ_OUTCOME_UNSET;
    ret->object = object;
    ret->number = number;
    return 0;
}

int fq_verdict_need_key(struct fq_verdict *ret, struct fq_str name)
{
    ret->step = FQ_STEP_NEED_KEY;
    ret->outcome = FQ_OUTCOME_UNSET;
    ret->key_name = name;
    return 0;
}

int fq_verdict_remember(const struct fq_host *host, const char *name, struct fq_str value,
                        struct fq_verdict *ret)
{
    struct fq_pair *pair = host->alloc(host, sizeof(*pair));
    if (pair == NULL)
        return host->fail(host, "no memory for what is to be remembered");
    *pair = (struct fq_pair){ fq_slice_of(name), value };
    ret->memory = (struct fq_pairs){ pair, 1 };
    return 0;
}

int fq_verdict_remember_all(const struct fq_host *host, const struct fq_pair *pairs, size_t n_pairs,
                            struct fq_verdict *ret)
{
    struct fq_pair *kept = host->alloc(host, n_pairs * sizeof(*kept));
    size_t n_kept = 0;
    if (kept == NULL)
        return host->fail(host, "no memory for what is to be remembered");
    for (size_t i = 0; i < n_pairs; i++)
        if (pairs[i].value.len > 0)
            kept[n_kept++] = pairs[i];
    ret->memory = (struct fq_pairs){ kept, n_kept };
    return 0;
}
