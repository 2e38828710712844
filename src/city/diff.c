// SPDX-License-Identifier: MPL-2.0
// A list of differences between a model and the city in force.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>

#include "diff_internal.h"

const char *city_diff_kind_to_str(enum city_diff_kind kind)
{
    static const char *const words[CITY_DIFF_KIND_COUNT] = {"new", "changed", "renewed",
                                                            "closed"};
    return kind < CITY_DIFF_KIND_COUNT ? words[kind] : "";
}

struct city_diff *city_diff_new(void)
{
    struct city_diff *diff = memory_new(sizeof(*diff));
    diff->arena = arena_new(ARENA_CEILING_DIFF);
    return diff;
}

struct city_diff *city_diff_free(struct city_diff *diff)
{
    if (diff) {
        arena_free(diff->arena);
        free(diff->item);
        free(diff);
    }
    return NULL;
}

size_t city_diff_count(const struct city_diff *diff)
{
    return diff->count;
}

const struct city_difference *city_diff_item(const struct city_diff *diff, size_t index)
{
    return &diff->item[index];
}

size_t city_diff_count_of(const struct city_diff *diff, const char *what,
                          enum city_diff_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < diff->count; i++)
        count +=
            diff->item[i].kind == kind && (!what || text_equal(diff->item[i].what, what));
    return count;
}

int64_t city_diff_version(const struct city_diff *diff)
{
    return diff->version;
}

static const char *kept(struct city_diff *diff, const char *text)
{
    return text && text[0] ? arena_text(diff->arena, text) : "";
}

int diff_add(struct city_diff *diff, const struct city_difference *difference,
             struct error *error)
{
    if (!diff)
        return 0;
    if (diff->count == diff->capacity) {
        size_t capacity = diff->capacity * 2 + 256;
        struct city_difference *bigger = realloc(diff->item, capacity * sizeof(*bigger));
        if (!bigger)
            return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
        diff->item = bigger;
        diff->capacity = capacity;
    }
    struct city_difference item = *difference;
    item.what = kept(diff, item.what);
    item.code = kept(diff, item.code);
    item.new_code = kept(diff, item.new_code);
    item.reason = kept(diff, item.reason);
    item.detail = kept(diff, item.detail);
    if (!item.what || !item.code || !item.new_code || !item.detail || !item.reason)
        return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    diff->item[diff->count++] = item;
    return 0;
}

static int compare_items(const void *left, const void *right)
{
    const struct city_difference *x = left, *y = right;
    int order = strcmp(x->what, y->what);
    if (order == 0 && x->kind != y->kind)
        order = x->kind > y->kind ? 1 : -1;
    return order ? order : strcmp(x->code, y->code);
}

void diff_sort(struct city_diff *diff)
{
    if (diff && diff->count)
        qsort(diff->item, diff->count, sizeof(*diff->item), compare_items);
}

void city_diff_csv(const struct city_diff *diff, struct buffer *out)
{
    static const char *const columns[] = {"kind",      "what",     "code",   "new_code",
                                          "before_m2", "after_m2", "common", "lon",
                                          "lat",       "detail"};
    TABLE_CLEANUP struct table *table = table_new("difference", "difference");
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
        if (table_add_column(table, columns[i], NULL) < 0)
            return;
    for (size_t i = 0; i < diff->count; i++) {
        const struct city_difference *item = &diff->item[i];
        size_t row = table_add_row(table, (int64_t)i + 2);
        double numbers[] = {item->before_m2, item->after_m2, item->common, item->lon_deg,
                            item->lat_deg};
        static const int decimals[] = {2, 2, 4, 7, 7};
        table_set(table, row, 0, city_diff_kind_to_str(item->kind));
        table_set(table, row, 1, item->what);
        table_set(table, row, 2, item->code);
        table_set(table, row, 3, item->new_code);
        for (size_t n = 0; n < 5; n++) {
            char text[40];
            snprintf(text, sizeof(text), "%.*f", decimals[n], numbers[n]);
            table_set(table, row, 4 + n, text);
        }
        table_set(table, row, 9, item->detail);
    }
    table_write_csv(table, out);
}

void city_diff_tag(const struct city_diff *diff, char ret_tag[65])
{
    BUFFER_CLEANUP struct buffer csv;
    uint8_t digest[HASH_SIZE];
    buffer_init(&csv, BUFFER_CEILING_FILE);
    buffer_format(&csv, "%lld\n", (long long)diff->version);
    city_diff_csv(diff, &csv);
    hash_bytes(csv.data, csv.length, digest);
    hash_to_hex(digest, ret_tag);
}
