// SPDX-License-Identifier: MPL-2.0
// Inputs of a move: names and types checked against the action, kept for the history.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "case_internal.h"

struct reader {
    struct case_work *work;
    const struct process_action *action;
    struct case_inputs *inputs;
    struct error *error;
};

static int wrong(const struct reader *reader, const struct process_input *input,
                 const char *what)
{
    return error_set(reader->error, ERROR_INPUT, "case.input", "input '%s' %s", input->name,
                     what);
}

static int read_id(const struct reader *reader, const struct process_input *input,
                   const char *text, size_t length, int64_t *ret_id)
{
    if (text_to_int(text, length, ret_id, NULL) != 0 || *ret_id <= 0)
        return wrong(reader, input, "is no id");
    return 0;
}

static int read_department(const struct reader *reader, const struct process_input *input,
                           const char *text, size_t length, int64_t *ret_id)
{
    int code = read_id(reader, input, text, length, ret_id);
    if (code != 0)
        return code;
    const struct city_department *department =
        city_department_by_id(reader->work->city, *ret_id);
    if (department == NULL || department->closed)
        return wrong(reader, input, "names no department");
    return 0;
}

static int read_departments(const struct reader *reader, const struct process_input *input,
                            const char *text)
{
    size_t length = 0;
    for (const char *piece; (piece = text_next(&text, ',', &length)) != NULL;) {
        if (reader->inputs->assistant_count == ROUTING_ASSISTANTS)
            return wrong(reader, input, "has too many departments");
        int code =
            read_department(reader, input, piece, length,
                            &reader->inputs->assistants[reader->inputs->assistant_count++]);
        if (code != 0)
            return code;
    }
    return 0;
}

static int read_media(const struct reader *reader, const struct process_input *input,
                      const char *text)
{
    struct case_inputs *inputs = reader->inputs;
    size_t length = 0;
    for (const char *piece; (piece = text_next(&text, ',', &length)) != NULL;) {
        if (length == 0)
            continue;
        if (inputs->media_count == CASE_MEDIA_MOST)
            return wrong(reader, input, "has too many photos");
        const char *colon = memchr(piece, ':', length);
        size_t digits = colon != NULL ? (size_t)(colon - piece) : length;
        int shows = colon != NULL ? case_shows_from_str(colon + 1, length - digits - 1) : 0;
        if (hash_from_hex(piece, digits, inputs->media[inputs->media_count], NULL) != 0)
            return wrong(reader, input, "is no list of SHA-256 digests");
        if (shows < 0)
            return wrong(reader, input, "has a stage other than before, after and check");
        inputs->media_shows[inputs->media_count++] = (uint8_t)shows;
    }
    return 0;
}

static int read_choice(const struct reader *reader, const struct process_input *input,
                       const char *text)
{
    const char *cursor = input->choices;
    size_t length = 0;
    int number = 1;
    for (const char *word; (word = text_next(&cursor, '|', &length)) != NULL; number++)
        if (strlen(text) == length && memcmp(word, text, length) == 0) {
            reader->inputs->choice = number;
            return 0;
        }
    return wrong(reader, input, "is none of the choices");
}

static int read_text(const struct reader *reader, const struct process_input *input,
                     const char *text)
{
    size_t length = strlen(text);
    if (!text_is_utf8(text, length))
        return wrong(reader, input, "is not UTF-8");
    if (text_characters(text, length) > CASE_DESCRIPTION_MOST)
        return error_set(reader->error, ERROR_LIMIT, "case.input_too_long",
                         "input '%s' has more than %d characters", input->name,
                         CASE_DESCRIPTION_MOST);
    if (strcmp(input->name, "opinion") == 0)
        reader->inputs->opinion = text;
    if (strcmp(input->name, "address") == 0)
        reader->inputs->address = text;
    return 0;
}

