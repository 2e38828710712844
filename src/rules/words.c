// SPDX-License-Identifier: MPL-2.0
// labels.csv: list, code, name_<language>; gridcase-labels(5).
#include <gridcase/rules/words.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "rules_internal.h"

enum { NUMBERS = 128, LABELS_ARENA = 4 * 1024 * 1024 };

struct words {
    struct arena *arena;
    size_t count;
    struct label label[PROCESS_WORDS_COUNT][NUMBERS];
};

static const struct {
    const char *name;
    const char *(*code)(int number);
} lists[PROCESS_WORDS_COUNT] = {
    [PROCESS_WORDS_STAGE] = {"stage", process_stage_to_str},
    [PROCESS_WORDS_OUTCOME] = {"outcome", process_outcome_to_str},
    [PROCESS_WORDS_ROLE] = {"role", process_role_to_str},
    [PROCESS_WORDS_TASK] = {"task", process_task_to_str},
    [PROCESS_WORDS_KIND] = {"kind", process_kind_to_str},
    [PROCESS_WORDS_CLOCK] = {"clock", process_clock_to_str},
    [PROCESS_WORDS_SOURCE] = {"source", process_source_to_str},
};

const char *words_list_to_str(enum process_words_of list)
{
    return (unsigned)list < PROCESS_WORDS_COUNT ? lists[list].name : "";
}

static int find_list(const char *name)
{
    for (int i = 0; i < PROCESS_WORDS_COUNT; i++)
        if (text_equal(lists[i].name, name))
            return i;
    return -1;
}

static int find_number(int list, const char *code)
{
    for (int i = 0; i < NUMBERS; i++)
        if (lists[list].code(i) != NULL && text_equal(lists[list].code(i), code))
            return i;
    return -1;
}

static void read_row(struct words *words, struct rules_check *check,
                     const struct table *table, size_t row)
{
    const char *code = table_value(table, row, "code");
    int list = find_list(table_value(table, row, "list"));
    if (list < 0) {
        rules_error(check, table, row, "list", "labels.list_unknown",
                    "'%.40s' is none of stage, outcome, role, task, kind, clock, source",
                    table_value(table, row, "list"));
        return;
    }
    int number = find_number(list, code);
    if (number < 0) {
        rules_error(check, table, row, "code", "labels.code_unknown",
                    "there is no %s '%.40s': gridcase process words lists them",
                    lists[list].name, code);
        return;
    }
    struct label *label = &words->label[list][number];
    if (label->count > 0) {
        rules_error(check, table, row, "code", "labels.twice",
                    "%s '%.40s' has a label already", lists[list].name, code);
        return;
    }
    label_read(table, row, "name", words->arena, label);
    if (label->count == 0)
        rules_error(check, table, row, "name", "labels.empty", "no name in any language");
    else
        words->count++;
}

int words_new(const struct table *table, const struct rules_report *report,
              struct words **ret_words, struct error *error)
{
    static const char *const columns[] = {"list", "code", NULL};
    static const char *const known[] = {"list", "code", "name", "note", NULL};
    static const char *const prefixes[] = {"name_", NULL};
    struct rules_check check = {.report = report};
    struct words *words = memory_new(sizeof *words);
    words->arena = arena_new(LABELS_ARENA);
    if (table != NULL && rules_needs_columns(&check, table, columns)) {
        rules_known_columns(&check, table, known, prefixes);
        for (size_t row = 0; row < table_rows(table); row++)
            read_row(words, &check, table, row);
    }
    int code = rules_check_result(&check, "labels.invalid", error);
    if (code != 0) {
        words_free(words);
        return code;
    }
    *ret_words = words;
    return 0;
}

struct words *words_free(struct words *words)
{
    if (words != NULL) {
        arena_free(words->arena);
        free(words);
    }
    return NULL;
}

const char *words_label(const struct words *words, enum process_words_of list, int number,
                        const char *language)
{
    if (words != NULL && (unsigned)list < PROCESS_WORDS_COUNT && number >= 0 &&
        number < NUMBERS && words->label[list][number].count > 0)
        return label_text(&words->label[list][number], language);
    return process_word_label(list, number, language);
}

size_t words_count(const struct words *words)
{
    return words != NULL ? words->count : 0;
}
