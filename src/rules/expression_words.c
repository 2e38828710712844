// SPDX-License-Identifier: MPL-2.0
// The words of conditions and values: one table, printed by gridcase indicators words.
#include <string.h>

#include <gridcase/rules/evaluation.h>
#include <gridcase/rules/process.h>

static const char *mark_to_str(int mark)
{
    static const char *const MARKS[] = {"live", "recorded", "filled", "synthetic"};
    return (unsigned)mark < sizeof MARKS / sizeof MARKS[0] ? MARKS[mark] : NULL;
}

#define NUMBER(name, en, zh)                                                               \
    {                                                                                      \
        name, EXPRESSION_NUMBER, NULL, en, zh                                              \
    }
#define TRUTH(name, en, zh)                                                                \
    {                                                                                      \
        name, EXPRESSION_TRUTH, NULL, en, zh                                               \
    }
#define INSTANT(name, en, zh)                                                              \
    {                                                                                      \
        name, EXPRESSION_INSTANT, NULL, en, zh                                             \
    }
#define VERDICT(name, en, zh)                                                              \
    {                                                                                      \
        name, EXPRESSION_VERDICT, NULL, en, zh                                             \
    }
#define ID(name, en, zh)                                                                   \
    {                                                                                      \
        name, EXPRESSION_ID, NULL, en, zh                                                  \
    }

