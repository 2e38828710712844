// SPDX-License-Identifier: MPL-2.0
// Lists, maps and counts: one filter. The walk (an index and an order) is chosen here among
// named queries; everything else the filter says is applied to each row by one function.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/roster.h>

#include "case_internal.h"
#include "search_internal.h"

enum {
    LIST_LIMIT = 500,
    LIST_ROWS_MOST = 20000, // looked at for one page: then the page ends, with a cursor
    FOUND_ROWS_MOST = 8000, // the same, of those that the index names
    MAP_ROWS_MOST = 200000,
    CHUNK_LEAST = 64,  // rows that a statement takes: many times what the look before took,
    CHUNK_MOST = 2048, // up to this
    CHUNK_GROWTH = 4,
};

struct walk {
    struct db *db;
    const struct city_snapshot *city;
    const struct actor *actor;
    const struct case_filter *filter;
    int64_t now_ms;
    struct account_sight sight;
    enum query_id part;
    int64_t key; // $3: department, stage, holder, grid ...
    bool by_due, by_opened;
    int64_t after_sort, after_id; // where the page before ended, or the rows before these
    struct db_statement *statement;
    unsigned chunk, taken;      // rows that the statement takes, 0: all; that it has given
    bool known_visible;         // all rows of the walk are the actor's to see
    int64_t below_id;           // of the ids that were found, the last
    struct search_walk *stream; // instead of the statement: what the index names
    bool first;                 // page
    unsigned looked;            // rows stepped over
};

struct case_filter case_filter_all(void)
{
    return (struct case_filter){.open = -1,
                                .stage = -1,
                                .light = -1,
                                .source = -1,
                                .opened_from_ms = INSTANT_NONE,
                                .opened_to_ms = INSTANT_NONE,
                                .sort = CASE_SORT_NEWEST,
                                .limit = 50};
}

// ---- does a row fit? ----
static bool in_area(const struct case_row *row, int64_t area_id)
{
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        if (row->place.areas[i] == area_id)
            return true;
    return false;
}

static bool in_box(const struct case_row *row, const struct case_filter *filter)
{
    double lon = row->place.point.lon_deg, lat = row->place.point.lat_deg;
    return row->place.has_point && lon >= filter->west_deg && lon <= filter->east_deg &&
           lat >= filter->south_deg && lat <= filter->north_deg;
}

// Somebody else was sent, and the actor is on duty in the case's duty grid as well.
static bool is_on_my_beat(const struct walk *walk, const struct case_row *row)
{
    const struct actor *actor = walk->actor;
    int64_t area_id = case_duty_grid(walk->city, &row->place);
    return row->holder_role == PROCESS_COLLECTOR && area_id != 0 &&
           actor_has_role(actor, ROLE_COLLECTOR) &&
           roster_on_duty(city_roster(walk->city), actor->person_id, area_id, true,
                          walk->now_ms);
}

// A task that whoever has a role holds, or a department: is it the actor's own work?
static bool holds(const struct walk *walk, const struct case_row *row, int role,
                  int64_t department_id)
{
    const struct actor *actor = walk->actor;
    bool office = role == PROCESS_DEPARTMENT;
    if (role < 0 || (office && !case_actor_holds(walk->city, actor, 0, department_id)))
        return false;
    // What a desk has is its own: those above may step in, but it is none of their work.
    if (!office && department_id != 0 && !actor_acts_for(actor, department_id))
        return false;
    for (size_t i = 0; i < actor->grant_count; i++) {
        const struct role_grant *grant = &actor->grants[i];
        if ((int)grant->role == role &&
            (grant->area_id == 0 || in_area(row, grant->area_id)) &&
            case_grant_reaches(walk->city, grant, department_id))
            return true;
    }
    return false;
}

// The step's task is held by the actor: as a person, in a role, for a department.
static bool is_mine(const struct walk *walk, const struct case_row *row)
{
    if (row->closed_ms != INSTANT_NONE)
        return false;
    if (row->holder_person != 0)
        return row->holder_person == walk->actor->person_id || is_on_my_beat(walk, row);
    return holds(walk, row, row->holder_role, row->holder_department);
}

