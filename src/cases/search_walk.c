// SPDX-License-Identifier: MPL-2.0
// Asking the index: words and filters become groups of tokens that it intersects; what it
// names is read from the cases, in the order of the list. The index may be a second old and
// may name too much: the list compares every row with filter, question and sight.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "search_internal.h"

enum {
    GROUPS_MOST = SEARCH_TERMS_MOST + 24,
    TOKENS_MOST = 128,     // of a group: one with more is left to the list's comparison
    WORDS_MOST = 64,       // that the beginning of a word may mean, by the list of words
    MATCHES_MOST = 200000, // read ahead for an order by due instant
    FEW = 2000,            // so many are read and sorted; more: the order is walked
    RARE = 500,            // matches of the words alone that need no filter in the index
    WALK_ARENA = 16 * 1024 * 1024,
};

struct group {
    const char *tokens[TOKENS_MOST];
    size_t count;
    bool wide; // too many
};

struct due_entry {
    int64_t due, case_id;
};

struct search_walk {
    struct arena *arena;
    struct db *db;
    const struct case_search *search;
    const struct city_snapshot *city;
    const struct case_filter *filter;
    const struct account_sight *sight;
    struct search_order order;
    struct db_match_group groups[GROUPS_MOST];
    size_t group_count;
    bool nothing; // a word that no case has
    int64_t end_us;
    int64_t exact;
    bool exact_due; // it comes next
    struct db_statement *ids, *row, *dues;
    int64_t *matches; // descending
    size_t match_count, match_room, match_at;
    bool rare; // matches are all that the words name: the index is not asked again
    struct due_entry *few;
    size_t few_count, few_at;
};

// ---- groups ----

static void put(struct search_walk *walk, struct group *group, const char *token)
{
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->tokens[i], token) == 0)
            return;
    const char *copy = group->count < TOKENS_MOST ? arena_text(walk->arena, token) : NULL;
    if (copy == NULL)
        group->wide = true;
    else
        group->tokens[group->count++] = copy;
}

static void put_filter(struct search_walk *walk, struct group *group,
                       enum search_filter filter, int64_t value)
{
    char token[SEARCH_FILTER_SIZE];
    search_filter_token(filter, value, token);
    put(walk, group, token);
}

static void add_group(struct search_walk *walk, const struct group *group)
{
    const char **tokens =
        arena_array(walk->arena, group->count > 0 ? group->count : 1, sizeof *tokens);
    if (group->wide || tokens == NULL || walk->group_count == GROUPS_MOST)
        return;
    if (group->count == 0)
        walk->nothing = true;
    else
        memcpy(tokens, group->tokens, group->count * sizeof *tokens);
    walk->groups[walk->group_count++] = (struct db_match_group){tokens, group->count};
}

static void add_one(struct search_walk *walk, enum search_filter filter, int64_t value)
{
    struct group group = {.count = 0};
    put_filter(walk, &group, filter, value);
    add_group(walk, &group);
}

// ---- filters ----

static void put_departments(struct search_walk *walk, struct group *group,
                            enum search_filter filter, int64_t outer)
{
    for (size_t i = 0; i < city_departments(walk->city); i++) {
        int64_t id = city_department(walk->city, i)->id;
        if (city_department_within(walk->city, id, outer))
            put_filter(walk, group, filter, id);
    }
}

static void add_cells(struct search_walk *walk, enum search_filter filter)
{
    const struct case_filter *f = walk->filter;
    struct group group = {.count = 0};
    double size = search_cell_deg(filter);
    int64_t first = search_cell(filter, f->west_deg, f->south_deg);
    int64_t last = search_cell(filter, f->east_deg, f->north_deg);
    int64_t wide = last / 100000 - first / 100000 + 1;
    int64_t high = last % 100000 - first % 100000 + 1;
    if (wide * high > TOKENS_MOST || size <= 0)
        return; // the list compares points anyway
    for (int64_t x = 0; x < wide; x++)
        for (int64_t y = 0; y < high; y++)
            put_filter(walk, &group, filter, first + x * 100000 + y);
    add_group(walk, &group);
}

