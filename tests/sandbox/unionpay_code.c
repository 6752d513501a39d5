/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's response codes in its own words. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/unionpay_model.h"

/* The seven characters in brackets of 00, 10, 11, 12, 34 and 05 are genuine, the others are this
 * model's own. */
static const char *const CODES[][3] = {
    { "00", "成功", "0000000" },
    { "A6", "部分成功", "0000006" },
    { "01", "交易失败", "5100030" },
    { "02", "系统未开放或暂时关闭", "9100002" },
    { "03", "交易通讯超时，请发起查询交易", "6154003" },
    { "04", "交易状态未明，请查询对账结果", "6154004" },
    { "05", "交易已受理，请稍后查询交易结果", "6154037" },
    { "06", "系统繁忙，请稍后再试", "6154006" },
    { "10", "报文格式错误", "6100030" },
    { "11", "验证签名失败", "9100004" },
    { "12", "重复交易", "2050001" },
    { "31", "商户状态不正确", "2010031" },
    { "32", "无此交易权限", "2010032" },
    { "33", "交易金额超限", "2010033" },
    { "34", "查无此交易", "2600000" },
    { "35", "原交易不存在或状态不正确", "2010035" },
    { "36", "与原交易信息不符", "2010036" },
    { "37", "已超过最大查询次数或操作过于频繁", "2010037" },
    { "39", "交易不在受理时间范围内", "2010039" },
    { "42", "扣款成功但交易超过规定支付时间", "5100042" },
    { "45", "原交易已经成功退货或已成功撤销", "2010045" },
    { "60", "交易失败，详情请咨询您的发卡行", "5100060" },
    { "61", "输入的卡号无效，请确认后输入", "5100061" },
    { "62", "交易失败，发卡银行不支持该商户", "5100062" },
    { "63", "卡状态不正确", "5100063" },
    { "64", "卡上的余额不足", "5100064" },
    { "65", "输入的密码、有效期或CVN2有误", "5100065" },
    { "66", "持卡人身份信息或手机号输入不正确，验证失败", "5100066" },
    { "68", "您的银行卡暂不支持该业务", "5100068" },
    { "70", "交易已跳转，等待持卡人支付", "6154070" },
    { "71", "动态口令或短信验证码校验失败", "5100071" },
    { "74", "扣款成功，销账未知", "5100074" },
    { "75", "扣款成功，销账失败", "5100075" },
    { "83", "发卡银行正在处理", "6154083" },
    { "98", "文件不存在", "2600098" },
    { "99", "通用错误", "9100099" },
};

static const char *const *code_find(const char *code)
{
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
        if (strcmp(CODES[i][0], code) == 0)
            return CODES[i];
    }
    return NULL;
}

const char *unionpay_code_words(const char *code)
{
    const char *const *found = code_find(code);
    return found != NULL ? found[1] : "交易失败";
}

const char *unionpay_code_brackets(const char *code)
{
    const char *const *found = code_find(code);
    return found != NULL ? found[2] : "5100099";
}

char *unionpay_code_text(const char *code, const char *detail)
{
    struct text text = { 0 };
    text_add(&text, unionpay_code_words(code));
    if (detail != NULL)
        text_printf(&text, "：%s", detail);
    text_printf(&text, "[%s]", unionpay_code_brackets(code));
    return text_take(&text);
}
