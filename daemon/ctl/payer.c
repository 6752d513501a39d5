/* SPDX-License-Identifier: Apache-2.0 */
/* --payer-file: who is to pay. From a file or a pipe, for what stands on a command line is seen by
 * everybody on the machine, and stays in the shell's history. */
#include "daemon/ctl/ctl.h"

#define PAYER_SIZE_MAX 4096

static int payer_document(struct ctl *ctl, struct fq_str value, Fenqi__V1__Payer *ret)
{
    struct fq_str type, number;
    int word = 0;
    if (!fq_str_cut(value, ':', &type, &number) ||
        !ctl_word_read(ctl, &fenqi__v1__document_type__descriptor,
                       fq_arena_copy(ctl->arena, type).ptr, &word))
        return CTL_USAGE;
    ret->document_type = (Fenqi__V1__DocumentType)word;
    ret->document_number = fq_unconst(fq_arena_copy(ctl->arena, number).ptr);
    return CTL_OK;
}

static int payer_line(struct ctl *ctl, struct fq_str line, Fenqi__V1__Payer *ret)
{
    struct fq_str name, value;
    if (fq_str_ends(line, fq_lit("\r")))
        line.len--;
    if (fq_str_is_empty(line))
        return CTL_OK;
    if (!fq_str_cut(line, '=', &name, &value))
        return CTL_USAGE;
    if (fq_str_equal(name, fq_lit("document")))
        return payer_document(ctl, value, ret);
    char *text = fq_unconst(fq_arena_copy(ctl->arena, value).ptr);
    if (fq_str_equal(name, fq_lit("name")))
        ret->name = text;
    else if (fq_str_equal(name, fq_lit("phone")))
        ret->phone = text;
    else
        return CTL_USAGE;
    return CTL_OK;
}

/* No value is repeated in what is said. */
int ctl_payer_read(struct ctl *ctl, Fenqi__V1__Payer *ret, bool *ret_is_given)
{
    const char *path = ctl->values[CTL_PAYER_FILE];
    struct fq_str text = { NULL, 0 }, line;
    *ret_is_given = path != NULL;
    fenqi__v1__payer__init(ret);
    if (path == NULL)
        return CTL_OK;
    fq_arena_wipe_on_free(ctl->arena);
    int status = ctl_file_read(ctl, path, true, PAYER_SIZE_MAX, &text);
    for (int n = 1; status == CTL_OK && text.len > 0; n++) {
        (void)fq_str_cut(text, '\n', &line, &text);
        if (payer_line(ctl, line, ret) != CTL_OK)
            return ctl_complain(CTL_USAGE,
                                "%s:%d: must be name=NAME, document=TYPE:NUMBER or phone=PHONE; "
                                "types are identity-card, passport, officer-card, soldier-card, "
                                "hokou",
                                path, n);
    }
    return status;
}
