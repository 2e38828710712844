// SPDX-License-Identifier: MPL-2.0
// A small HTTP/1.1 client for one local socket: one request a connection.
#include <gridcase/cli/control.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <gridcase/core/json.h>
#include <gridcase/core/text.h>

enum { HEADERS_MOST = 64 * 1024 };

static int no_server(struct error *error, const char *folder)
{
    return error_set(error, ERROR_NOT_FOUND, "control.no_server",
                     "no server is running on %s", folder);
}

static int broken(struct error *error, const char *what)
{
    return error_set(error, ERROR_IO, "control.broken", "the server's socket: %s", what);
}

static int open_socket(const char *folder, int timeout_s, int *ret_fd, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_format(address.sun_path, sizeof address.sun_path, "%s/control.sock", folder) !=
        0)
        return broken(error, "the data folder's path is too long for a socket");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(error, "control.broken", "socket");
    struct timeval timeout = {.tv_sec = timeout_s};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return no_server(error, folder);
    }
    *ret_fd = fd;
    return 0;
}

int control_is_running(const char *data_folder)
{
    int fd = -1;
    if (open_socket(data_folder, 5, &fd, NULL) != 0)
        return 0;
    close(fd);
    return 1;
}

static int send_all(int fd, const char *bytes, size_t length, struct error *error)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return error_errno(error, "control.broken", "sending to the server");
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int receive_all(int fd, struct buffer *out, struct error *error)
{
    char bytes[16384];
    for (;;) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "control.broken", "waiting for the server");
        if (got == 0)
            return buffer_check(out, error);
        buffer_append(out, bytes, (size_t)got);
    }
}

// Undoes chunked transfer coding in place; false when it is malformed.
static bool unchunk(char *text, size_t length, size_t *ret_length)
{
    size_t from = 0, to = 0;
    while (from < length) {
        size_t size = 0, digits = 0;
        for (; from < length && text[from] != '\r'; from++, digits++) {
            const char *hex = "0123456789abcdef";
            const char *digit = strchr(hex, text[from] | 0x20);
            if (!digit || digits > 8)
                return false;
            size = size * 16 + (size_t)(digit - hex);
        }
        from += 2;
        if (size == 0) {
            *ret_length = to;
            return true;
        }
        if (from > length || size > length - from)
            return false;
        memmove(text + to, text + from, size);
        to += size;
        from += size + 2;
    }
    return false;
}

static int take_apart(struct buffer *all, int *ret_status, struct buffer *answer,
                      struct error *error)
{
    char *end = all->data ? strstr(all->data, "\r\n\r\n") : NULL;
    int64_t status;
    if (!end || !text_starts(all->data, "HTTP/1.1 ") ||
        text_to_int(all->data + 9, 3, &status, NULL) != 0)
        return broken(error, "not an HTTP answer");
    *end = '\0';
    bool chunked = strcasestr(all->data, "transfer-encoding: chunked") != NULL;
    char *body = end + 4;
    size_t length = all->length - (size_t)(body - all->data);
    if (chunked && !unchunk(body, length, &length))
        return broken(error, "a malformed answer");
    buffer_clear(answer);
    buffer_append(answer, body, length);
    *ret_status = (int)status;
    return buffer_check(answer, error);
}

int control_call(const char *data_folder, const char *path, const char *body, int timeout_s,
                 int *ret_status, struct buffer *answer, struct error *error)
{
    int fd = -1;
    int status = open_socket(data_folder, timeout_s, &fd, error);
    if (status != 0)
        return status;
    struct buffer request BUFFER_CLEANUP;
    buffer_init(&request, BUFFER_CEILING_REPLY);
    buffer_format(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                  body ? "POST" : "GET", path);
    if (body)
        buffer_format(&request, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                      strlen(body));
    buffer_append_text(&request, "\r\n");
    if (body)
        buffer_append_text(&request, body);
    struct buffer all BUFFER_CLEANUP;
    buffer_init(&all, answer->ceiling + HEADERS_MOST);
    status = buffer_check(&request, error);
    if (status == 0)
        status = send_all(fd, request.data, request.length, error);
    if (status == 0)
        status = receive_all(fd, &all, error);
    close(fd);
    return status != 0 ? status : take_apart(&all, ret_status, answer, error);
}

int control_run(const char *data_folder, const char *path, const char *body, int timeout_s,
                struct buffer *answer, struct error *error)
{
    int http_status = 0;
    int status =
        control_call(data_folder, path, body, timeout_s, &http_status, answer, error);
    if (status != 0 || http_status < 400)
        return status;
    JSON_CLEANUP struct json *problem = NULL;
    const char *code = "control.refused", *detail = "the server refused";
    if (json_parse(answer->data ? answer->data : "", answer->length, &problem, NULL) == 0 &&
        (json_get_text(problem, "code", JSON_OPTIONAL, 60, &code, NULL) != 0 ||
         json_get_text(problem, "detail", JSON_OPTIONAL, 400, &detail, NULL) != 0))
        detail = "the server refused";
    int kind = http_status == 404   ? ERROR_NOT_FOUND
               : http_status == 409 ? ERROR_CONFLICT
               : http_status >= 500 ? ERROR_STORE
                                    : ERROR_INPUT;
    return error_set(error, kind, code, "%s", detail);
}
