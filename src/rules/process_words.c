// SPDX-License-Identifier: MPL-2.0
// The fixed words of every process: codes and default labels.
#include <gridcase/rules/process.h>
#include <gridcase/rules/process_vocabulary.h>

#include <string.h>

#include <gridcase/core/text.h>

#include "process_internal.h"

struct word {
    const char *code;
    const char *chinese;
    const char *english;
};

static const struct word STAGES[PROCESS_STAGE_COUNT] = {
    [PROCESS_REPORT] = {"report", "上报", "Report"},
    [PROCESS_ACCEPT] = {"accept", "受理", "Acceptance"},
    [PROCESS_FILE] = {"file", "立案", "Filing"},
    [PROCESS_DISPATCH] = {"dispatch", "派遣", "Dispatch"},
    [PROCESS_HANDLE] = {"handle", "处置", "Handling"},
    [PROCESS_CHECK] = {"check", "核查", "Check"},
    [PROCESS_CLOSE] = {"close", "结案", "Closing"},
    [PROCESS_ENDED] = {"ended", "结束", "Ended"},
};

static const struct word OUTCOMES[PROCESS_OUTCOME_COUNT] = {
    [PROCESS_OUTCOME_NONE] = {"none", "未结束", "Open"},
    [PROCESS_CLOSED] = {"closed", "已结案", "Closed"},
    [PROCESS_DECLINED] = {"declined", "不予立案", "Declined"},
    [PROCESS_NOT_ACCEPTED] = {"not_accepted", "不予受理", "Not accepted"},
    [PROCESS_VOIDED] = {"voided", "作废", "Void"},
    [PROCESS_FORCED] = {"forced", "强制结案", "Closed by order"},
    [PROCESS_MERGED] = {"merged", "已合并", "Merged"},
    [PROCESS_NO_ANSWER] = {"no_answer", "未获答复", "No answer"},
    [PROCESS_SELF_DONE] = {"self_done", "自行处置", "Self-handled"},
    [PROCESS_SIMPLE_DONE] = {"simple_done", "简易结案", "Done at once"},
};

static const struct word ROLES[PROCESS_PUBLIC + 1] = {
    [PROCESS_COLLECTOR] = {"collector", "监督员", "Collector"},
    [PROCESS_ACCEPTOR] = {"acceptor", "受理员", "Acceptor"},
    [PROCESS_SHIFT_LEADER] = {"shift_leader", "值班长", "Shift leader"},
    [PROCESS_DISPATCHER] = {"dispatcher", "派遣员", "Dispatcher"},
    [PROCESS_DEPARTMENT] = {"department", "专业部门", "Department"},
    [PROCESS_INSPECTOR] = {"inspector", "督查员", "Inspector"},
    [PROCESS_MANAGER] = {"manager", "领导", "Manager"},
    [PROCESS_ADMINISTRATOR] = {"administrator", "管理员", "Administrator"},
    [PROCESS_COMPANY] = {"company", "采集公司", "Collection company"},
    [PROCESS_SYSTEM] = {"system", "系统", "System"},
    [PROCESS_PUBLIC] = {"public", "公众", "Public"},
};

