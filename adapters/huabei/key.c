/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of both sides: plain or as certificates, their serials, and fetching a new one. */
#include "adapters/huabei/huabei.h"

/* ---- serials ---- */

#define KEY_SERIAL_LEN 32
#define KEY_ROOTS_MAX  16

static const struct fq_str key_none = { NULL, 0 };

/*= fact sheet 1.7: "lowercase hex MD5 of (issuer text + serial in DECIMAL)". Of the channel's key
 * `key`, or of `pem` if that is not absent. */
static bool key_serial(const struct fq_host *host, const char *key, struct fq_str pem, size_t index,
                       struct fq_str *ret)
{
    struct fq_str issuer, number, both, md5;
    struct fq_text text;
    if (host->cert_field(host, key, pem, index, FQ_CERT_ISSUER_RFC2253, &issuer) != 0 ||
        host->cert_field(host, key, pem, index, FQ_CERT_SERIAL_DECIMAL, &number) != 0)
        return false;
    fq_text_init(&text, host, issuer.len + number.len + 1);
    fq_text_add(&text, issuer);
    fq_text_add(&text, number);
    return fq_text_finish(&text, &both) && host->digest(host, FQ_DIGEST_MD5, both, &md5) == 0 &&
           fq_notation_hex(host, md5, ret);
}

/*= fact sheet 1.7: "each certificate ... whose signature algorithm OID begins 1.2.840.113549.1.1
 * (RSA family) ...; join with _ in file order". Others are skipped, whether they can be read or
 * not. False: there is no root among them. */
static bool key_root_serial(const struct fq_host *host, struct fq_str *ret)
{
    struct fq_str oid, serial;
    struct fq_text text;
    bool has_root = false;
    int r = 0;
    fq_text_init(&text, host, (size_t)KEY_ROOTS_MAX * (KEY_SERIAL_LEN + 1));
    for (size_t i = 0; r != 1 && i < KEY_ROOTS_MAX; i++) {
        r = host->cert_field(host, "alipay_root", key_none, i, FQ_CERT_SIGNATURE_OID, &oid);
        if (r != 0 || !fq_slice_starts(oid, fq_slice("1.2.840.113549.1.1.")) ||
            !key_serial(host, "alipay_root", key_none, i, &serial))
            continue;
        has_root = has_root || fq_keys_is_root(host, "alipay_root", i);
        if (text.len > 0)
            fq_text_add_char(&text, '_');
        fq_text_add(&text, serial);
    }
    return has_root && fq_text_finish(&text, ret);
}

/* ---- what is configured ---- */

static const struct fq_key_set key_sets[] = {
    { "alipay", "alipay_next" },
    { "app_cert alipay_cert alipay_root", "alipay_cert_next" },
    { NULL, NULL },
};

/* Of each set, what verifies answers. */
static const char *const key_platform[][HUABEI_N_PLATFORM_KEYS] = {
    { "alipay", "alipay_next" },
    { "alipay_cert", "alipay_cert_next" },
};

/* The serial of a configured certificate that is no root. */
static const char *key_take(const struct fq_host *host, const char *name, struct fq_str *ret)
{
    if (!key_serial(host, name, key_none, 0, ret))
        return "holds no certificate";
    return fq_keys_is_root(host, name, 0) ? "is a root certificate: the file of alipay_root?"
                                          : NULL;
}

/* What is wrong with a key that is configured; sets what is made of the good ones. */
static const char *key_take_all(struct huabei *self, const struct fq_host *host, size_t set,
                                const char **ret_name)
{
    const char *refusal = NULL;
    struct fq_str secret;
    *ret_name = "content";
    if (self->is_encrypted &&
        host->encrypt(host, *ret_name, HUABEI_CIPHER, fq_slice("{}"), &secret) != 0)
        return "is not the base64 of 16 bytes";
    if (set == 0)
        return NULL;
    *ret_name = "alipay_root";
    if (!key_root_serial(host, &self->root_cert_sn))
        return "holds no RSA root: the file of another certificate?";
    *ret_name = "app_cert";
    refusal = key_take(host, *ret_name, &self->app_cert_sn);
    for (size_t i = 0; refusal == NULL && i < self->n_platform; i++) {
        *ret_name = self->platform[i].name;
        refusal = key_take(host, *ret_name, &self->platform[i].serial);
    }
    return refusal;
}

