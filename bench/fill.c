// SPDX-License-Identifier: MPL-2.0
// Makes the data of the other benches and says how long that took and what it weighs.
//
//   fill BUILD      environment: SCALE (1), GRIDCASE_BENCH_DATA, see support/lives.h
#include <stdio.h>
#include <sys/stat.h>

#include "support/lives.h"
#include "support/store.h"

static const char SIZE[] =
    "SELECT sum(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = "
    "c.relnamespace WHERE n.nspname = 'gridcase_" BENCH_CITY
    "_cases' AND c.relkind IN ('r', 'i', 't')";

int main(int argc, char **argv)
{
    struct bench_data data;
    char path[900];
    struct stat status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_data_open(argc > 1 ? argv[1] : "build", bench_cases(), &data);
    snprintf(path, sizeof path, "%s/cities/%s/cases.db", data.folder, BENCH_CITY);
    if (bench_on_server()) {
        status.st_size = (off_t)bench_server_ask(data.folder, SIZE);
    } else if (stat(path, &status) != 0) {
        perror(path);
        return 1;
    }
    printf("%lld cases in %s: %.1f GB, %.0f bytes a case", (long long)data.cases,
           data.folder, (double)status.st_size / 1e9,
           (double)status.st_size / (double)data.cases);
    if (data.filled_seconds > 0)
        printf(", filled in %.0f s: %.0f cases/s", data.filled_seconds,
               (double)data.cases / data.filled_seconds);
    printf("\n");
    return 0;
}
