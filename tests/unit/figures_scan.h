// SPDX-License-Identifier: MPL-2.0
// What each count means, said again in SQL over the fact table: for test_figures.c, which
// brings the office along.
#pragma once

// ---- the same in SQL ----
// :from and :to are local midnights (to is exclusive), :now the moment.
#define HANDLED "(CASE WHEN fed_back_at <> 0 THEN fed_back_at ELSE closed_at END)"
#define WORK    "outcome NOT IN (2, 3, 4, 6) AND exempted = 0"
#define LATE_NOW                                                                           \
    "(handled_in_time < 0 AND closed_at = 0 AND due_at > 0 AND due_at / 1000 < :now / "    \
    "1000"                                                                                 \
    " AND NOT EXISTS (SELECT 1 FROM case_clock k WHERE k.case_id = fact.case_id AND "      \
    "k.kind"                                                                               \
    " = 1 AND k.task_no = 0 AND k.status = 2))"
// When the verdict was certain.
#define JUDGED_AT                                                                          \
    "(CASE WHEN handled_in_time = 1 THEN " HANDLED                                         \
    " WHEN handled_in_time = 0 AND due_at > 0"                                             \
    " AND due_at < " HANDLED " THEN due_at WHEN handled_in_time = 0 THEN " HANDLED         \
    " ELSE due_at END)"
#define JUDGED                                                                             \
    WORK " AND " JUDGED_AT " >= :from AND " JUDGED_AT " < :to AND " JUDGED_AT " > 0"
#define ENDED  "closed_at >= :from AND closed_at < :to AND closed_at > 0"
#define OPENED "opened_at >= :from AND opened_at < :to"

#define SUSPENDED_NOW                                                                      \
    OPENED " AND closed_at = 0 AND suspended > 0 AND EXISTS (SELECT 1 FROM case_clock k"   \
           " WHERE k.case_id = fact.case_id AND k.kind = 1 AND k.task_no = 0"              \
           " AND k.status = 2)"
#define ON(column) column " >= :from AND " column " < :to AND " column " > 0"
#define PUBLIC     "source IN (1, 2, 7)"
#define GRANTED    "(closed_in_time = 1 OR exempted = 1)"
#define SINCE(a, b)                                                                        \
    "(CASE WHEN " a " > 0 AND " b " > 0 THEN " b " / 1000 - " a " / 1000 ELSE 0 END)"
// What each count of grids/standard/evaluation means, said again in SQL.
static const struct {
    const char *code, *condition;
    const char *sum; // NULL: cases
} COUNTS[] = {
    {"opened", OPENED, NULL},
    {"ended", ENDED, NULL},
    {"closed", ENDED " AND outcome = 1", NULL},
    {"open", "opened_at < :to AND (closed_at = 0 OR closed_at >= :to)", NULL},
    {"overdue",
     WORK " AND due_at < :to AND ((handled_in_time = 0 AND " HANDLED
          " >= :to AND due_at > 0 AND due_at < " HANDLED ") OR " LATE_NOW ")",
     NULL},
    {"closed_of_opened", OPENED " AND outcome = 1 AND closed_at > 0", NULL},
    {"to_close", OPENED " AND (closed_at = 0 OR outcome = 1)", NULL},
    {"handled_in_time", JUDGED " AND handled_in_time = 1", NULL},
    {"to_handle",
     JUDGED " AND (" LATE_NOW " OR (handled_in_time >= 0 AND " HANDLED " > 0))", NULL},
    {"target_met", ENDED " AND outcome = 1 AND imported_in_time = 1", NULL},
    {"with_target", ENDED " AND outcome = 1 AND imported_in_time >= 0", NULL},
    {"closed_seconds", ENDED " AND outcome = 1", "closed_at / 1000 - opened_at / 1000"},
    {"by_collectors", OPENED " AND source = 0", NULL},
    {"by_public", OPENED " AND " PUBLIC, NULL},
    {"valid", OPENED " AND filed_at > 0", NULL},
    {"wrong_by_collectors", OPENED " AND source = 0 AND outcome IN (2, 3, 4)", NULL},
    {"accepted", ON("accepted_at"), NULL},
    {"accepted_rightly", ON("accepted_at") " AND outcome NOT IN (2, 4)", NULL},
    {"filed", ON("filed_at"), NULL},
    {"filed_rightly", ON("filed_at") " AND outcome <> 4", NULL},
    {"declined", ENDED " AND outcome = 2", NULL},
    {"voided", ENDED " AND outcome = 4", NULL},
    {"sent", ON("sent_at"), NULL},
    {"to_send", ON("filed_at") " AND (sent_at > 0 OR closed_at = 0)", NULL},
    {"sent_in_time", ON("sent_at") " AND sent_in_time = 1", NULL},
    {"sent_rightly", ON("sent_at") " AND resent = 0", NULL},
    {"handled_of_due", JUDGED " AND handled_in_time >= 0 AND " HANDLED " > 0", NULL},
    {"handled_late", JUDGED " AND handled_in_time = 0 AND " HANDLED " > 0", NULL},
    {"due_unhandled", JUDGED " AND " LATE_NOW, NULL},
    {"to_verify", ON("verified_at") " AND verified_in_time >= 0", NULL},
    {"verified_in_time", ON("verified_at") " AND verified_in_time = 1", NULL},
    {"to_check", ON("checked_at") " AND checked_in_time >= 0", NULL},
    {"checked_in_time", ON("checked_at") " AND checked_in_time = 1", NULL},
    {"closed_in_time", OPENED " AND outcome = 1 AND closed_at > 0 AND " GRANTED, NULL},
    {"reworks", OPENED " AND (closed_at = 0 OR outcome = 1)", "min(reworked, 255)"},
    {"returned_cases", OPENED " AND returned > 0", NULL},
    {"suspended_cases", OPENED " AND suspended > 0", NULL},
    {"forced", ENDED " AND forced = 1", NULL},
    {"reopened", OPENED " AND reopened > 0", NULL},
    {"one_sided", ENDED " AND one_sided = 1", NULL},
    {"reopened_to_close", OPENED " AND (closed_at = 0 OR outcome = 1) AND reopened > 0",
     NULL},
    {"closed_unchecked", OPENED " AND outcome = 1 AND closed_at > 0 AND checked_at = 0",
     NULL},
    {"closed_one_sided", OPENED " AND outcome = 1 AND closed_at > 0 AND one_sided = 1",
     NULL},
    {"forced_of_opened", OPENED " AND forced = 1 AND closed_at > 0", NULL},
    {"suspended_now", SUSPENDED_NOW, NULL},
    {"suspended_seconds", SUSPENDED_NOW, ":now / 1000 - opened_at / 1000"},
    {"gone_public", OPENED " AND " PUBLIC " AND verify_result = 2", NULL},
    {"gone_again",
     OPENED " AND " PUBLIC " AND verify_result = 2 AND (contacts > 1 OR reopened > 0)",
     NULL},
    {"found_by_collectors", ON("filed_at") " AND source = 0", NULL},
    {"answer_seconds", ON("accepted_at"), SINCE("opened_at", "accepted_at")},
    {"handling_seconds",
     HANDLED " >= :from AND " HANDLED " < :to AND " HANDLED " > 0 AND sent_at > 0",
     SINCE("sent_at", HANDLED)},
};
enum { COUNTS_MOST = sizeof COUNTS / sizeof COUNTS[0] };