int huabei_ready(void *instance, const struct fq_host *host, const struct fq_str *keys,
                 size_t n_keys, struct fq_str *reterr_key)
{
    struct huabei *self = instance;
    const char *name;
    size_t set;
    if (fq_keys_choose(host, key_sets, keys, n_keys, &set, reterr_key) != 0)
        return -1;
    for (size_t i = 0; i < HUABEI_N_PLATFORM_KEYS; i++)
        if (fq_keys_has(keys, n_keys, key_platform[set][i]))
            self->platform[self->n_platform++].name = key_platform[set][i];
    self->is_encrypted = fq_keys_has(keys, n_keys, "content");
    const char *refusal = key_take_all(self, host, set, &name);
    return refusal == NULL ? 0 : fq_keys_refuse(host, fq_slice_of(name), refusal, reterr_key);
}

/* ---- verifying ---- */

/* The serial is not covered by the signature: it only chooses, and only among certificates. */
enum huabei_proof huabei_verify(const struct huabei *self, const struct fq_host *host,
                                struct fq_str text, struct fq_str signature_base64,
                                struct fq_str serial)
{
    struct fq_str signature;
    bool is_named = self->app_cert_sn.len > 0 && serial.len > 0;
    bool is_tried = false;
    if (signature_base64.len == 0 || !fq_slice_from_base64(host, signature_base64, &signature))
        return HUABEI_FORGED;
    for (size_t i = 0; i < self->n_platform; i++) {
        const struct huabei_key *key = &self->platform[i];
        if (is_named && !fq_slice_equal(key->serial, serial))
            continue;
        if (host->verify(host, key->name, HUABEI_SCHEME, text, signature) == 0)
            return HUABEI_GENUINE;
        is_tried = true;
    }
    if (!is_named || is_tried || !fq_slice_is_hex(serial, KEY_SERIAL_LEN))
        return HUABEI_FORGED;
    /* One that was fetched before goes by its serial. */
    const char *name = fq_notation_name(host, serial);
    int r = name != NULL ? host->verify(host, name, HUABEI_SCHEME, text, signature) : 1;
    return r == 0 ? HUABEI_GENUINE : r == 1 ? HUABEI_FORGED : HUABEI_STRANGE;
}

/* ---- fetching a certificate that an answer was signed with ---- */

int huabei_fetch_key_biz(const struct huabei_question *asked, struct fq_text *biz)
{
    fq_json_add_member(biz, "alipay_cert_sn", asked->call->key_name);
    return 0;
}

int huabei_fetch_key_begin(void *instance, const struct fq_host *host, const struct fq_call *call,
                           struct fq_verdict *ret)
{
    const struct huabei *self = instance;
    if (self->app_cert_sn.len == 0 || !fq_slice_is_hex(call->key_name, KEY_SERIAL_LEN))
        return host->fail(host, "no certificate goes by such a name");
    const struct huabei_question asked = { self, host, call, HUABEI_FETCH_KEY };
    return huabei_send(&asked, ret);
}

/*= fact sheet 1.7: "verify its chain up to the LOCAL root bundle, its dates and its recomputed SN".
 * The same authority certifies the merchants, so it must also bear the name that is configured. The
 * answer's own signature adds nothing: it may be by the very certificate that it brings. */
int huabei_fetch_key_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                            const struct fq_message *message, struct fq_verdict *ret)
{
    const struct huabei_question asked = { self, host, call, HUABEI_FETCH_KEY };
    const char *handle;
    struct fq_str node, pem, serial, name;
    huabei_read(&asked, message, ret, &node);
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    struct fq_str content = fq_json_text(host, node, "alipay_cert_content");
    if (content.len == 0)
        return 0;
    if (!fq_slice_from_base64(host, content, &pem) || !key_serial(host, NULL, pem, 0, &serial) ||
        !fq_slice_equal(serial, call->key_name))
        return host->fail(host, "the certificate that came is not the one that was asked for");
    if (host->cert_field(host, "alipay_cert", key_none, 0, FQ_CERT_SUBJECT_CN, &name) != 0 ||
        name.len == 0 || host->verify_chain(host, "alipay_root", pem, name, &handle) != 0)
        return host->fail(host, "the certificate that came is not the platform's");
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->platform_text = key_none;
    ret->proof = fq_slice_assign(host, "alipay_cert_sn", serial);
    ret->key_name = serial;
    ret->key_data = pem;
    return 0;
}
