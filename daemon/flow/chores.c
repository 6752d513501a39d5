/* SPDX-License-Identifier: Apache-2.0 */
/* What a channel wants once a day: its task, and yesterday's statement. What was done is kept in
 * notes, so that a restart neither repeats nor forgets it. */
#include <stdio.h>
#include <string.h>

#include "daemon/core/beijing.h"
#include "daemon/core/days.h"
#include "daemon/flow/parts.h"

#define LOOK_EVERY_MS  1000
#define RETRY_MS       INT64_C(600000)
#define DAY_MS         INT64_C(86400000)
#define TASK_LATE_MS   (7 * DAY_MS)
#define NOTES_MAX      64
#define OWNER_SIZE_MAX 48 /* "channel." and a name */

struct fq_chore {
    struct fq_chore *next;
    struct fq_flow *flow;
    char owner[OWNER_SIZE_MAX];
    const struct fq_channel *channel; /* of the catalog that is in use, or held while busy */
    bool is_stale;                    /* after a reload: `channel` may be gone */
    bool is_known;                    /* the notes were read */
    bool knows_keys; /* what its task brought once is in use, or the operator's later key */
    bool is_busy;
    int64_t task_ms;                             /* when it was done last */
    int64_t task_not_before_ms;                  /* after a failure */
    int64_t task_fails_ms;                       /* since when, in this life; 0: it does not */
    int64_t task_said_ms;                        /* when the operator was told last */
    struct fq_days days;                         /* of statements, as noted */
    int64_t day_not_before_ms[FQ_DAYS_KEPT + 1]; /* after a failure; of day % size */
    unsigned char key_digest[FQ_DIGEST_SIZE];    /* of the key that the task brought last */
};

/* What is being done, with memory of its own. */
struct chore_run {
    struct fq_arena *arena;
    struct fq_catalog *catalog; /* held */
    struct fq_chore *chore;
    struct fq_read read;
    struct fq_tx tx;
    struct fq_note notes[3];
    size_t n_notes;
    int64_t day;
    struct fq_days days;                      /* as they will be noted */
    unsigned char key_digest[FQ_DIGEST_SIZE]; /* likewise */
    struct fq_str key_name, key_data;         /* to be used once they are noted, or empty */
};

static struct fq_str chore_channel_name(const struct fq_chore *chore)
{
    return fq_str_sub(fq_str_of(chore->owner), strlen("channel."), OWNER_SIZE_MAX);
}

static struct chore_run *chore_begin(struct fq_chore *chore)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct chore_run *run = fq_arena_alloc(arena, sizeof(*run));
    fq_assert(run != NULL);
    run->arena = arena;
    run->chore = chore;
    run->catalog = fq_catalog_hold(chore->flow->conf.catalog);
    chore->is_busy = true;
    chore->flow->n_running++;
    return run;
}

static void chore_end(struct chore_run *run)
{
    struct fq_chore *chore = run->chore;
    chore->is_busy = false;
    chore->flow->n_running--;
    fq_catalog_release(run->catalog);
    fq_arena_free(run->arena);
}

/* ---- notes ---- */

static void chore_add_note(struct chore_run *run, struct fq_str name, struct fq_str value)
{
    fq_assert(run->n_notes < fq_array_size(run->notes));
    run->notes[run->n_notes++] = (struct fq_note){ .owner = fq_str_of(run->chore->owner),
                                                   .name = name,
                                                   .value = value,
                                                   .at_ms = fq_flow_now(run->chore->flow) };
}

static int chore_decide(struct fq_tx *tx)
{
    struct chore_run *run = tx->flow;
    tx->notes = run->notes;
    tx->n_notes = run->n_notes;
    return FQ_DECIDE_WRITE;
}

static void chore_write(struct chore_run *run, void (*done)(struct fq_tx *tx))
{
    run->tx =
        (struct fq_tx){ .arena = run->arena, .decide = chore_decide, .done = done, .flow = run };
    fq_flow_transact(run->chore->flow, &run->tx);
}

/* Which key is configured, as it is noted beside the renewed one that takes its place. */
static struct fq_str chore_configured(const struct fq_channel *channel, struct fq_str name,
                                      struct fq_arena *arena)
{
    unsigned char digest[FQ_DIGEST_SIZE];
    char text[2 * FQ_DIGEST_SIZE + 1];
    fq_channel_configured_digest(channel, name, digest);
    fq_hex(digest, sizeof(digest), text);
    return fq_arena_copy(arena, fq_str_of(text));
}

