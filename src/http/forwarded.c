// SPDX-License-Identifier: MPL-2.0
// Who is at the other end: the socket's address, or what trusted proxies say about it. A
// header X-Forwarded-* of anybody else is as if it were not there.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <gridcase/core/text.h>

#include "http_internal.h"

enum { NETWORKS_MOST = 64, FORWARDED_MOST = 4096, HOPS_MOST = 32, ADDRESS_SIZE = 64 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool parse_plain(const char *text, size_t length, uint8_t out[16])
{
    char copy[ADDRESS_SIZE];
    struct in_addr in4;
    if (length == 0 || length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, &in4) == 1) {
        memcpy(out, mapped, sizeof(mapped));
        memcpy(out + sizeof(mapped), &in4, 4);
        return true;
    }
    return inet_pton(AF_INET6, copy, out) == 1;
}

bool http_address_parse(const char *text, size_t length, uint8_t out[16])
{
    if (length > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', length);
        return end && parse_plain(text + 1, (size_t)(end - text) - 1, out);
    }
    const char *colon = memchr(text, ':', length);
    size_t before = colon ? (size_t)(colon - text) : length;
    bool one = colon && !memchr(colon + 1, ':', length - before - 1);
    return parse_plain(text, one ? before : length, out);
}

static void address_to_text(const uint8_t address[16], char *out, size_t size)
{
    bool four = memcmp(address, mapped, sizeof(mapped)) == 0;
    inet_ntop(four ? AF_INET : AF_INET6, four ? address + sizeof(mapped) : address, out,
              (socklen_t)size);
}

static bool parse_network(const char *text, size_t length, struct http_network *out)
{
    const char *slash = memchr(text, '/', length);
    size_t before = slash ? (size_t)(slash - text) : length;
    int64_t bits = 128;
    struct error ignored = {0};
    if (!parse_plain(text, before, out->bytes)) {
        return false;
    }
    bool four = memchr(text, ':', before) == NULL;
    if (slash) {
        if (text_to_int(slash + 1, length - before - 1, &bits, &ignored) || bits < 0 ||
            bits > (four ? 32 : 128)) {
            return false;
        }
        bits += four ? 96 : 0;
    }
    out->bits = (unsigned)bits;
    return true;
}

int http_networks_parse(const char *text, struct http_network **ret_networks,
                        size_t *ret_count, struct error *error)
{
    *ret_networks = NULL;
    *ret_count = 0;
    if (!text || !*text) {
        return 0;
    }
    struct http_network *list = memory_array(NETWORKS_MOST, sizeof(*list));
    size_t count = 0;
    for (const char *at = text; *at;) {
        at += strspn(at, ", \t");
        size_t length = strcspn(at, ", \t");
        if (length > 0 &&
            (count == NETWORKS_MOST || !parse_network(at, length, &list[count++]))) {
            free(list);
            return error_set(
                error, ERROR_INPUT, "http.bad_network",
                "trusted-proxy: %.60s is not an address or a network, or there "
                "are more than %d",
                at, (int)NETWORKS_MOST);
        }
        at += length;
    }
    *ret_networks = list;
    *ret_count = count;
    return 0;
}

bool http_networks_have(const struct http_network *networks, size_t count,
                        const uint8_t address[16])
{
    for (size_t i = 0; i < count; i++) {
        unsigned whole = networks[i].bits / 8;
        unsigned rest = networks[i].bits % 8;
        uint8_t mask = (uint8_t)(0xff00 >> rest);
        if (memcmp(networks[i].bytes, address, whole) == 0 &&
            (rest == 0 || ((networks[i].bytes[whole] ^ address[whole]) & mask) == 0)) {
            return true;
        }
    }
    return false;
}

// ---- headers of a proxy ----

struct joined {
    const char *name;
    char text[FORWARDED_MOST];
    size_t length;
    bool too_long;
};

