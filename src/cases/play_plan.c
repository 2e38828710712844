// SPDX-License-Identifier: MPL-2.0
// The plan of a play: how often, how fast, in which words. gridcase-play(5).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "play_internal.h"

// ---- chance ----
uint64_t play_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double play_share(uint64_t *state)
{
    return (double)(play_random(state) >> 11) * 0x1p-53;
}

size_t play_below(uint64_t *state, size_t most)
{
    return most > 0 ? (size_t)(play_random(state) % most) : 0;
}

double play_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(1 - play_share(state)));
    return radius * cos(2 * M_PI * play_share(state));
}

size_t play_draw(uint64_t *state, const double *weights, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    double left = play_share(state) * sum;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] > 0 && left < weights[i])
            return i;
        left -= weights[i];
    }
    return count;
}

const char *play_piece(uint64_t *random, const char *pieces, struct arena *arena)
{
    size_t count = 1, length = 0;
    if (pieces == NULL)
        return "";
    for (const char *c = pieces; *c; c++)
        count += *c == '|';
    size_t wanted = play_below(random, count);
    const char *piece = pieces;
    for (size_t i = 0; (piece = text_next(&pieces, '|', &length)) != NULL && i < wanted;)
        i++;
    return piece != NULL ? arena_copy(arena, piece, length) : "";
}

// ---- values ----
static int bad(const struct play_plan *plan, const struct ini_entry *entry,
               struct error *error, const char *what)
{
    return ini_error(plan->ini, entry, "play.plan", error, "[%s] %s: %s", entry->section,
                     entry->key, what);
}

static int read_weight(const struct play_plan *plan, const struct ini_entry *entry,
                       double *ret_weight, struct error *error)
{
    if (text_to_double(entry->value, strlen(entry->value), ret_weight, NULL) != 0 ||
        !(*ret_weight >= 0 && *ret_weight <= 1e6))
        return bad(plan, entry, error, "expected a weight from 0 to 1,000,000");
    return 0;
}

static int read_numbers(const struct play_plan *plan, const struct ini_entry *entry,
                        double *numbers, size_t count, struct error *error)
{
    const char *cursor = entry->value, *piece;
    size_t length = 0, found = 0;
    while ((piece = text_next(&cursor, ' ', &length)) != NULL) {
        if (length == 0)
            continue;
        if (found == count || text_to_double(piece, length, &numbers[found], NULL) != 0 ||
            !(numbers[found] >= 0 && numbers[found] <= 1e6))
            return bad(plan, entry, error, "expected numbers from 0 to 1,000,000");
        found++;
    }
    return found == count ? 0 : bad(plan, entry, error, "too few numbers");
}

// "07:00-21:30"
static int read_day(struct play_plan *plan, const struct ini_entry *entry,
                    struct error *error)
{
    int64_t part[4];
    const char *text = entry->value;
    for (int i = 0; i < 4; i++)
        if (text_to_int(&text[3 * i], 2, &part[i], NULL) != 0)
            part[i] = -1;
    bool fine = strlen(text) == 11 && text[2] == ':' && text[5] == '-' && text[8] == ':';
    for (int i = 0; i < 4; i++)
        fine = fine && part[i] >= 0 && part[i] < (i % 2 ? 60 : 24);
    plan->open_min = (int)(part[0] * 60 + part[1]);
    plan->close_min = (int)(part[2] * 60 + part[3]);
    if (!fine || plan->open_min >= plan->close_min)
        return bad(plan, entry, error, "expected hours like 07:00-21:30");
    return 0;
}

// "15 min", "60 %", each with a spread behind it or not.
static int read_delay(struct play_plan *plan, const struct ini_entry *entry,
                      struct error *error)
{
    int task = process_task_from_str(entry->key);
    struct play_delay delay = {.minutes = -1, .spread = 0.8};
    const char *cursor = entry->value;
    size_t length[3] = {0};
    const char *piece[3] = {NULL};
    for (int i = 0; i < 3; i++)
        piece[i] = text_next(&cursor, ' ', &length[i]);
    double number = 0;
    if (task < 0)
        return bad(plan, entry, error, "no such kind of task");
    bool fine = piece[1] != NULL && text_to_double(piece[0], length[0], &number, NULL) == 0;
    fine = fine && number > 0 && number <= 100000;
    if (fine && length[1] == 3 && memcmp(piece[1], "min", 3) == 0)
        delay.minutes = number;
    else if (fine && length[1] == 1 && *piece[1] == '%')
        delay.of_limit = number / 100;
    else
        fine = false;
    if (fine && piece[2] != NULL)
        fine = text_to_double(piece[2], length[2], &delay.spread, NULL) == 0 &&
               delay.spread >= 0 && delay.spread <= 3;
    if (!fine)
        return bad(plan, entry, error, "expected '15 min 0.8' or '60 % 0.8'");
    plan->delays[task] = delay;
    return 0;
}

// ---- sections ----
static int read_play(struct play_plan *plan, const struct ini_entry *entry,
                     struct error *error)
{
    if (strcmp(entry->key, "cases_per_day") == 0)
        return read_weight(plan, entry, &plan->cases_per_day, error);
    if (strcmp(entry->key, "hours") == 0)
        return read_numbers(plan, entry, plan->hours, 24, error);
    if (strcmp(entry->key, "weekdays") == 0)
        return read_numbers(plan, entry, plan->weekdays, 7, error);
    if (strcmp(entry->key, "awake") == 0)
        return read_day(plan, entry, error);
    if (strcmp(entry->key, "reporters") == 0) {
        plan->reporters = entry->value;
        return 0;
    }
    return bad(plan, entry, error, "unknown key");
}

