// SPDX-License-Identifier: MPL-2.0
// Settings files: [section], key = value, comments from '#' or ';' at a line's start.
//
// Sections and keys are lower-cased; a value is the rest of the line, trimmed, and may be
// continued on following lines that begin with a blank. The order of the file is kept.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct ini;

struct ini_entry { // borrowed until ini_free
    const char *section;
    const char *key;
    const char *value;
    int64_t line; // in the file, from 1
};

// ERROR_INPUT "ini.malformed", "ini.double_key" naming source and line.
int ini_parse(const char *source, const char *text, size_t length, struct ini **ret_ini,
              struct error *error) ERROR_MUST_CHECK;
// Reads and parses a file of at most 1 MiB.
int ini_read(const char *path, struct ini **ret_ini, struct error *error) ERROR_MUST_CHECK;
struct ini *ini_free(struct ini *ini); // takes NULL, returns NULL
static inline void ini_cleanup(struct ini **ini)
{
    *ini = ini_free(*ini);
}
#define INI_CLEANUP __attribute__((cleanup(ini_cleanup)))

const char *ini_source(const struct ini *ini);
// NULL when absent.
const char *ini_value(const struct ini *ini, const char *section, const char *key);
// All entries in the order of the file.
size_t ini_entries(const struct ini *ini);
const struct ini_entry *ini_entry(const struct ini *ini, size_t index);
// "source:line: " before a message.
int ini_error(const struct ini *ini, const struct ini_entry *entry, const char *slug,
              struct error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
