/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes libfenqi: any bytes as signed reply, as payload of one that is well signed, as a list of
 * keys, as the status of a return URL, and as the payload of one that is well signed. */
#include <stdlib.h>

/* The fuzzers link with the daemon's archives, which do not hold the client. */
#include "proto/client/keys.c"
#include "proto/client/status.c"
#include "proto/client/verify.c"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define must(condition) ((condition) ? (void)0 : abort())

static EVP_PKEY *fuzz_private_key;
static struct fenqi_key fuzz_key = { .key_id = "k" };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    size_t n = FENQI_KEY_SIZE;
    fuzz_private_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(fuzz_private_key != NULL);
    must(EVP_PKEY_get_raw_public_key(fuzz_private_key, fuzz_key.public_key, &n) == 1);
    return 0;
}

/* Nobody has the key but us, so nothing that comes from outside can verify. */
static void fuzz_envelope(const unsigned char *data, size_t size)
{
    struct fenqi_reply *reply = NULL;
    must(fenqi_verify(data, size, &fuzz_key, 1, &reply) != FENQI_OK);
    must(reply == NULL);
}

static void fuzz_sign(const char *type, const void *payload, size_t n_payload,
                      unsigned char ret[FENQI_SIGNATURE_SIZE])
{
    size_t n_value = FENQI_SIGNATURE_SIZE;
    size_t n_encoded = 0;
    unsigned char *encoded = verify_encode(type, payload, n_payload, &n_encoded);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(context, NULL, NULL, NULL, fuzz_private_key) == 1);
    must(EVP_DigestSign(context, ret, &n_value, encoded, n_encoded) == 1);
    EVP_MD_CTX_free(context);
    free(encoded);
}

static void fuzz_payload(unsigned char *data, size_t size)
{
    char type[] = PAYLOAD_TYPE;
    char key_id[] = "k";
    char algorithm[] = "ed25519";
    unsigned char value[FENQI_SIGNATURE_SIZE];
    Fenqi__V1__Signature signature;
    Fenqi__V1__Signature *signatures = &signature;
    Fenqi__V1__SignedReply envelope;
    fenqi__v1__signature__init(&signature);
    fenqi__v1__signed_reply__init(&envelope);
    envelope.payload = (ProtobufCBinaryData){ size, data };
    envelope.payload_type = type;
    envelope.n_signatures = 1;
    envelope.signatures = &signatures;
    fuzz_sign(type, data, size, value);
    signature.key_id = key_id;
    signature.algorithm = algorithm;
    signature.value = (ProtobufCBinaryData){ sizeof(value), value };
    unsigned char *packed = malloc(fenqi__v1__signed_reply__get_packed_size(&envelope));
    size_t n = fenqi__v1__signed_reply__pack(&envelope, packed);
    struct fenqi_reply *reply = NULL;
    int error = fenqi_verify(packed, n, &fuzz_key, 1, &reply);
    must(error == FENQI_OK ? reply->n_bytes == n : error == FENQI_E_MALFORMED && reply == NULL);
    fenqi_reply_free(reply);
    free(packed);
}

/* ---- the status of a return URL ---- */

static void fuzz_add_base64url(char **at, const unsigned char *bytes, size_t n)
{
    int len = EVP_EncodeBlock((unsigned char *)*at, bytes, (int)n);
    char *end = *at + len;
    while (end > *at && end[-1] == '=')
        end--;
    for (char *c = *at; c < end; c++) {
        if (*c == '+')
            *c = '-';
        if (*c == '/')
            *c = '_';
    }
    *end = '\0';
    *at = end;
}

static void fuzz_status(const unsigned char *data, size_t size)
{
    struct fenqi_status *status = NULL;
    char *text = calloc(1, size + 1); /* the data ends without a NUL: nothing for strndup */
    memcpy(text, data, size);
    must(fenqi_verify_status(text, &fuzz_key, 1, &status) != FENQI_OK);
    must(status == NULL);
    free(text);
}

static void fuzz_status_payload(const unsigned char *data, size_t size)
{
    unsigned char value[FENQI_SIGNATURE_SIZE];
    char *text = malloc(2 * size + 256);
    char *at = text;
    struct fenqi_status *status = NULL;
    fuzz_sign(STATUS_TYPE, data, size, value);
    fuzz_add_base64url(&at, data, size);
    at = stpcpy(at, ".k.");
    fuzz_add_base64url(&at, value, sizeof(value));
    int error = fenqi_verify_status(text, &fuzz_key, 1, &status);
    must(error == FENQI_OK || error == FENQI_E_MALFORMED || error == FENQI_E_EXPIRED);
    must((error == FENQI_OK) == (status != NULL));
    must(status == NULL || (status->payment_id[0] != '\0' && status->amount_minor > 0));
    fenqi_status_free(status);
    free(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0 || size > FENQI_REPLY_SIZE_MAX / 2)
        return 0;
    fuzz_envelope(data, size);
    unsigned char *copy = malloc(size);
    memcpy(copy, data, size);
    fuzz_payload(copy, size);
    free(copy);
    fuzz_status(data, size);
    fuzz_status_payload(data, size);
    struct fenqi_key keys[4];
    size_t n_keys = 0;
    if (fenqi_keys_read((const char *)data, size, keys, 4, &n_keys) == FENQI_OK)
        must(n_keys <= 4);
    return 0;
}
