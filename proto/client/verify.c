/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies signed replies, before anything in them is looked at. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "proto/client/client.h"

#define PAYLOAD_TYPE      "application/vnd.fenqi.v1.reply+protobuf"
#define SIGNATURES_MAX    16 /* that are looked at */
#define ENVELOPE_SIZE_MAX 128

/*= secure-systems-lab/dsse, protocol.md:
 *= PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body */
static unsigned char *verify_encode(const char *type, const void *payload, size_t n_payload,
                                    size_t *ret_n)
{
    char head[ENVELOPE_SIZE_MAX];
    int n_head = snprintf(head, sizeof(head), "DSSEv1 %zu %s %zu ", strlen(type), type, n_payload);
    if (n_head < 0 || (size_t)n_head >= sizeof(head))
        return NULL;
    unsigned char *encoded = malloc((size_t)n_head + n_payload);
    if (encoded == NULL)
        return NULL;
    memcpy(encoded, head, (size_t)n_head);
    if (n_payload > 0)
        memcpy(encoded + n_head, payload, n_payload);
    *ret_n = (size_t)n_head + n_payload;
    return encoded;
}

static bool verify_is_by(const struct fenqi_key *key, const void *signature, size_t n_signature,
                         const unsigned char *encoded, size_t n_encoded)
{
    EVP_PKEY *public_key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key, FENQI_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = public_key != NULL && context != NULL && n_signature == FENQI_SIGNATURE_SIZE &&
                   EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
                   EVP_DigestVerify(context, signature, n_signature, encoded, n_encoded) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return is_good;
}

int fenqi_signature_check(const struct fenqi_key *key, const char *type, const void *payload,
                          size_t n_payload, const void *signature, size_t n_signature)
{
    size_t n_encoded = 0;
    unsigned char *encoded = verify_encode(type, payload, n_payload, &n_encoded);
    if (encoded == NULL)
        return FENQI_E_SYSTEM;
    bool is_good = verify_is_by(key, signature, n_signature, encoded, n_encoded);
    free(encoded);
    return is_good ? FENQI_OK : FENQI_E_SIGNATURE;
}

/* One good signature by one of the keys is enough; *ret_key is that key. */
static int verify_signatures(const Fenqi__V1__SignedReply *envelope, const struct fenqi_key *keys,
                             size_t n_keys, const struct fenqi_key **ret_key)
{
    int error = FENQI_E_UNKNOWN_KEY;
    for (size_t i = 0; i < envelope->n_signatures && i < SIGNATURES_MAX; i++) {
        const Fenqi__V1__Signature *signature = envelope->signatures[i];
        for (size_t k = 0; k < n_keys && error != FENQI_OK; k++) {
            if (strcmp(signature->key_id, keys[k].key_id) != 0 ||
                strcmp(signature->algorithm, "ed25519") != 0)
                continue;
            error = fenqi_signature_check(&keys[k], PAYLOAD_TYPE, envelope->payload.data,
                                          envelope->payload.len, signature->value.data,
                                          signature->value.len);
            *ret_key = &keys[k];
        }
    }
    return error;
}

static int verify_parse(const Fenqi__V1__SignedReply *envelope, const void *bytes, size_t n_bytes,
                        const struct fenqi_key *key, struct fenqi_reply **ret)
{
    struct fenqi_reply *reply = calloc(1, sizeof(*reply));
    if (reply == NULL)
        return FENQI_E_SYSTEM;
    reply->bytes = malloc(n_bytes);
    reply->reply = fenqi__v1__reply__unpack(NULL, envelope->payload.len, envelope->payload.data);
    if (reply->bytes == NULL || reply->reply == NULL) {
        int error = reply->bytes == NULL ? FENQI_E_SYSTEM : FENQI_E_MALFORMED;
        fenqi_reply_free(reply);
        return error;
    }
    memcpy(reply->bytes, bytes, n_bytes);
    reply->n_bytes = n_bytes;
    memcpy(reply->key_id, key->key_id, sizeof(reply->key_id));
    *ret = reply;
    return FENQI_OK;
}

int fenqi_verify(const void *bytes, size_t n_bytes, const struct fenqi_key *keys, size_t n_keys,
                 struct fenqi_reply **ret)
{
    if (bytes == NULL || ret == NULL || (keys == NULL && n_keys > 0))
        return FENQI_E_ARGUMENT;
    if (n_bytes == 0 || n_bytes > FENQI_REPLY_SIZE_MAX)
        return FENQI_E_MALFORMED;
    Fenqi__V1__SignedReply *envelope = fenqi__v1__signed_reply__unpack(NULL, n_bytes, bytes);
    if (envelope == NULL)
        return FENQI_E_MALFORMED;
    const struct fenqi_key *key = NULL;
    int error = FENQI_E_MALFORMED;
    if (strcmp(envelope->payload_type, PAYLOAD_TYPE) == 0)
        error = verify_signatures(envelope, keys, n_keys, &key);
    if (error == FENQI_OK)
        error = verify_parse(envelope, bytes, n_bytes, key, ret);
    fenqi__v1__signed_reply__free_unpacked(envelope, NULL);
    return error;
}

void fenqi_reply_free(struct fenqi_reply *reply)
{
    if (reply == NULL)
        return;
    if (reply->reply != NULL)
        fenqi__v1__reply__free_unpacked(reply->reply, NULL);
    free(reply->bytes);
    free(reply);
}
