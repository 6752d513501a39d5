/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan costs the buyer, in words: the rows of the 综合融资成本明示表. */
#ifndef FQ_CORE_DISCLOSURE_H
#define FQ_CORE_DISCLOSURE_H

#include "daemon/base/buf.h"
#include "daemon/core/request.h"

/* How the annual rates are computed, said to buyers. */
#define FQ_DISCLOSURE_METHOD_ZH \
    "按每期剩余本金，以内部收益率（IRR）法计算：综合年化成本＝月内部收益率×12"
#define FQ_DISCLOSURE_METHOD_EN                                                       \
    "by the internal rate of return on the principal that remains: the monthly rate " \
    "times 12"

/* Whose words and which. */
struct fq_disclosure {
    const struct fq_disclosure_texts *texts;
    const struct fq_description *about; /* the channel: titles, and the word the law wants */
};

/* What a quote costs the buyer, whose sums are checked and whose annual rates are filled in. Texts
 * are in the arena, or as long-lived as `disclosure`. False: the arena is full. */
bool fq_disclosure_row(const struct fq_disclosure *disclosure, const struct fq_quote *quote,
                       struct fq_arena *arena, struct fq_cost_row *ret);

/* What it costs to pay late, by whichever plan. */
struct fq_cost_row fq_disclosure_late_row(const struct fq_disclosure *disclosure);

/* Everything that rows are made of and that is not in the quote, as facts: what is digested when
 * the channel is set up, and kept when a quote is used. */
int fq_disclosure_write(const struct fq_disclosure *disclosure, struct fq_arena *arena,
                        struct fq_str *ret_text);

/* What a channel says whose platform decides the terms, with the highest rates of its plans. */
bool fq_disclosure_note(int64_t nominal_annual_bp, int64_t effective_annual_bp,
                        struct fq_arena *arena, struct fq_str *ret_zh, struct fq_str *ret_en);

/* 75000 millionths: "7.50%", 75050: "7.5050%", 1575 basis points: "15.75%". */
void fq_percent_add_ppm(struct fq_buf *buf, int64_t ppm);
void fq_percent_add_bp(struct fq_buf *buf, int64_t bp);

#endif
