// SPDX-License-Identifier: MPL-2.0
// The crosswalk: classes of earlier editions of the standard and what they are called now.
// former_classes.csv of gridcase-catalogue(5).
#include <string.h>

#include <gridcase/core/text.h>

#include "catalogue_internal.h"

enum { FORMERS_MOST = 20000, EDITION_MOST = 23 };

size_t catalogue_former_count(const struct catalogue *catalogue)
{
    return catalogue->former_count;
}

const struct catalogue_former *catalogue_former(const struct catalogue *catalogue,
                                                size_t index)
{
    return &catalogue->formers[index];
}

const struct catalogue_former *catalogue_former_find(const struct catalogue *catalogue,
                                                     const char *edition, const char *code)
{
    for (size_t i = 0; i < catalogue->former_count; i++) {
        const struct catalogue_former *one = &catalogue->formers[i];
        if (text_equal(one->code, code) && text_equal(one->edition, edition))
            return one;
    }
    return NULL;
}

static const char *former_code(struct catalogue_build *build, size_t row)
{
    static const char letters[CATALOGUE_KIND_COUNT] = {'c', 'e', 's'};
    const struct table *table = build->source->former_classes;
    struct arena *arena = build->catalogue->arena;
    const char *major = table_value(table, row, "major");
    const char *minor = table_value(table, row, "minor");
    enum catalogue_kind kind;
    struct error error;
    if (*table_value(table, row, "code") || !*major || !*minor)
        return rules_code_good(&build->check, table, row, "code", 0)
                   ? arena_text(arena, table_value(table, row, "code"))
                   : NULL;
    if (catalogue_kind_from_str(table_value(table, row, "kind"), &kind, &error)) {
        rules_error(&build->check, table, row, "kind", "catalogue.kind_unknown", "%s",
                    error.message);
        return NULL;
    }
    return arena_format(arena, "%c%s%s", letters[kind], major, minor);
}

static void read_row(struct catalogue_build *build, struct rules_index *seen, size_t row)
{
    struct catalogue *catalogue = build->catalogue;
    const struct table *table = build->source->former_classes;
    struct catalogue_former *former = &catalogue->formers[catalogue->former_count];
    const char *edition = table_value(table, row, "edition");
    const char *class = table_value(table, row, "class");
    size_t other = 0;
    *former = (struct catalogue_former){.class_index = CATALOGUE_NO_CLASS};
    former->code = former_code(build, row);
    if (!former->code)
        return;
    if (*edition == '\0' || strlen(edition) > EDITION_MOST) {
        rules_error(&build->check, table, row, "edition", "catalogue.edition",
                    "which edition of the standard is it? Up to %d characters",
                    EDITION_MOST);
        return;
    }
    former->edition = arena_text(catalogue->arena, edition);
    const char *key = arena_format(catalogue->arena, "%s %s", edition, former->code);
    if (!rules_index_add(seen, key, catalogue->former_count, &other)) {
        rules_error(&build->check, table, row, "code", "code.duplicate",
                    "'%s' of edition %s is there already", former->code, edition);
        return;
    }
    if (*class != '\0' &&
        !rules_index_find(&catalogue->class_codes, class, &former->class_index)) {
        rules_error(&build->check, table, row, "class", "catalogue.class_unknown",
                    "the catalogue has no class '%.63s'", class);
        return;
    }
    label_read(table, row, "name", catalogue->arena, &former->name);
    catalogue->former_count++;
}

void catalogue_read_formers(struct catalogue_build *build)
{
    static const char *const columns[] = {"edition", "class", NULL};
    static const char *const known[] = {"edition", "kind",  "major", "minor",
                                        "code",    "class", "note",  NULL};
    static const char *const prefixes[] = {"name", "major_name", NULL};
    const struct table *table = build->source->former_classes;
    struct catalogue *catalogue = build->catalogue;
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return;
    size_t rows = table_rows(table);
    if (rows > FORMERS_MOST) {
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "catalogue.too_large",
                    "more than %d former classes", FORMERS_MOST);
        return;
    }
    rules_known_columns(&build->check, table, known, prefixes);
    catalogue->formers =
        arena_array(catalogue->arena, rows + 1, sizeof *catalogue->formers);
    struct rules_index seen;
    rules_index_init(&seen, rows + 1);
    for (size_t row = 0; row < rows; row++)
        read_row(build, &seen, row);
    rules_index_done(&seen);
}

void catalogue_put_formers(const struct catalogue *catalogue, size_t class_index,
                           struct json_writer *writer)
{
    json_begin_array(writer, "former");
    for (size_t i = 0; i < catalogue->former_count; i++) {
        const struct catalogue_former *one = &catalogue->formers[i];
        if (one->class_index != class_index)
            continue;
        json_begin_object(writer, NULL);
        json_put_text(writer, "edition", one->edition);
        json_put_text(writer, "code", one->code);
        label_put(writer, "name", &one->name);
        json_end_object(writer);
    }
    json_end_array(writer);
}
