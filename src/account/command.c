// SPDX-License-Identifier: MPL-2.0
#include <gridcase/account/command.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "account_internal.h"
#include "staff.h"

struct account_command {
    const struct command_kind *kind;
    char login[ACCOUNT_LOGIN_MOST + 1];
    char name[ACCOUNT_NAME_MOST + 1];
    int64_t department_id;
    size_t grant_count;
    struct role_grant grants[ACTOR_GRANTS_MAX];
    char link[TOKEN_TEXT_SIZE];       // "" when there is none
    char code[ACCOUNT_CODE_SIZE];     // likewise
    char password[PASSWORD_NEW_SIZE]; // "" when there is none
    char encoded[PASSWORD_ENCODED_SIZE];
    int64_t person_id; // after the run
};

// ---- the commands: one function a row, inside the transaction ----
static int run_add(struct db *db, struct account_command *command, int64_t now_ms,
                   struct error *error)
{
    int code = account_person_add(db, command->login, command->name, command->department_id,
                                  now_ms, &command->person_id, error);
    if (code == 0 && command->grant_count > 0)
        code = account_person_set_roles(db, command->person_id, command->grants,
                                        command->grant_count, now_ms, error);
    if (code != 0)
        return code;
    return command->code[0] != '\0'
               ? account_code_add(db, command->person_id, now_ms, command->code, error)
               : account_link_add(db, command->person_id, now_ms, command->link, error);
}

static int run_code(struct db *db, struct account_command *command, int64_t now_ms,
                    struct error *error)
{
    return account_code_add(db, command->person_id, now_ms, command->code, error);
}

static int run_change(struct db *db, struct account_command *command, int64_t now_ms,
                      struct error *error)
{
    const struct db_value values[] = {
        DB_INT(command->person_id), DB_TEXT(command->name),
        command->department_id != 0 ? DB_INT(command->department_id) : DB_NULL};
    int code = account_name_check(command->name, error);
    if (code == 0)
        code = db_execute(db, QUERY_PERSON_UPDATE, values, 3, error);
    return code != 0 ? code
                     : account_audit(db, command->person_id, "changed", now_ms, error);
}

static int run_roles(struct db *db, struct account_command *command, int64_t now_ms,
                     struct error *error)
{
    return account_person_set_roles(db, command->person_id, command->grants,
                                    command->grant_count, now_ms, error);
}

static int run_invite(struct db *db, struct account_command *command, int64_t now_ms,
                      struct error *error)
{
    return account_link_add(db, command->person_id, now_ms, command->link, error);
}

static int run_password(struct db *db, struct account_command *command, int64_t now_ms,
                        struct error *error)
{
    return account_password_set(db, command->person_id, command->encoded, true, now_ms,
                                error);
}

static int run_close(struct db *db, struct account_command *command, int64_t now_ms,
                     struct error *error)
{
    return account_person_close(db, command->person_id, now_ms, error);
}

static int run_reopen(struct db *db, struct account_command *command, int64_t now_ms,
                      struct error *error)
{
    return account_person_reopen(db, command->person_id, now_ms, error);
}

struct command_kind {
    const char *code;
    bool is_new;     // there is no such person yet
    bool takes_name; // and department
    bool takes_roles, makes_link, makes_code, makes_password;
    int (*run)(struct db *db, struct account_command *command, int64_t now_ms,
               struct error *error);
};
static const struct command_kind kinds[] = {
    {"add", true, true, true, true, false, false, run_add},
    {"admit", true, true, true, false, true, false, run_add},
    {"change", false, true, false, false, false, false, run_change},
    {"roles", false, false, true, false, false, false, run_roles},
    {"invite", false, false, false, true, false, false, run_invite},
    {"code", false, false, false, false, true, false, run_code},
    {"password", false, false, false, false, false, true, run_password},
    {"close", false, false, false, false, false, false, run_close},
    {"reopen", false, false, false, false, false, false, run_reopen},
};

// ---- reading ----
static int role_malformed(const char *text, struct error *error)
{
    return error_set(error, ERROR_INPUT, "role.malformed",
                     "'%.80s' is no role: write ROLE[@LEVEL:CODE][/DEPARTMENT]", text);
}

int account_role_parse(const char *text, const struct account_lookups *lookups,
                       struct role_grant *ret_grant, struct error *error)
{
    char copy[256];
    if (text_format(copy, sizeof copy, "%s", text) != 0)
        return role_malformed(text, error);
    struct role_grant grant = {.area_id = 0};
    char *slash = strchr(copy, '/');
    if (slash != NULL) {
        *slash = '\0';
        grant.department_id = lookups->department_id(lookups->context, slash + 1);
        if (grant.department_id == 0)
            return error_set(error, ERROR_INPUT, "staff.department_unknown",
                             "there is no department '%.60s'", slash + 1);
    }
    char *at = strchr(copy, '@');
    if (at != NULL) {
        *at = '\0';
        char *colon = strchr(at + 1, ':');
        if (colon == NULL)
            return role_malformed(text, error);
        *colon = '\0';
        grant.area_id = lookups->area_id(lookups->context, at + 1, colon + 1);
        if (grant.area_id == 0)
            return error_set(error, ERROR_INPUT, "staff.area_unknown",
                             "there is no area '%.60s' of level '%.60s'", colon + 1,
                             at + 1);
    }
    int code = role_from_str(copy, strlen(copy), &grant.role, error);
    bool needs = grant.role == ROLE_DEPARTMENT || grant.role == ROLE_COMPANY;
    if (code == 0 && needs && grant.department_id == 0)
        code = error_set(error, ERROR_INPUT, "staff.department_missing",
                         "the role '%s' needs one: %s/CODE", copy, copy);
    if (code == 0)
        *ret_grant = grant;
    return code;
}

