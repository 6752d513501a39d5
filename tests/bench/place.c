/* SPDX-License-Identifier: Apache-2.0 */
/* A private folder with keys made for this run, and a configuration for a daemon in it. */
#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <zmq.h>

#include "tests/bench/bench.h"

/* Polling and expiry stay away: nothing but the load shall be measured. */
static const char place_conf[] =
    "instance = \"01\";\n"
    "order_prefix = \"B\";\n"
    "front: {\n"
    "    endpoints = [ \"%s\" ];\n"
    "    curve_secret_file = \"curve.secret\";\n"
    "    rate_per_second = 1000000;\n"
    "    rate_burst = 1000000;\n"
    "};\n"
    "web: { address = \"127.0.0.1:%d\"; public_url = \"https://pay.example.com\"; };\n"
    "store: { path = \"ledger.db\"; };\n"
    "signing: {\n"
    "    keys = ( { id = \"bench\"; file = \"signing.pem\"; } );\n"
    "    token_key_file = \"token.key\";\n"
    "};\n"
    "work: { adapters_dir = \"%s/adapters\"; };\n"
    "poll: { first = \"10min\"; max = \"1h\"; };\n"
    "channels = ( %s, %s, %s );\n";

static const char place_channel[] =
    "{\n"
    "    name = \"%s\"; adapter = \"huabei\"; hosts = [ \"openapi.example.com\" ];\n"
    "    amount_max = \"50000.00\"; payment_life = \"10d\"; quote_life = \"1d\";\n"
    "    settings: { app_id = \"" BENCH_APP_ID "\"; seller_id = \"" BENCH_SELLER_ID "\";\n"
    "        gateway = \"https://openapi.example.com/gateway.do\"; };\n"
    "    keys: { app = \"app.pem\"; alipay = \"platform.pub\"; };\n"
    "    rates = (\n"
    "        { instalments = 3;  bearer = \"buyer\";    rate = \"2.30%%\"; },\n"
    "        { instalments = 6;  bearer = \"buyer\";    rate = \"4.50%%\"; },\n"
    "        { instalments = 12; bearer = \"buyer\";    rate = \"7.50%%\"; },\n"
    "        { instalments = 3;  bearer = \"merchant\"; rate = \"1.80%%\"; } );\n"
    "}";

static const char place_cards[] =
    "{\n"
    "    name = \"" BENCH_CARDS "\"; adapter = \"bankcard\"; hosts = [ \"gateway.example.com\" ];\n"
    "    amount_max = \"50000.00\"; payment_life = \"1h\"; quote_life = \"1d\";\n"
    "    settings: { mer_id = \"777290058110048\"; gateway = \"https://gateway.example.com\";\n"
    "        file_gateway = \"https://gateway.example.com\"; };\n"
    "    keys: { sign = \"cards.pem\"; sign_cert = \"cards.crt\"; roots = \"cards.crt\"; };\n"
    "    rates = ( { instalments = 12; bearer = \"buyer\"; rate = \"7.80%\"; } );\n"
    "}";

static const char place_merchant[] =
    "id = \"bench\";\n"
    "name = \"Bench Shop\";\n"
    "client_keys = [ \"%s\" ];\n"
    "channels = [ \"" BENCH_CHANNEL "\", \"" BENCH_CHANNEL_2 "\", \"" BENCH_CARDS "\" ];\n"
    "return_urls = [ \"https://shop.example.com/\" ];\n";

static FILE *place_file(const struct bench_place *place, const char *name)
{
    char path[700];
    (void)snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    FILE *file = fopen(path, "wxe");
    bench_check(file != NULL && fchmod(fileno(file), 0600) == 0);
    return file;
}

