// SPDX-License-Identifier: MPL-2.0
// A city that was handed over by a command that died before its last word: out of service
// on both sides, complete on the other. Which side has it is said by the row of the store
// that it came from, and nowhere else.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "copy_internal.h"

#define COMPLETE_TAIL "; complete: it goes into service when that store has let it go"

enum { FOLDER_SIZE = 1000, CITIES_MOST = 10000 };

void copy_half_reason(const char *from, char out[COPY_REASON_SIZE])
{
    snprintf(out, COPY_REASON_SIZE,
             "being copied from %.900s; the same gridcase store copy goes on", from);
}

void copy_complete_reason(const char *from, char out[COPY_REASON_SIZE])
{
    char half[COPY_REASON_SIZE];
    copy_half_reason(from, half);
    snprintf(out, COPY_REASON_SIZE, "%.1000s" COMPLETE_TAIL, half);
}

void copy_moved_reason(const char *to, char out[COPY_REASON_SIZE])
{
    snprintf(out, COPY_REASON_SIZE, "moved to %.900s", to);
}

struct waiting {
    char slug[64], host[256], from[FOLDER_SIZE];
    bool moved;
};

struct settling {
    struct waiting *list;
    size_t count;
    struct waiting *one; // that is looked for
    char here[FOLDER_SIZE];
};

// The folder in "being copied from FOLDER; ..."; false: the copy is not complete.
static bool read_from(const char *reason, char out[FOLDER_SIZE])
{
    static const char head[] = "being copied from ",
                      tail[] = "; the same gridcase store copy";
    size_t length = reason ? strlen(reason) : 0, end = strlen(COMPLETE_TAIL);
    if (length < end || !text_equal(reason + length - end, COMPLETE_TAIL) ||
        !text_starts(reason, head))
        return false;
    const char *folder = reason + strlen(head), *at = strstr(folder, tail);
    return at && text_format(out, FOLDER_SIZE, "%.*s", (int)(at - folder), folder) == 0;
}

static int add_waiting(void *context, const struct db_city_row *row)
{
    struct settling *settling = context;
    struct waiting one = {.moved = false};
    if (!text_equal(row->state, "off") || settling->count == CITIES_MOST ||
        !read_from(row->reason, one.from))
        return 0;
    snprintf(one.slug, sizeof one.slug, "%s", row->slug);
    snprintf(one.host, sizeof one.host, "%s", row->host ? row->host : "");
    void *more = realloc(settling->list, (settling->count + 1) * sizeof *settling->list);
    if (!more)
        abort();
    settling->list = more;
    settling->list[settling->count++] = one;
    return 0;
}

static bool is_same_folder(const char *a_path, const char *b_path)
{
    char *a = realpath(a_path, NULL), *b = realpath(b_path, NULL);
    bool same = a && b ? strcmp(a, b) == 0 : strcmp(a_path, b_path) == 0;
    free(a);
    free(b);
    return same;
}

static int look_there(void *context, const struct db_city_row *row)
{
    static const char head[] = "moved to ";
    struct settling *settling = context;
    if (text_equal(row->slug, settling->one->slug) && text_equal(row->state, "off") &&
        row->reason && text_starts(row->reason, head))
        settling->one->moved = is_same_folder(row->reason + strlen(head), settling->here);
    return 0;
}

static int settle_one(struct settling *settling, struct db_store *to, struct db_store *from,
                      struct error *error)
{
    struct waiting *one = settling->one;
    struct db_store *opened = NULL;
    int code = from ? 0 : db_store_open(one->from, DB_STORE_READ_ONLY, &opened, error);
    if (code == 0)
        code = db_store_city_each(from ? from : opened, look_there, settling, error);
    db_store_close(opened);
    if (code == 0 && one->moved)
        code = db_store_city_set(to, one->slug, "ready", one->host[0] ? one->host : NULL,
                                 NULL, error);
    return code == 0 ? 0 : error_prefix(error, "%s", one->slug);
}

int copy_settle(struct db_store *to, struct db_store *from,
                void (*settled)(void *context, const char *slug), void *context,
                struct error *error)
{
    struct settling settling = {.count = 0};
    snprintf(settling.here, sizeof settling.here, "%s", db_store_folder(to));
    int code = db_store_city_each(to, add_waiting, &settling, error);
    for (size_t i = 0; code == 0 && i < settling.count; i++) {
        settling.one = &settling.list[i];
        if (from && !is_same_folder(settling.one->from, db_store_folder(from)))
            continue;
        code = settle_one(&settling, to, from, error);
        if (code == 0 && settling.one->moved && settled)
            settled(context, settling.one->slug);
    }
    free(settling.list);
    return code;
}