static bool asks_for(const struct walk *walk, const char *queue)
{
    return walk->filter->queue != NULL && strcmp(walk->filter->queue, queue) == 0;
}

// Somebody asked the actor for something: a decision, an answer, a part of the work.
static int is_asked(const struct walk *walk, const struct case_row *row, bool *ret_asked,
                    struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(walk->db, QUERY_CASE_TASKS_ASKED, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, row->case_id);
    *ret_asked = false;
    while (!*ret_asked && (code = db_step(s, error)) == DB_ROW) {
        int64_t department_id = db_column_int(s, 0), person_id = db_column_int(s, 2);
        if (person_id != 0)
            *ret_asked = person_id == walk->actor->person_id;
        else
            *ret_asked = holds(walk, row, (int)db_column_int(s, 1), department_id);
    }
    return code < 0 ? code : 0;
}

static bool queue_fits(const struct walk *walk, const struct case_row *row)
{
    const char *queue = walk->filter->queue;
    if (queue == NULL || *queue == '\0')
        return true;
    if (strcmp(queue, "mine") == 0)
        return is_mine(walk, row);
    if (strcmp(queue, "asked") == 0)
        return walk->db != NULL; // next() asks the tasks: a row does not tell
    return row->closed_ms == INSTANT_NONE &&
           strcmp(case_queue_to_str(row->queue), queue) == 0;
}

static bool ids_fit(const struct walk *walk, const struct case_row *row)
{
    const struct case_filter *f = walk->filter;
    return (f->class_id == 0 || row->place.class_id == f->class_id) &&
           (f->condition_id == 0 || row->place.condition_id == f->condition_id) &&
           (f->grid_id == 0 || row->place.grid_id == f->grid_id) &&
           (f->area_id == 0 || in_area(row, f->area_id)) &&
           (f->department_id == 0 ||
            (row->department_id != 0 &&
             city_department_within(walk->city, row->department_id, f->department_id)));
}

static bool fits(const struct walk *walk, const struct case_row *row)
{
    const struct case_filter *f = walk->filter;
    bool open = row->closed_ms == INSTANT_NONE;
    if (f->open >= 0 && open != (f->open == 1))
        return false;
    if (f->stage >= 0 && row->stage != f->stage)
        return false;
    if (f->step != NULL && strcmp(row->step, f->step) != 0)
        return false;
    if (f->source >= 0 && row->source != f->source)
        return false;
    if (f->reported_by != 0 && row->reported_by != f->reported_by)
        return false;
    if (f->number != NULL && strcmp(row->number, f->number) != 0)
        return false;
    if (f->light >= 0 && (!open || (int)case_row_light(row, walk->now_ms) != f->light))
        return false;
    if (f->opened_from_ms != INSTANT_NONE && row->opened_ms < f->opened_from_ms)
        return false;
    if (f->opened_to_ms != INSTANT_NONE && row->opened_ms >= f->opened_to_ms)
        return false;
    if (f->has_box && !in_box(row, f))
        return false;
    return ids_fit(walk, row) && queue_fits(walk, row);
}

bool case_filter_fits(const struct city_snapshot *city, const struct actor *actor,
                      const struct case_filter *filter, int64_t now_ms,
                      const struct case_row *row)
{
    const struct walk walk = {
        .city = city, .actor = actor, .filter = filter, .now_ms = now_ms};
    return fits(&walk, row);
}

// ---- which walk ----
static bool is_leaf(const struct city_snapshot *city, int64_t department_id)
{
    for (size_t i = 0; i < city_departments(city); i++)
        if (city_department(city, i)->parent == department_id)
            return false;
    return true;
}

// The one department that the filter asks for, or (*ret_own) that is all the actor sees,
// with what it only has tasks of; 0: none.
static int64_t single_department(const struct walk *walk, bool *ret_own)
{
    int64_t id = walk->filter->department_id;
    *ret_own = id == 0;
    if (id == 0 && !walk->sight.everything && walk->sight.clause_count == 1)
        id = walk->sight.clauses[0].department_id;
    return id != 0 && is_leaf(walk->city, id) ? id : 0;
}

