-- SPDX-License-Identifier: MPL-2.0
-- PostgreSQL alone: what only grows is kept in partitions there. A file of SQLite needs none:
-- its tables are one tree each, written at the end.
SELECT 1;