// Without an end: until a little after now, which clocks of devices may be ahead of.
static void add_opened(struct search_walk *walk)
{
    const struct case_filter *f = walk->filter;
    const int64_t ahead_ms = INT64_C(86400000) * SEARCH_DAYS;
    int64_t from_ms = f->opened_from_ms;
    int64_t to_ms =
        f->opened_to_ms != INSTANT_NONE ? f->opened_to_ms : instant_now_ms() + ahead_ms;
    struct group group = {.count = 0};
    if (from_ms == INSTANT_NONE)
        return; // all that is old: hardly a filter
    bool days = search_day(to_ms) - search_day(from_ms) < TOKENS_MOST;
    int64_t first = days ? search_day(from_ms) : search_stretch(from_ms);
    int64_t last = days ? search_day(to_ms) : search_stretch(to_ms);
    for (int64_t at = first; at <= last && !group.wide; at++)
        put_filter(walk, &group, days ? SEARCH_BY_DAY : SEARCH_BY_STRETCH, at);
    add_group(walk, &group);
}

static bool asks_for_open(const struct case_filter *f)
{
    return f->open == 1 || (f->queue != NULL && *f->queue != '\0') || f->light >= 0;
}

static void add_filters(struct search_walk *walk)
{
    const struct case_filter *f = walk->filter;
    const struct {
        enum search_filter filter;
        int64_t id;
    } ids[] = {{SEARCH_BY_CLASS, f->class_id},
               {SEARCH_BY_CONDITION, f->condition_id},
               {SEARCH_BY_GRID, f->grid_id},
               {SEARCH_BY_AREA, f->area_id},
               {SEARCH_BY_REPORTER, f->reported_by}};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (ids[i].id != 0)
            add_one(walk, ids[i].filter, ids[i].id);
    if (asks_for_open(f) || f->open == 0)
        add_one(walk, SEARCH_BY_OPEN, f->open != 0);
    if (f->stage >= 0)
        add_one(walk, SEARCH_BY_STAGE, f->stage);
    if (f->source >= 0)
        add_one(walk, SEARCH_BY_SOURCE, f->source);
    for (int queue = CASE_QUEUE_WHERE; queue <= CASE_QUEUE_MANUAL; queue++)
        if (f->queue != NULL && strcmp(f->queue, case_queue_to_str(queue)) == 0)
            add_one(walk, SEARCH_BY_QUEUE, queue);
    if (f->department_id != 0) {
        struct group group = {.count = 0};
        put_departments(walk, &group, SEARCH_BY_DEPARTMENT, f->department_id);
        add_group(walk, &group);
    }
    if (f->has_box) {
        add_cells(walk, SEARCH_BY_CELL);
        add_cells(walk, SEARCH_BY_BLOCK);
    }
    add_opened(walk);
}

// What the viewer may see, or a little more: of department and area together the
// department.
static void add_sight(struct search_walk *walk)
{
    const struct account_sight *sight = walk->sight;
    struct group group = {.count = 0};
    if (sight->everything)
        return;
    for (size_t i = 0; i < sight->clause_count; i++) {
        const struct account_clause *clause = &sight->clauses[i];
        if (clause->department_id != 0)
            put_departments(walk, &group, SEARCH_BY_HOLDER, clause->department_id);
        else if (clause->area_id != 0)
            put_filter(walk, &group, SEARCH_BY_AREA, clause->area_id);
        else
            group.wide = true;
    }
    group.wide |= sight->company_count > 0;
    if (sight->person_id != 0)
        put_filter(walk, &group, SEARCH_BY_PERSON, sight->person_id);
    add_group(walk, &group);
}

// ---- words ----

