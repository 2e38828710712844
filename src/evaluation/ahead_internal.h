// SPDX-License-Identifier: MPL-2.0
// The reckoning of ahead.h by itself: records in, forecasts out.
#pragma once

#include <gridcase/evaluation/ahead.h>

// A case with a deadline. Seconds since 1970.
struct ahead_record {
    uint32_t case_id, department_id, class_id, major_id;
    uint32_t start_s, due_s;
    uint32_t handled_s; // 0: not yet
    float share;        // of its time that was gone when it was handled; more than 1: late
    bool late;          // judged so, or not handled by now and the deadline has passed
    bool listed;        // to be told, not only learnt from
};

struct ahead_group {
    uint64_t key;
    uint32_t begin, end; // in shares
    uint32_t unresolved; // late, and not handled by then
};
struct ahead_past { // of one basis
    float *shares;
    struct ahead_group *groups; // by key
    size_t group_count;
};
struct ahead_load {
    uint32_t department_id;
    double now, usual;
};
// Records, and what was known of them at one instant.
struct ahead_model {
    const struct ahead_record *records;
    size_t count;
    uint32_t *orders[AHEAD_UNKNOWN]; // by key of the basis, then share
    struct ahead_past past[AHEAD_UNKNOWN];
    struct ahead_load *loads; // by department
    size_t load_count;
    uint32_t at_s;
    int64_t known, known_late; // past cases
};
// Records are borrowed until ahead_model_done, which takes a zeroed one, too.
int ahead_model_init(struct ahead_model *model, const struct ahead_record *records,
                     size_t count, struct error *error) ERROR_MUST_CHECK;
void ahead_model_done(struct ahead_model *model);
// Looks back from an instant: deadlines up to it, and nothing that came later.
void ahead_model_stand(struct ahead_model *model, uint32_t at_s);
// Whoever stands at that instant looks at no deadline up to this one.
uint32_t ahead_window_start(uint32_t at_s);
// Started, not handled, and within its time at the instant where the model stands.
bool ahead_is_open(const struct ahead_record *record, uint32_t at_s);
const struct ahead_load *ahead_load_of(const struct ahead_model *model,
                                       uint32_t department_id);
// What a share of the time left becomes under load: 1 when the usual load is not known.
double ahead_stretch(double load, double usual);
// gone: share of the record's time. with_load: stretched by the department's load.
void ahead_forecast(const struct ahead_model *model, const struct ahead_record *record,
                    double gone, bool with_load, struct ahead_forecast *ret_forecast);
