// SPDX-License-Identifier: MPL-2.0
#include "fault/engine_fault.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/db/db_internal.h"

struct fault_statement {
    void *native;
    void *connection;
    char text[128];
};

static struct {
    pthread_mutex_t mutex;
    struct {
        int skip, times, code;
        bool drop;
        char slug[64];
    } verbs[FAULT_VERB_COUNT];
} plan = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct db_engine twin;
static const struct db_engine *base = &db_engine_sqlite; // what the twin passes on to

static struct { // the n-th verb of any kind
    int64_t counted, at;
    bool sticky, struck, failing;
    char what[160];
} every = {.at = -1};

void engine_fault_arm(enum engine_fault_verb verb, int skip, int times, bool drop, int code,
                      const char *slug)
{
    pthread_mutex_lock(&plan.mutex);
    plan.verbs[verb].skip = skip;
    plan.verbs[verb].times = times;
    plan.verbs[verb].drop = drop;
    plan.verbs[verb].code = code;
    strncpy(plan.verbs[verb].slug, slug, sizeof plan.verbs[verb].slug - 1);
    pthread_mutex_unlock(&plan.mutex);
}

void engine_fault_disarm(void)
{
    pthread_mutex_lock(&plan.mutex);
    for (int i = 0; i < FAULT_VERB_COUNT; i++)
        plan.verbs[i].times = 0;
    every.at = -1;
    every.failing = false;
    pthread_mutex_unlock(&plan.mutex);
}

void engine_fault_nth(int64_t n, bool sticky)
{
    pthread_mutex_lock(&plan.mutex);
    memset(&every, 0, sizeof every);
    every.at = n;
    every.sticky = sticky;
    pthread_mutex_unlock(&plan.mutex);
}

const char *engine_fault_struck(void)
{
    return every.struck ? every.what : NULL;
}

int64_t engine_fault_counted(void)
{
    return every.counted;
}

// Counts a verb; fails when its turn has come, or as long as the store stays spoiled.
static int verb(const char *kind, const char *text, struct error *error)
{
    int code = 0;
    pthread_mutex_lock(&plan.mutex);
    if (every.counted++ == every.at) {
        every.struck = true;
        every.failing = every.sticky;
        snprintf(every.what, sizeof every.what, "%s %.120s", kind, text ? text : "");
        code = error_set(error, ERROR_IO, "fault.told", "told to fail");
    } else if (every.failing) {
        code = error_set(error, ERROR_STORE, "db.transaction_lost", "it failed before");
    }
    pthread_mutex_unlock(&plan.mutex);
    return code;
}

// 0: go on; else the error is filled and the transaction perhaps dropped.
static int strike(enum engine_fault_verb verb, void *connection, struct error *error)
{
    int code = 0;
    bool drop = false;
    pthread_mutex_lock(&plan.mutex);
    if (plan.verbs[verb].times > 0) {
        if (plan.verbs[verb].skip > 0) {
            plan.verbs[verb].skip--;
        } else {
            plan.verbs[verb].times--;
            code = error_set(error, plan.verbs[verb].code, plan.verbs[verb].slug,
                             "told to fail");
            drop = plan.verbs[verb].drop;
        }
    }
    pthread_mutex_unlock(&plan.mutex);
    struct error ignored = {0};
    if (drop && base->in_transaction(connection))
        (void)base->control(connection, DB_CONTROL_ROLLBACK, 0, &ignored);
    return code;
}

static int fault_control(void *connection, enum db_control control, unsigned level,
                         struct error *error)
{
    int code = 0;
    if (control == DB_CONTROL_COMMIT)
        code = strike(FAULT_COMMIT, connection, error);
    else if (control == DB_CONTROL_BEGIN_WRITE)
        code = strike(FAULT_BEGIN, connection, error);
    if (control == DB_CONTROL_ROLLBACK || control == DB_CONTROL_ROLLBACK_TO)
        every.failing = false;
    else if (code == 0)
        code = verb(control == DB_CONTROL_COMMIT ? "commit" : "begin, savepoint, release",
                    NULL, error);
    return code != 0 ? code : base->control(connection, control, level, error);
}

