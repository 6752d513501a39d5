/* SPDX-License-Identifier: Apache-2.0 */
/* The net thread: sends requests to platforms with libcurl and brings their answers home.
 *
 * One exchange sends its request at most once. By itself libcurl (7.88) repeats a request, POST
 * included, on a fresh connection when a kept-alive one dies before the first byte of an answer,
 * though the platform may well have read it. Connections are kept all the same (a TLS handshake per
 * payment is dear); instead the callback that libcurl makes each time before it writes a request
 * allows the first time only. It covers every method, with and without body, and that it never ran
 * is the proof behind FQ_TRANSPORT_NOT_SENT: TLS was not up, so no byte of the request left. */
#include "daemon/io/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"

#define HTTP_CONNECT_TIMEOUT_MS 5000
#define HTTP_HEADER_SIZE_MAX    ((size_t)32 * 1024)
#define HTTP_TRACE_ID_SIZE_MAX  128
#define HTTP_N_KEPT_MAX         64L /* idle connections in all */
/* Kept shorter than servers usually keep theirs, so that few requests meet a closing one. */
#define HTTP_KEPT_SECONDS_MAX 30L

struct http_transfer {
    TAILQ_ENTRY(http_transfer) running;
    struct fq_http_exchange *exchange;
    CURL *easy;
    struct curl_slist *headers;
    struct fq_arena *scratch; /* what libcurl needs meanwhile; the body while it grows */
    struct fq_buf body;
    size_t header_size;
    unsigned n_begun;   /* how often libcurl was about to write the request */
    const char *reason; /* ours, if we ended it */
    char error[CURL_ERROR_SIZE];
};

struct fq_http {
    struct fq_queue *queue;
    struct fq_home *home;
    CURLM *multi;
    pthread_t thread;
    atomic_bool is_stopping;
    _Atomic int64_t alive_mono_ms;
    atomic_size_t n_open; /* waiting or running */
    size_t n_open_max;
    // cppcheck-suppress unusedStructMember; the macros of sys/queue.h use them
    TAILQ_HEAD(, http_transfer) running; /* the net thread's */
    struct fq_job *finished;             /* likewise: posted home once per turn */
    struct fq_job **finished_end;
};

/* ---- on the loop ---- */

static void *http_main(void *argument);

struct fq_http *fq_http_new(size_t n_exchanges_max, struct fq_home *home)
{
    fq_assert(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct fq_http *http = fq_zalloc(sizeof(*http));
    http->queue = fq_queue_new(n_exchanges_max);
    http->home = home;
    http->n_open_max = n_exchanges_max;
    http->finished_end = &http->finished;
    atomic_init(&http->alive_mono_ms, fq_clock_mono_ms());
    TAILQ_INIT(&http->running);
    http->multi = curl_multi_init();
    fq_assert(http->multi != NULL);
    fq_assert(curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, HTTP_N_KEPT_MAX) == CURLM_OK);
    fq_assert(pthread_create(&http->thread, NULL, http_main, http) == 0);
    (void)pthread_setname_np(http->thread, "fenqid-net");
    return http;
}

int fq_http_send(struct fq_http *http, struct fq_http_exchange *exchange)
{
    fq_assert(exchange->timeout_ms > 0 && exchange->job.done != NULL);
    if (atomic_fetch_add(&http->n_open, 1) >= http->n_open_max ||
        fq_queue_put(http->queue, &exchange->job) != 0) {
        (void)atomic_fetch_sub(&http->n_open, 1);
        return FQ_QUEUE_E_FULL;
    }
    (void)curl_multi_wakeup(http->multi);
    return 0;
}

int64_t fq_http_alive_mono_ms(const struct fq_http *http)
{
    return atomic_load(&http->alive_mono_ms);
}

void fq_http_free(struct fq_http *http)
{
    if (http == NULL)
        return;
    fq_queue_close(http->queue);
    atomic_store(&http->is_stopping, true);
    (void)curl_multi_wakeup(http->multi);
    (void)pthread_join(http->thread, NULL);
    (void)curl_multi_cleanup(http->multi);
    fq_queue_free(http->queue);
    fq_free(http);
    curl_global_cleanup();
}

/* ---- one transfer, on the net thread ---- */

