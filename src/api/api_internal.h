// SPDX-License-Identifier: MPL-2.0
// What the files of the api floor share.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/account.h>
#include <gridcase/api/api.h>
#include <gridcase/cases/case.h>
#include <gridcase/cases/contact.h>
#include <gridcase/cases/read.h>
#include <gridcase/cases/search.h>
#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/pool.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>
#include <gridcase/http/reply.h>
#include <gridcase/http/request.h>
#include <gridcase/http/router.h>
#include <gridcase/http/server.h>

struct api_call;
struct api_city;
struct backup_keeper;
struct mail_keeper;
struct health_watch;
struct case_points;
struct case_seal;
struct changes;
struct facts;
struct city_tiles;
struct media_store;
struct metrics;
struct relay;
struct replay_job;
struct session_cache;
struct search;
struct tile_cache;

// ---- routes (route_table.c) ----

enum api_mode {
    API_READ,  // HTTP thread with a read handle and a budget; repeated in the pool over it
    API_WRITE, // handler in the city's writer lane, reply after the commit
    API_SLOW,  // worker pool with a read handle
};

enum api_body {
    API_NO_BODY,
    API_JSON,
    API_FILE,   // photo, sound, video, document: spooled to disk
    API_UPLOAD, // the next part of one: application/offset+octet-stream
};

enum api_flag {
    API_KEYED = 1,     // Idempotency-Key is compulsory
    API_UNSETTLED = 2, // open to a session that must change its password first
    API_CITY_DB = 4,   // the handle is of city.db instead of cases.db
    API_NO_DB = 8,     // no handle at all
    API_BESIDE = 16,   // WRITE: changes one case alone, so it runs beside other servers
};

struct api_route {
    struct http_route http; // below /{city}/api/v1
    const char *operation;  // operationId of the description
    const char *summary;
    enum right right;
    enum api_mode mode;
    enum api_body body;
    size_t body_limit;
    unsigned flags;
    unsigned status;   // of success
    const char *query; // names of query parameters, separated by blanks; NULL: none
    const char *takes; // schema of the body (openapi_schemas.c); NULL: none
    const char *gives; // schema of the answer; NULL: none, "+type" for a media type
    // HTTP thread, no store: reads inputs into call->data. May be NULL.
    int (*prepare)(struct api_call *call, struct error *error);
    // Where mode says. A WRITE handler may be run again and sets no reply.
    int (*handler)(struct api_call *call, struct db *db, struct error *error);
    // WRITE only: HTTP thread, after the commit, with a read handle.
    int (*reply)(struct api_call *call, struct db *db, struct error *error);
};

extern const struct api_route api_routes[];
extern const size_t api_route_count;
extern const struct api_route api_control_routes[]; // below /control
extern const size_t api_control_route_count;

// ---- the api ----

struct api {
    struct api_options options;
    struct db_store *store;
    struct pool *pool;
    pthread_mutex_t lock; // guards the list of cities and what it says
    pthread_cond_t opened;
    struct api_city *cities;
    unsigned cities_open;
    struct changes *changes;
    struct relay *relay; // NULL: no other servers, or no way to hear them
    struct search *search;
    pthread_t timer;
    atomic_bool stopping;
    atomic_bool timer_stop;
    bool timer_started;
    struct http_server *server;
    struct metrics *metrics;
    struct tile_cache *tiles; // as they are sent, of all cities
    int64_t started_ms;
    pthread_mutex_t replay_lock; // guards the list of replays
    struct replay_job *replays;
    struct what_if_job *what_ifs; // guarded by the same lock
    struct backup_keeper *backups;
    struct mail_keeper *mails; // NULL: nothing is mailed
    struct health_watch *health;
};

// ---- cities (cities.c) ----

enum { API_CITY_NAME = 128 };
struct api_city_name {
    char english[API_CITY_NAME];
    char chinese[API_CITY_NAME]; // "" when it has none
    bool known;
};

