// SPDX-License-Identifier: MPL-2.0
// Where it was: cases by unit grid (by the lowest areas in a city that counts by none), and
// the worst spots with what was seen there.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/core/text.h>
#include <gridcase/media/media.h>

#include "report_internal.h"

enum { LOOK_AT_CASES = 12 };

struct place_count {
    int64_t id;
    double value;
};
struct place_counts { // by rising id
    size_t count;
    struct place_count *items;
};
struct places {
    struct report_asked asked;
    struct place_counts now, before;
    const char *by; // "grid", "area:ward"
    int level;      // of areas; -1: unit grids
};

static int out_of_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
}

// ---- counts ----

static int lowest_level(const struct city_snapshot *city)
{
    int level = -1;
    for (size_t i = 0; i < city_levels(city); i++) {
        level = city_level(city, i)->kind == CITY_NESTING ? (int)i : level;
    }
    return level;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct place_count *)a)->id;
    int64_t y = ((const struct place_count *)b)->id;
    return x < y ? -1 : x > y;
}

static int index_counts(struct report_job *job, const struct report_asked *asked,
                        struct place_counts *counts, struct error *error)
{
    counts->items =
        arena_array(job->arena, asked->answer.row_count + 1, sizeof(*counts->items));
    if (!counts->items) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < asked->answer.row_count; i++) {
        const struct figure_row *row = &asked->answer.rows[i];
        counts->items[counts->count++] =
            (struct place_count){row->keys[0].id, row->values[0]};
    }
    qsort(counts->items, counts->count, sizeof(*counts->items), by_id);
    return 0;
}

static double count_at(const struct place_counts *counts, int64_t id)
{
    struct place_count key = {id, 0};
    const struct place_count *found =
        counts->count ? bsearch(&key, counts->items, counts->count, sizeof(key), by_id)
                      : NULL;
    return found ? found->value : 0;
}

static int ask_places(struct report_job *job, struct places *places, struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct error ignored = {0};
    struct report_asked before;
    struct report_ask ask = {.measures = "opened",
                             .by = "grid",
                             .from_day = period->from_day,
                             .to_day = period->to_day};
    places->level = -1;
    int code = report_ask(job, &ask, &places->asked, &ignored);
    if (code) {
        places->level = lowest_level(job->from->city);
        const char *level = places->level < 0
                                ? ""
                                : city_level(job->from->city, (size_t)places->level)->code;
        ask.by = arena_format(job->arena, "area:%s", level);
        code = report_ask(job, &ask, &places->asked, error);
    }
    places->by = ask.by;
    ask.from_day = period->before_from;
    ask.to_day = period->before_to;
    if (!code) {
        code = report_ask(job, &ask, &before, error);
    }
    if (!code) {
        code = index_counts(job, &places->asked, &places->now, error);
    }
    return code ? code : index_counts(job, &before, &places->before, error);
}

// ---- spots ----

void report_photo_load(struct report_job *job, struct report_spot *spot)
{
    struct error ignored = {0};
    struct media_file file;
    struct file_map map = {0};
    if (!job->from->media ||
        media_file_find(job->from->cases, spot->photo_sha256, &file, &ignored) ||
        media_type_class(file.type) != MEDIA_PHOTO) {
        return;
    }
    for (int kind = MEDIA_RENDITION; kind <= MEDIA_THUMBNAIL; kind++) {
        if (spot->photo.length == 0 &&
            media_map(job->from->media, &file, (enum media_kind)kind, &map, &ignored) ==
                0) {
            if (map.length <= REPORT_PHOTO_MOST) {
                buffer_append(&spot->photo, map.data, map.length);
            }
            file_map_close(&map);
        }
    }
}

// What a bulletin may show to everybody: the scene, by one of the city's own people. Photos
// of the public stay with the case.
static void take_photo(struct report_job *job, const struct case_detail *detail,
                       struct report_spot *spot)
{
    for (size_t i = 0; i < detail->media_count && !spot->has_photo; i++) {
        const struct case_media *media = &detail->media[i];
        if (!media->received || media->named_by == 0) {
            continue;
        }
        memcpy(spot->photo_sha256, media->sha256, HASH_SIZE);
        report_photo_load(job, spot);
        spot->has_photo = spot->photo.length > 0;
    }
}

