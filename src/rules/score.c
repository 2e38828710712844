// SPDX-License-Identifier: MPL-2.0
// scores.csv, score_parts.csv, score_brackets.csv, score_grades.csv: gridcase-scores(5).
#include <gridcase/rules/score.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "rules_internal.h"

enum { BRACKETS_MOST = 500, SCORES_ARENA = 4 * 1024 * 1024 };

struct bracket {
    const char *name, *area_class;
    double up_to, points; // up_to INFINITY: all there is beyond
};

struct scores {
    struct arena *arena;
    size_t count;
    struct score list[SCORE_LIST_MOST];
    size_t bracket_count;
    struct bracket brackets[BRACKETS_MOST];
    size_t grade_count;
    struct score_grade grades[SCORE_GRADES_MOST];
    uint8_t digest[HASH_SIZE];
};

struct building {
    struct scores *scores;
    const struct evaluation *evaluation;
    struct rules_check check;
};

static const char *const kinds[SCORE_KIND_COUNT] = {"rate",   "inverse", "bracket",
                                                    "manual", "each",    "adjust"};

const char *score_kind_to_str(enum score_kind kind)
{
    return (unsigned)kind < SCORE_KIND_COUNT ? kinds[kind] : "";
}

static int find_kind(const char *word)
{
    for (int i = 0; i < SCORE_KIND_COUNT; i++)
        if (text_equal(kinds[i], word))
            return i;
    return -1;
}

#define BY_WORDS                                                                           \
    "department, desk, company, area, grid, duty_grid, reported_by, accepted_by, "         \
    "verified_by, filed_by, sent_by, checked_by, closed_by"

// What can be scored: dimensions of figures that name somebody or some place.
static bool can_be_scored(const char *by)
{
    static const char *const words[] = {
        "department", "desk",        "company",     "area",        "grid",
        "duty_grid",  "reported_by", "accepted_by", "verified_by", "filed_by",
        "sent_by",    "checked_by",  "closed_by",   NULL};
    for (size_t i = 0; words[i] != NULL; i++)
        if (text_equal(words[i], by))
            return true;
    return false;
}

// ---- cells ----
static double number(struct building *building, const struct table *table, size_t row,
                     const char *column, double absent)
{
    const char *cell = table_value(table, row, column);
    double value = absent;
    if (cell[0] != '\0' &&
        (text_to_double(cell, strlen(cell), &value, NULL) != 0 || fabs(value) > 1e9))
        rules_error(&building->check, table, row, column, "scores.number",
                    "'%.40s' is no number", cell);
    return value;
}

static const char *copy(struct building *building, const char *text)
{
    return arena_text(building->scores->arena, text);
}

static struct label name_of(struct building *building, const struct table *table,
                            size_t row)
{
    struct label name = {0};
    label_read(table, row, "name", building->scores->arena, &name);
    if (name.count == 0)
        rules_error(&building->check, table, row, "name", "scores.no_name",
                    "no name in any language");
    return name;
}

// ---- scores.csv ----
static struct score *version_of(struct scores *scores, const char *code,
                                const char *version)
{
    for (size_t i = 0; i < scores->count; i++)
        if (text_equal(scores->list[i].code, code) &&
            text_equal(scores->list[i].version, version))
            return &scores->list[i];
    return NULL;
}

static int required(struct building *building, const struct table *table, size_t row)
{
    const char *code = table_value(table, row, "requires");
    int measure = evaluation_find(building->evaluation, code, strlen(code));
    if (code[0] != '\0' && measure < 0)
        rules_error(&building->check, table, row, "requires", "scores.measure",
                    "there is no measure '%.40s' (gridcase indicators list)", code);
    return measure;
}

static void read_score(struct building *building, const struct table *table, size_t row)
{
    struct scores *scores = building->scores;
    struct rules_check *check = &building->check;
    const char *code = table_value(table, row, "score");
    const char *version = table_value(table, row, "version");
    const char *from = table_value(table, row, "from");
    const char *by = table_value(table, row, "by");
    int64_t from_day = 0;
    if (!rules_code_good(check, table, row, "score", 0))
        return;
    if (version[0] == '\0')
        rules_error(check, table, row, "version", "scores.version", "names no version");
    if (from[0] != '\0' && date_from_text(from, strlen(from), &from_day, NULL) != 0)
        rules_error(check, table, row, "from", "scores.from",
                    "'%.20s' is no date like 2026-01-01", from);
    if (!can_be_scored(by))
        rules_error(check, table, row, "by", "scores.by", "'%.40s' is none of " BY_WORDS,
                    by);
    if (version_of(scores, code, version) != NULL || scores->count == SCORE_LIST_MOST) {
        rules_error(check, table, row, "score", "scores.twice",
                    "version %.20s of score %.40s is there already, or there are more "
                    "than %d",
                    version, code, SCORE_LIST_MOST);
        return;
    }
    struct score *score = &scores->list[scores->count++];
    *score = (struct score){.code = copy(building, code),
                            .requires = required(building, table, row),
                            .version = copy(building, version),
                            .from_day = from_day,
                            .by = copy(building, by),
                            .name = name_of(building, table, row),
                            .source = copy(building, table_value(table, row, "source")),
                            .line = table_line(table, row)};
}