static int roles_read(const struct json *request, const struct account_lookups *lookups,
                      struct account_command *command, struct error *error)
{
    const struct json *roles = NULL;
    int code = json_get_array(request, "roles",
                              command->kind->is_new ? JSON_OPTIONAL : JSON_REQUIRED, &roles,
                              error);
    if (code != 0 || roles == NULL)
        return code;
    size_t count = json_array_length(roles);
    if (count > ACTOR_GRANTS_MAX)
        return error_set(error, ERROR_LIMIT, "actor.too_many_roles",
                         "a person has at most %d roles", ACTOR_GRANTS_MAX);
    for (size_t i = 0; i < count && code == 0; i++) {
        const char *text = json_as_text(json_array_item(roles, i));
        code = account_role_parse(text != NULL ? text : "", lookups, &command->grants[i],
                                  error);
    }
    command->grant_count = count;
    return code;
}

static int person_read(const struct json *request, const struct account_lookups *lookups,
                       struct account_command *command, struct error *error)
{
    const char *name = "", *department = NULL;
    int code =
        json_get_text(request, "name", JSON_REQUIRED, ACCOUNT_NAME_MOST, &name, error);
    if (code == 0)
        code = json_get_text(request, "department", JSON_OPTIONAL, 100, &department, error);
    if (code != 0)
        return code;
    if (text_format(command->name, sizeof command->name, "%s", name) != 0)
        return error_set(error, ERROR_INPUT, "account.name_malformed",
                         "a name has at most %d bytes", ACCOUNT_NAME_MOST);
    if (department == NULL)
        return 0;
    command->department_id = lookups->department_id(lookups->context, department);
    if (command->department_id == 0)
        return error_set(error, ERROR_INPUT, "staff.department_unknown",
                         "there is no department '%.60s'", department);
    return 0;
}

static int command_read(const struct json *request, const struct account_lookups *lookups,
                        struct account_command *command, struct error *error)
{
    const char *word = NULL, *login = NULL;
    int code = json_get_text(request, "command", JSON_REQUIRED, 20, &word, error);
    if (code == 0)
        code = json_get_text(request, "login", JSON_REQUIRED, ACCOUNT_LOGIN_MOST, &login,
                             error);
    if (code != 0)
        return code;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (text_equal(kinds[i].code, word))
            command->kind = &kinds[i];
    }
    if (command->kind == NULL)
        return error_set(error, ERROR_INPUT, "person.command", "there is no command '%s'",
                         word);
    if (text_format(command->login, sizeof command->login, "%s", login) != 0)
        return error_set(error, ERROR_INPUT, "account.login_malformed",
                         "a login has at most %d bytes", ACCOUNT_LOGIN_MOST);
    if (command->kind->takes_name)
        code = person_read(request, lookups, command, error);
    if (code == 0 && command->kind->takes_roles)
        code = roles_read(request, lookups, command, error);
    return code;
}

int account_command_new(const struct json *request, const struct account_lookups *lookups,
                        struct account_command **ret_command, struct error *error)
{
    struct account_command *command = memory_new(sizeof *command);
    int code = command_read(request, lookups, command, error);
    if (code == 0 && command->kind->makes_link)
        token_new(command->link);
    if (code == 0 && command->kind->makes_code)
        account_code_new(command->code);
    if (code == 0 && command->kind->makes_password) {
        password_new(command->password);
        code = password_hash(command->password, strlen(command->password), command->encoded,
                             error);
    }
    if (code != 0) {
        account_command_free(command);
        return code;
    }
    *ret_command = command;
    return 0;
}

struct account_command *account_command_free(struct account_command *command)
{
    free(command);
    return NULL;
}

int account_command_run(struct db *db, struct account_command *command, int64_t now_ms,
                        struct error *error)
{
    if (!command->kind->is_new) {
        struct account_person person;
        int code = account_person_by_login(db, command->login, &person, error);
        if (code != 0)
            return code;
        command->person_id = person.id;
    }
    return command->kind->run(db, command, now_ms, error);
}

bool account_command_is_secret(const struct account_command *command)
{
    return command->kind->makes_link || command->kind->makes_password;
}

const char *account_command_login(const struct account_command *command)
{
    return command->login;
}

void account_command_write(const struct account_command *command, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_begin_object(&writer, NULL);
    json_put_int(&writer, "person", command->person_id);
    json_put_text(&writer, "login", command->login);
    if (command->link[0] != '\0')
        json_put_text(&writer, "link", command->link);
    if (command->code[0] != '\0')
        json_put_text(&writer, "code", command->code);
    if (command->password[0] != '\0')
        json_put_text(&writer, "password", command->password);
    json_end_object(&writer);
}