struct api_city {
    struct api_city *next;
    char slug[64];
    struct api_city_name name; // under the lock
    char host[256];
    uint64_t key; // for the worker pool
    unsigned references;
    bool open;
    bool opening; // one thread is at it, others wait on opened
    int64_t used_ms;
    int64_t retry_ms;     // after a failure: not again before this
    struct error failure; // why it is out of service
    struct city_snapshot *snapshot;
    struct db_lane *lane;
    struct media_store *media;
    struct facts *facts;
    struct city_tiles *tiles;       // of the snapshot; NULL until a tile is asked for
    struct case_points *points;     // open cases for tiles and headlines; likewise
    atomic_bool points_reading;     // a job reads them
    atomic_bool facts_reading;      // likewise, the columns
    struct session_cache *sessions; // as long as the city is in the list
    atomic_llong next_timer_ms;     // INSTANT_NONE: none, 0: not known
    atomic_bool timer_running;
    atomic_bool reloaded; // a model was read: its calendar may be another
    atomic_bool changed;  // since timers were looked at
    atomic_uint streams;
    atomic_bool off;            // out of service by its row, even while it is open
    atomic_llong held_until_us; // uptime; nobody may write before: it is being moved
    int64_t looked_ms;          // the timer thread's own
    int64_t case_upkeep_ms;     // likewise: last upkeep of cases
    atomic_uint news;           // for other servers, not told yet: bits by enum api_news
    atomic_bool refreshing;     // a job looks whether the model is another
    atomic_bool numbering;      // a job numbers what others have left
    int64_t swept_ms;
    // Of the index (search.c); the writer and the state are its thread's own.
    struct case_search_writer *search_writer; // NULL: not looked at yet
    struct case_search_state search_state;
    int64_t search_retry_ms;     // uptime; after a failure not before this
    atomic_bool search_ready;    // may be asked
    atomic_bool search_complete; // all cases are in
    atomic_bool search_broken;   // or to be made anew: throw it away
    atomic_llong search_behind;  // changes, when it was last looked at
    atomic_llong search_behind_ms;
};

// ERROR_BUSY "city.out_of_service" when its row says so.
int api_city_off_check(struct api *api, struct api_city *city,
                       struct error *error) ERROR_MUST_CHECK;
// Is the city being handed over to another store? ERROR_BUSY "city.held" then.
int api_city_hold_check(struct api_city *city, struct error *error) ERROR_MUST_CHECK;
// Ends a hold whose time is over, once the city's row has been read again.
void api_city_hold_look(struct api *api, struct api_city *city);

int api_cities_load(struct api *api, struct error *error) ERROR_MUST_CHECK;
void api_cities_close(struct api *api);
// A city by slug or host name: NULL when there is none. One reference.
struct api_city *api_city_by_slug(struct api *api, const char *slug);
// The same, after reading the list of cities again when it is not known yet.
int api_city_named(struct api *api, const char *slug, struct api_city **ret_city,
                   struct error *error) ERROR_MUST_CHECK;
struct api_city *api_city_by_host(struct api *api, const char *host);
struct api_city *api_city_ref(struct api *api, struct api_city *city);
void api_city_unref(struct api *api, struct api_city *city);
bool api_city_is_open(struct api *api, struct api_city *city);
// What the city is called; its slug until that was read. Never blocks for long.
void api_city_name(struct api *api, struct api_city *city, struct api_city_name *ret_name);
// Reads it if it is not known. Blocks (disk): timer thread only.
void api_city_name_learn(struct api *api, struct api_city *city);
// Blocks (disk): worker pool or timer only. ERROR_BUSY "city.out_of_service".
int api_city_open(struct api *api, struct api_city *city,
                  struct error *error) ERROR_MUST_CHECK;
struct city_snapshot *api_city_snapshot(struct api *api, struct api_city *city);
// Reads the model again and swaps it in. Blocks.
int api_city_reload(struct api *api, struct api_city *city,
                    struct error *error) ERROR_MUST_CHECK;
