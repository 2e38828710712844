// SPDX-License-Identifier: MPL-2.0
// What the files of the report share.
#pragma once

#include <gridcase/city/city.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/evaluation/report.h>

struct report_job {
    const struct report_sources *from;
    struct report *report;
    struct arena *arena;
    int64_t now_ms;
    struct report_frozen *frozen; // newest versions of frozen periods; none: all is counted
    size_t frozen_count;
};

// One question to the figures.
struct report_ask {
    const char *measures, *by; // by NULL: totals alone
    int64_t from_day, to_day;
    const char *filter, *value; // the word of a key (struct figure_key); NULL: all
};
struct report_asked {
    struct figure_query query;
    struct figure_answer answer;
};
int report_ask(struct report_job *job, const struct report_ask *ask,
               struct report_asked *ret_asked, struct error *error) ERROR_MUST_CHECK;
// All report figures of a period, NaN where there is none; totals alone.
int report_ask_period(struct report_job *job, int64_t from_day, int64_t to_day,
                      double ret_values[REPORT_FIGURES],
                      struct error *error) ERROR_MUST_CHECK;
// The newest cases behind a measure.
int report_ask_cases(struct report_job *job, const struct report_ask *ask, size_t most,
                     struct figure_list *ret_list, struct error *error) ERROR_MUST_CHECK;
// Codes of all report figures with commas between, in their order.
extern const char report_codes[];
void report_measure_of(const struct report_job *job, const struct figure_query *query,
                       size_t index, struct report_measure *ret_measure);
// "department" with its key's name in the report's language; the code when it has none.
const char *report_key_name(const struct report_job *job, const struct figure_by *by,
                            const struct figure_key *key);
// Rates and means anew from the counts beside them.
void report_reckon(double values[REPORT_FIGURES]);

// report_frozen.c: which periods are frozen; nothing when the sources want all counted, or
// their actor does not see the whole city. report_frozen_done.
int report_frozen_list(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
void report_frozen_done(struct report_job *job);
// Answers from the frozen document of exactly those days when there is one that has it:
// *ret_found. asked->query is read already. ERROR_STORE "frozen.changed".
int report_frozen_ask(struct report_job *job, const struct report_ask *ask,
                      struct report_asked *asked, bool *ret_found,
                      struct error *error) ERROR_MUST_CHECK;
// When the report's own period is frozen: its version, its root, and when it was made.
// whole: all of it, map and spots too.
int report_frozen_tell(struct report_job *job, bool whole,
                       struct error *error) ERROR_MUST_CHECK;
// The bulletin in the frozen document of the report's own period, in its language; NULL:
// there is none.
int report_frozen_bulletin(struct report_job *job, const struct json **ret_bulletin,
                           const struct json **ret_map,
                           struct error *error) ERROR_MUST_CHECK;
// report_read.c: a report out of what report_put wrote; map NULL: its own.
int report_read(struct report_job *job, const struct json *from, const struct json *map,
                struct error *error) ERROR_MUST_CHECK;
const char *report_local_words(struct report_job *job, int64_t at_ms);

const char *report_classes_name(const struct report *report);
const char *report_overdue_name(const struct report *report);
int report_groups_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
int report_honesty_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
// Of each department of the groups.
int report_honesty_departments(struct report_job *job,
                               struct error *error) ERROR_MUST_CHECK;
const char *report_honesty_title(const struct report *report);
// report_visits.c: what tracks say, counted; and it or what was read, in words.
int report_visits_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
int report_visits_tell(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
// report_places.c: cells and spots; report_hot.c; report_league.c.
int report_places_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
enum { REPORT_PHOTO_MOST = 700 * 1000 };
// Takes the photo of spot->photo_sha256 in when it is there.
void report_photo_load(struct report_job *job, struct report_spot *spot);
int report_hot_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
const char *report_hot_title(const struct report *report);
// NULL: nothing can be said, because the record is too short.
const char *report_hot_note(const struct report *report, struct arena *arena);
int report_leagues_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;
// report_map.c: shapes for the cells.
int report_map_make(struct report_job *job, struct error *error) ERROR_MUST_CHECK;

// ---- words ----
// One of two literals, so that the compiler still checks what they format.
#define REPORT_TEXT(of, in_english, in_chinese)                                            \
    ((of)->chinese ? (in_chinese) : (in_english))
enum { REPORT_VALUE_SIZE = 40 };
// "96.3 %", "1,713", "5.2 h", "–".
void report_value(const struct report_measure *measure, double value, bool chinese,
                  char out[REPORT_VALUE_SIZE]);
// "+ 12", "− 1.1 points"; *ret_good: 1 better, -1 worse, 0 the same or neither.
void report_change(const struct report *report, const struct report_measure *measure,
                   double now, double before, char out[REPORT_VALUE_SIZE], int *ret_good);
const char *report_title(const struct report *report, struct arena *arena);
const char *report_period_words(const struct report_period *period, bool chinese,
                                struct arena *arena);

int report_write_pdf(const struct report *report, const struct report_write *how,
                     struct buffer *out, struct error *error) ERROR_MUST_CHECK;
int report_write_book(const struct report *report, const struct report_write *how,
                      struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// Quoted, and nothing that a spreadsheet would reckon.
void report_csv_cell(struct buffer *out, const char *text);
int report_write_csv(const struct report *report, struct buffer *out,
                     struct error *error) ERROR_MUST_CHECK;
void report_put_map(struct json_writer *json, const char *name,
                    const struct report *report);
int report_write_json(const struct report *report, struct buffer *out,
                      struct error *error) ERROR_MUST_CHECK;
int report_write_docx(const struct report *report, const struct report_write *how,
                      struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// A plain template with every field, in Chinese or English.
int report_template_plain(const char *language, struct buffer *out,
                          struct error *error) ERROR_MUST_CHECK;
