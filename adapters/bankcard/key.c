/* SPDX-License-Identifier: Apache-2.0 */
/* Our certificate's serial, and the daily renewal of the certificate that payers' data is encrypted
 * to. */
#include "adapters/bankcard/bankcard.h"

static const struct fq_str key_none = { NULL, 0 };

/* ---- what is configured ---- */

/*= fact sheet 2.1: "certId = serial number of the merchant signing certificate as decimal". */
int bankcard_ready(void *instance, const struct fq_host *host, const struct fq_str *keys,
                   size_t n_keys, struct fq_str *reterr_key)
{
    struct bankcard *self = instance;
    struct fq_str serial;
    bool has_encrypt = fq_keys_has(keys, n_keys, BANKCARD_KEY_ENCRYPT);
    if (host->cert_field(host, BANKCARD_KEY_SIGN_CERT, key_none, 0, FQ_CERT_SERIAL_DECIMAL,
                         &self->cert_id) != 0)
        return fq_keys_refuse(host, fq_slice(BANKCARD_KEY_SIGN_CERT), "holds no certificate",
                              reterr_key);
    if (!has_encrypt && bankcard_is_yes(self->encrypt))
        return fq_keys_refuse(host, fq_slice(BANKCARD_KEY_ENCRYPT),
                              "is missing, and settings.encrypt is yes", reterr_key);
    if (has_encrypt && host->cert_field(host, BANKCARD_KEY_ENCRYPT, key_none, 0,
                                        FQ_CERT_SERIAL_DECIMAL, &serial) != 0)
        return fq_keys_refuse(host, fq_slice(BANKCARD_KEY_ENCRYPT), "holds no certificate",
                              reterr_key);
    return 0;
}

/* ---- UnionPay's next one ---- */

/*= fact sheet 3, public-key update: "Run once a day"; "channelType=07, certType=01". */
int bankcard_task_begin(void *instance, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret)
{
    const struct bankcard *self = instance;
    struct bankcard_request request;
    struct fq_str txn_time;
    if (bankcard_request_init(&request, self, host, BANKCARD_RENEW_KEY) != 0 ||
        bankcard_request_add_time(&request, "txnTime", call->now_unix_ms, &txn_time) != 0)
        return -1;
    bankcard_request_add(&request, "channelType", self->channel_type_desktop);
    bankcard_request_add(&request, "certType", fq_slice("01"));
    bankcard_request_add(&request, "orderId", call->order_number);
    return bankcard_request_send(&request, self->back_url, ret);
}

/*= fact sheet 3: "Verify the response signature and the chain/CN of the new certificate before
 * replacing." */
int bankcard_task_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret)
{
    const struct bankcard_asked asked = { self, host, call, call->order_number, key_none };
    struct fq_pairs fields = { NULL, 0 };
    struct fq_str serial, current = key_none;
    const char *handle;
    if (!bankcard_read(&asked, message, ret, &fields))
        return 0;
    struct fq_str pem = fq_pairs_get(fields, "encryptPubKeyCert");
    if (bankcard_classify(fq_pairs_get(fields, "respCode")) != BANKCARD_DONE || pem.len == 0)
        return 0;
    const char *why = bankcard_certificate(self, host, call->now_unix_ms, pem, &handle);
    if (why == NULL && host->cert_field(host, NULL, pem, 0, FQ_CERT_SERIAL_DECIMAL, &serial) != 0)
        why = "the certificate cannot be read";
    if (why != NULL)
        return host->fail(host, why);
    ret->outcome = FQ_OUTCOME_ACCEPTED;
    ret->proof = fq_slice_assign(host, "encryptPubKeyCert", serial);
    (void)host->cert_field(host, BANKCARD_KEY_ENCRYPT, key_none, 0, FQ_CERT_SERIAL_DECIMAL,
                           &current);
    if (!fq_slice_equal(serial, current)) {
        ret->key_name = fq_slice(BANKCARD_KEY_ENCRYPT);
        ret->key_data = pem;
    }
    return 0;
}
