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
#include "tests/sandbox/sender.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/text.h"

static const char USAGE[] =
    "usage: fenqi-sandbox --cert PEM --key PEM --app-id ID --seller-id ID\n"
    "                     --app-public FILE | --app-cert PEM --alipay-cert PEM --alipay-root PEM\n"
    "                     --alipay-private FILE\n"
    "                     [--alipay-cert-next PEM --alipay-private-next FILE]\n"
    "                     [--content-key BASE64]\n"
    "                     [--listen 127.0.0.1:0] [--control 127.0.0.1:0] [--ports-file FILE]\n"
    "                     [--time-scale N] [--notify-ca FILE] [--state none]\n"
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
    bool by_certificate = options->app_cert != NULL;
    return optind == argc && options->cert != NULL && options->key != NULL &&
           options->app_id != NULL && options->seller_id != NULL &&
           (options->app_public != NULL) != by_certificate && options->alipay_private != NULL &&
           (options->alipay_cert != NULL) == by_certificate &&
           (options->alipay_root != NULL) == by_certificate &&
           (by_certificate || options->alipay_cert_next == NULL) &&
           (options->alipay_cert_next != NULL) == (options->alipay_private_next != NULL) &&
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

static struct alipay *main_make_model(const struct options *options, const struct inputs *inputs)
{
    uint64_t random = 0;
    char seed[32];
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        abort();
    snprintf(seed, sizeof(seed), "%" PRIx64, random);
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

int main(int argc, char **argv)
{
    sigset_t stops;
    struct server server;
    struct options options = {
        .listen = "127.0.0.1:0", .control = "127.0.0.1:0", .time_scale = "1", .state = "none"
    };
    if (!options_read(&options, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    struct inputs inputs = { 0 };
    if (!inputs_read(&inputs, &options)) {
        inputs_free(&inputs);
        return 2;
    }
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct alipay *alipay = main_make_model(&options, &inputs);
    server_init(&server, alipay_platform(alipay));
    bool served = main_serve(&options, &server, &stops);
    server_deinit(&server);
    alipay_free(alipay);
    inputs_free(&inputs);
    return served ? 0 : 1;
}
