// SPDX-License-Identifier: MPL-2.0
// gridcase verify, root, receipt: proving that nothing was changed, dropped or added. See
// gridcase-verify(1), gridcase-root(1), gridcase-receipt(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/cases/seal.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

enum { CASES_A_SLICE = 1000, ROOTS_A_PAGE = 500, ROOTS_ARENA = 4 * 1024 * 1024 };

struct outside {
    struct seal_outside *roots;
    size_t count;
};

static int read_outside(const char *path, struct outside *outside, struct error *error)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    if (path == NULL)
        return 0;
    int code = file_read(path, &text, error);
    return code != 0 ? code
                     : seal_outside_read(text.length > 0 ? text.data : "", text.length,
                                         &outside->roots, &outside->count, error);
}

// ---- a city ----
struct city_files {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *db;
};

static int files_open(struct city_files *files, const char *data, const char *slug,
                      struct error *error)
{
    *files = (struct city_files){0};
    int code = db_store_open(data, DB_STORE_READ_ONLY, &files->store, error);
    if (code == 0)
        code = city_snapshot_open(files->store, slug, &files->city, error);
    return code != 0 ? code
                     : db_open(files->store, slug, DB_CASES, DB_READ, &files->db, error);
}

static void files_close(struct city_files *files)
{
    db_close(files->db);
    city_snapshot_free(files->city);
    db_store_close(files->store);
}

static void print_finding(void *context, const char *slug, const char *message)
{
    (void)context;
    printf("%s: %s\n", slug, message);
}

static int count_anew(const struct city_files *files, bool quiet, uint64_t *ret_problems,
                      struct error *error)
{
    struct recount *recount = recount_new(files->city);
    int code;
    while ((code = recount_slice(recount, files->db, CASES_A_SLICE, error)) == 1)
        if (!quiet)
            fprintf(stderr, "\r%" PRIu64 " cases ", recount_cases(recount));
    if (!quiet)
        fprintf(stderr, "\r");
    for (size_t i = 0; i < recount_findings(recount); i++) {
        const struct recount_finding *finding = recount_finding(recount, i);
        if (finding->case_id != 0)
            printf("case %" PRId64 ": ", finding->case_id);
        printf("%s: %s\n", finding->slug, finding->message);
    }
    printf("%" PRIu64 " cases: history, case rows, clocks, facts and daily figures "
           "recounted, %" PRIu64 " problems\n",
           recount_cases(recount), recount_problems(recount));
    if (recount_unplaced(recount) > 0)
        printf("%" PRIu64 " of them have histories of an older form, which does not say "
               "class, grid and areas: these were taken as they stand\n",
               recount_unplaced(recount));
    *ret_problems = recount_problems(recount);
    recount_free(recount);
    return code;
}

static void tell(const struct seal_proof *proof, bool with_outside, uint64_t problems)
{
    printf("%" PRId64 " roots over %" PRId64 " rows of history, %" PRId64
           " frozen documents, %" PRId64 " problems\n",
           proof->roots, proof->rows, proof->frozen, proof->problems);
    if (!with_outside)
        printf("no root from outside was given (--root FILE): this proves only that the "
               "store agrees with itself\n");
    else if (proof->last_matched > 0 && proof->problems == 0 && problems == 0)
        printf("proved: up to root %" PRId64 ", kept outside, nothing was changed, dropped "
               "or added in %" PRId64 " rows of history\n",
               proof->last_matched, proof->covered);
    else
        printf("not proved\n");
    int64_t later = proof->unsealed + (with_outside ? proof->rows - proof->covered : 0);
    if (later > 0)
        printf("%" PRId64 " rows came after%s: no root from outside covers them yet\n",
               later, with_outside ? " that root" : " the last root");
}

static int prove(const struct city_files *files, const struct outside *outside, bool quiet,
                 struct error *error)
{
    // One read transaction: everything sees the same moment, whoever writes meanwhile.
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct seal_proof proof;
    uint64_t problems = 0;
    int code = db_begin(files->db, DB_READ, &transaction, error);
    if (code == 0)
        code = count_anew(files, quiet, &problems, error);
    if (code == 0)
        code = case_seal_prove(files->db, outside->roots, outside->count, print_finding,
                               NULL, &proof, error);
    if (code != 0)
        return code;
    tell(&proof, outside->count > 0, problems);
    if (problems == 0 && proof.problems == 0)
        return 0;
    return error_set(error, ERROR_STORE, "verify.failed",
                     "the store is not what it was: %" PRIu64 " problems",
                     problems + (uint64_t)proof.problems);
}

