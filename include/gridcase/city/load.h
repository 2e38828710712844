// SPDX-License-Identifier: MPL-2.0
// Reading a model folder (city.ini, layers, tables), checking it, and storing it as a new
// model version: all or nothing. gridcase-city.ini(5) describes the folder.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/table.h>

struct db_store;

// ---- what was found ----
enum city_severity {
    CITY_NOTE,    // what the importer did or measured
    CITY_WARNING, // wrong, but within the tolerances of city.ini
    CITY_ERROR,   // the model is not loaded
    CITY_SEVERITY_COUNT,
};
const char *city_severity_to_str(enum city_severity severity); // "note", "warning", "error"

struct city_finding {
    enum city_severity severity;
    const char *slug;    // stable: "grid.gap", "code.duplicate", "routing.nowhere"
    const char *file;    // as city.ini names it, or "city.ini"
    const char *layer;   // section of city.ini: "level ward"
    int64_t row;         // line of a table, feature id of a layer; -1: the whole file
    const char *message; // English, with codes, measures and reason
};
struct city_report; // findings in the order they were made

struct city_report *city_report_new(void);
struct city_report *
city_report_free(struct city_report *report); // takes NULL, returns NULL
size_t city_report_count(const struct city_report *report);
size_t city_report_count_of(const struct city_report *report, enum city_severity severity);
size_t city_report_count_slug(const struct city_report *report, const char *slug);
const struct city_finding *city_report_item(const struct city_report *report, size_t index);
void city_report_add(struct city_report *report,
                     const struct city_finding *finding); // copied
// One line for a person: "error grids/blocks.gpkg [grids] row 17: grid.gap: ...".
void city_finding_text(const struct city_finding *finding, struct buffer *out);
// The whole report as CSV: severity, slug, file, layer, row, message.
void city_report_csv(const struct city_report *report, struct buffer *out);

// ---- a model in memory ----
struct city_model;

// Reads and checks a folder. 0 even when the report holds errors (then the model cannot be
// stored); negative only when nothing could be read: ERROR_NOT_FOUND "model.missing",
// ERROR_INPUT from city.ini. The model is the caller's.
int city_model_read(const char *folder, struct city_report *report,
                    struct city_model **ret_model, struct error *error) ERROR_MUST_CHECK;
// Reads only city.ini: the functions below that tell identity work, nothing else does.
// ERROR_INPUT "model.errors" when the identity itself is wrong.
int city_model_read_identity(const char *folder, struct city_report *report,
                             struct city_model **ret_model,
                             struct error *error) ERROR_MUST_CHECK;
struct city_model *city_model_free(struct city_model *model); // takes NULL, returns NULL
static inline void city_model_cleanup(struct city_model **model)
{
    *model = city_model_free(*model);
}
#define CITY_MODEL_CLEANUP __attribute__((cleanup(city_model_cleanup)))

// Identity as city.ini says it; borrowed from the model. "" when absent.
const char *city_model_slug(const struct city_model *model);
const char *city_model_host(const struct city_model *model);
bool city_model_demo(const struct city_model *model);
// A table by its name in city.ini ("staff"); NULL when the model has none.
const struct table *city_model_table(const struct city_model *model, const char *name);
bool city_model_has_area(const struct city_model *model, const char *level,
                         const char *code);
size_t city_model_grids(const struct city_model *model);
// The office's templates of the bulletin (DOCX), 0, 1 ...; ERROR_NOT_FOUND past the last.
int city_model_template(const struct city_model *model, size_t index, const char **ret_file,
                        struct buffer *out, struct error *error) ERROR_MUST_CHECK;

// ---- storing ----
struct city_load_result {
    int64_t version; // the new model version; the old one when nothing changed
    bool unchanged;
    size_t grids, grids_new, grids_closed;
    size_t areas, areas_changed;
    size_t components, components_new, components_changed;
    size_t streets, places;
};
// Stores a model that has no errors as a new version of the city (which must exist in the
// store), builds its locators, and makes it valid in one last small transaction. Everything
// passes the city's writer lane in slices. ERROR_CONFLICT "model.errors" when the report
// holds errors; ERROR_BUSY "model.loading" while this process stores another model. A
// broken load is swept here and by the next one.
int city_model_store(struct db_store *store, const char *slug, struct city_model *model,
                     const struct city_report *report, int64_t now_ms,
                     struct city_load_result *ret_result,
                     struct error *error) ERROR_MUST_CHECK;