/* Of two keys the operator's counts if it is the later word: another was configured when the noted
 * one took its place. */
static bool chore_is_outdated(const struct fq_chore *chore, const struct fq_read *read,
                              struct fq_str name)
{
    struct fq_str now = chore_configured(chore->channel, name, read->arena);
    struct fq_str sought = fq_arena_printf(read->arena, "replaced.%.*s", fq_str_arg(name));
    for (uint32_t i = 0; i < read->n_rows; i++) {
        if (fq_str_equal(read->notes[i].name, sought))
            return !fq_str_equal(read->notes[i].value, now);
    }
    return false; /* noted by a release that did not note this */
}

static void chore_take_key(struct fq_chore *chore, const struct fq_read *read,
                           const struct fq_note *note)
{
    struct fq_str name = fq_str_sub(note->name, strlen("key."), note->name.len);
    const struct fq_world *world = chore->flow->world;
    if (chore_is_outdated(chore, read, name)) {
        fq_log(LOG_NOTICE, FQ_MSG_KEY_OUTDATED, "a renewed key gives way to the configured one",
               FQ_LOG_STR("CHANNEL", chore_channel_name(chore)), FQ_LOG_STR("KEY", name),
               FQ_LOG_TEXT("NEXT", "the channel's daily task renews it when there is a newer one"));
        return;
    }
    if (fq_channel_keep_encrypt_key(chore->channel, name, note->value) == 0)
        world->sha256(world->ctx, note->value, chore->key_digest);
}

static void chore_take_note(struct fq_chore *chore, const struct fq_read *read,
                            const struct fq_note *note)
{
    int64_t number = 0;
    if (fq_str_starts(note->name, fq_lit("key."))) {
        chore_take_key(chore, read, note);
        return;
    }
    if (fq_str_to_int64(note->value, 0, INT64_MAX, &number) != 0)
        return;
    if (fq_str_equal(note->name, fq_lit("task.at")))
        chore->task_ms = number;
    if (fq_str_equal(note->name, fq_lit("statement.newest")))
        chore->days.newest = number;
    if (fq_str_equal(note->name, fq_lit("statement.missing")))
        chore->days.missing = (uint32_t)number;
}

static void chore_read(struct fq_read *read)
{
    struct chore_run *run = read->flow;
    struct fq_chore *chore = run->chore;
    if (read->result < 0) {
        fq_say_fault("reading what was done for a channel", read->trace);
        chore_end(run);
        return;
    }
    for (uint32_t i = 0; i < read->n_rows; i++)
        chore_take_note(chore, read, &read->notes[i]);
    chore->is_known = true;
    if (!chore->is_stale)
        chore->knows_keys = true; /* else they went to the old configuration's channel */
    chore_end(run);
}

static void chore_learn(struct fq_chore *chore)
{
    struct chore_run *run = chore_begin(chore);
    run->read = (struct fq_read){ .arena = run->arena,
                                  .kind = FQ_READ_NOTES,
                                  .owner = fq_str_of(chore->owner),
                                  .n_max = NOTES_MAX,
                                  .done = chore_read,
                                  .flow = run };
    chore->flow->world->read(chore->flow->world->ctx, &run->read);
}

/* ---- the task ---- */

/* Used from now on, and after a restart, for it is noted. */
static void chore_use_key(const struct chore_run *run)
{
    const struct fq_channel *channel = run->chore->channel;
    if (run->key_data.len == 0)
        return;
    if (fq_channel_keep_encrypt_key(channel, run->key_name, run->key_data) != 0) {
        fq_say_fault("using a renewed key", fq_trace());
        return;
    }
    fq_log(LOG_NOTICE, FQ_MSG_KEY_RENEWED, "a platform key was renewed",
           FQ_LOG_STR("CHANNEL", channel->conf->name), FQ_LOG_STR("KEY", run->key_name),
           FQ_LOG_TEXT("NEXT", "it is used from now on, and kept in the store"));
}

static void chore_task_noted(struct fq_tx *tx)
{
    struct chore_run *run = tx->flow;
    if (tx->result < 0) {
        fq_say_fault("noting that a channel's task was done", tx->trace);
        run->chore->task_not_before_ms = fq_flow_now(run->chore->flow) + RETRY_MS;
    } else {
        run->chore->task_ms = run->notes[0].at_ms;
        run->chore->task_fails_ms = 0;
        memcpy(run->chore->key_digest, run->key_digest, sizeof(run->key_digest));
        chore_use_key(run);
    }
    chore_end(run);
}

