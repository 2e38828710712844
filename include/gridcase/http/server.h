// SPDX-License-Identifier: MPL-2.0
// An HTTP server on one address: life cycle, threads, limits. It knows no domain.
//
// Threads: 1 to 8 threads in poll mode, each serving its own connections; whatever runs on
// them must not block. A request that needs to wait is deferred (http_request_defer) and
// finished later from any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct http_server;
struct http_request;

// What serves requests. All functions run on HTTP threads.
struct http_app {
    void *context;
    // Called once, when the headers are there and before any byte of the body is taken.
    // Either sets a reply (the body is then not read), or says what body is welcome with
    // http_request_allow_body (none without that call: a body is then refused with 413).
    void (*headers)(void *context, struct http_request *request);
    // Called when the body is complete. Sets a reply, or defers.
    void (*request)(void *context, struct http_request *request);
    // Called on the HTTP thread after http_request_finish when no reply was set by then:
    // sets one now, or defers again. May be NULL: finished requests always have a reply.
    void (*resumed)(void *context, struct http_request *request);
    // Called once after the last byte left or the client went away. May be NULL. Frees
    // what http_request_set_user attached.
    void (*done)(void *context, struct http_request *request);
};

struct http_server_options {
    const char *address;   // "127.0.0.1", "::1", "0.0.0.0", ...; NULL with unix_path
    uint16_t port;         // 0: any free one
    const char *unix_path; // a socket file instead; made with mode 0600, replaced
    unsigned threads;      // 1 to 8
    unsigned connections;  // most open ones, over all threads
    unsigned idle_s;       // a silent connection is closed after this
    unsigned headers_s;    // a request's headers must have come after this
    // Networks, parts between commas ("10.0.0.0/8,::1"): what their X-Forwarded-For, -Proto
    // and -Host say is believed; everybody else's is ignored. NULL: nobody's.
    const char *trusted_proxies;
    const char *tls_certificate; // PEM file, chain included; NULL: plain HTTP
    const char *tls_key;         // PEM file
    unsigned hsts_s;             // Strict-Transport-Security on secure replies; 0: none
    const char *version;         // Gridcase-Version of each reply; NULL: none
    const char *spool_folder;    // for bodies allowed as a file; NULL: none are
    const char *content_security_policy; // NULL: the strict default
};

// Sensible values for everything but the address.
void http_server_options_init(struct http_server_options *options);

// Starts listening and serving. options and app are copied (texts too). ERROR_INPUT
// "http.bad_network", "tls.broken", "tls.mismatch", "tls.files" (one without the other).
// Only one server of a process speaks TLS.
int http_server_start(const struct http_server_options *options, const struct http_app *app,
                      struct http_server **ret_server,
                      struct error *error) ERROR_MUST_CHECK;
// The port in use (0 for a socket file).
uint16_t http_server_port(const struct http_server *server);
// No new connections; event streams are closed; requests in work go on.
void http_server_quiesce(struct http_server *server);
// Quiesces, waits until every deferred request was finished, then stops. Whoever finishes
// deferred requests must still be running. Takes NULL, returns NULL.
struct http_server *http_server_free(struct http_server *server);

struct http_server_figures {
    uint64_t requests;    // since start
    uint64_t connections; // accepted since start
    uint64_t open;        // connections now
    uint64_t deferred;    // requests waiting for another thread now
    uint64_t streams;     // event streams now
    uint64_t cut;         // connections cut for slowness
};
void http_server_figures(struct http_server *server, struct http_server_figures *ret);

// The certificate in use. Files that change are taken up within some seconds, without a
// restart; when the new ones are broken the old ones stay, and failure tells why.
struct http_tls_state {
    bool enabled;
    int64_t not_after_ms; // of the leaf, the first of the chain
    int64_t loaded_ms;    // when these files were taken up
    uint64_t loads;       // how often since start
    char names[256];      // what the certificate is for, parts between blanks
    struct error failure; // code 0: the files are the ones in use
};
void http_server_tls_state(struct http_server *server, struct http_tls_state *ret);
// Looks at the files now instead of within some seconds. Any thread.
void http_server_tls_look(struct http_server *server);

// Raises the soft limit of open descriptors to the hard one; returns the limit in force.
uint64_t http_raise_descriptor_limit(void);