static int64_t single_role(const struct actor *actor)
{
    int64_t role = -1;
    for (size_t i = 0; i < actor->grant_count; i++) {
        if (role >= 0 && role != (int64_t)actor->grants[i].role)
            return -1;
        role = (int64_t)actor->grants[i].role;
    }
    return role;
}

static void walk_department(struct walk *walk, bool own)
{
    walk->part = own ? QUERY_CASE_WALK_OWN_DUE : QUERY_CASE_WALK_DEPARTMENT_DUE;
    // Who sees what a department leads or had a task of needs no look at the tasks.
    walk->known_visible = own && walk->sight.clauses[0].area_id == 0;
}

static void choose_due(struct walk *walk)
{
    const struct case_filter *f = walk->filter;
    bool own = false;
    bool mine = f->queue != NULL && strcmp(f->queue, "mine") == 0;
    walk->by_due = true;
    if (f->queue != NULL && *f->queue != '\0' && !mine) {
        walk->part = QUERY_CASE_WALK_QUEUE_DUE;
        walk->key = strcmp(f->queue, "where") == 0 ? CASE_QUEUE_WHERE : CASE_QUEUE_MANUAL;
    } else if ((walk->key = single_department(walk, &own)) != 0) {
        walk_department(walk, own);
    } else if (mine && (walk->key = single_role(walk->actor)) >= 0) {
        walk->part = QUERY_CASE_WALK_HOLDER_DUE;
    } else if (f->stage >= 0) {
        walk->part = QUERY_CASE_WALK_STAGE_DUE;
        walk->key = f->stage;
    } else {
        walk->part = QUERY_CASE_WALK_DUE;
    }
}

static void choose_newest(struct walk *walk)
{
    const struct case_filter *f = walk->filter;
    bool own = false;
    if (f->reported_by != 0) {
        walk->part = QUERY_CASE_WALK_REPORTER_NEWEST;
        walk->key = f->reported_by;
    } else if (f->open == 1 && f->search == NULL) { // found ones come as the index has them
        walk->part = QUERY_CASE_WALK_OPEN_NEWEST;
        walk->by_opened = true;
    } else if (f->grid_id != 0) {
        walk->part = QUERY_CASE_WALK_GRID_NEWEST;
        walk->key = f->grid_id;
    } else if ((walk->key = single_department(walk, &own)) != 0) {
        walk->part = own ? QUERY_CASE_WALK_OWN_NEWEST : QUERY_CASE_WALK_DEPARTMENT_NEWEST;
    } else if (!walk->sight.everything && walk->sight.clause_count == 0 &&
               walk->sight.company_count == 0) {
        walk->part = QUERY_CASE_WALK_REPORTER_NEWEST;
        walk->key = walk->actor->person_id;
    } else {
        const bool found =
            f->newest != NULL && (f->class_id != 0 || f->area_id != 0) && f->search == NULL;
        walk->part = found ? QUERY_CASE_WALK_IDS : QUERY_CASE_WALK_NEWEST;
    }
}

static bool asks_for_open(const struct case_filter *f)
{
    return f->open == 1 || (f->queue != NULL && *f->queue != '\0') || f->light >= 0;
}

static void choose(struct walk *walk)
{
    if (walk->filter->number != NULL)
        walk->part = QUERY_CASE_WALK_NUMBER;
    else if (asks_for(walk, "asked"))
        walk->part = (walk->by_due = walk->filter->sort == CASE_SORT_DUE)
                         ? QUERY_CASE_WALK_ASKED_DUE
                         : QUERY_CASE_WALK_ASKED_NEWEST;
    else if (walk->filter->sort == CASE_SORT_DUE && asks_for_open(walk->filter))
        choose_due(walk);
    else
        choose_newest(walk);
}

