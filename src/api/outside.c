// SPDX-License-Identifier: MPL-2.0
// Points that lie in no unit grid: what may have been meant.
#include "api_internal.h"

#define NEAREST_MOST_M 2000.0

bool api_point_swapped(const struct city_snapshot *city, double lon_deg, double lat_deg)
{
    double box[4];
    city_bbox(city, box);
    return lat_deg >= box[0] && lon_deg >= box[1] && lat_deg <= box[2] && lon_deg <= box[3];
}

int api_check_degrees(const struct city_snapshot *city, double lon_deg, double lat_deg,
                      struct error *error)
{
    if (lon_deg >= -180 && lon_deg <= 180 && lat_deg >= -90 && lat_deg <= 90) {
        return 0;
    }
    if (api_point_swapped(city, lon_deg, lat_deg)) {
        return error_set(error, ERROR_INPUT, "point.swapped",
                         "lon and lat are swapped: the other way round the point lies in "
                         "the city");
    }
    return error_set(error, ERROR_INPUT, "point.invalid",
                     "lon and lat are degrees; lat lies between -90 and 90");
}

void api_put_outside(struct json_writer *json, const struct city_snapshot *city,
                     const struct api_point *point)
{
    if (!point) {
        json_put_null(json, "outside");
        return;
    }
    double distance_m = 0;
    int64_t id = city_nearest_grid(city, point->lon_deg, point->lat_deg, NEAREST_MOST_M,
                                   &distance_m);
    const struct city_grid *grid = id ? city_grid_by_id(city, id) : NULL;
    json_begin_object(json, "outside");
    if (grid) {
        json_begin_object(json, "nearest_grid");
        json_put_int(json, "id", grid->id);
        json_put_text(json, "code", grid->code);
        json_end_object(json);
        json_put_double(json, "distance_m", distance_m, 1);
    } else {
        json_put_null(json, "nearest_grid");
        json_put_null(json, "distance_m");
    }
    json_end_object(json);
}
