/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lists of public keys: lines of text, or the JSON that the daemon publishes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "proto/client/client.h"

#define FILE_SIZE_MAX   ((size_t)64 << 10)
#define BASE64_KEY_SIZE 44 /* of 32 bytes */

struct keys_text {
    const char *at;
    const char *end;
};

struct keys_word {
    const char *ptr;
    size_t len;
};

struct keys_list {
    struct fenqi_key *keys;
    size_t n_max;
    size_t n;
};

static bool keys_word_is(struct keys_word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

/* Exactly one form of base64 is taken: the one that encoding gives. */
static bool keys_decode(struct keys_word word, unsigned char ret[FENQI_KEY_SIZE])
{
    unsigned char decoded[BASE64_KEY_SIZE / 4 * 3];
    unsigned char encoded[BASE64_KEY_SIZE + 1];
    if (word.len != BASE64_KEY_SIZE ||
        EVP_DecodeBlock(decoded, (const unsigned char *)word.ptr, BASE64_KEY_SIZE) < 0)
        return false;
    (void)EVP_EncodeBlock(encoded, decoded, FENQI_KEY_SIZE);
    if (memcmp(encoded, word.ptr, BASE64_KEY_SIZE) != 0)
        return false;
    memcpy(ret, decoded, FENQI_KEY_SIZE);
    return true;
}

static bool keys_add(struct keys_list *list, struct keys_word key_id, struct keys_word base64)
{
    if (list->n == list->n_max || key_id.len == 0 || key_id.len > FENQI_KEY_ID_SIZE_MAX)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        if (keys_word_is(key_id, list->keys[i].key_id))
            return false;
    }
    struct fenqi_key *key = &list->keys[list->n];
    *key = (struct fenqi_key){ .key_id = "" };
    if (!keys_decode(base64, key->public_key))
        return false;
    memcpy(key->key_id, key_id.ptr, key_id.len);
    list->n++;
    return true;
}

/* ---- text ---- */

static struct keys_word keys_take_until(struct keys_text *text, const char *ends)
{
    struct keys_word word = { text->at, 0 };
    while (text->at < text->end && (*text->at == '\0' || strchr(ends, *text->at) == NULL)) {
        text->at++;
        word.len++;
    }
    return word;
}

static void keys_skip(struct keys_text *text, const char *what)
{
    while (text->at < text->end && *text->at != '\0' && strchr(what, *text->at) != NULL)
        text->at++;
}

static bool keys_read_lines(struct keys_text *text, struct keys_list *list)
{
    for (;;) {
        keys_skip(text, " \t\r\n");
        if (text->at == text->end)
            return true;
        if (*text->at == '#') {
            (void)keys_take_until(text, "\n");
            continue;
        }
        struct keys_word key_id = keys_take_until(text, " \t\r\n");
        keys_skip(text, " \t");
        struct keys_word base64 = keys_take_until(text, " \t\r\n");
        keys_skip(text, " \t\r");
        if (text->at < text->end && *text->at != '\n')
            return false;
        if (!keys_add(list, key_id, base64))
            return false;
    }
}

/* ---- JSON, of the one shape that the daemon publishes ---- */

static bool keys_take_char(struct keys_text *text, char c)
{
    keys_skip(text, " \t\r\n");
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

/* A string without escapes: key ids and base64 have none. */
static bool keys_take_string(struct keys_text *text, struct keys_word *ret)
{
    if (!keys_take_char(text, '"'))
        return false;
    *ret = keys_take_until(text, "\"\\");
    return keys_take_char(text, '"');
}

static bool keys_read_key(struct keys_text *text, struct keys_list *list)
{
    struct keys_word key_id = { NULL, 0 };
    struct keys_word algorithm = { NULL, 0 };
    struct keys_word public_key = { NULL, 0 };
    if (!keys_take_char(text, '{'))
        return false;
    do {
        struct keys_word name;
        struct keys_word value;
        if (!keys_take_string(text, &name) || !keys_take_char(text, ':') ||
            !keys_take_string(text, &value))
            return false;
        if (keys_word_is(name, "key_id"))
            key_id = value;
        if (keys_word_is(name, "algorithm"))
            algorithm = value;
        if (keys_word_is(name, "public_key"))
            public_key = value;
    } while (keys_take_char(text, ','));
    if (!keys_take_char(text, '}') || algorithm.ptr == NULL)
        return false;
    return !keys_word_is(algorithm, "ed25519") || keys_add(list, key_id, public_key);
}

static bool keys_read_json(struct keys_text *text, struct keys_list *list)
{
    struct keys_word name;
    if (!keys_take_char(text, '{') || !keys_take_string(text, &name) ||
        !keys_word_is(name, "keys") || !keys_take_char(text, ':') || !keys_take_char(text, '['))
        return false;
    do {
        if (!keys_read_key(text, list))
            return false;
    } while (keys_take_char(text, ','));
    if (!keys_take_char(text, ']') || !keys_take_char(text, '}'))
        return false;
    keys_skip(text, " \t\r\n");
    return text->at == text->end;
}

int fenqi_keys_read(const char *text, size_t n_text, struct fenqi_key *keys, size_t n_max,
                    size_t *ret_n)
{
    if (text == NULL || keys == NULL || ret_n == NULL)
        return FENQI_E_ARGUMENT;
    struct keys_text walk = { text, text + n_text };
    struct keys_list list = { .keys = keys, .n_max = n_max };
    keys_skip(&walk, " \t\r\n");
    bool is_json = walk.at < walk.end && *walk.at == '{';
    if (!(is_json ? keys_read_json(&walk, &list) : keys_read_lines(&walk, &list)))
        return FENQI_E_MALFORMED;
    *ret_n = list.n;
    return FENQI_OK;
}

int fenqi_keys_load(const char *path, struct fenqi_key *keys, size_t n_max, size_t *ret_n)
{
    if (path == NULL)
        return FENQI_E_ARGUMENT;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FENQI_E_FILE;
    char *text = malloc(FILE_SIZE_MAX + 1);
    size_t n = text != NULL ? fread(text, 1, FILE_SIZE_MAX + 1, file) : 0;
    int error = FENQI_E_MALFORMED;
    if (text == NULL)
        error = FENQI_E_SYSTEM;
    else if (ferror(file) != 0)
        error = FENQI_E_FILE;
    else if (n <= FILE_SIZE_MAX)
        error = fenqi_keys_read(text, n, keys, n_max, ret_n);
    free(text);
    (void)fclose(file);
    return error;
}