static int read_kind(struct play_plan *plan, const struct ini_entry *entry, bool ended,
                     struct error *error)
{
    if (ended && strcmp(entry->key, "nothing") == 0)
        return read_weight(plan, entry, &plan->nothing, error);
    const char *dot = strchr(entry->key, '.');
    char stage_word[32] = "";
    int stage = ended ? PROCESS_ENDED : -1;
    if (dot != NULL && !ended &&
        text_format(stage_word, sizeof stage_word, "%.*s", (int)(dot - entry->key),
                    entry->key) == 0)
        stage = process_stage_from_str(stage_word);
    int kind = process_kind_from_str(dot != NULL ? dot + 1 : entry->key);
    double weight = 0;
    if (kind < 0 || (dot != NULL && stage < 0))
        return bad(plan, entry, error, "no such kind of move, or stage");
    int code = read_weight(plan, entry, &weight, error);
    for (int i = 0; code == 0 && i < PROCESS_STAGE_COUNT; i++)
        if (i == stage || (stage < 0 && i != PROCESS_ENDED))
            plan->kinds[i][kind] = weight;
    return code;
}

static bool matches(const char *pattern, const char *code)
{
    size_t length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*')
        return strncmp(pattern, code, length - 1) == 0;
    return strcmp(pattern, code) == 0;
}

static int read_class(struct play_plan *plan, const struct ini_entry *entry,
                      const struct catalogue *catalogue, struct error *error)
{
    double weight = 0;
    bool found = false;
    int code = read_weight(plan, entry, &weight, error);
    for (size_t i = 0; code == 0 && i < plan->class_count; i++)
        if (matches(entry->key, catalogue_class(catalogue, i)->code)) {
            plan->classes[i] = weight;
            found = true;
        }
    return code != 0 || found ? code : bad(plan, entry, error, "no such class");
}

static int read_choice(struct play_plan *plan, const struct ini_entry *entry,
                       struct error *error)
{
    if (plan->choice_count == PLAY_CHOICES_MOST)
        return bad(plan, entry, error, "too many choices");
    plan->choices[plan->choice_count].word = entry->key;
    return read_weight(plan, entry, &plan->choices[plan->choice_count++].weight, error);
}

static int read_entry(struct play_plan *plan, const struct ini_entry *entry,
                      const struct catalogue *catalogue, struct error *error)
{
    if (strcmp(entry->section, "play") == 0)
        return read_play(plan, entry, error);
    if (strcmp(entry->section, "kinds") == 0)
        return read_kind(plan, entry, false, error);
    if (strcmp(entry->section, "ended") == 0)
        return read_kind(plan, entry, true, error);
    if (strcmp(entry->section, "classes") == 0)
        return read_class(plan, entry, catalogue, error);
    if (strcmp(entry->section, "delays") == 0)
        return read_delay(plan, entry, error);
    if (strcmp(entry->section, "choices") == 0)
        return read_choice(plan, entry, error);
    bool words = strcmp(entry->section, "words") == 0;
    int number =
        words ? process_kind_from_str(entry->key) : process_source_from_str(entry->key);
    if (number < 0 || (!words && strcmp(entry->section, "sources") != 0))
        return bad(plan, entry, error, "unknown section or word");
    if (!words)
        return read_weight(plan, entry, &plan->sources[number], error);
    plan->words[number] = entry->value;
    return 0;
}

int play_plan_read(const char *path, const struct catalogue *catalogue,
                   struct play_plan *ret_plan, struct error *error)
{
    struct play_plan plan = {.open_min = 7 * 60, .close_min = 21 * 60 + 30};
    double sources = 0, hours = 0;
    int code = ini_read(path, &plan.ini, error);
    plan.class_count = catalogue_class_count(catalogue);
    plan.classes = memory_new((plan.class_count + 1) * sizeof *plan.classes);
    for (int i = 0; i < PROCESS_TASK_COUNT; i++)
        plan.delays[i] = (struct play_delay){.minutes = 20, .spread = 0.8};
    for (int i = 0; i < 7; i++)
        plan.weekdays[i] = 1;
    for (size_t i = 0; code == 0 && i < ini_entries(plan.ini); i++)
        code = read_entry(&plan, ini_entry(plan.ini, i), catalogue, error);
    for (int i = 0; i < PROCESS_SOURCE_COUNT; i++)
        sources += plan.sources[i];
    for (int i = 0; i < 24; i++)
        hours += plan.hours[i];
    if (code == 0 && (plan.cases_per_day <= 0 || sources <= 0 || hours <= 0))
        code = error_set(error, ERROR_INPUT, "play.plan",
                         "%s: cases_per_day, hours and [sources] are needed", path);
    if (code != 0) {
        play_plan_done(&plan);
        return code;
    }
    *ret_plan = plan;
    return 0;
}

void play_plan_done(struct play_plan *plan)
{
    plan->ini = ini_free(plan->ini);
    free(plan->classes);
    plan->classes = NULL;
}