static int read_value(const struct reader *reader, size_t index, const char *text)
{
    const struct process_input *input = &reader->action->inputs[index];
    struct case_inputs *inputs = reader->inputs;
    int64_t number = 0;
    int code = 0;
    inputs->words[index] = text;
    inputs->instants[index] = INSTANT_NONE;
    switch (input->type) {
    case PROCESS_INPUT_TEXT:
        return read_text(reader, input, text);
    case PROCESS_INPUT_DEPARTMENT:
        return read_department(reader, input, text, strlen(text), &inputs->department_id);
    case PROCESS_INPUT_DEPARTMENTS:
        return read_departments(reader, input, text);
    case PROCESS_INPUT_CLASS:
        return read_id(reader, input, text, strlen(text), &inputs->class_id);
    case PROCESS_INPUT_CONDITION:
        return read_id(reader, input, text, strlen(text), &inputs->condition_id);
    case PROCESS_INPUT_POINT:
        code = case_point_parse(text, &inputs->point, reader->error);
        inputs->has_point = code == 0;
        return code;
    case PROCESS_INPUT_INSTANT:
        return instant_from_text(text, strlen(text), &inputs->instants[index],
                                 reader->error);
    case PROCESS_INPUT_MEDIA:
        return read_media(reader, input, text);
    case PROCESS_INPUT_CHOICE:
        return read_choice(reader, input, text);
    case PROCESS_INPUT_NUMBER:
        return text_to_int(text, strlen(text), &number, reader->error);
    case PROCESS_INPUT_PERSON:
        return read_id(reader, input, text, strlen(text), &number);
    default:
        return strlen(text) < CASE_NUMBER_SIZE ? 0 : wrong(reader, input, "is no number");
    }
}

static bool is_number(enum process_input_type type)
{
    return type == PROCESS_INPUT_DEPARTMENT || type == PROCESS_INPUT_CLASS ||
           type == PROCESS_INPUT_CONDITION || type == PROCESS_INPUT_NUMBER ||
           type == PROCESS_INPUT_PERSON;
}

// All inputs but the opinion as one JSON object, in the order of the process table.
static int write_json(const struct reader *reader)
{
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    size_t written = 0;
    for (size_t i = 0; i < reader->action->input_count; i++) {
        const struct process_input *input = &reader->action->inputs[i];
        const char *text = reader->inputs->words[i];
        if (text == NULL || strcmp(input->name, "opinion") == 0)
            continue;
        written++;
        if (is_number(input->type))
            json_put_raw(&writer, input->name, text, strlen(text));
        else
            json_put_text(&writer, input->name, text);
    }
    if (reader->work->behalf_department_id != 0) {
        json_put_text(&writer, "on_behalf", reader->work->move->behalf);
        written++;
    }
    json_end_object(&writer);
    int code = buffer_check(&out, reader->error);
    if (code == 0 && written > 0)
        reader->inputs->json = arena_copy(reader->work->arena, out.data, out.length);
    return code;
}

static int find_input(const struct process_action *action, const char *name)
{
    for (size_t i = 0; i < action->input_count; i++)
        if (strcmp(action->inputs[i].name, name) == 0)
            return (int)i;
    return -1;
}

int case_inputs_check(struct case_work *work, const struct process_action *action,
                      struct case_inputs *ret_inputs, struct error *error)
{
    *ret_inputs = (struct case_inputs){.opinion = ""};
    struct reader reader = {work, action, ret_inputs, error};
    for (size_t i = 0; i < CASE_INPUTS_MOST; i++)
        ret_inputs->instants[i] = INSTANT_NONE;
    const struct case_move *move = work->move;
    for (size_t i = 0; i < move->input_count; i++) {
        int at = find_input(action, move->inputs[i].name);
        if (at < 0)
            return error_set(error, ERROR_INPUT, "case.input", "'%s' takes no input '%s'",
                             action->code, move->inputs[i].name);
        const char *value = move->inputs[i].value;
        if (value == NULL || *value == '\0')
            continue;
        int code = read_value(&reader, (size_t)at, value);
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < action->input_count; i++)
        if (action->inputs[i].required && ret_inputs->words[i] == NULL)
            return wrong(&reader, &action->inputs[i], "is required");
    return write_json(&reader);
}

// ---- what a correction replaced ----
static void put_point(struct json_writer *writer, const struct case_point *point);

static bool same_place(const struct case_place *a, const struct case_place *b)
{
    return a->class_id == b->class_id && a->condition_id == b->condition_id &&
           a->grid_id == b->grid_id && a->has_point == b->has_point &&
           !(fabs(a->point.lon_deg - b->point.lon_deg) > 0) &&
           !(fabs(a->point.lat_deg - b->point.lat_deg) > 0) &&
           strcmp(a->address, b->address) == 0;
}

