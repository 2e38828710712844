// SPDX-License-Identifier: MPL-2.0
// The map of a replay: which column means what, and which moves a row stands for.
#include "replay_internal.h"

#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

static int bad(const struct replay_map *map, const struct ini_entry *entry,
               struct error *error, const char *what)
{
    return ini_error(map->ini, entry, "replay.map", error, "%s = %s: %s", entry->key,
                     entry->value, what);
}

static int column(const struct replay_map *map, const struct ini_entry *entry,
                  const struct table *record, int *ret_column, struct error *error)
{
    char name[128];
    if (text_format(name, sizeof name, "%s", entry->value) != 0)
        return bad(map, entry, error, "the column's name is too long");
    for (char *p = name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    *ret_column = table_column(record, name);
    if (*ret_column < 0)
        return bad(map, entry, error, "the record has no such column");
    return 0;
}

static int read_placeholder(struct replay_map *map, const struct ini_entry *entry,
                            struct error *error)
{
    const char *comma = strchr(entry->value, ',');
    if (!comma ||
        text_to_double(entry->value, (size_t)(comma - entry->value), &map->placeholder_lon,
                       NULL) != 0 ||
        text_to_double(comma + 1, strlen(comma + 1), &map->placeholder_lat, NULL) != 0)
        return bad(map, entry, error, "expected lon,lat");
    map->has_placeholder = true;
    return 0;
}

static int read_field(struct replay_map *map, const struct ini_entry *entry,
                      const struct table *record, struct error *error)
{
    const struct {
        const char *key;
        int *column;
    } fields[] = {
        {"id", &map->id},
        {"opened", &map->opened},
        {"class", &map->class_code},
        {"condition", &map->condition},
        {"description", &map->description},
        {"address", &map->address},
        {"lon", &map->lon},
        {"lat", &map->lat},
        {"due", &map->due},
        {"source", &map->source},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(entry->key, fields[i].key) == 0)
            return column(map, entry, record, fields[i].column, error);
    if (strcmp(entry->key, "time_format") == 0) {
        map->time_format = entry->value;
        return 0;
    }
    if (strcmp(entry->key, "pivot") == 0) {
        map->pivot = entry->value;
        return 0;
    }
    if (strcmp(entry->key, "edition") == 0) {
        map->edition = entry->value;
        return 0;
    }
    if (strcmp(entry->key, "datum") == 0)
        return geo_datum_from_str(entry->value, strlen(entry->value), &map->datum, error) ==
                       0
                   ? 0
                   : bad(map, entry, error, "datum is wgs84, cgcs2000, gcj02 or bd09");
    if (strcmp(entry->key, "no_point") == 0)
        return read_placeholder(map, entry, error);
    return bad(map, entry, error, "unknown key");
}

static int read_word(struct replay_map *map, const struct ini_entry *entry,
                     struct error *error)
{
    int source = process_source_from_str(entry->value);
    if (source < 0)
        return bad(map, entry, error, "no such source of reports");
    if (strcmp(entry->key, "default") == 0) {
        map->default_source = (enum process_source)source;
        return 0;
    }
    if (map->word_count == REPLAY_WORDS_MOST)
        return bad(map, entry, error, "too many words");
    map->words[map->word_count++] =
        (struct replay_word){entry->key, (enum process_source)source};
    return 0;
}

static int read_input(const struct replay_map *map, const struct ini_entry *entry,
                      const struct table *record, struct replay_move *move,
                      struct error *error)
{
    if (move->input_count == REPLAY_INPUTS_MOST)
        return bad(map, entry, error, "too many inputs");
    struct replay_input *input = &move->inputs[move->input_count++];
    *input = (struct replay_input){.name = entry->key + strlen("input."), .column = -1};
    struct ini_entry named = *entry;
    if (text_starts(entry->value, "text:")) {
        input->text = entry->value + strlen("text:");
        return 0;
    }
    if (text_starts(entry->value, "department:")) {
        input->department = true;
        named.value = entry->value + strlen("department:");
    }
    return column(map, &named, record, &input->column, error);
}

static int read_move_word(const struct replay_map *map, const struct ini_entry *entry,
                          struct replay_move *move, struct error *error)
{
    static const char *const marks[] = {"live", "recorded", "filled", "synthetic"};
    static const char *const whens[] = {"always", "point", "no_point"};
    if (strcmp(entry->key, "optional") == 0) {
        move->optional = strcmp(entry->value, "yes") == 0;
        return 0;
    }
    for (int i = 0; strcmp(entry->key, "mark") == 0 && i < 4; i++)
        if (strcmp(entry->value, marks[i]) == 0) {
            move->mark = (enum case_mark)i;
            return 0;
        }
    for (int i = 0; strcmp(entry->key, "when") == 0 && i < 3; i++)
        if (strcmp(entry->value, whens[i]) == 0) {
            move->when = (enum replay_when)i;
            return 0;
        }
    return bad(map, entry, error, "unknown key or word");
}

static int read_move(struct replay_map *map, const struct ini_entry *entry,
                     const struct table *record, struct replay_move *move,
                     struct error *error)
{
    if (text_starts(entry->key, "input."))
        return read_input(map, entry, record, move, error);
    if (strcmp(entry->key, "action") == 0) {
        move->action = entry->value;
        return 0;
    }
    if (strcmp(entry->key, "at") == 0)
        return column(map, entry, record, &move->time_column, error);
    if (strcmp(entry->key, "after_seconds") == 0) {
        if (text_to_int(entry->value, strlen(entry->value), &move->after_ms, NULL) != 0 ||
            move->after_ms < 0 || move->after_ms > 366 * 86400)
            return bad(map, entry, error, "expected seconds");
        move->after_ms *= 1000;
        return 0;
    }
    return read_move_word(map, entry, move, error);
}

static int read_entry(struct replay_map *map, const struct ini_entry *entry,
                      const struct table *record, const char **move_section,
                      struct error *error)
{
    if (strcmp(entry->section, "record") == 0)
        return read_field(map, entry, record, error);
    if (strcmp(entry->section, "sources") == 0)
        return read_word(map, entry, error);
    if (!text_starts(entry->section, "move."))
        return ini_error(map->ini, entry, "replay.map", error, "unknown section [%s]",
                         entry->section);
    if (!*move_section || strcmp(*move_section, entry->section) != 0) {
        if (map->move_count == REPLAY_MOVES_MOST)
            return bad(map, entry, error, "too many moves");
        map->moves[map->move_count++] =
            (struct replay_move){.time_column = -1, .mark = CASE_MARK_RECORDED};
        *move_section = entry->section;
    }
    return read_move(map, entry, record, &map->moves[map->move_count - 1], error);
}

static int check(const struct replay_map *map, struct error *error)
{
    const char *source = ini_source(map->ini);
    if (map->id < 0 || map->opened < 0 || map->class_code < 0 || !map->time_format)
        return error_set(error, ERROR_INPUT, "replay.map",
                         "%s: [record] needs id, opened, class and time_format", source);
    if ((map->lon < 0) != (map->lat < 0))
        return error_set(error, ERROR_INPUT, "replay.map", "%s: lon and lat go together",
                         source);
    for (size_t i = 1; i < map->move_count; i++)
        if (map->moves[i].time_column < 0 || !map->moves[i].action)
            return error_set(error, ERROR_INPUT, "replay.map",
                             "%s: each [move.x] needs action and at", source);
    return 0;
}

int replay_map_read(const char *path, const struct table *record,
                    struct replay_map *ret_map, struct error *error)
{
    struct replay_map map = {.id = -1,
                             .opened = -1,
                             .class_code = -1,
                             .condition = -1,
                             .description = -1,
                             .address = -1,
                             .lon = -1,
                             .lat = -1,
                             .due = -1,
                             .source = -1,
                             .default_source = PROCESS_SOURCE_SYSTEM,
                             .move_count = 1};
    int status = ini_read(path, &map.ini, error);
    const char *move_section = NULL;
    for (size_t i = 0; status == 0 && i < ini_entries(map.ini); i++)
        status = read_entry(&map, ini_entry(map.ini, i), record, &move_section, error);
    if (status == 0)
        status = check(&map, error);
    if (status != 0) {
        replay_map_done(&map);
        return status;
    }
    map.moves[0] =
        (struct replay_move){.time_column = map.opened, .mark = CASE_MARK_RECORDED};
    *ret_map = map;
    return 0;
}

void replay_map_done(struct replay_map *map)
{
    map->ini = ini_free(map->ini);
}

// ---- local times ----

// Digits for a token of the format, at most `most` of them; -1 when there are none.
static int number(const char **text, int most)
{
    int value = 0, count = 0;
    for (; count < most && **text >= '0' && **text <= '9'; count++, (*text)++)
        value = value * 10 + (**text - '0');
    return count > 0 ? value : -1;
}

static bool half_day(const char **text, int *hour)
{
    bool evening = text_starts(*text, "PM");
    if ((!evening && !text_starts(*text, "AM")) || *hour < 1 || *hour > 12)
        return false;
    *hour = *hour % 12 + (evening ? 12 : 0);
    *text += 2;
    return true;
}

static bool scan(const char *format, const char *text, int parts[6])
{
    static const struct {
        const char *token;
        int part;
    } tokens[] = {{"YYYY", 0}, {"MM", 1}, {"DD", 2}, {"hh", 3}, {"mm", 4}, {"ss", 5}};
    while (*format) {
        size_t i = 0;
        while (i < 6 && !text_starts(format, tokens[i].token))
            i++;
        if (i < 6) {
            int length = (int)strlen(tokens[i].token);
            parts[tokens[i].part] = number(&text, length);
            if (parts[tokens[i].part] < 0)
                return false;
            format += length;
        } else if (text_starts(format, "AP")) {
            if (!half_day(&text, &parts[3]))
                return false;
            format += 2;
        } else if (*format++ != *text++) {
            return false;
        }
    }
    return *text == '\0';
}

int replay_time(const struct zone *zone, const char *format, const char *text,
                int64_t *ret_ms, struct error *error)
{
    if (*text == '\0') {
        *ret_ms = INSTANT_NONE;
        return 0;
    }
    int parts[6] = {0};
    char plain[64];
    if (!scan(format, text, parts) ||
        text_format(plain, sizeof plain, "%04d-%02d-%02d %02d:%02d:%02d", parts[0],
                    parts[1], parts[2], parts[3], parts[4], parts[5]) != 0)
        return error_set(error, ERROR_INPUT, "replay.time", "'%.40s' is no time like %.40s",
                         text, format);
    return zone_from_text(zone, plain, strlen(plain), ret_ms, error);
}
