// SPDX-License-Identifier: MPL-2.0
// League tables out of figures: parts, weights, ranks, and how they moved.
#include <gridcase/evaluation/scores.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

enum { SETS_MOST = 6 }; // dimensions that the parts of a score are counted by

// Figures of one dimension, rows by id.
struct set {
    const char *by;
    struct figure_query query;
    struct figure_answer figures;
};
// One period of the table.
struct season {
    size_t count;
    struct set sets[SETS_MOST]; // the score's own dimension first
    struct score_entry *entries;
    size_t entry_count;
    size_t set_of[SCORE_PARTS_MOST], column[SCORE_PARTS_MOST]; // of a part's values
};
struct computing {
    struct facts *facts;
    struct db *db;
    const struct city_snapshot *city;
    const struct actor *actor;
    const struct score_query *query;
    const struct score *score;
    struct arena *arena;
};

// The measures of the parts that are counted by this, with commas between.
static const char *measures_of(const struct computing *c, const char *by)
{
    const struct indicator *required =
        c->score->requires >= 0 && text_equal(by, c->score->by)
            ? evaluation_measure(city_evaluation(c->city), (size_t)c->score->requires)
            : NULL;
    const char *codes = required != NULL ? required->code : "";
    for (size_t i = 0; i < c->score->part_count; i++) {
        const struct score_part *part = &c->score->parts[i];
        if (part->measure < 0 || !text_equal(part->by, by))
            continue;
        const struct indicator *measure =
            evaluation_measure(city_evaluation(c->city), (size_t)part->measure);
        codes = arena_format(c->arena, "%s%s%s", codes, codes[0] != '\0' ? "," : "",
                             measure->code);
    }
    return codes[0] != '\0' ? codes : "opened";
}

// What the score is by; areas without a level: those of the highest one.
static const char *by_of(const struct score *score, const struct city_snapshot *city,
                         const char *asked, struct arena *arena)
{
    if (asked != NULL && asked[0] != '\0')
        return asked;
    if (!text_equal(score->by, "area") || city_levels(city) == 0)
        return score->by;
    return arena_format(arena, "area:%s", city_level(city, 0)->code);
}

static bool fits(const struct score *score, const char *by)
{
    size_t length = strlen(score->by);
    return strncmp(by, score->by, length) == 0 && (by[length] == '\0' || by[length] == ':');
}

static int by_key(const void *a_row, const void *b_row)
{
    int64_t a = ((const struct figure_row *)a_row)->keys[0].id,
            b = ((const struct figure_row *)b_row)->keys[0].id;
    return (a > b) - (a < b);
}

static int read_set(const struct computing *c, struct figure_words words, struct set *set,
                    const char *own_by, struct error *error)
{
    words.measures = measures_of(c, set->by);
    words.by = text_equal(set->by, c->score->by) ? own_by : set->by;
    int code = figure_query_read(&words, c->city, c->query->now_ms, &set->query, error);
    if (code == 0)
        code = figures_compute(c->facts, c->db, c->city, c->actor, &set->query, c->arena,
                               &set->figures, error);
    if (code == 0 && set->figures.row_count > 0)
        qsort(set->figures.rows, set->figures.row_count, sizeof *set->figures.rows, by_key);
    return code;
}

// Which set a part's value is in, and where there.
static int find_columns(const struct computing *c, struct season *season,
                        struct error *error)
{
    for (size_t i = 0; i < c->score->part_count; i++) {
        const struct score_part *part = &c->score->parts[i];
        bool found = part->measure < 0;
        for (size_t k = 0; k < season->count && !found; k++) {
            const struct figure_query *query = &season->sets[k].query;
            for (size_t m = 0; m < query->measure_count && !found; m++) {
                found = text_equal(season->sets[k].by, part->by) &&
                        query->measures[m] == part->measure;
                season->set_of[i] = k;
                season->column[i] = m;
            }
        }
        if (!found)
            return error_set(error, ERROR_BUG, "scores.measure", "the figures lack part %s",
                             part->code);
    }
    return 0;
}