// Another server may have loaded a model: looks, and reads it then. In the worker pool.
void api_city_refresh(struct api *api, struct api_city *city);
// The set of open cases, made when first asked for; it stays while the city is referred to.
struct case_points *api_city_points(struct api *api, struct api_city *city);
// Has it read in the worker pool, so that whoever asks next finds it ready.
void api_city_read_points(struct api *api, struct api_city *city);
void api_city_read_facts(struct api *api, struct api_city *city); // the columns likewise
// Numbers changes that a server which died has left without a position. In the lane.
void api_city_number(struct api *api, struct api_city *city);
// Closes what is idle; opens what has a timer due.
void api_cities_tick(struct api *api, int64_t now_ms);
// Calls visit for each city with one reference held.
void api_cities_each(struct api *api, void (*visit)(void *context, struct api_city *city),
                     void *context);

void api_replays_stop(struct api *api);  // replay_job.c
void api_what_ifs_stop(struct api *api); // what_if_job.c

struct http_server *api_server(struct api *api); // the public one; NULL: none, or stopping

// ---- health (health_live.c) ----
struct health_watch *health_watch_new(void);
struct health_watch *health_watch_free(struct health_watch *watch);
void api_health_tick(struct api *api); // from the timer thread, often
void api_health(struct api *api, struct health *out);
// First line: the worst level; then a line an item.
void api_health_text(struct api *api, struct buffer *out, enum health_level *ret_worst);
void api_health_metrics(struct api *api, struct buffer *out);

// ---- backups (backup_job.c) ----
int api_backups_start(struct api *api, struct error *error) ERROR_MUST_CHECK;
void api_backups_stop(struct api *api); // one that is being made is given up
void api_backups_free(struct api *api);
bool api_backup_is_running(struct api *api);

// ---- reports by mail (mail_job.c); nothing happens without a mail server ----
int api_mails_start(struct api *api, struct error *error) ERROR_MUST_CHECK;
void api_mails_stop(struct api *api);
void api_mails_free(struct api *api);
void api_mails_health(struct api *api, struct health *out);

// ---- timers (timers.c) ----
int api_timers_start(struct api *api, struct error *error) ERROR_MUST_CHECK;
void api_timers_stop(struct api *api);

// ---- upkeep (upkeep.c) ----
// Starts, once an hour, what sweeps an open city's ended sessions and unnamed photos, and
// makes the night's root, of a city that is closed too. From the timer thread only;
// uptime_ms never goes back.
void api_upkeep(struct api *api, struct api_city *city, bool open, int64_t uptime_ms);
// New versions of frozen periods that corrections changed. The city is open. Blocks.
int api_city_renew_frozen(struct api *api, struct api_city *city, int64_t now_ms,
                          struct error *error) ERROR_MUST_CHECK;
// Mails the last root to the addresses of the city, where mail is sent (seal_mail.c).
void api_city_mail_seal(struct api *api, struct api_city *city,
                        const struct case_seal *seal, int64_t now_ms);
// Makes the roots that there are to make, now. The city is open. Blocks.
int api_city_seal(struct api *api, struct api_city *city, int64_t now_ms,
                  struct error *error) ERROR_MUST_CHECK;

// ---- tracks (track_routes.c) ----
// For how many days the city keeps tracks; 0: it records none.
int64_t api_track_days(const struct city_snapshot *city);
// A reader of the city's tracks: db_reader_return. NULL where nobody has brought any.
int api_tracks_read(struct api_call *call, struct db **ret_db,
                    struct error *error) ERROR_MUST_CHECK;
// Drops what is older than the city keeps; everything where it keeps none. Blocks.
int api_tracks_sweep(struct api *api, struct api_city *city, int64_t now_ms,
                     int64_t *ret_batches, struct error *error) ERROR_MUST_CHECK;

// ---- one call (dispatch.c) ----

