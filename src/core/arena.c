// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/arena.h>

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_LEAST = 4096, BLOCK_MOST = 1024 * 1024 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; // newest first
    size_t ceiling;
    size_t handed_out;
};

void *memory_new(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

void *memory_array(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

char *memory_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_new(size);
    memcpy(copy, text, size);
    return copy;
}

struct arena *arena_new(size_t ceiling)
{
    struct arena *arena = memory_new(sizeof *arena);
    arena->ceiling = ceiling;
    return arena;
}

struct arena *arena_free(struct arena *arena)
{
    if (!arena)
        return NULL;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
    return NULL;
}

static struct block *add_block(struct arena *arena, size_t least)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_LEAST;
    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size < least)
        size = least;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t alignment = alignof(max_align_t);
    if (size > arena->ceiling - arena->handed_out || size > SIZE_MAX - alignment)
        return NULL;
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        block = add_block(arena, rounded);
        if (!block)
            return NULL;
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->handed_out += size;
    memset(memory, 0, size);
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, length + 1);
    if (copy && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(list, format);
    vsnprintf(text, (size_t)length + 1, format, list);
    va_end(list);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->handed_out;
}
