// SPDX-License-Identifier: MPL-2.0
// Duplicates: a case that ends in another one, which takes in whoever waits for an answer.
#include <string.h>

#include "contact_internal.h"

int case_survivor(struct db *db, int64_t case_id, int64_t *ret_id, struct error *error)
{
    struct error absent = {0};
    int code = db_fetch_int(db, QUERY_CASE_MERGE_OF, (struct db_value[]){DB_INT(case_id)},
                            1, ret_id, &absent);
    if (code == ERROR_NOT_FOUND) {
        *ret_id = case_id;
        return 0;
    }
    if (code != 0)
        *error = absent;
    return code;
}

static const char *named(const struct case_work *work, const char *input)
{
    for (size_t i = 0; i < work->action->input_count; i++)
        if (strcmp(work->action->inputs[i].name, input) == 0)
            return work->inputs.words[i];
    return NULL;
}

static int is_open(struct case_work *work, int64_t case_id, struct error *error)
{
    struct case_row row;
    int code = case_row_load(work->db, case_id, work->arena, &row, error);
    if (code == 0 && row.closed_ms != INSTANT_NONE)
        return error_set(error, ERROR_CONFLICT, "case.merge_ended",
                         "case %s has ended: reopen it, or merge the other way round",
                         row.number);
    return code;
}

int case_merge_choose(struct case_work *work, const char *input, struct error *error)
{
    const char *number = named(work, input);
    int64_t other = 0, survivor = 0;
    bool visible = false;
    if (work->past != NULL || work->db == NULL)
        return error_set(error, ERROR_CONFLICT, "case.guard",
                         "a case of a record cannot be merged into another");
    int code = db_needs_turn(work->db, error); // two cases change
    if (code != 0)
        return code;
    code = number != NULL ? case_find(work->db, number, &other, error)
                          : error_set(error, ERROR_INPUT, "case.input",
                                      "input '%s' is required", input);
    if (code == 0)
        code =
            case_visible(work->db, work->city, work->move->actor, other, &visible, error);
    if (code == 0 && !visible)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no case '%.40s'",
                         number);
    if (code == 0)
        code = case_survivor(work->db, other, &survivor, error);
    if (code != 0)
        return code;
    if (survivor == work->row.case_id)
        return error_set(error, ERROR_CONFLICT, "case.merge_self",
                         other == survivor ? "a case cannot be merged into itself"
                                           : "case %s was merged into this one",
                         number);
    code = is_open(work, survivor, error);
    if (code == 0)
        work->merge_into = survivor;
    return code;
}

int case_merge_store(struct case_work *work, struct error *error)
{
    struct db *db = work->db;
    int64_t id = work->row.case_id, into = work->merge_into;
    int code = db_execute(db, QUERY_CASE_MERGE_FOLLOW,
                          (struct db_value[]){DB_INT(id), DB_INT(into)}, 2, error);
    if (code == 0)
        code = db_execute(
            db, QUERY_CASE_MERGE_ADD,
            (struct db_value[]){DB_INT(id), DB_INT(into), DB_INT(work->effective_ms)}, 3,
            error);
    if (code != 0)
        return code;
    BUFFER_CLEANUP struct buffer out;
    struct json_writer writer;
    buffer_init(&out, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "case", work->row.number);
    json_end_object(&writer);
    code = buffer_check(&out, error);
    if (code != 0)
        return code;
    struct case_move move = {.actor = work->move->actor,
                             .case_id = into,
                             .received_ms = work->move->received_ms,
                             .done_ms = INSTANT_NONE,
                             .mark = work->move->mark};
    return case_builtin_move(db, work->city, &move, "took_in", out.data, error);
}
