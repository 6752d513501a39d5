/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate mode: what the platform signs with now and by what serial, and
 * alipay.open.app.alipaycert.download. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"
#include "tests/sandbox/base64.h"

void alipay_certs_init(struct alipay_certs *certs, const struct alipay_config *config)
{
    if (config->app_cert == NULL)
        return;
    certs->app = text_copy(config->app_cert);
    certs->root_sn = cert_root_sn(config->alipay_root);
    certs->platform[0] = text_copy(config->alipay_cert);
    if (config->alipay_cert_next != NULL)
        certs->platform[1] = text_copy(config->alipay_cert_next);
    if (!cert_sn(certs->app, certs->app_sn))
        abort();
    for (size_t i = 0; i < 2; i++) {
        if (certs->platform[i] != NULL && !cert_sn(certs->platform[i], certs->platform_sn[i]))
            abort();
    }
}

void alipay_certs_free(struct alipay_certs *certs)
{
    free(certs->app);
    free(certs->root_sn);
    free(certs->platform[0]);
    free(certs->platform[1]);
    free(certs->forged);
}

static bool cert_is_rotated(const struct alipay *alipay)
{
    return strcmp(alipay->settings.platform_certificate, "next") == 0;
}

EVP_PKEY *alipay_platform_key(const struct alipay *alipay)
{
    return cert_is_rotated(alipay) ? alipay->config.alipay_private_next
                                   : alipay->config.alipay_private;
}

const char *alipay_platform_sn(const struct alipay *alipay)
{
    return alipay->certs.platform_sn[cert_is_rotated(alipay) ? 1 : 0];
}

const char *alipay_forged_sn(struct alipay *alipay)
{
    struct alipay_certs *certs = &alipay->certs;
    if (certs->forged == NULL && certs->platform[0] != NULL) {
        certs->forged = cert_forge(alipay_foreign_key(alipay), certs->platform[0]);
        if (!cert_sn(certs->forged, certs->forged_sn))
            abort();
    }
    return certs->forged_sn;
}

void alipay_cert_download(struct alipay *alipay, struct alipay_call *call)
{
    const struct alipay_certs *certs = &alipay->certs;
    const char *sn = alipay_biz_text(call->biz, "alipay_cert_sn");
    const char *found = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (certs->platform[i] != NULL && strcmp(certs->platform_sn[i], sn) == 0)
            found = certs->platform[i];
    }
    if (certs->forged != NULL && strcmp(certs->forged_sn, sn) == 0)
        found = certs->forged;
    if (found == NULL) {
        alipay_call_fail(call, "40002", "isv.alipay-cert-not-exist", "支付宝公钥证书不存在");
        return;
    }
    STRING_CLEANUP content = base64_encode(found, strlen(found));
    alipay_call_set(call, "alipay_cert_content", content);
}
