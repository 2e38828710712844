// SPDX-License-Identifier: MPL-2.0
// The files of a case as JSON. What the camera wrote into one is for those only who may see
// the original: it is compared with the case, never believed.
#include <math.h>

#include <gridcase/core/hash.h>
#include <gridcase/media/media.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"

// On a plane that touches the earth between the two: good to a part in a thousand within a
// city.
static double distance_m(double lon_a, double lat_a, double lon_b, double lat_b)
{
    static const double DEGREE_M = 111195;
    double cosine = cos((lat_a + lat_b) / 2 * M_PI / 180);
    return hypot((lon_a - lon_b) * cosine, lat_a - lat_b) * DEGREE_M;
}

// A camera's wall clock is read in the city's zone.
static int64_t taken_ms(const struct api_call *call, const struct media_taken *taken)
{
    static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;
    const struct calendar *calendar = city_calendar(call->snapshot, 0);
    if (taken->at_ms == INSTANT_NONE || !taken->local || !calendar) {
        return taken->at_ms;
    }
    int64_t day = taken->at_ms / DAY_MS - (taken->at_ms % DAY_MS < 0);
    return zone_instant(calendar_zone(calendar), day, taken->at_ms - day * DAY_MS);
}

static void put_number(struct json_writer *json, const char *name, bool there, double value,
                       int decimals)
{
    if (there) {
        json_put_double(json, name, value, decimals);
    } else {
        json_put_null(json, name);
    }
}

static void put_taken(struct api_view *view, const struct case_detail *detail,
                      const struct case_media *media, const struct media_taken *taken)
{
    struct json_writer *json = view->json;
    const struct case_summary *summary = &detail->summary;
    int64_t at_ms = taken_ms(view->call, taken);
    if (at_ms == INSTANT_NONE && !taken->has_place) {
        return;
    }
    bool both = taken->has_place && summary->has_point;
    double away_m = both ? distance_m(taken->lon_deg, taken->lat_deg, summary->lon_deg,
                                      summary->lat_deg)
                         : 0;
    json_begin_object(json, "taken");
    if (at_ms == INSTANT_NONE) {
        json_put_null(json, "at");
        json_put_null(json, "minutes_before");
    } else {
        json_put_instant(json, "at", at_ms);
        json_put_int(json, "minutes_before", (media->added_ms - at_ms) / 60000);
    }
    put_number(json, "lon", taken->has_place, taken->lon_deg, 7);
    put_number(json, "lat", taken->has_place, taken->lat_deg, 7);
    put_number(json, "accuracy_m", taken->has_place && taken->accuracy_m >= 0,
               taken->accuracy_m, 1);
    put_number(json, "distance_m", both, away_m, 0);
    json_end_object(json);
}

static void put_one(struct api_view *view, const struct case_detail *detail,
                    const struct case_media *media, bool originals)
{
    struct json_writer *json = view->json;
    int64_t person_id = view->call->session.actor.person_id;
    struct media_file file;
    struct error error = {0};
    char hex[HASH_HEX_SIZE];
    hash_to_hex(media->sha256, hex);
    json_begin_object(json, NULL);
    json_put_text(json, "sha256", hex);
    json_put_bool(json, "received", media->received);
    int code =
        media->received ? media_file_find(view->db, media->sha256, &file, &error) : 0;
    if (code) {
        api_reply_misses(view->call, &error);
    } else if (media->received) {
        json_put_text(json, "type", media_content_type(&file, MEDIA_RENDITION));
        json_put_int(json, "bytes", file.bytes);
        if (file.width_px > 0) {
            json_put_int(json, "width", file.width_px);
            json_put_int(json, "height", file.height_px);
        }
        if (originals) {
            put_taken(view, detail, media, &file.taken);
        }
    }
    json_put_text(json, "stage", case_shows_to_str(media->shows));
    json_put_bool(json, "mine", person_id != 0 && media->named_by == person_id);
    json_put_int(json, "seq", media->seq);
    json_put_instant(json, "added_at", media->added_ms);
    json_end_object(json);
}

void api_put_media(struct api_view *view, const struct case_detail *detail)
{
    bool originals = api_may_case(view->call, RIGHT_MEDIA_ORIGINAL, detail);
    json_begin_array(view->json, "media");
    for (size_t i = 0; i < detail->media_count; i++) {
        put_one(view, detail, &detail->media[i], originals);
    }
    json_end_array(view->json);
}
