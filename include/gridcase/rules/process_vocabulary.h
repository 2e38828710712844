// SPDX-License-Identifier: MPL-2.0
// The guards and effects that a process table may use. Descriptions and parameters stand in
// src/rules/process_vocabulary.c; what they do to a case is in the cases room.
#pragma once

#include <gridcase/rules/process.h>

enum process_guard {
    PROCESS_GUARD_HAS,
    PROCESS_GUARD_SOURCE,
    PROCESS_GUARD_DONE,
    PROCESS_GUARD_INPUT,
    PROCESS_GUARD_CLOCK,
    PROCESS_GUARD_OPEN,
    PROCESS_GUARD_BELOW,
    PROCESS_GUARD_WITHIN,
    PROCESS_GUARD_OTHER_PERSON,
    PROCESS_GUARD_OTHER_DEPARTMENT,
    PROCESS_GUARD_LATE,
    PROCESS_GUARD_PART_LEFT,
    PROCESS_GUARD_DESK,       // the department named, or the lead, is a desk
    PROCESS_GUARD_UNDER_DESK, // a desk has the case in its part
    PROCESS_GUARD_DESK_ABOVE, // above the desk that has it stands another one
    PROCESS_GUARD_INSIDE,     // the department named stands inside the desk, or the lead
    PROCESS_GUARD_OTHER_SIDE, // neither the actor nor the actor's company handled it
    PROCESS_GUARD_MISSED,
    PROCESS_GUARD_GIVEN, // this move names a file of this class
    PROCESS_GUARD_AHEAD,
    PROCESS_GUARD_LAST,
    PROCESS_GUARD_COUNT,
};

enum process_effect {
    PROCESS_EFFECT_ASSIGN,
    PROCESS_EFFECT_ASSIST,
    PROCESS_EFFECT_START,
    PROCESS_EFFECT_STOP,
    PROCESS_EFFECT_PAUSE,
    PROCESS_EFFECT_RESUME,
    PROCESS_EFFECT_RESUME_OR_RESTART,
    PROCESS_EFFECT_CLEAR,
    PROCESS_EFFECT_EXTEND,
    PROCESS_EFFECT_OPEN,
    PROCESS_EFFECT_FINISH,
    PROCESS_EFFECT_CANCEL,
    PROCESS_EFFECT_COUNT_UP,
    PROCESS_EFFECT_CONTEST,
    PROCESS_EFFECT_NEXT_PART,
    PROCESS_EFFECT_DESK_IN,
    PROCESS_EFFECT_DESK_DOWN,
    PROCESS_EFFECT_DESK_BACK,
    PROCESS_EFFECT_DESK_UP,
    PROCESS_EFFECT_DESK_OFF,
    PROCESS_EFFECT_DESK_AGAIN,
    PROCESS_EFFECT_DESK_OUT,
    PROCESS_EFFECT_HAND_ON,
    PROCESS_EFFECT_MERGE,
    PROCESS_EFFECT_UNTIL,
    PROCESS_EFFECT_TIMER,
    PROCESS_EFFECT_RELIMIT,
    PROCESS_EFFECT_COUNT,
};

// Parameter of has(): what the case must have.
enum process_thing {
    PROCESS_HAS_CLASS,
    PROCESS_HAS_CONDITION,
    PROCESS_HAS_POINT,
    PROCESS_HAS_GRID,
    PROCESS_HAS_ROUTE, // routing finds a department
    PROCESS_HAS_DEPARTMENT,
    PROCESS_HAS_REPORTER,
    PROCESS_HAS_PHOTO,    // one at least, received
    PROCESS_HAS_DOCUMENT, // likewise a PDF
    PROCESS_HAS_CALLER,   // somebody outside the city's staff who can be called back
    PROCESS_HAS_COUNT,
};

// Parameter of clock(): a mask of 1 << these.
enum process_clock_is {
    PROCESS_CLOCK_IS_NONE, // the case has no such clock
    PROCESS_CLOCK_IS_RUNNING,
    PROCESS_CLOCK_IS_PAUSED,
    PROCESS_CLOCK_IS_STOPPED,
    PROCESS_CLOCK_IS_OVERDUE, // past its due instant, running or not
    PROCESS_CLOCK_IS_COUNT,
};

// Parameter of assign(), assist(): where the department comes from.
enum process_from { PROCESS_FROM_INPUT, PROCESS_FROM_ROUTE, PROCESS_FROM_COUNT };

// Counters of a case; kept in its fact row. Stored numbers.
enum process_counter {
    PROCESS_COUNT_RETURNED,
    PROCESS_COUNT_REWORKED,
    PROCESS_COUNT_RESENT,
    PROCESS_COUNT_EXTENDED,
    PROCESS_COUNT_SUSPENDED,
    PROCESS_COUNT_REOPENED,
    PROCESS_COUNT_URGED,
    PROCESS_COUNT_CORRECTED,
    PROCESS_COUNT_SUPERVISED,
    PROCESS_COUNT_ASSISTED,
    PROCESS_COUNT_PASSED_ON,
    PROCESS_COUNT_APPEALED,
    PROCESS_COUNT_CONTESTED,
    PROCESS_COUNT_MERGED_IN,
    PROCESS_COUNTER_COUNT,
};
const char *process_counter_to_str(int counter);

// A holder parameter: the role's number, or this for the lead department.
enum {
    PROCESS_HOLD_DEPARTMENT = 100,
    PROCESS_HOLD_DESK = 101, // the desk that has the case in its part
};

// Parameter of given().
enum process_given {
    PROCESS_GIVEN_PHOTO,
    PROCESS_GIVEN_DOCUMENT,
    PROCESS_GIVEN_BEFORE, // a photo of how it was
    PROCESS_GIVEN_AFTER,  // and of how it is now
    PROCESS_GIVEN_COUNT
};
const char *process_given_to_str(int given);

// The duration of timer(): milliseconds, with this bit when they are working time.
#define PROCESS_TIMER_WORKING (INT64_C(1) << 60)
