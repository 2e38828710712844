// SPDX-License-Identifier: MPL-2.0
// SpatiaLite's functions on one SQLite connection.
#pragma once

struct sqlite3;

// Loads the functions into a connection just opened. The returned cache is given back with
// spatialite_detach after the connection was closed.
void *spatialite_attach(struct sqlite3 *connection);
void spatialite_detach(void *cache); // takes NULL
