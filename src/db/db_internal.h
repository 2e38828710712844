// SPDX-License-Identifier: MPL-2.0
// What the files of the db room share: the engine's table of functions and the structs
// behind the public names.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/query_text.h>
#include <gridcase/db/stats.h>
#include <gridcase/db/store.h>
#include <gridcase/db/wake.h>

enum { DB_PATH_SIZE = 4096, DB_SLUG_SIZE = 64, DB_ADDRESS_SIZE = 1024 };

// stats.c: the engine's step, with its time counted.
int db_step_counted(struct db_statement *statement, struct error *error);

// ---- engine ----
// Everything that differs between database systems. `connection` and `statement` are the
// engine's own structs. A connection is used by one thread at a time.

struct db_target {
    const char *folder;  // of the store
    const char *address; // of a database server; "" where the databases lie in the folder
    const char *slug;    // "" for the system database
    enum db_database database;
    enum db_mode mode;
    bool create; // make the database when it is not there
    bool load;   // the copy that is being loaded, see db/load.h
    bool holds;  // DB_STORE_HOLDS
    bool unsafe; // tests only: commits do not wait for the disk
};

enum db_control {
    DB_CONTROL_BEGIN_READ,
    DB_CONTROL_BEGIN_WRITE,
    DB_CONTROL_BEGIN_BESIDE, // writes beside others that say so, too
    DB_CONTROL_COMMIT,
    DB_CONTROL_ROLLBACK,
    DB_CONTROL_SAVEPOINT, // the next three: of a level
    DB_CONTROL_RELEASE,
    DB_CONTROL_ROLLBACK_TO, // and forget the savepoint
};

// How much of the log a writer should copy into its database now.
enum db_upkeep {
    DB_UPKEEP_BUSY, // between two batches: as little as keeps the log under its ceiling
    DB_UPKEEP_IDLE, // nobody waits: bring the database up to date
    DB_UPKEEP_LAST, // the writer closes: leave no log behind
};

struct db_engine_counters {
    uint64_t commits, syncs, checkpoints, log_pages;
    int64_t checkpoint_worst_us;
};

// A statement's text as the engine gets it.
struct db_text {
    const char *text;
    size_t length;
    bool many; // too many rows may come to be fetched at once
};

// A statement that is run right before a commit: integers alone, no answer is looked at.
enum { DB_LAST_VALUES = DB_ROLLUP_KEYS + DB_ROLLUP_DELTAS };
struct db_last {
    const char *text;
    int64_t values[DB_LAST_VALUES];
    size_t count;
};

struct db_hearing { // see db_wake_hear
    int fd, ms;
    void (*hear)(void *context, const char *words);
    void *context;
};

struct db_engine {
    const char *prefix; // of a location: "sqlite"
    bool twins;         // speaks PostgreSQL: takes the twins of texts where there are any
    // The store's databases belong to this process from now on. ERROR_BUSY "store.locked".
    // NULL: the lock on the folder is enough.
    int (*own)(const char *address, void **ret_lock, struct error *error);
    void (*disown)(void *lock);
    // Connections that handles share, NULL where each has its own: closes what was idle so
    // long; counts.
    void (*tidy)(const char *address, int64_t idle_ms);
    // What follows the databases' server; NULL: nothing can.
    int (*replicas)(const char *address, struct db_replicas *ret_replicas,
                    struct error *error);
    void (*count_connections)(const char *address,
                              struct db_connection_counters *ret_counters);
    // From now on until it is over nobody else works with them. ERROR_BUSY "store.locked".
    int (*alone)(void *lock, struct error *error);
    void (*alone_over)(void *lock);
    // How many processes work with them.
    int (*count_owners)(void *lock, int64_t *ret_count, struct error *error);
    // A connection with its settings made; ERROR_NOT_FOUND "db.missing" when there is no
    // such database and create is false.
    int (*connect)(const struct db_target *target, void **ret_connection,
                   struct error *error);
    void (*disconnect)(void *connection);
    // Is there no migration in it yet? A new database is made ready for its first one.
    int (*is_new)(void *connection, bool *ret_new, struct error *error);
    int (*run_script)(void *connection, const char *text, struct error *error);
    // Runs a statement that gives a number in a transaction of its own, committed at once.
    // NULL: nobody writes beside.
    int (*fetch_apart)(void *connection, const struct db_text *text, const int64_t *values,
                       size_t count, int64_t *ret_value, struct error *error);
    // In an open writing transaction: what a statement of another database of the same city
    // gives, on which nobody writes until the transaction ends. NULL: nobody can.
    int (*watch)(void *connection, const struct db_target *other,
                 const struct db_text *text, int64_t *ret_value, struct error *error);
    int (*control)(void *connection, enum db_control control, unsigned level,
                   struct error *error);
    // All that `next` gives and the commit, in one round trip: no time of ours lies between
    // a lock that the first takes and the end that lets it go. A failure leaves the
    // transaction open, to be rolled back, or has ended it (in_transaction). NULL: they are
    // run one by one.
    int (*commit_after)(void *connection,
                        bool (*next)(void *context, struct db_last *ret_last),
                        void *context, struct error *error);
    bool (*in_transaction)(void *connection);
    // A statement has failed, and all that follow will until its level is rolled back.
    bool (*is_spoiled)(void *connection);
    int64_t (*changes)(void *connection);
    void (*set_budget)(void *connection, int64_t budget_us);
    // Did the budget end a statement since the last call?
    bool (*was_over_budget)(void *connection);
    void (*upkeep)(void *connection, enum db_upkeep upkeep);
    void (*count)(void *connection, struct db_engine_counters *ret_counters);
    // Within a writing transaction: room for the rows that come next. NULL: never needed.
    int (*make_room)(void *connection, struct error *error);
    // Within a transaction, as db_statements_on_server. NULL: no server counts.
    int (*statements)(void *connection, struct db_statement_figures *out, size_t most,
                      int *ret_count, int64_t *ret_since_ms, struct error *error);

