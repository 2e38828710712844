// SPDX-License-Identifier: MPL-2.0
// gridcase person: people of a city. See gridcase-person(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/account/command.h>
#include <gridcase/account/lookups.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

enum { PATH_SIZE = 4096, TIMEOUT_S = 60 };

// ---- list ----
static int open_city(const char *data, const char *slug, struct db_store **ret_store,
                     struct db **ret_db, struct error *error)
{
    int code = db_store_open(data, DB_STORE_READ_ONLY, ret_store, error);
    if (code == 0 && !db_store_city_exists(*ret_store, slug))
        code = error_set(error, ERROR_NOT_FOUND, "city.unknown", "there is no city '%s'",
                         slug);
    if (code == 0)
        code = db_open(*ret_store, slug, DB_CASES, DB_READ, ret_db, error);
    return code;
}

static void print_code(const struct city_snapshot *city, const struct role_grant *grant)
{
    const struct city_area *area =
        city != NULL && grant->area_id != 0 ? city_area_by_id(city, grant->area_id) : NULL;
    const struct city_department *department =
        city != NULL && grant->department_id != 0
            ? city_department_by_id(city, grant->department_id)
            : NULL;
    printf(" %s", role_to_str(grant->role));
    if (area != NULL)
        printf("@%s:%s", city_level(city, area->level)->code, area->code);
    if (department != NULL)
        printf("/%s", department->code);
}

static int print_people(struct db *db, const struct city_snapshot *city,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_PERSON_LIST, &row, error);
    if (code != 0)
        return code;
    db_bind_text(row, 1, "");
    db_bind_int(row, 2, INT32_MAX);
    while ((code = db_step(row, error)) == DB_ROW) {
        struct actor actor;
        code = account_person_actor(db, db_column_int(row, 0), &actor, error);
        if (code != 0)
            return code;
        printf("%s\t%s\t%s\t", db_column_text(row, 1), db_column_text(row, 2),
               !db_column_is_null(row, 4)   ? "closed"
               : db_column_int(row, 5) != 0 ? "open"
                                            : "invited");
        for (size_t i = 0; i < actor.grant_count; i++)
            print_code(city, &actor.grants[i]);
        printf("\n");
    }
    return code;
}

static int run_list(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_words(argc, argv, 1, 1, error);
    if (code != 0)
        return code;
    struct db_store *store = NULL;
    struct db *db = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    code = open_city(data, argv[0], &store, &db, error);
    if (code == 0) { // a city without a model has people too
        struct error why = {0};
        if (city_snapshot_open(store, argv[0], &city, &why) != 0)
            city = NULL;
        code = print_people(db, city, error);
    }
    db_close(db);
    city = city_snapshot_free(city);
    db_store_close(store);
    return code;
}

// ---- demo ----
static int run_demo(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    char folder[PATH_SIZE];
    int code = cli_words(argc, argv, 1, 1, error);
    if (code != 0)
        return code;
    if (!text_is_slug(argv[0]) ||
        text_format(folder, sizeof folder, "%s/cities/%s", data, argv[0]) != 0)
        return error_set(error, ERROR_NOT_FOUND, "city.unknown", "there is no city '%s'",
                         argv[0]);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    code = account_demo_file_read(folder, &text, error);
    if (code == 0 && text.length == 0)
        return error_set(error, ERROR_NOT_FOUND, "person.no_demo",
                         "the city '%s' has no demo logins", argv[0]);
    if (code == 0)
        fputs(text.data, stdout);
    return code;
}

// ---- commands that write ----
static int run_in_store(struct db_store *store, const char *slug,
                        const struct json *request, struct buffer *answer,
                        struct error *error)
{
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    DB_CLEANUP struct db *db = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct error why = {0};
    int code = city_snapshot_open(store, slug, &city, &why);
    if (code != 0 && !text_equal(why.slug, "city.empty")) {
        *error = why;
        return code;
    }
    struct account_lookups lookups = account_lookups_of(city);
    struct account_command *command = NULL;
    code = account_command_new(request, &lookups, &command, error);
    if (code == 0)
        code = db_open(store, slug, DB_CASES, DB_WRITE, &db, error);
    if (code == 0)
        code = db_begin(db, DB_WRITE, &transaction, error);
    if (code == 0)
        code = account_command_run(db, command, instant_now_ms(), error);
    if (code == 0)
        code = db_commit(&transaction, error);
    if (code == 0)
        account_command_write(command, answer);
    account_command_free(command);
    return code;
}

// Takes the lock, or hands the request to the server that has it.
static int carry_out(const char *data, const char *slug, const struct buffer *request,
                     struct buffer *answer, struct error *error)
{
    JSON_CLEANUP struct json *document = NULL;
    char path[128];
    int code = json_parse(request->data, request->length, &document, error);
    if (code == 0 && !text_is_slug(slug))
        code = error_set(error, ERROR_NOT_FOUND, "city.unknown", "there is no such city");
    if (code == 0)
        code = text_format(path, sizeof path, "/control/cities/%s/person", slug);
    if (code != 0)
        return code;
    struct db_store *store = NULL;
    code = db_store_open(data, 0, &store, error);
    if (code == ERROR_BUSY && control_is_running(data))
        return control_run(data, path, request->data, TIMEOUT_S, answer, error);
    if (code == 0)
        code = run_in_store(store, slug, document, answer, error);
    db_store_close(store);
    return code;
}

