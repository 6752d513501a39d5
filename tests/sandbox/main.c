/* SPDX-License-Identifier: Apache-2.0 */
/* fenqi-sandbox: the payment platforms without the platforms. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "tests/sandbox/alipay.h"
#include "tests/sandbox/cert.h"
#include "tests/sandbox/cipher.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/platforms.h"
#include "tests/sandbox/sender.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/text.h"
#include "tests/sandbox/unionpay.h"

static const char USAGE[] =
    "usage: fenqi-sandbox --cert PEM --key PEM [ALIPAY] [UNIONPAY]\n"
    "                     [--listen 127.0.0.1:0] [--control 127.0.0.1:0] [--ports-file FILE]\n"
    "                     [--time-scale N] [--notify-ca FILE] [--state none]\n"
    "one of these, or both:\n"
    "ALIPAY               --app-id ID --seller-id ID --alipay-private FILE\n"
    "                     --app-public FILE | --app-cert PEM --alipay-cert PEM --alipay-root PEM\n"
    "                     [--alipay-cert-next PEM --alipay-private-next FILE]\n"
    "                     [--content-key BASE64]\n"
    "UNIONPAY             --unionpay FOLDER [--unionpay-merchants MERID=PEM,...]\n"
    "                     [--unionpay-digest sha256|sha1]\n"
    "See tests/sandbox/README.md.\n";

struct options {
    const char *listen;
    const char *control;
    const char *cert;
    const char *key;
    const char *app_id;
    const char *seller_id;
    const char *app_public;
    const char *app_cert;
    const char *alipay_private;
    const char *alipay_cert;
    const char *alipay_root;
    const char *alipay_private_next;
    const char *alipay_cert_next;
    const char *content_key;
    const char *unionpay;
    const char *unionpay_merchants;
    const char *unionpay_digest;
    const char *time_scale;
    const char *ports_file;
    const char *notify_ca;
    const char *state;
};

/* What the model is made of; ended with inputs_free. */
struct inputs {
    EVP_PKEY *app_public;
    EVP_PKEY *alipay_private;
    EVP_PKEY *alipay_private_next;
    char *app_cert;
    char *alipay_cert;
    char *alipay_root;
    char *alipay_cert_next;
};

/* Ended with models_free. */
struct models {
    struct platforms platforms;
    struct inputs inputs;
    struct alipay *alipay;
    struct unionpay_chain *chain;
    struct unionpay *unionpay;
};

static bool options_fit_alipay(const struct options *options)
{
    bool by_certificate = options->app_cert != NULL;
    return options->seller_id != NULL && (options->app_public != NULL) != by_certificate &&
           options->alipay_private != NULL && (options->alipay_cert != NULL) == by_certificate &&
           (options->alipay_root != NULL) == by_certificate &&
           (by_certificate || options->alipay_cert_next == NULL) &&
           (options->alipay_cert_next != NULL) == (options->alipay_private_next != NULL);
}

static bool options_read(struct options *options, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        { "listen", &options->listen },
        { "control", &options->control },
        { "cert", &options->cert },
        { "key", &options->key },
        { "app-id", &options->app_id },
        { "seller-id", &options->seller_id },
        { "app-public", &options->app_public },
        { "app-cert", &options->app_cert },
        { "alipay-private", &options->alipay_private },
        { "alipay-cert", &options->alipay_cert },
        { "alipay-root", &options->alipay_root },
        { "alipay-private-next", &options->alipay_private_next },
        { "alipay-cert-next", &options->alipay_cert_next },
        { "content-key", &options->content_key },
        { "unionpay", &options->unionpay },
        { "unionpay-merchants", &options->unionpay_merchants },
        { "unionpay-digest", &options->unionpay_digest },
        { "time-scale", &options->time_scale },
        { "ports-file", &options->ports_file },
        { "notify-ca", &options->notify_ca },
        { "state", &options->state },
    };

    enum { N = sizeof(known) / sizeof(known[0]) };
    struct option longs[N + 1] = { 0 };
    int which;
    for (size_t i = 0; i < N; i++)
        longs[i] = (struct option){ known[i].name, required_argument, NULL, (int)i };
    while ((which = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (which < 0 || which >= N)
            return false;
        *known[which].value = optarg;
    }
    return optind == argc && options->cert != NULL && options->key != NULL &&
           (options->app_id != NULL || options->unionpay != NULL) &&
           (options->app_id == NULL || options_fit_alipay(options)) &&
           (strcmp(options->unionpay_digest, "sha256") == 0 ||
            strcmp(options->unionpay_digest, "sha1") == 0) &&
           strcmp(options->state, "none") == 0 && strtoull(options->time_scale, NULL, 10) > 0;
}

