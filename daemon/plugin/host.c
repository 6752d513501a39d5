/* SPDX-License-Identifier: Apache-2.0 */
/* The services that an adapter may ask for during a call. */
#include "daemon/plugin/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/plugin/fetched.h"
#include "daemon/plugin/leafs.h"
#include "daemon/plugin/unpack.h"

_Static_assert(FQ_DESCRIBE_KEYS_MAX <= 32, "encrypt_seen has a bit for each key");

static struct fq_host_call *host_call(const struct fq_host *host)
{
    return host->ctx;
}

/* Remembers the first trouble of the call, for the log, and refuses the service. */
static int host_refuse(struct fq_host_call *lent, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int host_refuse(struct fq_host_call *lent, const char *format, ...)
{
    if (lent->trouble[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(lent->trouble, sizeof(lent->trouble), format, arguments);
        va_end(arguments);
    }
    fq_trace_clear();
    return -1;
}

static int host_result(struct fq_host_call *lent, const char *service, int r)
{
    if (r < 0)
        return host_refuse(lent, "%s: %s", service, fq_trace());
    if (r > 0)
        return host_refuse(lent, "%s: condition %d", service, r);
    return 0;
}

static const struct fq_key_need *host_key(const struct fq_host_call *lent, const char *key)
{
    const struct fq_description *about = &lent->channel->about;
    for (size_t i = 0; key != NULL && i < about->n_keys; i++) {
        if (strcmp(about->keys[i].name, key) == 0)
            return &about->keys[i];
    }
    return NULL;
}

/* What the adapter declared under this name; FQ_KEY_UNSET for a name that it never declared. */
static uint32_t host_key_kind(const struct fq_host_call *lent, const char *key)
{
    const struct fq_key_need *need = host_key(lent, key);
    return need != NULL ? need->kind : FQ_KEY_UNSET;
}

/* The ring that holds a declared key: the channel's, or what was fetched to encrypt to. It is
 * looked for once, so that a call does not tell the serial of one key and encrypt to the next. */
static const struct fq_keyring *host_ring(struct fq_host_call *lent, const char *key)
{
    const struct fq_channel *channel = lent->channel;
    const struct fq_key_need *need = host_key(lent, key);
    if (need == NULL || need->kind != FQ_KEY_PUBLIC_ENCRYPT || channel->fetched == NULL)
        return channel->keyring;
    size_t i = (size_t)(need - channel->about.keys);
    if ((lent->encrypt_seen & UINT32_C(1) << i) == 0)
        lent->encrypt_keys[i] = fq_fetched_encrypt_key(channel->fetched, i);
    lent->encrypt_seen |= UINT32_C(1) << i;
    return lent->encrypt_keys[i] != NULL ? lent->encrypt_keys[i] : channel->keyring;
}

/* ---- memory and failure ---- */

static void *host_alloc(const struct fq_host *host, size_t size)
{
    return fq_arena_alloc(host_call(host)->arena, size);
}

static int host_fail(const struct fq_host *host, const char *text)
{
    struct fq_host_call *lent = host_call(host);
    (void)snprintf(lent->said, sizeof(lent->said), "%s", text != NULL ? text : "");
    return -1;
}

/* ---- keys ---- */

/* Only keys that were declared for it sign; nothing else ever leaves our mark. */
static int host_sign(const struct fq_host *host, const char *key, uint32_t scheme,
                     struct fq_str text, struct fq_str *ret_signature)
{
    struct fq_host_call *lent = host_call(host);
    if (host_key_kind(lent, key) != FQ_KEY_PRIVATE_SIGN)
        return host_refuse(lent, "sign: \"%s\" is no signing key", key != NULL ? key : "");
    if (scheme == FQ_SCHEME_RSA_SHA1)
        return host_refuse(lent, "sign: RSA with SHA-1 is not allowed");
    return host_result(
        lent, "sign",
        fq_keyring_sign(lent->channel->keyring, key, scheme, text, lent->arena, ret_signature));
}

static const struct fq_host_leaf *host_leaf(const struct fq_host_call *lent, const char *handle)
{
    for (size_t i = 0; handle != NULL && i < lent->n_leafs; i++) {
        if (strcmp(lent->leafs[i].handle.ptr, handle) == 0)
            return &lent->leafs[i];
    }
    return NULL;
}

/* A signature counts under a declared key of the platform or under a certificate that this very
 * call has checked. Our own keys prove nothing. */
static int host_verify(const struct fq_host *host, const char *key, uint32_t scheme,
                       struct fq_str text, struct fq_str signature)
{
    struct fq_host_call *lent = host_call(host);
    const struct fq_host_leaf *leaf = host_leaf(lent, key);
    if (scheme == FQ_SCHEME_RSA_SHA1)
        return host_refuse(lent, "verify: RSA with SHA-1 is not allowed");
    int r = FQ_FETCHED_E_NO_SUCH;
    if (leaf != NULL)
        r = fq_keyring_verify(leaf->keyring, "leaf", scheme, text, signature);
    else if (host_key_kind(lent, key) == FQ_KEY_PUBLIC_VERIFY)
        r = fq_keyring_verify(lent->channel->keyring, key, scheme, text, signature);
    else if (key != NULL && lent->channel->fetched != NULL)
        r = fq_fetched_verify(lent->channel->fetched, fq_str_of(key), scheme, text, signature);
    if (r == FQ_FETCHED_E_NO_SUCH)
        return host_refuse(lent, "verify: \"%s\" is no key to verify with", key != NULL ? key : "");
    if (r == FQ_VERIFY_E_BAD)
        return 1;
    if (r != 0)
        return host_result(lent, "verify", r);
    lent->verified = true;
    lent->verified_key = fq_arena_copy(lent->arena, fq_str_of(key));
    return 0;
}

/* The chain is walked once per certificate, then the channel knows it. */
static int host_check_chain(struct fq_host_call *lent, const struct fq_chain_rule *rule,
                            struct fq_str certificate, struct fq_keyring **ret)
{
    struct fq_leafs *leafs = lent->channel->leafs;
    const struct fq_leafs_name name = fq_leafs_name(certificate, rule->roots, rule->name);
    const char *reason = NULL;
    *ret = leafs != NULL ? fq_leafs_find(leafs, &name, rule->at_unix_ms) : NULL;
    if (*ret != NULL)
        return 0;
    int r = fq_chain_verify(lent->channel->keyring, rule, certificate, ret, &reason);
    if (r == FQ_CHAIN_E_REFUSED) {
        (void)host_refuse(lent, "certificate: %s", reason != NULL ? reason : "refused");
        return 1;
    }
    if (r != 0)
        return host_result(lent, "verify_chain", r);
    if (leafs != NULL)
        fq_leafs_keep(leafs, &name, *ret);
    return 0;
}

/* The leaf is kept until the call ends; its handle says which roots vouch for which serial. */
static int host_keep_leaf(struct fq_host_call *lent, const char *roots, struct fq_keyring *keyring,
                          const char **ret_key)
{
    struct fq_str serial = { NULL, 0 };
    struct fq_host_leaf *leaf = &lent->leafs[lent->n_leafs];
    int r = fq_keyring_cert_field(keyring, "leaf", 0, FQ_CERT_SERIAL_DECIMAL, lent->arena, &serial);
    if (r != 0)
        return host_result(lent, "verify_chain", r);
    leaf->handle =
        fq_arena_printf(lent->arena, "%s/%.*s#%zu", roots, fq_str_arg(serial), lent->n_leafs);
    if (leaf->handle.ptr == NULL)
        return host_refuse(lent, "verify_chain: out of memory");
    leaf->keyring = keyring;
    lent->n_leafs++;
    *ret_key = leaf->handle.ptr;
    return 0;
}

static int host_verify_chain(const struct fq_host *host, const char *roots,
                             struct fq_str certificate, struct fq_str name_rule,
                             const char **ret_key)
{
    struct fq_host_call *lent = host_call(host);
    FQ_CLEANUP(fq_keyring) *keyring = NULL;
    if (host_key_kind(lent, roots) != FQ_KEY_ROOTS)
        return host_refuse(lent, "verify_chain: \"%s\" are no roots", roots != NULL ? roots : "");
    if (lent->n_leafs >= FQ_HOST_CHAINS_MAX)
        return host_refuse(lent, "verify_chain: too many certificates in one call");
    const struct fq_chain_rule rule = { roots, NULL, name_rule, lent->now_ms };
    int r = host_check_chain(lent, &rule, certificate, &keyring);
    if (r != 0)
        return r;
    r = host_keep_leaf(lent, roots, keyring, ret_key);
    if (r == 0)
        (void)FQ_TAKE(keyring);
    return r;
}

static int host_cert_field(const struct fq_host *host, const char *key, struct fq_str certificate,
                           size_t index, uint32_t field, struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    int r = 0;
    if (certificate.ptr != NULL)
        r = fq_cert_field(certificate, index, field, lent->arena, ret);
    else if (host_key_kind(lent, key) == FQ_KEY_UNSET)
        return host_refuse(lent, "cert_field: no key \"%s\"", key != NULL ? key : "");
    else
        r = fq_keyring_cert_field(host_ring(lent, key), key, index, field, lent->arena, ret);
    return r == FQ_CHAIN_E_NO_SUCH ? 1 : host_result(lent, "cert_field", r);
}

static int host_digest(const struct fq_host *host, uint32_t kind, struct fq_str text,
                       struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    return host_result(lent, "digest", fq_digest_make(kind, text, lent->arena, ret));
}

static int host_encrypt(const struct fq_host *host, const char *key, uint32_t cipher,
                        struct fq_str plain, struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    if (host_key_kind(lent, key) == FQ_KEY_UNSET)
        return host_refuse(lent, "encrypt: no key \"%s\"", key != NULL ? key : "");
    return host_result(
        lent, "encrypt",
        fq_keyring_encrypt(host_ring(lent, key), key, cipher, plain, lent->arena, ret));
}

static int host_decrypt(const struct fq_host *host, const char *key, uint32_t cipher,
                        struct fq_str secret, struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    if (host_key_kind(lent, key) == FQ_KEY_UNSET)
        return host_refuse(lent, "decrypt: no key \"%s\"", key != NULL ? key : "");
    return host_result(
        lent, "decrypt",
        fq_keyring_decrypt(lent->channel->keyring, key, cipher, secret, lent->arena, ret));
}

/* ---- files and character sets ---- */

static int host_inflate(const struct fq_host *host, struct fq_str packed, size_t index,
                        struct fq_str *ret_name, struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    int r = fq_unpack_entry(packed, index, lent->arena, ret_name, ret);
    if (r == FQ_UNPACK_E_NO_SUCH)
        return 1;
    if (r == FQ_UNPACK_E_MALFORMED)
        return host_refuse(lent, "inflate: not a zip or zlib file, or damaged");
    if (r == FQ_UNPACK_E_TOO_BIG)
        return host_refuse(lent, "inflate: larger than may be");
    return host_result(lent, "inflate", r);
}

static int host_convert(const struct fq_host *host, uint32_t charset, struct fq_str text,
                        struct fq_str *ret)
{
    struct fq_host_call *lent = host_call(host);
    int r = fq_unpack_convert(charset, text, lent->arena, ret);
    if (r == FQ_UNPACK_E_MALFORMED)
        return host_refuse(lent, "convert: not a text of that character set");
    if (r == FQ_UNPACK_E_TOO_BIG)
        return host_refuse(lent, "convert: larger than may be");
    return host_result(lent, "convert", r);
}

/* ---- one call's host ---- */

void fq_host_init(struct fq_host_call *lent, const struct fq_channel *channel,
                  struct fq_arena *arena, int64_t now_ms)
{
    *lent = (struct fq_host_call){
        .host = {
            .struct_size = sizeof(struct fq_host),
            .ctx = lent,
            .alloc = host_alloc,
            .fail = host_fail,
            .sign = host_sign,
            .verify = host_verify,
            .verify_chain = host_verify_chain,
            .cert_field = host_cert_field,
            .digest = host_digest,
            .encrypt = host_encrypt,
            .decrypt = host_decrypt,
            .inflate = host_inflate,
            .convert = host_convert,
        },
        .channel = channel,
        .arena = arena,
        .now_ms = now_ms,
    };
}

void fq_host_deinit(struct fq_host_call *lent)
{
    for (size_t i = 0; i < lent->n_leafs; i++)
        fq_keyring_free(lent->leafs[i].keyring);
    lent->n_leafs = 0;
    for (size_t i = 0; i < FQ_DESCRIBE_KEYS_MAX; i++)
        fq_keyring_free(FQ_TAKE(lent->encrypt_keys[i]));
    lent->encrypt_seen = 0;
}

/* Adapters may quote a platform: nothing in it may look like more than one line of a log. */
static void host_clean(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    }
}

struct fq_str fq_host_reason(const struct fq_host_call *lent, struct fq_arena *arena)
{
    char text[2 * FQ_HOST_REASON_SIZE + 4];
    const char *said = lent->said[0] != '\0' ? lent->said : "the adapter gave no reason";
    if (lent->trouble[0] != '\0')
        (void)snprintf(text, sizeof(text), "%s (%s)", said, lent->trouble);
    else
        (void)snprintf(text, sizeof(text), "%s", said);
    host_clean(text);
    struct fq_str reason = fq_arena_copy(arena, fq_str_of(text));
    return reason.ptr != NULL ? reason : fq_lit("the call's memory is used up");
}
