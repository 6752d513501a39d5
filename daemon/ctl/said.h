/* SPDX-License-Identifier: Apache-2.0 */
/* For the commands that ask a running fenqid: its answers are JSON, people want words. */
#ifndef FQ_CTL_SAID_H
#define FQ_CTL_SAID_H

#include "daemon/base/json.h"
#include "daemon/ctl/ctl.h"

/* A member that is a time, in Beijing's; "-" for never. */
struct fq_str ctl_said_time(struct ctl *ctl, const struct fq_json *object, const char *name);
/* "6999.00 CNY" */
struct fq_str ctl_said_money(struct ctl *ctl, const struct fq_json *object);
/* What the platform said last: its code and text. */
struct fq_str ctl_said_word(struct ctl *ctl, const struct fq_json *object);
struct fq_str ctl_said_number(struct ctl *ctl, const struct fq_json *object, const char *name);
/* "3 d 04:10", "04:10:59" */
struct fq_str ctl_span_text(struct ctl *ctl, int64_t ms);

/* Has fenqid read its configuration anew; mistakes are printed. (reload.c) */
int ctl_reload_ask(struct ctl *ctl);

/* A payment with its attempts and refunds (payments.c). */
void ctl_payment_show(struct ctl *ctl, const struct fq_json *payment);

#endif
