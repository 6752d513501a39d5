/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar beside the clock that only counts: a step of the first is told. Nobody else would
 * say why payments expired early, or why nothing is asked about. */
#include "daemon/core/beijing.h"
#include "daemon/flow/parts.h"

#define STEP_MS    2000    /* what is less is no step: clocks are adjusted all the time */
#define SHOWN_MS   3600000 /* so long an operator is shown it */
#define AT_ONCE_MS 100     /* within which both were read, or they cannot be compared */

static int64_t stepped_mono(const struct fq_flow *flow)
{
    return flow->world->now_mono_ms(flow->world->ctx);
}

static void stepped_say(int64_t by_ms)
{
    bool is_forward = by_ms > 0;
    fq_log_always(LOG_WARNING, FQ_MSG_CLOCK_STEPPED,
                  is_forward ? "the clock was set forward" : "the clock was set back",
                  FQ_LOG_INT("BY_MS", by_ms), FQ_LOG_TEXT("FAULT", "ours"),
                  FQ_LOG_TEXT("NEXT", is_forward
                                          ? "links, quotes and payments may expire early; who pays "
                                            "late is believed; timedatectl"
                                          : "what was planned before is asked about that much "
                                            "later; notifications are taken as ever; timedatectl"));
}

void fq_stepped_look(struct fq_flow *flow)
{
    struct fq_stepped *self = &flow->stepped;
    if (flow->world->now_mono_ms == NULL)
        return;
    int64_t before_ms = stepped_mono(flow);
    int64_t offset_ms = fq_flow_now(flow) - before_ms;
    if (stepped_mono(flow) - before_ms > AT_ONCE_MS)
        return;
    int64_t by_ms = offset_ms - self->offset_ms;
    bool was_known = self->is_known;
    self->is_known = true;
    self->offset_ms = offset_ms;
    if (!was_known || (by_ms < STEP_MS && by_ms > -STEP_MS))
        return;
    self->by_ms = by_ms;
    self->mono_ms = before_ms;
    self->at_ms = fq_flow_now(flow);
    stepped_say(by_ms);
}

bool fq_stepped_lately(const struct fq_flow *flow)
{
    const struct fq_stepped *self = &flow->stepped;
    return self->by_ms != 0 && stepped_mono(flow) - self->mono_ms < SHOWN_MS;
}
