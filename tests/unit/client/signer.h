/* SPDX-License-Identifier: Apache-2.0 */
/* Signing as the daemon does it, written a second time. */
#ifndef FENQI_TEST_SIGNER_H
#define FENQI_TEST_SIGNER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "proto/client/fenqi.h"

/* protoc-c's initialisers cast const away. */
#pragma GCC diagnostic ignored "-Wcast-qual"

/* For what also runs where a cmocka assertion cannot jump. */
#define must(condition) ((condition) ? (void)0 : abort())

#define TYPE "application/vnd.fenqi.v1.reply+protobuf"

struct signer {
    EVP_PKEY *private_key;
    struct fenqi_key key;
};

static inline void signer_init(struct signer *signer, const char *key_id)
{
    size_t n = FENQI_KEY_SIZE;
    signer->private_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(signer->private_key != NULL);
    must(EVP_PKEY_get_raw_public_key(signer->private_key, signer->key.public_key, &n) == 1);
    (void)snprintf(signer->key.key_id, sizeof(signer->key.key_id), "%s", key_id);
}

static inline void signer_sign(const struct signer *signer, const char *type, const void *payload,
                               size_t n_payload, unsigned char ret[64])
{
    unsigned char text[8192];
    int head =
        snprintf((char *)text, sizeof(text), "DSSEv1 %zu %s %zu ", strlen(type), type, n_payload);
    must((size_t)head + n_payload <= sizeof(text));
    memcpy(text + head, payload, n_payload);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = 64;
    must(EVP_DigestSignInit(context, NULL, NULL, NULL, signer->private_key) == 1);
    must(EVP_DigestSign(context, ret, &n, text, (size_t)head + n_payload) == 1);
    EVP_MD_CTX_free(context);
}

struct packed {
    unsigned char bytes[8192];
    size_t n;
};

/* A SignedReply of the payload, with a signature by each signer; all of them sign for TYPE. */
static inline void pack_signed(const unsigned char *payload, size_t n_payload, const char *type,
                               const struct signer *const *signers, size_t n_signers,
                               struct packed *ret)
{
    unsigned char values[4][64];
    Fenqi__V1__Signature signatures[4];
    Fenqi__V1__Signature *pointers[4];
    char *key_ids[4];
    char algorithm[] = "ed25519";
    unsigned char copy[8192];
    must(n_signers <= 4 && n_payload <= sizeof(copy));
    memcpy(copy, payload, n_payload);
    for (size_t i = 0; i < n_signers; i++) {
        signer_sign(signers[i], TYPE, payload, n_payload, values[i]);
        key_ids[i] = strdup(signers[i]->key.key_id);
        fenqi__v1__signature__init(&signatures[i]);
        signatures[i].key_id = key_ids[i];
        signatures[i].algorithm = algorithm;
        signatures[i].value = (ProtobufCBinaryData){ 64, values[i] };
        pointers[i] = &signatures[i];
    }
    char *type_copy = strdup(type);
    Fenqi__V1__SignedReply envelope = FENQI__V1__SIGNED_REPLY__INIT;
    envelope.payload = (ProtobufCBinaryData){ n_payload, copy };
    envelope.payload_type = type_copy;
    envelope.n_signatures = n_signers;
    envelope.signatures = pointers;
    must(fenqi__v1__signed_reply__get_packed_size(&envelope) <= sizeof(ret->bytes));
    ret->n = fenqi__v1__signed_reply__pack(&envelope, ret->bytes);
    free(type_copy);
    for (size_t i = 0; i < n_signers; i++)
        free(key_ids[i]);
}

#endif