    int (*prepare)(void *connection, const struct db_text *text, void **ret_statement,
                   struct error *error);
    void (*release)(void *statement);
    int (*parameters)(void *statement); // highest n of $n
    bool (*writes)(void *statement);
    // 0 or a code; a parameter that the text does not have is ignored. Bytes are copied.
    int (*bind)(void *statement, int index, const struct db_value *value,
                struct error *error);
    int (*step)(void *statement, struct error *error); // DB_ROW, DB_DONE, < 0
    void (*reset)(void *statement);
    void (*clear)(void *statement); // bindings
    int (*columns)(void *statement);
    bool (*column_is_null)(void *statement, int column);
    int64_t (*column_int)(void *statement, int column);
    double (*column_double)(void *statement, int column);
    const char *(*column_text)(void *statement, int column); // NUL-terminated
    const void *(*column_blob)(void *statement, int column, size_t *ret_length);

    // Loading on a copy (db/load.h). target is the copy,
    // connection for load_copy the database's own writer, for load_indexes one on the copy
    // (make: else drop).
    int (*load_copy)(void *connection, const struct db_target *target, struct error *error);
    int (*load_indexes)(void *connection, bool make, struct error *error);
    int (*load_publish)(const struct db_target *target, struct error *error);
    void (*load_discard)(const struct db_target *target);

    // What a search index is asked, as its own language has it.
    void (*match_text)(const struct db_match_group *groups, size_t count,
                       struct buffer *out);

    // A copy of what an open read transaction sees; path is new. NULL: the engine has no
    // files to copy. Steps: DB_COPY_MORE, 0
    // when whole and synced, or a code. end takes NULL.
    int (*copy_begin)(void *connection, const char *path, void **ret_copy,
                      struct error *error);
    int (*copy_step)(void *copy, int64_t bytes, struct error *error);
    void (*copy_bytes)(void *copy, int64_t *ret_done, int64_t *ret_all);
    void (*copy_end)(void *copy);

    // The fast way into a table, behind its last row and in the writer's transaction: the
    // text, values (first: how many there are, with the first of a row; else 0), the end;
    // or dropped after a failure, when the transaction is rolled back. And what is to be
    // done when all tables of a database are filled. NULL: there is none.
    int (*fill_begin)(void *connection, const char *text, struct error *error);
    int (*fill_value)(void *connection, size_t first, const struct db_value *value,
                      bool shape, struct error *error);
    int (*fill_end)(void *connection, struct error *error);
    void (*fill_drop)(void *connection);
    int (*fill_over)(void *connection, bool filled, struct error *error);
    // Words between servers (db/wake.h). NULL: there are no others.
    // must: somebody said that it does.
    int (*wake_open)(const char *address, bool must, void **ret_wake, struct error *error);
    void (*wake_close)(void *wake);
    int (*wake_send)(void *wake, const char *words, struct error *error);
    int (*wake_hear)(void *wake, const struct db_hearing *hearing, struct error *error);

