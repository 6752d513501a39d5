/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of both sides: plain or as certificates, their serials, and fetching a new one. */
#include "adapters/huabei/huabei.h"

/* ---- serials ---- */

#define KEY_SERIAL_LEN 32
#define KEY_ROOTS_MAX  16

static const struct fq_str key_none = { NULL, 0 };

/* The form of a serial, and of no name of a configured key. */
static bool key_is_serial(struct fq_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && (s.ptr[i] < 'a' || s.ptr[i] > 'f'))
            return false;
    return s.len == KEY_SERIAL_LEN;
}

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

/* Whether the certificate was issued by its own subject. */
static bool key_is_root(const struct fq_host *host, const char *key, size_t index)
{
    struct fq_str issuer, subject, cn, rest;
    if (host->cert_field(host, key, key_none, index, FQ_CERT_ISSUER_RFC2253, &issuer) != 0 ||
        host->cert_field(host, key, key_none, index, FQ_CERT_SUBJECT_CN, &subject) != 0)
        return false;
    fq_slice_cut(issuer, ',', &cn, &rest);
    return fq_slice_starts(cn, fq_slice("CN=")) &&
           fq_slice_equal((struct fq_str){ cn.ptr + 3, cn.len - 3 }, subject);
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
    fq_text_init(&text, host, KEY_ROOTS_MAX * (KEY_SERIAL_LEN + 1));
    for (size_t i = 0; r != 1 && i < KEY_ROOTS_MAX; i++) {
        r = host->cert_field(host, HUABEI_KEY_ALIPAY_ROOT, key_none, i, FQ_CERT_SIGNATURE_OID,
                             &oid);
        if (r != 0 || !fq_slice_starts(oid, fq_slice("1.2.840.113549.1.1.")) ||
            !key_serial(host, HUABEI_KEY_ALIPAY_ROOT, key_none, i, &serial))
            continue;
        has_root = has_root || key_is_root(host, HUABEI_KEY_ALIPAY_ROOT, i);
        if (text.len > 0)
            fq_text_add_char(&text, '_');
        fq_text_add(&text, serial);
    }
    return has_root && fq_text_finish(&text, ret);
}

/* ---- what is configured ---- */

static const struct key_row {
    const char *name;
    bool is_certificate;
    bool is_required;
    bool is_platforms; /* answers are verified with it */
} key_rows[] = {
    { HUABEI_KEY_ALIPAY, false, true, true },
    { HUABEI_KEY_ALIPAY_NEXT, false, false, true },
    { HUABEI_KEY_APP_CERT, true, true, false },
    { HUABEI_KEY_ALIPAY_CERT, true, true, true },
    { HUABEI_KEY_ALIPAY_CERT_NEXT, true, false, true },
    { HUABEI_KEY_ALIPAY_ROOT, true, true, false },
};

struct key_names {
    const struct fq_str *items;
    size_t n_items;
};

static bool key_is_there(struct key_names keys, const char *name)
{
    for (size_t i = 0; i < keys.n_items; i++)
        if (fq_slice_equal(keys.items[i], fq_slice_of(name)))
            return true;
    return false;
}

static int key_refuse(const struct fq_host *host, const char *name, const char *why,
                      struct fq_str *reterr_key)
{
    struct fq_text key;
    fq_text_init(&key, host, 64);
    fq_text_add_of(&key, "keys.");
    fq_text_add_of(&key, name);
    fq_text_finish(&key, reterr_key);
    return host->fail(host, why);
}

