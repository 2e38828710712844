// SPDX-License-Identifier: MPL-2.0
// A store: all databases of one installation, with one process that owns its folder.
//
// A location names the engine: "data" or "sqlite:data" is a folder with SQLite databases
// (DATA/system.db, DATA/cities/<slug>/{city.db,cases.db,search.db,tracks.db}). A folder
// with a file store-address has its databases on the PostgreSQL server that its first line
// names, a schema each (gridcase_system, gridcase_<slug>_cases ...); everything else stays
// in the folder. Nothing above this floor knows which engine it is.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct db_store;

// DB_SEARCH holds nothing that cannot be made again from DB_CASES: it is made when it is
// missing, thrown away when it is broken or of another version, and its commits do not wait
// for the disk (they are whole after a crash, perhaps older).
// DB_TRACKS is made by whoever first writes to it; before, reading it is ERROR_NOT_FOUND
// "db.missing".
enum db_database { DB_SYSTEM, DB_CITY, DB_CASES, DB_SEARCH, DB_TRACKS, DB_DATABASE_COUNT };

// "system", "city", "cases", "search", "tracks"
const char *db_database_to_str(enum db_database database);

enum db_store_flags {
    DB_STORE_CREATE = 1, // make the folder and system.db when they are not there
    DB_STORE_READ_ONLY =
        2,               // take no lock; only DB_READ handles; schema must be ours exactly
    DB_STORE_UNSAFE = 4, // tests only: commits do not wait for the disk
    DB_STORE_LOCKED_OK = 8,  // the caller holds the lock already (a child of the owner)
    DB_STORE_RESTORING = 16, // open although a restore has not finished: the restore itself
    DB_STORE_HOLDS = 32,     // writes to a city that is held: whoever holds it
};

// A file in the folder while a restore is at work: the store does not open with it.
#define DB_STORE_UNFINISHED "restore-unfinished"

// Has the databases of a store on a server from now on: writes the folder's store-address.
// Said again it must be the same (ERROR_CONFLICT "store.elsewhere"); so is a folder that
// has databases of its own. ERROR_INPUT "store.location" unless it is a postgresql://
// address.
#define DB_STORE_ADDRESS "store-address"
int db_store_use(const char *folder, const char *address,
                 struct error *error) ERROR_MUST_CHECK;

// Keeps the photos of all cities in another folder from now on, a folder a city there: one
// that several servers share. Writes the folder's store-photos; cities/<slug>/media is then
// a link. ERROR_INPUT "store.photos" unless it is the absolute path of a folder that is
// there; ERROR_CONFLICT "store.elsewhere" when another was said before.
#define DB_STORE_PHOTOS "store-photos"
int db_store_use_photos(const char *folder, const char *photos,
                        struct error *error) ERROR_MUST_CHECK;

// Opens a store, takes its lock and migrates system.db. ERROR_BUSY "store.locked" when
// another process owns its folder (its process id is in the message), or has the databases
// for itself for a while; ERROR_STORE "db.newer" when a
// newer gridcase has migrated it, "store.unfinished" where a restore was cut short;
// ERROR_NOT_FOUND "store.missing" without DB_STORE_CREATE.
// Thread rule: a store may be used from every thread.
int db_store_open(const char *location, unsigned flags, struct db_store **ret_store,
                  struct error *error) ERROR_MUST_CHECK;
// Closes pooled readers and lanes, gives the lock back. Every handle, reader and lane must
// have been returned before. Takes NULL, returns NULL.
struct db_store *db_store_close(struct db_store *store);

// Several servers may work with one store on a database server, each with a folder of its
// own. Call it now and then: where there are no others, work goes on without minding them.
void db_store_look_around(struct db_store *store);
bool db_store_has_others(const struct db_store *store);

// How many processes have the store open to work with it, this one not counted; where the
// folder's lock is enough, 1 stands for whoever may hold it.
int db_store_count_owners(struct db_store *store, int64_t *ret_count,
                          struct error *error) ERROR_MUST_CHECK;

// Are its databases files, which can be copied as such (db_copy_begin)?
bool db_store_has_files(const struct db_store *store);

// The folder for files that live beside the databases. Borrowed until the store closes.
const char *db_store_folder(const struct db_store *store);
// "<folder>/cities/<slug>/<name>" (name NULL: the city's folder). ERROR_LIMIT if too long.
int db_store_city_path(const struct db_store *store, const char *slug, const char *name,
                       char *out, size_t size) ERROR_MUST_CHECK;

// ---- cities ----
// Makes a city's folder and databases, migrated, and its row in system.db (state "new").
// ERROR_CONFLICT "city.exists"; ERROR_INPUT "city.bad_slug".
int db_store_city_create(struct db_store *store, const char *slug, int64_t now_ms,
                         struct error *error) ERROR_MUST_CHECK;
