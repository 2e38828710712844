// SPDX-License-Identifier: MPL-2.0
// One report, or one look at a case: who does what, in which words, and when somebody looks
// again.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/place.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "play_internal.h"

enum {
    CANDIDATES_MOST = 64,
    TRIES_MOST = 6,
    PEOPLE_TRIED = 3,
    POINTS_TRIED = 200,
    COMPONENTS_TRIED = 500,
    PLACE_SIZE = 200,
    WAIT_MS = 6 * 3600 * 1000, // when nobody can do anything: a timer has to come
    DAY_MS = 24 * 3600 * 1000,
    SHORT_MS = 6 * 3600 * 1000, // limits that people work on at night
};

// ---- a report ----
static const struct actor *person_of(const struct play_scene *scene, enum role role)
{
    const struct play_cast *cast = &scene->play->cast;
    size_t first = play_below(scene->random, cast->person_count);
    for (size_t i = 0; i < cast->person_count; i++) {
        const struct actor *actor = &cast->people[(first + i) % cast->person_count];
        if (actor_has_role(actor, role))
            return actor;
    }
    return NULL;
}

// Who is on duty where it is, else any collector.
static const struct actor *collector_at(const struct play_scene *scene,
                                        const struct case_point *point)
{
    const struct city_snapshot *city = scene->play->city;
    const struct play_cast *cast = &scene->play->cast;
    struct city_place place;
    struct city_duty duty;
    int level = city_roster_level(city);
    if (level >= 0 &&
        city_locate(city, point->lon_deg, point->lat_deg, &place, NULL) == 0 &&
        city_on_duty(city, place.areas[level], point->lon_deg, point->lat_deg, scene->at_ms,
                     &duty, 1) == 1)
        for (size_t i = 0; i < cast->person_count; i++)
            if (cast->people[i].person_id == duty.person_id)
                return &cast->people[i];
    return person_of(scene, ROLE_COLLECTOR);
}

static const struct catalogue_class *draw_class(const struct play_scene *scene,
                                                const struct catalogue *catalogue,
                                                struct case_draft *draft)
{
    const struct play_plan *plan = &scene->play->plan;
    size_t index = play_draw(scene->random, plan->classes, plan->class_count);
    if (index >= catalogue_class_count(catalogue))
        index = play_below(scene->random, catalogue_class_count(catalogue));
    const struct catalogue_class *class = catalogue_class(catalogue, index);
    size_t condition =
        class->first_condition + play_below(scene->random, class->condition_count);
    draft->class_id = class->id;
    if (class->condition_count > 0)
        draft->condition_id = catalogue_condition(catalogue, condition)->id;
    return class;
}

// Where such a component stands, else anywhere in the city.
static void draw_point(const struct play_scene *scene, struct case_draft *draft,
                       struct case_component *component)
{
    const struct play_cast *cast = &scene->play->cast;
    for (int i = 0; i < COMPONENTS_TRIED && cast->component_count > 0; i++) {
        const struct city_component *one =
            &cast->components[play_below(scene->random, cast->component_count)];
        if (one->class_id != draft->class_id)
            continue;
        *component = (struct case_component){.id = one->id,
                                             .code = one->code,
                                             .class_id = one->class_id,
                                             .owner_id = one->owner_id,
                                             .maintainer_id = one->maintainer_id,
                                             .competent_id = one->competent_id};
        draft->component = component;
        draft->point.lon_deg = one->lon_deg;
        draft->point.lat_deg = one->lat_deg;
        draft->has_point = true;
        return;
    }
    double box[4];
    city_bbox(scene->play->city, box);
    for (int i = 0; i < POINTS_TRIED && !draft->has_point; i++) {
        struct city_place place;
        double lon = box[0] + play_share(scene->random) * (box[2] - box[0]);
        double lat = box[1] + play_share(scene->random) * (box[3] - box[1]);
        if (city_locate(scene->play->city, lon, lat, &place, NULL) < 0 || place.grid == 0)
            continue;
        draft->point.lon_deg = lon;
        draft->point.lat_deg = lat;
        draft->has_point = true;
    }
}

