// SPDX-License-Identifier: MPL-2.0
#include <gridcase/rules/limit.h>

#include <string.h>

enum { TEXT_MOST = 128 };

static const char *const unit_names[LIMIT_UNIT_COUNT] = {
    "none",         "minute",      "urgent_hour", "urgent_day",   "natural_day",
    "working_hour", "working_day", "step_day",    "calendar_day",
};

// What offices write, in lower case, without blanks, and without dashes and underscores
// in words. 小时 without a
// word before it means working hours in such tables; 天 and "days" could be either, and are
// refused.
static const struct {
    const char *word;
    enum limit_unit unit;
} unit_words[] = {
    {"分钟", LIMIT_MINUTE},
    {"分", LIMIT_MINUTE},
    {"minute", LIMIT_MINUTE},
    {"minutes", LIMIT_MINUTE},
    {"min", LIMIT_MINUTE},
    {"紧急工作时", LIMIT_URGENT_HOUR},
    {"紧急工作小时", LIMIT_URGENT_HOUR},
    {"紧急工时", LIMIT_URGENT_HOUR},
    {"紧急小时", LIMIT_URGENT_HOUR},
    {"自然小时", LIMIT_URGENT_HOUR},
    {"urgenthour", LIMIT_URGENT_HOUR},
    {"urgenthours", LIMIT_URGENT_HOUR},
    {"urgentworkinghour", LIMIT_URGENT_HOUR},
    {"urgentworkinghours", LIMIT_URGENT_HOUR},
    {"紧急工作日", LIMIT_URGENT_DAY},
    {"紧急日", LIMIT_URGENT_DAY},
    {"urgentday", LIMIT_URGENT_DAY},
    {"urgentdays", LIMIT_URGENT_DAY},
    {"urgentworkingday", LIMIT_URGENT_DAY},
    {"urgentworkingdays", LIMIT_URGENT_DAY},
    {"自然日", LIMIT_NATURAL_DAY},
    {"自然天", LIMIT_NATURAL_DAY},
    {"naturalday", LIMIT_NATURAL_DAY},
    {"naturaldays", LIMIT_NATURAL_DAY},
    {"工作时", LIMIT_WORKING_HOUR},
    {"工作小时", LIMIT_WORKING_HOUR},
    {"工时", LIMIT_WORKING_HOUR},
    {"小时", LIMIT_WORKING_HOUR},
    {"workinghour", LIMIT_WORKING_HOUR},
    {"workinghours", LIMIT_WORKING_HOUR},
    {"工作日", LIMIT_WORKING_DAY},
    {"workingday", LIMIT_WORKING_DAY},
    {"workingdays", LIMIT_WORKING_DAY},
    {"businessday", LIMIT_WORKING_DAY},
    {"businessdays", LIMIT_WORKING_DAY},
    {"步进工作日", LIMIT_STEP_DAY},
    {"stepday", LIMIT_STEP_DAY},
    {"stepdays", LIMIT_STEP_DAY},
    {"日历日", LIMIT_CALENDAR_DAY},
    {"calendarday", LIMIT_CALENDAR_DAY},
    {"calendardays", LIMIT_CALENDAR_DAY},
    {"none", LIMIT_NONE},
    {"-", LIMIT_NONE},
    {"—", LIMIT_NONE},
    {"nolimit", LIMIT_NONE},
    {"无", LIMIT_NONE},
    {"无时限", LIMIT_NONE},
    {"不限", LIMIT_NONE},
    {"不限时", LIMIT_NONE},
};

// How limit_text writes a unit.
static const struct {
    const char *zh, *one, *many;
} unit_texts[LIMIT_UNIT_COUNT] = {
    [LIMIT_NONE] = {"无时限", "no limit", "no limit"},
    [LIMIT_MINUTE] = {"分钟", "minute", "minutes"},
    [LIMIT_URGENT_HOUR] = {"紧急工作时", "urgent working hour", "urgent working hours"},
    [LIMIT_URGENT_DAY] = {"紧急工作日", "urgent working day", "urgent working days"},
    [LIMIT_NATURAL_DAY] = {"自然日", "natural day", "natural days"},
    [LIMIT_WORKING_HOUR] = {"工作时", "working hour", "working hours"},
    [LIMIT_WORKING_DAY] = {"工作日", "working day", "working days"},
    [LIMIT_STEP_DAY] = {"步进工作日", "step day", "step days"},
    [LIMIT_CALENDAR_DAY] = {"日历日", "calendar day", "calendar days"},
};

