// SPDX-License-Identifier: MPL-2.0
// The route table: the one list of what the API answers to. The dispatcher, the rights, the
// limits and the description (openapi.json) all follow from it.
//
// Idempotency-Key: compulsory where a POST makes something that would be made twice
// (API_KEYED). Signing in, passwords, links and tokens are exempt: their answers are
// secrets that must not be repeated, and a second one does no harm. Photos are named by
// their content, so sending the same bytes again is the same request.
#include "routes_internal.h"

#define CASE_QUERY                                                                         \
    "open stage step department class condition area grid number queue light source bbox " \
    "sort limit cursor opened_from opened_to reported q"

#define FIGURE_QUERY "measures by from to department lead area outside class major source"

enum { SMALL = 16 * 1024, CASE_BODY = 64 * 1024, FILE_MOST = 128 * 1024 * 1024 };

#define ROUTE(verb, address, name, text)                                                   \
    .http = {HTTP_##verb, (address)}, .operation = (name), .summary = (text)
#define READ(r, function)                                                                  \
    .right = (r), .mode = API_READ, .handler = (function), .status = 200

const struct api_route api_routes[] = {
    // ---- signing in ----
    {ROUTE(POST, "/session", "sign_in", "Sign in: sets the session cookie"),
     .right = RIGHT_PUBLIC, .mode = API_SLOW, .body = API_JSON, .body_limit = SMALL,
     .status = 200, .takes = "sign_in", .gives = "session",
     .prepare = session_login_prepare, .handler = session_login},
    {ROUTE(GET, "/session", "get_session", "Who is signed in, and what they may do"),
     READ(RIGHT_SIGNED_IN, session_get), .gives = "session", .flags = API_UNSETTLED},
    {ROUTE(DELETE, "/session", "sign_out", "Sign out"), .right = RIGHT_SIGNED_IN,
     .mode = API_WRITE, .flags = API_UNSETTLED, .status = 204, .handler = session_end,
     .reply = session_end_reply},
    {ROUTE(POST, "/session/password", "change_password", "Change one's own password"),
     .right = RIGHT_SIGNED_IN, .mode = API_SLOW, .body = API_JSON, .body_limit = SMALL,
     .flags = API_UNSETTLED, .status = 204, .takes = "password_change",
     .prepare = session_password_prepare, .handler = session_password},
    {ROUTE(GET, "/links/{token}", "get_link", "Whose one-time link it is"),
     READ(RIGHT_PUBLIC, session_link_get), .gives = "link"},
    {ROUTE(POST, "/links", "use_link", "Set a password with a one-time link"),
     .right = RIGHT_PUBLIC, .mode = API_SLOW, .body = API_JSON, .body_limit = SMALL,
     .status = 204, .takes = "link_use", .prepare = session_link_prepare,
     .handler = session_link_use},
    {ROUTE(GET, "/tokens", "list_tokens", "One's own bearer tokens"),
     READ(RIGHT_SIGNED_IN, tokens_list), .gives = "list"},
    {ROUTE(POST, "/tokens", "add_token", "Make a bearer token: shown once"),
     .right = RIGHT_SIGNED_IN, .mode = API_WRITE, .body = API_JSON, .body_limit = SMALL,
     .status = 201, .takes = "token_new", .gives = "token", .prepare = tokens_add_prepare,
     .handler = tokens_add, .reply = tokens_add_reply},
    {ROUTE(DELETE, "/tokens/{id}", "end_token", "End a bearer token"),
     .right = RIGHT_SIGNED_IN, .mode = API_WRITE, .status = 204,
     .prepare = tokens_end_prepare, .handler = tokens_end, .reply = tokens_end_reply},

    // ---- the city's model ----
    {ROUTE(GET, "/city", "get_city", "The city and the fixed words in its languages"),
     READ(RIGHT_PUBLIC, city_get), .gives = "city"},
    {ROUTE(GET, "/catalogue", "get_catalogue", "Classes, conditions and limits"),
     READ(RIGHT_MODEL_READ, city_get_catalogue), .gives = "catalogue"},
    {ROUTE(GET, "/process", "get_process", "Steps and actions of the process"),
     READ(RIGHT_MODEL_READ, city_get_process), .gives = "process", .query = "version"},
    {ROUTE(GET, "/process.svg", "get_process_drawing", "The process as a diagram"),
     READ(RIGHT_MODEL_READ, city_get_process_svg), .gives = "+image/svg+xml",
     .query = "version language"},
    {ROUTE(GET, "/areas", "list_areas", "Areas of a level, or of all"),
     READ(RIGHT_MODEL_READ, city_get_areas), .gives = "list", .query = "level"},
    {ROUTE(GET, "/departments", "list_departments", "Departments, a tree by parent"),
     READ(RIGHT_MODEL_READ, city_get_departments), .gives = "list"},
    {ROUTE(GET, "/components", "list_components", "Components in a box or near a point"),
     READ(RIGHT_MODEL_READ, place_components), .flags = API_CITY_DB,
     .gives = "+application/geo+json", .query = "bbox near radius limit"},
    {ROUTE(GET, "/grids", "list_grids", "Unit grids in a box"),
     READ(RIGHT_MODEL_READ, place_grids), .gives = "list", .query = "bbox limit"},
    {ROUTE(GET, "/staff", "list_staff", "People of the city"),
     READ(RIGHT_STAFF_READ, staff_list), .gives = "list", .query = "cursor"},
    {ROUTE(GET, "/locate", "locate", "What lies at a point"),
     READ(RIGHT_MODEL_READ, place_locate), .flags = API_CITY_DB, .gives = "located",
     .query = "lon lat"},
    {ROUTE(GET, "/places", "search_places", "Streets, crossings, areas, grids by words"),
     READ(RIGHT_MODEL_READ, places_search), .flags = API_CITY_DB, .gives = "place_list",
     .query = "q limit"},

    // ---- the map ----
    {ROUTE(GET, "/geo/areas/{level}", "map_areas", "Areas of a level"),
     READ(RIGHT_MODEL_READ, map_areas), .flags = API_CITY_DB,
     .gives = "+application/geo+json", .query = "language"},
    {ROUTE(GET, "/geo/grids", "map_grids", "Unit grids in a box"),
     READ(RIGHT_MODEL_READ, map_grids), .flags = API_CITY_DB,
     .gives = "+application/geo+json", .query = "bbox limit"},
    {ROUTE(GET, "/geo/streets", "map_streets", "Streets in a box"),
     READ(RIGHT_MODEL_READ, map_streets), .flags = API_CITY_DB,
     .gives = "+application/geo+json", .query = "bbox limit"},
    {ROUTE(GET, "/geo/components", "map_components", "Components in a box"),
     READ(RIGHT_MODEL_READ, map_components), .flags = API_CITY_DB,
     .gives = "+application/geo+json", .query = "bbox limit"},
    {ROUTE(GET, "/geo/cases", "map_cases", "Cases as points, filtered as the list"),
     READ(RIGHT_CASE_READ, map_cases), .gives = "+application/geo+json",
     .query = CASE_QUERY},
    {ROUTE(GET, "/tiles/cases/{z}/{x}/{y}", "tile_cases", "Vector tile of open cases"),
     READ(RIGHT_CASE_READ, tiles_cases), .gives = "+application/vnd.mapbox-vector-tile",
     .query = "open stage step department class condition area grid number queue light "
              "source opened_from opened_to reported"},
    {ROUTE(GET, "/tiles/{layer}/{z}/{x}/{y}", "tile_model",
           "Vector tile of areas:LEVEL, grids, streets or components"),
     READ(RIGHT_MODEL_READ, tiles_model), .flags = API_NO_DB,
     .gives = "+application/vnd.mapbox-vector-tile", .query = "v"},

    // ---- cases ----
    {ROUTE(GET, "/cases", "list_cases",
           "Cases that one may see, by pages; with figure the cases behind a figure"),
     READ(RIGHT_CASE_READ, cases_list), .gives = "case_page",
     .query = CASE_QUERY " figure figure_part from to lead outside major"},
    {ROUTE(GET, "/cases.csv", "export_cases_csv", "The list as CSV, at most 50,000 rows"),
     .right = RIGHT_CASE_READ, .mode = API_SLOW, .handler = cases_csv, .status = 200,
     .gives = "+text/csv", .query = CASE_QUERY " language"},
    {ROUTE(GET, "/cases.xlsx", "export_cases_xlsx", "The list as a workbook, likewise"),
     .right = RIGHT_CASE_READ, .mode = API_SLOW, .handler = cases_xlsx, .status = 200,
     .gives = "+application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     .query = CASE_QUERY " language"},
    {ROUTE(POST, "/cases", "report_case", "Report a case"), .right = RIGHT_CASE_REPORT,
     .mode = API_WRITE, .body = API_JSON, .body_limit = CASE_BODY, .flags = API_KEYED,
     .status = 201, .takes = "case_report", .gives = "case_detail",
     .prepare = cases_report_prepare, .handler = cases_report, .reply = cases_report_reply},
    {ROUTE(GET, "/cases/{number}", "get_case", "A case with all that belongs to it"),
     READ(RIGHT_CASE_READ, cases_get), .gives = "case_detail"},
    {ROUTE(GET, "/cases/{number}/explain", "explain_case",
           "How the deadlines of a case came about"),
     READ(RIGHT_CASE_READ, cases_explain), .gives = "explanation", .query = "language"},
    {ROUTE(POST, "/cases/{number}/actions", "act_on_case",
           "Take one of the allowed actions; If-Match names task and version"),
     .right = RIGHT_CASE_COMMENT, .mode = API_WRITE, .body = API_JSON,
     .body_limit = CASE_BODY, .flags = API_KEYED, .status = 200, .takes = "case_action",
     .gives = "case_detail", .prepare = cases_act_prepare, .handler = cases_act,
     .reply = cases_act_reply},
    {ROUTE(GET, "/summary", "get_summary", "Figures of the city"),
     READ(RIGHT_SUMMARY_READ, figures_get), .gives = "summary", .query = "level"},
    {ROUTE(GET, "/figures", "get_figures",
           "Measures by up to two dimensions, each with the list of its cases"),
     .right = RIGHT_SUMMARY_READ, .mode = API_SLOW, .handler = figures_by, .status = 200,
     .gives = "figures", .query = FIGURE_QUERY},
    {ROUTE(GET, "/figures.csv", "export_figures_csv", "Figures as CSV, with their totals"),
     .right = RIGHT_SUMMARY_READ, .mode = API_SLOW, .handler = figures_csv, .status = 200,
     .gives = "+text/csv", .query = FIGURE_QUERY " language"},
    {ROUTE(GET, "/figures.xlsx", "export_figures_xlsx", "Figures as a workbook, likewise"),
     .right = RIGHT_SUMMARY_READ, .mode = API_SLOW, .handler = figures_xlsx, .status = 200,
     .gives = "+application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     .query = FIGURE_QUERY " language"},
    {ROUTE(GET, "/changes", "watch_changes", "Changes as server-sent events"),
     READ(RIGHT_CASE_READ, changes_open), .gives = "+text/event-stream", .query = "since"},

    // ---- photos, sound, videos, documents ----
    {ROUTE(POST, "/media", "add_media", "Send a file whole; cases name it by its SHA-256"),
     .right = RIGHT_MEDIA_ADD, .mode = API_SLOW, .body = API_FILE, .body_limit = FILE_MOST,
     .status = 201, .takes = "+*/*", .gives = "media", .handler = media_add},
    {ROUTE(GET, "/media/{sha256}", "get_media",
           "A file as others see it; HEAD: how much of it one has sent"),
     READ(RIGHT_MEDIA_READ, media_get), .gives = "+*/*", .query = "size"},
    {ROUTE(PATCH, "/media/{sha256}", "append_media",
           "Append to an upload; 201 and the receipt with its last byte, 204 before"),
     .right = RIGHT_MEDIA_ADD, .mode = API_SLOW, .body = API_UPLOAD,
     .body_limit = FILE_MOST, .status = 201, .takes = "+application/offset+octet-stream",
     .gives = "media", .handler = media_append},
    {ROUTE(GET, "/media/{sha256}/original", "get_media_original", "A file as it came"),
     READ(RIGHT_MEDIA_ORIGINAL, media_get_original), .gives = "+*/*"},

    // ---- about itself ----
    {ROUTE(GET, "/openapi.json", "get_openapi", "This description"),
     READ(RIGHT_PUBLIC, city_get_openapi), .gives = "+application/json"},
};
const size_t api_route_count = sizeof(api_routes) / sizeof(api_routes[0]);