static const char *describe(const struct play_scene *scene,
                            const struct catalogue *catalogue,
                            const struct case_draft *draft)
{
    const char *language = city_language(scene->play->city, 0);
    const struct catalogue_class *class = catalogue_class_by_id(catalogue, draft->class_id);
    const struct catalogue_condition *condition =
        catalogue_condition_by_id(catalogue, draft->condition_id);
    if (condition == NULL || condition->implicit)
        return arena_text(scene->arena, label_text(&class->name, language));
    return arena_format(scene->arena, text_starts(language, "zh") ? "%s：%s" : "%s: %s",
                        label_text(&class->name, language),
                        label_text(&condition->name, language));
}

static const char *address_of(const struct play_scene *scene, const struct case_point *at)
{
    const struct place_index *index = city_place_words(scene->play->city);
    struct place_words words = {0};
    struct geo_point point;
    char text[PLACE_SIZE];
    if (index == NULL || geo_point_from_deg(at->lon_deg, at->lat_deg, &point, NULL) < 0)
        return "";
    place_find(index, point, &words);
    place_text(&words, city_language(scene->play->city, 0), text, sizeof text);
    return arena_text(scene->arena, text);
}

static const struct actor *reporting(const struct play_scene *scene,
                                     const struct case_draft *draft,
                                     const struct actor *nobody,
                                     const struct actor *machine)
{
    const struct actor *actor = NULL;
    switch (draft->source) {
    case PROCESS_SOURCE_COLLECTOR:
        actor = collector_at(scene, &draft->point);
        break;
    case PROCESS_SOURCE_CITIZEN:
        return nobody;
    case PROCESS_SOURCE_SENSOR:
    case PROCESS_SOURCE_SYSTEM:
        break;
    default:
        actor = person_of(scene, ROLE_ACCEPTOR);
    }
    return actor != NULL ? actor : machine;
}

int play_report(struct play_scene *scene, int64_t *ret_case_id, struct error *error)
{
    const struct play_plan *plan = &scene->play->plan;
    const struct catalogue *catalogue = city_catalogue(scene->play->city, 0);
    const struct actor nobody = actor_nobody(), machine = actor_system();
    struct case_draft draft = {.imported_due_ms = INSTANT_NONE,
                               .point = {.accuracy_m = -1}};
    struct case_component component;
    struct case_reporter reporter = {0};
    struct case_result result = {0};
    struct error refused = {0};
    *ret_case_id = 0;
    draw_class(scene, catalogue, &draft);
    draft.source =
        (enum process_source)play_draw(scene->random, plan->sources, PROCESS_SOURCE_COUNT);
    draw_point(scene, &draft, &component);
    draft.description = describe(scene, catalogue, &draft);
    if (draft.has_point)
        draft.address = address_of(scene, &draft.point);
    bool called =
        draft.source == PROCESS_SOURCE_HOTLINE || draft.source == PROCESS_SOURCE_CITIZEN;
    if (called && plan->reporters != NULL) {
        reporter.name = play_piece(scene->random, plan->reporters, scene->arena);
        reporter.phone = arena_format(scene->arena, "010-5550 %04d", // never given out
                                      (int)play_below(scene->random, 10000));
        reporter.agreed = play_below(scene->random, 3) > 0;
        draft.reporter = &reporter;
    }
    struct case_move move = {.actor = reporting(scene, &draft, &nobody, &machine),
                             .draft = &draft,
                             .received_ms = scene->at_ms,
                             .done_ms = scene->at_ms,
                             .mark = CASE_MARK_SYNTHETIC};
    int code = case_apply(scene->db, scene->play->city, &move, &result, &refused);
    if (code == ERROR_INPUT || code == ERROR_CONFLICT || code == ERROR_DENIED) {
        scene->progress->refused++;
        return 0;
    }
    if (code != 0) {
        *error = refused;
        return code;
    }
    scene->progress->reports++;
    *ret_case_id = result.case_id;
    return 0;
}

