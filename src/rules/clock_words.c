// SPDX-License-Identifier: MPL-2.0
// The words of clocks: stored, shown, and used in process tables.
#include <string.h>

#include <gridcase/rules/clock.h>

static const char *const statuses[CLOCK_STATUS_COUNT] = {
    "idle",
    "running",
    "paused",
    "stopped",
};
static const char *const effects[CLOCK_EFFECT_COUNT] = {
    "start", "pause", "resume", "restart", "extend", "stop", "recompute",
};
static const char *const lights[CLOCK_LIGHT_COUNT] = {"none", "green", "yellow", "red"};
static const char *const whys[CLOCK_WHY_COUNT] = {
    "period",  "make_up",       "continuous", "lunch",   "night", "weekend",
    "holiday", "out_of_season", "paused",     "stopped", "step",  "next_day",
    "cut_off", "shift",         "extended",   "ordered", "given", "days",
};
static const char *const details[CLOCK_DETAIL_COUNT] = {"period", "day", "week", "month"};

static const char *word(const char *const *words, unsigned count, unsigned index)
{
    return index < count ? words[index] : "?";
}

static int find(const char *const *words, int count, const char *text, int *ret_index,
                struct error *error)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "clock.word_unknown", "'%.40s' is no clock word",
                     text);
}

const char *clock_status_to_str(enum clock_status status)
{
    return word(statuses, CLOCK_STATUS_COUNT, (unsigned)status);
}

int clock_status_from_str(const char *text, enum clock_status *ret, struct error *error)
{
    int index = 0;
    int code = find(statuses, CLOCK_STATUS_COUNT, text, &index, error);
    if (!code)
        *ret = (enum clock_status)index;
    return code;
}

const char *clock_effect_to_str(enum clock_effect effect)
{
    return word(effects, CLOCK_EFFECT_COUNT, (unsigned)effect);
}

int clock_effect_from_str(const char *text, enum clock_effect *ret, struct error *error)
{
    int index = 0;
    int code = find(effects, CLOCK_EFFECT_COUNT, text, &index, error);
    if (!code)
        *ret = (enum clock_effect)index;
    return code;
}

const char *clock_light_to_str(enum clock_light light)
{
    return word(lights, CLOCK_LIGHT_COUNT, (unsigned)light);
}

const char *clock_why_to_str(enum clock_why why)
{
    return word(whys, CLOCK_WHY_COUNT, (unsigned)why);
}

const char *clock_detail_to_str(enum clock_detail detail)
{
    return word(details, CLOCK_DETAIL_COUNT, (unsigned)detail);
}