// What lies there, so that the history alone says where a case counts.
static void put_where(struct json_writer *writer, const struct case_place *place)
{
    size_t levels = CITY_LEVEL_LIMIT;
    while (levels > 0 && place->areas[levels - 1] == 0)
        levels--;
    json_begin_array(writer, "areas");
    for (size_t i = 0; i < levels; i++)
        json_put_int(writer, NULL, place->areas[i]);
    json_end_array(writer);
    json_put_int(writer, "grid", place->grid_id);
}

// All are kept: the inputs say what was asked for, "before" what it was, "after" where the
// case counts now.
int case_inputs_keep_before(struct case_work *work, struct error *error)
{
    const struct case_place *before = &work->place_before;
    if (work->is_new || work->inputs.json == NULL || same_place(before, &work->row.place))
        return 0;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_begin_object(&writer, "after");
    json_put_int(&writer, "class", work->row.place.class_id);
    json_put_int(&writer, "condition", work->row.place.condition_id);
    put_where(&writer, &work->row.place);
    json_end_object(&writer);
    json_begin_object(&writer, "before");
    json_put_text(&writer, "address", before->address);
    json_put_int(&writer, "class", before->class_id);
    json_put_int(&writer, "condition", before->condition_id);
    json_put_int(&writer, "grid", before->grid_id);
    if (before->has_point)
        put_point(&writer, &before->point);
    json_end_object(&writer);
    json_end_object(&writer);
    size_t length = strlen(work->inputs.json);
    if (out.length > 2 && length > 2) { // "{a}" and "{b}" become "{a,b}"
        struct buffer both BUFFER_CLEANUP;
        buffer_init(&both, BUFFER_CEILING_LINE);
        buffer_append(&both, work->inputs.json, length - 1);
        buffer_append_char(&both, ',');
        buffer_append(&both, out.data + 1, out.length - 1);
        int code = buffer_check(&both, error);
        if (code != 0)
            return code;
        work->inputs.json = arena_copy(work->arena, both.data, both.length);
    }
    return buffer_check(&out, error);
}

// ---- the report ----
// The history of a case begins with what was reported: description as its opinion, the
// rest as JSON. A reporter stands as a salted digest.
static void put_reporter(struct case_work *work, struct json_writer *writer)
{
    const struct case_reporter *reporter = work->move->draft->reporter;
    if (reporter == NULL)
        return;
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_LINE);
    const char *const parts[] = {reporter->name, reporter->phone, reporter->email};
    for (size_t i = 0; i < 3; i++) {
        buffer_append_text(&text, parts[i] != NULL ? parts[i] : "");
        buffer_append_char(&text, '\n');
    }
    uint8_t digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    history_text_digest(work->salt, text.data, digest);
    hash_to_hex(digest, hex);
    json_put_text(writer, "reporter", hex);
}

static void put_point(struct json_writer *writer, const struct case_point *point)
{
    json_begin_object(writer, "point");
    json_put_double(writer, "lon", point->lon_deg, 7);
    json_put_double(writer, "lat", point->lat_deg, 7);
    if (point->accuracy_m >= 0)
        json_put_double(writer, "accuracy_m", point->accuracy_m, 1);
    json_put_int(writer, "datum", (int64_t)point->datum);
    json_end_object(writer);
}

// The routing rule that chose the department: its line in the table and its name.
static void put_rule(const struct case_work *work, struct json_writer *writer)
{
    char text[300];
    if (!work->routed || work->route.rule == 0 ||
        work->row.department_id != work->route.lead)
        return;
    snprintf(text, sizeof text, "%lld %.250s", (long long)work->route.line,
             work->route.name != NULL ? work->route.name : "");
    size_t length = strlen(text);
    while (!text_is_utf8(text, length)) // the cut fell into a character
        length--;
    json_put_text_length(writer, "rule", text, length);
}

int case_report_inputs(struct case_work *work, struct error *error)
{
    const struct case_draft *draft = work->move->draft;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    if (*work->row.place.address != '\0')
        json_put_text(&writer, "address", work->row.place.address);
    put_where(&writer, &work->row.place);
    json_put_int(&writer, "class", work->row.place.class_id);
    if (work->row.place.component_id != 0)
        json_put_text(&writer, "component", work->row.place.component);
    json_put_int(&writer, "condition", work->row.place.condition_id);
    if (draft->external_id != NULL)
        json_put_text(&writer, "external_id", draft->external_id);
    if (draft->follows_id != 0)
        json_put_text(&writer, "follows", draft->follows);
    if (work->row.place.has_point)
        put_point(&writer, &work->row.place.point);
    put_reporter(work, &writer);
    put_rule(work, &writer);
    json_put_text(&writer, "source", process_source_to_str((int)draft->source));
    if (*work->row.urgency != '\0')
        json_put_text(&writer, "urgency", work->row.urgency);
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    if (code != 0)
        return code;
    work->inputs.json = arena_copy(work->arena, out.data, out.length);
    work->inputs.opinion = work->row.description;
    return 0;
}

