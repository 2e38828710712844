// SPDX-License-Identifier: MPL-2.0
// Roots made in a store that works: read with a handle of our own, added through the lane.
#include <string.h>

#include <gridcase/db/lane.h>

#include "seal_internal.h"

struct adding {
    const struct case_seal *seal;
    bool added;
};

static int add(struct db *db, void *context, struct error *error)
{
    struct adding *adding = context;
    return case_seal_add(db, adding->seal, &adding->added, error);
}

int case_seal_all(struct db *reader, struct db_lane *lane, int64_t now_ms,
                  unsigned *ret_made, struct error *error)
{
    *ret_made = 0;
    for (;;) {
        struct case_seal seal;
        struct adding adding = {.seal = &seal};
        int code = case_seal_make(reader, now_ms, &seal, error);
        if (code == 0 && seal.number != 0)
            code = db_lane_call(lane, DB_MACHINES, add, &adding, error);
        if (code == ERROR_CONFLICT && strcmp(error->slug, "db.unique") == 0) {
            error_clear(error); // another server made that root in the same moment
            return 0;
        }
        if (code != 0 || seal.number == 0)
            return code;
        *ret_made += adding.added;
        if (!adding.added || seal.rows < SEAL_ROWS_MOST)
            return 0;
    }
}
