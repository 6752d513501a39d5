/* SPDX-License-Identifier: Apache-2.0 */
/* What no single value can show: values that must agree with each other. */
#ifndef FQ_CONF_CHECK_H
#define FQ_CONF_CHECK_H

#include "daemon/conf/conf.h"

/* Adds a line for every disagreement. */
void fq_conf_check(const struct fq_conf *conf, struct fq_conf_errors *errors);

#endif
