/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the vectors that other people's systems produced, for the unit tests here. */
#ifndef SANDBOX_UNIT_VECTORS_H
#define SANDBOX_UNIT_VECTORS_H

/* The file's text, or NULL with a line on the terminal; the caller's to free. */
static inline char *vector_text(const char *name)
{
    char block[4096];
    size_t size;
    struct text text = { 0 };
    const char *folder = getenv("FENQI_VECTORS");
    TEXT_CLEANUP path = { 0 };
    text_printf(&path, "%s/alipay/%s", folder != NULL ? folder : "../shared/vectors", name);
    FILE *file = fopen(path.bytes, "re");
    if (file == NULL) {
        print_message("SKIPPED: no %s\n", path.bytes);
        return NULL;
    }
    while ((size = fread(block, 1, sizeof(block), file)) > 0)
        text_add_bytes(&text, block, size);
    fclose(file);
    return text_take(&text);
}

static inline cJSON *vector_read(const char *name)
{
    STRING_CLEANUP text = vector_text(name);
    return text != NULL ? cJSON_Parse(text) : NULL;
}

static inline const char *vector_field(const cJSON *vector, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(vector, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

#endif