const char *limit_unit_to_str(enum limit_unit unit)
{
    return (unsigned)unit < LIMIT_UNIT_COUNT ? unit_names[unit] : "?";
}

int limit_unit_from_str(const char *text, enum limit_unit *ret_unit, struct error *error)
{
    for (int unit = 0; unit < LIMIT_UNIT_COUNT; unit++) {
        if (strcmp(text, unit_names[unit]) == 0) {
            *ret_unit = (enum limit_unit)unit;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "limit.unit_unknown",
                     "'%.40s' is no unit of limits", text);
}

// One full-width character of three bytes -> the ASCII that is meant; 0 when it is another,
// ' ' for the ideographic space.
static char narrow(const unsigned char *bytes)
{
    if (bytes[0] == 0xE3 && bytes[1] == 0x80 && bytes[2] == 0x80)
        return ' ';
    if (bytes[0] != 0xEF || bytes[1] != 0xBC || bytes[2] < 0x81 || bytes[2] > 0xBF)
        return 0;
    return (char)(bytes[2] - 0x81 + '!'); // U+FF01 .. U+FF3F
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

// Appends one character; dashes and underscores inside words vanish, as blanks do
// everywhere but between digits ("2 3" and "2-3" are not 23).
static size_t append_plain(char *out, size_t length, char c, bool after_blank)
{
    char before = length > 0 ? out[length - 1] : '\0';
    c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    if ((c == '-' || c == '_') && is_letter(before))
        return length;
    if (after_blank && is_digit(before) && is_digit(c))
        out[length++] = ' ';
    out[length] = c;
    return length + 1;
}

// Lower case, narrow forms, without what separates words. False when too long.
static bool normalise(const char *text, char out[TEXT_MOST])
{
    size_t length = 0;
    bool after_blank = false;
    while (*text) {
        if (length + 5 >= TEXT_MOST)
            return false;
        const unsigned char *bytes = (const unsigned char *)text;
        char c = *text;
        size_t size = 1;
        if (bytes[0] >= 0xE0 && bytes[1] != 0 && bytes[2] != 0) {
            c = narrow(bytes);
            size = 3;
        } else if (bytes[0] == 0xC2 && bytes[1] == 0xA0) { // no-break space
            c = ' ';
            size = 2;
        }
        if (c == 0) {
            memcpy(out + length, text, size);
            length += size;
        } else if (!strchr(" \t\r\n", c)) {
            length = append_plain(out, length, c, after_blank);
        }
        after_blank = c != 0 && strchr(" \t\r\n", c);
        text += size;
    }
    out[length] = '\0';
    return true;
}

static bool find_unit(const char *word, enum limit_unit *ret_unit)
{
    for (size_t i = 0; i < sizeof unit_words / sizeof *unit_words; i++) {
        if (strcmp(word, unit_words[i].word) == 0) {
            *ret_unit = unit_words[i].unit;
            return true;
        }
    }
    return false;
}

static bool set_season(struct limit *limit, const char *code, size_t length)
{
    if (length == 0 || length >= LIMIT_SEASON_SIZE)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((code[i] >= 'a' && code[i] <= 'z') || (code[i] >= '0' && code[i] <= '9')))
            return false;
    memcpy(limit->season, code, length);
    limit->season[length] = '\0';
    return true;
}

static bool set_hours(struct limit *limit, const char *code, size_t length)
{
    struct limit code_of = {0};
    if (limit->hours[0] != '\0' || !set_season(&code_of, code, length))
        return false;
    memcpy(limit->hours, code_of.season, LIMIT_HOURS_SIZE);
    return true;
}

// What stands in brackets at the end: (season spring), (hours centre), （时段 centre）,
// (种植季节).
static bool take_bracket(char *text, struct limit *limit)
{
    size_t length = strlen(text);
    char *open = strrchr(text, '(');
    if (open == NULL || text[length - 1] != ')')
        return false;
    const char *inside = open + 1;
    size_t size = (size_t)(text + length - 1 - inside);
    bool good = false;
    if (size > 6 && memcmp(inside, "season", 6) == 0)
        good = limit->season[0] == '\0' && set_season(limit, inside + 6, size - 6);
    else if (size > 5 && memcmp(inside, "hours", 5) == 0)
        good = set_hours(limit, inside + 5, size - 5);
    else if (size > strlen("时段") && memcmp(inside, "时段", strlen("时段")) == 0)
        good = set_hours(limit, inside + strlen("时段"), size - strlen("时段"));
    else if (limit->season[0] == '\0' && (strncmp(inside, "种植季节)", size + 1) == 0 ||
                                          strncmp(inside, "种植季)", size + 1) == 0))
        good = set_season(limit, "planting", strlen("planting"));
    *open = '\0';
    return good;
}

static void cut_front(char *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text, word, length) == 0)
        memmove(text, text + length, strlen(text + length) + 1);
}

