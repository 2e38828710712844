// SPDX-License-Identifier: MPL-2.0
// gridcase case: one case for a person at a terminal. See gridcase-case(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/city/city.h>
#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/words.h>

enum { CASE_ARENA = 64 * 1024 * 1024 };

struct terminal {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *db;
    struct arena *arena;
    const char *language;
};

static int terminal_open(struct terminal *terminal, int *argc, char **argv,
                         struct error *error)
{
    const char *data = cli_data_folder(argc, argv);
    const char *language = cli_option(argc, argv, "--language");
    *terminal = (struct terminal){.language = language != NULL ? language : "en",
                                  .arena = arena_new(CASE_ARENA)};
    int code = cli_words(*argc, argv, 2, 2, error);
    if (code == 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &terminal->store, error);
    if (code == 0)
        code = city_snapshot_open(terminal->store, argv[0], &terminal->city, error);
    if (code == 0)
        code = db_open(terminal->store, argv[0], DB_CASES, DB_READ, &terminal->db, error);
    return code;
}

static void terminal_close(struct terminal *terminal)
{
    db_close(terminal->db);
    city_snapshot_free(terminal->city);
    db_store_close(terminal->store);
    arena_free(terminal->arena);
}

// Local time of the city, weekday first: deadlines are read by people.
static const char *local_text(struct terminal *terminal, int64_t instant_ms)
{
    static const char *const DAYS[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    struct zone_local local;
    if (instant_ms == INSTANT_NONE)
        return "-";
    calendar_local(city_calendar(terminal->city, 0), instant_ms, &local);
    return arena_format(terminal->arena, "%s %04d-%02d-%02d %02d:%02d:%02d",
                        DAYS[local.weekday], (int)local.year, (int)local.month,
                        (int)local.day, (int)local.hour, (int)local.minute,
                        (int)local.second);
}

static const char *duration_text(struct terminal *terminal, int64_t duration_ms)
{
    int64_t seconds = duration_ms / 1000;
    return arena_format(terminal->arena, "%" PRId64 ":%02d:%02d", seconds / 3600,
                        (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void print_clock(struct terminal *terminal, const struct case_explained *explained)
{
    const struct clock *clock = &explained->clock.state;
    printf("%s clock: %s\n",
           words_label(city_words(terminal->city), PROCESS_WORDS_CLOCK,
                       (int)explained->clock.kind, terminal->language),
           clock_status_to_str(clock->status));
    printf("  rule      %s\n", *explained->rule != '\0' ? explained->rule : "no limit");
    printf("  catalogue version %" PRId64, explained->catalogue_version);
    if (explained->limit_line != 0)
        printf(", line %" PRId64 " of its limits", explained->limit_line);
    printf("; calendar version %" PRId64 "\n", explained->explanation.calendar_version != 0
                                                   ? explained->explanation.calendar_version
                                                   : clock->calendar_version);
    for (size_t i = 0; i < explained->event_count; i++) {
        const struct clock_event *event = &explained->events[i];
        printf("  %-9s %s", clock_effect_to_str(event->effect),
               local_text(terminal, event->at_ms));
        if (event->calendar != NULL)
            printf("  calendar version %" PRId64, calendar_version(event->calendar));
        printf("\n");
    }
    for (size_t i = 0; i < explained->interval_count; i++) {
        const struct clock_interval *interval = &explained->intervals[i];
        printf("    %s  %s  %10s  %s%s%s", local_text(terminal, interval->from_ms),
               local_text(terminal, interval->to_ms),
               duration_text(terminal, interval->counted_ms),
               clock_why_to_str(interval->why), *interval->name != '\0' ? " " : "",
               interval->name);
        if (interval->number != 0)
            printf(" (%" PRId64 ")", interval->number);
        printf("\n");
    }
    printf("  due       %s%s\n", local_text(terminal, clock->due_ms),
           clock->provisional ? " (provisional: holidays are not published that far)" : "");
}

static int explain(int argc, char **argv, struct error *error)
{
    struct terminal terminal;
    struct case_explained *clocks = NULL;
    size_t count = 0;
    int64_t case_id = 0;
    int code = terminal_open(&terminal, &argc, argv, error);
    if (code == 0)
        code = case_find(terminal.db, argv[1], &case_id, error);
    if (code == 0)
        code = case_explain(terminal.db, terminal.city, case_id, terminal.language,
                            terminal.arena, &clocks, &count, error);
    for (size_t i = 0; i < count && code == 0; i++)
        print_clock(&terminal, &clocks[i]);
    if (code == 0 && count == 0)
        printf("the case has no clock\n");
    terminal_close(&terminal);
    return code;
}

static void print_history(struct terminal *terminal, const struct case_detail *detail)
{
    for (size_t i = 0; i < detail->history_count; i++) {
        const struct case_history_row *row = &detail->history[i];
        printf("  %3" PRId64 "  %s  %s", row->seq, local_text(terminal, row->done_ms),
               words_label(city_words(terminal->city), PROCESS_WORDS_KIND, (int)row->kind,
                           terminal->language));
        if (strcmp(row->from, row->to) != 0)
            printf("  -> %s", row->to);
        if (row->actor_id != 0)
            printf("  person %" PRId64, row->actor_id);
        else
            printf("  %s", row->system ? "system" : "public");
        if (*row->clock_effect != '\0')
            printf("  [%s]", row->clock_effect);
        printf("\n");
    }
}

static int show(int argc, char **argv, struct error *error)
{
    struct terminal terminal;
    struct case_detail detail = {0};
    struct actor system = actor_system();
    int code = terminal_open(&terminal, &argc, argv, error);
    if (code == 0)
        code = case_read(terminal.db, terminal.city, &system, argv[1], instant_now_ms(),
                         terminal.arena, &detail, error);
    if (code == 0) {
        const struct case_summary *summary = &detail.summary;
        const char *class_code = city_class_code(terminal.city, summary->class_id);
        const struct city_department *department =
            city_department_by_id(terminal.city, summary->department_id);
        printf("%s  %s  step %s (%s)\n", summary->number,
               class_code != NULL ? class_code : "not classified", summary->step,
               process_stage_to_str((int)summary->stage));
        printf("  opened    %s\n  due       %s\n  closed    %s\n",
               local_text(&terminal, summary->opened_ms),
               local_text(&terminal, summary->clock.state.due_ms),
               local_text(&terminal, summary->closed_ms));
        printf("  lead      %s\n", department != NULL ? department->code : "-");
        print_history(&terminal, &detail);
    }
    terminal_close(&terminal);
    return code;
}

const struct cli_command cli_case_commands[] = {
    {"case", "explain", "CITY NUMBER [--language TAG]",
     "tells how each deadline of a case came about", explain},
    {"case", "show", "CITY NUMBER [--language TAG]", "prints a case with its history",
     show},
    {0},
};
