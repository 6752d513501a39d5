/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's certificates in a simulated world. */
#ifndef SIM_CERTIFICATES_H
#define SIM_CERTIFICATES_H

#include "tests/sandbox/unionpay_chain.h"
#include "tests/sim/keys.h"

/* The chain, and beside it every leaf that a history may want; sim_certificates_free() ends both.
 */
struct unionpay_chain *sim_certificates_make(const struct sim_keys *keys);
void sim_certificates_free(struct unionpay_chain *chain);

/* PEM, while the chain lives. */
const char *sim_certificate_of_merchant(void);
const char *sim_certificate_of_signer(void); /* of UnionPay's messages */

/* What UnionPay renews its encryption certificate to, first and then; the caller frees it. */
#define SIM_RENEWALS_MAX 2
struct unionpay_leaf sim_certificate_renewed(size_t i);
/* PEM of what is no such certificate, however it comes: it has expired, is another merchant's, is
 * signed by nobody. */
#define SIM_UNPROVEN 3
const char *sim_certificate_unproven(size_t i);

#endif
