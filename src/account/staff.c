// SPDX-License-Identifier: MPL-2.0
// The staff table of a city model: checked as a whole, then stored.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "account_internal.h"
#include "staff.h"

enum { ROWS_MOST = 5000 };

struct reading {
    const struct table *table;
    const struct account_lookups *lookups;
    const struct account_staff_report *report; // may be NULL
    size_t wrong;
    struct error first;
    struct account_staff *staff;
};

// One wrong cell: told without its place, which goes beside it.
static void wrong(struct reading *reading, size_t row, const char *column, const char *slug,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
static void wrong(struct reading *reading, size_t row, const char *column, const char *slug,
                  const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (reading->wrong++ == 0)
        (void)table_error(reading->table, row, column, slug, &reading->first, "%s",
                          message);
    if (reading->report != NULL)
        reading->report->report(reading->report->context, row, column, slug, message);
}

static struct staff_member *member_of(struct account_staff *staff, const char *login)
{
    for (size_t i = 0; i < staff->count; i++) {
        if (text_equal(staff->members[i].login, login))
            return &staff->members[i];
    }
    struct staff_member *member = &staff->members[staff->count++];
    account_copy(member->login, sizeof member->login, login);
    return member;
}

static int64_t department_read(struct reading *reading, size_t row, const char *column)
{
    const char *code = table_value(reading->table, row, column);
    if (code[0] == '\0')
        return 0;
    int64_t id = reading->lookups->department_id(reading->lookups->context, code);
    if (id == 0) {
        wrong(reading, row, column, "staff.department_unknown",
              "there is no department '%.60s'", code);
    }
    return id;
}

static int64_t area_read(struct reading *reading, size_t row)
{
    const char *text = table_value(reading->table, row, "area");
    if (text[0] == '\0')
        return 0;
    const char *colon = strchr(text, ':');
    char level[64] = "";
    int64_t id = 0;
    if (colon != NULL && (size_t)(colon - text) < sizeof level) {
        memcpy(level, text, (size_t)(colon - text));
        id = reading->lookups->area_id(reading->lookups->context, level, colon + 1);
    }
    if (id == 0) {
        wrong(reading, row, "area", "staff.area_unknown",
              "'%.100s' is no area: write LEVEL:CODE", text);
    }
    return id;
}

static bool has_grant(const struct actor *actor, const struct role_grant *grant)
{
    for (size_t i = 0; i < actor->grant_count; i++)
        if (actor->grants[i].role == grant->role &&
            actor->grants[i].area_id == grant->area_id &&
            actor->grants[i].department_id == grant->department_id)
            return true;
    return false;
}

// Roles that mean nothing without a department.
static bool needs_department(enum role role)
{
    return role == ROLE_DEPARTMENT || role == ROLE_COMPANY;
}

static void grant_read(struct reading *reading, size_t row, struct staff_member *member)
{
    const char *text = table_value(reading->table, row, "role");
    struct role_grant grant = {.department_id = department_read(reading, row, "department"),
                               .area_id = area_read(reading, row)};
    if (text[0] == '\0')
        return;
    if (role_from_str(text, strlen(text), &grant.role, NULL) != 0) {
        wrong(reading, row, "role", "role.unknown", "there is no role '%.60s'", text);
        return;
    }
    if (needs_department(grant.role) && grant.department_id == 0 &&
        table_value(reading->table, row, "department")[0] == '\0') {
        wrong(reading, row, "department", "staff.department_missing",
              "the role '%s' needs a department", text);
    }
    if (has_grant(&member->actor, &grant))
        wrong(reading, row, "role", "staff.role_twice",
              "'%s' has this role already, in a row above", member->login);
    else if (actor_add_grant(&member->actor, grant, NULL) != 0)
        wrong(reading, row, "role", "actor.too_many_roles", "a person has at most %d roles",
              ACTOR_GRANTS_MAX);
}

static void row_read(struct reading *reading, size_t row)
{
    struct error why = {0};
    char login[ACCOUNT_LOGIN_MOST + 1];
    const char *name = table_value(reading->table, row, "name");
    if (account_login_fold(table_value(reading->table, row, "login"), login, &why) != 0) {
        wrong(reading, row, "login", why.slug, "%s", why.message);
        return;
    }
    struct staff_member *member = member_of(reading->staff, login);
    if (member->name[0] == '\0') { // its first row
        if (account_name_check(name, &why) != 0) {
            wrong(reading, row, "name", why.slug, "%s", why.message);
            name = login;
        }
        account_copy(member->name, sizeof member->name, name);
        bool own = table_value(reading->table, row, "home")[0] != '\0';
        member->home = own ? department_read(reading, row, "home") : 0;
        if (!own && table_value(reading->table, row, "department")[0] != '\0') {
            const char *code = table_value(reading->table, row, "department");
            member->home = reading->lookups->department_id(reading->lookups->context, code);
        }
    }
    grant_read(reading, row, member);
}

static int columns_check(const struct table *table, struct error *error)
{
    static const char *const known[] = {"login", "name",       "role",
                                        "area",  "department", "home"};
    for (size_t i = 0; i < 3; i++) {
        if (table_column(table, known[i]) < 0)
            return error_set(error, ERROR_INPUT, "staff.column_missing",
                             "%s: the column '%s' is missing", table_source(table),
                             known[i]);
    }
    for (size_t c = 0; c < table_columns(table); c++) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || text_equal(table_column_name(table, c), known[i]);
        if (!found)
            return error_set(error, ERROR_INPUT, "staff.column_unknown",
                             "%s: the column '%s' is unknown", table_source(table),
                             table_column_name(table, c));
    }
    return 0;
}

