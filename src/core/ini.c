// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/ini.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

enum { INI_MOST = 1024 * 1024 };

struct ini {
    struct arena *arena;
    char *source;
    struct ini_entry *entries;
    size_t count;
    size_t room;
};

struct ini *ini_free(struct ini *ini)
{
    if (!ini)
        return NULL;
    arena_free(ini->arena);
    free(ini->entries);
    free(ini->source);
    free(ini);
    return NULL;
}

static char *lower(char *text)
{
    for (char *p = text; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return text;
}

static int malformed(const struct ini *ini, int64_t line, struct error *error,
                     const char *what)
{
    return error_set(error, ERROR_INPUT, "ini.malformed", "%s:%lld: %s", ini->source,
                     (long long)line, what);
}

static int add(struct ini *ini, const struct ini_entry *entry, struct error *error)
{
    if (ini_value(ini, entry->section, entry->key))
        return error_set(error, ERROR_INPUT, "ini.double_key",
                         "%s:%lld: '%s' is there twice", ini->source,
                         (long long)entry->line, entry->key);
    if (ini->count == ini->room) {
        ini->room = ini->room ? ini->room * 2 : 64;
        struct ini_entry *entries = realloc(ini->entries, ini->room * sizeof *entries);
        if (!entries)
            abort();
        ini->entries = entries;
    }
    ini->entries[ini->count++] = *entry;
    return 0;
}

struct reader {
    struct ini *ini;
    const char *section;
    int64_t line;
};

static int read_entry(struct reader *reader, char *text, struct error *error)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return malformed(reader->ini, reader->line, error, "expected 'key = value'");
    *equals = '\0';
    struct ini_entry entry = {.section = reader->section,
                              .key = lower(text_trim(text)),
                              .value = text_trim(equals + 1),
                              .line = reader->line};
    if (*entry.key == '\0')
        return malformed(reader->ini, reader->line, error, "a key without a name");
    return add(reader->ini, &entry, error);
}

static int read_line(struct reader *reader, char *text, struct error *error)
{
    struct ini *ini = reader->ini;
    bool indented = *text == ' ' || *text == '\t';
    char *trimmed = text_trim(text);
    if (*trimmed == '\0' || *trimmed == '#' || *trimmed == ';')
        return 0;
    if (indented && ini->count > 0) {
        struct ini_entry *last = &ini->entries[ini->count - 1];
        last->value = arena_format(ini->arena, "%s%s%s", last->value,
                                   *last->value ? " " : "", trimmed);
        return last->value ? 0 : malformed(ini, reader->line, error, "too much text");
    }
    if (*trimmed != '[')
        return read_entry(reader, trimmed, error);
    size_t length = strlen(trimmed);
    if (trimmed[length - 1] != ']')
        return malformed(ini, reader->line, error, "a section without ']'");
    trimmed[length - 1] = '\0';
    reader->section = lower(text_trim(trimmed + 1));
    return 0;
}

int ini_parse(const char *source, const char *text, size_t length, struct ini **ret_ini,
              struct error *error)
{
    INI_CLEANUP struct ini *ini = memory_new(sizeof *ini);
    ini->arena = arena_new((size_t)INI_MOST * 8);
    ini->source = memory_text(source);
    if (length > INI_MOST || !text_is_utf8(text, length))
        return malformed(ini, 1, error, "not a text of at most 1 MiB in UTF-8");
    char *copy = arena_copy(ini->arena, text, length);
    if (!copy)
        return malformed(ini, 1, error, "too much text");
    if (length >= 3 && memcmp(copy, "\xEF\xBB\xBF", 3) == 0)
        copy += 3;
    struct reader reader = {.ini = ini, .section = ""};
    for (char *line = copy, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        reader.line++;
        int status = read_line(&reader, line, error);
        if (status != 0)
            return status;
    }
    *ret_ini = ini;
    ini = NULL;
    return 0;
}

int ini_read(const char *path, struct ini **ret_ini, struct error *error)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, INI_MOST);
    int status = file_read(path, &text, error);
    if (status != 0)
        return status;
    return ini_parse(path, text.data ? text.data : "", text.length, ret_ini, error);
}

const char *ini_source(const struct ini *ini)
{
    return ini->source;
}

const char *ini_value(const struct ini *ini, const char *section, const char *key)
{
    for (size_t i = 0; i < ini->count; i++)
        if (strcmp(ini->entries[i].section, section) == 0 &&
            strcmp(ini->entries[i].key, key) == 0)
            return ini->entries[i].value;
    return NULL;
}

size_t ini_entries(const struct ini *ini)
{
    return ini->count;
}

const struct ini_entry *ini_entry(const struct ini *ini, size_t index)
{
    return index < ini->count ? &ini->entries[index] : NULL;
}

int ini_error(const struct ini *ini, const struct ini_entry *entry, const char *slug,
              struct error *error, const char *format, ...)
{
    char message[400];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    return error_set(error, ERROR_INPUT, slug, "%s:%lld: %s", ini->source,
                     (long long)(entry ? entry->line : 0), message);
}