/* libcurl is about to write the request: on a fresh connection, or again on the next one after a
 * kept one died. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static int transfer_begin(void *context, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    struct http_transfer *transfer = context;
    if (transfer->n_begun++ == 0)
        return CURL_PREREQFUNC_OK;
    transfer->reason = "the connection died after the request was sent; it is not repeated";
    return CURL_PREREQFUNC_ABORT;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static size_t transfer_header(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    struct http_transfer *transfer = context;
    transfer->header_size += size * n;
    if (transfer->header_size <= HTTP_HEADER_SIZE_MAX)
        return size * n;
    transfer->reason = "the answer's headers are too large";
    return 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static size_t transfer_body(char *bytes, size_t size, size_t n, void *context)
{
    struct http_transfer *transfer = context;
    fq_buf_add(&transfer->body, (struct fq_str){ bytes, size * n });
    if (!transfer->body.failed)
        return size * n;
    transfer->reason = "the answer's body is too large";
    return size * n + 1;
}

static bool transfer_add_header(struct http_transfer *transfer, struct fq_str name,
                                struct fq_str value)
{
    if (!fq_str_is_word(name, "-_") || !fq_str_is_line(value))
        return false;
    /* libcurl's own notation: "name;" sends an empty header. */
    struct fq_str line =
        fq_str_is_empty(value)
            ? fq_arena_printf(transfer->scratch, "%.*s;", fq_str_arg(name))
            : fq_arena_printf(transfer->scratch, "%.*s: %.*s", fq_str_arg(name), fq_str_arg(value));
    struct curl_slist *longer =
        line.ptr != NULL ? curl_slist_append(transfer->headers, line.ptr) : NULL;
    if (longer != NULL)
        transfer->headers = longer;
    return longer != NULL;
}

/* The same notation: "name:" keeps libcurl from adding a header of its own. */
static bool transfer_drop_header(struct http_transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (longer != NULL)
        transfer->headers = longer;
    return longer != NULL;
}