// All words that begin so; too many: by its first letters alone.
static int put_words(struct search_walk *walk, struct group *group, const char *beginning,
                     struct error *error)
{
    char begin[SEARCH_BEGINNINGS][SEARCH_TOKEN_SIZE], end[SEARCH_TOKEN_SIZE + 8];
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const char *words[WORDS_MOST];
    size_t count = 0, letters = text_characters(beginning, strlen(beginning));
    size_t found = search_beginnings(beginning, strlen(beginning), begin);
    if (letters <= SEARCH_BEGINNING_MOST && found > 0) {
        put(walk, group, begin[found - 1]);
        return 0;
    }
    int code = db_prepare(walk->search->index, QUERY_SEARCH_WORDS, &s, error);
    if (code != 0)
        return code;
    snprintf(end, sizeof end, "%s\xF4\x8F\xBF\xBF", beginning);
    db_bind_text(s, 1, beginning);
    db_bind_text(s, 2, end);
    db_bind_int(s, 3, WORDS_MOST + 1);
    while ((code = db_step(s, error)) == DB_ROW) {
        if (count == WORDS_MOST && found > 0) {
            put(walk, group, begin[found - 1]);
            return 0;
        }
        words[count] = arena_text(walk->arena, db_column_text(s, 0));
        if (words[count] != NULL)
            count++;
    }
    for (size_t i = 0; i < count && code == 0; i++)
        put(walk, group, words[i]);
    return code;
}

// What begins a case number: the year, months or days it may mean.
static void put_numbers(struct search_walk *walk, struct group *group,
                        const struct search_term *term)
{
    enum { YEAR = 4, MONTH = 6, DATE = 8 };
    char prefix[SEARCH_TOKEN_SIZE], digits[SEARCH_TOKEN_SIZE], token[SEARCH_TOKEN_SIZE + 8];
    struct search_question read;
    size_t skip = 0;
    if (!term->number || walk->exact != 0) // a number as a whole begins no other
        return;
    const char *city = city_number_prefix(walk->city);
    if (search_question_read(city, strlen(city), &read, NULL) == 0) {
        snprintf(prefix, sizeof prefix, "%s", read.plain);
        skip = text_starts(term->token, prefix) ? strlen(prefix) : 0;
    }
    snprintf(digits, sizeof digits, "%s", term->token + skip);
    size_t length = strlen(digits);
    if (strspn(digits, "0123456789") != length)
        return;
    if (skip > 0 && length < YEAR)
        put(walk, group, prefix);
    if (length < YEAR)
        return;
    size_t whole = length >= DATE ? DATE : length >= MONTH ? MONTH : YEAR;
    if (length == whole) {
        snprintf(token, sizeof token, whole == DATE ? "%.8s" : "_n%.6s", digits);
        put(walk, group, token);
    }
    for (char next = '0'; length > whole && whole < DATE && next <= '9'; next++) {
        snprintf(token, sizeof token, whole == MONTH ? "%.7s%c" : "_n%.5s%c", digits, next);
        put(walk, group, token);
    }
    if (length > DATE) {
        snprintf(token, sizeof token, "%.8s", digits);
        put(walk, group, token);
    }
}

static void put_named(struct search_walk *walk, struct group *group, size_t unit)
{
    static const enum search_filter filters[SEARCH_NAMED_COUNT] = {
        [SEARCH_CLASS] = SEARCH_BY_CLASS,
        [SEARCH_CONDITION] = SEARCH_BY_CONDITION,
        [SEARCH_DEPARTMENT] = SEARCH_BY_DEPARTMENT,
        [SEARCH_AREA] = SEARCH_BY_AREA,
    };
    for (int kind = 0; kind < SEARCH_NAMED_COUNT; kind++) {
        const struct search_ids *named = &walk->search->named[unit][kind];
        for (size_t i = 0; i < named->count && !group->wide; i++)
            put_filter(walk, group, filters[kind], named->ids[i]);
    }
}

static int add_terms(struct search_walk *walk, struct error *error)
{
    const struct search_question *question = &walk->search->question;
    int code = 0;
    for (size_t i = 0; i < question->count && code == 0; i++) {
        const struct search_term *term = &question->terms[i];
        struct group group = {.count = 0};
        put(walk, &group, term->token);
        put_named(walk, &group, term->unit);
        put_numbers(walk, &group, term);
        if (term->prefix)
            code = put_words(walk, &group, term->token, error);
        add_group(walk, &group);
    }
    return code;
}

// ---- a number as a whole ----