static int fault_commit_after(void *connection,
                              bool (*next)(void *context, struct db_last *ret_last),
                              void *context, struct error *error)
{
    int code = strike(FAULT_COMMIT, connection, error);
    if (code == 0)
        code = verb("commit", NULL, error);
    return code != 0 ? code : base->commit_after(connection, next, context, error);
}

static int fault_prepare(void *connection, const struct db_text *text, void **ret_statement,
                         struct error *error)
{
    void *native = NULL;
    int code = verb("prepare", text->text, error);
    if (code == 0)
        code = base->prepare(connection, text, &native, error);
    if (code != 0)
        return code;
    struct fault_statement *statement = calloc(1, sizeof *statement);
    if (!statement)
        abort();
    statement->native = native;
    statement->connection = connection;
    snprintf(statement->text, sizeof statement->text, "%s", text->text);
    *ret_statement = statement;
    return 0;
}

static void *native(void *given)
{
    return ((struct fault_statement *)given)->native;
}

static void fault_release(void *given)
{
    base->release(native(given));
    free(given);
}

static int fault_step(void *given, struct error *error)
{
    struct fault_statement *statement = given;
    int code = 0;
    if (base->writes(statement->native))
        code = strike(FAULT_STEP, statement->connection, error);
    if (code == 0)
        code = verb("step", statement->text, error);
    return code != 0 ? code : base->step(statement->native, error);
}

static int fault_parameters(void *given)
{
    return base->parameters(native(given));
}
static bool fault_writes(void *given)
{
    return base->writes(native(given));
}
static int fault_bind(void *given, int index, const struct db_value *value,
                      struct error *error)
{
    return base->bind(native(given), index, value, error);
}
static void fault_reset(void *given)
{
    base->reset(native(given));
}
static void fault_clear(void *given)
{
    base->clear(native(given));
}
static int fault_columns(void *given)
{
    return base->columns(native(given));
}
static bool fault_column_is_null(void *given, int column)
{
    return base->column_is_null(native(given), column);
}
static int64_t fault_column_int(void *given, int column)
{
    return base->column_int(native(given), column);
}
static double fault_column_double(void *given, int column)
{
    return base->column_double(native(given), column);
}
static const char *fault_column_text(void *given, int column)
{
    return base->column_text(native(given), column);
}
static const void *fault_column_blob(void *given, int column, size_t *ret_length)
{
    return base->column_blob(native(given), column, ret_length);
}

void engine_fault_register(void)
{
    engine_fault_register_on(&db_engine_sqlite);
}

void engine_fault_register_on(const struct db_engine *engine)
{
    base = engine;
    twin = *engine; // what is not listed here is the same
    twin.prefix = "fault";
    twin.control = fault_control;
    if (base->commit_after)
        twin.commit_after = fault_commit_after;
    twin.prepare = fault_prepare;
    twin.release = fault_release;
    twin.parameters = fault_parameters;
    twin.writes = fault_writes;
    twin.bind = fault_bind;
    twin.step = fault_step;
    twin.reset = fault_reset;
    twin.clear = fault_clear;
    twin.columns = fault_columns;
    twin.column_is_null = fault_column_is_null;
    twin.column_int = fault_column_int;
    twin.column_double = fault_column_double;
    twin.column_text = fault_column_text;
    twin.column_blob = fault_column_blob;
    db_engine_register(&twin);
}

static unsigned out_of(const struct db_statement *list)
{
    unsigned out = 0;
    for (; list; list = list->next)
        out += list->out;
    return out;
}

unsigned engine_fault_leaks(const struct db *db)
{
    unsigned leaks = db->level + out_of(db->by_parts);
    for (int query = 0; query < QUERY_COUNT; query++)
        leaks += out_of(db->by_query[query]);
    return leaks + (db->engine->in_transaction(db->connection) ? 1 : 0);
}

int engine_fault_parameters(const struct db_statement *statement)
{
    return statement->db->engine->parameters(statement->native);
}
