/* SPDX-License-Identifier: Apache-2.0 */
/* One question over fenqid's control socket: HTTP/1.1, one request, one bounded answer. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/ctl/journal.h"

#define DEFAULT_PATH        "/run/fenqid/control"
#define AUDIT_PATH          "/run/fenqid-audit/control" /* for those who may only look */
#define ANSWER_SIZE_MAX     ((size_t)1 << 20)
#define TIMEOUT_SECONDS     130 /* fenqid may have to ask a platform, and waits for it up to 120 s */
#define TIMEOUT_SECONDS_MAX 600

/* ---- where ---- */

static const char *control_path(struct ctl *ctl)
{
    if (ctl_has(ctl, CTL_CONTROL))
        return ctl->values[CTL_CONTROL];
    if (!ctl_has(ctl, CTL_CONFIG))
        return access(DEFAULT_PATH, W_OK) != 0 && errno == EACCES && access(AUDIT_PATH, W_OK) == 0
                   ? AUDIT_PATH
                   : DEFAULT_PATH;
    FQ_CLEANUP(fq_conf) *conf = ctl_conf_load(ctl);
    if (conf == NULL)
        return NULL;
    if (conf->control_path.len == 0) {
        (void)ctl_complain(CTL_USAGE, "%s: control.path is not set: fenqid has no control socket",
                           ctl->values[CTL_CONFIG]);
        return NULL;
    }
    return fq_arena_copy(ctl->arena, conf->control_path).ptr;
}

static int control_cannot_connect(const char *path)
{
    int error = errno;
    const char *hint = error == ENOENT         ? "is fenqid running, and control.path set?"
                       : error == ECONNREFUSED ? "fenqid is not running"
                       : error == EACCES       ? "its permissions decide who may: try as root, or "
                                                 "as a member of its group"
                                               : "";
    return ctl_complain(CTL_NO_ANSWER, "%s: %s\n%s", path, strerrordesc_np(error), hint);
}

static int control_connect(struct ctl *ctl, int *ret_fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = control_path(ctl);
    if (path == NULL)
        return CTL_USAGE;
    if (strlen(path) >= sizeof(address.sun_path))
        return ctl_complain(CTL_USAGE, "%s: too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return control_cannot_connect(path);
    if (connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
        int status = control_cannot_connect(path);
        (void)close(fd);
        return status;
    }
    *ret_fd = fd;
    return CTL_OK;
}

/* ---- the exchange ---- */

static bool control_send(int fd, struct fq_str text)
{
    while (text.len > 0) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return false;
        text = fq_str_sub(text, n > 0 ? (size_t)n : 0, text.len);
    }
    return true;
}