static const struct word TASKS[PROCESS_TASK_COUNT] = {
    [PROCESS_TASK_NONE] = {"none", "无", "None"},
    [PROCESS_TASK_ACCEPT] = {"accept", "受理", "Accept"},
    [PROCESS_TASK_VERIFY] = {"verify", "核实", "Verify"},
    [PROCESS_TASK_FILE] = {"file", "立案", "File"},
    [PROCESS_TASK_DISPATCH] = {"dispatch", "派遣", "Dispatch"},
    [PROCESS_TASK_HANDLE] = {"handle", "主办", "Handle"},
    [PROCESS_TASK_ASSIST] = {"assist", "协办", "Assist"},
    [PROCESS_TASK_DESK] = {"desk", "下级平台", "Desk"},
    [PROCESS_TASK_REVIEW] = {"review", "反馈审核", "Review feedback"},
    [PROCESS_TASK_CHECK] = {"check", "核查", "Check"},
    [PROCESS_TASK_CLOSE] = {"close", "结案", "Close"},
    [PROCESS_TASK_CALLBACK] = {"callback", "回访", "Call back"},
    [PROCESS_TASK_ANSWER] = {"answer", "等待答复", "Wait for an answer"},
    [PROCESS_TASK_APPROVE_RETURN] = {"approve_return", "回退审批", "Decide on a return"},
    [PROCESS_TASK_APPROVE_EXTENSION] = {"approve_extension", "延期审批",
                                        "Decide on an extension"},
    [PROCESS_TASK_APPROVE_SUSPENSION] = {"approve_suspension", "挂账审批",
                                         "Decide on a suspension"},
    [PROCESS_TASK_APPROVE_VOID] = {"approve_void", "作废审批", "Decide on voiding"},
    [PROCESS_TASK_SUSPENDED] = {"suspended", "挂账", "Suspended"},
    [PROCESS_TASK_APPEAL] = {"appeal", "申诉", "Appeal"},
    [PROCESS_TASK_SORT] = {"sort", "人工分派", "Sort by hand"},
    [PROCESS_TASK_SUPERVISE] = {"supervise", "督办答复", "Answer supervision"},
    [PROCESS_TASK_URGE] = {"urge", "催办回复", "Answer an urging"},
    [PROCESS_TASK_ESCALATED] = {"escalated", "逾期未复上报", "Unanswered, passed up"},
    [PROCESS_TASK_ESCALATED_TOP] = {"escalated_top", "再次上报", "Passed up again"},
    [PROCESS_TASK_APPEAL_FINAL] = {"appeal_final", "申诉终审", "Decide on an appeal"},
    [PROCESS_TASK_COMPLETE] = {"complete", "应急补录", "Complete an emergency"},
    [PROCESS_TASK_SELF_REVIEW] = {"self_review", "自处理审核", "Review self-handling"},
    [PROCESS_TASK_NOTICE] = {"notice", "知会", "Notice"},
    [PROCESS_TASK_ENDORSE_EXTENSION] = {"endorse_extension", "延期初审",
                                        "Endorse an extension"},
    [PROCESS_TASK_ENDORSE_SUSPENSION] = {"endorse_suspension", "挂账初审",
                                         "Endorse a suspension"},
};