// A header may stand in several lines: a proxy that adds a line of its own leaves the
// client's before it.
static enum MHD_Result join(void *context, enum MHD_ValueKind kind, const char *name,
                            const char *value)
{
    (void)kind;
    struct joined *joined = context;
    if (strcasecmp(name, joined->name) != 0 || !value) {
        return MHD_YES;
    }
    size_t length = strlen(value);
    if (joined->length + length + 2 > sizeof(joined->text)) {
        joined->too_long = true;
        return MHD_NO;
    }
    joined->text[joined->length++] = ',';
    memcpy(joined->text + joined->length, value, length);
    joined->length += length;
    joined->text[joined->length] = '\0';
    return MHD_YES;
}

static bool all_of(const struct http_request *request, struct joined *joined)
{
    joined->length = 0;
    joined->text[0] = '\0';
    joined->too_long = false;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, join, joined);
    return joined->length > 0 && !joined->too_long;
}

// The part behind the last comma before end, trimmed.
static const char *last_part(const char *list, size_t end, size_t *ret_length,
                             size_t *ret_rest)
{
    size_t from = end;
    while (from > 0 && list[from - 1] != ',') {
        from--;
    }
    *ret_rest = from > 0 ? from - 1 : 0;
    while (from < end && (list[from] == ' ' || list[from] == '\t')) {
        from++;
    }
    while (end > from && (list[end - 1] == ' ' || list[end - 1] == '\t')) {
        end--;
    }
    *ret_length = end - from;
    return list + from;
}

const char *http_forwarded(const struct http_request *request, const char *name)
{
    struct joined joined = {.name = name};
    size_t length = 0;
    size_t rest = 0;
    if (!request->trusted || !all_of(request, &joined)) {
        return NULL;
    }
    const char *part = last_part(joined.text, joined.length, &length, &rest);
    return length > 0 ? arena_copy(request->arena, part, length) : NULL;
}

void http_forwarded_client(const struct http_network *networks, size_t count,
                           const char *list, char *peer, size_t size)
{
    size_t end = strlen(list);
    for (int hop = 0; hop < HOPS_MOST && end > 0; hop++) {
        size_t length = 0;
        uint8_t address[16];
        const char *part = last_part(list, end, &length, &end);
        if (!http_address_parse(part, length, address)) {
            return;
        }
        address_to_text(address, peer, size);
        if (!http_networks_have(networks, count, address)) {
            return;
        }
    }
}

static bool socket_address(const struct http_request *request, uint8_t out[16])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr || request->server->options.unix_path) {
        return false;
    }
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    if (info->client_addr->sa_family == AF_INET) {
        memcpy(&in4, (const void *)info->client_addr, sizeof(in4));
        memcpy(out, mapped, sizeof(mapped));
        memcpy(out + sizeof(mapped), &in4.sin_addr, 4);
        return true;
    }
    if (info->client_addr->sa_family == AF_INET6) {
        memcpy(&in6, (const void *)info->client_addr, sizeof(in6));
        memcpy(out, &in6.sin6_addr, 16);
        return true;
    }
    return false;
}

void http_peer_read(struct http_request *request)
{
    const struct http_server *server = request->server;
    uint8_t address[16];
    request->secure = server->tls != NULL;
    if (!socket_address(request, address)) {
        snprintf(request->peer, sizeof(request->peer), "unix");
        return;
    }
    address_to_text(address, request->peer, sizeof(request->peer));
    request->trusted = http_networks_have(server->proxies, server->proxy_count, address);
    if (!request->trusted) {
        return;
    }
    struct joined joined = {.name = "X-Forwarded-For"};
    if (all_of(request, &joined)) {
        http_forwarded_client(server->proxies, server->proxy_count, joined.text,
                              request->peer, sizeof(request->peer));
    }
    const char *scheme = http_forwarded(request, "X-Forwarded-Proto");
    request->secure = scheme ? strcasecmp(scheme, "https") == 0 : request->secure;
}