/* The key that it brought is noted, and then used: an adapter offers what is not in use, so what
 * was used and could not be noted would never be. */
static const char *chore_take_new_key(struct chore_run *run, const struct fq_errand *errand)
{
    const struct fq_verdict *verdict = &errand->answer.verdict;
    const struct fq_world *world = errand->flow->world;
    unsigned char digest[FQ_DIGEST_SIZE];
    if (verdict->key_data.len == 0)
        return NULL;
    if (fq_channel_check_encrypt_key(errand->channel, verdict->key_name, verdict->key_data) != 0)
        return "what came is no key";
    run->key_name = fq_arena_copy(run->arena, verdict->key_name);
    run->key_data = fq_arena_copy(run->arena, verdict->key_data);
    world->sha256(world->ctx, verdict->key_data, digest);
    if (memcmp(digest, run->chore->key_digest, sizeof(digest)) == 0)
        return NULL; /* noted already */
    memcpy(run->key_digest, digest, sizeof(digest));
    chore_add_note(run, fq_arena_printf(run->arena, "key.%.*s", fq_str_arg(verdict->key_name)),
                   run->key_data);
    chore_add_note(run, fq_arena_printf(run->arena, "replaced.%.*s", fq_str_arg(run->key_name)),
                   chore_configured(errand->channel, run->key_name, run->arena));
    return NULL;
}

/* What it renews ends some day: after a week it is the operator's, and still tried. */
static void chore_task_failed(struct fq_chore *chore, int64_t now_ms)
{
    struct fq_str name = chore_channel_name(chore);
    if (chore->task_fails_ms == 0 || chore->task_fails_ms > now_ms)
        chore->task_fails_ms = now_ms;
    int64_t since_ms = chore->task_ms > 0 && chore->task_ms < chore->task_fails_ms
                           ? chore->task_ms
                           : chore->task_fails_ms;
    bool is_said = now_ms >= chore->task_said_ms && now_ms - chore->task_said_ms < DAY_MS;
    chore->task_not_before_ms = now_ms + RETRY_MS;
    if (now_ms - since_ms < TASK_LATE_MS || is_said)
        return;
    chore->task_said_ms = now_ms;
    fq_log_always(LOG_ERR, FQ_MSG_TASK_OVERDUE, "a channel's daily task was not done for long",
                  FQ_LOG_STR("CHANNEL", name), FQ_LOG_INT("DAYS", (now_ms - since_ms) / DAY_MS),
                  FQ_LOG_TEXT("FAULT", "theirs"),
                  FQ_LOG_TEXT("NEXT", "it is tried on; call the platform, and get what it renews "
                                      "from its console into the channel's keys"));
}

static void chore_task_done(struct fq_errand *errand)
{
    struct chore_run *run = errand->asker;
    struct fq_chore *chore = run->chore;
    int64_t now_ms = fq_flow_now(chore->flow);
    memcpy(run->key_digest, chore->key_digest, sizeof(run->key_digest));
    chore_add_note(run, fq_lit("task.at"), fq_arena_printf(run->arena, "%lld", (long long)now_ms));
    const char *refusal = errand->refusal;
    if (refusal == NULL && errand->answer.verdict.outcome == FQ_OUTCOME_UNKNOWN)
        refusal = "the platform's answer proves nothing";
    if (refusal == NULL)
        refusal = chore_take_new_key(run, errand);
    if (refusal == NULL) {
        fq_errand_free(errand);
        chore_write(run, chore_task_noted);
        return;
    }
    fq_say_unclear(errand->channel, FQ_CALL_TASK, chore_channel_name(chore), refusal,
                   errand->detail);
    chore_task_failed(chore, now_ms);
    fq_errand_free(errand);
    chore_end(run);
}

static void chore_run_task(struct fq_chore *chore)
{
    struct chore_run *run = chore_begin(chore);
    struct fq_errand *errand =
        fq_errand_new(chore->flow, chore->channel, FQ_CALL_TASK, FQ_ARENA_SIZE_MAX);
    errand->done = chore_task_done;
    errand->asker = run;
    fq_errand_start(errand);
}

/* After a failure. Nothing is put off for longer than an hour, but by a clock that was ahead. */
static bool chore_is_put_off(int64_t not_before_ms, int64_t now_ms)
{
    return now_ms < not_before_ms && not_before_ms - now_ms <= FQ_RETRY_AFTER_MAX_MS;
}

