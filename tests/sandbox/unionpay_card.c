/* SPDX-License-Identifier: Apache-2.0 */
/* The test cards, and what merchants send about a card and its holder. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/unionpay_model.h"

/* The published ones; the last belongs to somebody else. */
static const struct unionpay_card CARDS[] = {
    { "6221558812340000", "02", "平安银行", "PAB", "全渠道", "01", "341126197709218366",
      "13552535506", "1123", "123" },
    { "6216261000000000018", "01", "平安银行", "PAB", "全渠道", "01", "341126197709218366",
      "13552535506", "", "" },
    { "6250947000000014", "02", "招商银行", "CMB", "张三", "01", "510265790128303", "18100000000",
      "1233", "123" },
};

const struct unionpay_card *unionpay_card_default(void)
{
    return &CARDS[0];
}

const struct unionpay_card *unionpay_card_find(const char *number)
{
    for (size_t i = 0; i < sizeof(CARDS) / sizeof(CARDS[0]); i++) {
        if (strcmp(CARDS[i].number, number) == 0)
            return &CARDS[i];
    }
    return NULL;
}

char *unionpay_card_masked(const char *number)
{
    char *masked = text_copy(number);
    size_t size = strlen(masked);
    for (size_t i = 4; i + 4 < size; i++)
        masked[i] = '*';
    return masked;
}

/* "k=v&k=v"; the first '=' splits. */
static void customer_split(char *pairs, struct form *ret)
{
    char *rest = NULL;
    for (char *pair = strtok_r(pairs, "&", &rest); pair != NULL;
         pair = strtok_r(NULL, "&", &rest)) {
        char *equals = strchr(pair, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        form_set(ret, pair, equals + 1);
    }
}

/* With the key that the request names. */
static char *customer_open(const struct unionpay *unionpay, const struct form *request,
                           const char *sealed)
{
    const char *cert_id = form_get(request, "encryptCertId");
    const struct unionpay_leaf *leaf =
        cert_id != NULL ? unionpay_encryption_find(unionpay, cert_id) : NULL;
    return leaf != NULL ? unionpay_decrypt(leaf->private_key, sealed) : NULL;
}

static bool customer_read_info(const struct unionpay *unionpay, const struct form *request,
                               const char *info, struct form *ret)
{
    size_t size = 0;
    size_t n_characters;
    char *pairs = (char *)base64_decode(info, &size);
    bool readable = pairs != NULL && strlen(pairs) == size && utf8_count(pairs, &n_characters) &&
                    size >= 2 && pairs[0] == '{' && pairs[size - 1] == '}';
    if (readable) {
        pairs[size - 1] = '\0';
        customer_split(pairs + 1, ret);
    }
    free(pairs);
    const char *sealed = form_get(ret, "encryptedInfo");
    if (!readable || sealed == NULL)
        return readable;
    STRING_CLEANUP opened = customer_open(unionpay, request, sealed);
    if (opened == NULL)
        return false;
    customer_split(opened, ret);
    return true;
}

bool unionpay_customer_read(const struct unionpay *unionpay, const struct form *request,
                            struct form *ret_customer, char **ret_acc_no, const char **ret_field)
{
    const char *info = form_get(request, "customerInfo");
    const char *acc_no = form_get(request, "accNo");
    *ret_field = "customerInfo";
    if (info != NULL && !customer_read_info(unionpay, request, info, ret_customer))
        return false;
    *ret_field = "accNo";
    if (acc_no != NULL && strspn(acc_no, "0123456789") != strlen(acc_no))
        *ret_acc_no = customer_open(unionpay, request, acc_no);
    else
        *ret_acc_no = text_copy(acc_no);
    return *ret_acc_no != NULL;
}