// ---- inputs ----
// One of the departments below another (0: any), but not this one; 0: there is none.
static int64_t department_below(const struct play_scene *scene, int64_t parent_id,
                                int64_t not_id)
{
    const struct city_snapshot *city = scene->play->city;
    size_t count = city_departments(city), first = play_below(scene->random, count);
    for (size_t i = 0; i < count; i++) {
        const struct city_department *one = city_department(city, (first + i) % count);
        if (!one->closed && one->parent != 0 && one->id != not_id &&
            (parent_id == 0 || one->parent == parent_id))
            return one->id;
    }
    return 0;
}

// A desk hands on within its own part of the tree; otherwise the route, then an office
// beside the one that has it, then any.
static int64_t department_for(const struct play_scene *scene, struct case_work *work)
{
    struct error ignored = {0};
    int64_t now_id = work->row.department_id, found = 0;
    const struct city_department *now = city_department_by_id(scene->play->city, now_id);
    if (city_department_is_desk(now))
        found = department_below(scene, now_id, 0);
    if (found == 0 && case_route(work, &ignored) == 0 && !work->route.manual &&
        work->route.lead != now_id)
        found = work->route.lead;
    if (found == 0 && now != NULL && now->parent != 0)
        found = department_below(scene, now->parent, now_id);
    return found != 0 ? found : department_below(scene, 0, now_id);
}

static const char *choose(const struct play_scene *scene, const char *choices)
{
    const struct play_plan *plan = &scene->play->plan;
    const char *word[16], *cursor = choices;
    double weight[16];
    size_t count = 0, length = 0;
    for (const char *piece; count < 16 && (piece = text_next(&cursor, '|', &length));) {
        word[count] = arena_copy(scene->arena, piece, length);
        weight[count] = 1;
        for (size_t i = 0; i < plan->choice_count; i++)
            if (strcmp(plan->choices[i].word, word[count]) == 0)
                weight[count] = plan->choices[i].weight;
        count++;
    }
    size_t at = play_draw(scene->random, weight, count);
    return at < count ? word[at] : "";
}

static const char *invent(const struct play_scene *scene, struct case_work *work,
                          const struct process_action *action,
                          const struct process_input *input)
{
    const char *words = scene->play->plan.words[action->kind];
    bool opinion = strcmp(input->name, "opinion") == 0;
    char when[INSTANT_TEXT_SIZE];
    if (!input->required && !(opinion && words != NULL) &&
        input->type != PROCESS_INPUT_CHOICE)
        return NULL;
    switch (input->type) {
    case PROCESS_INPUT_TEXT:
        return words != NULL
                   ? play_piece(scene->random, words, scene->arena)
                   : label_text(&action->label, city_language(scene->play->city, 0));
    case PROCESS_INPUT_DEPARTMENT:
    case PROCESS_INPUT_DEPARTMENTS:
        return arena_format(scene->arena, "%lld", (long long)department_for(scene, work));
    case PROCESS_INPUT_CHOICE:
        return choose(scene, input->choices);
    case PROCESS_INPUT_INSTANT:
        instant_to_text(scene->at_ms + (int64_t)(3 + play_below(scene->random, 8)) * DAY_MS,
                        when);
        return arena_text(scene->arena, when);
    case PROCESS_INPUT_NUMBER:
        return "1";
    default:
        return NULL;
    }
}

// ---- a move ----
struct candidate {
    const struct process_action *action;
    const struct case_task_row *task; // NULL: the case itself
};

static size_t list_candidates(struct case_work *work, const double *kinds,
                              struct candidate *out, double *weights)
{
    size_t count = 0, found = 0;
    const int *rows = process_actions_from(
        work->process, process_step_find(work->process, work->row.step), &count);
    for (size_t i = 0; i < count && found < CANDIDATES_MOST; i++) {
        const struct process_action *action =
            process_action(work->process, (size_t)rows[i]);
        const struct case_task_row *task = action->task == PROCESS_TASK_NONE
                                               ? NULL
                                               : case_task_of_kind(work, (int)action->task);
        bool there =
            kinds[action->kind] <= 0 || (action->task != PROCESS_TASK_NONE && task == NULL);
        for (size_t k = 0; k < found && !there; k++)
            there = strcmp(out[k].action->code, action->code) == 0;
        if (there)
            continue;
        weights[found] = kinds[action->kind];
        out[found++] = (struct candidate){action, task};
    }
    return found;
}