// ---- from JSON ----
struct collecting {
    struct arena *arena;
    struct case_input *inputs;
    size_t count;
    bool too_many, odd;
};

static void append_plain(struct buffer *out, const struct json *value)
{
    const char *text = json_as_text(value);
    if (text != NULL)
        buffer_append_text(out, text);
    else
        json_write_value(out, value);
}

// A point object as "lon,lat[,accuracy_m[,datum]]"; false when it is none.
static bool append_point(struct buffer *out, const struct json *value)
{
    double lon = 0, lat = 0, accuracy_m = -1;
    const char *datum = "wgs84";
    if (json_get_double(value, "lon", JSON_REQUIRED, &lon, NULL) != 0 ||
        json_get_double(value, "lat", JSON_REQUIRED, &lat, NULL) != 0 ||
        json_get_double(value, "accuracy_m", JSON_OPTIONAL, &accuracy_m, NULL) != 0 ||
        json_get_text(value, "datum", JSON_OPTIONAL, 20, &datum, NULL) != 0)
        return false;
    buffer_format(out, "%.9f,%.9f,%.2f,%s", lon, lat, accuracy_m, datum);
    return true;
}

// A file with what it shows, as "sha256:stage"; false when it is none.
static bool append_media(struct buffer *out, const struct json *value)
{
    static const char *const names[] = {"sha256", "stage", NULL};
    const char *sha256 = NULL, *stage = NULL;
    if (json_only(value, names, NULL) != 0 ||
        json_get_text(value, "sha256", JSON_REQUIRED, HASH_HEX_SIZE, &sha256, NULL) != 0 ||
        json_get_text(value, "stage", JSON_OPTIONAL, 20, &stage, NULL) != 0)
        return false;
    buffer_format(out, stage != NULL ? "%s:%s" : "%s", sha256, stage);
    return true;
}

static int collect_input(void *context, const char *name, const struct json *value)
{
    struct collecting *collecting = context;
    if (collecting->count == CASE_INPUTS_MOST) {
        collecting->too_many = true;
        return 1;
    }
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    if (json_value_is_object(value)) {
        collecting->odd |= !append_point(&out, value);
    } else if (json_array_length(value) > 0) {
        for (size_t i = 0; i < json_array_length(value); i++) {
            if (i > 0)
                buffer_append_char(&out, ',');
            const struct json *item = json_array_item(value, i);
            if (json_value_is_object(item))
                collecting->odd |= !append_media(&out, item);
            else
                append_plain(&out, item);
        }
    } else {
        append_plain(&out, value);
    }
    bool empty =
        out.length == 0 || (json_as_text(value) == NULL &&
                            (strcmp(out.data, "null") == 0 || strcmp(out.data, "[]") == 0));
    collecting->odd |= buffer_check(&out, NULL) != 0;
    if (!empty && !collecting->odd)
        collecting->inputs[collecting->count++] =
            (struct case_input){arena_text(collecting->arena, name),
                                arena_copy(collecting->arena, out.data, out.length)};
    return collecting->odd;
}

int case_inputs_from_json(struct arena *arena, const struct json *object,
                          struct case_input inputs[CASE_INPUTS_MOST], size_t *ret_count,
                          struct error *error)
{
    struct collecting collecting = {arena, inputs, 0, false, false};
    if (object != NULL && !json_value_is_object(object))
        return error_set(error, ERROR_INPUT, "case.input", "inputs are no object");
    if (object != NULL)
        (void)json_each(object, collect_input, &collecting);
    if (collecting.too_many || collecting.odd)
        return error_set(error, ERROR_INPUT, "case.input",
                         "inputs are too many, too long or of no known form");
    *ret_count = collecting.count;
    return 0;
}

int case_keep_pair(struct case_work *work, const char *const names[2],
                   const int64_t values[2], struct error *error)
{
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    for (int i = 0; i < 2; i++)
        json_put_int(&writer, names[i], values[i]);
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    if (code == 0)
        work->inputs.json = arena_copy(work->arena, out.data, out.length);
    return code;
}