/* What has come by then: 0 at the end, below 0 (and errno) for nothing. */
static ssize_t control_receive_some(int fd, int64_t until_ms, char *ret, size_t size)
{
    for (;;) {
        struct pollfd item = { .fd = fd, .events = POLLIN };
        int64_t left_ms = until_ms - fq_clock_mono_ms();
        int r = left_ms > 0 ? poll(&item, 1, (int)left_ms) : 0;
        if (r == 0)
            errno = ETIMEDOUT;
        ssize_t n = r > 0 ? recv(fd, ret, size, 0) : -1;
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

/* All that comes until the other side closes. */
static bool control_receive(struct ctl *ctl, int fd, int64_t until_ms, struct fq_str *ret)
{
    char *bytes = fq_arena_alloc(ctl->arena, ANSWER_SIZE_MAX);
    size_t size = 0;
    while (bytes != NULL && size < ANSWER_SIZE_MAX) {
        ssize_t n = control_receive_some(fd, until_ms, bytes + size, ANSWER_SIZE_MAX - size);
        if (n <= 0) {
            *ret = (struct fq_str){ bytes, size };
            return n == 0;
        }
        size += (size_t)n;
    }
    errno = EMSGSIZE;
    return false;
}

/* "HTTP/1.1 200 OK", headers, an empty line, the body. */
static bool control_read_answer(struct fq_str answer, int64_t *ret_status, struct fq_str *ret_body)
{
    static const char start[] = "HTTP/1.1 ";
    const char *end = answer.len > 0 ? memmem(answer.ptr, answer.len, "\r\n\r\n", 4) : NULL;
    if (end == NULL || !fq_str_starts(answer, fq_lit(start)) ||
        fq_str_to_int64(fq_str_sub(answer, sizeof(start) - 1, 3), 100, 599, ret_status) != 0)
        return false;
    size_t head = (size_t)(end - answer.ptr) + 4;
    *ret_body = fq_str_sub(answer, head, answer.len);
    return true;
}

static int control_exchange(struct ctl *ctl, struct fq_str request, struct fq_str *ret)
{
    int fd = -1;
    int64_t seconds = 0;
    int status =
        ctl_number_read(ctl, CTL_TIMEOUT, 1, TIMEOUT_SECONDS_MAX, TIMEOUT_SECONDS, &seconds);
    if (status == CTL_OK)
        status = control_connect(ctl, &fd);
    if (status != CTL_OK)
        return status;
    int64_t until_ms = fq_clock_mono_ms() + 1000 * seconds;
    if (!control_send(fd, request) || !control_receive(ctl, fd, until_ms, ret))
        status = ctl_complain(CTL_NO_ANSWER, "no answer from fenqid: %s", strerrordesc_np(errno));
    (void)close(fd);
    return status;
}

/* ---- what it means ---- */

struct control_said {
    int64_t status; /* HTTP's */
    struct fq_str text;
    const struct fq_json *json;
};

static int control_refused(int64_t status, const struct fq_json *json)
{
    const struct fq_json *error = fq_json_get(json, "error");
    struct fq_str next = fq_json_get_text(error, "next");
    (void)ctl_complain(CTL_REFUSED, "refused: %.*s", fq_str_arg(fq_json_get_text(error, "reason")));
    (void)fprintf(stderr, "  what   %.*s\n", fq_str_arg(fq_json_get_text(error, "text")));
    if (next.len > 0)
        (void)fprintf(stderr, "  next   %.*s\n", fq_str_arg(next));
    return status == 400 ? CTL_USAGE : CTL_REFUSED;
}

/* CTL_OK: an answer, that may be a refusal. */
static int control_ask(struct ctl *ctl, const char *method, const char *path, struct fq_str body,
                       struct control_said *ret)
{
    struct fq_str answer = { NULL, 0 };
    struct fq_str request =
        fq_arena_printf(ctl->arena,
                        "%s %s HTTP/1.1\r\nHost: fenqid\r\nConnection: close\r\n"
                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                        method, path, body.len, fq_str_arg(body));
    int status = control_exchange(ctl, request, &answer);
    if (status != CTL_OK)
        return status;
    if (!control_read_answer(answer, &ret->status, &ret->text))
        return ctl_complain(CTL_NO_ANSWER, "what answers there is not fenqid");
    if (fq_json_read(ret->text, ctl->arena, &ret->json) != 0)
        return ctl_complain(CTL_NO_ANSWER, "fenqid answered %" PRId64 ", and no JSON: %.*s",
                            ret->status, fq_str_arg(fq_str_sub(ret->text, 0, 200)));
    return CTL_OK;
}

int ctl_control(struct ctl *ctl, const char *method, const char *path, struct fq_str body,
                const struct fq_json **ret)
{
    struct control_said said = { 0 };
    int status = control_ask(ctl, method, path, body, &said);
    if (status != CTL_OK)
        return status;
    *ret = said.json;
    if (ctl_has(ctl, CTL_JSON))
        (void)fwrite(said.text.ptr, 1, said.text.len, stdout);
    return said.status == 200 ? CTL_OK : control_refused(said.status, said.json);
}

int ctl_control_part(struct ctl *ctl, const char *method, const char *path, struct fq_str body,
                     const struct fq_json **ret)
{
    struct control_said said = { 0 };
    int status = control_ask(ctl, method, path, body, &said);
    if (status != CTL_OK)
        return status;
    *ret = said.json;
    if (said.status != 200 && ctl_has(ctl, CTL_JSON))
        (void)fwrite(said.text.ptr, 1, said.text.len, stdout);
    return said.status == 200 ? CTL_OK : control_refused(said.status, said.json);
}