enum api_phase {
    API_PHASE_START,
    API_PHASE_OPENING, // the city is being opened
    API_PHASE_WRITING, // in the lane
    API_PHASE_WORKING, // in the pool
};

struct api_call {
    struct api *api;
    struct http_request *request;
    struct arena *arena;
    const struct api_route *route;
    const char *parameters[HTTP_PARAMETERS];
    struct api_city *city;          // one reference
    struct city_snapshot *snapshot; // one reference
    bool by_host;                   // the city was named by the host
    size_t first;                   // segments in front that name the city
    bool authenticated;             // session was looked for
    struct account_session session; // session_id 0: nobody
    int64_t now_ms;
    enum api_phase phase;
    struct error error;        // of the lane or the pool, to be told on the HTTP thread
    struct error missing;      // what the reply needs could not be read: it is not sent
    const char *error_members; // more members of the problem, in the arena
    struct json *body;         // parsed on demand by api_body
    bool has_key;
    uint8_t key[16];
    uint8_t body_digest[HASH_SIZE];
    unsigned models;  // times that it began anew because the model had changed
    bool searched;    // the list was asked with a question
    struct db *index; // of a search; NULL: none was borrowed
    void *data;       // of the handler, in the arena
    void (*data_done)(void *data);
};

struct api_call *api_call_new(struct api *api, struct http_request *request);
// On the headers: finds the route, checks origin, type, key, session and right.
void api_call_route(struct api_call *call, const struct api_route *routes, size_t count,
                    size_t first);
void api_call_run(struct api_call *call);
void api_call_resumed(struct api_call *call);
void api_call_done(struct api_call *call);
void api_reply_error(struct api_call *call, const struct error *error);
// For what puts a reply together piece by piece: the reply is not sent, the error is told,
// or the handler run again with more time. A row that is not there is no such error.
void api_reply_misses(struct api_call *call, const struct error *error);

// ---- for handlers (call.c, dispatch.c) ----
// In the worker pool? A READ handler that may take long returns api_go_slow while it is
// not, and is run again there.
bool api_is_slow(const struct api_call *call);
int api_go_slow(struct error *error) ERROR_MUST_CHECK;
int api_body(struct api_call *call, const struct json **ret_body,
             struct error *error) ERROR_MUST_CHECK;
// Query parameters; 0 and *ret unchanged when absent.
int api_query_int(struct api_call *call, const char *name, int64_t least, int64_t most,
                  int64_t *ret, struct error *error) ERROR_MUST_CHECK;
int api_query_double(struct api_call *call, const char *name, double *ret,
                     struct error *error) ERROR_MUST_CHECK;
// "west,south,east,north"; *ret_has false when absent.
int api_query_box(struct api_call *call, double ret_box[4], bool *ret_has,
                  struct error *error) ERROR_MUST_CHECK;
// ERROR_INPUT "api.unknown_parameter" for a query parameter that is not in names.
int api_query_only(struct api_call *call, const char *const *names,
                   struct error *error) ERROR_MUST_CHECK;
// 200 with an entity tag made of the bytes, or 304 where that fits. Takes the buffer.
void api_reply_tagged(struct api_call *call, const char *type, struct buffer *body);
// JSON, tagged where it answers a read. Takes the buffer.
void api_reply_json(struct api_call *call, unsigned status, struct buffer *body);
// An answer that is one JSON object, from its opening brace to the reply:
//   API_ANSWER_CLEANUP struct api_answer answer;
//   struct json_writer *json = api_answer_begin(&answer);
//   json_put_int(json, "open", figures.open);
//   api_answer_send(call, 200, &answer);
struct api_answer {
    struct buffer body;
    struct json_writer json;
};
struct json_writer *api_answer_begin(struct api_answer *answer); // borrowed from it
// As api_reply_json. private: no browser keeps it, not even to ask whether it changed.
void api_answer_send(struct api_call *call, unsigned status, struct api_answer *answer);
void api_answer_send_private(struct api_call *call, unsigned status,
                             struct api_answer *answer);
