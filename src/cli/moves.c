// SPDX-License-Identifier: MPL-2.0
// What commands that make many moves share: how far they are, and being stopped.
#include <gridcase/cli/cli.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <gridcase/core/instant.h>

static atomic_bool stop;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

const atomic_bool *cli_stop_on_signal(void)
{
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return &stop;
}

void cli_print_moves(int64_t reports, int64_t moves, int64_t at_ms)
{
    char when[INSTANT_TEXT_SIZE];
    if (!isatty(STDERR_FILENO))
        return;
    instant_to_text(at_ms, when);
    fprintf(stderr, "\r%lld reports, %lld moves, at %s ", (long long)reports,
            (long long)moves, when);
}
