/* SPDX-License-Identifier: Apache-2.0 */
/* Delivers what the platform model has to say: HTTP POST, the answer handed back. */
#include "tests/sandbox/sender.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "tests/sandbox/text.h"

/* The patience with a shop where the platform names none, and how long a sleeping thread trusts
 * what it knew. */
enum { SENDER_TIMEOUT_MS = 5000, SENDER_NAP_MS = 500, SENDER_ANSWER_MAX = 4096 };

static size_t sender_take(char *bytes, size_t one, size_t size, void *cls)
{
    struct text *answer = cls;
    (void)one;
    if (answer->size + size > SENDER_ANSWER_MAX)
        return 0;
    text_add_bytes(answer, bytes, size);
    return size;
}

/* Plain http goes to this machine alone: the shop's daemon listens there behind its web server. */
static bool sender_url_is_fit(const char *url)
{
    bool fit = false;
    char *scheme = NULL;
    char *host = NULL;
    CURLU *parts = curl_url();
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        fit = strcmp(scheme, "https") == 0 ||
              (strcmp(scheme, "http") == 0 &&
               (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ||
                strcmp(host, "[::1]") == 0));
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parts);
    return fit;
}

/* The HTTP status, or 0 with the reason in `answer`. */
static long sender_post(const struct sender *sender, CURL *curl,
                        const struct sandbox_delivery *delivery, struct text *answer)
{
    long status = 0;
    if (!sender_url_is_fit(delivery->url)) {
        text_add(answer, "notify_url must be https, or http on loopback");
        return 0;
    }
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/x-www-form-urlencoded; charset=utf-8");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, delivery->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     delivery->patience_ms > 0 ? (long)delivery->patience_ms
                                               : (long)SENDER_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Mozilla/4.0");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, delivery->body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, sender_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (sender->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, sender->ca_file);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    } else {
        text_free(answer);
        text_add(answer, curl_easy_strerror(code));
    }
    curl_slist_free_all(headers);
    return status;
}

static void sender_wait(struct server *server)
{
    int64_t now = server_now_unix_ms();
    int64_t until = now + SENDER_NAP_MS;
    int64_t due = server->platform.next_due_unix_ms(server->platform.model);
    if (due < until)
        until = due > now ? due : now + 1;
    struct timespec deadline = { (time_t)(until / 1000), (long)(until % 1000) * 1000000 };
    pthread_cond_timedwait(&server->changed, &server->lock, &deadline);
}

static void *sender_run(void *cls)
{
    struct sender *sender = cls;
    struct server *server = sender->server;
    const struct sandbox_platform *platform = &server->platform;
    CURL *curl = curl_easy_init();
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        struct sandbox_delivery delivery;
        TEXT_CLEANUP answer = { 0 };
        if (!platform->next_delivery(platform->model, server_now_unix_ms(), &delivery)) {
            sender_wait(server);
            continue;
        }
        pthread_mutex_unlock(&server->lock);
        text_add(&answer, "");
        long status = sender_post(sender, curl, &delivery, &answer);
        free(delivery.url);
        free(delivery.body);
        pthread_mutex_lock(&server->lock);
        platform->delivered(platform->model, delivery.id, server_now_unix_ms(), status,
                            answer.bytes, answer.size);
    }
    pthread_mutex_unlock(&server->lock);
    curl_easy_cleanup(curl);
    return NULL;
}

bool sender_start(struct sender *sender, struct server *server, const char *ca_file)
{
    *sender = (struct sender){ .server = server, .ca_file = ca_file };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    while (sender->n_threads < SENDER_THREADS) {
        if (pthread_create(&sender->threads[sender->n_threads], NULL, sender_run, sender) != 0)
            return false;
        sender->n_threads++;
    }
    return true;
}

void sender_stop(struct sender *sender)
{
    while (sender->n_threads > 0)
        pthread_join(sender->threads[--sender->n_threads], NULL);
    curl_global_cleanup();
}
