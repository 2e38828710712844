// SPDX-License-Identifier: MPL-2.0
// What the tables of a test's store hold, read beside the program. After case_world.h.
#pragma once

#include <sqlite3.h>

// The first number of a query over cases.db.
static inline int64_t stored(const struct world *w, const char *text)
{
    char path[400];
    sqlite3 *file = NULL;
    sqlite3_stmt *row = NULL;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(file, text, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(row, 0);
    assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
    return value;
}

static inline int64_t fact(const struct world *w, const char *column, int64_t case_id)
{
    char text[200];
    snprintf(text, sizeof text, "SELECT %s FROM fact WHERE case_id = %lld", column,
             (long long)case_id);
    return stored(w, text);
}