static const struct expression_word WORDS[FIELD_COUNT] = {
    [FIELD_SOURCE] = {"source", EXPRESSION_CHOICE, process_source_to_str,
                      "where the report came from", "来源"},
    [FIELD_STAGE] = {"stage", EXPRESSION_CHOICE, process_stage_to_str, "stage now", "环节"},
    [FIELD_OUTCOME] = {"outcome", EXPRESSION_CHOICE, process_outcome_to_str,
                       "how it ended; none while it is open", "结果"},
    [FIELD_MARK] = {"mark", EXPRESSION_CHOICE, mark_to_str,
                    "live, or replayed from a record", "数据性质"},
    [FIELD_VERIFY_RESULT] = NUMBER("verify_result",
                                   "number of the choice at the last verification: 1 is "
                                   "there; 0 none",
                                   "最近一次核实结果序号：1 存在；0 无"),
    [FIELD_CHECK_RESULT] =
        NUMBER("check_result", "number of the choice at the last check: 1 passed; 0 none",
               "最近一次核查结果序号：1 通过；0 无"),
    [FIELD_OPENED] = INSTANT("opened", "reported", "上报"),
    [FIELD_ACCEPTED] = INSTANT("accepted", "first accepted", "受理"),
    [FIELD_VERIFIED] = INSTANT("verified", "last verified", "核实"),
    [FIELD_FILED] = INSTANT("filed", "first filed", "立案"),
    [FIELD_SENT] = INSTANT("sent", "first sent to a department", "派遣"),
    [FIELD_SIGNED] = INSTANT("signed", "first taken by a department", "签收"),
    [FIELD_FED_BACK] = INSTANT("fed_back", "last fed back", "反馈"),
    [FIELD_CHECKED] = INSTANT("checked", "last checked", "核查"),
    [FIELD_ENDED] = INSTANT("ended", "ended, however", "办结"),
    [FIELD_HANDLED] = INSTANT("handled", "fed back, or ended without", "处置"),
    [FIELD_DUE] =
        INSTANT("due", "handling deadline; none while its clock is paused", "处置时限"),
    [FIELD_JUDGED] =
        INSTANT("judged", "handled in time, or the deadline passed: whichever was first",
                "处置评判"),
    [FIELD_LEFT] = INSTANT("left", "handled after the deadline", "超期后处置"),
    [FIELD_HANDLED_IN_TIME] = VERDICT("handled_in_time", "handling clock", "处置按期"),
    [FIELD_CLOSED_IN_TIME] =
        VERDICT("closed_in_time", "closed by the handling deadline", "结案按期"),
    [FIELD_TARGET_IN_TIME] =
        VERDICT("target_in_time", "closed by the source's own target", "按来源时限"),
    [FIELD_ACCEPTED_IN_TIME] =
        VERDICT("accepted_in_time", "clock of accepting", "受理按时"),
    [FIELD_VERIFIED_IN_TIME] =
        VERDICT("verified_in_time", "clock of verifying", "核实按时"),
    [FIELD_FILED_IN_TIME] = VERDICT("filed_in_time", "clock of filing", "立案按时"),
    [FIELD_SENT_IN_TIME] = VERDICT("sent_in_time", "clock of sending", "派遣按时"),
    [FIELD_SIGNED_IN_TIME] = VERDICT("signed_in_time", "clock of taking", "签收按时"),
    [FIELD_REVIEWED_IN_TIME] =
        VERDICT("reviewed_in_time", "clock of reviewing", "审核按时"),
    [FIELD_CHECKED_IN_TIME] = VERDICT("checked_in_time", "clock of checking", "核查按时"),
    [FIELD_REACHED] = VERDICT("reached", "the reporter was reached", "回访接通"),
    [FIELD_SOLVED] = VERDICT("solved", "solved, says the reporter", "回访认为已解决"),
    [FIELD_SATISFIED] = VERDICT("satisfied", "satisfied, says the reporter", "回访满意"),
    [FIELD_OPEN] = TRUTH("open", "has not ended", "未办结"),
    [FIELD_CLOSED] = TRUTH("closed", "ended as closed", "已结案"),
    [FIELD_IN_TIME] =
        TRUTH("in_time", "handled in time, and it counts", "按期处置（计入）"),
    [FIELD_LATE] = TRUTH("late", "handled late, and it counts", "超期处置（计入）"),
    [FIELD_PENDING] = TRUTH("pending", "open and not handled, with a deadline that counts",
                            "待处置且有时限"),
    [FIELD_WAS_OVERDUE] =
        TRUTH("was_overdue", "handled after its deadline had passed", "曾超期未处置"),
    [FIELD_EXEMPTED] = TRUTH("exempted", "an appeal was granted", "申诉免责"),
    [FIELD_FORCED] = TRUTH("forced", "closed by order", "强制结案"),
    [FIELD_ONE_SIDED] = TRUTH("one_sided", "handled and checked by one side", "自办自查"),
    [FIELD_LATE_RECEIVED] =
        TRUTH("late_received", "the feedback came long after the work", "迟报反馈"),
    [FIELD_MISSED] = TRUTH("missed", "missed by a collector, by the city's rule", "漏报"),
    [FIELD_FED_BACK_BARE] =
        TRUTH("fed_back_bare", "fed back here without a photo or other file", "反馈无照片"),
    [FIELD_CHECKED_BARE] =
        TRUTH("checked_bare", "checked here without a photo or other file", "核查无照片"),
    [FIELD_RETURNED] = NUMBER("returned", "times returned", "回退次数"),
    [FIELD_REWORKED] = NUMBER("reworked", "times reworked", "返工次数"),
    [FIELD_RESENT] = NUMBER("resent", "times sent to another department", "改派次数"),
    [FIELD_EXTENDED] = NUMBER("extended", "times extended", "延期次数"),
    [FIELD_SUSPENDED] = NUMBER("suspended", "times suspended", "挂账次数"),
    [FIELD_REOPENED] = NUMBER("reopened", "times opened again", "重新打开次数"),
    [FIELD_URGED] = NUMBER("urged", "times urged", "催办次数"),
    [FIELD_CORRECTED] = NUMBER("corrected", "times corrected", "更正次数"),
    [FIELD_SUPERVISED] = NUMBER("supervised", "times supervised", "督办次数"),
    [FIELD_ASSISTED] = NUMBER("assisted", "sub-tasks of others done", "协办次数"),
    [FIELD_PASSED_ON] = NUMBER("passed_on", "times passed on", "批转次数"),
    [FIELD_APPEALED] = NUMBER("appealed", "appeals", "申诉次数"),
    [FIELD_CONTESTED] = NUMBER("contested", "done times doubted", "完成时间存疑次数"),
    [FIELD_MERGED_IN] = NUMBER("merged_in", "duplicates that ended in it", "并入案件数"),
    [FIELD_CONTACTS] = NUMBER("contacts", "calls, visits, messages", "公众联系次数"),
    [FIELD_WORK_SECONDS] = NUMBER("work_seconds", "office time from report to end",
                                  "上报至办结的工作时间（秒）"),
    [FIELD_TOTAL_SECONDS] =
        NUMBER("total_seconds", "time from report to end", "上报至办结的时间（秒）"),
    [FIELD_REPORTED_BY] = ID("reported_by", "person who reported", "上报人"),
    [FIELD_ACCEPTED_BY] = ID("accepted_by", "person who accepted", "受理人"),
    [FIELD_VERIFIED_BY] = ID("verified_by", "person who verified", "核实人"),
    [FIELD_FILED_BY] = ID("filed_by", "person who filed", "立案人"),
    [FIELD_SENT_BY] = ID("sent_by", "person who sent it", "派遣人"),
    [FIELD_CHECKED_BY] = ID("checked_by", "person who checked", "核查人"),
    [FIELD_CLOSED_BY] = ID("closed_by", "person who closed it", "结案人"),
    [FIELD_DEPARTMENT] = ID("department", "lead department", "主办部门"),
    [FIELD_DESK] = ID("desk", "desk above the lead", "上级指挥台"),
    [FIELD_GRID] = ID("grid", "unit grid", "单元网格"),
    [FIELD_DUTY_GRID] = ID("duty_grid", "duty grid", "责任网格"),
    [FIELD_CLASS] = {"class", EXPRESSION_CODE, NULL, "class, by code", "小类编码"},
    [FIELD_MAJOR] = {"major", EXPRESSION_CODE, NULL, "major class, by code", "大类编码"},
};

