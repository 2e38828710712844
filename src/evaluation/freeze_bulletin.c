// SPDX-License-Identifier: MPL-2.0
// The bulletin of the period that is frozen, in each language of the city: whoever prints
// it years later prints what was told. Its figures are those of the document, and of frozen
// periods beside it; what the document has no table of is counted now.
#include <string.h>

#include <gridcase/evaluation/report.h>

#include "freeze_internal.h"
#include "report_internal.h"

enum { BULLETIN_ARENA = 512 * 1024 * 1024 };

struct putting {
    struct json_writer *json;
    struct buffer *map; // the same in every language
    const struct report_sources *sources;
    const struct freeze_order *order;
};

static int put_language(struct putting *putting, const char *language, struct error *error)
{
    const struct freeze_order *order = putting->order;
    struct json_writer map;
    struct arena *arena ARENA_CLEANUP = arena_new(BULLETIN_ARENA);
    struct report *report = arena_alloc(arena, sizeof *report);
    struct report_period period;
    int code = report_period_read(order->period.code, &period, error);
    if (code == 0)
        code = report_make(putting->sources, &period, language, order->now_ms, arena,
                           report, error);
    if (code != 0)
        return code;
    json_begin_object(putting->json, language);
    report_put(putting->json, report);
    json_end_object(putting->json);
    json_writer_init(&map, putting->map);
    if (putting->map->length == 0)
        report_put_map(&map, NULL, report);
    report_done(report);
    return 0;
}

int freeze_put_bulletin(struct json_writer *json, const struct freeze_writing *writing,
                        const struct buffer *document, struct error *error)
{
    const struct freeze_place *place = writing->place;
    struct actor system = actor_system();
    struct buffer so_far BUFFER_CLEANUP, map BUFFER_CLEANUP;
    struct json *parsed JSON_CLEANUP = NULL;
    buffer_init(&so_far, BUFFER_CEILING_REPLY);
    buffer_init(&map, BUFFER_CEILING_REPLY);
    buffer_append(&so_far, document->data, document->length);
    buffer_append_char(&so_far, '}');
    int code = buffer_check(&so_far, error);
    if (code == 0)
        code = json_parse(so_far.data, so_far.length, &parsed, error);
    struct report_sources sources = {.cases = place->reader,
                                     .facts = place->facts,
                                     .media = place->media,
                                     .city = place->city,
                                     .actor = &system,
                                     .freezing = parsed};
    struct putting putting = {json, &map, &sources, writing->order};
    json_begin_object(json, "bulletin");
    json_begin_object(json, "languages");
    for (size_t i = 0; i < city_languages(place->city) && code == 0; i++)
        code = put_language(&putting, city_language(place->city, i), error);
    json_end_object(json);
    if (code == 0)
        json_put_raw(json, "map", map.data, map.length);
    json_end_object(json);
    return code != 0 ? code : buffer_check(&map, error);
}
