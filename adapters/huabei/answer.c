/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the gateway's answers: what was signed, by whom, and what it says. */
#include "adapters/huabei/huabei.h"

#define ANSWER_TEXT_MAX  512
#define ANSWER_LATER_MS  60000
#define ANSWER_TERMS_MAX 60

/*= fact sheet 1.6: "Signed bytes = the exact bytes of the node's value in the raw body, including
 * both braces"; sign and alipay_cert_sn are taken from the top level only. */
bool huabei_split(const struct fq_host *host, struct fq_str body, struct fq_str node,
                  struct huabei_parts *ret)
{
    struct fq_str answer;
    struct huabei_parts parts = { .is_gateway_error = false };
    if (fq_json_check(body, &answer) != 0)
        return false;
    if (!fq_json_member(answer, node, &parts.content)) {
        if (!fq_json_member(answer, fq_slice("error_response"), &parts.content))
            return false;
        parts.is_gateway_error = true;
    }
    if (!fq_json_is_object(parts.content) && !fq_json_is_string(parts.content))
        return false;
    parts.sign = fq_json_text(host, answer, "sign");
    parts.serial = fq_json_text(host, answer, "alipay_cert_sn");
    *ret = parts;
    return true;
}

/*= fact sheet 1.8: "verify first (over the quoted string), then decrypt"; an error "comes in clear
 * {...} form: choose by the first byte". */
static bool answer_open(const struct huabei_question *asked, struct fq_str content, bool is_genuine,
                        struct fq_str *ret_node)
{
    const struct fq_host *host = asked->host;
    struct fq_str base64, secret, plain;
    if (fq_json_is_object(content)) {
        *ret_node = content;
        return true;
    }
    return is_genuine && asked->self->is_encrypted && fq_json_scalar(host, content, &base64) &&
           fq_slice_from_base64(host, base64, &secret) &&
           host->decrypt(host, "content", HUABEI_CIPHER, secret, &plain) == 0 &&
           fq_json_check(plain, ret_node) == 0 && fq_json_is_object(*ret_node);
}

/* ---- a signature of ours that is refused ---- */

/* What we signed at the time that the platform shows, and where its own string begins. */
static bool answer_rebuild(const struct huabei_question *asked, struct fq_str shown,
                           struct fq_str *ret_ours, struct fq_str *ret_theirs)
{
    static const char time_name[] = "&timestamp=";
    const size_t time_len = sizeof("yyyy-mm-dd HH:MM:SS") - 1;
    struct fq_str theirs, time, name, value;
    if (!fq_notation_from_html(asked->host, shown, &theirs) ||
        !fq_slice_find(theirs, fq_slice(time_name), &time) ||
        time.len < sizeof(time_name) - 1 + time_len)
        return false;
    time = (struct fq_str){ time.ptr + sizeof(time_name) - 1, time_len };
    return huabei_string_to_sign(asked, time, ret_ours) == 0 &&
           fq_slice_cut(*ret_ours, '=', &name, &value) &&
           fq_slice_find(theirs, (struct fq_str){ name.ptr, name.len + 1 }, ret_theirs);
}

/*= fact sheet 1.5: "The sub_msg of isv.invalid-signature shows the string the gateway built,
 * HTML-escaped". It holds what the order says, so only where it differs from ours is told. */
static struct fq_str answer_explain(const struct huabei_question *asked, struct fq_str shown)
{
    struct fq_str ours, theirs, told;
    if (answer_rebuild(asked, shown, &ours, &theirs) &&
        fq_notation_difference(asked->host, "signature refused: ", ours, theirs, &told))
        return told;
    return fq_slice("signature refused, and what was built there is not shown");
}

/* ---- the codes ---- */

static enum huabei_class answer_read_codes(const struct huabei_question *asked, struct fq_str node,
                                           struct fq_verdict *ret)
{
    const struct fq_host *host = asked->host;
    struct fq_str code = fq_json_text(host, node, "code");
    struct fq_str sub_code = fq_json_text(host, node, "sub_code");
    struct fq_str words = fq_json_text(host, node, "sub_msg");
    if (words.len == 0)
        words = fq_json_text(host, node, "msg");
    else if (fq_slice_is_listed(sub_code, "isv.invalid-signature"))
        words = answer_explain(asked, words);
    ret->platform_code = fq_notation_code(host, code, sub_code);
    ret->platform_text = fq_slice_clip(words, ANSWER_TEXT_MAX);
    return huabei_classify(asked->method, code, sub_code);
}

/* ---- the whole ---- */

/* A gateway-level error names no method: never a proof, even when it is signed. */
enum huabei_class huabei_read(const struct huabei_question *asked, const struct fq_message *message,
                              struct fq_verdict *ret, struct fq_str *ret_node)
{
    struct huabei_parts parts;
    enum huabei_class class = HUABEI_UNPROVEN;
    const char *fault = fq_answer_fault(message);
    *ret_node = (struct fq_str){ NULL, 0 };
    fq_verdict_unknown(ret, fault);
    if (fault != NULL)
        return HUABEI_UNPROVEN;
    if (!huabei_split(asked->host, message->body, huabei_node(asked->method), &parts)) {
        fq_verdict_unknown(ret, "the answer has no such node, or is not JSON");
        return HUABEI_UNPROVEN;
    }
    enum huabei_proof proof =
        huabei_verify(asked->self, asked->host, parts.content, parts.sign, parts.serial);
    bool is_open = answer_open(asked, parts.content, proof == HUABEI_GENUINE, ret_node);
    if (is_open)
        class = answer_read_codes(asked, *ret_node, ret);
    if (proof == HUABEI_STRANGE)
        fq_verdict_need_key(ret, parts.serial);
    else if (proof == HUABEI_FORGED && (parts.sign.len > 0 || class == HUABEI_DONE || !is_open))
        fq_verdict_unknown(ret, "the answer's signature is missing or bad");
    else if (!is_open)
        fq_verdict_unknown(ret, "the answer does not decrypt to an object");
    if (proof != HUABEI_GENUINE || !is_open || parts.is_gateway_error)
        return HUABEI_UNPROVEN;
    if (class == HUABEI_LATER)
        ret->retry_after_ms = ANSWER_LATER_MS;
    return class;
}

uint32_t huabei_terms_read(const struct fq_host *host, struct fq_str pay_info)
{
    struct fq_str object, value, text;
    int64_t terms;
    if (fq_json_is_string(pay_info) && !fq_json_scalar(host, pay_info, &pay_info))
        return 0;
    if (fq_json_check(pay_info, &object) != 0 ||
        !fq_json_member_any_case(object, fq_slice("user_install_num"), &value) ||
        !fq_json_scalar(host, value, &text) || !fq_slice_to_number(text, ANSWER_TERMS_MAX, &terms))
        return 0;
    return (uint32_t)terms;
}
