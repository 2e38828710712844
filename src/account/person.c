// SPDX-License-Identifier: MPL-2.0
// People and their roles.
#include "account_internal.h"
#include "staff.h"

#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

int account_audit(struct db *db, int64_t person_id, const char *kind, int64_t now_ms,
                  struct error *error)
{
    const struct db_value values[] = {
        DB_INT(now_ms), person_id != 0 ? DB_INT(person_id) : DB_NULL, DB_TEXT(kind)};
    return db_execute(db, QUERY_ACCOUNT_AUDIT_ADD, values, 3, error);
}

int account_login_fold(const char *login, char out[ACCOUNT_LOGIN_MOST + 1],
                       struct error *error)
{
    size_t length = strlen(login);
    bool fine = length >= 2 && length <= ACCOUNT_LOGIN_MOST;
    for (size_t i = 0; fine && i < length; i++) {
        char c = login[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        fine = letter || (i > 0 && strchr("._-@", c) != NULL);
        out[i] = c;
    }
    if (!fine)
        return error_set(error, ERROR_INPUT, "account.login_malformed",
                         "a login has 2 to %d of a-z 0-9 . _ - @ and begins with a letter "
                         "or digit",
                         ACCOUNT_LOGIN_MOST);
    out[length] = '\0';
    return 0;
}

void account_copy(char *out, size_t size, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--; // not inside a character
    }
    if (length > 0)
        memcpy(out, text, length);
    out[length] = '\0';
}

static void person_read(struct db_statement *row, struct account_person *ret_person)
{
    struct account_person person = {
        .id = db_column_int(row, 0),
        .department_id = db_column_int(row, 3),
        .closed_at_ms = db_column_instant(row, 4),
        .has_password = db_column_int(row, 5) != 0,
    };
    account_copy(person.login, sizeof person.login, db_column_text(row, 1));
    account_copy(person.name, sizeof person.name, db_column_text(row, 2));
    *ret_person = person;
}

static int person_find(struct db *db, enum query_id query, struct db_value key,
                       struct account_person *ret_person, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, query, &row, error);
    if (code != 0)
        return code;
    db_bind_values(row, &key, 1);
    code = db_step(row, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "account.person_unknown",
                         "there is no such person");
    if (code < 0)
        return code;
    person_read(row, ret_person);
    return 0;
}

int account_person_by_id(struct db *db, int64_t person_id,
                         struct account_person *ret_person, struct error *error)
{
    return person_find(db, QUERY_PERSON_BY_ID, DB_INT(person_id), ret_person, error);
}

int account_person_by_login(struct db *db, const char *login,
                            struct account_person *ret_person, struct error *error)
{
    char folded[ACCOUNT_LOGIN_MOST + 1];
    int code = account_login_fold(login, folded, error);
    if (code != 0)
        return code;
    return person_find(db, QUERY_PERSON_BY_LOGIN, DB_TEXT(folded), ret_person, error);
}

int account_name_check(const char *name, struct error *error)
{
    size_t length = strlen(name);
    if (text_is_blank(name) || length > ACCOUNT_NAME_MOST || !text_is_utf8(name, length) ||
        strpbrk(name, "\t\r\n") != NULL)
        return error_set(error, ERROR_INPUT, "account.name_malformed",
                         "a name is one line of text of 1 to %d bytes", ACCOUNT_NAME_MOST);
    return 0;
}