static void cut_end(char *text, const char *word)
{
    size_t length = strlen(word), size = strlen(text);
    if (size > length && strcmp(text + size - length, word) == 0)
        text[size - length] = '\0';
}

// "种植季节15工作日", "15 working days in the planting season", "15工作日(season spring)":
// cuts the season and the opening hours out of the text. False when it begins like one and
// is none.
static bool take_season(char *text, struct limit *limit)
{
    static const char *const zh[] = {"种植季节", "种植季"};
    while (*text != '\0' && text[strlen(text) - 1] == ')')
        if (!take_bracket(text, limit))
            return false;
    for (size_t i = 0; i < sizeof zh / sizeof *zh; i++) {
        size_t length = strlen(zh[i]);
        if (strncmp(text, zh[i], length) != 0)
            continue;
        memmove(text, text + length, strlen(text + length) + 1);
        cut_front(text, "内");
        return limit->season[0] == '\0' &&
               set_season(limit, "planting", strlen("planting"));
    }
    char *found = strstr(text, "inthe");
    size_t length = strlen(text);
    if (found && length > 6 && strcmp(text + length - 6, "season") == 0 &&
        found + 5 <= text + length - 6) {
        bool good = limit->season[0] == '\0' &&
                    set_season(limit, found + 5, (size_t)(text + length - 6 - (found + 5)));
        *found = '\0';
        return good;
    }
    return true;
}

// "5个工作日内", "within 5 working days": words that say no more than the limit does.
static void cut_padding(char *text)
{
    static const char *const fronts[] = {"限时", "限", "within"};
    static const char *const ends[] = {"以内", "之内", "内"};
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
        cut_front(text, fronts[i]);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        cut_end(text, ends[i]);
}

// One Chinese digit; 10 for 十, -1 when it is none. All take three bytes.
static int chinese_digit(const char *text)
{
    static const char *const digits[] = {"零", "一", "二", "三", "四", "五",
                                         "六", "七", "八", "九", "十"};
    for (int i = 0; i <= 10; i++)
        if (strncmp(text, digits[i], 3) == 0)
            return i;
    return strncmp(text, "两", 3) == 0 ? 2 : -1;
}

// "三", "十五", "二十", "半" up to 99; returns what follows, *ret_milli -1 without any.
static const char *take_chinese(const char *text, int64_t *ret_milli)
{
    int64_t tens = -1, ones = -1;
    *ret_milli = -1;
    if (strncmp(text, "半", 3) == 0) {
        *ret_milli = 500;
        return text + 3;
    }
    for (int digit; (digit = chinese_digit(text)) >= 0; text += 3) {
        if (digit == 10 && tens < 0) {
            tens = ones < 0 ? 1 : ones;
            ones = -1;
        } else if (digit < 10 && ones < 0) {
            ones = digit;
        } else {
            return NULL; // 一二 and the like
        }
    }
    if (tens >= 0 || ones >= 0)
        *ret_milli = ((tens < 0 ? 0 : tens * 10) + (ones < 0 ? 0 : ones)) * 1000;
    return text;
}

// Reads "12" or "1.5" (up to three decimals) as thousandths; returns what follows, NULL
// when it is too large or badly formed. *ret_milli is -1 when there is no number.
static const char *take_number(const char *text, int64_t *ret_milli)
{
    int64_t milli = 0;
    *ret_milli = -1;
    if (!is_digit(*text))
        return take_chinese(text, ret_milli);
    for (; is_digit(*text); text++) {
        milli = milli * 10 + (*text - '0') * 1000;
        if (milli > LIMIT_MILLI_MOST)
            return NULL;
    }
    if (*text == '.') {
        int64_t scale = 100;
        text++;
        if (!is_digit(*text))
            return NULL;
        for (; is_digit(*text); text++) {
            if (scale == 0 && *text != '0')
                return NULL; // finer than thousandths
            milli += (*text - '0') * scale;
            scale /= 10;
        }
    }
    *ret_milli = milli;
    return milli <= LIMIT_MILLI_MOST ? text : NULL;
}

static int refuse(const char *text, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT, "limit.invalid", "'%.100s' is not a limit: %s",
                     text, why);
}

