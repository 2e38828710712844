// SPDX-License-Identifier: MPL-2.0
// Reading: jansson behind typed getters. A struct json is a json_t under another name, so
// that no third-party type leaves this file.
#include <gridcase/core/json.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gridcase/core/text.h>

// Getters only read, but jansson's lookups take plain pointers.
static json_t *inside(const struct json *value)
{
    union {
        const struct json *ours;
        json_t *theirs;
    } pointer = {.ours = value};
    return pointer.theirs;
}

static struct json *outside(json_t *value)
{
    union {
        json_t *theirs;
        struct json *ours;
    } pointer = {.theirs = value};
    return pointer.ours;
}

static bool deeper_than(json_t *value, int levels)
{
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (levels == 0)
        return true;
    const char *key;
    json_t *member;
    size_t index;
    if (json_is_object(value)) {
        json_object_foreach(value, key, member)
        {
            if (deeper_than(member, levels - 1))
                return true;
        }
        return false;
    }
    json_array_foreach(value, index, member)
    {
        if (deeper_than(member, levels - 1))
            return true;
    }
    return false;
}

int json_parse(const char *text, size_t length, struct json **ret_document,
               struct error *error)
{
    json_error_t reason;
    json_t *value =
        json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (!value)
        return error_set(error, ERROR_INPUT, "json.malformed", "line %d column %d: %.120s",
                         reason.line, reason.column, reason.text);
    if (deeper_than(value, JSON_DEPTH)) {
        json_decref(value);
        return error_set(error, ERROR_INPUT, "json.too_deep",
                         "nested deeper than %d levels", JSON_DEPTH);
    }
    *ret_document = outside(value);
    return 0;
}

struct json *json_free(struct json *document)
{
    if (document)
        json_decref(inside(document));
    return NULL;
}

// The member, or NULL with *ret_status 0 (absent, optional) or an error.
static json_t *find(const struct json *object, const char *name,
                    enum json_presence presence, int *ret_status, struct error *error)
{
    *ret_status = 0;
    if (!json_is_object(inside(object))) {
        *ret_status = error_set(error, ERROR_INPUT, "json.wrong_type",
                                "expected an object that holds '%s'", name);
        return NULL;
    }
    json_t *value = json_object_get(inside(object), name);
    if (value && !json_is_null(value))
        return value;
    if (presence == JSON_REQUIRED)
        *ret_status =
            error_set(error, ERROR_INPUT, "json.missing", "'%s' is missing", name);
    return NULL;
}

static int wrong(struct error *error, const char *name, const char *expected)
{
    return error_set(error, ERROR_INPUT, "json.wrong_type", "'%s' must be %s", name,
                     expected);
}

int json_get_text(const struct json *object, const char *name, enum json_presence presence,
                  size_t ceiling_characters, const char **ret_text, struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_string(value))
        return wrong(error, name, "text");
    const char *text = json_string_value(value);
    if (text_characters(text, json_string_length(value)) > ceiling_characters)
        return error_set(error, ERROR_INPUT, "json.too_long",
                         "'%s' is longer than %zu characters", name, ceiling_characters);
    *ret_text = text;
    return 0;
}

int json_get_int(const struct json *object, const char *name, enum json_presence presence,
                 int64_t least, int64_t most, int64_t *ret_value, struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_integer(value))
        return wrong(error, name, "a whole number");
    int64_t number = (int64_t)json_integer_value(value);
    if (number < least || number > most)
        return error_set(error, ERROR_INPUT, "json.out_of_range",
                         "'%s' must lie between %lld and %lld", name, (long long)least,
                         (long long)most);
    *ret_value = number;
    return 0;
}

int json_get_double(const struct json *object, const char *name,
                    enum json_presence presence, double *ret_value, struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
        return wrong(error, name, "a number");
    *ret_value = json_number_value(value);
    return 0;
}

int json_get_bool(const struct json *object, const char *name, enum json_presence presence,
                  bool *ret_value, struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_boolean(value))
        return wrong(error, name, "true or false");
    *ret_value = json_is_true(value);
    return 0;
}

int json_get_object(const struct json *object, const char *name,
                    enum json_presence presence, const struct json **ret_object,
                    struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_object(value))
        return wrong(error, name, "an object");
    *ret_object = outside(value);
    return 0;
}

int json_get_array(const struct json *object, const char *name, enum json_presence presence,
                   const struct json **ret_array, struct error *error)
{
    int status;
    json_t *value = find(object, name, presence, &status, error);
    if (!value)
        return status;
    if (!json_is_array(value))
        return wrong(error, name, "a list");
    *ret_array = outside(value);
    return 0;
}

bool json_value_is_object(const struct json *value)
{
    return json_is_object(inside(value));
}

size_t json_array_length(const struct json *array)
{
    return array ? json_array_size(inside(array)) : 0;
}

const struct json *json_array_item(const struct json *array, size_t index)
{
    return array ? outside(json_array_get(inside(array), index)) : NULL;
}

const char *json_as_text(const struct json *value)
{
    return value ? json_string_value(inside(value)) : NULL;
}

bool json_as_int(const struct json *value, int64_t *ret_value)
{
    if (!value || !json_is_integer(inside(value)))
        return false;
    *ret_value = json_integer_value(inside(value));
    return true;
}

bool json_as_double(const struct json *value, double *ret_value)
{
    if (!value || !json_is_number(inside(value)))
        return false;
    *ret_value = json_number_value(inside(value));
    return true;
}

int json_only(const struct json *object, const char *const *names, struct error *error)
{
    if (!json_is_object(inside(object)))
        return error_set(error, ERROR_INPUT, "json.wrong_type", "expected an object");
    const char *key;
    json_t *member;
    json_object_foreach(inside(object), key, member)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (!names[i])
            return error_set(error, ERROR_INPUT, "json.unknown_member",
                             "'%.60s' is not expected here", key);
    }
    return 0;
}

int json_each(const struct json *object,
              int (*visit)(void *context, const char *name, const struct json *value),
              void *context)
{
    const char *key;
    json_t *member;
    json_object_foreach(inside(object), key, member)
    {
        int answer = visit(context, key, outside(member));
        if (answer != 0)
            return answer;
    }
    return 0;
}

void json_write_value(struct buffer *out, const struct json *value)
{
    char *text = json_dumps(inside(value), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text) {
        out->failed = true;
        return;
    }
    buffer_append_text(out, text);
    free(text);
}
