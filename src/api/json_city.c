// SPDX-License-Identifier: MPL-2.0
// The city's words as JSON: names in its languages, departments, areas, the city itself.
#include <gridcase/core/text.h>
#include <gridcase/rules/process_vocabulary.h>
#include <gridcase/rules/words.h>

#include "api_internal.h"

void api_put_names(struct json_writer *json, const char *name,
                   const struct city_snapshot *city, const struct city_names *names)
{
    json_begin_object(json, name);
    for (size_t i = 0; i < city_languages(city); i++) {
        if (names->text[i]) {
            json_put_text(json, city_language(city, i), names->text[i]);
        }
    }
    json_end_object(json);
}

void api_put_words(struct json_writer *json, const char *name,
                   const struct city_snapshot *city, enum process_words_of list, int word)
{
    json_begin_object(json, name);
    for (size_t i = 0; i < city_languages(city); i++) {
        const char *language = city_language(city, i);
        json_put_text(json, language, words_label(city_words(city), list, word, language));
    }
    json_end_object(json);
}

void api_put_department(struct json_writer *json, const char *name,
                        const struct city_snapshot *city, int64_t id)
{
    const struct city_department *department = id ? city_department_by_id(city, id) : NULL;
    if (!department) {
        json_put_null(json, name);
        return;
    }
    json_begin_object(json, name);
    json_put_int(json, "id", department->id);
    json_put_text(json, "code", department->code);
    api_put_names(json, "name", city, &department->name);
    json_end_object(json);
}

void api_put_area(struct json_writer *json, const char *name,
                  const struct city_snapshot *city, const struct city_area *area)
{
    json_begin_object(json, name);
    json_put_text(json, "level", city_level(city, area->level)->code);
    json_put_int(json, "id", area->id);
    json_put_text(json, "code", area->code);
    api_put_names(json, "name", city, &area->name);
    json_end_object(json);
}

void api_put_located(struct json_writer *json, const struct city_snapshot *city,
                     int64_t grid_id, const int64_t areas[CITY_LEVEL_LIMIT])
{
    const struct city_grid *grid = grid_id ? city_grid_by_id(city, grid_id) : NULL;
    if (grid) {
        json_begin_object(json, "grid");
        json_put_int(json, "id", grid->id);
        json_put_text(json, "code", grid->code);
        json_end_object(json);
    } else {
        json_put_null(json, "grid");
    }
    json_begin_array(json, "areas");
    for (size_t i = 0; i < city_levels(city); i++) {
        const struct city_area *area = areas[i] ? city_area_by_id(city, areas[i]) : NULL;
        if (area) {
            api_put_area(json, NULL, city, area);
        }
    }
    json_end_array(json);
}

static void put_box(struct json_writer *json, const struct city_snapshot *city)
{
    double box[4];
    city_bbox(city, box);
    json_begin_array(json, "bbox");
    for (size_t i = 0; i < 4; i++) {
        json_put_double(json, NULL, box[i], 7);
    }
    json_end_array(json);
    json_begin_object(json, "center");
    json_put_double(json, "lon", (box[0] + box[2]) / 2, 7);
    json_put_double(json, "lat", (box[1] + box[3]) / 2, 7);
    json_end_object(json);
}

static const struct word_list {
    const char *name;
    enum process_words_of list;
    int count;
    const char *(*to_str)(int number);
} word_lists[] = {
    {"stages", PROCESS_WORDS_STAGE, PROCESS_STAGE_COUNT, process_stage_to_str},
    {"roles", PROCESS_WORDS_ROLE, PROCESS_ROLE_COUNT, process_role_to_str},
    {"outcomes", PROCESS_WORDS_OUTCOME, PROCESS_OUTCOME_COUNT, process_outcome_to_str},
    {"clocks", PROCESS_WORDS_CLOCK, PROCESS_CLOCK_COUNT, process_clock_to_str},
    {"sources", PROCESS_WORDS_SOURCE, PROCESS_SOURCE_COUNT, process_source_to_str},
    {"tasks", PROCESS_WORDS_TASK, PROCESS_TASK_COUNT, process_task_to_str},
    {"kinds", PROCESS_WORDS_KIND, PROCESS_KIND_COUNT, process_kind_to_str},
};