static int read_season(const struct computing *c, const struct figure_words *words,
                       struct season *season, struct error *error)
{
    season->sets[season->count++].by = c->score->by;
    for (size_t i = 0; i < c->score->part_count; i++) {
        bool known = false;
        for (size_t k = 0; k < season->count; k++)
            known = known || text_equal(season->sets[k].by, c->score->parts[i].by);
        if (!known && season->count < SETS_MOST)
            season->sets[season->count++].by = c->score->parts[i].by;
    }
    int code = 0;
    for (size_t k = 0; k < season->count && code == 0; k++)
        code = read_set(c, *words, &season->sets[k], words->by, error);
    if (code == 0)
        code = find_columns(c, season, error);
    const struct figure_query *own = &season->sets[0].query;
    if (code == 0)
        code = score_entries_read(c->db, c->score->code, own->from_day, own->to_day,
                                  c->arena, &season->entries, &season->entry_count, error);
    return code;
}

static const struct figure_row *row_of(const struct set *set, int64_t id)
{
    struct figure_row wanted = {.keys = {{.id = id}}};
    return set->figures.row_count == 0
               ? NULL
               : bsearch(&wanted, set->figures.rows, set->figures.row_count,
                         sizeof *set->figures.rows, by_key);
}

// ---- a row ----
static double given(const struct season *season, const char *part, int64_t subject_id)
{
    double points = (double)NAN;
    for (size_t i = 0; i < season->entry_count; i++) {
        const struct score_entry *entry = &season->entries[i];
        if (entry->subject_id == subject_id && text_equal(entry->part, part))
            points = entry->taken_back ? (double)NAN : entry->points;
    }
    return points;
}

static const char *area_class_of(const struct city_snapshot *city,
                                 const struct figure_query *query, int64_t id)
{
    const struct city_area *area = NULL;
    const struct city_grid *grid = NULL;
    if (query->by[0].dimension == FIGURE_BY_AREA)
        area = city_area_by_id(city, id);
    if (query->by[0].dimension == FIGURE_BY_ID && query->by[0].level == FIGURE_ID_GRID)
        grid = city_grid_by_id(city, id);
    return area != NULL ? area->area_class : grid != NULL ? grid->area_class : "";
}

// What a part's measure is for somebody; who is in no row has none of what is counted.
static double measured(const struct season *season, const struct computing *c, size_t part,
                       int64_t id)
{
    const struct figure_row *row = row_of(&season->sets[season->set_of[part]], id);
    const struct indicator *measure =
        evaluation_measure(city_evaluation(c->city), (size_t)c->score->parts[part].measure);
    return row != NULL         ? row->values[season->column[part]]
           : measure->is_count ? 0
                               : (double)NAN;
}

// Points of all parts together; told NULL: nobody asks how.
static double points_of(const struct computing *c, const struct season *season, int64_t id,
                        struct score_told *told)
{
    const char *area_class = area_class_of(c->city, &season->sets[0].query, id);
    double weighed = 0, weights = 0, added = 0;
    for (size_t i = 0; i < c->score->part_count; i++) {
        const struct score_part *part = &c->score->parts[i];
        bool by_people = part->measure < 0;
        double value =
            by_people ? given(season, part->code, id) : measured(season, c, i, id);
        double points = by_people && isnan(value)
                            ? (double)NAN
                            : scores_points(city_scores(c->city), part, area_class, value);
        if (told != NULL)
            told[i] = (struct score_told){value, points};
        if (isnan(points))
            continue;
        weighed += part->weight * points;
        weights += part->weight;
        added += part->weight > 0 ? 0 : points;
    }
    return (weights > 0 ? weighed / weights : 0) + added;
}

static int by_points(const void *a_row, const void *b_row)
{
    const struct score_row *a = a_row, *b = b_row;
    if (a->points > b->points || a->points < b->points)
        return (a->points < b->points) - (a->points > b->points);
    return strcmp(a->key.code, b->key.code);
}

// To a hundredth: what is shown as equal is equal.
static double rounded(double points)
{
    return round(points * 100) / 100;
}

static void rank(struct score_row *rows, size_t count)
{
    qsort(rows, count, sizeof *rows, by_points);
    for (size_t i = 0; i < count; i++)
        rows[i].rank =
            i > 0 && rows[i].points >= rows[i - 1].points ? rows[i - 1].rank : i + 1;
}

static int no_room(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "figures.memory", "no room for the rows");
}

