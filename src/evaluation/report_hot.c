// SPDX-License-Identifier: MPL-2.0
// Where more was reported than usual there: the first few of /hot-spots (docs/figures.md).
#include <math.h>
#include <string.h>

#include <gridcase/evaluation/spots.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

enum { WINDOWS = 12 };

static const char *area_name(const struct report_job *job, const struct city_area *area)
{
    return city_names_text(job->from->city, &area->name, job->report->language);
}

// A unit grid says the lowest area that it lies in, too.
static void place_grid(struct report_job *job, const struct city_grid *grid,
                       struct report_hot *hot)
{
    const struct city_area *area = NULL;
    for (size_t i = city_levels(job->from->city); i > 0 && !area; i--) {
        area = grid->areas[i - 1] ? city_area_by_id(job->from->city, grid->areas[i - 1])
                                  : NULL;
    }
    hot->code = grid->code;
    hot->place = area ? arena_format(job->arena, "%s, %s", area_name(job, area), grid->code)
                      : grid->code;
    hot->lon_deg = grid->lon_deg;
    hot->lat_deg = grid->lat_deg;
}

static void take(struct report_job *job, const struct hot_spot *spot)
{
    const struct city_snapshot *city = job->from->city;
    struct report_hot *hot = &job->report->hot[job->report->hot_count++];
    const struct catalogue_class *class =
        catalogue_class_by_id(city_catalogue(city, 0), spot->class_id);
    bool grids = job->report->map_level < 0;
    const struct city_grid *grid = grids ? city_grid_by_id(city, spot->place_id) : NULL;
    const struct city_area *area = grids ? NULL : city_area_by_id(city, spot->place_id);
    *hot = (struct report_hot){.code = "",
                               .place = REPORT_TEXT(job->report, "nowhere", "无网格"),
                               .class_name =
                                   class ? label_text(&class->name, job->report->language)
                                         : REPORT_TEXT(job->report, "none yet", "暂无"),
                               .lon_deg = (double)NAN,
                               .lat_deg = (double)NAN,
                               .now = (double)spot->now,
                               .usual = spot->usual,
                               .before = (double)spot->before};
    if (grid) {
        place_grid(job, grid, hot);
    } else if (area) {
        hot->code = area->code;
        hot->place = area_name(job, area);
        hot->lon_deg = area->lon_deg;
        hot->lat_deg = area->lat_deg;
    }
}

int report_hot_make(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    const struct report_period *period = &report->period;
    int64_t today = calendar_day(city_calendar(job->from->city, 0), job->now_ms);
    struct hot_query query = {
        .level = report->map_level, .windows = WINDOWS, .most = REPORT_HOT};
    struct hot_answer answer;
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    if (city_levels(job->from->city) == 0) {
        return 0;
    }
    date_to_text(period->from_day, from);
    date_to_text(period->to_day < today ? period->to_day : today, to);
    struct figure_words words = {
        .measures = "opened", .by = "none", .from = from, .to = to};
    int code =
        figure_query_read(&words, job->from->city, job->now_ms, &query.figures, error);
    if (!code) {
        code = spots_hot(job->from->facts, job->from->cases, job->from->city,
                         job->from->actor, &query, job->arena, &answer, error);
    }
    if (code && strcmp(error->slug, "spots.too_many") == 0) {
        error_clear(error);
        report->hot_uncounted = true; // told as such
        return 0;
    }
    if (code) {
        return code;
    }
    report->hot_windows = (int)answer.windows;
    report->hot_total = answer.total;
    for (size_t i = 0; i < answer.count && i < REPORT_HOT; i++) {
        take(job, &answer.spots[i]);
    }
    return 0;
}

const char *report_hot_title(const struct report *report)
{
    return REPORT_TEXT(report, "More than usual there", "较往期异常增多的点位");
}

const char *report_hot_note(const struct report *report, struct arena *arena)
{
    if (report->hot_uncounted) {
        return REPORT_TEXT(report,
                           "Not counted: there are more cases than are looked at for it.",
                           "案件过多，未作统计。");
    }
    if (report->hot_windows < 2) {
        return NULL; // nothing to compare with
    }
    return arena_format(
        arena,
        REPORT_TEXT(report,
                    "Places and classes with at least 3 cases, twice the usual number and "
                    "more than in any of the %d stretches before: %lld in all.",
                    "同一地点同一类别不少于 3 件、达到往期平均两倍且高于此前 %d "
                    "个同长时段中任何一个：共 %lld 处。"),
        report->hot_windows, (long long)report->hot_total);
}