static void put_words(struct json_writer *json, const struct city_snapshot *city,
                      const struct word_list *words)
{
    json_begin_array(json, words->name);
    for (int i = 0; i < words->count; i++) {
        if (words->to_str(i) == NULL) {
            continue; // a number that no word has taken yet
        }
        json_begin_object(json, NULL);
        json_put_text(json, "code", words->to_str(i));
        api_put_words(json, "label", city, words->list, i);
        json_end_object(json);
    }
    json_end_array(json);
}

void api_put_city(struct json_writer *json, const char *name,
                  const struct city_snapshot *city)
{
    struct city_names names = city_names(city);
    json_begin_object(json, name);
    json_put_text(json, "slug", city_slug(city));
    api_put_names(json, "name", city, &names);
    json_put_text(json, "time_zone", city_time_zone(city));
    json_begin_array(json, "languages");
    for (size_t i = 0; i < city_languages(city); i++) {
        json_put_text(json, NULL, city_language(city, i));
    }
    json_end_array(json);
    put_box(json, city);
    json_put_text(json, "attribution", city_attribution(city));
    json_put_int(json, "model_version", city_model_version(city));
    char tiles[TILES_VERSION_SIZE];
    api_tiles_version(city, tiles);
    json_put_text(json, "tiles_version", tiles);
    json_put_bool(json, "demo", city_is_demo(city));
    json_begin_array(json, "levels");
    for (size_t i = 0; i < city_levels(city); i++) {
        const struct city_level *level = city_level(city, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", level->code);
        api_put_names(json, "name", city, &level->name);
        json_put_text(json, "kind", city_level_kind_to_str(level->kind));
        json_end_object(json);
    }
    json_end_array(json);
    for (size_t i = 0; i < sizeof(word_lists) / sizeof(word_lists[0]); i++) {
        put_words(json, city, &word_lists[i]);
    }
    json_end_object(json);
}

static void put_choices(struct json_writer *json, const char *choices)
{
    size_t length = 0;
    json_begin_array(json, "choices");
    for (const char *word; (word = text_next(&choices, '|', &length));) {
        json_put_text_length(json, NULL, word, length);
    }
    json_end_array(json);
}

void api_put_limit_text(struct json_writer *json, const struct city_snapshot *city,
                        const struct case_clock *clock)
{
    json_begin_object(json, "limit_text");
    for (size_t i = 0; i < city_languages(city); i++) {
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_LINE);
        case_limit_text(clock, city_language(city, i), &text);
        json_put_text(json, city_language(city, i), text.data ? text.data : "");
    }
    json_end_object(json);
}

void api_put_action(struct json_writer *json, const struct process_action *action)
{
    json_put_text(json, "action", action->code);
    json_put_text(json, "kind", process_kind_to_str((int)action->kind));
    label_put(json, "label", &action->label);
    json_begin_array(json, "inputs");
    for (size_t i = 0; i < action->input_count; i++) {
        const struct process_input *input = &action->inputs[i];
        json_begin_object(json, NULL);
        json_put_text(json, "name", input->name);
        json_put_text(json, "type", process_input_type_to_str((int)input->type));
        json_put_bool(json, "required", input->required);
        if (input->choices[0]) {
            put_choices(json, input->choices);
        }
        label_put(json, "label", &input->label);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "needs"); // files that it does not go without
    for (size_t i = 0; i < action->guard_count; i++) {
        const struct process_term *guard = &action->guards[i];
        if (guard->word == PROCESS_GUARD_GIVEN && !guard->negated) {
            json_put_text(json, NULL, process_given_to_str((int)guard->numbers[0]));
        }
    }
    json_end_array(json);
}
