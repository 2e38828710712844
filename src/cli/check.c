// SPDX-License-Identifier: MPL-2.0
// gridcase check: counts everything that is kept beside the cases anew. See
// gridcase-check(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>

#include <gridcase/backup/digest.h>
#include <gridcase/cases/recount.h>
#include <gridcase/city/city.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/media/media.h>

#include "check.h"

enum { CASES_A_SLICE = 1000 };

static int count_anew(struct recount *recount, struct db *db, bool quiet,
                      struct error *error)
{
    // One read transaction: all slices see the same moment, whoever writes meanwhile.
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_READ, &transaction, error);
    if (code != 0)
        return code;
    while ((code = recount_slice(recount, db, CASES_A_SLICE, error)) == 1)
        if (!quiet)
            fprintf(stderr, "\r%llu cases ", (unsigned long long)recount_cases(recount));
    if (!quiet)
        fprintf(stderr, "\r");
    return code;
}

static int tell(const struct recount *recount, struct error *error)
{
    for (size_t i = 0; i < recount_findings(recount); i++) {
        const struct recount_finding *finding = recount_finding(recount, i);
        if (finding->case_id != 0)
            printf("case %lld: ", (long long)finding->case_id);
        printf("%s: %s\n", finding->slug, finding->message);
    }
    printf("%llu cases, %llu problems\n", (unsigned long long)recount_cases(recount),
           (unsigned long long)recount_problems(recount));
    if (recount_problems(recount) == 0)
        return 0;
    return error_set(error, ERROR_STORE, "check.failed", "the recount found %llu problems",
                     (unsigned long long)recount_problems(recount));
}

struct photos {
    int64_t checked, problems;
};

static void tell_photo(void *context, const uint8_t sha256[HASH_SIZE], const char *reason)
{
    struct photos *photos = context;
    char hex[HASH_HEX_SIZE];
    hash_to_hex(sha256, hex);
    photos->problems++;
    printf("photo %s: %s\n", hex, reason);
}

static int check_photos(struct db_store *store, struct db *db, const char *slug,
                        bool digests, struct error *error)
{
    char folder[4096];
    struct photos photos = {0};
    struct media_store *media = NULL;
    int code = db_store_city_path(store, slug, "media", folder, sizeof folder);
    if (code == 0 && !file_exists(folder)) // none has come yet
        return 0;
    if (code == 0)
        code = media_store_open(folder, 0, &media, error);
    if (code == 0)
        code = media_check(media, db, digests, tell_photo, &photos, &photos.checked, error);
    media_store_close(media);
    if (code == 0)
        printf("%lld photos, %lld problems\n", (long long)photos.checked,
               (long long)photos.problems);
    if (code == 0 && photos.problems > 0)
        code = error_set(error, ERROR_STORE, "check.failed", "%lld photos are not whole",
                         (long long)photos.problems);
    return code;
}

static int tell_digest(struct db_store *store, struct db *cases, const char *slug,
                       struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction cases_moment = {0};
    struct db_transaction city_moment = {0};
    struct city_digest digest;
    struct db *city = NULL;
    int code = db_open(store, slug, DB_CITY, DB_READ, &city, error);
    if (code == 0)
        code = db_begin(cases, DB_READ, &cases_moment, error);
    if (code == 0)
        code = db_begin(city, DB_READ, &city_moment, error);
    if (code == 0)
        code = city_digest_take(cases, city, NULL, &digest, error);
    if (code == 0)
        printf("digest %s of %lld rows\n", digest.hex, (long long)digest.rows);
    db_rollback(&city_moment);
    db_close(city);
    return code;
}

int cli_check_city(const char *data, const char *slug, unsigned flags, struct error *error)
{
    struct db_store *store = NULL;
    struct city_snapshot *city = NULL;
    struct db *db = NULL;
    int code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = city_snapshot_open(store, slug, &city, error);
    if (code == 0)
        code = db_open(store, slug, DB_CASES, DB_READ, &db, error);
    if (code == 0) {
        struct recount *recount = recount_new(city);
        code = count_anew(recount, db, (flags & CLI_CHECK_QUIET) != 0, error);
        if (code == 0)
            code = tell(recount, error);
        recount_free(recount);
    }
    if (code == 0)
        code = tell_digest(store, db, slug, error);
    if (code == 0)
        code = check_photos(store, db, slug, (flags & CLI_CHECK_PHOTOS) != 0, error);
    db_close(db);
    city_snapshot_free(city);
    db_store_close(store);
    return code;
}

static int check(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    unsigned flags = cli_flag(&argc, argv, "--quiet") ? CLI_CHECK_QUIET : 0;
    flags |= cli_flag(&argc, argv, "--photos") ? CLI_CHECK_PHOTOS : 0;
    int code = cli_words(argc, argv, 1, 1, error);
    return code == 0 ? cli_check_city(data, argv[0], flags, error) : code;
}

const struct cli_command cli_check_commands[] = {
    {"check", NULL, "CITY [--quiet] [--photos]",
     "recounts cases, histories, clocks and figures", check},
    {0},
};