static char *main_read_file(const char *path)
{
    char block[4096];
    size_t size;
    struct text text = { 0 };
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "fenqi-sandbox: cannot read %s\n", path);
        return NULL;
    }
    while ((size = fread(block, 1, sizeof(block), file)) > 0)
        text_add_bytes(&text, block, size);
    fclose(file);
    return text_take(&text);
}

/* Appears whole, or not at all. */
static bool main_write_ports(const char *path, uint16_t gateway, uint16_t control)
{
    TEXT_CLEANUP unfinished = { 0 };
    text_printf(&unfinished, "%s.new", path);
    FILE *file = fopen(unfinished.bytes, "we");
    bool written = file != NULL && fprintf(file, "gateway=%u\ncontrol=%u\n", gateway, control) > 0;
    if (file != NULL)
        written = fclose(file) == 0 && written;
    written = written && rename(unfinished.bytes, path) == 0;
    if (!written)
        fprintf(stderr, "fenqi-sandbox: cannot write %s\n", path);
    return written;
}

static void inputs_free(struct inputs *inputs)
{
    EVP_PKEY_free(inputs->app_public);
    EVP_PKEY_free(inputs->alipay_private);
    EVP_PKEY_free(inputs->alipay_private_next);
    free(inputs->app_cert);
    free(inputs->alipay_cert);
    free(inputs->alipay_root);
    free(inputs->alipay_cert_next);
}

static bool inputs_complain(const char *what, const char *path)
{
    fprintf(stderr, "fenqi-sandbox: %s %s\n", what, path);
    return false;
}

/* A certificate that belongs to the key. */
static bool inputs_read_certificate(const char *path, EVP_PKEY *key, char **ret)
{
    *ret = main_read_file(path);
    if (*ret == NULL)
        return false;
    return cert_fits(*ret, key) || inputs_complain("the private key does not belong to", path);
}

static bool inputs_read_certificates(struct inputs *inputs, const struct options *options)
{
    STRING_CLEANUP root_sn = NULL;
    inputs->app_cert = main_read_file(options->app_cert);
    inputs->alipay_root = main_read_file(options->alipay_root);
    if (inputs->app_cert == NULL || inputs->alipay_root == NULL ||
        !inputs_read_certificate(options->alipay_cert, inputs->alipay_private,
                                 &inputs->alipay_cert))
        return false;
    inputs->app_public = cert_public_key(inputs->app_cert);
    if (inputs->app_public == NULL)
        return inputs_complain("cannot read a certificate from", options->app_cert);
    root_sn = cert_root_sn(inputs->alipay_root);
    if (root_sn[0] == '\0')
        return inputs_complain("no root signed with RSA in", options->alipay_root);
    if (options->alipay_cert_next == NULL)
        return true;
    inputs->alipay_private_next = key_read_private(options->alipay_private_next);
    if (inputs->alipay_private_next == NULL)
        return inputs_complain("cannot read a key from", options->alipay_private_next);
    return inputs_read_certificate(options->alipay_cert_next, inputs->alipay_private_next,
                                   &inputs->alipay_cert_next);
}

/* False, with a line on stderr, where something is unreadable or does not fit. */
static bool inputs_read(struct inputs *inputs, const struct options *options)
{
    unsigned char content_key[CIPHER_KEY_SIZE];
    if (options->content_key != NULL && !cipher_read_key(options->content_key, content_key))
        return inputs_complain("--content-key must be 16 bytes in base64, not",
                               options->content_key);
    inputs->alipay_private = key_read_private(options->alipay_private);
    if (inputs->alipay_private == NULL)
        return inputs_complain("cannot read a key from", options->alipay_private);
    if (options->app_cert != NULL)
        return inputs_read_certificates(inputs, options);
    inputs->app_public = key_read_public(options->app_public);
    return inputs->app_public != NULL ||
           inputs_complain("cannot read a key from", options->app_public);
}

static void main_make_seed(char ret[32])
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        abort();
    snprintf(ret, 32, "%" PRIx64, random);
}