// The newest cases there: the place in words, a photo, a number to look it up by.
static int look_at(struct report_job *job, const struct figure_list *list,
                   struct report_spot *spot, struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        struct case_detail detail;
        int code =
            case_read_by_id(job->from->cases, job->from->city, job->from->actor,
                            list->case_ids[i], job->now_ms, job->arena, &detail, error);
        if (code == ERROR_NOT_FOUND) { // counted, but not to be seen by this reader
            error_clear(error);
            continue;
        }
        if (code) {
            return code;
        }
        if (!spot->case_number) {
            spot->case_number = arena_text(job->arena, detail.summary.number);
        }
        if (!spot->place && detail.summary.place && detail.summary.place[0]) {
            spot->place = arena_text(job->arena, detail.summary.place);
        }
        if (job->from->media && !spot->has_photo) {
            take_photo(job, &detail, spot);
        }
        if (spot->place && (spot->has_photo || !job->from->media)) {
            break;
        }
    }
    return 0;
}

static void locate_spot(const struct report_job *job, const struct places *places,
                        int64_t id, struct report_spot *spot)
{
    const struct city_grid *grid =
        places->level < 0 ? city_grid_by_id(job->from->city, id) : NULL;
    const struct city_area *area =
        places->level < 0 ? NULL : city_area_by_id(job->from->city, id);
    spot->lon_deg = grid ? grid->lon_deg : area ? area->lon_deg : (double)NAN;
    spot->lat_deg = grid ? grid->lat_deg : area ? area->lat_deg : (double)NAN;
}

static int commonest_class(struct report_job *job, const struct report_ask *at,
                           struct report_spot *spot, struct error *error)
{
    struct report_asked asked;
    struct report_ask ask = *at;
    double most = 0;
    ask.by = "class";
    int code = report_ask(job, &ask, &asked, error);
    for (size_t i = 0; !code && i < asked.answer.row_count; i++) {
        const struct figure_row *row = &asked.answer.rows[i];
        if (row->values[0] > most) {
            most = row->values[0];
            spot->class_name = report_key_name(job, &asked.query.by[0], &row->keys[0]);
        }
    }
    return code;
}

static int make_spot(struct report_job *job, const struct places *places,
                     const struct figure_row *row, struct error *error)
{
    const struct figure_key *key = &row->keys[0];
    struct report_spot *spot = &job->report->spots[job->report->spot_count++];
    struct figure_list list;
    struct report_ask ask = {.measures = "opened",
                             .from_day = job->report->period.from_day,
                             .to_day = job->report->period.to_day,
                             .filter = key->filter,
                             .value = key->value};
    *spot = (struct report_spot){.code = key->code,
                                 .cases = row->values[0],
                                 .before = count_at(&places->before, key->id)};
    buffer_init(&spot->photo, REPORT_PHOTO_MOST);
    locate_spot(job, places, key->id, spot);
    int code = commonest_class(job, &ask, spot, error);
    if (!code) {
        code = report_ask_cases(job, &ask, LOOK_AT_CASES, &list, error);
    }
    if (!code) {
        code = look_at(job, &list, spot, error);
    }
    if (!spot->place) {
        spot->place = places->level < 0
                          ? spot->code
                          : report_key_name(job, &places->asked.query.by[0], key);
    }
    return code;
}

static int make_spots(struct report_job *job, struct places *places, struct error *error)
{
    const struct figure_answer *answer = &places->asked.answer;
    const struct figure_row *taken[REPORT_SPOTS] = {NULL};
    int code = 0;
    for (size_t n = 0; n < REPORT_SPOTS && !code; n++) {
        const struct figure_row *worst = NULL;
        for (size_t i = 0; i < answer->row_count; i++) {
            const struct figure_row *row = &answer->rows[i];
            bool used = row->keys[0].id == 0 || !(row->values[0] >= 2);
            for (size_t k = 0; k < n && !used; k++) {
                used = taken[k] == row;
            }
            if (!used && (!worst || row->values[0] > worst->values[0])) {
                worst = row;
            }
        }
        if (!worst) {
            break;
        }
        taken[n] = worst;
        code = make_spot(job, places, worst, error);
    }
    return code;
}

static int take_cells(struct report_job *job, const struct places *places,
                      struct error *error)
{
    struct report *report = job->report;
    report->cells = arena_array(job->arena, places->now.count + 1, sizeof(*report->cells));
    if (!report->cells) {
        return out_of_memory(error);
    }
    report->map_level = places->level;
    for (size_t i = 0; i < places->now.count; i++) {
        if (places->now.items[i].id != 0 && places->now.items[i].value > 0) {
            report->cells[report->cell_count++] =
                (struct report_cell){places->now.items[i].id, places->now.items[i].value};
        }
    }
    return 0;
}

int report_places_make(struct report_job *job, struct error *error)
{
    struct places places = {0};
    if (city_levels(job->from->city) == 0) {
        return 0;
    }
    int code = ask_places(job, &places, error);
    if (!code) {
        code = make_spots(job, &places, error);
    }
    return code ? code : take_cells(job, &places, error);
}
