// SPDX-License-Identifier: MPL-2.0
// tests/tables/process_*.txt: scenarios that an office can read walk every row of both
// delivered processes through the one door.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include <gridcase/cases/case.h>
#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/media/media.h>

#include "assert_ok.h"
#include "fake_city.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

enum { WORDS = 16, ROWS = 1000 };

// A stamped form, received; the tables write "form".
static const char FORM[] =
    "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";

struct walk {
    const char *path;
    int line;
    struct db_store *store;
    struct db *db;
    struct city_snapshot *city;
    int64_t now_ms;
    int64_t case_id;                                         // of the scenario
    char number[CASE_NUMBER_SIZE], before[CASE_NUMBER_SIZE]; // of it, and of the one before
    bool walked[ROWS];                                       // entries of the process
};

static struct error error;

static void walk_begin(struct walk *walk, char *folder, size_t size, const char *process)
{
    char location[300], steps[200], actions[200];
    temporary_folder(folder, size);
    walk->now_ms = INT64_C(1748826000000); // Monday 2025-06-02 09:00 in Shanghai
    snprintf(location, sizeof location, "%s/data", folder);
    snprintf(steps, sizeof steps, "grids/%s/process/steps.csv", process);
    snprintf(actions, sizeof actions, "grids/%s/process/actions.csv", process);
    engine_store(location);
    assert_ok(
        db_store_open(location, DB_STORE_CREATE | DB_STORE_UNSAFE, &walk->store, &error));
    assert_ok(db_store_city_create(walk->store, "t", 1, &error));
    assert_ok(db_open(walk->store, "t", DB_CASES, DB_WRITE, &walk->db, &error));
    walk->city = fake_city_new(steps, actions);
    struct media_file form = {
        .type = MEDIA_PDF, .bytes = 1, .taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE}};
    memset(form.sha256, 0xf0, sizeof form.sha256);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(walk->db, DB_WRITE, &transaction, &error));
    assert_ok(media_file_store(walk->db, &form, 0, walk->now_ms, &error));
    assert_ok(db_commit(&transaction, &error));
}

// "department/2", "collector@101", "staff", "public"
static struct actor who(const char *text)
{
    char word[64];
    snprintf(word, sizeof word, "%s", text);
    if (strcmp(word, "public") == 0)
        return actor_nobody();
    int64_t department_id = 0, area_id = 0;
    char *mark = strpbrk(word, "/@");
    if (mark != NULL) {
        int64_t *id = *mark == '/' ? &department_id : &area_id;
        assert_ok(text_to_int(mark + 1, strlen(mark + 1), id, &error));
        *mark = '\0';
    }
    enum role role = ROLE_INSPECTOR;
    if (strcmp(word, "staff") != 0)
        assert_ok(role_from_str(word, strlen(word), &role, &error));
    struct actor actor = {.person_id = 10 + (int64_t)role + 100 * department_id};
    assert_ok(
        actor_add_grant(&actor, (struct role_grant){role, area_id, department_id}, &error));
    return actor;
}

// "1111...1:before": a photo that is still on its way, and what it shows.
static void add_media(struct case_draft *draft, uint8_t (*media)[HASH_SIZE], uint8_t *shows,
                      const char *text)
{
    size_t at = draft->media_count++;
    assert_ok(hash_from_hex(text, 64, media[at], &error));
    shows[at] =
        (uint8_t)(text[64] == ':' ? case_shows_from_str(text + 65, strlen(text + 65))
                                  : CASE_SHOWS_STAGE);
    draft->media = (const uint8_t(*)[HASH_SIZE])media;
    draft->media_shows = shows;
}

