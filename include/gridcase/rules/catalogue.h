// SPDX-License-Identifier: MPL-2.0
// The catalogue: classes of components, events and services, their filing conditions, and
// the limits that hang on the conditions. gridcase-catalogue(5) describes the tables.
// Immutable once published (ids are set before that); any thread may read it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/json.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/limit.h>
#include <gridcase/rules/report.h>

enum catalogue_kind {
    CATALOGUE_COMPONENT, // 部件, code letter c
    CATALOGUE_EVENT,     // 事件, e
    CATALOGUE_SERVICE,   // 服务事项, s
    CATALOGUE_KIND_COUNT
};
const char *catalogue_kind_to_str(enum catalogue_kind kind);
int catalogue_kind_from_str(const char *text, enum catalogue_kind *ret,
                            struct error *error) ERROR_MUST_CHECK;

enum { // where the table says nothing
    CATALOGUE_NEAR_M = 100,
    CATALOGUE_NEAR_DAYS = 90,
    CATALOGUE_NEAR_M_MOST = 2000,
    CATALOGUE_NEAR_DAYS_MOST = 3650,
};

struct catalogue_class {
    int64_t id;       // stable over versions; index + 1 until catalogue_set_class_id
    const char *code; // unique in the catalogue: "e0113", "pothole"
    enum catalogue_kind kind;
    const char *region; // "" or the county-level region the code belongs to
    const char *major;  // code of the major class, "" when the city has none
    const char *minor;  // "" likewise
    struct label major_name;
    struct label name;
    bool is_public; // a citizen may choose it (column public, default yes)
    // How far and how old an open case of the class may be to be taken for the same problem
    // (columns near_m, near_days); near_m 0: never.
    int64_t near_m, near_days;
    size_t first_condition, condition_count; // indexes of its conditions, in table order
};

struct catalogue_condition {
    int64_t id;       // as above
    const char *code; // unique in the catalogue
    size_t class_index;
    bool implicit; // the class has no row in conditions: one was made, code = the class's
    struct label name;
    struct label closing; // 结案条件
};

struct catalogue;

struct catalogue_source {
    const struct table *classes;        // compulsory
    const struct table *conditions;     // may be NULL
    const struct table *limits;         // may be NULL
    const struct table *stage_limits;   // may be NULL
    const struct table *clocks;         // may be NULL: which time moves which clock
    const struct table *former_classes; // may be NULL: classes of earlier editions
    int64_t version;
    // Declared widths of code columns, 0 = none: a shorter code, or one ending in ".0", is
    // an error that says that the spreadsheet has stored it as a number.
    size_t class_width, major_width, minor_width, condition_width, region_width;
    const struct calendar *calendar; // may be NULL; checks seasons and fractions of days
};

// ERROR_INPUT "catalogue.invalid" after reporting all problems.
int catalogue_new(const struct catalogue_source *source, const struct rules_report *report,
                  struct catalogue **ret_catalogue, struct error *error) ERROR_MUST_CHECK;
struct catalogue *catalogue_free(struct catalogue *catalogue);
static inline void catalogue_cleanup(struct catalogue **catalogue)
{
    *catalogue = catalogue_free(*catalogue);
}
int64_t catalogue_version(const struct catalogue *catalogue);

size_t catalogue_class_count(const struct catalogue *catalogue);
const struct catalogue_class *catalogue_class(const struct catalogue *catalogue,
                                              size_t index);
size_t catalogue_condition_count(const struct catalogue *catalogue);
const struct catalogue_condition *catalogue_condition(const struct catalogue *catalogue,
                                                      size_t index);
// By code or id; NULL when there is none.
const struct catalogue_class *catalogue_class_find(const struct catalogue *catalogue,
                                                   const char *code);
const struct catalogue_class *catalogue_class_by_id(const struct catalogue *catalogue,
                                                    int64_t id);
const struct catalogue_condition *
catalogue_condition_find(const struct catalogue *catalogue, const char *code);
const struct catalogue_condition *
catalogue_condition_by_id(const struct catalogue *catalogue, int64_t id);
// A class of an earlier edition of the standard, whose codes mean other things now.
struct catalogue_former {
    const char *edition; // "2007"
    const char *code;    // in that edition: "c0118"
    struct label name;
    size_t class_index; // what it is now; CATALOGUE_NO_CLASS: nothing known
};
#define CATALOGUE_NO_CLASS SIZE_MAX
size_t catalogue_former_count(const struct catalogue *catalogue);
const struct catalogue_former *catalogue_former(const struct catalogue *catalogue,
                                                size_t index);
// NULL when the crosswalk has no such code in that edition.
const struct catalogue_former *catalogue_former_find(const struct catalogue *catalogue,
                                                     const char *edition, const char *code);
// Only while the catalogue is being built; then catalogue_index once.
void catalogue_set_class_id(struct catalogue *catalogue, size_t index, int64_t id);
void catalogue_set_condition_id(struct catalogue *catalogue, size_t index, int64_t id);
int catalogue_index(struct catalogue *catalogue, struct error *error) ERROR_MUST_CHECK;

// The handling limit of a condition for an area class and an urgency ("" or NULL: not
// known). The row that says most wins: both, urgency only, area class only, neither.
// Unit LIMIT_NONE when no row fits. *ret_line (may be NULL) is the row's line in the limits
// table, 0 when none fits.
void catalogue_limit(const struct catalogue *catalogue,
                     const struct catalogue_condition *condition, const char *area_class,
                     const char *urgency, struct limit *ret_limit, int64_t *ret_line);
// The limit of one part of a chain; as catalogue_limit (which is that of LIMIT_PART_WHOLE).
struct catalogue_where {
    const char *area_class, *urgency; // "" or NULL: not known
};
void catalogue_part_limit(const struct catalogue *catalogue,
                          const struct catalogue_condition *condition, enum limit_part part,
                          const struct catalogue_where *where, struct limit *ret_limit,
                          int64_t *ret_line);
// Which of a move's two times, done or received, moves a kind of clock. Without a row of
// the table clocks: acceptance, verification and check start on receipt, all other clocks
// start and all stop when the thing was done; what arrives more than 5 minutes after it was
// done has been received late.
struct catalogue_time {
    bool starts_received, stops_received; // false: when it was done
    int64_t late_ms;
};
// kind: enum process_clock.
const struct catalogue_time *catalogue_time(const struct catalogue *catalogue, int kind);
// The limit of a stage's own clock: kind is the clock's kind ("accept", "dispatch",
// "verify", "check", ...). Unit LIMIT_NONE when the table has none.
void catalogue_stage_limit(const struct catalogue *catalogue, const char *kind,
                           const char *area_class, const char *urgency,
                           struct limit *ret_limit, int64_t *ret_line);
// Urgencies that some limit, also of a stage, depends on.
bool catalogue_has_urgencies(const struct catalogue *catalogue);
bool catalogue_knows_urgency(const struct catalogue *catalogue, const char *urgency);

// The body of GET /catalogue: {version, urgencies: [text], classes: [{id, code, kind,
// major, major_name, name, public, conditions: [{id, code, name, closing, limit,
// limit_text}]}]}; labels per language, limit_text per language, limit without area class
// and urgency (null: none).
void catalogue_put(const struct catalogue *catalogue, struct json_writer *writer);