int account_person_add(struct db *db, const char *login, const char *name,
                       int64_t department_id, int64_t now_ms, int64_t *ret_person_id,
                       struct error *error)
{
    char folded[ACCOUNT_LOGIN_MOST + 1];
    int code = account_login_fold(login, folded, error);
    if (code == 0)
        code = account_name_check(name, error);
    if (code != 0)
        return code;
    const struct db_value values[] = {DB_TEXT(folded), DB_TEXT(name),
                                      department_id != 0 ? DB_INT(department_id) : DB_NULL,
                                      DB_INT(now_ms)};
    int64_t person_id = 0;
    struct error why = {0};
    code = db_fetch_int(db, QUERY_PERSON_ADD, values, 4, &person_id, &why);
    if (code == ERROR_CONFLICT && text_equal(why.slug, "db.unique"))
        return error_set(error, ERROR_CONFLICT, "account.login_taken",
                         "somebody has the login '%s' already", folded);
    if (code != 0) {
        if (error != NULL)
            *error = why;
        return code;
    }
    code = account_audit(db, person_id, "added", now_ms, error);
    if (code == 0)
        *ret_person_id = person_id;
    return code;
}

static int keep_an_administrator(struct db *db, int64_t person_id, struct error *error)
{
    int64_t others = 0;
    int code = db_fetch_int(db, QUERY_PERSON_OTHER_ADMINISTRATORS,
                            (struct db_value[]){DB_INT(person_id)}, 1, &others, error);
    if (code != 0 || others > 0)
        return code;
    struct actor actor;
    code = account_person_actor(db, person_id, &actor, error);
    if (code == 0 && actor_has_role(&actor, ROLE_ADMINISTRATOR))
        return error_set(error, ERROR_CONFLICT, "account.last_administrator",
                         "this is the city's last administrator");
    return code;
}

int account_person_set_roles(struct db *db, int64_t person_id,
                             const struct role_grant *grants, size_t count, int64_t now_ms,
                             struct error *error)
{
    struct account_person person = {0};
    int code = account_person_by_id(db, person_id, &person, error);
    struct actor checked = actor_nobody(); // the ceilings of an actor hold here already
    bool administrator = false;
    for (size_t i = 0; i < count && code == 0; i++) {
        code = actor_add_grant(&checked, grants[i], error);
        administrator = administrator || grants[i].role == ROLE_ADMINISTRATOR;
    }
    if (code == 0 && person.closed_at_ms == INSTANT_NONE && !administrator)
        code = keep_an_administrator(db, person_id, error);
    if (code == 0)
        code = db_execute(db, QUERY_PERSON_ROLES_CLEAR,
                          (struct db_value[]){DB_INT(person_id)}, 1, error);
    for (size_t i = 0; i < count && code == 0; i++) {
        const struct db_value values[] = {
            DB_INT(person_id), DB_TEXT(role_to_str(grants[i].role)),
            DB_INT(grants[i].area_id), DB_INT(grants[i].department_id), DB_INT(now_ms)};
        code = db_execute(db, QUERY_PERSON_ROLE_ADD, values, 5, error);
    }
    return code != 0 ? code : account_audit(db, person_id, "roles", now_ms, error);
}

static int end_all(struct db *db, int64_t person_id, struct error *error)
{
    const struct db_value values[] = {DB_INT(person_id), DB_INT(0)};
    int code = db_execute(db, QUERY_SESSION_END_OTHERS, values, 2, error);
    if (code == 0)
        code = db_execute(db, QUERY_LINK_END_ALL, values, 1, error);
    return code;
}

int account_person_close(struct db *db, int64_t person_id, int64_t now_ms,
                         struct error *error)
{
    struct account_person person = {0};
    int code = account_person_by_id(db, person_id, &person, error);
    if (code != 0 || person.closed_at_ms != INSTANT_NONE)
        return code;
    code = keep_an_administrator(db, person_id, error);
    const struct db_value values[] = {DB_INT(person_id), DB_INT(now_ms)};
    if (code == 0)
        code = db_execute(db, QUERY_PERSON_CLOSE, values, 2, error);
    if (code == 0)
        code = end_all(db, person_id, error);
    return code != 0 ? code : account_audit(db, person_id, "closed", now_ms, error);
}

