/* SPDX-License-Identifier: Apache-2.0 */
/* The claims about the certificate that payers are encrypted to. */
#include <stdlib.h>
#include <string.h>

#include "daemon/core/tx.h"
#include "tests/sandbox/unionpay_model.h"
#include "tests/sim/claims.h"
#include "tests/sim/renewal.h"

#define NEWEST   "the-newest-key-is-used"
#define UNPROVEN "unverified-keys-are-never-used"
#define REACHES  "payers-reach-the-platform-alone"

#define OWNER "channel.bankcard"
#define NOTE  "key.encrypt"

#define ASKED_FOR_US    SIM_MINUTE_US        /* at most: no question waits so long */
#define TOLD_AFTER_US   (30 * SIM_SECOND_US) /* of the commit: by then the loop heard of it */
#define LEARNT_AFTER_US (25 * 3600 * SIM_SECOND_US) /* without faults: it asks once a day */

/* Which of UnionPay's it is, the configured one is 0; n_serials: none. */
static size_t renewal_find(const struct sim_renewal *renewal, const char *serial)
{
    size_t i = 0;
    while (i < renewal->n_serials && (serial == NULL || strcmp(renewal->serials[i], serial) != 0))
        i++;
    return i;
}

/* Of a certificate in PEM. */
static size_t renewal_find_certificate(const struct sim_renewal *renewal, const char *pem)
{
    char *serial = unionpay_serial(pem);
    size_t i = renewal_find(renewal, serial);
    free(serial);
    return i;
}

/* ---- kept ---- */

static void renewal_kept(struct sim *sim, struct fq_str pem)
{
    struct sim_renewal *renewal = sim->renewal;
    size_t i = renewal_find_certificate(renewal, sim_copy(sim, pem.ptr, pem.len));
    sim_say(sim, "kept", NOTE, (int64_t)i);
    if (i == renewal->n_serials)
        sim_violate(sim, UNPROVEN, "what was never UnionPay's is kept");
    else if (i < renewal->kept)
        sim_violate(sim, NEWEST, "number %zu is kept in the place of %zu", i, renewal->kept);
    else if (i > renewal->kept)
        renewal->kept_us = sim->now_us;
    renewal->kept = i;
}

static void renewal_may_be_kept(struct sim *sim, struct fq_str pem)
{
    struct sim_renewal *renewal = sim->renewal;
    size_t i = renewal_find_certificate(renewal, sim_copy(sim, pem.ptr, pem.len));
    if (i < renewal->n_serials && i > renewal->may_be_kept)
        renewal->may_be_kept = i;
}

static const struct fq_note *renewal_note(const struct fq_tx *tx, const char *name)
{
    for (size_t i = 0; i < tx->n_notes; i++) {
        if (fq_str_equal(tx->notes[i].owner, fq_lit(OWNER)) &&
            fq_str_equal(tx->notes[i].name, fq_str_of(name)))
            return &tx->notes[i];
    }
    return NULL;
}

/* It will not be asked again before tomorrow: what it was told is kept. */
static void renewal_done(struct sim *sim, int64_t done_ms)
{
    const struct sim_renewal *renewal = sim->renewal;
    int64_t asked_us = (done_ms - sim_begins_ms(sim)) * 1000 - ASKED_FOR_US;
    size_t told = renewal->n_serials - 1;
    while (renewal->renewed_us[told] > asked_us && told > 0)
        told--;
    if (renewal->kept < told && renewal->may_be_kept < told)
        sim_violate(sim, NEWEST, "the day's task is done, and number %zu is not kept", told);
}

