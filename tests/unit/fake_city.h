// SPDX-License-Identifier: MPL-2.0
// A city of the test's own: 10 x 10 unit grids of 0.001 degrees from 0,0, two districts
// (101 west, 102 east), four streets (201..204), departments centre 1 > roads 2 > crew 4
// and parks 3, three classes, real rules. Stands in for the city room; included by one
// program.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/city/geometry.h>
#include <gridcase/core/file.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/evaluation.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/roster.h>
#include <gridcase/rules/routing.h>
#include <gridcase/rules/score.h>

struct city_snapshot {
    struct process *process;
    struct process *next_process; // version 2, in force when there is one
    struct catalogue *catalogue;
    struct calendar *calendar;
    struct calendar *later[3]; // versions 2, 3, 4: the last one is in force
    size_t later_count;
    struct routing *routing;
    struct roster *roster; // empty, until fake_city_roster
    struct evaluation *evaluation;
    struct scores *scores;              // made when asked for
    const struct evaluation *scores_of; // the standard one
};

static const char *fake_zone = "Asia/Shanghai"; // of the cities made from now on

static struct table *fake_table(const char *name, const char *text)
{
    struct table *table = NULL;
    struct error error = {0};
    if (table_parse_csv(name, name, text, strlen(text), &table, &error) != 0)
        fail_msg("%s: %s", name, error.message);
    return table;
}

static struct table *fake_file(const char *path)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_FILE);
    struct error error = {0};
    if (file_read(path, &text, &error) != 0)
        fail_msg("%s", error.message);
    return fake_table(path, text.data);
}

static int64_t fake_find(void *context, enum routing_name name, int64_t parent,
                         const char *code)
{
    (void)context;
    (void)parent;
    if (name != ROUTING_NAME_DEPARTMENT)
        return 0;
    return strcmp(code, "roads") == 0 ? 2 : strcmp(code, "parks") == 0 ? 3 : 0;
}

static struct city_snapshot *fake_city_new(const char *steps_path, const char *actions_path)
{
    struct city_snapshot *city = calloc(1, sizeof *city);
    struct error error = {0};
    struct table *steps TABLE_CLEANUP = fake_file(steps_path);
    struct table *actions TABLE_CLEANUP = fake_file(actions_path);
    if (process_new(&(struct process_tables){steps, actions, NULL}, NULL, &city->process,
                    &error) != 0 ||
        calendar_new(&(struct calendar_source){.zone = fake_zone, .version = 1}, NULL,
                     &city->calendar, &error) != 0)
        fail_msg("%s", error.message);
    struct table *classes TABLE_CLEANUP =
        fake_table("classes", "kind,code,name_en\nevent,pothole,Pothole\n"
                              "event,lamp,Lamp\nevent,vague,Vague\n"
                              "component,cover,Cover\nevent,pipe,Burst pipe\n");
    struct table *conditions TABLE_CLEANUP = fake_table(
        "conditions",
        "code,class,name_en,closing_en,limit\npothole1,pothole,Hole,Filled,4 working "
        "hours\n"
        "lamp1,lamp,Out,On,2 working days\nlamp2,lamp,Fallen,Up,2 urgent working hours\n"
        "vague1,vague,Something,Nothing,none\n"
        "cover1,cover,Gone,Back,2 working hours\n"
        "pipe1,pipe,Burst,Closed,make safe 2 urgent hours; repair 2 working days\n");
    struct table *limits TABLE_CLEANUP =
        fake_table("limits", "condition,urgency,limit\npothole1,urgent,1 working hour\n");
    struct table *stages TABLE_CLEANUP = fake_table(
        "stage_limits", "clock,limit\naccept,15 minutes\nverify,30 minutes\n"
                        "dispatch,15 minutes\ncheck,30 minutes\nsign,60 minutes\n");
    if (catalogue_new(&(struct catalogue_source){.classes = classes,
                                                 .conditions = conditions,
                                                 .limits = limits,
                                                 .stage_limits = stages,
                                                 .version = 1,
                                                 .calendar = city->calendar},
                      NULL, &city->catalogue, &error) != 0)
        fail_msg("%s", error.message);
    struct table *routes TABLE_CLEANUP =
        fake_table("routing", "class,component,department\npothole,,roads\nlamp,,parks\n"
                              "cover,maintainer,\ncover,owner,\n*,,@manual\n");
    struct routing_names names = {fake_find, NULL};
    if (routing_new(&(struct routing_source){routes, 1, city->catalogue, &names}, NULL,
                    &city->routing, &error) != 0)
        fail_msg("%s", error.message);
    if (roster_new(&(struct roster_source){.calendar = city->calendar}, NULL, &city->roster,
                   &error) != 0)
        fail_msg("%s", error.message);
    if (evaluation_new(&(struct evaluation_source){0}, NULL, &city->evaluation, &error) !=
        0)
        fail_msg("%s", error.message);
    return city;
}