// ---- score_parts.csv ----
static bool has_bracket(const struct scores *scores, const char *name)
{
    for (size_t i = 0; i < scores->bracket_count; i++)
        if (text_equal(scores->brackets[i].name, name))
            return true;
    return false;
}

static void check_measure(struct building *building, const struct table *table, size_t row,
                          struct score_part *part)
{
    const char *code = table_value(table, row, "measure");
    struct rules_check *check = &building->check;
    bool by_people = part->kind == SCORE_MANUAL || part->kind == SCORE_ADJUST;
    part->measure = -1;
    if (by_people) {
        if (code[0] != '\0')
            rules_error(check, table, row, "measure", "scores.measure",
                        "people give these points: there is no measure");
        return;
    }
    part->measure = evaluation_find(building->evaluation, code, strlen(code));
    if (part->measure < 0) {
        rules_error(check, table, row, "measure", "scores.measure",
                    "there is no measure '%.40s' (gridcase indicators list)", code);
        return;
    }
    const struct indicator *measure =
        evaluation_measure(building->evaluation, (size_t)part->measure);
    bool share = part->kind == SCORE_RATE || part->kind == SCORE_INVERSE;
    if (share && measure->unit != INDICATOR_SHARE)
        rules_error(check, table, row, "measure", "scores.not_a_share",
                    "%s is no share: use brackets for it", measure->code);
}

static void check_part(struct building *building, const struct table *table, size_t row,
                       struct score_part *part)
{
    struct rules_check *check = &building->check;
    bool weighs = part->kind != SCORE_EACH && part->kind != SCORE_ADJUST;
    if (weighs && (part->weight <= 0 || part->weight > 100))
        rules_error(check, table, row, "weight", "scores.weight",
                    "a weight is more than 0 and at most 100");
    if (!weighs && part->weight != 0)
        rules_error(check, table, row, "weight", "scores.weight",
                    "points that are added or taken off have no weight");
    if (part->kind == SCORE_RATE && (part->full <= 0 || part->full > 1))
        rules_error(check, table, row, "full", "scores.full",
                    "full is the share that is worth 100 points: above 0, at most 1");
    if (part->kind == SCORE_BRACKET && !has_bracket(building->scores, part->bracket))
        rules_error(check, table, row, "bracket", "scores.bracket",
                    "there is no bracket '%.40s'", part->bracket);
    if (part->least > 0)
        rules_error(check, table, row, "least", "scores.least",
                    "least is 0 or negative: what is taken off at most");
    check_measure(building, table, row, part);
}

static void read_part(struct building *building, const struct table *table, size_t row)
{
    struct rules_check *check = &building->check;
    const char *kind_word = table_value(table, row, "kind");
    const char *by = table_value(table, row, "by");
    int kind = find_kind(kind_word);
    struct score *score = version_of(building->scores, table_value(table, row, "score"),
                                     table_value(table, row, "version"));
    if (score == NULL) {
        rules_error(check, table, row, "score", "scores.unknown",
                    "table scores has no version %.20s of '%.40s'",
                    table_value(table, row, "version"), table_value(table, row, "score"));
        return;
    }
    if (kind < 0) {
        rules_error(check, table, row, "kind", "scores.kind",
                    "'%.40s' is none of rate, inverse, bracket, manual, each, adjust",
                    kind_word);
        return;
    }
    if (!rules_code_good(check, table, row, "part", 0))
        return;
    if (by[0] != '\0' && !can_be_scored(by))
        rules_error(check, table, row, "by", "scores.by", "'%.40s' is none of " BY_WORDS,
                    by);
    for (size_t i = 0; i < score->part_count; i++)
        if (text_equal(score->parts[i].code, table_value(table, row, "part")))
            rules_error(check, table, row, "part", "scores.twice",
                        "the score has a part '%.40s' already", score->parts[i].code);
    if (score->part_count == SCORE_PARTS_MOST) {
        rules_error(check, table, row, "part", "scores.parts", "more than %d parts",
                    SCORE_PARTS_MOST);
        return;
    }
    struct score_part *part = &score->parts[score->part_count++];
    *part = (struct score_part){
        .code = copy(building, table_value(table, row, "part")),
        .name = name_of(building, table, row),
        .kind = (enum score_kind)kind,
        .weight = number(building, table, row, "weight", 0),
        .full = number(building, table, row, "full", kind == SCORE_EACH ? -1 : 1),
        .least = number(building, table, row, "least", 0),
        .bracket = copy(building, table_value(table, row, "bracket")),
        .by = by[0] != '\0' ? copy(building, by) : score->by,
        .line = table_line(table, row)};
    check_part(building, table, row, part);
    score->weights += part->weight;
}

