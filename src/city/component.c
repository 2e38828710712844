// SPDX-License-Identifier: MPL-2.0
#include <gridcase/city/component.h>

#include <gridcase/city/city.h>
#include <gridcase/db/db.h>

// Both queries have these columns from the second on.
static void read_columns(struct db_statement *s, const struct city_snapshot *city,
                         struct arena *arena, struct city_component *component)
{
    const char *class_code = db_column_text(s, 1);
    const char *name = db_column_text(s, 2), *state = db_column_text(s, 3);
    component->class_id = class_code ? city_class_id(city, class_code) : 0;
    component->name = arena_text(arena, name ? name : "");
    component->state = arena_text(arena, state ? state : "");
    component->competent_id = db_column_int(s, 4);
    component->owner_id = db_column_int(s, 5);
    component->maintainer_id = db_column_int(s, 6);
    component->lon_deg = db_column_double(s, 7);
    component->lat_deg = db_column_double(s, 8);
}

int city_component_find(struct db *db, const struct city_snapshot *city, const char *code,
                        int64_t id, struct arena *arena,
                        struct city_component *ret_component, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct city_component component = {.id = id};
    int result = db_prepare(
        db, code ? QUERY_CITY_COMPONENT_BY_CODE : QUERY_CITY_COMPONENT_BY_ID, &s, error);
    if (result < 0)
        return result;
    if (code)
        db_bind_text(s, 1, code);
    else
        db_bind_int(s, 1, id);
    result = db_step(s, error);
    if (result == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "component.unknown",
                         "the register has no such component");
    if (result < 0)
        return result;
    read_columns(s, city, arena, &component);
    if (code)
        component.id = db_column_int(s, 0);
    component.code = arena_text(arena, code ? code : db_column_text(s, 0));
    *ret_component = component;
    return 0;
}

int city_components_each(struct db *db, const struct city_snapshot *city, int64_t most,
                         struct arena *arena,
                         int (*visit)(void *context,
                                      const struct city_component *component),
                         void *context, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int result = db_prepare(db, QUERY_CITY_COMPONENT_ALL, &s, error);
    if (result < 0)
        return result;
    db_bind_int(s, 1, most);
    while ((result = db_step(s, error)) == DB_ROW) {
        struct city_component component = {.id = db_column_int(s, 0)};
        read_columns(s, city, arena, &component);
        component.code = arena_text(arena, db_column_text(s, 9));
        if (component.code == NULL || component.name == NULL)
            return error_set(error, ERROR_LIMIT, "component.memory", "too many components");
        if (visit(context, &component) != 0)
            return 0;
    }
    return result == DB_DONE ? 0 : result;
}
