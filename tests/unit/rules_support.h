// SPDX-License-Identifier: MPL-2.0
// What the tests of the rules floor share: tables from text, a report that remembers.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/table.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/report.h>

// Fails the test when the text is no CSV.
struct table *support_table(const char *name, const char *csv);
// Reads a file below the repository's root.
struct table *support_table_file(const char *path);
char *support_file(const char *path, size_t *ret_length); // free() it

struct support_report {
    struct rules_report report; // give its address to a builder
    size_t count;
    char slugs[64][64];
    int64_t lines[64];
    enum rules_severity severities[64];
    char messages[64][400];
};
void support_report_init(struct support_report *report);
// Number of reports with this slug.
size_t support_reported(const struct support_report *report, const char *slug);
// Line of the first report with this slug, -1 when there is none.
int64_t support_reported_line(const struct support_report *report, const char *slug);

// "2025-03-09 02:30" in the calendar's zone; fails the test when it is none.
int64_t support_local(const struct calendar *calendar, const char *text);
int64_t support_utc(const char *text);
// The other way, "2025-03-09 02:30:00", for messages; a static ring of 4.
const char *support_show(const struct calendar *calendar, int64_t instant_ms);
// A small deterministic generator for property tests.
uint64_t support_random(uint64_t *state);
int64_t support_between(uint64_t *state, int64_t least, int64_t most);