static void check_weights(struct building *building, const struct table *table)
{
    for (size_t i = 0; i < building->scores->count; i++) {
        const struct score *score = &building->scores->list[i];
        if (score->part_count == 0 || fabs(score->weights - 100) > 0.001)
            rules_error(&building->check, table, RULES_NO_ROW, "weight", "scores.weights",
                        "the weights of score %.40s, version %.20s, add up to %g, not 100",
                        score->code, score->version, score->weights);
    }
}

// ---- brackets and grades ----
static void read_bracket(struct building *building, const struct table *table, size_t row)
{
    struct scores *scores = building->scores;
    if (scores->bracket_count == BRACKETS_MOST) {
        rules_error(&building->check, table, row, "bracket", "scores.brackets",
                    "more than %d rows", BRACKETS_MOST);
        return;
    }
    struct bracket bracket = {
        .name = copy(building, table_value(table, row, "bracket")),
        .area_class = copy(building, table_value(table, row, "area_class")),
        .up_to = number(building, table, row, "up_to", (double)INFINITY),
        .points = number(building, table, row, "points", -1)};
    if (bracket.points < 0 || bracket.points > 100)
        rules_error(&building->check, table, row, "points", "scores.points",
                    "points are 0 to 100");
    const struct bracket *last =
        scores->bracket_count > 0 ? &scores->brackets[scores->bracket_count - 1] : NULL;
    if (last != NULL && text_equal(last->name, bracket.name) &&
        text_equal(last->area_class, bracket.area_class) && bracket.up_to <= last->up_to)
        rules_error(&building->check, table, row, "up_to", "scores.order",
                    "the rows of a bracket rise, the last one without a number");
    scores->brackets[scores->bracket_count++] = bracket;
}

