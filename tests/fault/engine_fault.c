// SPDX-License-Identifier: MPL-2.0
#include "fault/engine_fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../src/db/db_internal.h"

struct fault_statement {
    void *native;
    void *connection;
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
    pthread_mutex_unlock(&plan.mutex);
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
    if (drop && db_engine_sqlite.in_transaction(connection))
        (void)db_engine_sqlite.control(connection, DB_CONTROL_ROLLBACK, 0, &ignored);
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
    return code != 0 ? code : db_engine_sqlite.control(connection, control, level, error);
}

static int fault_prepare(void *connection, const struct db_text *text, void **ret_statement,
                         struct error *error)
{
    void *native = NULL;
    int code = db_engine_sqlite.prepare(connection, text, &native, error);
    if (code != 0)
        return code;
    struct fault_statement *statement = calloc(1, sizeof *statement);
    if (!statement)
        abort();
    statement->native = native;
    statement->connection = connection;
    *ret_statement = statement;
    return 0;
}

static void *native(void *given)
{
    return ((struct fault_statement *)given)->native;
}

static void fault_release(void *given)
{
    db_engine_sqlite.release(native(given));
    free(given);
}

static int fault_step(void *given, struct error *error)
{
    struct fault_statement *statement = given;
    int code = 0;
    if (db_engine_sqlite.writes(statement->native))
        code = strike(FAULT_STEP, statement->connection, error);
    return code != 0 ? code : db_engine_sqlite.step(statement->native, error);
}

static int fault_parameters(void *given)
{
    return db_engine_sqlite.parameters(native(given));
}
static bool fault_writes(void *given)
{
    return db_engine_sqlite.writes(native(given));
}
static int fault_bind(void *given, int index, const struct db_value *value,
                      struct error *error)
{
    return db_engine_sqlite.bind(native(given), index, value, error);
}
static void fault_reset(void *given)
{
    db_engine_sqlite.reset(native(given));
}
static void fault_clear(void *given)
{
    db_engine_sqlite.clear(native(given));
}
static int fault_columns(void *given)
{
    return db_engine_sqlite.columns(native(given));
}
static bool fault_column_is_null(void *given, int column)
{
    return db_engine_sqlite.column_is_null(native(given), column);
}
static int64_t fault_column_int(void *given, int column)
{
    return db_engine_sqlite.column_int(native(given), column);
}
static double fault_column_double(void *given, int column)
{
    return db_engine_sqlite.column_double(native(given), column);
}
static const char *fault_column_text(void *given, int column)
{
    return db_engine_sqlite.column_text(native(given), column);
}
static const void *fault_column_blob(void *given, int column, size_t *ret_length)
{
    return db_engine_sqlite.column_blob(native(given), column, ret_length);
}

void engine_fault_register(void)
{
    twin = db_engine_sqlite; // what is not listed here is the same
    twin.prefix = "fault";
    twin.control = fault_control;
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

int engine_fault_parameters(const struct db_statement *statement)
{
    return statement->db->engine->parameters(statement->native);
}
