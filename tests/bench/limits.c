/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody can go below, measured here and now: signatures, CURVE, a committed row, the disk. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rsa.h>
#include <sqlite3.h>
#include <zmq.h>

#include "tests/bench/bench.h"

#define SIGNED_SIZE   700  /* about what a reply has */
#define LONG_SIZE     7168 /* and one with 8 plans */
#define ECHO_SIZE     512
#define ECHO_N        20000
#define ECHO_WINDOW   256
#define ECHO_DEALERS  4
#define ROWS_N        4096
#define ROWS_GROUP    64 /* in a commit */
#define ROW_BODY_SIZE 300
#define SYNCS_N       400

static double limits_thread_us(void)
{
    struct timespec time;
    bench_check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* ---- signatures: as `openssl speed` makes them, with everything prepared ---- */

static double limits_rsa_sign(EVP_PKEY *key, unsigned char *signature, size_t *size)
{
    const size_t n = 300;
    unsigned char text[SIGNED_SIZE] = { 1 }, digest[32];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bench_check(EVP_PKEY_sign_init(context) == 1);
    bench_check(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
    bench_check(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1);
    size_t size_max = *size;
    double from_us = limits_thread_us();
    for (size_t i = 0; i < n; i++) {
        *size = size_max;
        bench_check(EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL) == 1);
        bench_check(EVP_PKEY_sign(context, signature, size, digest, sizeof(digest)) == 1);
    }
    double us = (limits_thread_us() - from_us) / (double)n;
    EVP_PKEY_CTX_free(context);
    return us;
}

static double limits_rsa_verify(EVP_PKEY *key, const unsigned char *signature, size_t size)
{
    const size_t n = 3000;
    unsigned char text[SIGNED_SIZE] = { 1 }, digest[32];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bench_check(EVP_PKEY_verify_init(context) == 1);
    bench_check(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
    bench_check(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1);
    double from_us = limits_thread_us();
    for (size_t i = 0; i < n; i++) {
        bench_check(EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL) == 1);
        bench_check(EVP_PKEY_verify(context, signature, size, digest, sizeof(digest)) == 1);
    }
    double us = (limits_thread_us() - from_us) / (double)n;
    EVP_PKEY_CTX_free(context);
    return us;
}

static double limits_ed25519_sign(size_t n_text)
{
    const size_t n = 3000;
    unsigned char text[LONG_SIZE] = { 1 }, signature[64];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bench_check(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    double from_us = limits_thread_us();
    for (size_t i = 0; i < n; i++) {
        size_t size = sizeof(signature);
        bench_check(EVP_DigestSign(context, signature, &size, text, n_text) == 1);
    }
    double us = (limits_thread_us() - from_us) / (double)n;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return us;
}

/* ---- CURVE: a server that sends everything back ---- */

static void *limits_echo_server(void *context, const char *secret)
{
    const int on = 1;
    void *router = zmq_socket(context, ZMQ_ROUTER);
    bench_check(router != NULL && zmq_setsockopt(router, ZMQ_CURVE_SERVER, &on, sizeof(on)) == 0);
    bench_check(zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, 41) == 0);
    bench_check(zmq_bind(router, "tcp://127.0.0.1:*") == 0);
    return router;
}

int bench_echo_main(void)
{
    char public_key[41], secret[41], endpoint[128];
    size_t size = sizeof(endpoint);
    bench_check(zmq_curve_keypair(public_key, secret) == 0);
    void *context = zmq_ctx_new();
    void *router = limits_echo_server(context, secret);
    bench_check(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    (void)printf("%s %s\n", endpoint, public_key);
    (void)fflush(stdout);
    for (;;) {
        zmq_msg_t frame;
        bench_check(zmq_msg_init(&frame) == 0 && zmq_msg_recv(&frame, router, 0) >= 0);
        int flags = zmq_msg_more(&frame) ? ZMQ_SNDMORE : 0;
        bench_check(zmq_msg_send(&frame, router, flags) >= 0);
    }
}

static pid_t limits_start_echo(struct bench_place *ret)
{
    int ends[2];
    char text[256];
    bench_check(pipe2(ends, O_CLOEXEC) == 0);
    pid_t pid = fork();
    bench_check(pid >= 0);
    if (pid == 0) {
        if (dup2(ends[1], STDOUT_FILENO) >= 0)
            (void)execl("/proc/self/exe", "bench", "--echo", (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof(text) - 1);
    bench_check(n > 0);
    text[n] = '\0';
    bench_check(sscanf(text, "%63s %40s", ret->front, ret->server_public) == 2);
    (void)close(ends[0]);
    return pid;
}

static void limits_echo_run(void *const *dealers)
{
    unsigned char bytes[ECHO_SIZE] = { 1 };
    zmq_pollitem_t items[ECHO_DEALERS] = { 0 };
    size_t n_sent = 0;
    for (size_t i = 0; i < ECHO_DEALERS; i++)
        items[i] = (zmq_pollitem_t){ .socket = dealers[i], .events = ZMQ_POLLIN };
    for (; n_sent < ECHO_WINDOW; n_sent++)
        bench_check(zmq_send(dealers[n_sent % ECHO_DEALERS], bytes, ECHO_SIZE, 0) == ECHO_SIZE);
    for (size_t n_done = 0; n_done < n_sent;) {
        bench_check(zmq_poll(items, ECHO_DEALERS, 10000) > 0);
        for (size_t i = 0; i < ECHO_DEALERS; i++) {
            while (zmq_recv(dealers[i], bytes, sizeof(bytes), ZMQ_DONTWAIT) > 0) {
                n_done++;
                if (n_sent >= ECHO_N)
                    continue;
                bench_check(zmq_send(dealers[i], bytes, ECHO_SIZE, 0) == ECHO_SIZE);
                n_sent++;
            }
        }
    }
}

static double limits_echo(void)
{
    struct bench_place place = { 0 };
    void *dealers[ECHO_DEALERS];
    bench_check(zmq_curve_keypair(place.client_public, place.client_secret) == 0);
    pid_t pid = limits_start_echo(&place);
    void *context = zmq_ctx_new();
    for (size_t i = 0; i < ECHO_DEALERS; i++)
        dealers[i] = bench_ask_socket(context, &place);
    limits_echo_run(dealers);
    double from_us = bench_cpu_us(pid);
    limits_echo_run(dealers);
    double us = (bench_cpu_us(pid) - from_us) / ECHO_N;
    for (size_t i = 0; i < ECHO_DEALERS; i++)
        (void)zmq_close(dealers[i]);
    (void)zmq_ctx_term(context);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return us;
}

/* ---- a row in a commit of many ---- */

static void limits_sql(sqlite3 *db, const char *text)
{
    bench_check(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
}

static double limits_row(const struct bench_place *place)
{
    char path[700];
    unsigned char body[ROW_BODY_SIZE] = { 1 };
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    (void)snprintf(path, sizeof(path), "%s/limits.db", place->folder);
    bench_check(sqlite3_open(path, &db) == SQLITE_OK);
    limits_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA wal_autocheckpoint = 0;"
                   "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, name TEXT, body BLOB)");
    bench_check(sqlite3_prepare_v2(db, "INSERT INTO t (name, body) VALUES ('a row', ?)", -1,
                                   &insert, NULL) == SQLITE_OK);
    double from_us = limits_thread_us();
    for (size_t i = 0; i < ROWS_N; i++) {
        if (i % ROWS_GROUP == 0)
            limits_sql(db, "BEGIN IMMEDIATE");
        (void)sqlite3_bind_blob(insert, 1, body, sizeof(body), SQLITE_STATIC);
        bench_check(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK);
        if (i % ROWS_GROUP == ROWS_GROUP - 1)
            limits_sql(db, "COMMIT");
    }
    double us = (limits_thread_us() - from_us) / ROWS_N;
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    return us;
}

/* ---- the disk ---- */

static void limits_sync(const struct bench_place *place, struct bench_limits *ret)
{
    char path[700];
    static const char bytes[4096];
    static double us[SYNCS_N];
    (void)snprintf(path, sizeof(path), "%s/sync", place->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bench_check(fd >= 0);
    double cpu_us = limits_thread_us();
    for (size_t i = 0; i < SYNCS_N; i++) {
        int64_t from_us = bench_now_us();
        bench_check(write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
        bench_check(fdatasync(fd) == 0);
        us[i] = (double)(bench_now_us() - from_us);
    }
    ret->sync_us = (limits_thread_us() - cpu_us) / SYNCS_N;
    (void)close(fd);
    ret->fdatasync_p50_us = bench_percentile(us, SYNCS_N, 50);
    ret->fdatasync_p99_us = bench_percentile(us, SYNCS_N, 99);
}

void bench_limits_measure(const struct bench_place *place, struct bench_limits *ret)
{
    unsigned char signature[256];
    size_t size = sizeof(signature);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    bench_check(key != NULL);
    ret->rsa_sign_us = limits_rsa_sign(key, signature, &size);
    ret->rsa_verify_us = limits_rsa_verify(key, signature, size);
    ret->ed25519_sign_us = limits_ed25519_sign(SIGNED_SIZE);
    ret->ed25519_sign_long_us = limits_ed25519_sign(LONG_SIZE);
    ret->echo_us = limits_echo();
    ret->row_us = limits_row(place);
    limits_sync(place, ret);
    EVP_PKEY_free(key);
}