// The next of those who may, after *at; the system where a department has nobody.
static const struct actor *next_person(const struct play_scene *scene,
                                       struct case_work *work, const struct candidate *one,
                                       size_t first, size_t *at)
{
    const struct play_cast *cast = &scene->play->cast;
    for (; *at < cast->person_count; (*at)++) {
        const struct actor *actor = &cast->people[(first + *at) % cast->person_count];
        struct case_move move = {.actor = actor, .case_id = work->row.case_id};
        work->move = &move;
        int may = case_may_act(work, one->action, one->task, NULL);
        work->move = NULL;
        if (may == 0) {
            (*at)++;
            return actor;
        }
    }
    return NULL;
}

static int act(struct play_scene *scene, struct case_work *work,
               const struct candidate *one, const struct actor *actor, struct error *error)
{
    struct case_input inputs[CASE_INPUTS_MOST];
    struct case_result result;
    struct case_move move = {.actor = actor,
                             .action = one->action->code,
                             .case_id = work->row.case_id,
                             .received_ms = scene->at_ms,
                             .done_ms = scene->at_ms,
                             .inputs = inputs,
                             .mark = CASE_MARK_SYNTHETIC};
    if (one->task != NULL) {
        move.task_id = work->row.case_id * (1 << CASE_TASK_SHIFT) + one->task->no;
        move.task_version = one->task->version;
    }
    const struct city_department *held =
        one->task != NULL
            ? city_department_by_id(scene->play->city, one->task->department_id)
            : NULL;
    if (held != NULL && held->silent && !actor->system)
        move.behalf = play_piece(scene->random, scene->play->plan.reporters, scene->arena);
    for (size_t i = 0; i < one->action->input_count; i++) {
        const struct process_input *input = &one->action->inputs[i];
        const char *value = invent(scene, work, one->action, input);
        if (value != NULL)
            inputs[move.input_count++] = (struct case_input){input->name, value};
    }
    return case_apply(scene->db, scene->play->city, &move, &result, error);
}

static bool is_refusal(int code)
{
    return code == ERROR_INPUT || code == ERROR_CONFLICT || code == ERROR_DENIED ||
           code == ERROR_NOT_FOUND;
}

// One candidate, by some of those who may. 1: moved, 0: refused.
static int try_candidate(struct play_scene *scene, struct case_work *work,
                         const struct candidate *one, struct error *error)
{
    const struct actor machine = actor_system();
    size_t first = play_below(scene->random, scene->play->cast.person_count), at = 0;
    bool somebody = false;
    for (int i = 0; i < PEOPLE_TRIED; i++) {
        const struct actor *actor = next_person(scene, work, one, first, &at);
        bool unmanned = actor == NULL && !somebody &&
                        (one->action->roles & (1u << PROCESS_DEPARTMENT)) != 0;
        if (actor == NULL && !unmanned)
            return 0;
        somebody = true;
        struct error refused = {0};
        int code = act(scene, work, one, actor != NULL ? actor : &machine, &refused);
        if (code == 0)
            return 1;
        scene->progress->refused++;
        if (!is_refusal(code)) {
            *error = refused;
            return code;
        }
    }
    return 0;
}

// ---- when to look again ----
static int64_t into_the_day(const struct play_scene *scene, int64_t at_ms)
{
    const struct play *play = scene->play;
    struct zone_local local;
    zone_local(play->zone, at_ms, &local);
    int minute = local.hour * 60 + local.minute;
    int64_t day = date_to_day(local.year, local.month, local.day);
    if (minute >= play->plan.open_min && minute < play->plan.close_min)
        return at_ms;
    return zone_instant(play->zone, day + (minute >= play->plan.close_min),
                        (int64_t)play->plan.open_min * 60000) +
           (int64_t)(play_share(scene->random) * 45 * 60000);
}

