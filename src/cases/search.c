// SPDX-License-Identifier: MPL-2.0
// A question understood in a city, and compared with a case as it is now.
#include <string.h>

#include <gridcase/city/place.h>

#include "search_internal.h"

// ---- which terms a text satisfies ----

struct matching {
    const struct search_question *question;
    uint64_t bits;
};

static void match_token(void *context, const char *token, size_t length)
{
    struct matching *matching = context;
    const struct search_question *question = matching->question;
    for (size_t i = 0; i < question->count; i++)
        if (search_term_fits(&question->terms[i], token, length))
            matching->bits |= UINT64_C(1) << i;
}

static uint64_t bits_of(const struct search_question *question, const char *text)
{
    struct matching matching = {question, 0};
    if (text != NULL)
        search_cut(text, strlen(text), match_token, &matching);
    return matching.bits;
}

// ---- names ----

static int add_id(struct search_ids *list, struct arena *arena, int64_t id,
                  struct error *error)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return 0;
    if (list->count == SEARCH_NAMED_MOST)
        return 0; // what names so much names nothing
    if ((list->count & (list->count - 1)) == 0) {
        int64_t *more =
            arena_array(arena, list->count > 0 ? 2 * list->count : 1, sizeof *more);
        if (more == NULL)
            return error_set(error, ERROR_LIMIT, "case.too_much", "too many names");
        if (list->count > 0)
            memcpy(more, list->ids, list->count * sizeof *more);
        list->ids = more;
    }
    list->ids[list->count++] = id;
    return 0;
}

// A thing is named by a unit whose terms all stand in one of its names or in its code.
static int note(struct case_search *search, struct arena *arena, enum search_named kind,
                int64_t id, const char *name, struct error *error)
{
    uint64_t bits = bits_of(&search->question, name);
    int code = 0;
    for (size_t unit = 0; bits != 0 && unit < search->question.units && code == 0; unit++)
        if ((bits & search->unit_bits[unit]) == search->unit_bits[unit])
            code = add_id(&search->named[unit][kind], arena, id, error);
    return code;
}

static int note_label(struct case_search *search, struct arena *arena,
                      enum search_named kind, int64_t id, const struct label *label,
                      struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < label->count && code == 0; i++)
        code = note(search, arena, kind, id, label->texts[i], error);
    return code;
}

static int note_catalogue(struct case_search *search, struct arena *arena,
                          struct error *error)
{
    const struct catalogue *catalogue = city_catalogue(search->city, 0);
    int code = 0;
    for (size_t i = 0; i < catalogue_class_count(catalogue) && code == 0; i++) {
        const struct catalogue_class *one = catalogue_class(catalogue, i);
        code = note_label(search, arena, SEARCH_CLASS, one->id, &one->name, error);
        if (code == 0)
            code = note(search, arena, SEARCH_CLASS, one->id, one->code, error);
    }
    for (size_t i = 0; i < catalogue_condition_count(catalogue) && code == 0; i++) {
        const struct catalogue_condition *one = catalogue_condition(catalogue, i);
        if (!one->implicit)
            code = note_label(search, arena, SEARCH_CONDITION, one->id, &one->name, error);
    }
    return code;
}

static int note_names(struct case_search *search, struct arena *arena,
                      enum search_named kind, int64_t id, const struct city_names *names,
                      struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < CITY_LANGUAGE_LIMIT && code == 0; i++)
        if (names->text[i] != NULL)
            code = note(search, arena, kind, id, names->text[i], error);
    return code;
}

static int note_city(struct case_search *search, struct arena *arena, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < city_departments(search->city) && code == 0; i++) {
        const struct city_department *one = city_department(search->city, i);
        code = note_names(search, arena, SEARCH_DEPARTMENT, one->id, &one->name, error);
        if (code == 0)
            code = note(search, arena, SEARCH_DEPARTMENT, one->id, one->code, error);
    }
    for (size_t i = 0; i < city_areas(search->city) && code == 0; i++) {
        const struct city_area *one = city_area(search->city, i);
        code = note_names(search, arena, SEARCH_AREA, one->id, &one->name, error);
    }
    return code;
}

