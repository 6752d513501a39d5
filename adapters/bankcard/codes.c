/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's response codes, and what each says of a transaction. */
#include "adapters/bankcard/bankcard.h"

/*= fact sheet 6.1: ranges "01-09 UnionPay system side; 10-29 message/format; 30-59 merchant side;
 * 60-89 cardholder/issuer; 90-99 reserved/other". 03, 04 and 99 are UNCLEAR, and stand here only to
 * be seen. */
static const struct {
    enum bankcard_class class;
    const char *codes;
} codes_classes[] = {
    { BANKCARD_DONE, "00 A6" },
    { BANKCARD_UNCLEAR, "03 04 99" },
    { BANKCARD_WAITS, "05 70 83" },
    { BANKCARD_DEBITED, "74 75" },
    { BANKCARD_LATER, "02 06 98" },
    { BANKCARD_ECHO, "45" },
    { BANKCARD_TWICE, "12" },
    { BANKCARD_ABSENT, "34" },
    { BANKCARD_BUSY, "37" },
    { BANKCARD_FAILED, "01 10 11 13 14 30 31 32 33 35 36 38 39 40 41 42 43 44 46 "
                       "60 61 62 63 64 65 66 67 68 69 71 72 73 76 77 78 79 80 81 82 "
                       "85 86 87 88 89 90 91 92 93 94 95 96" },
};

enum bankcard_class bankcard_classify(struct fq_str code)
{
    for (size_t i = 0; i < BANKCARD_COUNT(codes_classes); i++)
        if (code.len == 2 && fq_slice_is_listed(code, codes_classes[i].codes))
            return codes_classes[i].class;
    return BANKCARD_UNCLEAR;
}