static int64_t next_look(const struct play_scene *scene, struct case_work *work)
{
    const struct play_delay *delay =
        &scene->play->plan.delays[work->row.task_no != 0 ? work->row.task_kind : 0];
    int64_t left_ms = 0;
    double speed = scene->play->options->live ? scene->play->options->speed : 1;
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].kind == PROCESS_CLOCK_HANDLING &&
            work->clocks[i].clock.due_ms != INSTANT_NONE)
            left_ms = work->clocks[i].clock.due_ms - scene->at_ms;
    double wait_ms = delay->minutes * 60000;
    if (delay->minutes < 0)
        wait_ms = delay->of_limit * (double)(left_ms > 3600000 ? left_ms : 3600000);
    wait_ms *= exp(delay->spread * play_normal(scene->random)) / speed;
    if (wait_ms > 60.0 * DAY_MS)
        wait_ms = 60.0 * DAY_MS;
    int64_t at_ms = scene->at_ms + 1000 + (int64_t)wait_ms;
    bool urgent = delay->minutes < 0 && left_ms < SHORT_MS;
    return urgent || scene->play->options->live ? at_ms : into_the_day(scene, at_ms);
}

static bool is_over(const struct case_work *work)
{
    return work->row.stage == PROCESS_ENDED;
}

static int begin(struct play_scene *scene, struct case_work *work, int64_t case_id,
                 struct error *error)
{
    struct case_move known = {.case_id = case_id};
    *work = (struct case_work){.db = scene->db,
                               .city = scene->play->city,
                               .move = &known,
                               .arena = scene->arena,
                               .effective_ms = scene->at_ms};
    int code = case_begin_known(work, error);
    work->move = NULL;
    return code;
}

// Somebody at a page has moved it: it is theirs.
static int is_touched(struct play_scene *scene, int64_t case_id, bool *ret_touched,
                      struct error *error)
{
    struct case_history_row *rows = NULL;
    size_t count = 0;
    int code = case_history(scene->db, case_id, 0, 0, scene->arena, &rows, &count, error);
    *ret_touched = false;
    for (size_t i = 0; i < count; i++)
        *ret_touched |= rows[i].mark == CASE_MARK_LIVE && !rows[i].system;
    return code;
}

static int move_on(struct play_scene *scene, struct case_work *work, bool *ret_moved,
                   struct error *error)
{
    const struct play_plan *plan = &scene->play->plan;
    struct candidate candidates[CANDIDATES_MOST];
    double weights[CANDIDATES_MOST + 1];
    size_t count = list_candidates(work, plan->kinds[work->row.stage], candidates, weights);
    *ret_moved = false;
    weights[count] = is_over(work) ? plan->nothing : 0;
    for (int i = 0; i < TRIES_MOST; i++) {
        size_t at = play_draw(scene->random, weights, count + 1);
        if (at >= count)
            return 0;
        int code = try_candidate(scene, work, &candidates[at], error);
        if (code != 0) {
            *ret_moved = code > 0;
            return code < 0 ? code : 0;
        }
        weights[at] = 0;
    }
    return 0;
}

int play_look(struct play_scene *scene, int64_t case_id, enum play_look *ret_look,
              int64_t *ret_next_ms, struct error *error)
{
    struct case_work *work = memory_new(sizeof *work);
    bool moved = false, touched = false;
    int code = begin(scene, work, case_id, error);
    bool over = code == 0 && is_over(work);
    if (code == 0 && scene->play->options->live)
        code = is_touched(scene, case_id, &touched, error);
    if (code == 0 && !touched)
        code = move_on(scene, work, &moved, error);
    if (code == 0 && moved) {
        scene->progress->moves++;
        code = begin(scene, work, case_id, error);
    }
    *ret_look = moved ? PLAY_MOVED : over || touched ? PLAY_OVER : PLAY_STOOD;
    *ret_next_ms = scene->at_ms + WAIT_MS;
    if (code == 0 && moved)
        *ret_next_ms = is_over(work) ? into_the_day(scene, scene->at_ms + DAY_MS)
                                     : next_look(scene, work);
    free(work);
    return code;
}