const struct expression_word *expression_word(enum fact_field field)
{
    return (unsigned)field < FIELD_COUNT ? &WORDS[field] : NULL;
}

const char *expression_type_to_str(enum expression_type type)
{
    static const char *const NAMES[EXPRESSION_TYPE_COUNT] = {
        "number", "truth", "instant", "id", "verdict", "choice", "code"};
    return (unsigned)type < EXPRESSION_TYPE_COUNT ? NAMES[type] : "?";
}

int expression_field_find(const char *name, size_t length)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strlen(WORDS[i].name) == length && memcmp(WORDS[i].name, name, length) == 0)
            return i;
    return -1;
}

static void put_choices(struct buffer *out, const struct expression_word *word)
{
    const char *choice = NULL;
    buffer_append_text(out, "\t");
    for (int i = 0; word->choice != NULL && i < 64; i++)
        if ((choice = word->choice(i)) != NULL && choice[0] != '\0')
            buffer_format(out, "%s ", choice);
    if (word->type == EXPRESSION_VERDICT)
        buffer_append_text(out, "yes no unknown");
}

void expression_words(struct buffer *out)
{
    buffer_append_text(out, "# word\ttype\tmeaning\t\tvalues\n");
    for (int i = 0; i < FIELD_COUNT; i++) {
        buffer_format(out, "%s\t%s\t%s\t%s", WORDS[i].name,
                      expression_type_to_str(WORDS[i].type), WORDS[i].label_en,
                      WORDS[i].label_zh);
        put_choices(out, &WORDS[i]);
        buffer_append_text(out, "\n");
    }
    buffer_append_text(
        out, "# operators\nand or not = != < <= > >= + - * / ( ) in (a, b) now\n"
             "seconds(a, b)\tnumber\ttime from instant a to b; 0 unless both happened\n"
             "30 min, 4 h, 2 d\tnumber\tseconds\n"
             "# formulas of indicators: codes of counts, + - * / ( ), numbers, and\n"
             "days\tnumber\tdays of the period, up to today\n"
             "given.CODE\tnumber\twhat the table given says of the period\n");
}
