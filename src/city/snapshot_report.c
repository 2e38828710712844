// SPDX-License-Identifier: MPL-2.0
// The plan of a city's reports, and its templates, which are read when they are wanted.
#include <string.h>

#include <gridcase/core/base64.h>
#include <gridcase/core/text.h>

#include "model_report.h"
#include "snapshot_internal.h"

const struct report_plan *city_report_plan(const struct city_snapshot *city)
{
    return city->report_plan;
}

int city_report_template(struct db *db, const struct city_snapshot *city,
                         const char *language, struct buffer *out, struct error *error)
{
    char name[80];
    TABLE_CLEANUP struct table *table = NULL;
    int code = text_format(name, sizeof(name), REPORT_TEMPLATE_TABLE "%.60s", language);
    if (code == 0)
        code = snapshot_table(db, name, city->version, &table, error);
    if (code < 0 || table == NULL)
        return code < 0 ? code
                        : error_set(error, ERROR_NOT_FOUND, "report.no_template",
                                    "the city's model has no report template for %.60s",
                                    language);
    for (size_t row = 0; row < table_rows(table) && code == 0; row++) {
        const char *line = table_value(table, row, "base64");
        code = base64_decode(line, strlen(line), out, error);
    }
    return code;
}

int city_has_mailings(struct db *db, bool *ret_has, struct error *error)
{
    int64_t version = 0;
    TABLE_CLEANUP struct table *table = NULL;
    *ret_has = false;
    int code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &version, error);
    if (code == ERROR_NOT_FOUND) { // no model yet
        error_clear(error);
        return 0;
    }
    if (code == 0)
        code = snapshot_table(db, "report_mails", version, &table, error);
    *ret_has = code == 0 && table != NULL && table_rows(table) > 0;
    return code;
}