static int report(struct walk *walk, const struct actor *actor, char **words, size_t count,
                  struct case_result *result)
{
    static const struct case_reporter caller = {.name = "Li", .phone = "13800000000"};
    static uint8_t media[CASE_MEDIA_MOST][HASH_SIZE], shows[CASE_MEDIA_MOST];
    const char *action = words[-1];
    struct case_draft draft = {.imported_due_ms = INSTANT_NONE,
                               .point = {.accuracy_m = -1},
                               .source = PROCESS_SOURCE_COLLECTOR};
    for (size_t i = 0; i < count; i++) {
        char *value = strchr(words[i], '=') + 1;
        if (text_starts(words[i], "caller="))
            draft.reporter = &caller;
        else if (text_starts(words[i], "photo="))
            add_media(&draft, media, shows, value);
        else if (text_starts(words[i], "class="))
            assert_ok(text_to_int(value, strlen(value), &draft.class_id, &error));
        else if (text_starts(words[i], "source="))
            draft.source = (enum process_source)process_source_from_str(value);
        else if (sscanf(value, "%lf,%lf", &draft.point.lon_deg, &draft.point.lat_deg) == 2)
            draft.has_point = true;
    }
    int code = case_apply(walk->db, walk->city,
                          &(struct case_move){.actor = actor,
                                              .action = action,
                                              .draft = &draft,
                                              .received_ms = walk->now_ms,
                                              .done_ms = INSTANT_NONE},
                          result, &error);
    if (code == 0) {
        walk->case_id = result->case_id;
        memcpy(walk->before, walk->number, sizeof walk->before);
        memcpy(walk->number, result->number, sizeof walk->number);
    }
    return code;
}

// The open task that the action works on, as somebody who has just looked sees it.
static void look(struct walk *walk, const char *action, struct case_move *move)
{
    struct arena *arena ARENA_CLEANUP = arena_new(4 * 1024 * 1024);
    struct actor eye = actor_system();
    struct case_detail detail;
    bool seen = case_read_by_id(walk->db, walk->city, move->actor, walk->case_id,
                                walk->now_ms, arena, &detail, &error) == 0;
    for (size_t i = 0; seen && i < detail.allowed_count; i++)
        if (strcmp(detail.allowed[i].action->code, action) == 0) {
            move->task_id = detail.allowed[i].task_id;
            move->task_version = detail.allowed[i].task_version;
            return;
        }
    assert_ok(case_read_by_id(walk->db, walk->city, &eye, walk->case_id, walk->now_ms,
                              arena, &detail, &error));
    size_t count = 0;
    const int *rows = process_actions_from(
        walk->city->process, process_step_find(walk->city->process, detail.summary.step),
        &count);
    for (size_t i = 0; i < count; i++) {
        const struct process_action *row =
            process_action(walk->city->process, (size_t)rows[i]);
        for (size_t k = 0; k < detail.task_count && strcmp(row->code, action) == 0; k++)
            if (detail.tasks[k].open && detail.tasks[k].kind == row->task &&
                move->task_id == 0) {
                move->task_id = detail.tasks[k].id;
                move->task_version = detail.tasks[k].version;
            }
    }
}

// "+30d", "-1d" as an instant.
static const char *days_from_now(const struct walk *walk, const char *text,
                                 char out[INSTANT_TEXT_SIZE])
{
    int64_t days = 0;
    assert_ok(text_to_int(text + 1, strlen(text) - 2, &days, &error));
    int64_t at_ms = walk->now_ms + (*text == '-' ? -days : days) * 86400000;
    instant_to_text(at_ms, out);
    return out;
}