void api_answer_cleanup(struct api_answer *answer);
#define API_ANSWER_CLEANUP __attribute__((cleanup(api_answer_cleanup)))
// Tag of a model version, for what only changes with it; true: 304 was set. The reply then
// goes out without a tag of its bytes.
bool api_reply_model_tag(struct api_call *call, const char *what);
int api_city_read(struct api_call *call, struct db **ret_db, struct error *error)
    ERROR_MUST_CHECK; // a reader of city.db: db_reader_return
bool api_may(const struct api_call *call, enum right right);
// The right for this very case (its areas, departments and people).
bool api_may_case(struct api_call *call, enum right right,
                  const struct case_detail *detail);
// Status of an error: by slug where one differs from its code.
unsigned api_status(const struct error *error);
void api_session_cookie(struct api_call *call, const char *token, int64_t max_age_s);
const char *api_session_token(struct api_call *call, bool *ret_bearer);
// Looks for the session and checks the route's right.
int api_authenticate(struct api_call *call, struct error *error) ERROR_MUST_CHECK;

// ---- JSON of the domain (json_case.c, json_city.c) ----
struct api_view {
    struct api_call *call;
    struct db *db; // cases.db, for names of people
    struct json_writer *json;
    bool people; // may see names of colleagues
    struct {
        int64_t id;
        const char *name;
    } names[64];
    size_t name_count;
};
void api_view_init(struct api_view *view, struct api_call *call, struct db *db,
                   struct json_writer *json);
// The name of a person, looked up once a reply; "" when it may not be seen.
const char *api_person_name(struct api_view *view, int64_t id);
void api_put_summary(struct api_view *view, const char *name,
                     const struct case_summary *summary);
void api_put_detail(struct api_view *view, const struct case_detail *detail);
void api_put_history(struct api_view *view, const char *name,
                     const struct case_history_row *rows, size_t count,
                     const struct process *process);
// The client went away in the middle of a part: keeps what had come (media_routes.c).
void media_keep_part(struct api_call *call);
void api_put_media(struct api_view *view, const struct case_detail *detail); // json_media.c
// ---- who told of it (json_contact.c) ----
// Whether this person sees the reporter's data in the clear: accepts, leads the shift, has
// to call back, or handles the case of somebody who agreed.
bool api_reporter_whole(struct api_call *call, const struct case_detail *detail,
                        bool agreed);
// reporter, contacts, merged_into, duplicates of a case.
void api_put_contacts(struct api_view *view, const struct case_detail *detail);
void api_put_contact(struct api_view *view, const char *name, const struct contact_row *row,
                     const struct case_summary *summary, bool whole);
// Whether a recording belongs to a caller whom this person may hear.
int api_voice_open(struct api_call *call, struct db *db, const uint8_t sha256[HASH_SIZE],
                   bool *ret_open, struct error *error) ERROR_MUST_CHECK;
// "reporter" and "contact" of a body; texts borrowed from it.
struct api_told {
    struct case_reporter reporter;
    struct contact_draft contact;
    uint8_t voice[HASH_SIZE];
    bool has_reporter, has_contact;
};
int api_read_told(const struct json *body, struct api_told *told,
                  struct error *error) ERROR_MUST_CHECK;
// The recording must be the person's own upload. ERROR_INPUT "contact.voice".
int api_check_voice(struct api_call *call, struct db *db, const struct api_told *told,
                    struct error *error) ERROR_MUST_CHECK;
void api_put_names(struct json_writer *json, const char *name,
                   const struct city_snapshot *city, const struct city_names *names);
void api_put_words(struct json_writer *json, const char *name,
                   const struct city_snapshot *city, enum process_words_of list, int word);
void api_put_department(struct json_writer *json, const char *name,
                        const struct city_snapshot *city, int64_t id);
