// SPDX-License-Identifier: MPL-2.0
// Server-sent events: one long reply per subscriber, with a bounded queue each.
//
// A stream has two holders: the server (while the connection lives) and whoever opened it.
// Sending never blocks. A subscriber that does not read loses its stream when the queue is
// full; it comes back with Last-Event-ID. Streams are suspended while they have nothing to
// send and get a comment every 15 s, which is also how a vanished client is noticed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct http_request;
struct http_stream;

enum { HTTP_STREAM_HEARTBEAT_MS = 15000, HTTP_STREAM_RETRY_MS = 1000 };

// Makes the stream the request's reply (status 200). The caller owns one reference.
// ERROR_BUSY "http.too_many_streams" over the server's limit, half of its connections.
int http_stream_open(struct http_request *request, size_t queue_ceiling,
                     struct http_stream **ret_stream, struct error *error) ERROR_MUST_CHECK;
// One event. event and id may be NULL; data must be one line. Any thread.
// ERROR_LIMIT "http.stream_full": the stream is closed then. ERROR_NOT_FOUND
// "http.stream_closed": the client is gone or the server stops.
int http_stream_send(struct http_stream *stream, const char *event, const char *id,
                     const char *data, struct error *error) ERROR_MUST_CHECK;
bool http_stream_is_open(struct http_stream *stream);
// Ends the reply after what is queued. Any thread, more than once.
void http_stream_close(struct http_stream *stream);
// Closes, gives the caller's reference back. Takes NULL, returns NULL.
struct http_stream *http_stream_free(struct http_stream *stream);