static int act(struct walk *walk, const struct actor *actor, const char *action,
               char **words, size_t count, struct case_result *result)
{
    struct case_input inputs[CASE_INPUTS_MOST];
    char days[CASE_INPUTS_MOST][INSTANT_TEXT_SIZE];
    int64_t done_ms = INSTANT_NONE, hours = 0;
    if (count > 0 && text_starts(words[count - 1], "done=-")) { // without network
        char *value = words[--count] + strlen("done=-");
        assert_ok(text_to_int(value, strlen(value) - 1, &hours, &error));
        done_ms = walk->now_ms - hours * 3600000;
    }
    for (size_t i = 0; i < count; i++) {
        char *equal = strchr(words[i], '=');
        *equal = '\0';
        bool form = strcmp(equal + 1, "form") == 0;
        bool before = strcmp(equal + 1, "@before") == 0; // the case reported before this
        inputs[i] = (struct case_input){words[i], form     ? FORM
                                                  : before ? walk->before
                                                           : equal + 1};
        if ((equal[1] == '+' || equal[1] == '-') && equal[strlen(equal + 1)] == 'd')
            inputs[i].value = days_from_now(walk, equal + 1, days[i]);
        for (char *c = equal + 1; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : *c;
    }
    const char *behalf = NULL;
    if (count > 0 && strcmp(inputs[0].name, "behalf") == 0)
        behalf = inputs[0].value;
    struct case_move move = {.actor = actor,
                             .action = action,
                             .behalf = behalf,
                             .case_id = walk->case_id,
                             .received_ms = walk->now_ms,
                             .done_ms = done_ms,
                             .inputs = inputs + (behalf != NULL),
                             .input_count = count - (behalf != NULL)};
    look(walk, action, &move);
    return case_apply(walk->db, walk->city, &move, result, &error);
}

// The step's timer, or that of a task of the row's kind.
static bool acted_on(const struct case_detail *detail, const struct case_history_row *last,
                     const struct process_action *row)
{
    for (size_t i = 0; i < detail->task_count; i++)
        if (detail->tasks[i].id == last->task_id)
            return detail->tasks[i].kind == row->task;
    return true;
}

// Which entry of the process the last history row went by, and where the case is. line: of
// the table; 0 for what the system did, which the task acted on tells.
static void note(struct walk *walk, const char *expected, int64_t line)
{
    struct arena *arena ARENA_CLEANUP = arena_new(4 * 1024 * 1024);
    struct actor eye = actor_system();
    struct case_detail detail;
    assert_ok(case_read_by_id(walk->db, walk->city, &eye, walk->case_id, walk->now_ms,
                              arena, &detail, &error));
    const struct case_history_row *last = &detail.history[detail.history_count - 1];
    if (strcmp(last->to, expected) != 0)
        fail_msg("%s:%d: the case is in '%s'", walk->path, walk->line, last->to);
    for (size_t i = 0; i < process_actions(walk->city->process); i++) {
        const struct process_action *row = process_action(walk->city->process, i);
        const char *from =
            row->from < 0 ? "" : process_step(walk->city->process, (size_t)row->from)->code;
        if (strcmp(row->code, last->action) == 0 && strcmp(from, last->from) == 0 &&
            strcmp(process_step(walk->city->process, (size_t)row->to)->code, last->to) ==
                0 &&
            (line != 0 ? row->line == line : acted_on(&detail, last, row)))
            walk->walked[i] = true;
    }
}

static void expect(struct walk *walk, int code, int64_t line, char **words, size_t count)
{
    if (count == 2 && strcmp(words[0], "!") == 0) {
        if (code == 0 || strcmp(error.slug, words[1]) != 0)
            fail_msg("%s:%d: expected %s, got %s: %s", walk->path, walk->line, words[1],
                     code == 0 ? "no refusal" : error.slug, error.message);
        return;
    }
    if (code != 0)
        fail_msg("%s:%d: %s: %s", walk->path, walk->line, error.slug, error.message);
    note(walk, words[0], line);
}

static void wait_for(struct walk *walk, const char *text)
{
    int64_t number = 0;
    assert_ok(text_to_int(text, strlen(text) - 1, &number, &error));
    walk->now_ms += number * (text[strlen(text) - 1] == 'h' ? 3600000 : 86400000);
}

static int upkeep(struct walk *walk)
{
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(walk->db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = case_upkeep_run(walk->db, walk->city, walk->now_ms, 256, &done, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static void run_line(struct walk *walk, char **words, size_t count)
{
    struct case_result result = {0};
    if (strcmp(words[0], "scenario") == 0) {
        for (size_t i = 0; i < FAKE_DEPARTMENTS; i++)
            fake_departments[i].closed = false;
        return;
    }
    if (strcmp(words[0], "remove") == 0) { // a department, out of the model
        int64_t id = 0;
        assert_ok(text_to_int(words[1], strlen(words[1]), &id, &error));
        fake_departments[id - 1].closed = true;
        return;
    }
    if (strcmp(words[0], "wait") == 0) {
        wait_for(walk, words[1]);
        return;
    }
    size_t arrow = 0;
    while (arrow < count && strcmp(words[arrow], "->") != 0)
        arrow++;
    if (arrow == count)
        fail_msg("%s:%d: no arrow", walk->path, walk->line);
    walk->now_ms += 60000;
    int code = 0;
    if (strcmp(words[0], "timers") == 0) {
        unsigned done = 0;
        code = case_timers_run(walk->db, walk->city, walk->now_ms, 256, &done, &error);
    } else if (strcmp(words[0], "upkeep") == 0) {
        code = upkeep(walk);
    } else {
        struct actor actor = who(words[0]);
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        assert_ok(db_begin(walk->db, DB_WRITE, &transaction, &error));
        code = text_starts(words[1], "report")
                   ? report(walk, &actor, words + 2, arrow - 2, &result)
                   : act(walk, &actor, words[1], words + 2, arrow - 2, &result);
        if (code == 0)
            assert_ok(db_commit(&transaction, &error));
    }
    expect(walk, code, result.line, words + arrow + 1, count - arrow - 1);
}

static void run_file(struct walk *walk)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_FILE);
    assert_ok(file_read(walk->path, &text, &error));
    for (char *line = text.data, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        walk->line++;
        char *words[WORDS];
        size_t count = 0;
        for (char *rest = line, *word;
             count < WORDS && (word = strsep(&rest, " ")) != NULL;)
            if (*word != '\0')
                words[count++] = word;
        if (count > 0 && *words[0] != '#')
            run_line(walk, words, count);
    }
}

// Every row of the table was taken at least once; those from named steps from each of them.
static void assert_all_walked(const struct walk *walk)
{
    const struct process *process = walk->city->process;
    for (size_t i = 0; i < process_actions(process); i++) {
        const struct process_action *row = process_action(process, i);
        size_t of_row = 0;
        bool once = false;
        for (size_t k = 0; k < process_actions(process); k++)
            if (process_action(process, k)->line == row->line) {
                of_row++;
                once |= walk->walked[k];
            }
        if (!(of_row > 3 ? once : walk->walked[i]))
            print_error("%s: never walked: line %lld, '%s' from '%s'\n", walk->path,
                        (long long)row->line, row->code,
                        row->from < 0 ? "-"
                                      : process_step(process, (size_t)row->from)->code);
        assert_true(of_row > 3 ? once : walk->walked[i]);
    }
}

static void walk_process(const char *process, const char *path)
{
    char folder[256];
    struct walk walk = {.path = path};
    walk_begin(&walk, folder, sizeof folder, process);
    run_file(&walk);
    assert_all_walked(&walk);
    struct recount *recount = recount_new(walk.city);
    while (recount_slice(recount, walk.db, 100, &error) == 1)
        ;
    for (size_t i = 0; i < recount_findings(recount); i++)
        print_error("case %lld: %s: %s\n", (long long)recount_finding(recount, i)->case_id,
                    recount_finding(recount, i)->slug,
                    recount_finding(recount, i)->message);
    assert_int_equal(recount_problems(recount), 0);
    recount_free(recount);
    db_close(walk.db);
    db_store_close(walk.store);
    fake_city_free(walk.city);
    temporary_remove(folder);
}

static void every_row_of_the_standard_process_is_walked(void **state)
{
    (void)state;
    walk_process("standard", "tests/tables/process_standard.txt");
}

static void every_row_of_the_boston_process_is_walked(void **state)
{
    (void)state;
    walk_process("boston", "tests/tables/process_boston.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_standard_process_is_walked),
        cmocka_unit_test(every_row_of_the_boston_process_is_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