static const struct word KINDS[PROCESS_KIND_COUNT] = {
    [PROCESS_REPORTED] = {"reported", "上报", "Reported"},
    [PROCESS_ACCEPTED] = {"accepted", "受理", "Accepted"},
    [PROCESS_REJECTED] = {"rejected", "不予受理", "Not accepted"},
    [PROCESS_VERIFY_SENT] = {"verify_sent", "发核实", "Sent to verify"},
    [PROCESS_VERIFIED] = {"verified", "核实", "Verified"},
    [PROCESS_FILED] = {"filed", "立案", "Filed"},
    [PROCESS_FILE_DECLINED] = {"file_declined", "不予立案", "Filing declined"},
    [PROCESS_SENT] = {"sent", "派遣", "Sent"},
    [PROCESS_SIGNED] = {"signed", "签收", "Taken"},
    [PROCESS_FED_BACK] = {"fed_back", "反馈", "Fed back"},
    [PROCESS_REVIEWED] = {"reviewed", "反馈通过", "Feedback accepted"},
    [PROCESS_CHECK_SENT] = {"check_sent", "发核查", "Sent to check"},
    [PROCESS_CHECKED] = {"checked", "核查", "Checked"},
    [PROCESS_CASE_CLOSED] = {"case_closed", "结案", "Closed"},
    [PROCESS_RETURNED] = {"returned", "回退", "Returned"},
    [PROCESS_RETURN_REFUSED] = {"return_refused", "驳回回退", "Return refused"},
    [PROCESS_REWORKED] = {"reworked", "返工", "Sent back for rework"},
    [PROCESS_RESENT] = {"resent", "改派", "Sent to another"},
    [PROCESS_VOID_ASKED] = {"void_asked", "申请作废", "Voiding asked for"},
    [PROCESS_CASE_VOIDED] = {"case_voided", "作废", "Voided"},
    [PROCESS_REQUEST_REFUSED] = {"request_refused", "驳回申请", "Request refused"},
    [PROCESS_REOPENED] = {"reopened", "重新打开", "Reopened"},
    [PROCESS_COMMENTED] = {"commented", "备注", "Comment"},
    [PROCESS_URGED] = {"urged", "催办", "Urged"},
    [PROCESS_REPORTER_ASKED] = {"reporter_asked", "询问上报人", "Reporter asked"},
    [PROCESS_REPORTER_ANSWERED] = {"reporter_answered", "上报人答复", "Reporter answered"},
    [PROCESS_CORRECTED] = {"corrected", "更正", "Corrected"},
    [PROCESS_EXTENSION_ASKED] = {"extension_asked", "申请延期", "Extension asked for"},
    [PROCESS_EXTENDED] = {"extended", "延期", "Extended"},
    [PROCESS_SUSPENSION_ASKED] = {"suspension_asked", "申请挂账", "Suspension asked for"},
    [PROCESS_SUSPENDED] = {"suspended", "挂账", "Suspended"},
    [PROCESS_RESUMED] = {"resumed", "恢复", "Resumed"},
    [PROCESS_CASE_MERGED] = {"case_merged", "合并", "Merged"},
    [PROCESS_MEDIA_ADDED] = {"media_added", "补充照片", "Photo added"},
    [PROCESS_CALLED_BACK] = {"called_back", "回访", "Called back"},
    [PROCESS_FORCED_CLOSED] = {"forced_closed", "强制结案", "Closed by order"},
    [PROCESS_APPEALED] = {"appealed", "申诉", "Appealed"},
    [PROCESS_CALENDAR_CHANGED] = {"calendar_changed", "日历变更", "Calendar changed"},
    [PROCESS_SORTED] = {"sorted", "人工分派", "Sorted by hand"},
    [PROCESS_SELF_HANDLED] = {"self_handled", "自行处置", "Self-handled"},
    [PROCESS_ASSISTED] = {"assisted", "协办完成", "Assistance done"},
    [PROCESS_PASSED_ON] = {"passed_on", "批转", "Passed on"},
    [PROCESS_SUPERVISED] = {"supervised", "督办", "Supervised"},
    [PROCESS_SUPERVISION_ANSWERED] = {"supervision_answered", "督办回复", "Answered"},
    [PROCESS_COMPLETED] = {"completed", "应急补录", "Completed"},
    [PROCESS_ESCALATED] = {"escalated", "逐级上报", "Passed up"},
    [PROCESS_APPEAL_PASSED] = {"appeal_passed", "申诉初审通过", "Appeal supported"},
    [PROCESS_EXEMPTED] = {"exempted", "申诉成立", "Appeal granted"},
    [PROCESS_PROCESS_CHANGED] = {"process_changed", "流程变更", "Process changed"},
    [PROCESS_ACKNOWLEDGED] = {"acknowledged", "已阅", "Acknowledged"},
    [PROCESS_CONTESTED] = {"contested", "时间异议", "Time contested"},
    [PROCESS_PART_DONE] = {"part_done", "完成一段", "Part done"},
    [PROCESS_ORDERED] = {"ordered", "时限令", "Time order"},
    [PROCESS_ENDORSED] = {"endorsed", "审核上报", "Endorsed"},
    [PROCESS_REQUEST_ENDORSED] = {"request_endorsed", "申请初审通过", "Request endorsed"},
    [PROCESS_LEVEL_REMOVED] = {"level_removed", "层级撤销", "Level removed"},
    [PROCESS_CONTACTED] = {"contacted", "来访来电", "Contact"},
    [PROCESS_ANSWERED] = {"answered", "答复上报人", "Reporter answered to"},
    [PROCESS_TOOK_IN] = {"took_in", "并入案件", "Took in a duplicate"},
    [PROCESS_TASK_HANDED] = {"task_handed", "转交", "Handed to somebody else"},
};

