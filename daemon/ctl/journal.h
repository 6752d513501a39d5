/* SPDX-License-Identifier: Apache-2.0 */
/* For the commands that walk a payment's journal: from the ledger's file, while fenqid runs or not.
 */
#ifndef FQ_CTL_JOURNAL_H
#define FQ_CTL_JOURNAL_H

#include "daemon/conf/conf.h"
#include "daemon/core/fact.h"
#include "daemon/core/tx.h"
#include "daemon/ctl/ctl.h"

struct fq_store_view;

struct ctl_journal {
    struct ctl *ctl;
    struct fq_store_view *view;
    struct fq_ledger *ledger;
    unsigned char head[FQ_DIGEST_SIZE]; /* as computed so far */
    int64_t n_entries;                  /* that hold */
    int64_t broken;                     /* the first that does not; 0: none */
};

/* The configuration that -c names, or the usual one; NULL: it was said what is wrong. */
struct fq_conf *ctl_conf_load(struct ctl *ctl);

/* The store that --store or the configuration names. */
int ctl_store_path(struct ctl *ctl, struct fq_str *ret);
/* Opens that store, without a payment; and loads one by its sequence, in place of the one before.
 */
int ctl_journal_view(struct ctl *ctl, struct ctl_journal *ret);
int ctl_journal_load(struct ctl_journal *journal, int64_t seq);

/* The payment with that id, in the store that --store or the configuration names. */
int ctl_journal_open(struct ctl *ctl, const char *payment_id, struct ctl_journal *ret);
void ctl_journal_close(struct ctl_journal *journal);

/* Every entry in its order, with what its body says; checks the chain on the way. */
int ctl_journal_walk(struct ctl_journal *journal,
                     void (*on_entry)(void *ctx, const struct fq_journal_row *row,
                                      struct fq_pairs facts),
                     void *ctx);
/* CTL_UNPROVEN, and said where, if the chain does not hold. */
int ctl_journal_end(const struct ctl_journal *journal);

#endif
