// SPDX-License-Identifier: MPL-2.0
// People as JSON.
#include "account_internal.h"

#include <gridcase/core/instant.h>

static void put_id(struct json_writer *writer, const char *name, int64_t id)
{
    if (id == 0)
        json_put_null(writer, name);
    else
        json_put_int(writer, name, id);
}

static int roles_write(struct db *db, int64_t person_id, struct json_writer *writer,
                       struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_PERSON_ROLES, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, person_id);
    json_begin_array(writer, "roles");
    while ((code = db_step(row, error)) == DB_ROW) {
        json_begin_object(writer, NULL);
        json_put_text(writer, "role", db_column_text(row, 0));
        put_id(writer, "area", db_column_int(row, 1));
        put_id(writer, "department", db_column_int(row, 2));
        json_end_object(writer);
    }
    json_end_array(writer);
    return code;
}

int account_person_write(struct db *db, int64_t person_id, struct json_writer *writer,
                         const char *member, struct error *error)
{
    struct account_person person;
    int code = account_person_by_id(db, person_id, &person, error);
    if (code != 0)
        return code;
    json_begin_object(writer, member);
    json_put_int(writer, "id", person.id);
    json_put_text(writer, "name", person.name);
    json_put_text(writer, "login", person.login);
    code = roles_write(db, person_id, writer, error);
    put_id(writer, "department", person.department_id);
    json_end_object(writer);
    return code;
}

static int person_put(struct db *db, struct db_statement *row, struct json_writer *writer,
                      struct error *error)
{
    int64_t person_id = db_column_int(row, 0), tasks = 0;
    json_begin_object(writer, NULL);
    json_put_int(writer, "id", person_id);
    json_put_text(writer, "login", db_column_text(row, 1));
    json_put_text(writer, "name", db_column_text(row, 2));
    put_id(writer, "department", db_column_int(row, 3));
    json_put_bool(writer, "closed", !db_column_is_null(row, 4));
    json_put_bool(writer, "has_password", db_column_int(row, 5) != 0);
    int code = db_fetch_int(db, QUERY_PERSON_OPEN_TASKS,
                            (struct db_value[]){DB_INT(person_id)}, 1, &tasks, error);
    json_put_int(writer, "open_tasks", tasks);
    if (code == 0)
        code = roles_write(db, person_id, writer, error);
    json_end_object(writer);
    return code;
}

int account_people_write(struct db *db, const struct account_people *which,
                         struct json_writer *writer, const char *member, int *ret_count,
                         struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    bool home = which->home_id != 0;
    int code =
        db_prepare(db, home ? QUERY_PERSON_LIST_OF_HOME : QUERY_PERSON_LIST, &row, error);
    if (code != 0)
        return code;
    db_bind_text(row, 1, which->after_login);
    db_bind_int(row, 2, which->limit);
    if (home)
        db_bind_int(row, 3, which->home_id);
    int count = 0;
    json_begin_array(writer, member);
    while (code == 0 && (code = db_step(row, error)) == DB_ROW) {
        count++;
        code = person_put(db, row, writer, error);
    }
    json_end_array(writer);
    if (code == 0)
        *ret_count = count;
    return code;
}

int account_tokens_write(struct db *db, int64_t person_id, struct json_writer *writer,
                         const char *member, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_TOKEN_LIST, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, person_id);
    json_begin_array(writer, member);
    while ((code = db_step(row, error)) == DB_ROW) {
        json_begin_object(writer, NULL);
        json_put_int(writer, "id", db_column_int(row, 0));
        json_put_text(writer, "name", db_column_text(row, 1));
        json_put_instant(writer, "created_at", db_column_int(row, 2));
        json_put_instant(writer, "expires_at", db_column_int(row, 3));
        json_put_instant(writer, "last_used_at", db_column_int(row, 4));
        json_end_object(writer);
    }
    json_end_array(writer);
    return code;
}
