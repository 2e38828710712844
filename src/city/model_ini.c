// SPDX-License-Identifier: MPL-2.0
// city.ini: what sections and keys there are, and reading them.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "model_internal.h"

// Keys by kind of section; a key that ends in '.' allows anything after it.
struct section_words {
    const char *section; // ends in ' ' when a name follows
    const char *keys;    // blanks around each
};

enum { TRACK_DAYS_MOST = 366 };

#define SOURCE_KEYS                                                                        \
    " source layer crs encoding axes lon lat code code_pattern code_width name name. "     \
    "snap_m "                                                                              \
    "gap_m2 overlap_m2 "

static const struct section_words known[] = {
    {"city", " slug name. region time_zone languages number_prefix demo attribution host "},
    {"display", " . "},
    {"crs", " internal "},
    {"tolerance",
     " snap_m gap_m2 overlap_m2 straddle_share nesting_share nesting_outside_m "
     "points_outside_share "},
    {"level ", SOURCE_KEYS "kind title. area_class merge area_class_is "},
    {"grids", SOURCE_KEYS "area_class area_class_is "},
    {"coverage ", SOURCE_KEYS "title. department department_is merge "},
    {"components ", SOURCE_KEYS
     "title. code_prefix class class_is state note competent competent_is owner owner_is "
     "maintainer maintainer_is points_outside_share "},
    {"streets", SOURCE_KEYS "kind "},
    {"places", SOURCE_KEYS "kind "},
    {"boundary", SOURCE_KEYS},
    {"roster", " level "},
    {"proof", " mail "},
    {"tracks", " keep_days "},
    {"report", " template. "},
    {"table ", " source sheet encoding column. width. "},
};

static const struct section_words *find_section(const char *section)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const char *name = known[i].section;
        size_t length = strlen(name);
        bool named = name[length - 1] == ' ';
        if (named ? text_starts(section, name) && section[length]
                  : text_equal(section, name))
            return &known[i];
    }
    return NULL;
}

static bool key_known(const struct section_words *words, const char *key)
{
    const char *cursor = words->keys;
    size_t length;
    for (const char *word = text_next(&cursor, ' ', &length); word;
         word = text_next(&cursor, ' ', &length)) {
        if (length == 0)
            continue;
        if (length == 1 && *word == '.')
            return true;
        bool open = word[length - 1] == '.';
        if (strncmp(key, word, length) == 0 && (open ? key[length] : !key[length]))
            return true;
    }
    return false;
}

const char *model_key(const struct city_model *model, const char *section, const char *key)
{
    const char *value = ini_value(model->ini, section, key);
    return value ? value : "";
}

double model_number(struct city_model *model, const char *section, const char *key,
                    double fallback)
{
    const char *text = ini_value(model->ini, section, key);
    if (!text)
        text = ini_value(model->ini, "tolerance", key);
    if (!text)
        return fallback;
    double value = fallback;
    struct model_where where = {"city.ini", section, -1};
    if (text_to_double(text, strlen(text), &value, NULL) < 0 || value < 0)
        model_report(model, CITY_ERROR, "ini.number", &where, "%s = %s is no number", key,
                     text);
    return value;
}

const char *model_path(struct city_model *model, const char *file)
{
    if (file[0] == '/' || text_starts(file, "PG:"))
        return file;
    return arena_format(model->arena, "%s/%s", model->folder, file);
}

static void check_words(struct city_model *model)
{
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const struct ini_entry *entry = ini_entry(model->ini, i);
        const struct section_words *words = find_section(entry->section);
        struct model_where where = {"city.ini", entry->section, entry->line};
        if (!words)
            model_report(model, CITY_ERROR, "ini.section", &where, "unknown section [%s]",
                         entry->section);
        else if (!key_known(words, entry->key))
            model_report(model, CITY_ERROR, "ini.key", &where, "unknown key \"%s\"",
                         entry->key);
    }
}

static void read_languages(struct city_model *model)
{
    const char *cursor = model_key(model, "city", "languages");
    struct model_where where = {"city.ini", "city", -1};
    size_t length;
    for (const char *tag = text_next(&cursor, ',', &length); tag;
         tag = text_next(&cursor, ',', &length)) {
        if (length == 0)
            continue;
        if (model->language_count == CITY_LANGUAGE_LIMIT) {
            model_report(model, CITY_ERROR, "ini.languages", &where,
                         "more than %d languages", CITY_LANGUAGE_LIMIT);
            return;
        }
        model->language[model->language_count++] = arena_copy(model->arena, tag, length);
    }
    if (model->language_count == 0)
        model_report(model, CITY_ERROR, "ini.languages", &where, "languages is missing");
}

// For how many days tracks of people on shift are kept; without it none are recorded.
static void check_tracks(struct city_model *model)
{
    const char *text = ini_value(model->ini, "tracks", "keep_days");
    struct model_where where = {"city.ini", "tracks", -1};
    int64_t days = 0;
    if (text && (text_to_int(text, strlen(text), &days, NULL) != 0 || days < 1 ||
                 days > TRACK_DAYS_MOST))
        model_report(model, CITY_ERROR, "ini.number", &where,
                     "keep_days = %s is no number of days from 1 to %d", text,
                     TRACK_DAYS_MOST);
}

int model_read_settings(struct city_model *model, struct error *error)
{
    char path[4096];
    int code = file_path(path, sizeof(path), model->folder, "city.ini", error);
    if (code == 0 && !file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "model.missing", "%s: no such file", path);
    if (code == 0)
        code = ini_read(path, &model->ini, error);
    if (code < 0)
        return code;
    static const char *const needed[] = {"slug", "time_zone", "number_prefix"};
    struct model_where where = {"city.ini", "city", -1};
    check_words(model);
    check_tracks(model);
    read_languages(model);
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!model_key(model, "city", needed[i])[0])
            model_report(model, CITY_ERROR, "ini.missing", &where, "%s is missing",
                         needed[i]);
    const char *slug = model_key(model, "city", "slug");
    if (slug[0] && !text_is_slug(slug))
        model_report(model, CITY_ERROR, "ini.slug", &where,
                     "slug \"%s\" is not made of a-z, 0-9, - and _", slug);
    return 0;
}

// ---- identity ----
const char *city_model_slug(const struct city_model *model)
{
    return model_key(model, "city", "slug");
}

const char *city_model_host(const struct city_model *model)
{
    return model_key(model, "city", "host");
}

bool city_model_demo(const struct city_model *model)
{
    const char *value = model_key(model, "city", "demo");
    return text_equal(value, "yes") || text_equal(value, "1") || text_equal(value, "true");
}