void sim_claim_committed(struct sim *sim, struct fq_job *jobs, bool is_certain)
{
    for (struct fq_job *job = jobs; job != NULL && sim->renewal != NULL; job = job->next) {
        const struct fq_tx *tx = fq_container_of(job, struct fq_tx, job);
        const struct fq_note *key = renewal_note(tx, NOTE);
        const struct fq_note *task = renewal_note(tx, "task.at");
        bool stands = is_certain && tx->result >= 0;
        if (key != NULL && stands)
            renewal_kept(sim, key->value);
        else if (key != NULL && !is_certain)
            renewal_may_be_kept(sim, key->value);
        if (task != NULL && stands)
            renewal_done(sim, task->at_ms);
    }
}

/* ---- used ---- */

/* Since when nothing goes wrong any more; INT64_MAX: it still does. */
static int64_t renewal_faultless_us(const struct sim *sim)
{
    return sim_is_truthful(sim) ? 0 : sim->is_healed ? sim->healed_us : INT64_MAX;
}

/* What the daemon must have used at that time, whatever happened. */
static size_t renewal_due(const struct sim *sim, int64_t made_us)
{
    const struct sim_renewal *renewal = sim->renewal;
    int64_t faultless_us = renewal_faultless_us(sim);
    size_t due = made_us > renewal->kept_us + TOLD_AFTER_US ? renewal->kept : 0;
    for (size_t i = due + 1; i < renewal->n_serials; i++) {
        int64_t since_us = renewal->renewed_us[i];
        since_us = since_us > faultless_us ? since_us : faultless_us;
        if (since_us < made_us - LEARNT_AFTER_US)
            due = i;
    }
    return due;
}

static bool renewal_reads_payer(const struct sim_renewal *renewal, const struct form *form)
{
    FORM_CLEANUP customer = { 0 };
    STRING_CLEANUP acc_no = NULL;
    const char *field = NULL;
    const char *phone = NULL;
    if (unionpay_customer_read(renewal->model, form, &customer, &acc_no, &field))
        phone = form_get(&customer, "phoneNo");
    return phone != NULL && strcmp(phone, SIM_PAYER_PHONE) == 0;
}

void sim_claim_form(struct sim *sim, const struct form *form)
{
    const struct sim_renewal *renewal = sim->renewal;
    const char *time = form_get(form, "txnTime");
    const char *serial = form_get(form, "encryptCertId");
    int64_t made_ms = 0;
    if (renewal == NULL || form_get(form, "customerInfo") == NULL || time == NULL ||
        !unionpay_time_parse(time, &made_ms))
        return;
    int64_t made_us = (made_ms - sim_begins_ms(sim)) * 1000;
    size_t used = renewal_find(renewal, serial);
    bool is_taken = serial != NULL && unionpay_encryption_find(renewal->model, serial) != NULL;
    sim_say(sim, "a payer is encrypted to", is_taken ? "what opens" : "what does not open",
            (int64_t)used);
    if (used == renewal->n_serials)
        sim_violate(sim, UNPROVEN, "a payer is encrypted to %s",
                    serial != NULL ? serial : "nobody");
    else if (used < renewal_due(sim, made_us))
        sim_violate(sim, NEWEST, "a payer is encrypted to number %zu, and there is %zu", used,
                    renewal_due(sim, made_us));
    else if (is_taken && !renewal_reads_payer(renewal, form))
        sim_violate(sim, REACHES, "UnionPay cannot read who is to pay");
}

/* ---- in the end ---- */

void claims_about_renewed_keys(const struct claims *claims)
{
    const struct sim_renewal *renewal = claims->sim->renewal;
    size_t kept = 0;
    if (renewal == NULL)
        return;
    for (size_t i = 0; i < claims->n_notes; i++) {
        const struct claims_note *note = &claims->notes[i];
        if (strcmp(note->owner, OWNER) == 0 && strcmp(note->name, NOTE) == 0)
            kept = renewal_find_certificate(renewal, note->value);
    }
    if (kept != renewal->n_serials - 1)
        sim_violate(claims->sim, NEWEST, "number %zu is kept in the end, and there is %zu", kept,
                    renewal->n_serials - 1);
}
