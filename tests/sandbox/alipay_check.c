/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway looks at before the business, in its order; the first failure wins. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/alipay_model.h"

struct check_limit {
    const char *name;
    size_t max_characters;
};

static const struct check_limit CHECK_LIMITS[] = {
    { "app_id", 32 },      { "method", 128 },     { "format", 40 },
    { "charset", 10 },     { "sign_type", 10 },   { "sign", 344 },
    { "timestamp", 19 },   { "version", 3 },      { "notify_url", 256 },
    { "return_url", 256 }, { "app_cert_sn", 32 }, { "alipay_root_cert_sn", 65 },
};

static const char *check_value(const struct alipay_call *call, const char *name)
{
    const char *value = form_get(&call->form, name);
    return value != NULL ? value : "";
}

static bool check_missing(struct alipay_call *call, const char *sub_code, const char *sub_msg)
{
    alipay_call_fail(call, "40001", sub_code, sub_msg);
    return false;
}

static bool check_invalid(struct alipay_call *call, const char *sub_code, const char *sub_msg)
{
    alipay_call_fail(call, "40002", sub_code, sub_msg);
    return false;
}

static bool check_shape(struct alipay_call *call)
{
    size_t n_characters;
    if (call->undecodable != NULL)
        return check_invalid(call, "isv.invalid-parameter", call->undecodable);
    if (form_duplicate(&call->form) != NULL)
        return check_invalid(call, "isv.invalid-parameter", form_duplicate(&call->form));
    for (size_t i = 0; i < sizeof(CHECK_LIMITS) / sizeof(CHECK_LIMITS[0]); i++) {
        const char *value = check_value(call, CHECK_LIMITS[i].name);
        if (!utf8_count(value, &n_characters) || n_characters > CHECK_LIMITS[i].max_characters)
            return check_invalid(call, "isv.invalid-parameter", CHECK_LIMITS[i].name);
    }
    return true;
}

static bool check_common(const struct alipay *alipay, struct alipay_call *call)
{
    const char *app_id = check_value(call, "app_id");
    const char *format = check_value(call, "format");
    const char *version = check_value(call, "version");
    if (app_id[0] == '\0')
        return check_missing(call, "isv.missing-app-id", "缺少AppID参数");
    if (strcmp(app_id, alipay->config.app_id) != 0)
        return check_invalid(call, "isv.invalid-app-id", "无效的AppID参数");
    if (strcasecmp(check_value(call, "charset"), "utf-8") != 0)
        return check_invalid(call, "isv.invalid-charset", "字符集错误");
    if (format[0] != '\0' && strcasecmp(format, "JSON") != 0)
        return check_invalid(call, "isv.invalid-format", "无效的数据格式");
    if (version[0] == '\0')
        return check_missing(call, "isv.missing-version", "缺少版本参数");
    if (strcmp(version, "1.0") != 0)
        return check_invalid(call, "isv.invalid-version", "无效的版本参数");
    if (call->method_name[0] == '\0')
        return check_missing(call, "isv.missing-method", "缺少方法名参数");
    if (call->method == NULL)
        return check_invalid(call, "isv.invalid-method", "不存在的方法名");
    return true;
}

static bool check_time(const struct alipay *alipay, struct alipay_call *call)
{
    int64_t unix_ms;
    const char *timestamp = check_value(call, "timestamp");
    if (timestamp[0] == '\0')
        return check_missing(call, "isv.missing-timestamp", "缺少时间戳参数");
    if (!beijing_parse(timestamp, &unix_ms) ||
        llabs(unix_ms - alipay->now_unix_ms) > alipay->settings.timestamp_tolerance_ms)
        return check_invalid(call, "isv.invalid-timestamp", "非法的时间戳参数");
    return true;
}

