// SPDX-License-Identifier: MPL-2.0
// A staff table as an office keeps it: headings and roles in the city's own words.
#include <gridcase/account/staff_words.h>

#include <string.h>
#include <strings.h>

#include <gridcase/core/text.h>

static const struct {
    const char *heading;
    const char *column;
} headings[] = {
    {"登录名", "login"},    {"账号", "login"},        {"工号", "login"},
    {"姓名", "name"},       {"角色", "role"},         {"岗位", "role"},
    {"区域", "area"},       {"片区", "area"},         {"部门", "department"},
    {"单位", "department"}, {"所属单位", "home"},     {"所属", "home"},
    {"account", "login"},   {"user", "login"},        {"full name", "name"},
    {"belongs to", "home"}, {"office", "department"},
};

static const char *column_of(const char *heading)
{
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (strcasecmp(headings[i].heading, heading) == 0)
            return headings[i].column;
    return heading;
}

// A code stays; a label in any language becomes its code.
static const char *role_code(const struct words *words, const char *text)
{
    static const char *const languages[] = {"zh-CN", "en"};
    enum role role;
    if (role_from_str(text, strlen(text), &role, NULL) == 0)
        return text;
    for (unsigned r = 0; r < ROLE_COUNT; r++)
        for (size_t l = 0; l < sizeof languages / sizeof *languages; l++)
            if (strcasecmp(text, words_label(words, PROCESS_WORDS_ROLE, (int)r,
                                             languages[l])) == 0 ||
                strcasecmp(text, role_label((enum role)r, languages[l])) == 0)
                return role_to_str((enum role)r);
    return text;
}

int account_staff_words(const struct table *from, const struct words *words,
                        struct table **ret_table, struct error *error)
{
    TABLE_CLEANUP struct table *table = table_new(table_name(from), table_source(from));
    for (size_t c = 0; c < table_columns(from); c++) {
        int code = table_add_column(table, column_of(table_column_name(from, c)), error);
        if (code != 0)
            return code;
    }
    int role = table_column(table, "role");
    for (size_t r = 0; r < table_rows(from); r++) {
        bool blank = true; // rows that a spreadsheet has left below the last one
        for (size_t c = 0; c < table_columns(from); c++)
            blank = blank && table_cell(from, r, (int)c)[0] == '\0';
        if (blank)
            continue;
        size_t row = table_add_row(table, table_line(from, r));
        for (size_t c = 0; c < table_columns(from); c++) {
            const char *text = table_cell(from, r, (int)c);
            table_set(table, row, c, (int)c == role ? role_code(words, text) : text);
        }
    }
    *ret_table = table;
    table = NULL;
    return 0;
}

void account_cell_name(int column, int64_t line, char out[ACCOUNT_CELL_SIZE])
{
    char letters[4] = "";
    size_t length = 0;
    for (int rest = column; rest >= 0 && length < 3; rest = rest / 26 - 1)
        letters[length++] = (char)('A' + rest % 26);
    for (size_t i = 0; i < length; i++)
        out[i] = letters[length - 1 - i];
    (void)!text_format(out + length, ACCOUNT_CELL_SIZE - length, "%lld", (long long)line);
}