// ---- duty grids: the streets 201..204 as "S1".."S4" ----
static inline int64_t fake_duty_grid(void *context, const char *code)
{
    (void)context;
    return code[0] == 'S' && code[1] >= '1' && code[1] <= '4' ? 200 + code[1] - '0' : 0;
}
// Rows person,duty_grid,shift,from,to,weekdays,backup; shifts "day" 07:00-19:00 and
// "night". Persons pNUMBER have that number as their id.
static inline void fake_city_roster(struct city_snapshot *city, const char *rows)
{
    struct error error = {0};
    struct table *shifts TABLE_CLEANUP =
        fake_table("shifts", "code,starts,ends\nday,07:00,19:00\nnight,19:00,07:00\n");
    struct table *table TABLE_CLEANUP = fake_table("rosters", rows);
    struct roster_source source = {.shifts = shifts,
                                   .rosters = table,
                                   .calendar = city->calendar,
                                   .has_level = true,
                                   .duty_grid_id = fake_duty_grid};
    city->roster = roster_free(city->roster);
    if (roster_new(&source, NULL, &city->roster, &error) != 0)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < roster_persons(city->roster); i++) {
        const char *login = roster_person_login(city->roster, i);
        roster_learn(city->roster, login, strtol(login + 1, NULL, 10));
    }
}

// A new version of the calendar, with these special days.
static inline void fake_city_calendar(struct city_snapshot *city, const char *days_csv)
{
    struct error error = {0};
    struct table *days TABLE_CLEANUP = fake_table("calendar_days", days_csv);
    struct calendar_source source = {
        .zone = fake_zone, .version = (int64_t)city->later_count + 2, .days = days};
    if (calendar_new(&source, NULL, &city->later[city->later_count++], &error) != 0)
        fail_msg("%s", error.message);
}

// Another process in force: that of a folder in grids.
static inline void fake_city_process(struct city_snapshot *city, const char *name)
{
    char path[200];
    struct error error = {0};
    snprintf(path, sizeof path, "grids/%s/process/steps.csv", name);
    struct table *steps TABLE_CLEANUP = fake_file(path);
    snprintf(path, sizeof path, "grids/%s/process/actions.csv", name);
    struct table *actions TABLE_CLEANUP = fake_file(path);
    if (process_new(&(struct process_tables){steps, actions, NULL}, NULL,
                    &city->next_process, &error) != 0)
        fail_msg("%s", error.message);
}

static void fake_city_free(struct city_snapshot *city)
{
    for (size_t i = 0; i < city->later_count; i++)
        calendar_free(city->later[i]);
    process_free(city->process);
    process_free(city->next_process);
    catalogue_free(city->catalogue);
    roster_free(city->roster);
    calendar_free(city->calendar);
    routing_free(city->routing);
    scores_free(city->scores);
    city->scores = NULL;
    city->scores_of = NULL;
    evaluation_free(city->evaluation);
    free(city);
}

// ---- the functions of the city room that the cases room calls ----
static const struct city_level fake_levels[] = {
    {.id = 11, .code = "district", .kind = CITY_NESTING, .position = 0},
    {.id = 12, .code = "street", .kind = CITY_NESTING, .position = 1},
};
size_t city_levels(const struct city_snapshot *city)
{
    (void)city;
    return 2;
}
const struct city_level *city_level(const struct city_snapshot *city, size_t position)
{
    (void)city;
    return position < 2 ? &fake_levels[position] : NULL;
}

const struct city_level *city_level_by_code(const struct city_snapshot *city,
                                            const char *code)
{
    for (size_t i = 0; i < 2; i++)
        if (strcmp(fake_levels[i].code, code) == 0)
            return city_level(city, i);
    return NULL;
}
const char *city_time_zone(const struct city_snapshot *city)
{
    (void)city;
    return fake_zone;
}
const char *city_class_code(const struct city_snapshot *city, int64_t id)
{
    const struct catalogue_class *found = catalogue_class_by_id(city->catalogue, id);
    return found != NULL ? found->code : NULL;
}