/* In public-key mode no serial is known. */
static bool check_certificates(const struct alipay *alipay, struct alipay_call *call)
{
    const struct alipay_certs *certs = &alipay->certs;
    const char *app_sn = check_value(call, "app_cert_sn");
    const char *root_sn = check_value(call, "alipay_root_cert_sn");
    if (certs->app == NULL)
        return app_sn[0] == '\0' ||
               check_invalid(call, "isv.app-cert-not-exist", "应用证书不存在，本应用使用公钥模式");
    if (app_sn[0] == '\0')
        return check_missing(call, "isv.missing-app-cert-sn", "缺少应用公钥证书序列号参数");
    if (strcmp(app_sn, certs->app_sn) != 0)
        return check_invalid(call, "isv.app-cert-not-exist", "应用公钥证书不存在");
    if (!cert_is_valid_at(certs->app, alipay->now_unix_ms))
        return check_invalid(call, "isv.app-cert-expired", "应用公钥证书已过期");
    if (root_sn[0] == '\0')
        return check_missing(call, "isv.missing-alipay-root-cert-sn", "缺少支付宝根证书序列号参数");
    if (strcmp(root_sn, certs->root_sn) != 0)
        return check_invalid(call, "isv.invalid-alipay-root-cert-sn", "支付宝根证书序列号无效");
    return true;
}

static bool check_signature(const struct alipay *alipay, struct alipay_call *call)
{
    const char *sign_type = check_value(call, "sign_type");
    const char *sign = check_value(call, "sign");
    if (sign_type[0] == '\0')
        return check_missing(call, "isv.missing-signature-type", "缺少签名类型参数");
    if (strcmp(sign_type, "RSA2") != 0)
        return check_invalid(call, "isv.invalid-signature-type", "无效的签名类型");
    if (!check_certificates(alipay, call))
        return false;
    if (sign[0] == '\0')
        return check_missing(call, "isv.missing-signature", "缺少签名参数");
    STRING_CLEANUP built = form_to_sign(&call->form, true);
    if (key_verify(alipay->config.app_public, KEY_RSA2, built, strlen(built), sign))
        return true;
    TEXT_CLEANUP message = { 0 };
    text_add(&message, "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，"
                       "网关生成的验签字符串为：");
    text_add_html(&message, built);
    return check_invalid(call, "isv.invalid-signature", message.bytes);
}

static bool check_undecryptable(struct alipay_call *call, const char *sub_code, const char *sub_msg)
{
    alipay_call_fail(call, "40003", sub_code, sub_msg);
    return false;
}

/* The business content, decrypted where it came encrypted. */
static bool check_content(const struct alipay *alipay, struct alipay_call *call)
{
    const char *encrypt_type = check_value(call, "encrypt_type");
    const char *biz_content = check_value(call, "biz_content");
    if (biz_content[0] == '\0')
        return check_missing(call, "isv.missing-parameter", "缺少biz_content参数");
    if (encrypt_type[0] == '\0' && alipay->settings.encryption_required)
        return check_missing(call, "isv.decryption-error-missing-encrypt-type",
                             "解密出错, 未指定加密算法");
    if (encrypt_type[0] != '\0') {
        if (!alipay->has_content_key)
            return check_undecryptable(call, "isv.decryption-error-unknown", "解密出错, 未知错误");
        if (strcmp(encrypt_type, "AES") != 0)
            return check_undecryptable(call, "isv.decryption-error-not-valid-encrypt-type",
                                       "解密出错, 不支持的加密算法");
        STRING_CLEANUP clear = cipher_open(alipay->content_key, biz_content);
        if (clear == NULL)
            return check_undecryptable(call, "isv.decryption-error-unknown", "解密出错, 未知错误");
        alipay_call_read_biz(call, clear);
        call->encrypted = true;
    }
    if (!cJSON_IsObject(call->biz))
        return check_invalid(call, "isv.invalid-parameter", "biz_content不是JSON对象");
    return true;
}

static bool check_permissions(const struct alipay *alipay, struct alipay_call *call)
{
    const char *permissions = alipay->settings.permissions;
    if (strcmp(permissions, "granted") == 0)
        return true;
    if (strcmp(permissions, "app") == 0)
        alipay_call_fail(call, "40006", "isv.insufficient-isv-permissions", "ISV权限不足");
    else
        alipay_call_fail(call, "40006", "isv.insufficient-user-permissions", "用户权限不足");
    return false;
}

bool alipay_check(const struct alipay *alipay, struct alipay_call *call)
{
    return check_shape(call) && check_common(alipay, call) && check_time(alipay, call) &&
           check_signature(alipay, call) && check_content(alipay, call) &&
           check_permissions(alipay, call);
}