// ---- cursors: "d" or "o" or "n", the sorted value, the id ----
static int read_cursor(struct walk *walk, struct error *error)
{
    walk->after_sort = walk->by_due ? INT64_MIN : INT64_MAX;
    walk->after_id = walk->by_due ? 0 : INT64_MAX;
    const char *cursor = walk->filter->cursor;
    walk->first = cursor == NULL || *cursor == '\0';
    if (walk->first)
        return 0;
    const char *dash = strrchr(cursor, '.');
    char kind = walk->by_due ? 'd' : walk->by_opened ? 'o' : 'n';
    if (*cursor != kind || dash == NULL ||
        text_to_int(cursor + 1, (size_t)(dash - cursor - 1), &walk->after_sort, NULL) !=
            0 ||
        text_to_int(dash + 1, strlen(dash + 1), &walk->after_id, NULL) != 0)
        return error_set(error, ERROR_INPUT, "case.cursor",
                         "the cursor is not one of this list");
    return 0;
}

static const char *write_cursor(const struct walk *walk, const struct case_row *row,
                                struct arena *arena)
{
    int64_t sort = walk->by_due ? case_due_sort(row) : walk->by_opened ? row->opened_ms : 0;
    char kind = walk->by_due ? 'd' : walk->by_opened ? 'o' : 'n';
    int64_t id = row->case_id;
    // The number asked for came out of order: the others are all still to come.
    if (walk->stream != NULL && id == search_walk_exact(walk->stream)) {
        sort = walk->by_due ? INT64_MIN : 0;
        id = walk->by_due ? 1 : INT64_MAX - 1;
    }
    return arena_format(arena, "%c%" PRId64 ".%" PRId64, kind, sort, id);
}

// ---- the statement of a walk ----
// What the filter says about open work, as far as the index of deadlines can tell.
static size_t add_filters(const struct walk *walk, enum query_id *parts, size_t count)
{
    static const enum query_id AREAS[CITY_LEVEL_LIMIT] = {
        QUERY_CASE_ONLY_AREA_1, QUERY_CASE_ONLY_AREA_2, QUERY_CASE_ONLY_AREA_3,
        QUERY_CASE_ONLY_AREA_4, QUERY_CASE_ONLY_AREA_5, QUERY_CASE_ONLY_AREA_6,
        QUERY_CASE_ONLY_AREA_7, QUERY_CASE_ONLY_AREA_8,
    };
    const struct case_filter *f = walk->filter;
    const struct city_area *area = city_area_by_id(walk->city, f->area_id);
    if (f->class_id != 0)
        parts[count++] = QUERY_CASE_ONLY_CLASS;
    if (f->condition_id != 0)
        parts[count++] = QUERY_CASE_ONLY_CONDITION;
    if (f->grid_id != 0)
        parts[count++] = QUERY_CASE_ONLY_GRID;
    if (f->area_id != 0 && area != NULL && area->level < CITY_LEVEL_LIMIT)
        parts[count++] = AREAS[area->level];
    return count;
}

// What somebody of one department sees: three walks in one order.
static int prepare_own(struct walk *walk, struct error *error)
{
    static const enum query_id WALKS[] = {QUERY_CASE_WALK_OWN_DUE, QUERY_CASE_WALK_HELD_DUE,
                                          QUERY_CASE_WALK_HELPED_DUE};
    enum query_id parts[DB_PARTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sizeof WALKS / sizeof WALKS[0]; i++) {
        parts[count++] = i == 0 ? QUERY_CASE_WALKS : QUERY_CASE_ALSO;
        parts[count++] = QUERY_CASE_COLUMNS;
        parts[count++] = WALKS[i];
        count = add_filters(walk, parts, count);
        parts[count++] = QUERY_CASE_ORDER_DUE;
        parts[count++] = QUERY_CASE_LIMIT;
    }
    parts[count++] = QUERY_CASE_WALKS_END;
    parts[count++] = QUERY_CASE_ORDER_DUE;
    parts[count++] = QUERY_CASE_LIMIT;
    return db_prepare_parts(walk->db, parts, count, &walk->statement, error);
}