// The unit said by the text, else by the column.
static int choose_unit(const char *text, const char *word, const char *hint, bool number,
                       struct limit *limit, bool *ret_conflict, struct error *error)
{
    char hint_word[TEXT_MOST] = "";
    enum limit_unit hinted = LIMIT_NONE;
    bool has_hint = hint && normalise(hint, hint_word) && *hint_word;
    if (has_hint && !find_unit(hint_word, &hinted) &&
        limit_unit_from_str(hint, &hinted, NULL) != 0)
        return refuse(text, "its unit is not known", error);
    if (*word == '\0') {
        if (!has_hint && number)
            return refuse(text, "it has no unit", error);
        limit->unit = has_hint ? hinted : LIMIT_NONE;
        return 0;
    }
    if (strcmp(word, "天") == 0 || strcmp(word, "日") == 0 || strcmp(word, "days") == 0 ||
        strcmp(word, "day") == 0 || strcmp(word, "hours") == 0 || strcmp(word, "hour") == 0)
        return refuse(text, "it does not say whether working time is meant", error);
    if (!find_unit(word, &limit->unit))
        return refuse(text, "its unit is not known", error);
    if (ret_conflict)
        *ret_conflict = has_hint && hinted != limit->unit;
    return 0;
}

int limit_parse(const char *text, const char *unit_hint, struct limit *ret_limit,
                bool *ret_conflict, struct error *error)
{
    struct limit limit = {.unit = LIMIT_NONE};
    char plain[TEXT_MOST];
    int64_t milli;
    if (ret_conflict)
        *ret_conflict = false;
    if (!normalise(text, plain))
        return refuse(text, "it is too long", error);
    if (!take_season(plain, &limit))
        return refuse(text, "its season is not a code", error);
    cut_padding(plain);
    const char *word = take_number(plain, &milli);
    if (!word)
        return refuse(text, "the number is too large or too fine", error);
    if (milli >= 0 && strncmp(word, "个", strlen("个")) == 0)
        word += strlen("个");
    int code = choose_unit(text, word, unit_hint, milli >= 0, &limit, ret_conflict, error);
    if (code)
        return code;
    if (limit.unit == LIMIT_NONE && (milli >= 0 || limit.season[0] || limit.hours[0]))
        return refuse(text, "it has a number or a season, but no limit", error);
    if (limit.unit != LIMIT_NONE && milli < 0)
        return refuse(text, "the number is missing", error);
    if (limit.unit != LIMIT_NONE && milli == 0)
        return refuse(text, "it is zero", error);
    limit.milli = limit.unit == LIMIT_NONE ? 0 : milli;
    *ret_limit = limit;
    return 0;
}

static void put_amount(int64_t milli, struct buffer *out)
{
    int64_t rest = milli % 1000;
    buffer_format(out, "%lld", (long long)(milli / 1000));
    if (rest == 0)
        return;
    int digits = 3;
    for (; rest % 10 == 0; rest /= 10)
        digits--;
    buffer_format(out, ".%0*lld", digits, (long long)rest);
}

void limit_text(const struct limit *limit, const char *language, struct buffer *out)
{
    bool zh = language && strncmp(language, "zh", 2) == 0;
    bool planting = strcmp(limit->season, "planting") == 0;
    if ((unsigned)limit->unit >= LIMIT_UNIT_COUNT || limit->unit == LIMIT_NONE) {
        buffer_append_text(out,
                           zh ? unit_texts[LIMIT_NONE].zh : unit_texts[LIMIT_NONE].one);
        return;
    }
    if (zh && planting)
        buffer_append_text(out, "种植季节");
    put_amount(limit->milli, out);
    if (zh)
        buffer_append_text(out, unit_texts[limit->unit].zh);
    else
        buffer_format(out, " %s",
                      limit->milli == 1000 ? unit_texts[limit->unit].one
                                           : unit_texts[limit->unit].many);
    if (limit->season[0] && !planting)
        buffer_format(out, " (season %s)", limit->season);
    else if (planting && !zh)
        buffer_append_text(out, " in the planting season");
    if (limit->hours[0])
        buffer_format(out, zh ? "（时段 %s）" : " (hours %s)", limit->hours);
}

bool limit_equal(const struct limit *a, const struct limit *b)
{
    return a->milli == b->milli && limit_same_measure(a, b);
}

bool limit_same_measure(const struct limit *a, const struct limit *b)
{
    return a->unit == b->unit && strcmp(a->season, b->season) == 0 &&
           strcmp(a->hours, b->hours) == 0;
}
