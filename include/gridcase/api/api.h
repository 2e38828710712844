// SPDX-License-Identifier: MPL-2.0
// The API: routes, and what stands between the protocol and the domain. No rules of the
// domain live here.
//
// One struct api serves three HTTP servers: the public one (api_app), one for health and
// metrics (api_ops_app), and the local one on a socket file (api_control_app) through which
// commands hand their job to a running server.
#pragma once

#include <stdint.h>

#include <gridcase/api/health.h>
#include <gridcase/core/error.h>
#include <gridcase/http/server.h>
#include <gridcase/media/media.h>
#include <gridcase/notify/mail.h>

struct api;
struct db_store;
struct http_assets;

struct api_options {
    struct db_store *store;           // borrowed until api_free
    const struct http_assets *assets; // borrowed; NULL: no pages
    unsigned workers;                 // threads for slow work
    unsigned worker_queue;            // jobs that may wait for them
    unsigned cities_open;             // most cities open at once when idle ones can go
    int64_t city_idle_ms;             // a city nobody asked for is closed after this
    struct media_limits media;
    const char *backup_to; // folder; NULL or "": no schedule
    int64_t backup_every_ms;
    unsigned backup_keep;
    int64_t backup_bytes_per_s; // 0: as fast as the disk
    struct mail_server mail;    // host NULL or "": no mail is sent
    const char *mail_from;
    struct health_limits health;
    const char *store_listen; // address for words between servers; NULL: the store's
};
void api_options_init(struct api_options *options);

// Reads the list of cities and starts the threads for streams and timers.
int api_new(const struct api_options *options, struct api **ret_api,
            struct error *error) ERROR_MUST_CHECK;
// The servers must have been freed before. Takes NULL, returns NULL.
struct api *api_free(struct api *api);
// Ends event streams and background work: before http_server_free, which waits for
// deferred requests that the api's threads still finish.
void api_quiesce(struct api *api);

struct http_app api_app(struct api *api);
struct http_app api_ops_app(struct api *api);
struct http_app api_control_app(struct api *api);
// Sends whoever asks to the same address with https on this port (308; other methods than
// GET and HEAD are refused). context is api.
struct http_app api_redirect_app(struct api *api);
// For metrics; borrowed until api_free.
void api_set_server(struct api *api, struct http_server *server);

// Does any city have a login whose password was made for a demo? Asked before listening
// beyond loopback.
int api_has_demo_logins(struct api *api, int *ret_has,
                        struct error *error) ERROR_MUST_CHECK;
