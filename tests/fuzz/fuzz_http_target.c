// SPDX-License-Identifier: MPL-2.0
// Request targets: path and query, decoded per segment.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

#include "../../src/http/http_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_piece(const char *text)
{
    if (!text_is_utf8(text, strlen(text))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request request = {.arena = arena_new(1024 * 1024)};
    struct error error = {0};
    request.target = arena_copy(request.arena, (const char *)data, size);
    if (request.target && http_target_parse(&request, &error) == 0) {
        for (size_t i = 0; i < request.segment_count; i++) {
            const char *segment = request.segments[i];
            check_piece(segment);
            if (!segment[0] || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0) {
                abort();
            }
        }
        for (size_t i = 0; i < request.query_count; i++) {
            check_piece(request.queries[i].name);
            check_piece(request.queries[i].value);
        }
    }
    arena_free(request.arena);
    return 0;
}