static bool chore_wants_task(const struct fq_chore *chore, int64_t now_ms)
{
    int64_t every_ms = chore->channel->about.task_every_ms;
    bool is_due = now_ms >= chore->task_ms + every_ms || now_ms < chore->task_ms;
    return every_ms > 0 && fq_channel_can(chore->channel, FQ_CALL_TASK) && is_due &&
           !chore_is_put_off(chore->task_not_before_ms, now_ms);
}

/* ---- the statement ---- */

static int64_t *chore_day_not_before(struct fq_chore *chore, int64_t day)
{
    return &chore->day_not_before_ms[(uint64_t)day % fq_array_size(chore->day_not_before_ms)];
}

static void chore_days_noted(struct fq_tx *tx)
{
    struct chore_run *run = tx->flow;
    if (tx->result < 0) {
        fq_say_fault("noting that a statement was taken", tx->trace);
        *chore_day_not_before(run->chore, run->day) = fq_flow_now(run->chore->flow) + RETRY_MS;
    } else {
        run->chore->days = run->days;
    }
    chore_end(run);
}

static void chore_note_days(struct chore_run *run)
{
    chore_add_note(run, fq_lit("statement.newest"),
                   fq_arena_printf(run->arena, "%lld", (long long)run->days.newest));
    chore_add_note(run, fq_lit("statement.missing"),
                   fq_arena_printf(run->arena, "%u", run->days.missing));
    chore_write(run, chore_days_noted);
}

static void chore_note_day(struct chore_run *run)
{
    fq_days_took(&run->days, run->day);
    *chore_day_not_before(run->chore, run->day) = 0; /* the place is another day's, later */
    chore_note_days(run);
}

/* It does not stand before later ones: on a quiet day there is none. */
static void chore_statement_taken(void *asker, const char *refusal, int64_t retry_after_ms)
{
    struct chore_run *run = asker;
    int64_t wish_ms =
        retry_after_ms < FQ_RETRY_AFTER_MAX_MS ? retry_after_ms : FQ_RETRY_AFTER_MAX_MS;
    if (refusal == NULL) {
        chore_note_day(run);
        return;
    }
    *chore_day_not_before(run->chore, run->day) =
        fq_flow_now(run->chore->flow) + (wish_ms > 0 ? wish_ms : RETRY_MS);
    chore_end(run);
}

/* The newest day whose file can be there by now. */
static int64_t chore_last_day(const struct fq_chore *chore, int64_t now_ms)
{
    bool is_early = fq_beijing_minute(now_ms) < chore->channel->about.statement_minute;
    return fq_beijing_day(now_ms, 0) - (is_early ? 2 : 1);
}

static void chore_give_up_day(struct chore_run *run)
{
    char day[9];
    fq_beijing_day_text(run->day, day);
    fq_log(LOG_WARNING, FQ_MSG_STATEMENT_MISSING, "a statement never came",
           FQ_LOG_STR("CHANNEL", chore_channel_name(run->chore)), FQ_LOG_TEXT("DAY", day),
           FQ_LOG_TEXT("FAULT", "theirs"),
           FQ_LOG_TEXT("NEXT", "it is not asked for any more; if there were payments that day, get "
                               "it from the platform's console"));
    chore_note_day(run);
}

/* The oldest day that may be asked for now; 0: none. */
static int64_t chore_next_day(struct fq_chore *chore, int64_t last_day, int64_t now_ms)
{
    for (int64_t day = last_day - FQ_DAYS_KEPT + 1; day <= last_day; day++) {
        if (fq_days_wants(&chore->days, day) &&
            !chore_is_put_off(*chore_day_not_before(chore, day), now_ms))
            return day;
    }
    return 0;
}

/* False: nothing is to be done about statements now. */
static bool chore_look_after_statements(struct fq_chore *chore, int64_t now_ms)
{
    int64_t last_day = chore_last_day(chore, now_ms);
    bool is_first = chore->days.newest == 0;
    if (!chore->channel->conf->wants_statements ||
        !fq_channel_can(chore->channel, FQ_CALL_STATEMENT))
        return false;
    if (!is_first)
        fq_days_rewind(&chore->days, last_day);
    int64_t old_day = is_first ? 0 : fq_days_too_old(&chore->days, last_day);
    int64_t day = is_first || old_day > 0 ? old_day : chore_next_day(chore, last_day, now_ms);
    if (!is_first && day == 0)
        return false;
    struct chore_run *run = chore_begin(chore);
    run->days = chore->days;
    run->day = day;
    if (is_first) {
        run->days.newest = last_day - 1; /* what was before is none of ours */
        run->day = last_day - 1;
        chore_note_days(run);
    } else if (old_day > 0) {
        chore_give_up_day(run);
    } else {
        fq_statement_take(chore->flow, chore->channel, day, chore_statement_taken, run);
    }
    return true;
}