const struct roster *city_roster(const struct city_snapshot *city)
{
    return city->roster;
}
static const struct table *fake_own_indicators(void *context, const char *name)
{
    return strcmp(name, "own_indicators") == 0 ? context : NULL;
}
// Definitions of the city's own from now on; the table is borrowed for the call.
static inline void fake_city_evaluation(struct city_snapshot *city, struct table *own)
{
    struct error error = {0};
    evaluation_free(city->evaluation);
    if (evaluation_new(&(struct evaluation_source){fake_own_indicators, own}, NULL,
                       &city->evaluation, &error) != 0)
        abort();
}
const struct evaluation *city_evaluation(const struct city_snapshot *city)
{
    return city->evaluation;
}
static const struct table *fake_no_table(void *context, const char *name)
{
    (void)context;
    (void)name;
    return NULL;
}
// The standard ones, of the definitions in force.
const struct scores *city_scores(const struct city_snapshot *city)
{
    struct city_snapshot *own = (struct city_snapshot *)(uintptr_t)city;
    struct error error = {0};
    if (own->scores_of != city->evaluation) {
        own->scores = scores_free(own->scores);
        if (scores_new(&(struct evaluation_source){fake_no_table, NULL}, city->evaluation,
                       NULL, &own->scores, &error) != 0)
            abort();
        own->scores_of = city->evaluation;
    }
    return own->scores;
}
const struct report_plan *city_report_plan(const struct city_snapshot *city)
{
    (void)city;
    return NULL;
}
const char *city_name(const struct city_snapshot *city, const char *language)
{
    (void)city;
    (void)language;
    return "Fake";
}
const char *city_names_text(const struct city_snapshot *city,
                            const struct city_names *names, const char *language)
{
    (void)city;
    (void)language;
    return names->text[0] != NULL ? names->text[0] : "";
}
void city_bbox(const struct city_snapshot *city, double ret_wsen_deg[4])
{
    (void)city;
    memcpy(ret_wsen_deg, (const double[]){0, 0, 0.01, 0.01}, 4 * sizeof(double));
}
// Nothing here is drawn.
int city_areas_geojson(struct db *db, const struct city_snapshot *city, size_t level,
                       const char *language, struct buffer *out, struct error *error)
{
    (void)db;
    (void)city;
    (void)level;
    (void)language;
    (void)out;
    return error_set(error, ERROR_BUG, "fake.shapes", "the fake city has no shapes");
}
int city_grids_geojson(struct db *db, const struct city_snapshot *city,
                       const struct city_bbox *bbox, size_t limit, struct buffer *out,
                       struct error *error)
{
    (void)bbox;
    return city_areas_geojson(db, city, limit, NULL, out, error);
}
int city_roster_level(const struct city_snapshot *city)
{
    return roster_rows(city->roster) > 0 ? 1 : -1;
}

static struct city_area fake_areas[6];
const struct city_area *city_area_by_id(const struct city_snapshot *city, int64_t id)
{
    (void)city;
    bool district = id == 101 || id == 102, street = id >= 201 && id <= 204;
    if (!district && !street)
        return NULL;
    struct city_area *area = &fake_areas[district ? id - 101 : id - 199];
    *area = (struct city_area){.id = id, .level = street, .code = "a", .area_class = ""};
    return area;
}

static struct city_grid fake_grids[100];
const struct city_grid *city_grid_by_id(const struct city_snapshot *city, int64_t id)
{
    (void)city;
    if (id < 1 || id > 100)
        return NULL;
    struct city_grid *grid = &fake_grids[id - 1];
    *grid = (struct city_grid){.id = id, .code = "g", .area_class = ""};
    return grid;
}

