// SPDX-License-Identifier: MPL-2.0
// A program that is run and timed.
#pragma once

struct bench_timed {
    double first_s;             // until its first line, 0: it had none
    double passed_s;            // in all
    double processor_s;         // of it and its children
    char first[200], last[200]; // lines
};
// Standard output is read line by line. Exits with a message when the program fails.
void bench_timed_run(const char *const arguments[], struct bench_timed *ret_timed);