static int print_answer(const char *slug, const char *base, const struct buffer *answer,
                        struct error *error)
{
    JSON_CLEANUP struct json *document = NULL;
    const char *link = NULL, *password = NULL, *sign_in = NULL, *login = "";
    int code = json_parse(answer->data, answer->length, &document, error);
    if (code == 0)
        code = json_get_text(document, "login", JSON_REQUIRED, 200, &login, error);
    if (code == 0)
        code = json_get_text(document, "link", JSON_OPTIONAL, 200, &link, error);
    if (code == 0)
        code = json_get_text(document, "password", JSON_OPTIONAL, 200, &password, error);
    if (code == 0)
        code = json_get_text(document, "code", JSON_OPTIONAL, 200, &sign_in, error);
    if (code != 0)
        return code;
    if (sign_in != NULL)
        printf("sign-in code of %s, valid for %d days: %s\n", login,
               ACCOUNT_CODE_LIFE_H / 24, sign_in);
    if (link != NULL)
        printf("one-time link for %s, valid for %d hours:\n%s/%s/console/#link=%s\n", login,
               ACCOUNT_LINK_LIFE_H, base != NULL ? base : "", slug, link);
    if (password != NULL)
        printf("password of %s, to be changed at the next sign-in: %s\n", login, password);
    if (link == NULL && password == NULL && sign_in == NULL)
        printf("done\n");
    return 0;
}

// Words: CITY LOGIN [NAME]; --role R may be given several times.
static int run_command(const char *word, int argc, char **argv, struct error *error)
{
    bool adds = text_equal(word, "add");
    const char *data = cli_data_folder(&argc, argv);
    const char *base = cli_option(&argc, argv, "--address");
    const char *department = cli_option(&argc, argv, "--department");
    BUFFER_CLEANUP struct buffer roles, request, answer;
    buffer_init(&roles, BUFFER_CEILING_LINE);
    buffer_init(&request, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_LINE);
    struct json_writer list, writer;
    json_writer_init(&list, &roles);
    json_begin_array(&list, NULL);
    const char *role;
    while ((role = cli_option(&argc, argv, "--role")) != NULL)
        json_put_text(&list, NULL, role);
    json_end_array(&list);
    int code = cli_words(argc, argv, adds ? 3 : 2, adds ? 3 : 2, error);
    if (code != 0)
        return code;
    json_writer_init(&writer, &request);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "command", word);
    json_put_text(&writer, "login", argv[1]);
    if (adds)
        json_put_text(&writer, "name", argv[2]);
    if (department != NULL)
        json_put_text(&writer, "department", department);
    json_put_raw(&writer, "roles", roles.data, roles.length);
    json_end_object(&writer);
    code = buffer_check(&request, error);
    if (code == 0)
        code = carry_out(data, argv[0], &request, &answer, error);
    return code != 0 ? code : print_answer(argv[0], base, &answer, error);
}

static int run_add(int argc, char **argv, struct error *error)
{
    return run_command("add", argc, argv, error);
}
static int run_roles(int argc, char **argv, struct error *error)
{
    return run_command("roles", argc, argv, error);
}
static int run_code(int argc, char **argv, struct error *error)
{
    return run_command("code", argc, argv, error);
}
static int run_invite(int argc, char **argv, struct error *error)
{
    return run_command("invite", argc, argv, error);
}
static int run_password(int argc, char **argv, struct error *error)
{
    return run_command("password", argc, argv, error);
}
static int run_close(int argc, char **argv, struct error *error)
{
    return run_command("close", argc, argv, error);
}
static int run_reopen(int argc, char **argv, struct error *error)
{
    return run_command("reopen", argc, argv, error);
}

const struct cli_command cli_person_commands[] = {
    {"person", "list", "CITY", "people, their state and their roles", run_list},
    {"person", "add",
     "CITY LOGIN NAME [--role ROLE[@LEVEL:CODE][/DEPARTMENT]]... [--department CODE] "
     "[--address URL]",
     "add a person and print a one-time link", run_add},
    {"person", "roles", "CITY LOGIN [--role ROLE[@LEVEL:CODE][/DEPARTMENT]]...",
     "replace a person's roles", run_roles},
    {"person", "invite", "CITY LOGIN [--address URL]", "print a new one-time link",
     run_invite},
    {"person", "code", "CITY LOGIN", "print a new sign-in code, to be typed once", run_code},
    {"person", "password", "CITY LOGIN", "make a new password and print it", run_password},
    {"person", "close", "CITY LOGIN", "close an account; histories keep its name",
     run_close},
    {"person", "reopen", "CITY LOGIN", "open a closed account again", run_reopen},
    {"person", "demo", "CITY", "print a demo city's logins again", run_demo},
    {0},
};