// Deletes a city with everything in its folder. ERROR_NOT_FOUND "city.unknown"; ERROR_BUSY
// "city.in_use" while handles, readers or lanes of it are out.
int db_store_city_remove(struct db_store *store, const char *slug,
                         struct error *error) ERROR_MUST_CHECK;
bool db_store_city_exists(struct db_store *store, const char *slug);
// Calls visit for every city in order of slug; stops at the first non-zero answer, which it
// returns. A city that failed to open or migrate has state "failed" and a reason.
struct db_city_row {
    const char *slug;
    const char *state;  // "new", "ready", "off", "failed"
    const char *host;   // its own host name, or NULL
    const char *reason; // why it is out of service, or NULL
    int64_t created_ms;
};
int db_store_city_each(struct db_store *store,
                       int (*visit)(void *context, const struct db_city_row *city),
                       void *context, struct error *error) ERROR_MUST_CHECK;
// state: one of the words above; host and reason may be NULL.
int db_store_city_set(struct db_store *store, const char *slug, const char *state,
                      const char *host, const char *reason,
                      struct error *error) ERROR_MUST_CHECK;
// Migrates a city's databases now. Opening any of its handles does the same by itself.
int db_store_city_migrate(struct db_store *store, const char *slug,
                          struct error *error) ERROR_MUST_CHECK;

// While a city is held its lanes do nothing: their jobs end with ERROR_BUSY "city.held",
// those that wait already, too. For this process; reading goes on.
void db_store_city_hold(struct db_store *store, const char *slug, bool held);
// The same for every process that works with the store, for so long and no longer; 0: it is
// over. What writes already goes on: take the databases' turns afterwards. Nothing where
// one process owns the folder. A city whose row is off because it has "moved to ..." is
// held for good.
int db_store_city_hold_all(struct db_store *store, const char *slug, int64_t ms,
                           struct error *error) ERROR_MUST_CHECK;

// Throws a city's DB_SEARCH away, so that the next handle finds a new one. ERROR_BUSY
// "city.in_use" while handles, readers or lanes of it are out: try again.
int db_store_discard_search(struct db_store *store, const char *slug,
                            struct error *error) ERROR_MUST_CHECK;

// Closes pooled readers and unused lanes that nobody has asked for in idle_ms.
// Returns how many databases were let go. Call it now and then.
unsigned db_store_close_idle(struct db_store *store, int64_t idle_ms);

// ---- upgrades ----
// Before a database of an older program is migrated, a copy of it is kept beside it
// (cases.db.before-0050: the newest migration that follows). ERROR_IO "upgrade.no_space"
// when the disk has no room for it. All migrations of a database are one transaction.
// tell is called with the path of each copy, on the thread that opens the database. For the
// whole process; set before any store is opened.
void db_on_upgrade(void (*tell)(void *context, const char *copy), void *context);
// Highest migration of a database that this program knows.
int db_migration_newest(enum db_database database);

// ---- replicas of the databases' server ----
struct db_replicas {
    bool server;        // false: the databases are files of this machine
    unsigned connected; // followers, of whatever kind
    bool named;         // the server has been told which of them are synchronous
    bool synchronous;   // a commit is told when a synchronous one has it, too
    bool commits_wait;  // a commit is told when the server's own disk has it
};
int db_store_replicas(struct db_store *store, struct db_replicas *ret_replicas,
                      struct error *error) ERROR_MUST_CHECK;

// ---- counters, for metrics ----
struct db_store_counters {
    uint64_t readers_open, readers_idle; // read handles made, and those waiting in the pool
    uint64_t lanes;
    uint64_t over_budget; // reads interrupted by their budget
};
void db_store_count(struct db_store *store, struct db_store_counters *ret_counters);

// ---- connections to a database server, shared by all cities ----
enum {
    DB_CONNECTIONS = 20, // unless said otherwise
    DB_CONNECTIONS_LEAST = 4,
    DB_CONNECTIONS_MOST = 400,
    DB_CONNECTION_AGE_S = 3600,
};
// How many there are at most, and how old one gets before it is closed and opened anew. For
// the whole process; set before any store is opened. Engines of files have none.
void db_connections_limit(unsigned most, int64_t age_ms);
struct db_connection_counters {
    unsigned most, open, in_use; // 0 where the engine has none
    uint64_t opened;             // since the start
    uint64_t retired;            // closed for their age, or because they knew too much
    uint64_t waits;              // times that one had to be waited for
    int64_t wait_worst_us;
};
void db_connections_count(struct db_store *store,
                          struct db_connection_counters *ret_counters);