int account_person_reopen(struct db *db, int64_t person_id, int64_t now_ms,
                          struct error *error)
{
    struct account_person person = {0};
    int code = account_person_by_id(db, person_id, &person, error);
    if (code != 0 || person.closed_at_ms == INSTANT_NONE)
        return code;
    const struct db_value values[] = {DB_INT(person_id), DB_NULL};
    code = db_execute(db, QUERY_PERSON_CLOSE, values, 2, error);
    return code != 0 ? code : account_audit(db, person_id, "reopened", now_ms, error);
}

int account_actor_add_row(struct actor *actor, struct db_statement *statement,
                          int first_column, struct error *error)
{
    const char *code_text = db_column_text(statement, first_column);
    if (code_text == NULL)
        return 0;
    struct role_grant grant = {
        .area_id = db_column_int(statement, first_column + 1),
        .department_id = db_column_int(statement, first_column + 2),
    };
    int code = role_from_str(code_text, strlen(code_text), &grant.role, error);
    return code != 0 ? code : actor_add_grant(actor, grant, error);
}

int account_person_actor(struct db *db, int64_t person_id, struct actor *ret_actor,
                         struct error *error)
{
    struct account_person person = {0};
    int code = account_person_by_id(db, person_id, &person, error);
    if (code != 0)
        return code;
    struct actor actor = {.person_id = person_id};
    if (person.department_id != 0)
        code = actor_add_department(&actor, person.department_id, error);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    if (code == 0)
        code = db_prepare(db, QUERY_PERSON_ROLES, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, person_id);
    while ((code = db_step(row, error)) == DB_ROW) {
        code = account_actor_add_row(&actor, row, 0, error);
        if (code != 0)
            return code;
    }
    if (code == 0)
        *ret_actor = actor;
    return code;
}

int account_first_administrator(struct db *db, int64_t now_ms,
                                const char token[TOKEN_TEXT_SIZE], struct error *error)
{
    int64_t administrators = 0;
    int code = db_fetch_int(db, QUERY_PERSON_OTHER_ADMINISTRATORS,
                            (struct db_value[]){DB_INT(0)}, 1, &administrators, error);
    if (code == 0 && administrators > 0)
        return error_set(error, ERROR_CONFLICT, "account.has_administrator",
                         "the city has an administrator already");
    int64_t person_id = 0;
    const struct role_grant grant = {.role = ROLE_ADMINISTRATOR};
    if (code == 0)
        code =
            account_person_add(db, "admin", "Administrator", 0, now_ms, &person_id, error);
    if (code == 0)
        code = account_person_set_roles(db, person_id, &grant, 1, now_ms, error);
    if (code == 0)
        code = account_link_add(db, person_id, now_ms, token, error);
    return code;
}

int account_has_demo_logins(struct db *db, bool *ret_has, struct error *error)
{
    int64_t count = 0;
    int code = db_fetch_int(db, QUERY_CREDENTIAL_DEMO_COUNT, NULL, 0, &count, error);
    if (code == 0)
        *ret_has = count > 0;
    return code;
}

int account_people_waiting(struct db *db, const char *after_login, size_t most,
                           struct arena *arena, const char **ret_logins, size_t *ret_count,
                           struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_PERSON_WITHOUT_PASSWORD, &row, error);
    if (code != 0)
        return code;
    db_bind_text(row, 1, after_login);
    db_bind_int(row, 2, (int64_t)most);
    size_t count = 0;
    while (count < most && (code = db_step(row, error)) == DB_ROW)
        ret_logins[count++] = arena_text(arena, db_column_text(row, 0));
    *ret_count = count;
    return code < 0 ? code : 0;
}

int account_audit_last(struct db *db, int64_t *ret_last, struct error *error)
{
    return db_fetch_int(db, QUERY_ACCOUNT_AUDIT_LAST, NULL, 0, ret_last, error);
}

int account_audit_by(struct db *db, int64_t after, int64_t by_id, struct error *error)
{
    const struct db_value values[] = {DB_INT(after), DB_INT(by_id)};
    return db_execute(db, QUERY_ACCOUNT_AUDIT_BY, values, 2, error);
}