// ---- a receipt, without any store ----
static int check_receipt(const char *path, const struct outside *outside,
                         struct error *error)
{
    struct seal_receipt_proof proof;
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    int code = file_read(path, &text, error);
    if (code == 0)
        code = seal_receipt_check(text.length > 0 ? text.data : "", text.length,
                                  outside->roots, outside->count, &proof, error);
    if (code != 0)
        return code;
    printf("case %s: %" PRId64 " rows of history follow from each other, %" PRId64
           " lie under a root\n",
           proof.number, proof.rows, proof.sealed);
    if (proof.outside > 0)
        printf("proved: %" PRId64 " rows were so when root %" PRId64
               " or an earlier one, kept outside, was made\n",
               proof.outside, proof.last_root);
    else
        printf("no root from outside is one of these (--root FILE): the receipt agrees "
               "with itself, no more\n");
    if (proof.rows > proof.sealed)
        printf("%" PRId64 " rows were not under a root yet\n", proof.rows - proof.sealed);
    return 0;
}

static int verify(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    const char *root = cli_option(&argc, argv, "--root");
    const char *receipt = cli_option(&argc, argv, "--receipt");
    bool quiet = cli_flag(&argc, argv, "--quiet") != 0;
    struct outside outside = {0};
    int code = cli_words(argc, argv, receipt == NULL, receipt == NULL, error);
    if (code == 0)
        code = read_outside(root, &outside, error);
    if (code == 0 && receipt != NULL)
        code = check_receipt(receipt, &outside, error);
    if (code == 0 && receipt == NULL) {
        struct city_files files;
        code = files_open(&files, data, argv[0], error);
        if (code == 0)
            code = prove(&files, &outside, quiet, error);
        files_close(&files);
    }
    free(outside.roots);
    return code;
}

// ---- root ----
static int make_in_store(const char *data, const char *slug, struct error *error)
{
    struct db_store *store = NULL;
    struct db_lane *lane = NULL;
    struct db *reader = NULL;
    unsigned made = 0;
    int code = db_store_open(data, 0, &store, error);
    if (code == 0)
        code = db_lane_get(store, slug, DB_CASES, &lane, error);
    if (code == 0)
        code = db_reader_borrow(store, slug, DB_CASES, &reader, error);
    if (code == 0)
        code = case_seal_all(reader, lane, instant_now_ms(), &made, error);
    db_reader_return(reader);
    db_lane_put(lane);
    db_store_close(store);
    return code;
}

// The server owns the folder: it makes the root.
static int make_by_server(const char *data, const char *slug, struct error *error)
{
    char address[300];
    struct buffer answer BUFFER_CLEANUP;
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    if (text_format(address, sizeof address, "/control/cities/%s/seal", slug) != 0)
        return error_set(error, ERROR_INPUT, "city.unknown", "no such city");
    return control_run(data, address, "{}", 600, &answer, error);
}

static int print_roots(struct db *db, bool all, struct error *error)
{
    struct case_seal last;
    char line[SEAL_LINE_SIZE];
    int code = case_seal_last(db, &last, error);
    if (code == 0 && last.number == 0)
        return error_set(error, ERROR_NOT_FOUND, "root.none",
                         "there is no root yet: the first is made tonight, or now with "
                         "--make");
    for (int64_t to = last.number + 1; code == 0 && all && to > 0;) {
        struct arena *arena ARENA_CLEANUP = arena_new(ROOTS_ARENA);
        struct case_seal *seals = NULL;
        size_t count = 0;
        code = case_seal_list(db, to, ROOTS_A_PAGE, arena, &seals, &count, error);
        for (size_t i = 0; i < count && code == 0; i++) {
            case_seal_line(&seals[i], line);
            printf("%s\n", line);
        }
        to = count > 0 ? seals[count - 1].number : 0;
    }
    if (code == 0 && !all) {
        case_seal_line(&last, line);
        printf("%s\n", line);
    }
    return code;
}

static int root(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    bool all = cli_flag(&argc, argv, "--all") != 0;
    bool make = cli_flag(&argc, argv, "--make") != 0;
    struct city_files files = {0};
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0 && make)
        code = control_is_running(data) ? make_by_server(data, argv[0], error)
                                        : make_in_store(data, argv[0], error);
    if (code != 0)
        return code;
    code = files_open(&files, data, argv[0], error);
    if (code == 0)
        code = print_roots(files.db, all, error);
    files_close(&files);
    return code;
}

// ---- receipt ----
static int receipt(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct city_files files = {0};
    int64_t case_id = 0;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    int code = cli_words(argc, argv, 2, 2, error);
    if (code != 0)
        return code;
    code = files_open(&files, data, argv[0], error);
    if (code == 0)
        code = case_find(files.db, argv[1], &case_id, error);
    if (code == 0)
        code = case_receipt(files.db, case_id, &out, error);
    if (code == 0)
        printf("%s\n", out.data);
    files_close(&files);
    return code;
}

const struct cli_command cli_verify_commands[] = {
    {"verify", NULL, "CITY [--root FILE] [--quiet] | --receipt FILE [--root FILE]",
     "proves that nothing was changed, dropped or added", verify},
    {"root", NULL, "CITY [--all] [--make]",
     "prints the last root over all histories, to be kept outside", root},
    {"receipt", NULL, "CITY NUMBER", "prints one case's history with its way to the roots",
     receipt},
    {0},
};