static const struct word CLOCKS[PROCESS_CLOCK_COUNT] = {
    [PROCESS_CLOCK_NONE] = {"none", "无", "None"},
    [PROCESS_CLOCK_HANDLING] = {"handling", "处置时限", "Handling"},
    [PROCESS_CLOCK_ACCEPT] = {"accept", "受理时限", "Acceptance"},
    [PROCESS_CLOCK_VERIFY] = {"verify", "核实时限", "Verification"},
    [PROCESS_CLOCK_FILE] = {"file", "立案时限", "Filing"},
    [PROCESS_CLOCK_DISPATCH] = {"dispatch", "派遣时限", "Dispatch"},
    [PROCESS_CLOCK_SIGN] = {"sign", "签收时限", "Taking"},
    [PROCESS_CLOCK_REVIEW] = {"review", "反馈审核时限", "Review"},
    [PROCESS_CLOCK_CHECK] = {"check", "核查时限", "Check"},
    [PROCESS_CLOCK_CLOSE] = {"close", "结案时限", "Closing"},
    [PROCESS_CLOCK_CALLBACK] = {"callback", "回访时限", "Call back"},
    [PROCESS_CLOCK_ANSWER] = {"answer", "答复时限", "Answer"},
    [PROCESS_CLOCK_HOTLINE] = {"hotline", "热线时限", "Hotline"},
    [PROCESS_CLOCK_IMPORTED] = {"imported", "来源时限", "Given by the source"},
    [PROCESS_CLOCK_SAFE] = {"safe", "排险时限", "Make safe"},
    [PROCESS_CLOCK_REPAIR] = {"repair", "修复时限", "Repair"},
    [PROCESS_CLOCK_RESTORE] = {"restore", "恢复时限", "Restore"},
    [PROCESS_CLOCK_DESK] = {"desk", "下级平台时限", "Desk"},
    [PROCESS_CLOCK_INNER] = {"inner", "内部时限", "Inner limit"},
};

static const struct word SOURCES[PROCESS_SOURCE_COUNT] = {
    [PROCESS_SOURCE_COLLECTOR] = {"collector", "监督员上报", "Collector"},
    [PROCESS_SOURCE_HOTLINE] = {"hotline", "热线", "Hotline"},
    [PROCESS_SOURCE_CITIZEN] = {"citizen", "公众上报", "Citizen"},
    [PROCESS_SOURCE_VIDEO] = {"video", "视频", "Video"},
    [PROCESS_SOURCE_SENSOR] = {"sensor", "传感器", "Sensor"},
    [PROCESS_SOURCE_LEADER] = {"leader", "领导交办", "Leader"},
    [PROCESS_SOURCE_SYSTEM] = {"system", "其他系统", "Other system"},
    [PROCESS_SOURCE_MEDIA] = {"media", "媒体", "Press"},
    [PROCESS_SOURCE_STAFF] = {"staff", "工作人员", "City worker"},
};

static const struct word INPUT_TYPES[PROCESS_INPUT_TYPE_COUNT] = {
    [PROCESS_INPUT_TEXT] = {"text", "文字", "text of at most 4,000 characters"},
    [PROCESS_INPUT_DEPARTMENT] = {"department", "部门", "a department"},
    [PROCESS_INPUT_DEPARTMENTS] = {"departments", "多个部门", "several departments"},
    [PROCESS_INPUT_CLASS] = {"class", "小类", "a class; changes the case's class"},
    [PROCESS_INPUT_CONDITION] = {"condition", "立案条件",
                                 "a filing condition of the class; changes the case's"},
    [PROCESS_INPUT_POINT] = {"point", "位置", "a point; changes the case's point"},
    [PROCESS_INPUT_INSTANT] = {"instant", "时刻", "an instant"},
    [PROCESS_INPUT_MEDIA] = {"media", "照片", "photos"},
    [PROCESS_INPUT_CHOICE] = {"choice", "选项", "one word of a list: choice(pass|fail)"},
    [PROCESS_INPUT_NUMBER] = {"number", "数字", "a whole number"},
    [PROCESS_INPUT_CASE] = {"case", "案件", "another case's number"},
    [PROCESS_INPUT_PERSON] = {"person", "人员", "a person"},
};

static const struct {
    const struct word *words;
    int count;
    const char *title;
} LISTS[PROCESS_WORDS_COUNT] = {
    [PROCESS_WORDS_STAGE] = {STAGES, PROCESS_STAGE_COUNT, "Stages (steps.csv: stage)"},
    [PROCESS_WORDS_OUTCOME] = {OUTCOMES, PROCESS_OUTCOME_COUNT,
                               "Outcomes (steps.csv: outcome)"},
    [PROCESS_WORDS_ROLE] = {ROLES, PROCESS_PUBLIC + 1, "Roles (actions.csv: roles)"},
    [PROCESS_WORDS_TASK] = {TASKS, PROCESS_TASK_COUNT,
                            "Kinds of task (steps.csv, actions.csv: task)"},
    [PROCESS_WORDS_KIND] = {KINDS, PROCESS_KIND_COUNT,
                            "Kinds of action (actions.csv: kind)"},
    [PROCESS_WORDS_CLOCK] = {CLOCKS, PROCESS_CLOCK_COUNT, "Clocks (steps.csv: clock)"},
    [PROCESS_WORDS_SOURCE] = {SOURCES, PROCESS_SOURCE_COUNT, "Sources of a report"},
};