static bool is_colour(const char *text)
{
    return strlen(text) == 7 && text[0] == '#' &&
           strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static void read_grade(struct building *building, const struct table *table, size_t row)
{
    struct scores *scores = building->scores;
    struct rules_check *check = &building->check;
    if (scores->grade_count == SCORE_GRADES_MOST ||
        !rules_code_good(check, table, row, "grade", 0)) {
        rules_error(check, table, row, "grade", "scores.grades", "no code, or more than %d",
                    SCORE_GRADES_MOST);
        return;
    }
    struct score_grade grade = {.code = copy(building, table_value(table, row, "grade")),
                                .from = number(building, table, row, "from", -1e9),
                                .colour = copy(building, table_value(table, row, "colour")),
                                .name = name_of(building, table, row)};
    if (!is_colour(grade.colour))
        rules_error(check, table, row, "colour", "scores.colour",
                    "'%.20s' is no colour like #1a7f37", grade.colour);
    if (scores->grade_count > 0 &&
        scores->grades[scores->grade_count - 1].from <= grade.from)
        rules_error(check, table, row, "from", "scores.order",
                    "grades fall, the last one without a number");
    scores->grades[scores->grade_count++] = grade;
}

// ---- all four ----
struct reading {
    const char *name;
    const char *const *needs, *const *known;
    void (*read)(struct building *building, const struct table *table, size_t row);
};

static int read_table(struct building *building, const struct evaluation_source *source,
                      const struct reading *reading, struct hash *hash, struct error *error)
{
    TABLE_CLEANUP struct table *standard = NULL;
    static const char *const prefixes[] = {"name_", NULL};
    const struct table *table = source != NULL && source->find != NULL
                                    ? source->find(source->context, reading->name)
                                    : NULL;
    int code = 0;
    if (table == NULL) {
        code = evaluation_standard_table(reading->name, &standard, error);
        table = standard;
    }
    if (code != 0 || table == NULL)
        return code;
    if (rules_needs_columns(&building->check, table, reading->needs)) {
        rules_known_columns(&building->check, table, reading->known, prefixes);
        for (size_t row = 0; row < table_rows(table); row++)
            reading->read(building, table, row);
        if (reading->read == read_part)
            check_weights(building, table);
    }
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    table_write_csv(table, &text);
    hash_add(hash, text.data, text.length);
    return 0;
}

static int read_all(struct building *building, const struct evaluation_source *source,
                    struct error *error)
{
    static const char *const bracket_needs[] = {"bracket", "up_to", "points", NULL},
                             *const grade_needs[] = {"grade", "from", "colour", NULL},
                             *const score_needs[] = {"score", "version", "by", NULL},
                             *const part_needs[] = {"score",   "version", "part", "kind",
                                                    "measure", "weight",  NULL};
    static const char *const brackets[] = {"bracket", "area_class", "up_to",
                                           "points",  "note",       NULL},
                             *const grades[] = {"grade", "from", "colour", "note", NULL},
                             *const scores[] = {"score",    "version", "from", "by",
                                                "requires", "source",  "note", NULL},
                             *const parts[] = {"score",   "version", "part",   "kind",
                                               "measure", "by",      "weight", "bracket",
                                               "full",    "least",   "note",   NULL};
    const struct reading list[] = {
        {"score_brackets", bracket_needs, brackets, read_bracket},
        {"score_grades", grade_needs, grades, read_grade},
        {"scores", score_needs, scores, read_score},
        {"score_parts", part_needs, parts, read_part},
    };
    struct hash *hash = hash_new();
    int code = 0;
    for (size_t i = 0; i < sizeof list / sizeof list[0] && code == 0; i++)
        code = read_table(building, source, &list[i], hash, error);
    hash_finish(hash, building->scores->digest);
    return code;
}

int scores_new(const struct evaluation_source *source, const struct evaluation *evaluation,
               const struct rules_report *report, struct scores **ret_scores,
               struct error *error)
{
    struct building building = {.scores = memory_new(sizeof *building.scores),
                                .evaluation = evaluation,
                                .check = {.report = report}};
    building.scores->arena = arena_new(SCORES_ARENA);
    int code = read_all(&building, source, error);
    if (code == 0)
        code = rules_check_result(&building.check, "scores.invalid", error);
    if (code != 0) {
        scores_free(building.scores);
        return code;
    }
    *ret_scores = building.scores;
    return 0;
}

struct scores *scores_free(struct scores *scores)
{
    if (scores != NULL) {
        arena_free(scores->arena);
        free(scores);
    }
    return NULL;
}

// ---- reading them ----
size_t scores_count(const struct scores *scores)
{
    return scores->count;
}

const struct score *scores_at(const struct scores *scores, size_t index)
{
    return index < scores->count ? &scores->list[index] : NULL;
}

const struct score *scores_find(const struct scores *scores, const char *code, int64_t day)
{
    const struct score *found = NULL;
    for (size_t i = 0; i < scores->count; i++) {
        const struct score *score = &scores->list[i];
        if (text_equal(score->code, code) && score->from_day <= day &&
            (found == NULL || score->from_day >= found->from_day))
            found = score;
    }
    return found;
}

const struct score_grade *scores_grade(const struct scores *scores, size_t index)
{
    return index < scores->grade_count ? &scores->grades[index] : NULL;
}

const struct score_grade *scores_grade_of(const struct scores *scores, double points)
{
    for (size_t i = 0; i < scores->grade_count; i++)
        if (points >= scores->grades[i].from)
            return &scores->grades[i];
    return NULL;
}

static double bracket_points(const struct scores *scores, const char *name,
                             const char *area_class, double value)
{
    bool own = false;
    for (size_t i = 0; i < scores->bracket_count && area_class[0] != '\0'; i++)
        own = own || (text_equal(scores->brackets[i].name, name) &&
                      text_equal(scores->brackets[i].area_class, area_class));
    for (size_t i = 0; i < scores->bracket_count; i++) {
        const struct bracket *bracket = &scores->brackets[i];
        if (text_equal(bracket->name, name) && value <= bracket->up_to &&
            text_equal(bracket->area_class, own ? area_class : ""))
            return bracket->points;
    }
    return 0;
}

double scores_points(const struct scores *scores, const struct score_part *part,
                     const char *area_class, double value)
{
    if (isnan(value))
        return part->kind == SCORE_EACH ? 0 : 100;
    switch (part->kind) {
    case SCORE_RATE:
        return value >= part->full ? 100 : fmax(0, 100 * value / part->full);
    case SCORE_INVERSE:
        return fmin(100, fmax(0, 100 - 100 * value));
    case SCORE_BRACKET:
        return bracket_points(scores, part->bracket, area_class, value);
    case SCORE_EACH:
        return part->least < 0 ? fmax(part->least, part->full * value) : part->full * value;
    case SCORE_MANUAL:
    case SCORE_ADJUST:
        return value;
    case SCORE_KIND_COUNT:
        break;
    }
    return 0;
}

const uint8_t *scores_digest(const struct scores *scores)
{
    return scores->digest;
}
