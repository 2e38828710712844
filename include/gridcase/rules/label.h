// SPDX-License-Identifier: MPL-2.0
// Words of a city in several languages: columns name_zh, name_en, ... of its tables.
#pragma once

#include <stddef.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/json.h>
#include <gridcase/core/table.h>

enum { LABEL_LANGUAGES = 8, LABEL_TAG_SIZE = 16 };

struct label {
    size_t count;
    char tags[LABEL_LANGUAGES][LABEL_TAG_SIZE]; // "zh-CN", "en"
    const char *texts[LABEL_LANGUAGES];         // in the arena; never empty
};

// Reads the columns "<prefix>_<language>" of a row, in table order; suffix zh means zh-CN,
// '_' in a suffix is '-' in the tag. A plain column "<prefix>" is the language "und".
// Texts live in the arena. Columns beyond LABEL_LANGUAGES are ignored.
void label_read(const struct table *table, size_t row, const char *prefix,
                struct arena *arena, struct label *ret_label);
// Best text for a language tag: same tag, same primary language, "en", the first one.
// "" when the label is empty, never NULL.
const char *label_text(const struct label *label, const char *language);
// {"zh-CN": "...", "en": "..."}
void label_put(struct json_writer *writer, const char *name, const struct label *label);
