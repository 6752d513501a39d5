/* SPDX-License-Identifier: Apache-2.0 */
/* What a text in the configuration must look like: names, keys, hosts, addresses, URLs. */
#ifndef FQ_CONF_FORM_H
#define FQ_CONF_FORM_H

#include "daemon/base/str.h"

struct fq_conf_form {
    const char *must; /* "must be ..." */
    bool (*fits)(struct fq_str text);
};

extern const struct fq_conf_form fq_form_any;          /* for adapters to judge */
extern const struct fq_conf_form fq_form_path;         /* becomes absolute */
extern const struct fq_conf_form fq_form_instance;     /* "01" */
extern const struct fq_conf_form fq_form_order_prefix; /* "P" */
extern const struct fq_conf_form fq_form_channel;      /* "huabei-main" */
extern const struct fq_conf_form fq_form_adapter;      /* "huabei" */
extern const struct fq_conf_form fq_form_merchant;     /* "shop_1" */
extern const struct fq_conf_form fq_form_id;           /* "icbc", "november-2026" */
extern const struct fq_conf_form fq_form_key_id;       /* "2026-01" */
extern const struct fq_conf_form fq_form_title;        /* a line for people */
extern const struct fq_conf_form fq_form_words;        /* what a buyer reads; may be empty */
extern const struct fq_conf_form fq_form_bin;          /* "622202", "622200-622209" */
extern const struct fq_conf_form fq_form_hours;        /* "01:00-05:30" */
extern const struct fq_conf_form fq_form_client_key;   /* Z85 */
extern const struct fq_conf_form fq_form_host;         /* "openapi.alipay.com", "localhost:8443" */
extern const struct fq_conf_form fq_form_endpoint;     /* "tcp://10.0.0.5:7766", "ipc:///run/x" */
extern const struct fq_conf_form fq_form_address;      /* "127.0.0.1:8080", "[::1]:0" */
extern const struct fq_conf_form fq_form_peer;         /* "127.0.0.1", "::1": canonical */
extern const struct fq_conf_form fq_form_public_url;   /* "https://pay.example.com" */
extern const struct fq_conf_form fq_form_url_prefix;   /* "https://shop.example.com/paid/" */

#endif