// A point in no unit grid (outside.c). Degrees out of range are ERROR_INPUT
// "point.invalid", "point.swapped" when the other way round they lie in the city's box.
struct api_point {
    double lon_deg, lat_deg;
};
bool api_point_swapped(const struct city_snapshot *city, double lon_deg, double lat_deg);
int api_check_degrees(const struct city_snapshot *city, double lon_deg, double lat_deg,
                      struct error *error) ERROR_MUST_CHECK;
// outside: {nearest_grid, distance_m}, null members when none is near; null for NULL.
void api_put_outside(struct json_writer *json, const struct city_snapshot *city,
                     const struct api_point *point);
void api_put_area(struct json_writer *json, const char *name,
                  const struct city_snapshot *city, const struct city_area *area);
// place: what stands at the point, in the city's languages, or null (place_routes.c).
struct geo_point;
void api_put_place_words(struct json_writer *json, const struct city_snapshot *city,
                         struct geo_point point);
// grid: {id, code} or null; areas: those of a point by level position, 0 left out.
void api_put_located(struct json_writer *json, const struct city_snapshot *city,
                     int64_t grid_id, const int64_t areas[CITY_LEVEL_LIMIT]);
void api_put_city(struct json_writer *json, const char *name,
                  const struct city_snapshot *city);
void api_put_limit_text(struct json_writer *json, const struct city_snapshot *city,
                        const struct case_clock *clock);
void api_put_action(struct json_writer *json, const struct process_action *action);
// What tiles of a model are called by (?v=): another model, another word.
enum { TILES_VERSION_SIZE = 64 };
void api_tiles_version(const struct city_snapshot *city, char out[TILES_VERSION_SIZE]);
int api_case_filter(struct api_call *call, struct case_filter *ret_filter,
                    struct error *error) ERROR_MUST_CHECK;

// ---- change streams (changes.c) ----
int changes_new(struct api *api, struct changes **ret_changes,
                struct error *error) ERROR_MUST_CHECK;
// Ends all streams and the thread; what is told afterwards is not heard.
void changes_stop(struct changes *changes);
struct changes *changes_free(struct changes *changes);
// Something was committed in the city / sessions may have lost rights. Any thread, short.
void changes_notify(struct changes *changes, struct api_city *city);
void changes_sessions(struct changes *changes, struct api_city *city);
size_t changes_count(struct changes *changes);
// The same for what another server has committed: nobody else is told.
void changes_wake(struct changes *changes, struct api_city *city, bool sessions);

// ---- other servers of the store (relay.c) ----
enum api_news { API_NEWS_CASES, API_NEWS_SESSIONS, API_NEWS_MODEL };
// api->relay stays NULL where nobody can share the store.
int relay_new(struct api *api, struct error *error) ERROR_MUST_CHECK;
void relay_stop(struct api *api);
void relay_free(struct api *api);
// Something was committed. Any thread, short; told together with what else waits.
void relay_tell(struct api *api, struct api_city *city, enum api_news news);

// ---- search (search.c) ----
// The thread that keeps the index of every open city.
int search_new(struct api *api, struct search **ret_search,
               struct error *error) ERROR_MUST_CHECK;
void search_stop(struct search *search);
struct search *search_free(struct search *search);
// Puts the question to the city's index, when it has one that may be asked.
void api_search_use(struct api_call *call, const struct case_filter *filter);
// The index failed while it was asked: it is made anew, and the caller may ask again
// without it. False: it was not the index.
bool api_search_give_up(struct api_call *call, const struct case_filter *filter, int code);
// search: {complete, behind}, after a list that was searched for.
void api_put_search(struct api_call *call, struct json_writer *json);

// ---- pages, metrics, description ----
void api_page(struct api_call *call);
struct metrics *metrics_new(void);
struct metrics *metrics_free(struct metrics *metrics);
void metrics_count(struct metrics *metrics, const struct api_route *route, unsigned status,
                   int64_t duration_us);
void metrics_write(struct api *api, struct buffer *out);
void openapi_write(const struct api_call *call, struct buffer *out);