static int passwords_make(struct account_staff *staff, struct error *error)
{
    for (size_t i = 0; i < staff->count; i++) {
        struct staff_member *member = &staff->members[i];
        password_new(member->password);
        int code;
        do { // somebody may be signing in meanwhile
            code = password_hash(member->password, strlen(member->password),
                                 member->encoded, error);
        } while (code == ERROR_BUSY);
        if (code != 0)
            return code;
    }
    error_clear(error);
    return 0;
}

int account_staff_new(const struct table *table, const struct account_lookups *lookups,
                      bool demo, const struct account_staff_report *report,
                      struct account_staff **ret_staff, struct error *error)
{
    int code = columns_check(table, error);
    if (code != 0)
        return code;
    if (table_rows(table) > ROWS_MOST)
        return error_set(error, ERROR_LIMIT, "staff.too_many", "%s: more than %d rows",
                         table_source(table), ROWS_MOST);
    struct account_staff *staff = memory_new(sizeof *staff);
    staff->demo = demo;
    staff->members = memory_array(table_rows(table) + 1, sizeof *staff->members);
    if (staff->members == NULL) {
        account_staff_free(staff);
        return error_set(error, ERROR_LIMIT, "staff.too_many", "out of memory");
    }
    struct reading reading = {
        .table = table, .lookups = lookups, .report = report, .staff = staff};
    for (size_t row = 0; row < table_rows(table); row++)
        row_read(&reading, row);
    if (reading.wrong > 0)
        code =
            error_set(error, ERROR_INPUT, "staff.invalid", "%s: %zu errors, the first: %s",
                      table_source(table), reading.wrong, reading.first.message);
    if (code == 0 && demo)
        code = passwords_make(staff, error);
    if (code != 0) {
        account_staff_free(staff);
        return code;
    }
    *ret_staff = staff;
    return 0;
}

struct account_staff *account_staff_free(struct account_staff *staff)
{
    if (staff != NULL) {
        free(staff->members);
        free(staff);
    }
    return NULL;
}

size_t account_staff_count(const struct account_staff *staff)
{
    return staff->count;
}

static int person_store(struct db *db, struct staff_member *member, int64_t now_ms,
                        struct account_person *ret_person, struct error *error)
{
    struct error why = {0};
    int code = account_person_by_login(db, member->login, ret_person, &why);
    if (code == 0) {
        const struct db_value values[] = {DB_INT(ret_person->id), DB_TEXT(member->name),
                                          member->home != 0 ? DB_INT(member->home)
                                                            : DB_NULL};
        return db_execute(db, QUERY_PERSON_UPDATE, values, 3, error);
    }
    if (code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = why;
        return code;
    }
    *ret_person = (struct account_person){.closed_at_ms = INSTANT_NONE};
    return account_person_add(db, member->login, member->name, member->home, now_ms,
                              &ret_person->id, error);
}

// Are the stored roles those of the table already? Loading a model again changes nothing.
static bool same_roles(const struct actor *stored, const struct actor *wanted)
{
    if (stored->grant_count != wanted->grant_count)
        return false;
    for (size_t i = 0; i < wanted->grant_count; i++)
        if (!has_grant(stored, &wanted->grants[i]))
            return false;
    return true;
}

static int member_store(struct db *db, struct account_staff *staff,
                        struct staff_member *member, int64_t now_ms, struct error *error)
{
    struct account_person person;
    struct actor stored;
    int code = person_store(db, member, now_ms, &person, error);
    if (code == 0)
        code = account_person_actor(db, person.id, &stored, error);
    if (code == 0 && !same_roles(&stored, &member->actor))
        code = account_person_set_roles(db, person.id, member->actor.grants,
                                        member->actor.grant_count, now_ms, error);
    member->stored =
        staff->demo && !person.has_password && person.closed_at_ms == INSTANT_NONE;
    if (code == 0 && member->stored) {
        const struct db_value values[] = {DB_INT(person.id), DB_TEXT(member->encoded),
                                          DB_INT(1), DB_INT(0), DB_INT(now_ms)};
        code = db_execute(db, QUERY_CREDENTIAL_SET, values, 5, error);
    }
    return code;
}

// What storing would do to one person.
static int member_compare(struct db *db, const struct staff_member *member,
                          struct account_staff_change *change, struct error *error)
{
    struct account_person person;
    struct actor stored;
    struct error why = {0};
    int code = account_person_by_login(db, member->login, &person, &why);
    if (code == ERROR_NOT_FOUND) {
        change->added++;
        return 0;
    }
    if (code != 0)
        return error_set(error, code, why.slug, "%s", why.message);
    code = account_person_actor(db, person.id, &stored, error);
    if (code != 0)
        return code;
    bool same = same_roles(&stored, &member->actor) &&
                person.department_id == member->home &&
                text_equal(person.name, member->name);
    change->changed += !same;
    change->same += same;
    change->closed += person.closed_at_ms != INSTANT_NONE;
    return 0;
}

int account_staff_compare(struct db *db, const struct account_staff *staff,
                          struct account_staff_change *ret_change, struct error *error)
{
    struct account_staff_change change = {0};
    int code = 0;
    for (size_t i = 0; i < staff->count && code == 0; i++)
        code = member_compare(db, &staff->members[i], &change, error);
    if (code == 0)
        *ret_change = change;
    return code;
}

const char *account_staff_login(const struct account_staff *staff, size_t index)
{
    return staff->members[index].login;
}

int account_staff_store(struct db *db, struct account_staff *staff, int64_t now_ms,
                        struct error *error)
{
    for (size_t i = 0; i < staff->count; i++) {
        int code = member_store(db, staff, &staff->members[i], now_ms, error);
        if (code != 0)
            return error_prefix(error, "staff '%s'", staff->members[i].login);
    }
    return 0;
}