// 1 is the centre; 5 a desk with the sweepers 6, and 7 a desk below it with the team 8; 9
// has no login; 10 is a company with the crews 11 and 12.
enum { FAKE_DEPARTMENTS = 12 };
static struct city_department fake_departments[FAKE_DEPARTMENTS] = {
    {.id = 1, .parent = 0, .code = "centre", .kind = "", .company = 1, .command = 1},
    {.id = 2, .parent = 1, .code = "roads", .kind = "", .company = 2},
    {.id = 3, .parent = 1, .code = "parks", .kind = "", .company = 3},
    {.id = 4, .parent = 2, .code = "crew", .kind = "", .company = 2},
    {.id = 5,
     .parent = 1,
     .code = "north",
     .kind = "",
     .company = 5,
     .command = 2,
     .desk_limit = {.unit = LIMIT_WORKING_HOUR, .milli = 1000},
     .inner_percent = 50},
    {.id = 6, .parent = 5, .code = "sweepers", .kind = "", .company = 6},
    {.id = 7, .parent = 5, .code = "street", .kind = "", .company = 7, .command = 3},
    {.id = 8, .parent = 7, .code = "team", .kind = "", .company = 8},
    {.id = 9, .parent = 1, .code = "water", .kind = "", .company = 9, .silent = true},
    {.id = 10, .parent = 1, .code = "clean", .kind = "", .company = 10},
    {.id = 11, .parent = 10, .code = "clean_west", .kind = "", .company = 10},
    {.id = 12, .parent = 10, .code = "clean_east", .kind = "", .company = 10},
};
size_t city_departments(const struct city_snapshot *city)
{
    (void)city;
    return FAKE_DEPARTMENTS;
}
const struct city_department *city_department(const struct city_snapshot *city,
                                              size_t index)
{
    (void)city;
    return index < FAKE_DEPARTMENTS ? &fake_departments[index] : NULL;
}
const struct city_department *city_department_by_id(const struct city_snapshot *city,
                                                    int64_t id)
{
    return id >= 1 ? city_department(city, (size_t)id - 1) : NULL;
}
bool city_department_within(const struct city_snapshot *city, int64_t inner, int64_t outer)
{
    for (; inner != 0; inner = city_department_by_id(city, inner)->parent) {
        if (inner == outer)
            return true;
        if (city_department_by_id(city, inner) == NULL)
            return false;
    }
    return false;
}
size_t city_languages(const struct city_snapshot *city)
{
    (void)city;
    return 1;
}
const char *city_language(const struct city_snapshot *city, size_t index)
{
    (void)city;
    (void)index;
    return "en";
}
int64_t city_model_version(const struct city_snapshot *city)
{
    (void)city;
    return 1;
}
static const struct place_index *fake_streets; // set by a test
const struct place_index *city_place_words(const struct city_snapshot *city)
{
    (void)city;
    return fake_streets;
}
size_t city_areas(const struct city_snapshot *city)
{
    (void)city;
    return 6;
}
const struct city_area *city_area(const struct city_snapshot *city, size_t index)
{
    return city_area_by_id(city, index < 2 ? 101 + (int64_t)index : 199 + (int64_t)index);
}
size_t city_coverage_layers(const struct city_snapshot *city)
{
    (void)city;
    return 0;
}
int64_t city_coverage_layer_id(const struct city_snapshot *city, size_t layer)
{
    (void)city;
    return (int64_t)layer + 1;
}
const struct city_coverage_area *city_coverage_by_id(const struct city_snapshot *city,
                                                     int64_t id)
{
    (void)city;
    (void)id;
    return NULL;
}
const char *city_slug(const struct city_snapshot *city)
{
    (void)city;
    return "t";
}
const char *city_number_prefix(const struct city_snapshot *city)
{
    (void)city;
    return "T";
}
const char *city_setting(const struct city_snapshot *city, const char *key,
                         const char *otherwise)
{
    (void)city;
    (void)key;
    return otherwise;
}
int64_t city_rules_current(const struct city_snapshot *city, enum city_rules rules)
{
    return rules == CITY_PROCESS && city->next_process != NULL ? 2 : 1;
}
const struct catalogue *city_catalogue(const struct city_snapshot *city, int64_t version)
{
    return version <= 1 ? city->catalogue : NULL;
}
const struct calendar *city_calendar(const struct city_snapshot *city, int64_t version)
{
    if (version == 0)
        version = (int64_t)city->later_count + 1;
    if (version == 1)
        return city->calendar;
    return version - 2 < (int64_t)city->later_count ? city->later[version - 2] : NULL;
}
const struct routing *city_routing(const struct city_snapshot *city, int64_t version)
{
    return version <= 1 ? city->routing : NULL;
}
const struct process *city_process(const struct city_snapshot *city, int64_t version)
{
    if (version == 0)
        version = city->next_process != NULL ? 2 : 1;
    return version == 1 ? city->process : version == 2 ? city->next_process : NULL;
}
int city_locate(const struct city_snapshot *city, double lon_deg, double lat_deg,
                struct city_place *ret_place, struct error *error)
{
    (void)city;
    (void)error;
    *ret_place = (struct city_place){.area_class = ""};
    if (!(lon_deg >= 0 && lon_deg < 0.01 && lat_deg >= 0 && lat_deg < 0.01))
        return 0;
    int x = (int)(lon_deg * 1000), y = (int)(lat_deg * 1000);
    ret_place->grid = y * 10 + x + 1;
    ret_place->areas[0] = x < 5 ? 101 : 102;
    ret_place->areas[1] = 201 + (x < 5 ? 0 : 1) + (y < 5 ? 0 : 2);
    return 0;
}
