// SPDX-License-Identifier: MPL-2.0
// Between the replay's map, its reading of rows, and its running.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/cases/case.h>
#include <gridcase/core/ini.h>
#include <gridcase/core/table.h>

enum { REPLAY_MOVES_MOST = 16, REPLAY_INPUTS_MOST = 8, REPLAY_WORDS_MOST = 64 };

enum replay_when { REPLAY_ALWAYS, REPLAY_WITH_POINT, REPLAY_WITHOUT_POINT };

struct replay_input {
    const char *name;
    const char *text; // literal, or NULL
    int column;       // else: of the record
    bool department;  // the cell is a department's code or name
};

struct replay_move {
    const char *action; // code in the process; NULL for the report itself
    int time_column;
    enum case_mark mark;
    enum replay_when when;
    bool optional;    // not being possible is no refusal
    int64_t after_ms; // added to the column's time
    struct replay_input inputs[REPLAY_INPUTS_MOST];
    size_t input_count;
};

struct replay_map {
    struct ini *ini; // owned; texts below are its
    const char *time_format;
    int id, opened, class_code, condition, description, address, lon, lat, due, source;
    enum geo_datum datum; // of its points
    const char *edition;  // of the standard that its classes are in; NULL: the catalogue's
    bool has_placeholder; // a point that stands for "no point"
    double placeholder_lon, placeholder_lat;
    enum process_source default_source;
    struct replay_word {
        const char *word;
        enum process_source source;
    } words[REPLAY_WORDS_MOST];
    size_t word_count;
    const char *pivot;                           // local time in the record, or NULL
    struct replay_move moves[REPLAY_MOVES_MOST]; // [0] is the report
    size_t move_count;
};

// Columns are looked up in the record at once. ERROR_INPUT "replay.map".
int replay_map_read(const char *path, const struct table *record,
                    struct replay_map *ret_map, struct error *error) ERROR_MUST_CHECK;
void replay_map_done(struct replay_map *map);

struct zone;
struct city_snapshot;

// One row of the record, ready to be played.
struct replay_row {
    size_t row; // of the table
    int64_t class_id, condition_id;
    bool has_point;
    double lon, lat;
    int64_t due_ms; // INSTANT_NONE: none
    enum process_source source;
    int64_t times[REPLAY_MOVES_MOST]; // INSTANT_NONE: the move does not happen
    int64_t case_id; // 0 until it is known; belongs to the lane's thread while running
};

struct replay_event {
    int64_t at_ms; // in the record's time, after the shift
    uint32_t row;  // index in rows
    uint32_t move; // index in the map's moves
};

struct replay_record {
    struct table *table; // owned
    struct replay_map map;
    struct zone *zone; // owned
    struct replay_row *rows;
    size_t row_count;
    struct replay_event *events; // in order of time
    size_t event_count;
    int64_t shift_days; // whole weeks
};

// Tells of a row that cannot be played.
typedef void replay_refusal(void *context, int64_t line, const char *row_id,
                            const struct error *error);

struct replay_load {
    const char *source, *map_path;
    int64_t most_rows; // 0: all
    bool shift_to_now;
    int64_t now_ms;
    int64_t shift_days; // used when has_shift
    bool has_shift;
    replay_refusal *refused; // may be NULL
    void *refused_context;
};

// Reads map and record; rows that cannot be played are told and left out.
int replay_record_read(const struct city_snapshot *city, const struct replay_load *load,
                       struct replay_record *ret_record, int64_t *ret_refused,
                       struct error *error) ERROR_MUST_CHECK;
void replay_record_done(struct replay_record *record);

// ---- replay_moves.c ----
// A UUIDv7 that depends on the record only: time of the move, row and action.
void replay_key(const struct replay_record *record, const struct replay_row *row,
                const char *action, int64_t at_ms, uint8_t key[16]);
// Texts are borrowed from the record. done_ms: when it counts as reported.
void replay_draft(const struct replay_record *record, const struct replay_row *row,
                  int64_t done_ms, struct case_draft *ret_draft);
size_t replay_inputs(const struct city_snapshot *city, const struct replay_record *record,
                     const struct replay_row *row, const struct replay_move *move,
                     struct arena *arena, struct case_input inputs[REPLAY_INPUTS_MOST]);

// Department id of a code or of a name in any language; 0 when there is none.
int64_t replay_department(const struct city_snapshot *city, const char *text);

// Reads a local time in the map's format: tokens YYYY MM DD hh mm ss AP, everything else
// stands for itself. An empty cell gives INSTANT_NONE.
int replay_time(const struct zone *zone, const char *format, const char *text,
                int64_t *ret_ms, struct error *error) ERROR_MUST_CHECK;