/* ---- looking round ---- */

static void chore_look(struct fq_chore *chore)
{
    int64_t now_ms = fq_flow_now(chore->flow);
    if (chore->is_busy)
        return;
    if (!chore->is_known)
        chore_learn(chore);
    else if (chore_wants_task(chore, now_ms))
        chore_run_task(chore);
    else
        (void)chore_look_after_statements(chore, now_ms);
}

/* By name: after a reload another channel may stand where an earlier one stood. */
static struct fq_chore *chore_find(const struct fq_flow *flow, const struct fq_channel *channel)
{
    struct fq_chore *chore = flow->chores;
    while (chore != NULL && !fq_str_equal(chore_channel_name(chore), channel->conf->name))
        chore = chore->next;
    return chore;
}

static struct fq_chore *chore_of(struct fq_flow *flow, const struct fq_channel *channel)
{
    struct fq_chore *chore = chore_find(flow, channel);
    if (chore == NULL) {
        chore = fq_zalloc(sizeof(*chore));
        (void)snprintf(chore->owner, sizeof(chore->owner), "channel.%.*s",
                       fq_str_arg(channel->conf->name));
        chore->flow = flow;
        chore->next = flow->chores;
        flow->chores = chore;
    }
    if ((chore->channel == NULL || chore->is_stale) && !chore->is_busy) {
        chore->channel = channel; /* new, or reloaded: its keys are to be brought back */
        chore->is_stale = false;
        chore->is_known = false;
        memset(chore->key_digest, 0, sizeof(chore->key_digest));
    }
    return chore;
}

bool fq_chores_know_keys(const struct fq_flow *flow, const struct fq_channel *channel)
{
    const struct fq_chore *chore = chore_find(flow, channel);
    if (channel->about.task_every_ms == 0 || !fq_channel_can(channel, FQ_CALL_TASK))
        return true;
    return chore != NULL && chore->knows_keys;
}

static bool chore_is_wanted(const struct fq_channel *channel)
{
    return fq_channel_can(channel, FQ_CALL_TASK) || channel->conf->wants_statements;
}

static void chores_look(struct fq_timer *timer)
{
    struct fq_flow *flow = fq_container_of(timer, struct fq_flow, chore_timer);
    const struct fq_catalog *catalog = flow->conf.catalog;
    fq_expiry_look(flow);
    for (size_t i = 0; i < catalog->n_channels && !flow->is_draining; i++) {
        if (chore_is_wanted(catalog->channels[i]))
            chore_look(chore_of(flow, catalog->channels[i]));
    }
    if (!flow->is_draining)
        flow->world->after(flow->world->ctx, &flow->chore_timer, LOOK_EVERY_MS);
}

void fq_chores_start(struct fq_flow *flow)
{
    flow->chore_timer.fire = chores_look;
    flow->world->after(flow->world->ctx, &flow->chore_timer, 1);
}

/* Until the notes were read again, what was in use is used on, except over another key. */
static void chore_reloaded(struct fq_chore *chore, const struct fq_catalog *old)
{
    const struct fq_channel *from = fq_catalog_channel(old, chore_channel_name(chore));
    const struct fq_channel *to = fq_flow_channel(chore->flow, chore_channel_name(chore));
    chore->is_stale = true;
    chore->knows_keys = chore->knows_keys && from != NULL && to != NULL;
    if (chore->knows_keys)
        fq_channel_share_encrypt_keys(from, to);
}

void fq_chores_reloaded(struct fq_flow *flow, const struct fq_catalog *old)
{
    for (struct fq_chore *chore = flow->chores; chore != NULL; chore = chore->next)
        chore_reloaded(chore, old);
    flow->expiry_day = 0; /* other certificates */
}

void fq_chores_stop(struct fq_flow *flow)
{
    flow->world->cancel(flow->world->ctx, &flow->chore_timer);
}

void fq_chores_free(struct fq_flow *flow)
{
    while (flow->chores != NULL) {
        struct fq_chore *chore = flow->chores;
        flow->chores = chore->next;
        fq_assert(!chore->is_busy);
        fq_free(chore);
    }
}
