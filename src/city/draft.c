// SPDX-License-Identifier: MPL-2.0
#include <gridcase/city/draft.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

enum { PATH_SIZE = 4096 };

struct city_draft {
    struct db_store *store; // of the draft alone
    struct city_snapshot *city;
    char folder[PATH_SIZE], slug[64];
};

// ---- the store aside ----
// What is left when its only city is gone: files, and empty folders.
static void remove_rest(const char *folder)
{
    char path[PATH_SIZE];
    DIR *list = opendir(folder);
    if (list == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
            continue;
        if (text_format(path, sizeof path, "%s/%s", folder, entry->d_name) == 0 &&
            unlink(path) != 0)
            rmdir(path);
    }
    closedir(list);
    rmdir(folder);
}

// One that a process left behind that died is emptied.
static int open_store(struct city_draft *draft, struct error *error)
{
    int code = db_store_open(draft->folder, DB_STORE_CREATE | DB_STORE_UNSAFE,
                             &draft->store, error); // nothing of it has to last
    if (code == ERROR_BUSY)
        return error_set(error, ERROR_BUSY, "what_if.running",
                         "a draft of this city is being tried already");
    if (code == 0 && db_store_city_exists(draft->store, draft->slug))
        code = db_store_city_remove(draft->store, draft->slug, error);
    if (code == 0)
        code = db_store_city_create(draft->store, draft->slug, instant_now_ms(), error);
    return code;
}

static int store_model(struct city_draft *draft, struct db_store *store,
                       struct city_model *model, struct city_report *report,
                       struct city_diff *diff, struct error *error)
{
    struct city_load_result result;
    int code = city_model_diff(store, draft->slug, model, report, diff, error);
    if (code == 0 && city_report_count_of(report, CITY_ERROR) > 0)
        code = error_set(error, ERROR_INPUT, "model.errors", "the draft has errors");
    if (code == 0)
        code = open_store(draft, error);
    if (code == 0)
        code = city_model_store(draft->store, draft->slug, model, report, instant_now_ms(),
                                &result, error);
    if (code == 0)
        code = city_snapshot_open(draft->store, draft->slug, &draft->city, error);
    return code;
}

static int find_folder(struct city_draft *draft, struct db_store *store, const char *slug,
                       struct error *error)
{
    int code = text_format(draft->slug, sizeof draft->slug, "%s", slug);
    if (code == 0)
        code =
            db_store_city_path(store, slug, "what-if", draft->folder, sizeof draft->folder);
    return code == 0 ? 0 : error_set(error, code, "file.path", "path is too long");
}

int city_draft_open(struct db_store *store, const char *slug, const char *folder,
                    struct city_report *report, struct city_diff *diff,
                    struct city_draft **ret_draft, struct error *error)
{
    CITY_MODEL_CLEANUP struct city_model *model = NULL;
    struct city_draft *draft = memory_new(sizeof *draft);
    int code = find_folder(draft, store, slug, error);
    if (code == 0)
        code = city_model_read(folder, report, &model, error);
    if (code == 0 && !text_equal(city_model_slug(model), slug))
        code = error_set(error, ERROR_INPUT, "city.other_slug",
                         "%s is the model of city \"%s\", not of \"%s\"", folder,
                         city_model_slug(model), slug);
    if (code == 0 && city_report_count_of(report, CITY_ERROR) > 0)
        code = error_set(error, ERROR_INPUT, "model.errors", "the draft has errors");
    if (code == 0)
        code = store_model(draft, store, model, report, diff, error);
    if (code != 0) {
        city_draft_close(draft);
        return code;
    }
    *ret_draft = draft;
    return 0;
}

const struct city_snapshot *city_draft_snapshot(const struct city_draft *draft)
{
    return draft->city;
}

struct city_draft *city_draft_close(struct city_draft *draft)
{
    if (draft == NULL)
        return NULL;
    city_snapshot_free(draft->city);
    if (draft->store != NULL) {
        char cities[PATH_SIZE];
        struct error ignored; // it is emptied by the next one otherwise
        (void)!db_store_city_remove(draft->store, draft->slug, &ignored);
        db_store_close(draft->store);
        if (text_format(cities, sizeof cities, "%s/cities", draft->folder) == 0)
            rmdir(cities);
        remove_rest(draft->folder);
    }
    free(draft);
    return NULL;
}
