// SPDX-License-Identifier: MPL-2.0
#include "model_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

static void check(int code, const struct error *error, const char *what)
{
    if (code < 0) {
        fprintf(stderr, "%s: %s\n", what, error->message);
        abort();
    }
}

// Text with `from` replaced by `to`; aborts when it does not occur.
static void replace(struct buffer *text, const char *from, const char *to)
{
    struct buffer old = *text;
    buffer_init(text, BUFFER_CEILING_FILE);
    const char *at = old.data;
    const char *hit = strstr(at, from);
    if (!hit) {
        fprintf(stderr, "an edit has nothing to replace: %s\n", from);
        abort();
    }
    for (; hit; at = hit + strlen(from), hit = strstr(at, from)) {
        buffer_append(text, at, (size_t)(hit - at));
        buffer_append_text(text, to);
    }
    buffer_append_text(text, at);
    buffer_done(&old);
}

static void read_file(const char *folder, const char *name, struct buffer *out)
{
    struct error error = {0};
    char path[4096];
    buffer_init(out, BUFFER_CEILING_FILE);
    check(file_path(path, sizeof path, folder, name, &error), &error, name);
    check(file_read(path, out, &error), &error, path);
}

static void write_file(const char *folder, const char *name, const struct buffer *text)
{
    struct error error = {0};
    char path[4096];
    check(file_path(path, sizeof path, folder, name, &error), &error, name);
    check(file_write_atomic(path, text->data, text->length, &error), &error, path);
}

// "layers/grids.geojson" -> "layers_grids.geojson", so that the folder is flat.
static void flat_name(const char *file, char *out, size_t size)
{
    snprintf(out, size, "%s", file);
    for (char *c = out; *c; c++)
        if (*c == '/')
            *c = '_';
}

// Writes the edited copy of a file once and points city.ini at it.
static void edit_file(const char *folder, const char *origin, const struct model_edit *edit,
                      struct buffer *ini)
{
    char name[256], from[512], to[512], path[4096];
    struct buffer text;
    flat_name(edit->file, name, sizeof name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(from, sizeof from, "source = %s\n", edit->file);
    snprintf(to, sizeof to, "source = %s\n", name);
    if (file_exists(path))
        read_file(folder, name, &text);
    else {
        read_file(origin, edit->file, &text);
        replace(ini, from, to);
    }
    if (edit->from) {
        replace(&text, edit->from, edit->to);
    } else {
        buffer_clear(&text);
        buffer_append_text(&text, edit->to);
    }
    write_file(folder, name, &text);
    buffer_done(&text);
}

// Sources that were not edited: from now on by their whole path.
static void point_at_origin(struct buffer *ini, const char *origin, const char *folder)
{
    struct buffer old = *ini;
    buffer_init(ini, BUFFER_CEILING_FILE);
    for (const char *at = old.data; *at;) {
        size_t length = strcspn(at, "\n");
        char file[512] = "", path[4096];
        if (sscanf(at, "source = %500[^\n]", file) == 1) {
            snprintf(path, sizeof path, "%s/%s", folder, file);
            if (!file_exists(path))
                snprintf(path, sizeof path, "%s/%s", origin, file);
            if (file[0] == '/')
                snprintf(path, sizeof path, "%s", file);
            buffer_format(ini, "source = %s\n", path);
        } else {
            buffer_append(ini, at, length);
            buffer_append_char(ini, '\n');
        }
        at += length + (at[length] == '\n');
    }
    buffer_done(&old);
}

void model_folder_write(const char *folder, const struct model_edit *edits)
{
    char origin[4096], root[2048];
    const char *from_environment = getenv("GRIDCASE_ROOT");
    if (!from_environment && !realpath(".", root))
        abort();
    snprintf(origin, sizeof origin, "%s/fixtures/tinytown",
             from_environment ? from_environment : root);
    struct buffer ini;
    read_file(origin, "city.ini", &ini);
    for (const struct model_edit *edit = edits; edit && edit->file; edit++)
        if (strcmp(edit->file, "city.ini") == 0)
            replace(&ini, edit->from, edit->to);
        else
            edit_file(folder, origin, edit, &ini);
    point_at_origin(&ini, origin, folder);
    write_file(folder, "city.ini", &ini);
    buffer_done(&ini);
}
