/* SPDX-License-Identifier: Apache-2.0 */
/* A channel: one configured account at a platform, its adapter, its keys, its rates. */
#ifndef FQ_PLUGIN_CHANNEL_H
#define FQ_PLUGIN_CHANNEL_H

#include <pthread.h>

#include "daemon/base/queue.h"
#include "daemon/core/channel_conf.h"
#include "daemon/core/payment.h"
#include "daemon/crypto/keyring.h"

struct fq_loader; /* plugin/loader.h: an opened .so */

struct fq_channel {
    const struct fq_channel_conf *conf;
    const struct fq_adapter *adapter; /* complete: copied and zero-filled by the loader */
    struct fq_description about;      /* likewise */
    void *self;                       /* the adapter's instance */
    bool is_open;                     /* open() succeeded: close() is due */
    struct fq_keyring *keyring;
    struct fq_arena *arena; /* the instance's memory */
    struct fq_loader *loader;
    pthread_mutex_t *serial;    /* held during each call, if the adapter wants that; else NULL */
    struct fq_fetched *fetched; /* platform keys fetched while running */
    struct fq_leafs *leafs;     /* certificates of messages that were believed; NULL: none kept */
    size_t *n_calls;            /* exchanges under way; counted on the loop */
};

/* Opens a channel: loads the adapter (once per .so), its keys, calls open() and describe(), checks
 * what they say. On FQ_CHANNEL_E_REFUSED *reterr_key is the offending configuration
 * key ("settings.app_id", "keys.alipay", "adapter") and *reterr_reason says why, both in `arena`.
 */
enum {
    FQ_CHANNEL_E_REFUSED = 1,
};

int fq_channel_open(const struct fq_channel_conf *conf, const char *adapters_dir,
                    struct fq_arena *arena, struct fq_channel **ret, struct fq_str *reterr_key,
                    struct fq_str *reterr_reason);
void fq_channel_free(struct fq_channel *channel);

/* For rates that stand elsewhere, a merchant's. Empty: the adapter can do them all. Otherwise why
 * row *reterr_row is not, in `arena`. */
struct fq_str fq_channel_refuse_rates(const struct fq_channel *channel, struct fq_rates rates,
                                      struct fq_arena *arena, size_t *reterr_row);
FQ_DEFINE_CLEANUP(fq_channel);

/* ---- calling the adapter (pure; on any thread) ---- */

enum fq_call_kind {
    FQ_CALL_UNSET = 0,
    FQ_CALL_CREATE,
    FQ_CALL_QUERY,
    FQ_CALL_CLOSE_ORDER,
    FQ_CALL_REFUND,
    FQ_CALL_QUERY_REFUND,
    FQ_CALL_UNDO,
    FQ_CALL_STATEMENT,
    FQ_CALL_FETCH_KEY,
    FQ_CALL_TASK,
    FQ_CALL_NOTIFICATION,
    FQ_CALL_BROWSER_RETURN,
};

/* What came of one adapter function. */
struct fq_answer {
    bool is_busy;  /* with is_fault: not the adapter's fault, nobody had time for it */
    bool is_fault; /* it returned -1, broke a rule of form, or cannot do this: `reason` says */
    struct fq_str reason;
    bool verified;                        /* host->verify succeeded in this very call */
    struct fq_str verified_key;           /* the key that did */
    unsigned char digest[FQ_DIGEST_SIZE]; /* SHA-256 of the raw message; zeroes in begin */
    struct fq_verdict verdict;            /* complete, every slice copied into the call's arena */
};

/* Can this channel do it at all? (begin or the function is not NULL) */
bool fq_channel_can(const struct fq_channel *channel, uint32_t kind);

/* Runs begin (message NULL) or resume (message set; also NOTIFICATION, BROWSER_RETURN). Never
 * fails: whatever is wrong is in *ret. Serialises calls where the adapter asks for it. */
void fq_channel_call(const struct fq_channel *channel, uint32_t kind, const struct fq_call *call,
                     const struct fq_message *message, struct fq_arena *arena,
                     struct fq_answer *ret);

/* Keeps a key that fetch_key brought (its verdict was believed), for host->verify under this name;
 * a few are kept, the oldest gives way, a configured key is never replaced. FQ_CHANNEL_E_REFUSED:
 * it is no key. On the loop. */
int fq_channel_keep_key(const struct fq_channel *channel, struct fq_str name, struct fq_str pem);
/* Keeps the platform's renewed key to encrypt to, a certificate or a public key, in the place of
 * the configured one of the same name, which must be declared as FQ_KEY_PUBLIC_ENCRYPT: for
 * host->encrypt and host->cert_field of calls that begin to use it from now on; the one that was
 * kept before gives way. A call sees the same key until it ends, so that the serial it tells and
 * what it encrypts belong together. FQ_CHANNEL_E_REFUSED: no such name, or it is no key of 2048
 * bits of RSA or more. The caller believes it already (its verdict, or the store's word). On any
 * thread. */
int fq_channel_keep_encrypt_key(const struct fq_channel *channel, struct fq_str name,
                                struct fq_str pem);
/* Whether it would be kept; it is not. */
int fq_channel_check_encrypt_key(const struct fq_channel *channel, struct fq_str name,
                                 struct fq_str pem);
/* Tells the configured key to encrypt to of this name from another, whatever is kept in its place;
 * zeroes: none is configured. On any thread. */
void fq_channel_configured_digest(const struct fq_channel *channel, struct fq_str name,
                                  unsigned char ret[FQ_DIGEST_SIZE]);
/* What `from` keeps to encrypt to, `to` keeps as well from now on, where the same key is configured
 * in both: for a channel that is opened anew. On any thread. */
void fq_channel_share_encrypt_keys(const struct fq_channel *from, const struct fq_channel *to);
/* True at most once in ten seconds: anyone may name an unknown key. Counted apart for answers of
 * the platform, or whoever writes to us could keep it from being believed. On the loop. */
bool fq_channel_may_fetch(const struct fq_channel *channel, bool is_answer, int64_t now_ms);

/* Pure arithmetic, on the loop: the plan of one rate, by the rules of the bank (NULL: none is
 * named) or else of the channel. ret->lines in the arena, checked (fq_quote_validate holds).
 * FQ_CHANNEL_E_REFUSED if the adapter cannot or its sums are wrong. */
int fq_channel_quote(const struct fq_channel *channel, struct fq_money amount,
                     const struct fq_rate *rate, const struct fq_issuer *issuer,
                     struct fq_arena *arena, struct fq_quote *ret);

/* When the certificate ends that stands for the adapter's key number `index` (of about.keys), or
 * the renewed one in its place; of a bundle, the one that lasts longest. Unix milliseconds; 0: it
 * is no certificate, or there is none. The arena is for scratch. On the loop. (expiry.c) */
int64_t fq_channel_key_expires_ms(const struct fq_channel *channel, size_t index,
                                  struct fq_arena *arena);

/* True if `url` is https and its host[:port] is on the channel's list. */
bool fq_channel_allows_url(const struct fq_channel_conf *conf, struct fq_str url);

#endif
