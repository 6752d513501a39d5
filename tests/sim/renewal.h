/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay renews the certificate that payers are encrypted to: when, what becomes of its answers
 * about it, and which one the payers of a history come encrypted to. Where sim->renewal is NULL
 * nothing here does anything. */
#ifndef SIM_RENEWAL_H
#define SIM_RENEWAL_H

#include "daemon/base/queue.h"
#include "tests/sandbox/form.h"
#include "tests/sandbox/platform.h"
#include "tests/sim/certificates.h"
#include "tests/sim/sim.h"

struct unionpay;

struct sim_renewal {
    struct unionpay *model;
    const char
        *serials[1 + SIM_RENEWALS_MAX]; /* the configured certificate's, and of those since */
    int64_t renewed_us[1 + SIM_RENEWALS_MAX];
    size_t n_serials;
    size_t kept; /* the newest that the ledger holds; 0: none */
    int64_t kept_us;
    size_t may_be_kept; /* likewise, if the commit stands of which the daemon died */
};

/* Plans what UnionPay will do. */
void sim_renewal_begin(struct sim *sim, struct unionpay *model);
/* An order begins; where there is a renewal some day, for the daemon asks once a day. */
void sim_renewal_order(struct sim *sim);
/* By how much the history is longer for it. */
int64_t sim_renewal_lasts_us(const struct sim *sim);

/* The daemon's question of the day. */
bool sim_renewal_is_asked(const struct sim *sim, const struct sandbox_request *request);
/* Its faults, before it is answered and after. */
void sim_renewal_lie(struct sim *sim);
void sim_renewal_spoil(struct sim *sim, struct sandbox_response *response);

/* platform_unionpay.c: the model's next answer is a lie. */
void sim_unionpay_lie(struct unionpay *model, const char *kind, const char *field,
                      const char *value);

/* ---- claims_renewal.c ---- */

/* These transactions are durable from now on; not certainly so, if the daemon dies of the commit.
 */
void sim_claim_committed(struct sim *sim, struct fq_job *jobs, bool is_certain);
/* A form came to UnionPay's page, and was answered. */
void sim_claim_form(struct sim *sim, const struct form *form);

#endif