static int find_exact(struct search_walk *walk, struct error *error)
{
    char number[CASE_NUMBER_SIZE];
    struct search_question read;
    const char *plain = walk->search->question.plain;
    const char *prefix = city_number_prefix(walk->city);
    size_t length = strlen(plain), digits = length;
    while (digits > 0 && plain[digits - 1] >= '0' && plain[digits - 1] <= '9')
        digits--;
    const char *folded =
        search_question_read(prefix, strlen(prefix), &read, NULL) == 0 ? read.plain : "";
    bool whole =
        digits > 0 && strlen(folded) == digits && strncmp(plain, folded, digits) == 0;
    if (length - digits < 12 || (digits > 0 && !whole) ||
        text_format(number, sizeof number, "%s%s", prefix, plain + digits) != 0)
        return 0;
    int code = case_find(walk->db, number, &walk->exact, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        code = 0;
    }
    walk->exact_due = walk->exact != 0 && walk->order.first;
    return code;
}

// ---- matches read ahead ----

// Reads until there are `most`; DB_DONE when the index names no more, DB_ROW else.
static int collect(struct search_walk *walk, size_t most, struct error *error)
{
    int code = DB_ROW;
    while (walk->match_count < most && (code = db_step(walk->ids, error)) == DB_ROW) {
        if (walk->match_count == walk->match_room) {
            size_t more = walk->match_room > 0 ? walk->match_room * 2 : 1024;
            int64_t *bigger = realloc(walk->matches, more * sizeof *bigger);
            if (bigger == NULL)
                return error_set(error, ERROR_LIMIT, "case.too_much", "too many cases");
            walk->matches = bigger;
            walk->match_room = more;
        }
        walk->matches[walk->match_count++] = db_column_int(walk->ids, 0);
    }
    return code;
}

static int ask(struct search_walk *walk, size_t groups, struct error *error)
{
    walk->ids = db_finish(walk->ids);
    int code = db_prepare(walk->search->index, QUERY_SEARCH_NEWEST, &walk->ids, error);
    if (code != 0)
        return code;
    db_bind_match(walk->ids, 1, walk->groups, groups);
    db_bind_int(walk->ids, 2, walk->order.by_due ? INT64_MAX : walk->order.after_id);
    return 0;
}

// Sight and filters are long lists of cases: where the words alone name few, reading those
// cases costs less than meeting them in such a list.
static int ask_words(struct search_walk *walk, size_t words, struct error *error)
{
    int code = ask(walk, words, error);
    if (code == 0)
        code = collect(walk, RARE, error);
    walk->rare = code == DB_DONE;
    if (!walk->rare)
        walk->match_count = 0;
    return code < 0 ? code : 0;
}

// ---- the order by due instant ----

static int by_due(const void *a, const void *b)
{
    const struct due_entry *x = a, *y = b;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return (x->case_id > y->case_id) - (x->case_id < y->case_id);
}

static int load(struct search_walk *walk, int64_t case_id, struct case_row *row,
                struct error *error)
{
    if (walk->end_us != 0 && instant_monotonic_us() > walk->end_us)
        return error_set(error, ERROR_BUSY, "db.over_budget", "the search takes too long");
    db_reset(walk->row);
    db_bind_int(walk->row, 1, case_id);
    int code = db_step(walk->row, error);
    if (code == DB_ROW)
        case_row_read(walk->row, NULL, row);
    return code;
}

// Few matches: their rows are read once for their due instants, and sorted.
static int sort_few(struct search_walk *walk, struct error *error)
{
    walk->few = arena_array(walk->arena, FEW, sizeof *walk->few);
    if (walk->few == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "too many cases");
    for (size_t i = 0; i < walk->match_count; i++) {
        struct case_row row = {.case_id = 0};
        int code = load(walk, walk->matches[i], &row, error);
        if (code < 0)
            return code;
        struct due_entry entry = {code == DB_ROW ? case_due_sort(&row) : 0,
                                  walk->matches[i]};
        struct due_entry after = {walk->order.after_sort, walk->order.after_id};
        if (code == DB_ROW && row.closed_ms == INSTANT_NONE && by_due(&entry, &after) > 0)
            walk->few[walk->few_count++] = entry;
    }
    qsort(walk->few, walk->few_count, sizeof *walk->few, by_due);
    return 0;
}

static int begin_due(struct search_walk *walk, struct error *error)
{
    int code = walk->rare ? 0 : collect(walk, MATCHES_MOST, error);
    if (code >= 0 && walk->match_count <= FEW)
        return sort_few(walk, error);
    if (code >= 0)
        code = db_prepare(walk->db, QUERY_SEARCH_OPEN_DUE, &walk->dues, error);
    if (code == 0) {
        db_bind_int(walk->dues, 1, walk->order.after_sort);
        db_bind_int(walk->dues, 2, walk->order.after_id);
    }
    return code;
}