static EVP_PKEY *place_private_key(const struct bench_place *place, const char *name, EVP_PKEY *key)
{
    FILE *file = place_file(place, name);
    bench_check(key != NULL && PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    bench_check(fclose(file) == 0);
    return key;
}

/* The shop's own certificate, which is its own root too: nothing here is verified by it. */
static void place_certificate(const struct bench_place *place, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    bench_check(X509_set_version(certificate, X509_VERSION_3) == 1);
    bench_check(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
    bench_check(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL);
    bench_check(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL);
    bench_check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                           (const unsigned char *)"Bench Shop", -1, -1, 0) == 1);
    bench_check(X509_set_issuer_name(certificate, name) == 1);
    bench_check(X509_set_pubkey(certificate, key) == 1);
    bench_check(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = place_file(place, "cards.crt");
    bench_check(PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
    X509_free(certificate);
}

static void place_keys(struct bench_place *place)
{
    EVP_PKEY_free(place_private_key(place, "app.pem", EVP_RSA_gen(2048)));
    EVP_PKEY *cards = place_private_key(place, "cards.pem", EVP_RSA_gen(2048));
    place_certificate(place, cards);
    EVP_PKEY_free(cards);
    place->platform = EVP_RSA_gen(2048);
    FILE *file = place_file(place, "platform.pub");
    bench_check(PEM_write_PUBKEY(file, place->platform) && fclose(file) == 0);

    EVP_PKEY *signing =
        place_private_key(place, "signing.pem", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    size_t size = sizeof(place->signing_key.public_key);
    bench_check(EVP_PKEY_get_raw_public_key(signing, place->signing_key.public_key, &size));
    (void)snprintf(place->signing_key.key_id, sizeof(place->signing_key.key_id), "bench");
    EVP_PKEY_free(signing);

    unsigned char token[32], base64[64];
    bench_check(RAND_bytes(token, sizeof(token)) == 1);
    (void)EVP_EncodeBlock(base64, token, sizeof(token));
    file = place_file(place, "token.key");
    bench_check(fprintf(file, "%s\n", (char *)base64) > 0 && fclose(file) == 0);

    bench_check(zmq_curve_keypair(place->server_public, place->server_secret) == 0);
    bench_check(zmq_curve_keypair(place->client_public, place->client_secret) == 0);
    file = place_file(place, "curve.secret");
    bench_check(fprintf(file, "%s\n", place->server_secret) > 0 && fclose(file) == 0);
}

/* Free a moment ago. It must stay the same over restarts, so the daemon cannot choose it. */
static int place_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_check(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
    bench_check(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static void place_write_conf(struct bench_place *place, const char *build)
{
    char first[2048], second[2048], absolute[4096], folder[600];
    (void)snprintf(first, sizeof(first), place_channel, BENCH_CHANNEL);
    (void)snprintf(second, sizeof(second), place_channel, BENCH_CHANNEL_2);
    bench_check(realpath(build, absolute) != NULL);
    FILE *file = place_file(place, "fenqid.conf");
    bench_check(fprintf(file, place_conf, place->front, place->web_port, absolute, first, second,
                        place_cards) > 0);
    bench_check(fclose(file) == 0);
    (void)snprintf(folder, sizeof(folder), "%s/merchants.d", place->folder);
    bench_check(mkdir(folder, 0700) == 0);
    file = place_file(place, "merchants.d/bench.conf");
    bench_check(fprintf(file, place_merchant, place->client_public) > 0 && fclose(file) == 0);
}

/* Beside the build: on a disk, where /tmp may be memory. */
void bench_place_make(struct bench_place *place, const char *build)
{
    *place = (struct bench_place){ 0 };
    (void)snprintf(place->folder, sizeof(place->folder), "%s/bench.XXXXXX", build);
    bench_check(mkdtemp(place->folder) != NULL);
    (void)snprintf(place->conf, sizeof(place->conf), "%s/fenqid.conf", place->folder);
    (void)snprintf(place->store, sizeof(place->store), "%s/ledger.db", place->folder);
    place->front_port = place_port();
    place->web_port = place_port();
    (void)snprintf(place->front, sizeof(place->front), "tcp://127.0.0.1:%d", place->front_port);
    place_keys(place);
    place_write_conf(place, build);
}

static int place_remove_one(const char *path, const struct stat *status, int type,
                            struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

void bench_place_remove(struct bench_place *place)
{
    if (place->folder[0] == '\0')
        return;
    (void)nftw(place->folder, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    EVP_PKEY_free(place->platform);
    *place = (struct bench_place){ 0 };
}
