// SPDX-License-Identifier: MPL-2.0
// The time of a move made on a device without network: the device's time, corrected.
#include "case_internal.h"

// Skews are bounded by what an instant may be; beyond lies a clock that was never set.
static const int64_t SKEW_MOST_MS = INT64_C(40) * 365 * 86400 * 1000;

static int64_t skew_of(const struct case_move *move)
{
    const struct case_device *device = move->device;
    int64_t skew_ms = 0;
    if (device->has_skew)
        skew_ms = device->skew_ms;
    else if (device->sent_ms != INSTANT_NONE)
        skew_ms = move->received_ms - device->sent_ms;
    if (skew_ms > SKEW_MOST_MS || skew_ms < -SKEW_MOST_MS)
        return 0;
    return skew_ms;
}

int64_t case_time_done(const struct case_move *move)
{
    const struct case_device *device = move->device;
    if (device == NULL)
        return move->done_ms != INSTANT_NONE ? move->done_ms : move->received_ms;
    int64_t done_ms = device->done_ms + skew_of(move);
    if (done_ms < device->seen_ms)
        done_ms = device->seen_ms;
    return done_ms < move->received_ms ? done_ms : move->received_ms;
}

int case_time_store(struct case_work *work, struct error *error)
{
    const struct case_device *device = work->move->device;
    if (device == NULL)
        return 0;
    return db_execute(
        work->db, QUERY_MOVE_TIME_ADD,
        (struct db_value[]){DB_INT(work->row.case_id), DB_INT(work->row.version),
                            DB_INT(device->done_ms), DB_INT(skew_of(work->move)),
                            DB_INT(device->seen_ms)},
        5, error);
}
