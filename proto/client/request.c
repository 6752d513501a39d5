/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a request, and whether an answer is the answer to them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "proto/client/client.h"

#define RANDOM_SIZE   16
#define PAUSE_MS      100
#define PAUSES_MAX    6 /* doublings: 6.4 s */
#define JITTER_SHARES 1024

static int request_make_id(char ret[FENQI_RANDOM_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[RANDOM_SIZE];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return FENQI_E_SYSTEM;
    for (size_t i = 0; i < sizeof(random); i++) {
        ret[2 * i] = digits[random[i] >> 4];
        ret[2 * i + 1] = digits[random[i] & 15];
    }
    ret[2 * sizeof(random)] = '\0';
    return FENQI_OK;
}

static int64_t request_deadline_ms(int64_t timeout_ms)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + timeout_ms;
}

int fenqi_request_pack(struct fenqi_request *ret, const Fenqi__V1__Request *request,
                       int64_t timeout_ms)
{
    Fenqi__V1__Request sent = *request;
    *ret = (struct fenqi_request){ .request_id = "" };
    if (sent.request_id != NULL && sent.request_id[0] != '\0') {
        if (strlen(sent.request_id) > FENQI_REQUEST_ID_SIZE_MAX)
            return FENQI_E_ARGUMENT;
        memcpy(ret->request_id, sent.request_id, strlen(sent.request_id) + 1);
    } else if (request_make_id(ret->request_id) != FENQI_OK) {
        return FENQI_E_SYSTEM;
    }
    sent.request_id = ret->request_id;
    if (sent.deadline_unix_ms == 0 && timeout_ms > 0)
        sent.deadline_unix_ms = request_deadline_ms(timeout_ms);
    ret->n_bytes = fenqi__v1__request__get_packed_size(&sent);
    ret->bytes = malloc(ret->n_bytes);
    if (ret->bytes == NULL)
        return FENQI_E_SYSTEM;
    (void)fenqi__v1__request__pack(&sent, ret->bytes);
    if (EVP_Digest(ret->bytes, ret->n_bytes, ret->digest, NULL, EVP_sha256(), NULL) == 1)
        return FENQI_OK;
    fenqi_request_deinit(ret);
    return FENQI_E_SYSTEM;
}

void fenqi_request_deinit(struct fenqi_request *request)
{
    free(request->bytes);
    request->bytes = NULL;
}

bool fenqi_request_is_answered(const struct fenqi_request *request, const Fenqi__V1__Reply *reply)
{
    return request->bytes != NULL && strcmp(reply->request_id, request->request_id) == 0 &&
           reply->request_digest.len == FENQI_DIGEST_SIZE &&
           memcmp(reply->request_digest.data, request->digest, FENQI_DIGEST_SIZE) == 0;
}

bool fenqi_request_is_stopped(const Fenqi__V1__Error *error)
{
    return error->code == FENQI__V1__CODE__CODE_UNAVAILABLE &&
           strcmp(error->reason, "STOPPING") == 0;
}

int64_t fenqi_request_pause_ms(unsigned n, int64_t retry_after_ms)
{
    unsigned char random[2] = { 0, 0 };
    int64_t pause_ms = PAUSE_MS * (INT64_C(1) << (n < PAUSES_MAX ? n : PAUSES_MAX));
    if (pause_ms < retry_after_ms)
        pause_ms = retry_after_ms;
    if (pause_ms > INT32_MAX)
        pause_ms = INT32_MAX;
    /* Up to a quarter more. Without random bytes: none. */
    if (RAND_bytes(random, sizeof(random)) != 1)
        return pause_ms;
    int64_t share = (random[0] * 256 + random[1]) % JITTER_SHARES;
    return pause_ms + pause_ms / 4 * share / JITTER_SHARES;
}
