// SPDX-License-Identifier: MPL-2.0
#include <gridcase/rules/label.h>

#include <string.h>

// "zh" becomes zh-CN, as everywhere in the interface; "zh_hant" becomes zh-hant.
static bool tag_from_suffix(const char *suffix, char out[LABEL_TAG_SIZE])
{
    if (strcmp(suffix, "zh") == 0)
        suffix = "zh-CN";
    size_t length = strlen(suffix);
    if (length == 0 || length >= LABEL_TAG_SIZE)
        return false;
    for (size_t i = 0; i <= length; i++)
        out[i] = suffix[i] == '_' ? '-' : suffix[i];
    return true;
}

void label_read(const struct table *table, size_t row, const char *prefix,
                struct arena *arena, struct label *ret_label)
{
    size_t prefix_length = strlen(prefix);
    memset(ret_label, 0, sizeof *ret_label);
    for (size_t i = 0; i < table_columns(table); i++) {
        const char *column = table_column_name(table, i);
        const char *text = table_cell(table, row, (int)i);
        if (strncmp(column, prefix, prefix_length) != 0 || *text == '\0' ||
            ret_label->count == LABEL_LANGUAGES)
            continue;
        const char *suffix = column + prefix_length;
        if (*suffix != '\0' && *suffix != '_')
            continue;
        char *tag = ret_label->tags[ret_label->count];
        if (!tag_from_suffix(*suffix == '_' ? suffix + 1 : "und", tag))
            continue;
        char *copy = arena_text(arena, text);
        if (copy)
            ret_label->texts[ret_label->count++] = copy;
    }
}

static size_t primary_length(const char *tag)
{
    return strcspn(tag, "-");
}

static const char *find_primary(const struct label *label, const char *language)
{
    size_t length = primary_length(language);
    for (size_t i = 0; i < label->count; i++)
        if (primary_length(label->tags[i]) == length &&
            strncmp(label->tags[i], language, length) == 0)
            return label->texts[i];
    return NULL;
}

const char *label_text(const struct label *label, const char *language)
{
    if (label->count == 0)
        return "";
    if (language) {
        for (size_t i = 0; i < label->count; i++)
            if (strcmp(label->tags[i], language) == 0)
                return label->texts[i];
        const char *text = find_primary(label, language);
        if (text)
            return text;
    }
    const char *english = find_primary(label, "en");
    return english ? english : label->texts[0];
}

void label_put(struct json_writer *writer, const char *name, const struct label *label)
{
    json_begin_object(writer, name);
    for (size_t i = 0; i < label->count; i++)
        json_put_text(writer, label->tags[i], label->texts[i]);
    json_end_object(writer);
}