    // Databases of a city as a whole, and the one that can be made again.
    int (*remove_city)(const struct db_target *target, struct error *error);
    int (*remove_search)(const struct db_target *target, struct error *error);
};

extern const struct db_engine db_engine_sqlite, db_engine_postgres;
// Pages of the log at which it is copied as a whole, and in one step: tests only, before
// any store is opened.
void db_sqlite_log_limits(uint64_t ceiling, uint64_t step);
// Makes another engine known under its prefix: tests only, before any store is opened.
void db_engine_register(const struct db_engine *engine);
// "sqlite:data" -> engine and "data". ERROR_INPUT "store.location".
int db_engine_of(const char *location, const struct db_engine **ret_engine,
                 const char **ret_rest, struct error *error) ERROR_MUST_CHECK;
// The text of a query for an engine.
const char *db_text_of(const struct db_engine *engine, enum query_id query);

// ---- addresses (address.c) ----
// What the folder's file DB_STORE_ADDRESS says; "" without one.
int db_address_read(const char *folder, char out[DB_ADDRESS_SIZE],
                    struct error *error) ERROR_MUST_CHECK;

// ---- photos elsewhere (photos.c) ----
// Links a city's photos to the folder that DB_STORE_PHOTOS names; nothing without one.
// ERROR_CONFLICT "store.photos": it has a folder of its own already.
int db_photos_link(const struct db_store *store, const char *slug,
                   struct error *error) ERROR_MUST_CHECK;
// The folder there; "" without one. To be removed with the city.
int db_photos_of(const struct db_store *store, const char *slug, char out[DB_PATH_SIZE],
                 struct error *error) ERROR_MUST_CHECK;

// ---- rollups (rollup.c) ----
struct rollup_entry {
    enum query_id query;
    uint8_t key_count, delta_count;
    int64_t keys[DB_ROLLUP_KEYS];
    int64_t deltas[DB_ROLLUP_DELTAS];
};
struct rollup {
    struct rollup_entry *entries; // in the order of adding: a rollback cuts the end off
    size_t count, capacity;
};
void rollup_cut(struct rollup *rollup, size_t count);
void rollup_done(struct rollup *rollup);
// Adds what transactions of an older program have kept. Nobody else does meanwhile.
int rollup_take_kept(struct db *db, struct error *error) ERROR_MUST_CHECK;
// Adds up equal keys, and puts them in the order of query and keys.
void rollup_sum(struct rollup *rollup);
// Adds up equal keys and runs each query once, in order of query and keys.
int rollup_flush(struct rollup *rollup, struct db *db,
                 struct error *error) ERROR_MUST_CHECK;

// ---- series and the outbox (beside.c) ----
enum { DB_BLOCKS = 4, DB_BLOCK_MOST = 64 };
struct db_block { // numbers taken and not given out yet
    enum query_id query;
    int64_t key, next, end, size;
};
// Commits the outermost level: figures are added, the outbox is numbered, and where others
// write beside, one does it at a time.
int db_outbox_commit(struct db *db, struct error *error) ERROR_MUST_CHECK;

// ---- handles (db.c) ----
enum { DB_LEVELS = 16, DB_PARTS_CACHE = 64 };

struct db_statement {
    struct db *db;
    void *native;
    struct db_statement *next; // of the same id, or of the list of parts
    enum query_id parts[DB_PARTS_MAX];
    size_t part_count;       // 0: a single query, parts[0]
    bool out;                // in somebody's hands
    bool fresh;              // not stepped since reset
    uint64_t rows, spent_us; // of this run: steps, and their time (stats.c)
    struct error bind_error;
};

struct db {
    const struct db_engine *engine;
    void *connection;
    struct db_place *place; // where it came from
    enum db_mode mode;
    struct db_statement **by_query; // QUERY_COUNT lists
    struct db_statement *by_parts;
    unsigned level; // transactions open
    enum db_mode transaction_mode;
    size_t rollup_marks[DB_LEVELS + 1];
    const char *where; // of the outermost begin
    struct rollup rollup;
    struct db_block blocks[DB_BLOCKS];
    unsigned block_turn; // the block that makes room next
    int64_t watched;     // what db_watch was told in this transaction
    bool watches;
    bool want_beside;     // of the transaction that begins next
    bool beside;          // the open one
    bool outbox;          // has rows of this transaction
    int64_t slice_end_us; // lane only
    bool wrote;           // lane only: a statement that writes was run since it was cleared
    struct db *next;      // in the place's list of idle readers
};

