// SPDX-License-Identifier: MPL-2.0
// Reading the record: each row's class, point and times; all moves in order of time.
#include "replay_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/layer.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

enum { WEEK_DAYS = 7 };
static const int64_t day_ms = 86400000;

static bool label_is(const struct label *label, const char *text)
{
    for (size_t i = 0; i < label->count; i++)
        if (strcmp(label->texts[i], text) == 0)
            return true;
    return false;
}

static const struct catalogue_class *find_class(const struct catalogue *catalogue,
                                                const char *edition, const char *text)
{
    if (edition) { // a code of today's would mean something else
        const struct catalogue_former *former =
            catalogue_former_find(catalogue, edition, text);
        return former && former->class_index != CATALOGUE_NO_CLASS
                   ? catalogue_class(catalogue, former->class_index)
                   : NULL;
    }
    const struct catalogue_class *found = catalogue_class_find(catalogue, text);
    for (size_t i = 0; !found && i < catalogue_class_count(catalogue); i++)
        if (label_is(&catalogue_class(catalogue, i)->name, text))
            found = catalogue_class(catalogue, i);
    return found;
}

int64_t replay_department(const struct city_snapshot *city, const char *text)
{
    const struct city_department *found = city_department_by_code(city, text);
    for (size_t i = 0; !found && i < city_departments(city); i++) {
        const struct city_department *department = city_department(city, i);
        for (size_t n = 0; !found && n < city_languages(city); n++)
            if (text_equal(department->name.text[n], text) && !department->closed)
                found = department;
    }
    return found ? found->id : 0;
}

static int read_class(const struct city_snapshot *city, const struct replay_record *record,
                      struct replay_row *row, struct error *error)
{
    const struct catalogue *catalogue = city_catalogue(city, 0);
    const char *text = table_cell(record->table, row->row, record->map.class_code);
    const struct catalogue_class *class = find_class(catalogue, record->map.edition, text);
    if (!class)
        return error_set(error, ERROR_INPUT, "replay.class", "no class '%.80s'", text);
    row->class_id = class->id;
    const char *code = table_cell(record->table, row->row, record->map.condition);
    const struct catalogue_condition *condition =
        *code ? catalogue_condition_find(catalogue, code) : NULL;
    if (*code && !condition)
        return error_set(error, ERROR_INPUT, "replay.condition", "no condition '%.80s'",
                         code);
    if (!condition && class->condition_count == 1)
        condition = catalogue_condition(catalogue, class->first_condition);
    row->condition_id = condition ? condition->id : 0;
    return 0;
}

static int read_point(const struct replay_record *record, struct replay_row *row,
                      struct error *error)
{
    const struct replay_map *map = &record->map;
    const char *lon = table_cell(record->table, row->row, map->lon);
    const char *lat = table_cell(record->table, row->row, map->lat);
    if (*lon == '\0' || *lat == '\0')
        return 0;
    int status = text_to_double(lon, strlen(lon), &row->lon, error);
    if (status == 0)
        status = text_to_double(lat, strlen(lat), &row->lat, error);
    if (status != 0)
        return status;
    row->has_point =
        !(map->has_placeholder && fabs(row->lon - map->placeholder_lon) < 1e-6 &&
          fabs(row->lat - map->placeholder_lat) < 1e-6);
    geo_datum_unshift(map->datum, &row->lon, &row->lat);
    return 0;
}

