// SPDX-License-Identifier: MPL-2.0
// What the files that freeze figures share.
#pragma once

#include <gridcase/core/json.h>
#include <gridcase/evaluation/freeze.h>
#include <gridcase/rules/evaluation.h>

enum { FREEZE_TABLES = 24 };

// The figures of one dimension.
struct freeze_table {
    const char *by; // "", "department", "area:ward" ...
    struct figure_query query;
    struct figure_answer answer;
};
struct freeze_figures {
    struct freeze_table tables[FREEZE_TABLES];
    size_t count, rows;
    int64_t position;                    // of all of them
    const struct evaluation *evaluation; // counted by
};
struct freeze_before { // the version before
    int64_t version;   // 0: none
    int64_t position;
    const struct json *document;
    struct evaluation *evaluation; // its definitions; NULL: they cannot be read any more
};

// freeze_read.c: what the order's key froze before; ret_frozen->id 0: nothing.
int freeze_by_key(struct db *db, const struct freeze_order *order, struct arena *arena,
                  struct frozen *ret_frozen, struct error *error) ERROR_MUST_CHECK;
// freeze_measures.c: codes of all measures, separated by commas; what they mean.
const char *freeze_measure_words(const struct evaluation *evaluation, struct arena *arena);
const char *freeze_measure_code(const struct figure_query *query, size_t at);
void freeze_put_measures(struct json_writer *json, const struct figure_query *query);
int freeze_put_definitions(struct json_writer *json, const struct evaluation *evaluation,
                           struct arena *arena, struct error *error) ERROR_MUST_CHECK;
// Those of a document; numbers given by hand are the present ones. evaluation_free.
int freeze_read_definitions(const struct json *document, const struct evaluation *present,
                            struct evaluation **ret_evaluation,
                            struct error *error) ERROR_MUST_CHECK;

// freeze_figures.c: all tables of a period, as one moment shows them.
int freeze_count(const struct freeze_place *place, const struct freeze_order *order,
                 const struct evaluation *evaluation, struct arena *arena,
                 struct freeze_figures *ret_figures, struct error *error) ERROR_MUST_CHECK;

// freeze_document.c
struct freeze_writing {
    const struct freeze_place *place;
    const struct freeze_order *order;
    const struct freeze_figures *figures;
    const struct freeze_before *before;
    struct arena *arena;
};
// *ret_differs: figures that are not those of the version before (of a first one: 1).
int freeze_write(const struct freeze_writing *writing, struct buffer *out,
                 size_t *ret_differs, struct error *error) ERROR_MUST_CHECK;
// freeze_bulletin.c: puts the member "bulletin"; document: what is written so far, without
// the last brace.
int freeze_put_bulletin(struct json_writer *json, const struct freeze_writing *writing,
                        const struct buffer *document,
                        struct error *error) ERROR_MUST_CHECK;
// freeze_compare.c: puts the array "differences"; returns how many there are.
size_t freeze_put_differences(struct json_writer *json,
                              const struct freeze_writing *writing);
void freeze_put_value(struct json_writer *json, const char *name, double value);
