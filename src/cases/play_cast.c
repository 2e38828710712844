// SPDX-License-Identifier: MPL-2.0
// The people and the components that a play is made with.
#include <stdlib.h>

#include <gridcase/account/account.h>
#include <gridcase/db/store.h>

#include "play_internal.h"

static int read_ids(struct db *db, int64_t *ids, size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_PERSON_LIST, &s, error);
    if (code < 0)
        return code;
    db_bind_text(s, 1, "");
    db_bind_int(s, 2, PLAY_PEOPLE_MOST);
    *ret_count = 0;
    while ((code = db_step(s, error)) == DB_ROW)
        if (db_column_is_null(s, 4) && *ret_count < PLAY_PEOPLE_MOST)
            ids[(*ret_count)++] = db_column_int(s, 0);
    return code == DB_DONE ? 0 : code;
}

static int read_people(struct db_store *store, const char *slug, struct play_cast *cast,
                       struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int64_t *ids = memory_new(PLAY_PEOPLE_MOST * sizeof *ids);
    size_t count = 0;
    int code = db_reader_borrow(store, slug, DB_CASES, &db, error);
    if (code == 0)
        code = read_ids(db, ids, &count, error);
    cast->people = memory_new((count + 1) * sizeof *cast->people);
    for (size_t i = 0; code == 0 && i < count; i++) {
        struct actor *actor = &cast->people[cast->person_count];
        code = account_person_actor(db, ids[i], actor, error);
        cast->person_count += code == 0 && actor->grant_count > 0;
    }
    free(ids);
    return code;
}

static int keep_component(void *context, const struct city_component *component)
{
    struct play_cast *cast = context;
    if (component->class_id != 0 && cast->component_count < PLAY_COMPONENTS_MOST)
        cast->components[cast->component_count++] = *component;
    return 0;
}

static int read_components(struct db_store *store, const struct city_snapshot *city,
                           struct play_cast *cast, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int64_t count = 0;
    int code = db_reader_borrow(store, city_slug(city), DB_CITY, &db, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_CITY_COMPONENT_COUNT, NULL, 0, &count, error);
    if (code != 0)
        return code;
    if (count > PLAY_COMPONENTS_MOST)
        count = PLAY_COMPONENTS_MOST;
    cast->components = memory_new(((size_t)count + 1) * sizeof *cast->components);
    return city_components_each(db, city, count, cast->arena, keep_component, cast, error);
}

int play_cast_read(struct db_store *store, const struct city_snapshot *city,
                   struct play_cast *ret_cast, struct error *error)
{
    struct play_cast cast = {.arena = arena_new((size_t)1 << 30)};
    int code = read_people(store, city_slug(city), &cast, error);
    if (code == 0)
        code = read_components(store, city, &cast, error);
    if (code == 0 && cast.person_count == 0)
        code = error_set(error, ERROR_INPUT, "play.nobody",
                         "the city has no people who could play: load its staff first");
    if (code != 0)
        play_cast_done(&cast);
    else
        *ret_cast = cast;
    return code;
}

void play_cast_done(struct play_cast *cast)
{
    free(cast->people);
    free(cast->components);
    cast->arena = arena_free(cast->arena);
    cast->people = NULL;
    cast->components = NULL;
}