/* Plain keys or certificates, and all of them. */
static int key_choose(struct huabei *self, const struct fq_host *host, struct key_names keys,
                      bool has_certificates, struct fq_str *reterr_key)
{
    size_t n_platform = 0;
    for (size_t i = 0; i < HUABEI_COUNT(key_rows); i++) {
        const struct key_row *row = &key_rows[i];
        bool is_wanted = row->is_certificate == has_certificates;
        bool is_there = key_is_there(keys, row->name);
        if (is_there && !is_wanted)
            return key_refuse(host, row->name, "is a plain key, beside certificates: remove one",
                              reterr_key);
        if (!is_there && is_wanted && row->is_required)
            return key_refuse(host, row->name,
                              has_certificates
                                  ? "is missing: certificates are app_cert, alipay_cert and "
                                    "alipay_root together"
                                  : "is missing (or certificates: app_cert, alipay_cert and "
                                    "alipay_root)",
                              reterr_key);
        if (is_there && row->is_platforms)
            self->platform[n_platform++].name = row->name;
    }
    return 0;
}

/* A certificate's serial; roots stand in one place only. */
static int key_take(const struct fq_host *host, const char *name, struct fq_str *ret,
                    struct fq_str *reterr_key)
{
    if (!key_serial(host, name, key_none, 0, ret))
        return key_refuse(host, name, "holds no certificate", reterr_key);
    if (key_is_root(host, name, 0))
        return key_refuse(host, name, "is a root certificate: is this the file of alipay_root?",
                          reterr_key);
    return 0;
}

int huabei_ready(void *instance, const struct fq_host *host, const struct fq_str *keys,
                 size_t n_keys, struct fq_str *reterr_key)
{
    struct huabei *self = instance;
    struct key_names names = { keys, n_keys };
    struct fq_str secret;
    bool has_certificates = false;
    for (size_t i = 0; i < HUABEI_COUNT(key_rows); i++)
        has_certificates |= key_rows[i].is_certificate && key_is_there(names, key_rows[i].name);
    if (key_choose(self, host, names, has_certificates, reterr_key) != 0)
        return -1;
    self->is_encrypted = key_is_there(names, HUABEI_KEY_CONTENT);
    if (self->is_encrypted &&
        host->encrypt(host, HUABEI_KEY_CONTENT, HUABEI_CIPHER, fq_slice("{}"), &secret) != 0)
        return key_refuse(host, HUABEI_KEY_CONTENT, "is not the base64 of 16 bytes", reterr_key);
    if (!has_certificates)
        return 0;
    if (key_take(host, HUABEI_KEY_APP_CERT, &self->app_cert_sn, reterr_key) != 0)
        return -1;
    for (size_t i = 0; i < HUABEI_N_PLATFORM_KEYS && self->platform[i].name != NULL; i++)
        if (key_take(host, self->platform[i].name, &self->platform[i].serial, reterr_key) != 0)
            return -1;
    if (!key_root_serial(host, &self->root_cert_sn))
        return key_refuse(host, HUABEI_KEY_ALIPAY_ROOT,
                          "holds no RSA root: is this the file of another certificate?",
                          reterr_key);
    return 0;
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
    for (size_t i = 0; i < HUABEI_N_PLATFORM_KEYS && self->platform[i].name != NULL; i++) {
        const struct huabei_key *key = &self->platform[i];
        if (is_named && !fq_slice_equal(key->serial, serial))
            continue;
        if (host->verify(host, key->name, HUABEI_SCHEME, text, signature) == 0)
            return HUABEI_GENUINE;
        is_tried = true;
    }
    if (!is_named || is_tried || !key_is_serial(serial))
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
    if (self->app_cert_sn.len == 0 || !key_is_serial(call->key_name))
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
    if (host->cert_field(host, HUABEI_KEY_ALIPAY_CERT, key_none, 0, FQ_CERT_SUBJECT_CN, &name) !=
            0 ||
        name.len == 0 || host->verify_chain(host, HUABEI_KEY_ALIPAY_ROOT, pem, name, &handle) != 0)
        return host->fail(host, "the certificate that came is not the platform's");
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->platform_text = key_none;
    ret->proof = fq_slice_assign(host, "alipay_cert_sn", serial);
    ret->key_name = serial;
    ret->key_data = pem;
    return 0;
}
