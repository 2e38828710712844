// SPDX-License-Identifier: MPL-2.0
// All figures of a period, of one moment: whole city, departments, offices, areas, classes,
// sources.
#include "freeze_internal.h"

#include <string.h>

#include <gridcase/rules/zone.h>

enum { TRIES = 5 };

static int count_one(struct facts *facts, const struct freeze_place *place,
                     const struct freeze_order *order, const struct evaluation *evaluation,
                     struct freeze_table *table, struct arena *arena, struct error *error)
{
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    struct actor system = actor_system();
    date_to_text(order->period.from_day, from);
    date_to_text(order->period.to_day, to);
    struct figure_words words = {.measures = freeze_measure_words(evaluation, arena),
                                 .by = *table->by != '\0' ? table->by : NULL,
                                 .from = arena_text(arena, from),
                                 .to = arena_text(arena, to)};
    int code = figure_query_read_with(&words, place->city, evaluation, order->now_ms,
                                      &table->query, error);
    if (code == 0)
        code = figures_compute(facts, place->reader, place->city, &system, &table->query,
                               arena, &table->answer, error);
    return code;
}

static int name_tables(const struct city_snapshot *city, struct arena *arena,
                       struct freeze_figures *figures)
{
    static const char *const PLAIN[] = {"",      "department", "department:2",
                                        "class", "major",      "source"};
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++)
        figures->tables[figures->count++].by = PLAIN[i];
    for (size_t i = 0; i < city_levels(city); i++)
        figures->tables[figures->count++].by =
            arena_format(arena, "area:%s", city_level(city, i)->code);
    return 0;
}

// *ret_one: all tables are of one position of the change stream.
static int count_all(struct facts *facts, const struct freeze_place *place,
                     const struct freeze_order *order, struct arena *arena,
                     struct freeze_figures *figures, bool *ret_one, struct error *error)
{
    int code = 0;
    *ret_one = true;
    figures->rows = 0;
    for (size_t i = 0; i < figures->count && code == 0; i++) {
        struct freeze_table *table = &figures->tables[i];
        code = count_one(facts, place, order, figures->evaluation, table, arena, error);
        figures->rows += table->answer.row_count;
        if (i == 0)
            figures->position = table->answer.position;
        *ret_one = *ret_one && table->answer.position == figures->position;
    }
    if (code == 0 && figures->rows > FREEZE_ROWS_MOST)
        code = error_set(error, ERROR_LIMIT, "freeze.too_many",
                         "a frozen period has at most %d rows", FREEZE_ROWS_MOST);
    return code;
}

// In a city where somebody moves a case all the time: columns of our own, read within one
// transaction.
static int count_apart(const struct freeze_place *place, const struct freeze_order *order,
                       struct arena *arena, struct freeze_figures *figures,
                       struct error *error)
{
    bool one = false;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(place->reader, DB_READ, &transaction, error);
    if (code != 0)
        return code;
    struct facts *facts = facts_new(NULL);
    code = count_all(facts, place, order, arena, figures, &one, error);
    facts_free(facts);
    if (code == 0 && !one)
        code = error_set(error, ERROR_BUG, "freeze.positions",
                         "one transaction showed several positions");
    return code;
}

int freeze_count(const struct freeze_place *place, const struct freeze_order *order,
                 const struct evaluation *evaluation, struct arena *arena,
                 struct freeze_figures *ret_figures, struct error *error)
{
    bool one = false;
    memset(ret_figures, 0, sizeof *ret_figures);
    ret_figures->evaluation = evaluation;
    int code = name_tables(place->city, arena, ret_figures);
    for (int i = 0; i < TRIES && code == 0 && !one; i++)
        code = count_all(place->facts, place, order, arena, ret_figures, &one, error);
    if (code == 0 && !one)
        code = count_apart(place, order, arena, ret_figures, error);
    return code;
}