static enum process_source read_source(const struct replay_record *record, size_t row)
{
    const struct replay_map *map = &record->map;
    char word[64];
    if (text_format(word, sizeof word, "%s", table_cell(record->table, row, map->source)) !=
        0)
        return map->default_source;
    for (char *p = word; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    for (size_t i = 0; i < map->word_count; i++)
        if (strcmp(map->words[i].word, word) == 0)
            return map->words[i].source;
    return map->default_source;
}

// The same local time some days later.
static int64_t shifted(const struct replay_record *record, int64_t instant_ms)
{
    if (instant_ms == INSTANT_NONE || record->shift_days == 0)
        return instant_ms;
    struct zone_local local;
    zone_local(record->zone, instant_ms, &local);
    int64_t time_ms =
        (((int64_t)local.hour * 60 + local.minute) * 60 + local.second) * 1000 +
        local.milli;
    return zone_instant(
        record->zone, date_to_day(local.year, local.month, local.day) + record->shift_days,
        time_ms);
}

static int cell_time(const struct replay_record *record, size_t row, int column,
                     int64_t *ret_ms, struct error *error)
{
    int64_t instant_ms = INSTANT_NONE;
    int status = replay_time(record->zone, record->map.time_format,
                             table_cell(record->table, row, column), &instant_ms, error);
    *ret_ms = shifted(record, instant_ms);
    return status;
}

static int read_times(const struct replay_record *record, struct replay_row *row,
                      struct error *error)
{
    const struct replay_map *map = &record->map;
    int status = cell_time(record, row->row, map->due, &row->due_ms, error);
    for (size_t i = 0; status == 0 && i < map->move_count; i++) {
        const struct replay_move *move = &map->moves[i];
        status = cell_time(record, row->row, move->time_column, &row->times[i], error);
        if (status != 0 || row->times[i] == INSTANT_NONE)
            continue;
        row->times[i] += move->after_ms;
        if ((move->when == REPLAY_WITH_POINT && !row->has_point) ||
            (move->when == REPLAY_WITHOUT_POINT && row->has_point))
            row->times[i] = INSTANT_NONE;
        else if (row->times[i] < row->times[0])
            return error_set(error, ERROR_INPUT, "replay.before_report",
                             "'%.40s' lies before the report", move->action);
    }
    if (status == 0 && row->times[0] == INSTANT_NONE)
        return error_set(error, ERROR_INPUT, "replay.time", "no time of the report");
    return status;
}

// A filled-in move gives way to what the record says happened earlier.
static void pull_filled(const struct replay_map *map, struct replay_row *row)
{
    for (size_t i = map->move_count; i-- > 1;)
        for (size_t later = i + 1; later < map->move_count; later++)
            if (map->moves[i].mark == CASE_MARK_FILLED && row->times[i] != INSTANT_NONE &&
                row->times[later] != INSTANT_NONE && row->times[later] < row->times[i])
                row->times[i] = row->times[later];
}

static int read_row(const struct city_snapshot *city, const struct replay_record *record,
                    size_t index, struct replay_row *ret_row, struct error *error)
{
    struct replay_row row = {.row = index};
    int status = read_class(city, record, &row, error);
    if (status == 0)
        status = read_point(record, &row, error);
    if (status == 0)
        status = read_times(record, &row, error);
    if (status == 0)
        pull_filled(&record->map, &row);
    row.source = read_source(record, index);
    *ret_row = row;
    return status;
}

static int read_rows(const struct city_snapshot *city, const struct replay_load *load,
                     struct replay_record *record, int64_t *ret_refused,
                     struct error *error)
{
    size_t count = table_rows(record->table);
    if (load->most_rows > 0 && (size_t)load->most_rows < count)
        count = (size_t)load->most_rows;
    record->rows = memory_array(count, sizeof *record->rows);
    record->events = memory_array(count * record->map.move_count, sizeof *record->events);
    if (!record->rows || !record->events || count > UINT32_MAX)
        return error_set(error, ERROR_LIMIT, "replay.too_large", "the record is too large");
    for (size_t i = 0; i < count; i++) {
        struct error reason = {0};
        struct replay_row *row = &record->rows[record->row_count];
        if (read_row(city, record, i, row, &reason) == 0) {
            record->row_count++;
            continue;
        }
        (*ret_refused)++;
        if (load->refused)
            load->refused(load->refused_context, table_line(record->table, i),
                          table_cell(record->table, i, record->map.id), &reason);
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct replay_event *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->move < y->move ? -1 : x->move > y->move;
}

static void make_events(struct replay_record *record)
{
    for (size_t i = 0; i < record->row_count; i++)
        for (size_t m = 0; m < record->map.move_count; m++)
            if (record->rows[i].times[m] != INSTANT_NONE)
                record->events[record->event_count++] = (struct replay_event){
                    record->rows[i].times[m], (uint32_t)i, (uint32_t)m};
    qsort(record->events, record->event_count, sizeof *record->events, by_time);
}

// Whole weeks from the map's pivot to the last such weekday and time before now.
static int find_shift(struct replay_record *record, const struct replay_load *load,
                      struct error *error)
{
    if (load->has_shift) {
        record->shift_days = load->shift_days;
        return 0;
    }
    if (!load->shift_to_now)
        return 0;
    const char *pivot = record->map.pivot;
    int64_t pivot_ms = INSTANT_NONE;
    if (!pivot)
        return error_set(error, ERROR_INPUT, "replay.map",
                         "[record] needs a pivot to move the record to the present");
    int status =
        replay_time(record->zone, record->map.time_format, pivot, &pivot_ms, error);
    if (status == 0)
        record->shift_days = (load->now_ms - pivot_ms) / (WEEK_DAYS * day_ms) * WEEK_DAYS;
    return status;
}

int replay_record_read(const struct city_snapshot *city, const struct replay_load *load,
                       struct replay_record *ret_record, int64_t *ret_refused,
                       struct error *error)
{
    struct replay_record record = {0};
    *ret_refused = 0;
    int status = geo_table_read(load->source, NULL, NULL, "record", &record.table, error);
    if (status == 0)
        status = replay_map_read(load->map_path, record.table, &record.map, error);
    if (status == 0)
        status = zone_new(city_time_zone(city), &record.zone, error);
    if (status == 0)
        status = find_shift(&record, load, error);
    if (status == 0)
        status = read_rows(city, load, &record, ret_refused, error);
    if (status != 0) {
        replay_record_done(&record);
        return status;
    }
    make_events(&record);
    *ret_record = record;
    return 0;
}

void replay_record_done(struct replay_record *record)
{
    replay_map_done(&record->map);
    record->table = table_free(record->table);
    record->zone = zone_free(record->zone);
    free(record->rows);
    free(record->events);
    *record = (struct replay_record){0};
}
