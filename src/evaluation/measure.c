// SPDX-License-Identifier: MPL-2.0
// The measures: docs/figures.md in one table.
#include <gridcase/evaluation/figures.h>

const struct figure_definition *figure_definition(enum figure_measure measure)
{
    static const struct figure_definition LIST[FIGURE_MEASURE_COUNT] = {
        [FIGURE_OPENED] = {"opened", "Arrivals", "上报数", FIGURE_CASES, -1, -1, false},
        [FIGURE_ENDED] = {"ended", "Ended", "办结数", FIGURE_CASES, -1, -1, false},
        [FIGURE_CLOSED] = {"closed", "Closed", "结案数", FIGURE_CASES, -1, -1, false},
        [FIGURE_OPEN] = {"open", "Open", "未结数", FIGURE_CASES, -1, -1, true},
        [FIGURE_OVERDUE] = {"overdue", "Overdue, not handled", "超期未处置数", FIGURE_CASES,
                            -1, -1, true},
        [FIGURE_CLOSING_RATE] = {"closing_rate", "Closing rate", "结案率", FIGURE_SHARE,
                                 FIGURE_CLOSED_OF_OPENED, FIGURE_TO_CLOSE, false},
        [FIGURE_CLOSED_OF_OPENED] = {"closed_of_opened", "Arrivals closed since",
                                     "上报已结案数", FIGURE_CASES, -1, -1, false},
        [FIGURE_TO_CLOSE] = {"to_close", "Arrivals to be closed", "应结案数", FIGURE_CASES,
                             -1, -1, false},
        [FIGURE_ON_TIME_RATE] = {"on_time_rate", "On-time rate", "按期处置率", FIGURE_SHARE,
                                 FIGURE_HANDLED_IN_TIME, FIGURE_TO_HANDLE, false},
        [FIGURE_HANDLED_IN_TIME] = {"handled_in_time", "Handled in time", "按期处置数",
                                    FIGURE_CASES, -1, -1, false},
        [FIGURE_TO_HANDLE] = {"to_handle", "To be handled", "应处置数", FIGURE_CASES, -1,
                              -1, false},
        [FIGURE_TARGET_RATE] = {"target_rate", "Within the source's target",
                                "按来源时限结案率", FIGURE_SHARE, FIGURE_TARGET_MET,
                                FIGURE_WITH_TARGET, false},
        [FIGURE_TARGET_MET] = {"target_met", "Closed by the source's target",
                               "来源时限内结案数", FIGURE_CASES, -1, -1, false},
        [FIGURE_WITH_TARGET] = {"with_target", "Closed with a target of the source",
                                "有来源时限的结案数", FIGURE_CASES, -1, -1, false},
        [FIGURE_MEAN_TIME_TO_CLOSE] = {"mean_time_to_close", "Mean time to close",
                                       "平均结案时长", FIGURE_SECONDS, -1, FIGURE_CLOSED,
                                       false},
    };
    return (unsigned)measure < FIGURE_MEASURE_COUNT ? &LIST[measure] : NULL;
}

const char *figure_unit_to_str(enum figure_unit unit)
{
    static const char *const NAMES[] = {"cases", "share", "s"};
    return (unsigned)unit < 3 ? NAMES[unit] : "";
}