static bool is_chunked(const struct walk *walk)
{
    return walk->part != QUERY_CASE_WALK_NUMBER && walk->part != QUERY_CASE_WALK_BOX &&
           walk->part != QUERY_CASE_WALK_IDS;
}

static int prepare(struct walk *walk, struct error *error)
{
    enum query_id parts[DB_PARTS_MAX] = {QUERY_CASE_COLUMNS, walk->part};
    size_t count = 2;
    if (walk->part == QUERY_CASE_WALK_OWN_DUE)
        return prepare_own(walk, error);
    // Over all years a filter looks at a bounded number of rows instead: `looked`.
    if (walk->by_due || walk->by_opened || walk->part == QUERY_CASE_WALK_BOX)
        count = add_filters(walk, parts, count);
    if (walk->by_due)
        parts[count++] = QUERY_CASE_ORDER_DUE;
    else if (walk->by_opened)
        parts[count++] = QUERY_CASE_ORDER_OPENED;
    else if (is_chunked(walk) || walk->part == QUERY_CASE_WALK_IDS)
        parts[count++] = QUERY_CASE_ORDER_NEWEST;
    if (is_chunked(walk))
        parts[count++] = QUERY_CASE_LIMIT;
    return db_prepare_parts(walk->db, parts, count, &walk->statement, error);
}

static void bind_box(struct walk *walk)
{
    const struct case_filter *f = walk->filter;
    db_bind_double(walk->statement, 3, f->west_deg);
    db_bind_double(walk->statement, 4, f->east_deg);
    db_bind_double(walk->statement, 5, f->south_deg);
    db_bind_double(walk->statement, 6, f->north_deg);
}

static void bind_place(struct walk *walk)
{
    db_bind_int(walk->statement, 1, walk->after_sort);
    db_bind_int(walk->statement, 2, walk->after_id);
    db_bind_int(walk->statement, 11, walk->chunk);
}

// The next cases that may fit. Where they cannot be told, all are walked.
static int find_newest(struct walk *walk, size_t *ret_count, struct error *error)
{
    const struct case_newest *newest = walk->filter->newest;
    int64_t ids[CASE_IDS_MOST];
    size_t most = walk->filter->limit < CASE_IDS_MOST ? walk->filter->limit : CASE_IDS_MOST;
    int code = newest->find(newest->context, walk->db, walk->below_id, ids, most, ret_count,
                            error);
    if (code == 0 && *ret_count > 0) {
        case_bind_ids(walk->statement, ids, *ret_count);
        walk->below_id = ids[*ret_count - 1];
    }
    return code;
}

static int begin(struct walk *walk, struct error *error)
{
    const struct case_filter *f = walk->filter;
    int code = read_cursor(walk, error);
    if (code != 0)
        return code;
    if (case_search_index(f->search) && walk->part != QUERY_CASE_WALK_NUMBER)
        return search_walk_begin(walk->db, walk->filter, &walk->sight,
                                 &(struct search_order){walk->by_due, walk->after_sort,
                                                        walk->after_id, walk->first},
                                 &walk->stream, error);
    code = prepare(walk, error);
    if (code == 0 && walk->part == QUERY_CASE_WALK_IDS) {
        size_t count = 0;
        walk->below_id = walk->after_id;
        code = find_newest(walk, &count, error);
        if (code == 0 || strcmp(error->slug, "figures.building") != 0)
            return code;
        error_clear(error);
        walk->part = QUERY_CASE_WALK_NEWEST;
        walk->statement = db_finish(walk->statement);
        code = prepare(walk, error);
    }
    if (code != 0)
        return code;
    db_bind_int(walk->statement, 7, f->class_id);
    db_bind_int(walk->statement, 8, f->condition_id);
    db_bind_int(walk->statement, 9, f->grid_id);
    db_bind_int(walk->statement, 10, f->area_id);
    if (walk->part == QUERY_CASE_WALK_BOX) {
        bind_box(walk);
        return 0;
    }
    walk->chunk = is_chunked(walk) ? f->limit + 1 : 0;
    if (is_chunked(walk) && walk->chunk < CHUNK_LEAST)
        walk->chunk = CHUNK_LEAST;
    if (walk->part == QUERY_CASE_WALK_NUMBER)
        db_bind_text(walk->statement, 3, f->number);
    else
        db_bind_int(walk->statement, 3, walk->key);
    bind_place(walk);
    return 0;
}

