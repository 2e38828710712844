// SPDX-License-Identifier: MPL-2.0
#include "timed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/core/instant.h>

enum { WORDS_MOST = 30 };

// stdbuf: a line is told when it is printed, though nobody looks.
static pid_t start(const char *const arguments[], int ends[2])
{
    const char *words[WORDS_MOST + 3] = {"stdbuf", "-oL"};
    for (size_t i = 0; i < WORDS_MOST && arguments[i] != NULL; i++)
        words[i + 2] = arguments[i];
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execvp("stdbuf", (char *const *)(uintptr_t)words);
        _exit(127);
    }
    close(ends[1]);
    return child;
}

void bench_timed_run(const char *const arguments[], struct bench_timed *ret_timed)
{
    struct bench_timed timed = {0};
    struct rusage used = {0};
    char line[sizeof timed.last];
    int ends[2], status = -1;
    int64_t start_us = instant_monotonic_us();
    pid_t child = start(arguments, ends);
    FILE *answer = child < 0 ? NULL : fdopen(ends[0], "r");
    while (answer != NULL && fgets(line, sizeof line, answer) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (timed.first[0] == '\0') {
            timed.first_s = (double)(instant_monotonic_us() - start_us) / 1e6;
            memcpy(timed.first, line, sizeof line);
        }
        memcpy(timed.last, line, sizeof line);
    }
    if (answer != NULL)
        fclose(answer);
    if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0) {
        fprintf(stderr, "bench: %s %s failed\n", arguments[0], arguments[1]);
        exit(1);
    }
    timed.passed_s = (double)(instant_monotonic_us() - start_us) / 1e6;
    timed.processor_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                        (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    *ret_timed = timed;
}
