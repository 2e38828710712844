// SPDX-License-Identifier: MPL-2.0
// What a city is called, without reading the rest of its model.
#include <stdio.h>

#include <gridcase/city/city.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

int city_name_read(struct db *db, const char *language, char *ret_name, size_t size,
                   struct error *error)
{
    int64_t version = 0;
    char key[48];
    ret_name[0] = '\0';
    int code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &version, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        return 0;
    }
    if (code || text_format(key, sizeof(key), "name.%s", language)) {
        return code;
    }
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    code = db_prepare(db, QUERY_CITY_SETTING_GET, &row, error);
    if (!code) {
        db_bind_int(row, 1, version);
        db_bind_text(row, 2, "city");
        db_bind_text(row, 3, key);
        code = db_step(row, error);
    }
    if (code == DB_ROW) {
        const char *name = db_column_text(row, 0);
        if (!name || text_format(ret_name, size, "%s", name)) {
            ret_name[0] = '\0';
        }
    }
    return code < 0 ? code : 0;
}