static const char *word_code(enum process_words_of list, int number)
{
    if (number < 0 || number >= LISTS[list].count)
        return NULL;
    return LISTS[list].words[number].code;
}

static int word_number(enum process_words_of list, const char *word)
{
    for (int i = 0; word != NULL && i < LISTS[list].count; i++)
        if (text_equal(LISTS[list].words[i].code, word))
            return i;
    return -1;
}

const char *process_stage_to_str(int stage)
{
    return word_code(PROCESS_WORDS_STAGE, stage);
}
const char *process_outcome_to_str(int outcome)
{
    return word_code(PROCESS_WORDS_OUTCOME, outcome);
}
const char *process_role_to_str(int role)
{
    return word_code(PROCESS_WORDS_ROLE, role);
}
const char *process_task_to_str(int task)
{
    return word_code(PROCESS_WORDS_TASK, task);
}
const char *process_kind_to_str(int kind)
{
    return word_code(PROCESS_WORDS_KIND, kind);
}
const char *process_clock_to_str(int clock)
{
    return word_code(PROCESS_WORDS_CLOCK, clock);
}
const char *process_source_to_str(int source)
{
    return word_code(PROCESS_WORDS_SOURCE, source);
}
const char *process_input_type_to_str(int type)
{
    return type >= 0 && type < PROCESS_INPUT_TYPE_COUNT ? INPUT_TYPES[type].code : NULL;
}

int process_stage_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_STAGE, word);
}
int process_outcome_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_OUTCOME, word);
}
int process_role_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_ROLE, word);
}
int process_task_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_TASK, word);
}
int process_kind_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_KIND, word);
}
int process_clock_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_CLOCK, word);
}
int process_source_from_str(const char *word)
{
    return word_number(PROCESS_WORDS_SOURCE, word);
}

int process_input_type_from_str(const char *word)
{
    for (int i = 0; i < PROCESS_INPUT_TYPE_COUNT; i++)
        if (text_equal(INPUT_TYPES[i].code, word))
            return i;
    return -1;
}

const char *process_word_label(enum process_words_of list, int number, const char *language)
{
    if (word_code(list, number) == NULL)
        return "";
    const struct word *word = &LISTS[list].words[number];
    return language != NULL && text_starts(language, "zh") ? word->chinese : word->english;
}

// Labels of the usual inputs, for tables that bring none of their own.
static const struct word INPUTS[] = {
    {"opinion", "意见", "Note"},
    {"department", "部门", "Department"},
    {"assistants", "协办部门", "Assisting departments"},
    {"class", "小类", "Class"},
    {"condition", "立案条件", "Filing condition"},
    {"point", "位置", "Point"},
    {"address", "地址", "Address"},
    {"photo", "照片", "Photos"},
    {"result", "结果", "Result"},
    {"until", "截止时间", "Until"},
    {"case", "案件", "Case"},
    {"person", "人员", "Person"},
    {"document", "证明材料", "Stamped form"},
    {"level", "督办级别", "Level"},
    {"reached", "是否接通", "Reached"},
    {"solved", "是否解决", "Solved"},
    {"satisfied", "是否满意", "Satisfied"},
};

const char *process_input_default_label(const char *name, const char *language)
{
    for (size_t i = 0; i < sizeof INPUTS / sizeof INPUTS[0]; i++)
        if (text_equal(INPUTS[i].code, name))
            return language != NULL && text_starts(language, "zh") ? INPUTS[i].chinese
                                                                   : INPUTS[i].english;
    return NULL;
}

static void write_list(struct buffer *out, const char *title, const struct word *words,
                       int count)
{
    buffer_format(out, "%s\n", title);
    for (int i = 0; i < count; i++)
        if (words[i].code != NULL)
            buffer_format(out, "  %-20s %s\n", words[i].code, words[i].english);
    buffer_append_char(out, '\n');
}

void process_words(struct buffer *out)
{
    for (int i = 0; i < PROCESS_WORDS_COUNT; i++)
        write_list(out, LISTS[i].title, LISTS[i].words, LISTS[i].count);
    write_list(out, "Types of input (actions.csv: inputs, as name:type, ! when required)",
               INPUT_TYPES, PROCESS_INPUT_TYPE_COUNT);
    process_vocabulary_write(out);
}
