// SPDX-License-Identifier: MPL-2.0
// `gridcase check` over millions of cases: each one played again from its history and
// compared, then the digest of everything.
//
//   recount BUILD     environment: SCALE (1), GRIDCASE_BENCH_DATA (support/lives.h)
#include <inttypes.h>
#include <stdio.h>

#include "support/lives.h"
#include "support/timed.h"

static const double TARGET_S = 120, TARGET_CASES = 1e7;

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build";
    char program[1024];
    struct bench_data data;
    struct bench_timed timed;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_data_open(build, bench_cases(), &data);
    snprintf(program, sizeof program, "%s/gridcase", build);
    const char *const arguments[] = {program,  "check",     BENCH_CITY, "--quiet",
                                     "--data", data.folder, NULL};
    bench_timed_run(arguments, &timed);
    double cases = (double)data.cases, most_s = TARGET_S * cases / TARGET_CASES;
    int missed = timed.first_s > most_s;
    printf("%s\n", timed.first);
    printf("recounted in %.1f s, %.1f us a case; with the digest %.1f s, %.1f s of "
           "processor\n",
           timed.first_s, timed.first_s * 1e6 / cases, timed.passed_s, timed.processor_s);
    printf("    recount at most %.0f s for %" PRId64 " cases: %s\n", most_s, data.cases,
           missed ? "MISSED" : "met");
    return missed;
}
