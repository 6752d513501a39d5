/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's pause of a channel: no new payment and no new try goes there, what runs goes on.
 * It stands in the ledger as a note, so that a restart keeps it. */
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/flow/control.h"

#define NAME_SIZE_MAX  32
#define NOTE_SIZE_MAX  256
#define RETRY_AFTER_MS 60000 /* what storefronts are told: nobody knows */

/* By name, so that a reload keeps it. */
struct fq_pause {
    char name[NAME_SIZE_MAX];
    char note[NOTE_SIZE_MAX];
    size_t note_len;
    int64_t since_ms;
    UT_hash_handle hh;
};

static struct fq_pause *pause_find(const struct fq_flow *flow, struct fq_str name)
{
    struct fq_pause *pause = NULL;
    HASH_FIND(hh, flow->pauses, name.ptr, name.len, pause);
    return pause;
}

bool fq_channel_is_held(const struct fq_flow *flow, struct fq_str name, struct fq_hold *ret)
{
    const struct fq_pause *pause = pause_find(flow, name);
    if (pause != NULL && ret != NULL)
        *ret = (struct fq_hold){ pause->since_ms, { pause->note, pause->note_len } };
    return pause != NULL;
}

struct fq_status fq_channel_held(void)
{
    return (struct fq_status){ .code = FQ_CODE_UNAVAILABLE,
                               .blame =
                                   FQ_BLAME_PLATFORM, /* as where it does not answer: not theirs */
                               .reason = "CHANNEL_PAUSED",
                               .may_repeat = true,
                               .retry_after_ms = RETRY_AFTER_MS,
                               .text = fq_lit("the channel is paused by its operator") };
}

static void pause_end(struct fq_flow *flow, struct fq_str name)
{
    struct fq_pause *pause = pause_find(flow, name);
    if (pause == NULL)
        return;
    HASH_DEL(flow->pauses, pause);
    fq_free(pause);
}

static void pause_begin(struct fq_flow *flow, struct fq_str name, struct fq_str note,
                        int64_t since_ms)
{
    if (name.len == 0 || name.len > NAME_SIZE_MAX)
        return;
    pause_end(flow, name);
    struct fq_pause *pause = fq_zalloc(sizeof(*pause));
    struct fq_str kept = fq_str_sub(note, 0, NOTE_SIZE_MAX);
    memcpy(pause->name, name.ptr, name.len);
    if (kept.len > 0)
        memcpy(pause->note, kept.ptr, kept.len);
    pause->note_len = kept.len;
    pause->since_ms = since_ms;
    HASH_ADD(hh, flow->pauses, name, name.len, pause);
}

void fq_pauses_free(struct fq_flow *flow)
{
    struct fq_pause *pause;
    struct fq_pause *next;
    HASH_ITER(hh, flow->pauses, pause, next)
    {
        HASH_DEL(flow->pauses, pause);
        fq_free(pause);
    }
}

/* ---- the note: "1", a space, what the operator said; "0": it was resumed ---- */

void fq_flow_take_pause(struct fq_flow *flow, const struct fq_note *note)
{
    if (fq_str_starts(note->value, fq_lit("1 ")))
        pause_begin(flow, note->name, fq_str_sub(note->value, 2, note->value.len), note->at_ms);
}

/* ---- POST /v1/channels {"channel", "pause", "note"} ---- */

struct pause {
    struct fq_control *control;
    struct fq_str channel;
    struct fq_str text;
    bool is_wanted;
    struct fq_note note;
    struct fq_tx tx;
};

static int pause_decide(struct fq_tx *tx)
{
    struct pause *self = tx->flow;
    tx->notes = &self->note;
    tx->n_notes = 1;
    return FQ_DECIDE_WRITE;
}

static void pause_answer(struct pause *self, bool was_so)
{
    struct fq_buf *buf = &self->control->answer;
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "channel", self->channel);
    fq_json_write_bool(buf, "paused", self->is_wanted);
    fq_json_write_bool(buf, "was_so_already", was_so);
    fq_buf_add_char(buf, '}');
    fq_control_done(self->control);
}

static void pause_say(const struct pause *self)
{
    const struct fq_visit *visit = self->control->visit;
    fq_log_always(
        LOG_NOTICE, FQ_MSG_OPERATOR,
        self->is_wanted ? "the operator paused a channel" : "the operator resumed a channel",
        FQ_LOG_STR("CHANNEL", self->channel), FQ_LOG_STR("NOTE", self->text),
        FQ_LOG_INT("UID", visit->peer_uid), FQ_LOG_INT("PID", visit->peer_pid),
        FQ_LOG_TEXT("NEXT", self->is_wanted ? "no new payment goes there; what runs goes on; "
                                              "fenqictl channel resume ends it, a restart does not"
                                            : "new payments go there again"));
}

static void pause_written(struct fq_tx *tx)
{
    struct pause *self = tx->flow;
    struct fq_flow *flow = self->control->flow;
    if (tx->result < 0) {
        fq_control_unwritten(self->control, "noting that a channel is paused", tx);
        return;
    }
    if (self->is_wanted)
        pause_begin(flow, self->channel, self->text, self->note.at_ms);
    else
        pause_end(flow, self->channel);
    pause_say(self);
    pause_answer(self, false);
}

static bool pause_take(struct pause *self)
{
    struct fq_control *control = self->control;
    const struct fq_json *wanted = fq_json_get(control->asked, "pause");
    self->channel = fq_json_get_text(control->asked, "channel");
    self->text = fq_json_get_text(control->asked, "note");
    self->is_wanted = fq_json_get_number(control->asked, "pause") != 0;
    if (wanted == NULL || wanted->type != FQ_JSON_BOOL || self->text.len > NOTE_SIZE_MAX ||
        !fq_str_is_line(self->text)) {
        fq_control_refuse(control, 400, "BODY_INVALID",
                          fq_lit("pause must be true or false, a note one line of up to 256 bytes"),
                          fq_lit(""));
        return false;
    }
    /* One that is configured no more can still be resumed. */
    if (fq_flow_channel(control->flow, self->channel) == NULL &&
        !fq_channel_is_held(control->flow, self->channel, NULL)) {
        fq_control_refuse(control, 404, "CHANNEL_ABSENT",
                          fq_lit("no channel of that name is configured"),
                          fq_lit("fenqictl status names them"));
        return false;
    }
    return true;
}

void fq_control_channel(struct fq_control *control)
{
    struct pause *self = fq_arena_alloc(control->visit->arena, sizeof(*self));
    struct fq_arena *arena = control->visit->arena;
    struct fq_hold hold = { 0 };
    fq_assert(self != NULL); /* the arena is new */
    self->control = control;
    if (!pause_take(self))
        return;
    bool is_held = fq_channel_is_held(control->flow, self->channel, &hold);
    if (is_held == self->is_wanted && (!is_held || fq_str_equal(hold.note, self->text))) {
        pause_answer(self, true);
        return;
    }
    self->note =
        (struct fq_note){ .owner = fq_lit(FQ_PAUSES_OWNER),
                          .name = self->channel,
                          .value = self->is_wanted
                                       ? fq_arena_printf(arena, "1 %.*s", fq_str_arg(self->text))
                                       : fq_lit("0"),
                          .at_ms = fq_flow_now(control->flow) };
    self->tx = (struct fq_tx){ .arena = arena,
                               .lookup = FQ_LOOKUP_NEW,
                               .decide = pause_decide,
                               .done = pause_written,
                               .flow = self };
    fq_flow_transact(control->flow, &self->tx);
}