static bool transfer_set_headers(struct http_transfer *transfer)
{
    const struct fq_message *request = &transfer->exchange->request;
    bool good = transfer_drop_header(transfer, "Expect:");
    if (!fq_str_is_empty(request->content_type))
        good = good && transfer_add_header(transfer, fq_lit("Content-Type"), request->content_type);
    else
        good = good && transfer_drop_header(transfer, "Content-Type:");
    for (size_t i = 0; i < request->headers.n_items; i++)
        good = good && transfer_add_header(transfer, request->headers.items[i].name,
                                           request->headers.items[i].value);
    return good &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

/* Sets one option unless an earlier one failed. */
#define transfer_set(option, value) \
    (r = r != CURLE_OK ? r : curl_easy_setopt(transfer->easy, (option), (value)))

static bool transfer_set_request(struct http_transfer *transfer)
{
    const struct fq_message *request = &transfer->exchange->request;
    struct fq_str url = fq_arena_copy(transfer->scratch, request->url);
    if (fq_str_is_empty(url) || !fq_str_is_line(url))
        return false;
    CURLcode r = CURLE_OK;
    transfer_set(CURLOPT_URL, url.ptr);
    if (fq_str_equal(request->method, fq_lit("POST"))) {
        transfer_set(CURLOPT_POST, 1L);
        transfer_set(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        transfer_set(CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.ptr : "");
    } else if (fq_str_equal(request->method, fq_lit("GET"))) {
        transfer_set(CURLOPT_HTTPGET, 1L);
    } else {
        return false;
    }
    return r == CURLE_OK && transfer_set_headers(transfer);
}

/* What holds for every exchange. Nothing here has a switch in the configuration. */
static bool transfer_set_rules(struct http_transfer *transfer)
{
    const struct fq_http_exchange *exchange = transfer->exchange;
    CURLcode r = CURLE_OK;
    transfer_set(CURLOPT_PROTOCOLS_STR, "https");
    transfer_set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    transfer_set(CURLOPT_FOLLOWLOCATION, 0L);
    transfer_set(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    transfer_set(CURLOPT_PATH_AS_IS, 1L);
    transfer_set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    transfer_set(CURLOPT_USERAGENT, "fenqid/" FQ_VERSION);
    transfer_set(CURLOPT_PROXY, "");
    transfer_set(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    transfer_set(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    transfer_set(CURLOPT_SSL_VERIFYPEER, 1L);
    transfer_set(CURLOPT_SSL_VERIFYHOST, 2L);
    /* Without this the system's folder of roots would be trusted beside the channel's own file. */
    transfer_set(CURLOPT_CAPATH, NULL);
    if (!fq_str_is_empty(exchange->ca_file))
        transfer_set(CURLOPT_CAINFO, fq_arena_copy(transfer->scratch, exchange->ca_file).ptr);
    transfer_set(CURLOPT_NOSIGNAL, 1L);
    /* A timed-out name lookup must not hold the whole thread until the resolver gives up. */
    transfer_set(CURLOPT_QUICK_EXIT, 1L);
    int64_t connect_ms = exchange->timeout_ms < HTTP_CONNECT_TIMEOUT_MS ? exchange->timeout_ms
                                                                        : HTTP_CONNECT_TIMEOUT_MS;
    transfer_set(CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
    transfer_set(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    transfer_set(CURLOPT_MAXAGE_CONN, HTTP_KEPT_SECONDS_MAX);
    transfer_set(CURLOPT_PREREQFUNCTION, transfer_begin);
    transfer_set(CURLOPT_PREREQDATA, transfer);
    transfer_set(CURLOPT_HEADERFUNCTION, transfer_header);
    transfer_set(CURLOPT_HEADERDATA, transfer);
    transfer_set(CURLOPT_WRITEFUNCTION, transfer_body);
    transfer_set(CURLOPT_WRITEDATA, transfer);
    transfer_set(CURLOPT_ERRORBUFFER, transfer->error);
    transfer_set(CURLOPT_PRIVATE, transfer);
    return r == CURLE_OK;
}

static struct http_transfer *transfer_new(struct fq_http_exchange *exchange)
{
    struct http_transfer *transfer = fq_zalloc(sizeof(*transfer));
    transfer->exchange = exchange;
    transfer->scratch = fq_arena_new(4 * exchange->body_size_max + FQ_ARENA_SIZE_MAX);
    fq_buf_init(&transfer->body, transfer->scratch, exchange->body_size_max);
    transfer->easy = curl_easy_init();
    fq_assert(transfer->easy != NULL);
    return transfer;
}

static void transfer_free(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    fq_arena_free(transfer->scratch);
    fq_free(transfer);
}

/* ---- what came of it ---- */

/* The platform's own number of this exchange: text for its support, and for our log. */
static struct fq_str transfer_trace_id(struct http_transfer *transfer)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(transfer->easy, "trace_id", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return (struct fq_str){ NULL, 0 };
    struct fq_str value = fq_str_of(header->value);
    if (value.len > HTTP_TRACE_ID_SIZE_MAX || !fq_str_is_word(value, "-_.:"))
        return (struct fq_str){ NULL, 0 };
    return fq_arena_copy(transfer->exchange->arena, value);
}

/* libcurl takes the end of a connection, even one without TLS's close_notify, for the end of a body
 * of unknown length: anyone on the way can cut such an answer. Only a marked end makes it whole. */
static bool transfer_end_is_marked(struct http_transfer *transfer, long status)
{
    curl_off_t length = -1;
    struct curl_header *header = NULL;
    if (status == 204 || status == 304)
        return true;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) ==
            CURLE_OK &&
        length >= 0)
        return true;
    return curl_easy_header(transfer->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &header) ==
               CURLHE_OK &&
           strcasestr(header->value, "chunked") != NULL;
}

/* An answer came: into the exchange's arena with it, if it is whole and fits there. */
static bool transfer_copy_answer(struct http_transfer *transfer)
{
    struct fq_http_exchange *exchange = transfer->exchange;
    struct fq_str body = { NULL, 0 };
    long status = 0;
    const char *content_type = NULL;
    transfer->reason = "the answer does not fit the call's memory";
    if (fq_buf_finish(&transfer->body, &body) != 0 ||
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type) != CURLE_OK)
        return false;
    if (!transfer_end_is_marked(transfer, status)) {
        transfer->reason = "the answer's end is not marked: it may be cut";
        return false;
    }
    exchange->answer.http_status = (uint32_t)status;
    exchange->answer.body = fq_arena_copy(exchange->arena, body);
    exchange->answer.content_type = fq_arena_copy(exchange->arena, fq_str_of(content_type));
    exchange->trace_id = transfer_trace_id(transfer);
    return !fq_arena_is_full(exchange->arena);
}

/* Why there is no answer; libcurl's words never show a query, and ours neither. */
static struct fq_str transfer_reason(struct http_transfer *transfer, CURLcode code)
{
    const char *words = transfer->reason;
    if (words == NULL)
        words = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code);
    struct fq_str head = { NULL, 0 };
    struct fq_str tail = { NULL, 0 };
    (void)fq_str_cut(fq_str_of(words), '?', &head, &tail);
    struct fq_str copy = fq_arena_copy(transfer->exchange->arena, head);
    return copy.ptr != NULL ? copy : fq_lit("no memory left in the call");
}

/* Fills the answer, frees the transfer, and puts the job on the list that goes home. */
static void http_finish(struct fq_http *http, struct http_transfer *transfer, CURLcode code)
{
    struct fq_http_exchange *exchange = transfer->exchange;
    exchange->answer = (struct fq_message){ .struct_size = sizeof(exchange->answer) };
    if (code == CURLE_OK && !transfer_copy_answer(transfer))
        code = CURLE_RECV_ERROR;
    if (code != CURLE_OK) {
        exchange->answer = (struct fq_message){
            .struct_size = sizeof(exchange->answer),
            .transport = transfer->n_begun > 0 ? FQ_TRANSPORT_LOST : FQ_TRANSPORT_NOT_SENT,
        };
        exchange->reason = transfer_reason(transfer, code);
    }
    transfer_free(transfer);
    exchange->job.next = NULL;
    *http->finished_end = &exchange->job;
    http->finished_end = &exchange->job.next;
}

/* ---- the net thread ---- */

static void http_start(struct fq_http *http, struct fq_http_exchange *exchange)
{
    struct http_transfer *transfer = transfer_new(exchange);
    if (!transfer_set_rules(transfer) || !transfer_set_request(transfer)) {
        transfer->reason = "the request is malformed";
        http_finish(http, transfer, CURLE_BAD_FUNCTION_ARGUMENT);
        return;
    }
    fq_assert(curl_multi_add_handle(http->multi, transfer->easy) == CURLM_OK);
    TAILQ_INSERT_TAIL(&http->running, transfer, running);
}

static void http_take(struct fq_http *http)
{
    struct fq_job *job = fq_queue_take_within(http->queue, http->n_open_max, 0);
    while (job != NULL) {
        struct fq_job *next = job->next;
        http_start(http, fq_container_of(job, struct fq_http_exchange, job));
        job = next;
    }
}

static void http_end(struct fq_http *http, struct http_transfer *transfer, CURLcode code)
{
    (void)curl_multi_remove_handle(http->multi, transfer->easy);
    TAILQ_REMOVE(&http->running, transfer, running);
    http_finish(http, transfer, code);
}

static void http_reap(struct fq_http *http)
{
    int n_left = 0;
    const CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(http->multi, &n_left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message dies with the handle's removal */
        void *transfer = NULL;
        fq_assert(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) == CURLE_OK);
        http_end(http, transfer, code);
    }
}

static void http_post(struct fq_http *http)
{
    size_t n_finished = 0;
    for (const struct fq_job *job = http->finished; job != NULL; job = job->next)
        n_finished++;
    (void)atomic_fetch_sub(&http->n_open, n_finished);
    fq_home_post(http->home, http->finished);
    http->finished = NULL;
    http->finished_end = &http->finished;
}

/* The queue is closed: what still waits there never left; what runs is classified as ever. */
static void http_abort(struct fq_http *http)
{
    http_take(http);
    struct http_transfer *transfer = NULL;
    while ((transfer = TAILQ_FIRST(&http->running)) != NULL) {
        transfer->reason = "the daemon stops";
        http_end(http, transfer, CURLE_ABORTED_BY_CALLBACK);
    }
    http_post(http);
}

static void *http_main(void *argument)
{
    struct fq_http *http = argument;
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (!atomic_load(&http->is_stopping)) {
        int n_running = 0;
        atomic_store(&http->alive_mono_ms, fq_clock_mono_ms());
        http_take(http);
        fq_assert(curl_multi_perform(http->multi, &n_running) == CURLM_OK);
        http_reap(http);
        http_post(http);
        fq_assert(curl_multi_poll(http->multi, NULL, 0, FQ_HTTP_ROUND_MS_MAX, NULL) == CURLM_OK);
    }
    http_abort(http);
    return NULL;
}