// Is somebody of those that the score is about?
static bool is_meant(const struct computing *c, const struct season *season, int64_t id)
{
    const struct figure_row *row = row_of(&season->sets[0], id);
    const struct figure_query *query = &season->sets[0].query;
    if (c->score->requires < 0)
        return true;
    for (size_t m = 0; row != NULL && m < query->measure_count; m++)
        if (query->measures[m] == c->score->requires)
            return row->values[m] > 0;
    return false;
}

// Everybody in any of the sets, once; nobody's rows are left out.
static void add_keys(const struct computing *c, const struct season *season,
                     struct score_row *rows, size_t *count)
{
    for (size_t k = 0; k < season->count; k++)
        for (size_t i = 0; i < season->sets[k].figures.row_count; i++) {
            const struct figure_key *key = &season->sets[k].figures.rows[i].keys[0];
            bool known = key->id == 0 || !is_meant(c, season, key->id);
            for (size_t before = 0; before < k && !known; before++)
                known = row_of(&season->sets[before], key->id) != NULL;
            if (!known)
                rows[(*count)++] = (struct score_row){.key = *key, .before = (double)NAN};
        }
}

static int make_rows(const struct computing *c, const struct season *season,
                     bool with_parts, struct score_row **ret_rows, size_t *ret_count,
                     struct error *error)
{
    size_t room = 1, count = 0;
    for (size_t k = 0; k < season->count; k++)
        room += season->sets[k].figures.row_count;
    struct score_row *rows = arena_array(c->arena, room, sizeof *rows);
    if (rows == NULL)
        return no_room(error);
    add_keys(c, season, rows, &count);
    for (size_t i = 0; i < count; i++) {
        struct score_row *row = &rows[i];
        if (with_parts)
            row->parts =
                arena_array(c->arena, c->score->part_count + 1, sizeof *row->parts);
        if (with_parts && row->parts == NULL)
            return no_room(error);
        row->points = rounded(points_of(c, season, row->key.id, row->parts));
        row->grade = scores_grade_of(city_scores(c->city), row->points);
    }
    rank(rows, count);
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

static int by_id(const void *a_row, const void *b_row)
{
    const struct score_row *a = a_row, *b = b_row;
    return (a->key.id > b->key.id) - (a->key.id < b->key.id);
}

static void compare(struct score_answer *answer, struct score_row *before, size_t count)
{
    qsort(before, count, sizeof *before, by_id);
    for (size_t i = 0; i < answer->count; i++) {
        struct score_row *row = &answer->rows[i];
        const struct score_row *was = bsearch(row, before, count, sizeof *before, by_id);
        row->rank_before = was != NULL ? was->rank : 0;
        row->before = was != NULL ? was->points : (double)NAN;
    }
}

static int make(const struct computing *c, const struct season *now,
                const struct season *before, struct score_answer *answer,
                struct error *error)
{
    struct score_row *were = NULL;
    size_t count = 0;
    int code = make_rows(c, now, true, &answer->rows, &answer->count, error);
    if (code == 0)
        code = make_rows(c, before, false, &were, &count, error);
    if (code == 0)
        compare(answer, were, count);
    return code;
}

int scores_compute(struct facts *facts, struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, const struct score_query *query,
                   struct arena *arena, struct score_answer *ret_answer,
                   struct error *error)
{
    const struct computing c = {facts, db, city, actor, query, query->score, arena};
    struct season *now = arena_alloc(arena, sizeof *now);
    struct season *before = arena_alloc(arena, sizeof *before);
    struct figure_words words = query->words;
    if (now == NULL || before == NULL)
        return no_room(error);
    words.by = by_of(query->score, city, words.by, arena);
    if (!fits(query->score, words.by))
        return error_set(error, ERROR_INPUT, "figures.by", "this score is by %s",
                         query->score->by);
    int code = read_season(&c, &words, now, error);
    words.from = query->before_from;
    words.to = query->before_to;
    if (code == 0)
        code = read_season(&c, &words, before, error);
    if (code != 0)
        return code;
    struct score_answer answer = {.query = now->sets[0].query,
                                  .before = before->sets[0].query,
                                  .trouble = now->sets[0].figures.trouble};
    code = make(&c, now, before, &answer, error);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
