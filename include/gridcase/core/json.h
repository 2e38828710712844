// SPDX-License-Identifier: MPL-2.0
// JSON in through typed getters that name the path in the error, JSON out through a
// streaming writer. Integers are 64 bits; what a browser reads stays below 2^53.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// ---- reading ----
struct json; // one value of a parsed document

enum { JSON_DEPTH = 32 };

// Duplicate keys, trailing bytes, invalid UTF-8 and a depth over JSON_DEPTH are errors.
// Returns a document that the caller frees with json_free.
int json_parse(const char *text, size_t length, struct json **ret_document,
               struct error *error) ERROR_MUST_CHECK;
struct json *json_free(struct json *document); // documents only; takes NULL, returns NULL
static inline void json_cleanup(struct json **json)
{
    *json = json_free(*json);
}
#define JSON_CLEANUP __attribute__((cleanup(json_cleanup)))

enum json_presence { JSON_OPTIONAL, JSON_REQUIRED };

// Getters: 0 and *ret_x set; an absent or null optional member leaves *ret_x as it was.
// What they return is borrowed until the document is freed.
int json_get_text(const struct json *object, const char *name, enum json_presence presence,
                  size_t ceiling_characters, const char **ret_text,
                  struct error *error) ERROR_MUST_CHECK;
int json_get_int(const struct json *object, const char *name, enum json_presence presence,
                 int64_t least, int64_t most, int64_t *ret_value,
                 struct error *error) ERROR_MUST_CHECK;
int json_get_double(const struct json *object, const char *name,
                    enum json_presence presence, double *ret_value,
                    struct error *error) ERROR_MUST_CHECK;
int json_get_bool(const struct json *object, const char *name, enum json_presence presence,
                  bool *ret_value, struct error *error) ERROR_MUST_CHECK;
int json_get_object(const struct json *object, const char *name,
                    enum json_presence presence, const struct json **ret_object,
                    struct error *error) ERROR_MUST_CHECK;
int json_get_array(const struct json *object, const char *name, enum json_presence presence,
                   const struct json **ret_array, struct error *error) ERROR_MUST_CHECK;
bool json_value_is_object(const struct json *value);
size_t json_array_length(const struct json *array); // 0 when it is no array
const struct json *json_array_item(const struct json *array, size_t index); // NULL past it
const char *json_as_text(const struct json *value);             // NULL when it is no string
bool json_as_int(const struct json *value, int64_t *ret_value); // false when it is none
bool json_as_double(const struct json *value, double *ret_value); // likewise, any number
// ERROR_INPUT naming the first member that is not in names (NULL-terminated).
int json_only(const struct json *object, const char *const *names,
              struct error *error) ERROR_MUST_CHECK;
// Calls visit for each member in document order; stops at the first non-zero answer.
int json_each(const struct json *object,
              int (*visit)(void *context, const char *name, const struct json *value),
              void *context);
// Compact text of a value, keys sorted: appended to out.
void json_write_value(struct buffer *out, const struct json *value);

// ---- writing ----
// Commas and nesting are kept by the writer; name is NULL inside arrays.
struct json_writer {
    struct buffer *out;  // borrowed
    uint32_t has_member; // a bit per depth
    uint32_t depth;
};

void json_writer_init(struct json_writer *writer, struct buffer *out);
void json_begin_object(struct json_writer *writer, const char *name);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer, const char *name);
void json_end_array(struct json_writer *writer);
void json_put_text(struct json_writer *writer, const char *name,
                   const char *text); // NULL: null
void json_put_text_length(struct json_writer *writer, const char *name, const char *text,
                          size_t length);
void json_put_int(struct json_writer *writer, const char *name, int64_t value);
void json_put_double(struct json_writer *writer, const char *name, double value,
                     int decimals); // not finite: null
void json_put_bool(struct json_writer *writer, const char *name, bool value);
void json_put_null(struct json_writer *writer, const char *name);
void json_put_instant(struct json_writer *writer, const char *name, int64_t instant_ms);
// raw is written as it is: the caller vouches that it is one JSON value.
void json_put_raw(struct json_writer *writer, const char *name, const char *raw,
                  size_t length);
