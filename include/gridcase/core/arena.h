// SPDX-License-Identifier: MPL-2.0
// Memory that is freed all at once: one arena per request, job or city snapshot.
#pragma once

#include <stddef.h>

struct arena;

// ceiling is the total of bytes it may hand out. Never returns NULL: small fixed
// allocations abort the process when memory is gone.
struct arena *arena_new(size_t ceiling);
struct arena *arena_free(struct arena *arena); // takes NULL, returns NULL
// Zeroed, aligned for any type. NULL when the ceiling is reached.
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); // checks the product
char *arena_copy(struct arena *arena, const char *text, size_t length); // NUL-terminated
char *arena_text(struct arena *arena, const char *text);                // NULL stays NULL
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena);

// malloc that aborts when memory is gone: only for small sizes fixed by the code.
void *memory_new(size_t size);                 // zeroed
void *memory_array(size_t count, size_t size); // zeroed; NULL when it does not fit
char *memory_text(const char *text);

static inline void arena_cleanup(struct arena **arena)
{
    *arena = arena_free(*arena);
}
#define ARENA_CLEANUP __attribute__((cleanup(arena_cleanup)))
