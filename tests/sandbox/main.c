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
#include "tests/sandbox/key.h"
#include "tests/sandbox/sender.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/text.h"

static const char USAGE[] =
    "usage: fenqi-sandbox --cert PEM --key PEM --app-id ID --seller-id ID\n"
    "                     --app-public FILE --alipay-private FILE\n"
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
    const char *alipay_private;
    const char *time_scale;
    const char *ports_file;
    const char *notify_ca;
    const char *state;
};

static bool options_read(struct options *options, int argc, char **argv)
{
    static const char *const NAMES[] = { "listen",     "control",    "cert",       "key",
                                         "app-id",     "seller-id",  "app-public", "alipay-private",
                                         "time-scale", "ports-file", "notify-ca",  "state" };

    enum { N = sizeof(NAMES) / sizeof(NAMES[0]) };
    struct option longs[N + 1] = { 0 };
    const char **values[N] = {
        &options->listen,     &options->control,    &options->cert,       &options->key,
        &options->app_id,     &options->seller_id,  &options->app_public, &options->alipay_private,
        &options->time_scale, &options->ports_file, &options->notify_ca,  &options->state,
    };
    int which;
    for (size_t i = 0; i < N; i++)
        longs[i] = (struct option){ NAMES[i], required_argument, NULL, (int)i };
    while ((which = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (which < 0 || which >= N)
            return false;
        *values[which] = optarg;
    }
    return optind == argc && options->cert != NULL && options->key != NULL &&
           options->app_id != NULL && options->seller_id != NULL && options->app_public != NULL &&
           options->alipay_private != NULL && strcmp(options->state, "none") == 0 &&
           strtoull(options->time_scale, NULL, 10) > 0;
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

static struct alipay *main_make_model(const struct options *options, EVP_PKEY *app_public,
                                      EVP_PKEY *alipay_private)
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
        .app_public = app_public,
        .alipay_private = alipay_private,
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
    EVP_PKEY *app_public = key_read_public(options.app_public);
    EVP_PKEY *alipay_private = key_read_private(options.alipay_private);
    if (app_public == NULL || alipay_private == NULL) {
        fprintf(stderr, "fenqi-sandbox: cannot read a key from %s\n",
                app_public == NULL ? options.app_public : options.alipay_private);
        EVP_PKEY_free(app_public);
        EVP_PKEY_free(alipay_private);
        return 2;
    }
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct alipay *alipay = main_make_model(&options, app_public, alipay_private);
    server_init(&server, alipay_platform(alipay));
    bool served = main_serve(&options, &server, &stops);
    server_deinit(&server);
    alipay_free(alipay);
    EVP_PKEY_free(app_public);
    EVP_PKEY_free(alipay_private);
    return served ? 0 : 1;
}
