/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's new certificates, and the bad luck of whoever asks for them. */
#include "tests/sim/renewal.h"

#include <string.h>

#include "tests/sandbox/unionpay_model.h"
#include "tests/sim/daemon.h"
#include "tests/sim/platform.h"
#include "tests/sim/shop.h"

#define HOUR_US (60 * SIM_MINUTE_US)

/* ---- when ---- */

static void renewal_comes(struct sim *sim, void *what, int64_t argument)
{
    struct sim_renewal *renewal = what;
    struct unionpay_leaf leaf = sim_certificate_renewed(renewal->n_serials - 1);
    (void)argument;
    unionpay_advance(renewal->model, sim_platform_now_ms(sim->platforms[SIM_BANKCARD]));
    renewal->serials[renewal->n_serials] = sim_copy(sim, leaf.serial, strlen(leaf.serial));
    renewal->renewed_us[renewal->n_serials] = sim->now_us;
    sim_say(sim, "UnionPay renews", leaf.serial, (int64_t)renewal->n_serials++);
    unionpay_renew_encryption(renewal->model, &leaf);
}

/* The month in which both certificates are good is a day and some hours: who asks every day, and
 * again after a failure, is in time. The second comes when the daemon knows the first, mostly. */
void sim_renewal_begin(struct sim *sim, struct unionpay *model)
{
    if (!sim_renews_keys(sim))
        return;
    struct sim_renewal *renewal = sim_alloc(sim, sizeof(*renewal));
    const char *serial = model->encryption[0].serial;
    int64_t at_us = sim_between(sim, 0, 18 * HOUR_US);
    renewal->model = model;
    renewal->serials[renewal->n_serials++] = sim_copy(sim, serial, strlen(serial));
    model->settings.key_grace_ms = sim_between(sim, 26 * HOUR_US, 36 * HOUR_US) / 1000;
    sim->renewal = renewal;
    sim_after(sim, at_us, renewal_comes, renewal, 0);
    if (sim_draw(sim) % 2 == 0)
        sim_after(sim, at_us + sim_between(sim, 20 * HOUR_US, 30 * HOUR_US), renewal_comes, renewal,
                  0);
}

int64_t sim_renewal_lasts_us(const struct sim *sim)
{
    return sim->renewal != NULL ? 36 * HOUR_US : 0;
}

static void renewal_order_begins(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_order_begin(sim);
}

/* Also after the healing, and early enough to end before all rests. */
void sim_renewal_order(struct sim *sim)
{
    if (sim->renewal == NULL)
        sim_order_begin(sim);
    else
        sim_after(sim, sim_between(sim, 0, 74 * HOUR_US), renewal_order_begins, NULL, 0);
}

/* ---- what becomes of an answer ---- */

bool sim_renewal_is_asked(const struct sim *sim, const struct sandbox_request *request)
{
    return sim->renewal != NULL &&
           memmem(request->body, request->body_size, "txnType=95", strlen("txnType=95")) != NULL;
}

void sim_renewal_lie(struct sim *sim)
{
    static const char *const signers[] = { "self_made", "wrong_cn", "expired_leaf" };
    struct unionpay *model = sim->renewal->model;
    if (sim_hit(sim, SIM_CARD_KEY_TAMPERED))
        sim_unionpay_lie(model, "tamper", "encryptPubKeyCert",
                         sim_certificate_unproven(sim_draw(sim) % SIM_UNPROVEN));
    else if (sim_hit(sim, SIM_CARD_KEY_FOREIGN))
        sim_unionpay_lie(model, signers[sim_draw(sim) % 3], "", "");
    else if (sim_hit(sim, SIM_CARD_KEY_UNPROVEN))
        sim_unionpay_lie(model, "lie", "encryptPubKeyCert",
                         sim_certificate_unproven(sim_draw(sim) % SIM_UNPROVEN));
}

static void renewal_crash(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_daemon_doom(sim, "as a key was renewed");
}

static void renewal_disk_ends(struct sim *sim, void *what, int64_t argument)
{
    (void)what;
    (void)argument;
    sim_disk_fill(sim->disk, false);
}

void sim_renewal_spoil(struct sim *sim, struct sandbox_response *response)
{
    if (sim_hit(sim, SIM_CARD_KEY_LOST))
        response->dropped = true;
    if (sim_hit(sim, SIM_CARD_KEY_TRUNCATED))
        response->body_size /= 2;
    if (sim_hit(sim, SIM_DISK_FULL_AT_KEY)) {
        sim_disk_fill(sim->disk, true);
        sim_after(sim, sim_between(sim, SIM_SECOND_US, SIM_MINUTE_US), renewal_disk_ends, NULL, 0);
    }
    if (sim_hit(sim, SIM_CRASH_AT_KEY))
        sim_after_in_life(sim, sim_between(sim, 0, 20000), renewal_crash, NULL, 0);
}