// The next rows, more of them than before: nothing is kept open in between, so what a
// database server answers comes in one message. What moves meanwhile is told by the change
// stream, as it is between two pages.
static int step(struct walk *walk, struct case_row *row, struct error *error)
{
    int code = db_step(walk->statement, error);
    if (code == DB_DONE && walk->chunk > 0 && walk->taken == walk->chunk) {
        walk->chunk = walk->chunk * CHUNK_GROWTH > CHUNK_MOST ? CHUNK_MOST
                                                              : walk->chunk * CHUNK_GROWTH;
        walk->taken = 0;
        db_reset(walk->statement);
        bind_place(walk);
        code = db_step(walk->statement, error);
    }
    if (code == DB_DONE && walk->part == QUERY_CASE_WALK_IDS && walk->taken > 0) {
        size_t count = 0;
        walk->taken = 0;
        db_reset(walk->statement);
        code = find_newest(walk, &count, error);
        if (code == 0 && count > 0)
            code = db_step(walk->statement, error);
    }
    if (code != DB_ROW)
        return code;
    walk->taken++;
    case_row_read(walk->statement, NULL, row);
    walk->after_sort = walk->by_due ? case_due_sort(row) : row->opened_ms;
    walk->after_id = row->case_id;
    return code;
}

// Next row, texts borrowed; *ret_fits: it fits and may be seen. DB_ROW, DB_DONE, or an
// error.
static int next(struct walk *walk, struct case_row *row, bool *ret_fits,
                struct error *error)
{
    int code = walk->stream != NULL ? search_walk_next(walk->stream, row, error)
                                    : step(walk, row, error);
    *ret_fits = false;
    if (code != DB_ROW)
        return code;
    walk->looked++;
    if (!fits(walk, row))
        return DB_ROW;
    bool asked = true;
    if (asks_for(walk, "asked")) {
        int told = is_asked(walk, row, &asked, error);
        if (told != 0 || !asked)
            return told != 0 ? told : DB_ROW;
    }
    *ret_fits = walk->known_visible;
    int seen = walk->known_visible ? 0
                                   : case_row_visible(walk->db, walk->city, &walk->sight,
                                                      row, ret_fits, error);
    if (seen == 0 && *ret_fits && walk->filter->search != NULL)
        seen = case_search_fits(walk->filter->search, walk->db, row, ret_fits, error);
    return seen != 0 ? seen : DB_ROW;
}

static void end(struct walk *walk)
{
    walk->statement = db_finish(walk->statement);
    walk->stream = search_walk_end(walk->stream);
}

static unsigned rows_most(const struct walk *walk)
{
    return walk->stream != NULL ? FOUND_ROWS_MOST : LIST_ROWS_MOST;
}

static unsigned map_rows_most(const struct walk *walk)
{
    return walk->stream != NULL ? LIST_ROWS_MOST : MAP_ROWS_MOST;
}

static int check_filter(const struct case_filter *f, struct error *error)
{
    if (f->limit < 1 || f->limit > LIST_LIMIT)
        return error_set(error, ERROR_INPUT, "case.filter", "limit is 1 to %d", LIST_LIMIT);
    if (f->queue != NULL && *f->queue != '\0' && strcmp(f->queue, "where") != 0 &&
        strcmp(f->queue, "manual") != 0 && strcmp(f->queue, "mine") != 0 &&
        strcmp(f->queue, "asked") != 0)
        return error_set(error, ERROR_INPUT, "case.filter", "there is no queue '%.40s'",
                         f->queue);
    return 0;
}