static int64_t midnight(int64_t day) // Shanghai, without clock changes in these years
{
    return day * DAY_MS - 8 * HOUR;
}

// With a level of the tree: what stands at that depth, and all below it.
static const char *department_condition(size_t level, int64_t id, char *out, size_t size)
{
    size_t depth = 0;
    for (int64_t at = id; at != 0; at = city_department_by_id(NULL, at)->parent)
        depth++;
    size_t used = (size_t)snprintf(out, size, "department_id IN (%lld", (long long)id);
    for (int64_t below = 1; below <= FAKE_DEPARTMENTS && depth == level; below++)
        if (below != id && city_department_within(NULL, below, id))
            used += (size_t)snprintf(out + used, size - used, ", %lld", (long long)below);
    snprintf(out + used, size - used, ")");
    return out;
}

static const char *const ID_COLUMNS[FIGURE_ID_COUNT] = {
    "grid_id",
    "grid_duty_id",
    "desk_department_id",
    "reporter_company_id",
    "checker_company_id",
    "reported_by",
    "accepted_by",
    "verified_by",
    "filed_by",
    "sent_by",
    "checked_by",
    "closed_by",
};

static const char *dimension_condition(const struct figure_by *by,
                                       const struct figure_key *key, char *out, size_t size)
{
    long long id = key->id;
    switch (by->dimension) {
    case FIGURE_BY_DEPARTMENT:
        return department_condition(by->level, id, out, size);
    case FIGURE_BY_AREA:
        snprintf(out, size, "area_%zu = %lld", by->level + 1, id);
        return out;
    case FIGURE_BY_CLASS:
        snprintf(out, size, "class_id = %lld", id);
        return out;
    case FIGURE_BY_SOURCE:
        snprintf(out, size, "source = %lld", id);
        return out;
    case FIGURE_BY_ID:
        snprintf(out, size, "%s = %lld", ID_COLUMNS[by->level], id);
        return out;
    default:
        break;
    }
    return "1";
}

static double scan_number(struct office *office, const char *what, const char *condition,
                          const char *first, const char *second, int64_t from, int64_t to)
{
    char text[4000];
    sqlite3_stmt *statement = NULL;
    snprintf(text, sizeof text, "SELECT %s FROM fact WHERE (%s) AND (%s) AND (%s)", what,
             condition, first, second);
    if (sqlite3_prepare_v2(office->scan, text, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sqlite3_errmsg(office->scan), text);
    const struct {
        const char *name;
        int64_t value;
    } values[] = {{":from", midnight(from)},
                  {":to", midnight(to + 1)},
                  {":now", office->world.now_ms}};
    for (size_t i = 0; i < 3; i++)
        sqlite3_bind_int64(statement,
                           sqlite3_bind_parameter_index(statement, values[i].name),
                           values[i].value);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    double number = sqlite3_column_type(statement, 0) == SQLITE_NULL
                        ? (double)NAN
                        : sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static double scan_count(struct office *office, const char *code, const char *first,
                         const char *second, int64_t from, int64_t to)
{
    char sum[300];
    for (size_t i = 0; i < COUNTS_MOST; i++) {
        if (strcmp(COUNTS[i].code, code) != 0)
            continue;
        snprintf(sum, sizeof sum, "coalesce(sum(%s), 0)",
                 COUNTS[i].sum != NULL ? COUNTS[i].sum : "1");
        return scan_number(office, sum, COUNTS[i].condition, first, second, from, to);
    }
    fail_msg("the test knows no count '%s'", code);
    return 0;
}

static double scan(struct office *office, const struct indicator *measure,
                   const char *first, const char *second, int64_t from, int64_t to)
{
    const struct evaluation *evaluation = city_evaluation(office->world.city);
    double loads[INDICATOR_LOADS] = {0};
    if (measure->is_count)
        return scan_count(office, measure->code, first, second, from, to);
    for (size_t i = 0; i < measure->part_count; i++)
        loads[i] = scan(office, evaluation_measure(evaluation, (size_t)measure->parts[i]),
                        first, second, from, to);
    return expression_number(&measure->formula, loads);
}
