/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of fq_conf_load over texts in memory: for the files, the tests and the fuzzer. */
#ifndef FQ_CONF_LOAD_H
#define FQ_CONF_LOAD_H

#include "daemon/conf/conf.h"

struct fq_conf_load;

/* Mistakes are told with `path`; relative paths in the file start at its folder. */
struct fq_conf_load *fq_conf_load_new(void);
void fq_conf_load_free(struct fq_conf_load *load);
FQ_DEFINE_CLEANUP(fq_conf_load);

/* False: not even the form of a configuration file, so nothing else can be checked. A NUL stands
 * behind each text. */
bool fq_conf_load_main(struct fq_conf_load *load, const char *path, struct fq_str text);
/* The banks of a channel that names an issuers_file, by its place among those that were read. */
void fq_conf_load_issuers(struct fq_conf_load *load, size_t channel, const char *path,
                          struct fq_str text);
struct fq_str fq_conf_load_merchants_dir(const struct fq_conf_load *load);
void fq_conf_load_merchant(struct fq_conf_load *load, const char *path, struct fq_str text);

/* As fq_conf_load: what was read, or FQ_CONF_E_INVALID and all mistakes. */
int fq_conf_load_finish(struct fq_conf_load *load, struct fq_conf **ret,
                        struct fq_conf_errors **ret_errors);

#endif