int case_search_new(const char *text, const struct city_snapshot *city, struct arena *arena,
                    struct case_search **ret_search, struct error *error)
{
    struct case_search *search = arena_alloc(arena, sizeof *search);
    if (search == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for a question");
    int code = search_question_read(text, strlen(text), &search->question, error);
    if (code != 0)
        return code;
    search->city = city;
    for (size_t i = 0; i < search->question.count; i++) {
        search->all |= UINT64_C(1) << i;
        search->unit_bits[search->question.terms[i].unit] |= UINT64_C(1) << i;
    }
    code = note_catalogue(search, arena, error);
    if (code == 0)
        code = note_city(search, arena, error);
    if (code == 0)
        *ret_search = search;
    return code;
}

void case_search_use(struct case_search *search, struct db *index, int64_t budget_us)
{
    search->index = index;
    search->budget_us = budget_us;
}

bool case_search_index(const struct case_search *search)
{
    return search != NULL && search->index != NULL;
}

// ---- a case ----

static void cut_text(const char *text, search_emit *emit, void *context)
{
    if (text != NULL && *text != '\0')
        search_cut(text, strlen(text), emit, context);
}

static void cut_streets(const struct city_snapshot *city, const struct case_row *row,
                        search_emit *emit, void *context)
{
    const struct place_index *index = city_place_words(city);
    struct place_words words;
    struct geo_point point;
    struct error ignored = {0};
    if (index == NULL || !row->place.has_point ||
        geo_point_from_deg(row->place.point.lon_deg, row->place.point.lat_deg, &point,
                           &ignored) != 0)
        return;
    place_find(index, point, &words);
    if (words.kind != PLACE_NOTHING) {
        cut_text(words.name, emit, context);
        cut_text(words.other, emit, context);
    }
}

void case_search_cut_texts(const struct city_snapshot *city, const struct case_row *row,
                           search_emit *emit, void *context)
{
    const struct city_grid *grid =
        row->place.grid_id != 0 ? city_grid_by_id(city, row->place.grid_id) : NULL;
    cut_text(grid != NULL ? grid->code : NULL, emit, context);
    cut_text(row->place.component, emit, context);
    cut_text(row->external_id, emit, context);
    cut_text(row->place.address, emit, context);
    cut_text(row->description, emit, context);
    cut_streets(city, row, emit, context);
}

static bool holds(const struct search_ids *list, int64_t id)
{
    for (size_t i = 0; id != 0 && i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

static bool unit_names(const struct case_search *search, size_t unit,
                       const struct case_row *row)
{
    const struct search_ids *named = search->named[unit];
    bool found = holds(&named[SEARCH_CLASS], row->place.class_id) ||
                 holds(&named[SEARCH_CONDITION], row->place.condition_id) ||
                 holds(&named[SEARCH_DEPARTMENT], row->department_id);
    for (int i = 0; i < CITY_LEVEL_LIMIT && !found; i++)
        found = holds(&named[SEARCH_AREA], row->place.areas[i]);
    return found;
}

static int match_opinions(const struct case_search *search, struct db *db, int64_t case_id,
                          uint64_t *bits, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_SEARCH_OPINIONS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, SEARCH_OPINIONS_MOST);
    while (*bits != search->all && (code = db_step(s, error)) == DB_ROW)
        *bits |= bits_of(&search->question, db_column_text(s, 0));
    return code < 0 ? code : 0;
}

int case_search_fits(const struct case_search *search, struct db *db,
                     const struct case_row *row, bool *ret_fits, struct error *error)
{
    const struct search_question *question = &search->question;
    struct matching matching = {question, 0};
    if (search_term_begins(&question->terms[question->count - 1], row->number))
        matching.bits |= UINT64_C(1) << (question->count - 1);
    for (size_t unit = 0; unit < search->question.units; unit++)
        if (unit_names(search, unit, row))
            matching.bits |= search->unit_bits[unit];
    search_cut_number(row->number, match_token, &matching);
    if (matching.bits != search->all)
        case_search_cut_texts(search->city, row, match_token, &matching);
    int code = 0;
    if (matching.bits != search->all)
        code = match_opinions(search, db, row->case_id, &matching.bits, error);
    if (code == 0)
        *ret_fits = matching.bits == search->all;
    return code;
}
