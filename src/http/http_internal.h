// SPDX-License-Identifier: MPL-2.0
// What the files of the http floor share. The only place besides them that sees
// microhttpd.h.
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/http/reply.h>
#include <gridcase/http/request.h>
#include <gridcase/http/router.h>
#include <gridcase/http/server.h>
#include <gridcase/http/stream.h>

enum {
    HTTP_SEGMENTS = 24,
    HTTP_QUERIES = 48,
    HTTP_REPLY_HEADERS = 16,
    HTTP_TARGET_CEILING = 8192,
    // A refused body up to this size is read and dropped, so that the client gets to read
    // the refusal; a larger one costs the client its connection.
    HTTP_DISCARD_CEILING = 4 * 1024 * 1024,
    HTTP_BODY_GRACE_MS = 20000,     // time to send a body, plus
    HTTP_BODY_BYTES_PER_S = 4096,   // its size at this slowest welcome rate
    HTTP_REPLY_MS = 10 * 60 * 1000, // most time to take a reply
    HTTP_ARENA_CEILING = 64 * 1024 * 1024,
};

// What a connection is doing: the ticker cuts those that stay too long.
enum http_phase {
    HTTP_PHASE_IDLE,
    HTTP_PHASE_HEADERS,
    HTTP_PHASE_BODY,
    HTTP_PHASE_WORK,
    HTTP_PHASE_REPLY,
    HTTP_PHASE_STREAM,
};

struct http_connection {
    struct http_connection *previous;
    struct http_connection *next;
    int descriptor;
    atomic_int phase;
    atomic_llong since_us;
    atomic_llong received; // bytes of the body so far
    bool cut;
};

// An address or a network of them; IPv4 as ::ffff:a.b.c.d.
struct http_network {
    uint8_t bytes[16];
    unsigned bits;
};

struct http_tls;

struct http_server {
    struct http_server_options options; // texts owned
    struct http_network *proxies;
    size_t proxy_count;
    struct http_tls *tls; // NULL: plain
    char hsts[64];
    struct http_app app;
    struct MHD_Daemon *daemon;
    int listener;
    uint16_t port;
    pthread_t ticker;
    pthread_mutex_t lock; // guards the two lists and what stop waits for
    struct http_connection *connections;
    struct http_stream *streams;
    size_t stream_count;
    atomic_bool stopping; // no new streams and requests
    atomic_bool closed;   // nothing begins or goes on: the daemon is being stopped
    atomic_bool ticker_stop;
    atomic_ullong requests;
    atomic_ullong accepted;
    atomic_ullong open;
    atomic_ullong deferred;
    atomic_ullong cut;
    atomic_ullong next_id;
};

enum http_request_state {
    HTTP_REQUEST_NEW,
    HTTP_REQUEST_BODY,
    HTTP_REQUEST_WORK,
    HTTP_REQUEST_DEFERRED,
    HTTP_REQUEST_READY, // finished by another thread
    HTTP_REQUEST_QUEUED,
};

struct http_query {
    const char *name;
    const char *value;
};

enum http_reply_kind {
    HTTP_REPLY_NONE,
    HTTP_REPLY_BUFFER,
    HTTP_REPLY_STATIC,
    HTTP_REPLY_FILE,
    HTTP_REPLY_STREAM,
};

struct http_reply {
    enum http_reply_kind kind;
    unsigned status;
    const char *type;
    char *bytes; // owned by a BUFFER reply
    const void *borrowed;
    size_t length;
    int descriptor;
    int64_t offset; // in the file
    struct http_stream *stream;
    size_t header_count;
    struct {
        const char *name;
        const char *value;
    } headers[HTTP_REPLY_HEADERS];
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_connection *socket;
    struct arena *arena;
    atomic_int state;
    enum http_method method;
    char id[17];
    char peer[64];
    bool gzip_tried;
    bool trusted; // the other end is a proxy of ours
    bool secure;  // came over TLS, to us or to such a proxy
    int64_t started_us;
    char *target; // raw
    char *host;
    const char *authority; // as the client named us, with port; NULL: not at all
    char *content_type;
    size_t segment_count;
    const char *segments[HTTP_SEGMENTS];
    bool ends_in_slash;
    size_t query_count;
    struct http_query queries[HTTP_QUERIES];
    int64_t content_length; // -1: not said
    // body
    size_t body_ceiling;
    bool body_as_file;
    bool body_too_large;
    bool discard; // a reply is set already: read the rest and drop it
    uint64_t body_length;
    struct buffer body;
    int spool;
    char spool_path[512];
    struct error body_error;
    // reply
    struct http_reply reply;
    void *user;
};

// target.c: fills segments and queries from target. ERROR_INPUT "http.bad_target".
int http_target_parse(struct http_request *request, struct error *error) ERROR_MUST_CHECK;

// request.c
struct http_request *http_request_new(struct http_server *server, const char *target);
struct http_request *http_request_free(struct http_request *request);
// Reads method, headers and target; sets a reply when they are refused.
void http_request_start(struct http_request *request, struct MHD_Connection *connection,
                        const char *method);
void http_request_phase(struct http_request *request, enum http_phase phase);

// forwarded.c
// ERROR_INPUT "http.bad_network". text NULL: none.
int http_networks_parse(const char *text, struct http_network **ret_networks,
                        size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
bool http_networks_have(const struct http_network *networks, size_t count,
                        const uint8_t address[16]);
// "10.0.0.1", "::1", also with a port ("10.0.0.1:80", "[::1]:80").
bool http_address_parse(const char *text, size_t length, uint8_t out[16]);
// Fills peer, trusted and secure.
void http_peer_read(struct http_request *request);
// The client among what X-Forwarded-For lists (nearest last), seen from a trusted proxy
// whose address is in peer: the last one that is not trusted. Stops at what is no address.
void http_forwarded_client(const struct http_network *networks, size_t count,
                           const char *list, char *peer, size_t size);
// Last value of a header that the nearest proxy wrote, in the arena; NULL: none, or the
// other end is not trusted.
const char *http_forwarded(const struct http_request *request, const char *name);

// gzip.c: compresses the reply now, where that is welcome and small enough to do here.
void http_gzip_light(struct http_request *request);

// tls.c
int http_tls_new(const char *certificate, const char *key, struct http_tls **ret_tls,
                 struct error *error) ERROR_MUST_CHECK;
struct http_tls *http_tls_free(struct http_tls *tls);
void *http_tls_callback(void); // for MHD_OPTION_HTTPS_CERT_CALLBACK
void http_tls_watch(struct http_tls *tls, int64_t now_us); // from the ticker
void http_tls_look(struct http_tls *tls);
void http_tls_state(struct http_tls *tls, struct http_tls_state *ret);

// body.c
// Refuses on the headers what is too large. Called after app.headers.
void http_body_admit(struct http_request *request);
// False: cut the connection.
bool http_body_take(struct http_request *request, const char *bytes, size_t length);
// After the last byte: sets a reply when the body could not be kept.
void http_body_finish(struct http_request *request);
void http_body_done(struct http_request *request);

// reply.c
#define HTTP_GZIP_TAG "-gzip" // at the end of a compressed reply's entity tag
const char *http_reply_header_value(const struct http_reply *reply, const char *name);
void http_reply_clear(struct http_request *request);
enum MHD_Result http_reply_queue(struct http_request *request);

// stream.c
struct MHD_Response *http_stream_response(struct http_stream *stream);
void http_stream_drop(struct http_stream *stream); // the server's reference, never queued
void http_streams_beat(struct http_server *server, int64_t now_us);
void http_streams_close(struct http_server *server);
