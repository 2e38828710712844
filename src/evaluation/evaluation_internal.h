// SPDX-License-Identifier: MPL-2.0
// What the files of the evaluation floor share.
#pragma once

#include <gridcase/account/right.h>
#include <gridcase/evaluation/figures.h>

struct calendar;

// ---- one row (facts_row.c) ----
// Verdicts in FACTS_VERDICTS, two bits each, in this order: handled, imported target,
// closed, accepted, verified, filed, sent, signed, reviewed, checked, reached, solved,
// satisfied.
enum { FACTS_VERDICT_COUNT = 13 };
// From the current row of the parts facts_columns + a walk.
void facts_row_read(struct db_statement *s, const struct calendar *calendar,
                    struct facts_row *ret_row);

// ---- rows side by side that can grow (facts_columns.c) ----
struct facts_columns {
    size_t count, room;
    uint32_t *wide[FACTS_WIDE];
    uint16_t *narrow[FACTS_NARROW];
};
int facts_columns_room(struct facts_columns *columns, size_t room,
                       struct error *error) ERROR_MUST_CHECK;
void facts_columns_set(struct facts_columns *columns, size_t at,
                       const struct facts_row *row); // at < room
void facts_columns_done(struct facts_columns *columns);

// Tests: the file is written anew once so many rows stand beside it, however large it is.
void facts_rewrite_at(struct facts *facts, size_t rows);

// ---- which rows count (figures_scope.c) ----
enum { FIGURE_CLAUSES = ACTOR_GRANTS_MAX };
struct figure_clause {
    int area_column;   // enum facts_wide; -1: any
    uint32_t area_id;  // there
    const uint8_t *in; // by department id; NULL: any
};
// The filters of a query and what the actor may see, ready to be asked row by row.
struct figure_scope {
    bool filtered; // false: every row fits
    bool everything;
    size_t clause_count;
    struct figure_clause clauses[FIGURE_CLAUSES];
    size_t department_count, area_count, outside_count;
    const uint8_t *in_departments[FIGURE_IDS_MOST]; // by department id
    int area_columns[FIGURE_IDS_MOST], outside_columns[FIGURE_IDS_MOST];
    uint32_t area_ids[FIGURE_IDS_MOST];
    size_t id_count;
    int id_columns[FIGURE_ID_COUNT];
    uint32_t ids[FIGURE_ID_COUNT];
    const uint8_t *in_major;           // by class id; NULL: any
    size_t departments, classes;       // sizes of these tables
    int64_t lead_id, class_id, source; // -1: any
};
int figure_scope_make(const struct city_snapshot *city, const struct actor *actor,
                      const struct figure_query *query, uint32_t class_most,
                      struct arena *arena, struct figure_scope *ret_scope,
                      struct error *error) ERROR_MUST_CHECK;
bool figure_scope_fits(const struct figure_scope *scope, const struct facts_block *block,
                       size_t row);
// The major class of a class id; NULL: none.
const char *figure_major_of(const struct city_snapshot *city, int64_t class_id);