int case_list(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              const struct case_filter *filter, int64_t now_ms, struct arena *arena,
              struct case_page *ret_page, struct error *error)
{
    struct walk walk = {
        .db = db, .city = city, .actor = actor, .filter = filter, .now_ms = now_ms};
    int code = check_filter(filter, error);
    if (code != 0)
        return code;
    account_sight(actor, RIGHT_CASE_READ, &walk.sight);
    choose(&walk);
    code = begin(&walk, error);
    struct case_page page = {.items =
                                 arena_array(arena, filter->limit, sizeof *page.items)};
    struct case_row row;
    while (code == 0) {
        bool good = false;
        int told = next(&walk, &row, &good, error);
        if (told != DB_ROW) {
            code = told;
            break;
        }
        if (good) {
            case_row_keep(&row, arena);
            case_summarise(&row, arena, &page.items[page.count++]);
        }
        if (page.count == filter->limit || walk.looked == rows_most(&walk)) {
            page.next_cursor = write_cursor(&walk, &row, arena);
            break;
        }
    }
    end(&walk);
    if (code == 0)
        *ret_page = page;
    return code;
}

// A department's own open work is little, wherever it lies.
static void choose_box(struct walk *walk)
{
    walk->by_opened = false;
    bool own = false;
    walk->key = single_department(walk, &own);
    walk->by_due = walk->key != 0;
    walk->part = QUERY_CASE_WALK_BOX;
    if (walk->key != 0)
        walk_department(walk, own);
}

int case_map(struct db *db, const struct city_snapshot *city, const struct actor *actor,
             const struct case_filter *filter, int64_t now_ms, struct arena *arena,
             struct case_map *ret_map, struct error *error)
{
    struct walk walk = {
        .db = db, .city = city, .actor = actor, .filter = filter, .now_ms = now_ms};
    struct case_filter plain = *filter;
    plain.cursor = NULL;
    size_t most = filter->limit < CASE_MAP_MOST ? filter->limit : CASE_MAP_MOST;
    plain.limit = LIST_LIMIT; // of a page: a map is no page
    walk.filter = &plain;
    account_sight(actor, RIGHT_CASE_READ, &walk.sight);
    choose(&walk);
    if (filter->has_box && filter->open == 1)
        choose_box(&walk);
    int code = begin(&walk, error);
    struct case_map map = {.items = arena_array(arena, most, sizeof *map.items)};
    struct case_row row;
    while (code == 0 && !map.truncated) {
        bool good = false;
        int told = next(&walk, &row, &good, error);
        if (told != DB_ROW) {
            code = told;
            break;
        }
        map.truncated = (good && row.place.has_point && map.count == most) ||
                        walk.looked == map_rows_most(&walk);
        if (good && row.place.has_point && !map.truncated)
            map.items[map.count++] =
                (struct case_map_point){.id = row.case_id,
                                        .number = arena_text(arena, row.number),
                                        .lon_deg = row.place.point.lon_deg,
                                        .lat_deg = row.place.point.lat_deg,
                                        .stage = (enum process_stage)row.stage,
                                        .light = case_row_light(&row, now_ms),
                                        .class_id = row.place.class_id,
                                        .department_id = row.department_id};
    }
    end(&walk);
    if (code == 0)
        *ret_map = map;
    return code;
}

int case_count(struct db *db, const struct city_snapshot *city, const struct actor *actor,
               const struct case_filter *filter, int64_t now_ms, int64_t *ret_count,
               struct error *error)
{
    struct case_filter plain = *filter;
    plain.cursor = NULL;
    struct walk walk = {
        .db = db, .city = city, .actor = actor, .filter = &plain, .now_ms = now_ms};
    account_sight(actor, RIGHT_CASE_READ, &walk.sight);
    choose(&walk);
    int code = begin(&walk, error);
    int64_t count = 0;
    struct case_row row;
    while (code == 0 && walk.looked < LIST_ROWS_MOST && count < CASE_COUNT_MOST) {
        bool good = false;
        int told = next(&walk, &row, &good, error);
        if (told != DB_ROW) {
            code = told;
            break;
        }
        count += good;
    }
    end(&walk);
    if (code == 0)
        *ret_count = count;
    return code;
}
