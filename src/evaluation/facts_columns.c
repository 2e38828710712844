// SPDX-License-Identifier: MPL-2.0
// Rows side by side in memory.
#include "evaluation_internal.h"

#include <stdlib.h>

static int grow(void **column, size_t room, size_t size, struct error *error)
{
    void *fresh = realloc(*column, room * size);
    if (fresh == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for %zu rows",
                         room);
    *column = fresh;
    return 0;
}

int facts_columns_room(struct facts_columns *columns, size_t room, struct error *error)
{
    if (room <= columns->room)
        return 0;
    size_t want = columns->room > 0 ? columns->room : 1024;
    while (want < room)
        want *= 2;
    for (int i = 0; i < FACTS_WIDE; i++) {
        void *column = columns->wide[i];
        int code = grow(&column, want, sizeof **columns->wide, error);
        columns->wide[i] = column;
        if (code != 0)
            return code;
    }
    for (int i = 0; i < FACTS_NARROW; i++) {
        void *column = columns->narrow[i];
        int code = grow(&column, want, sizeof **columns->narrow, error);
        columns->narrow[i] = column;
        if (code != 0)
            return code;
    }
    columns->room = want;
    return 0;
}

void facts_columns_set(struct facts_columns *columns, size_t at,
                       const struct facts_row *row)
{
    for (int i = 0; i < FACTS_WIDE; i++)
        columns->wide[i][at] = row->wide[i];
    for (int i = 0; i < FACTS_NARROW; i++)
        columns->narrow[i][at] = row->narrow[i];
}

void facts_columns_done(struct facts_columns *columns)
{
    for (int i = 0; i < FACTS_WIDE; i++)
        free(columns->wide[i]);
    for (int i = 0; i < FACTS_NARROW; i++)
        free(columns->narrow[i]);
    *columns = (struct facts_columns){0};
}
