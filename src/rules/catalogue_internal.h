// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <gridcase/core/arena.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/process.h>

#include "rules_internal.h"

struct catalogue_limit_row {
    size_t owner; // index of the condition, or of the stage
    const char *area_class;
    const char *urgency;
    enum limit_part part;
    struct limit limit;
    int64_t line;
};

struct catalogue_limits {
    struct catalogue_limit_row *rows; // sorted by owner, in the arena
    size_t count;
};

struct catalogue_id {
    int64_t id;
    size_t index;
};

enum { CATALOGUE_STAGES = 64, CATALOGUE_URGENCIES = 32 };

struct catalogue {
    struct arena *arena;
    int64_t version;
    struct catalogue_class *classes;
    size_t class_count;
    struct catalogue_condition *conditions;
    size_t condition_count;
    struct rules_index class_codes;
    struct rules_index condition_codes;
    struct catalogue_id *class_ids; // sorted by id
    struct catalogue_id *condition_ids;
    struct catalogue_limits limits;
    const char *stages[CATALOGUE_STAGES]; // kinds of the stage limits
    size_t stage_count;
    struct catalogue_limits stage_limits;
    const char *urgencies[CATALOGUE_URGENCIES]; // that some limit depends on
    size_t urgency_count;
    struct catalogue_time times[PROCESS_CLOCK_COUNT]; // by kind of clock
    struct catalogue_former *formers;                 // in the arena
    size_t former_count;
};

struct catalogue_build {
    struct catalogue *catalogue;
    const struct catalogue_source *source;
    struct rules_check check;
};

// Reads limits and stage limits, after classes and conditions.
void catalogue_read_limits(struct catalogue_build *build);
void catalogue_read_stage_limits(struct catalogue_build *build);
// Which of a move's two times moves which clock: catalogue_times.c.
void catalogue_read_times(struct catalogue_build *build);
// Classes of earlier editions, after classes: catalogue_former.c.
void catalogue_read_formers(struct catalogue_build *build);
void catalogue_put_formers(const struct catalogue *catalogue, size_t class_index,
                           struct json_writer *writer);