// One database of a store, in the store's list from its first use on.
struct db_place {
    struct db_store *store;
    char slug[DB_SLUG_SIZE];
    enum db_database database;
    pthread_mutex_t opening; // held while it is opened and migrated
    bool migrated;
    bool writer_taken;
    bool removed;
    bool makes;          // who enters may make it where it is missing: db_place_make
    unsigned out;        // handles and readers in somebody's hands
    unsigned idle_count; // in the list
    struct db *idle;
    struct db_lane *lane;
    unsigned lane_users;
    atomic_bool held;   // nothing is written: db_store_city_hold
    bool lane_changing; // somebody opens or closes it: wait for store->changed
    int64_t used_us;    // last time that something was asked for, monotonic
    struct db_place *next;
};

struct db_store {
    const struct db_engine *engine;
    char folder[DB_PATH_SIZE];
    char address[DB_ADDRESS_SIZE]; // of its database server; ""
    bool engine_given;             // the location named it
    void *owner;                   // the engine's lock; NULL: none taken
    unsigned flags;
    int lock_fd;           // -1: none taken
    pthread_mutex_t mutex; // guards the list and the fields of the places
    pthread_cond_t changed;
    pthread_mutex_t creation;    // one city is created at a time
    char creating[DB_SLUG_SIZE]; // its name: only its databases may be made
    struct db_place *places;
    struct db_store_counters counters;
    atomic_bool others; // other processes work with its databases
};

enum { DB_IDLE_READERS = 16 }; // of one place

// For what cannot be done while others work with the databases: a schema that changes, a
// database that another takes the place of. ERROR_BUSY "store.locked".
int db_store_alone(struct db_store *store, struct error *error) ERROR_MUST_CHECK;
void db_store_alone_over(struct db_store *store);

// A target of a place: of a city, or of the system with slug "".
struct db_target db_target_of(const struct db_store *store, const char *slug,
                              enum db_database database, enum db_mode mode);
struct db *db_new(struct db_place *place, enum db_mode mode, struct error *error);
struct db *db_destroy(struct db *db);
// From now on whoever enters makes the database when it is not there (DB_TRACKS).
void db_place_make(struct db_store *store, const char *slug, enum db_database database);
// Finds or makes the place, migrated; counts a handle as out. DB_WRITE takes the writer.
int db_place_enter(struct db_store *store, const char *slug, enum db_database database,
                   enum db_mode mode, struct db_place **ret_place,
                   struct error *error) ERROR_MUST_CHECK;
void db_place_leave(struct db_place *place, enum db_mode mode);
struct db *db_connect(const struct db_engine *engine, const struct db_target *target,
                      struct error *error);

// Lets go of everything idle of a city and bars it. ERROR_BUSY "city.in_use".
int db_places_close(struct db_store *store, const char *slug,
                    struct error *error) ERROR_MUST_CHECK;
void db_places_renew(struct db_store *store, const char *slug); // makes it usable again

// ---- migrations (migrate.c) ----
// Brings one database up to date (or, on a reading handle, checks that it is). Before the
// first migration of a database that is not new a copy of it is kept in folder (NULL: not),
// and no other server may work with the store.
int db_migrate(struct db_store *store, struct db *db, enum db_database database,
               const char *folder, struct error *error) ERROR_MUST_CHECK;
// Acts as a program that knows migrations up to this number only: tests only.
void db_migrations_until(int number);

// ---- copies (copy.c) ----
// folder/name.before-NEWEST, whole or not at all. ERROR_IO "upgrade.no_space", "disk.full".
int db_keep_copy(struct db *db, const char *folder, const char *name, int newest,
                 struct error *error) ERROR_MUST_CHECK;

// ---- rows (rows.c) ----
// Tells every few thousand rows, and the rest at the last.
struct db_teller;
int db_teller_tell(const struct db_teller *teller, int64_t rows, bool last,
                   struct error *error) ERROR_MUST_CHECK;

// ---- lanes (lane.c) ----
struct db_lane *db_lane_stop(struct db_lane *lane); // joins its thread; NULL is taken