static bool is_match(const struct search_walk *walk, int64_t case_id)
{
    size_t low = 0, high = walk->match_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->matches[middle] == case_id)
            return true;
        if (walk->matches[middle] > case_id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

// ---- the walk ----

static int begin(struct search_walk *walk, struct error *error)
{
    int code = find_exact(walk, error);
    if (code == 0)
        code = add_terms(walk, error);
    if (code != 0)
        return code;
    size_t words = walk->group_count;
    add_sight(walk);
    add_filters(walk);
    if (walk->group_count == 0) { // every word names too much: everything, then
        struct group all = {.count = 0};
        put_filter(walk, &all, SEARCH_BY_OPEN, 0);
        put_filter(walk, &all, SEARCH_BY_OPEN, 1);
        add_group(walk, &all);
    }
    code = db_prepare(walk->db, QUERY_CASE_LOAD, &walk->row, error);
    if (code != 0 || walk->nothing)
        return code;
    if (words > 0 && walk->group_count > words)
        code = ask_words(walk, words, error);
    if (code == 0 && !walk->rare)
        code = ask(walk, walk->group_count, error);
    return code == 0 && walk->order.by_due ? begin_due(walk, error) : code;
}

int search_walk_begin(struct db *db, const struct case_filter *filter,
                      const struct account_sight *sight, const struct search_order *order,
                      struct search_walk **ret_walk, struct error *error)
{
    struct arena *arena = arena_new(WALK_ARENA);
    struct search_walk *walk = arena_alloc(arena, sizeof *walk);
    if (walk == NULL) {
        arena_free(arena);
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for a search");
    }
    const struct case_search *search = filter->search;
    walk->arena = arena;
    walk->db = db;
    walk->search = search;
    walk->city = search->city;
    walk->filter = filter;
    walk->sight = sight;
    walk->order = *order;
    walk->end_us = search->budget_us > 0 ? instant_monotonic_us() + search->budget_us : 0;
    int code = begin(walk, error);
    if (code != 0) {
        search_walk_end(walk);
        return code;
    }
    *ret_walk = walk;
    return 0;
}

// The next id in the order; DB_ROW, DB_DONE or an error.
static int next_id(struct search_walk *walk, int64_t *ret_id, struct error *error)
{
    if (walk->nothing)
        return DB_DONE;
    if (walk->few != NULL) {
        if (walk->few_at == walk->few_count)
            return DB_DONE;
        *ret_id = walk->few[walk->few_at++].case_id;
        return DB_ROW;
    }
    if (walk->rare) {
        if (walk->match_at == walk->match_count)
            return DB_DONE;
        *ret_id = walk->matches[walk->match_at++];
        return DB_ROW;
    }
    struct db_statement *s = walk->dues != NULL ? walk->dues : walk->ids;
    int code = DB_ROW;
    do {
        code = db_step(s, error);
        *ret_id = code == DB_ROW ? db_column_int(s, 0) : 0;
    } while (code == DB_ROW && walk->dues != NULL && !is_match(walk, *ret_id));
    return code;
}

int search_walk_next(struct search_walk *walk, struct case_row *row, struct error *error)
{
    int code = DB_ROW;
    if (walk->exact_due) {
        walk->exact_due = false;
        code = load(walk, walk->exact, row, error);
        if (code != DB_DONE)
            return code;
    }
    for (;;) {
        int64_t id = 0;
        code = next_id(walk, &id, error);
        if (code != DB_ROW)
            return code;
        if (id == walk->exact)
            continue;
        code = load(walk, id, row, error);
        if (code != DB_DONE) // the index names a case that is gone: passed over
            return code;
    }
}

struct search_walk *search_walk_end(struct search_walk *walk)
{
    if (walk == NULL)
        return NULL;
    db_finish(walk->ids);
    db_finish(walk->row);
    db_finish(walk->dues);
    free(walk->matches);
    arena_free(walk->arena);
    return NULL;
}

int64_t search_walk_exact(const struct search_walk *walk)
{
    return walk->exact;
}
