// SPDX-License-Identifier: MPL-2.0
// Event streams. Lock order: the server's before a stream's, never the other way round.
// The microhttpd thread suspends inside the reader, others resume: both under the
// stream's lock, so that no wake-up is lost.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/instant.h>

#include "http_internal.h"

struct http_stream {
    pthread_mutex_t lock;
    struct http_server *server;
    struct MHD_Connection *connection; // NULL once the reply is gone
    struct buffer queue;
    size_t sent; // bytes of queue that left already
    int64_t last_us;
    unsigned references;
    bool suspended;
    bool closed;
    struct http_stream *previous; // in the server's list, under the server's lock
    struct http_stream *next;
};

static void stream_unref(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool last = --stream->references == 0;
    pthread_mutex_unlock(&stream->lock);
    if (last) {
        buffer_done(&stream->queue);
        pthread_mutex_destroy(&stream->lock);
        free(stream);
    }
}

static void list_remove(struct http_stream *stream)
{
    struct http_server *server = stream->server;
    pthread_mutex_lock(&server->lock);
    if (stream->previous) {
        stream->previous->next = stream->next;
    } else {
        server->streams = stream->next;
    }
    if (stream->next) {
        stream->next->previous = stream->previous;
    }
    server->stream_count--;
    pthread_mutex_unlock(&server->lock);
}

int http_stream_open(struct http_request *request, size_t queue_ceiling,
                     struct http_stream **ret_stream, struct error *error)
{
    struct http_server *server = request->server;
    struct http_stream *stream = memory_new(sizeof(*stream));
    pthread_mutex_init(&stream->lock, NULL);
    buffer_init(&stream->queue, queue_ceiling);
    stream->server = server;
    stream->connection = request->connection;
    stream->references = 2;
    stream->last_us = instant_monotonic_us();
    buffer_format(&stream->queue, "retry: %d\n\n", (int)HTTP_STREAM_RETRY_MS);
    pthread_mutex_lock(&server->lock);
    bool welcome = !atomic_load(&server->stopping) &&
                   server->stream_count < server->options.connections / 2;
    if (welcome) {
        stream->next = server->streams;
        if (server->streams) {
            server->streams->previous = stream;
        }
        server->streams = stream;
        server->stream_count++;
    }
    pthread_mutex_unlock(&server->lock);
    if (!welcome) {
        stream->references = 1;
        stream_unref(stream);
        return error_set(error, ERROR_BUSY, "http.too_many_streams",
                         "too many event streams are open");
    }
    http_reply_empty(request, 200);
    http_reply_header(request, "X-Accel-Buffering", "no");
    request->reply.type = "text/event-stream";
    request->reply.kind = HTTP_REPLY_STREAM;
    request->reply.stream = stream;
    *ret_stream = stream;
    return 0;
}

static ssize_t stream_read(void *context, uint64_t position, char *out, size_t size)
{
    (void)position;
    struct http_stream *stream = context;
    ssize_t result = 0;
    pthread_mutex_lock(&stream->lock);
    size_t waiting = stream->queue.length - stream->sent;
    if (waiting > 0) {
        size_t part = waiting < size ? waiting : size;
        memcpy(out, stream->queue.data + stream->sent, part);
        stream->sent += part;
        if (stream->sent == stream->queue.length) {
            buffer_clear(&stream->queue);
            stream->sent = 0;
        }
        result = (ssize_t)part;
    } else if (stream->closed) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

static void stream_released(void *context)
{
    struct http_stream *stream = context;
    pthread_mutex_lock(&stream->lock);
    stream->connection = NULL;
    stream->closed = true;
    pthread_mutex_unlock(&stream->lock);
    list_remove(stream);
    stream_unref(stream);
}

void http_stream_drop(struct http_stream *stream)
{
    stream_released(stream);
}

struct MHD_Response *http_stream_response(struct http_stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, stream_read, stream,
                                             stream_released);
}

// With the stream's lock held.
static void stream_wake(struct http_stream *stream)
{
    if (stream->suspended && stream->connection) {
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
    }
}

// With the stream's lock held. What was read already makes room first.
static bool stream_append(struct http_stream *stream, const char *bytes, size_t length)
{
    struct buffer *queue = &stream->queue;
    if (stream->sent > 0 && queue->length + length + 1 > queue->ceiling) {
        memmove(queue->data, queue->data + stream->sent, queue->length - stream->sent);
        queue->length -= stream->sent;
        stream->sent = 0;
    }
    if (queue->length + length + 1 > queue->ceiling) {
        return false;
    }
    buffer_append(queue, bytes, length);
    stream->last_us = instant_monotonic_us();
    return !queue->failed;
}

int http_stream_send(struct http_stream *stream, const char *event, const char *id,
                     const char *data, struct error *error)
{
    BUFFER_CLEANUP struct buffer line;
    buffer_init(&line, BUFFER_CEILING_LINE);
    if (id) {
        buffer_format(&line, "id: %s\n", id);
    }
    if (event) {
        buffer_format(&line, "event: %s\n", event);
    }
    buffer_append_text(&line, "data: ");
    buffer_append_text(&line, data);
    buffer_append_text(&line, "\n\n");
    int code = buffer_check(&line, error);
    if (code) {
        return code;
    }
    pthread_mutex_lock(&stream->lock);
    if (stream->closed) {
        code =
            error_set(error, ERROR_NOT_FOUND, "http.stream_closed", "the stream is gone");
    } else if (!stream_append(stream, line.data, line.length)) {
        stream->closed = true;
        code = error_set(error, ERROR_LIMIT, "http.stream_full",
                         "the subscriber does not read");
    }
    stream_wake(stream);
    pthread_mutex_unlock(&stream->lock);
    return code;
}

bool http_stream_is_open(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->closed;
    pthread_mutex_unlock(&stream->lock);
    return open;
}

void http_stream_close(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->closed = true;
    stream_wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

struct http_stream *http_stream_free(struct http_stream *stream)
{
    if (stream) {
        http_stream_close(stream);
        stream_unref(stream);
    }
    return NULL;
}

// The list's members cannot vanish while the server's lock is held: their release waits
// for it in list_remove.
void http_streams_beat(struct http_server *server, int64_t now_us)
{
    pthread_mutex_lock(&server->lock);
    for (struct http_stream *stream = server->streams; stream; stream = stream->next) {
        pthread_mutex_lock(&stream->lock);
        if (!stream->closed && stream->queue.length == stream->sent &&
            now_us - stream->last_us >= (int64_t)HTTP_STREAM_HEARTBEAT_MS * 1000) {
            stream_append(stream, ":\n\n", 3);
            stream_wake(stream);
        }
        pthread_mutex_unlock(&stream->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

void http_streams_close(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    for (struct http_stream *stream = server->streams; stream; stream = stream->next) {
        http_stream_close(stream);
    }
    pthread_mutex_unlock(&server->lock);
}
