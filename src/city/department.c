// SPDX-License-Identifier: MPL-2.0
// Levels of command, companies and offices without login: what the departments table says
// of each node of the tree.
#include "department.h"

#include <string.h>

#include <gridcase/core/text.h>

enum { LEVEL_MOST = 9, TREE_DEPTH_MOST = 64 };

static int read_level(const char *text, int *ret_level, struct error *error)
{
    int64_t number = 0;
    if (text[0] == '\0')
        return 0;
    if (text_to_int(text, strlen(text), &number, NULL) != 0 || number < 1 ||
        number > LEVEL_MOST)
        return error_set(error, ERROR_INPUT, "department.level",
                         "\"%.20s\" is no level: 1 (the centre) to %d, or blank", text,
                         LEVEL_MOST);
    *ret_level = (int)number;
    return 0;
}

static int read_percent(const char *text, int *ret_percent, struct error *error)
{
    int64_t number = 0;
    size_t length = strlen(text);
    if (length == 0)
        return 0;
    if (text[length - 1] == '%')
        length--;
    if (text_to_int(text, length, &number, NULL) != 0 || number < 1 || number > 100)
        return error_set(error, ERROR_INPUT, "department.inner",
                         "\"%.20s\" is no part of the handling limit: 1%% to 100%%", text);
    *ret_percent = (int)number;
    return 0;
}

static int read_choice(const char *text, bool otherwise, bool *ret_yes, struct error *error)
{
    *ret_yes = otherwise;
    if (text[0] == '\0')
        return 0;
    if (text_equal(text, "yes") || text_equal(text, "1") || text_equal(text, "是")) {
        *ret_yes = true;
    } else if (text_equal(text, "no") || text_equal(text, "0") || text_equal(text, "否")) {
        *ret_yes = false;
    } else {
        return error_set(error, ERROR_INPUT, "department.yes_or_no",
                         "\"%.20s\" is neither yes nor no", text);
    }
    return 0;
}

int department_row(const struct table *table, size_t row, struct city_department *out,
                   bool *ret_company, const char **ret_column, struct error *error)
{
    bool login = true;
    *ret_company = false;
    *ret_column = "command";
    int code = read_level(table_value(table, row, "command"), &out->command, error);
    if (code != 0)
        return code;
    *ret_column = "supervision";
    code = read_level(table_value(table, row, "supervision"), &out->supervision, error);
    if (code != 0)
        return code;
    *ret_column = "desk_limit";
    code = limit_parse(table_value(table, row, "desk_limit"), NULL, &out->desk_limit, NULL,
                       error);
    if (code != 0)
        return code;
    *ret_column = "inner_limit";
    code = read_percent(table_value(table, row, "inner_limit"), &out->inner_percent, error);
    if (code != 0)
        return code;
    *ret_column = "company";
    code = read_choice(table_value(table, row, "company"), false, ret_company, error);
    if (code != 0)
        return code;
    *ret_column = "login";
    code = read_choice(table_value(table, row, "login"), true, &login, error);
    out->silent = code == 0 && !login;
    return code;
}

bool department_has_levels(const struct table *table)
{
    int column = table_column(table, "command");
    for (size_t row = 0; column >= 0 && row < table_rows(table); row++)
        if (table_cell(table, row, column)[0] != '\0')
            return true;
    return false;
}

static size_t parent_of(const struct city_department *departments, size_t count, size_t at)
{
    for (size_t i = 0; departments[at].parent != 0 && i < count; i++)
        if (departments[i].id == departments[at].parent)
            return i;
    return count;
}

// The nearest node marked as a company; else the highest that is no centre and no desk; a
// centre or desk is its own.
static int64_t company_of(const struct city_department *departments, size_t count,
                          const bool *marked, size_t which)
{
    int64_t highest = departments[which].id;
    size_t at = which;
    for (int depth = 0; at < count && depth < TREE_DEPTH_MOST; depth++) {
        if (marked[at])
            return departments[at].id;
        if (departments[at].command == 0)
            highest = departments[at].id;
        at = parent_of(departments, count, at);
    }
    return departments[which].command > 0 ? departments[which].id : highest;
}

void department_finish(struct city_department *departments, size_t count,
                       const bool *marked, bool has_levels)
{
    for (size_t i = 0; i < count && !has_levels; i++) {
        size_t parent = parent_of(departments, count, i);
        if (parent < count && departments[parent].parent == 0)
            departments[parent].command = 1; // a root with others below it
    }
    for (size_t i = 0; i < count; i++)
        departments[i].company = company_of(departments, count, marked, i);
}