static struct alipay *main_make_alipay(const struct options *options, const struct inputs *inputs)
{
    char seed[32];
    main_make_seed(seed);
    struct alipay_config config = {
        .app_id = options->app_id,
        .seller_id = options->seller_id,
        .seed = seed,
        .app_public = inputs->app_public,
        .alipay_private = inputs->alipay_private,
        .alipay_private_next = inputs->alipay_private_next,
        .app_cert = inputs->app_cert,
        .alipay_cert = inputs->alipay_cert,
        .alipay_root = inputs->alipay_root,
        .alipay_cert_next = inputs->alipay_cert_next,
        .content_key = options->content_key,
        .time_scale = strtoull(options->time_scale, NULL, 10),
    };
    return alipay_new(&config);
}

/* "MERID=PEM,MERID=PEM": the certificates that the merchants sign with. */
static bool main_add_merchants(struct unionpay *unionpay, const char *wish)
{
    STRING_CLEANUP list = text_copy(wish);
    char *rest = NULL;
    for (char *one = strtok_r(list, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(one, '=');
        if (equals == NULL)
            return inputs_complain("--unionpay-merchants must be MERID=PEM, not", one);
        *equals = '\0';
        STRING_CLEANUP pem = main_read_file(equals + 1);
        if (pem == NULL)
            return false;
        if (!unionpay_add_merchant(unionpay, one, pem, false))
            return inputs_complain("cannot read a certificate from", equals + 1);
    }
    return true;
}

static struct unionpay *main_make_unionpay(const struct options *options,
                                           const struct unionpay_chain *chain)
{
    char seed[32];
    main_make_seed(seed);
    struct unionpay_config config = {
        .chain = chain,
        .seed = seed,
        .time_scale = strtoull(options->time_scale, NULL, 10),
    };
    struct unionpay *unionpay = unionpay_new(&config);
    if (options->unionpay_merchants != NULL &&
        !main_add_merchants(unionpay, options->unionpay_merchants)) {
        unionpay_free(unionpay);
        return NULL;
    }
    return unionpay;
}

static bool main_serve(const struct options *options, struct server *server, const sigset_t *stops)
{
    uint16_t gateway = 0;
    uint16_t control = 0;
    int signal_number;
    struct sender sender = { 0 };
    STRING_CLEANUP cert = main_read_file(options->cert);
    STRING_CLEANUP key = main_read_file(options->key);
    bool served =
        cert != NULL && key != NULL &&
        server_start_gateway(server, options->listen, cert, key, &gateway) &&
        server_start_control(server, options->control, &control) &&
        sender_start(&sender, server, options->notify_ca) &&
        (options->ports_file == NULL || main_write_ports(options->ports_file, gateway, control));
    if (served) {
        printf("fenqi-sandbox ready: gateway %u, control %u\n", gateway, control);
        fflush(stdout);
        sigwait(stops, &signal_number);
    }
    server_stop(server);
    sender_stop(&sender);
    return served;
}

/* The platforms that were asked for; false, with a line on stderr, where they cannot be. */
static bool models_make(struct models *models, const struct options *options)
{
    if (options->unionpay != NULL) {
        models->chain =
            unionpay_chain_keep(options->unionpay, strcmp(options->unionpay_digest, "sha1") == 0);
        models->unionpay =
            models->chain != NULL ? main_make_unionpay(options, models->chain) : NULL;
        if (models->unionpay == NULL)
            return false;
        platforms_add(&models->platforms, unionpay_platform(models->unionpay));
    }
    if (options->app_id != NULL) {
        if (!inputs_read(&models->inputs, options))
            return false;
        models->alipay = main_make_alipay(options, &models->inputs);
        platforms_add(&models->platforms, alipay_platform(models->alipay));
    }
    return true;
}

static void models_free(struct models *models)
{
    alipay_free(models->alipay);
    inputs_free(&models->inputs);
    unionpay_free(models->unionpay);
    unionpay_chain_free(models->chain);
}

int main(int argc, char **argv)
{
    sigset_t stops;
    struct server server;
    struct options options = { .listen = "127.0.0.1:0",
                               .control = "127.0.0.1:0",
                               .time_scale = "1",
                               .state = "none",
                               .unionpay_digest = "sha256" };
    if (!options_read(&options, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    struct models models = { 0 };
    if (!models_make(&models, &options)) {
        models_free(&models);
        return 2;
    }
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);
    server_init(&server, platforms_as_one(&models.platforms));
    bool served = main_serve(&options, &server, &stops);
    server_deinit(&server);
    models_free(&models);
    return served ? 0 : 1;
}
