#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Makes the model folder out of the published files: grids/boston/make/make.sh SOURCE
# where SOURCE holds the files that ../README.md names. Needs the sqlite3 shell, ogr2ogr
# (gdal-bin, with SpatiaLite) and gzip. What it writes is in the repository: nobody needs to
# run it to use the model.
set -eu
source=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- tables and replay ----
mkdir -p layers tables replay
gzip -dc "$source/boston_311_2015q1-q3.csv.gz" > "$work/r15.csv"
gzip -dc "$source/boston_311_2011q3.csv.gz" > "$work/r11.csv"
{
    echo ".mode csv"
    echo ".import '$work/r15.csv' r15"
    echo ".import '$work/r11.csv' r11"
    echo ".import '$source/deadline_rules_2011q3.csv' rule"
    cat make/tables.sql
} | sqlite3 "$work/record.db"
for name in record; do
    gzip -9n < replay/$name.csv > replay/$name.csv.gz
    rm replay/$name.csv
done

# ---- layers as published: two with a CRS that the file does not tell ----
gzip -9nc "$source/neighborhoods.geojson" > layers/neighborhoods.geojson.gz
gzip -9nc "$source/wards.geojson" > layers/wards.geojson.gz
gzip -9nc "$source/precincts_epsg2249.geojson" > layers/precincts_epsg2249.geojson.gz
gzip -9nc "$source/police_districts_epsg2249.geojson" > layers/police_districts_epsg2249.geojson.gz
gzip -9nc "$source/city_boundary.geojson" > layers/city_boundary.geojson.gz
gzip -9nc "$source/streets_osm.geojson" > layers/streets_osm.geojson.gz
install -m 0644 "$source/hydrants.csv" layers/hydrants.csv

# ---- unit grids with codes: neighbourhood (2) + ward and precinct (4) + serial (3) ----
# Each block belongs to the neighbourhood and the precinct of its largest share (the nearest
# one where it touches none); serials run from north to south, then west to east.
db="$work/blocks.gpkg"
ogr2ogr -q -f GPKG "$db" "$source/unit_grid_blocks.gpkg" blocks -nln blocks
ogr2ogr -q -update "$db" "$source/neighborhoods.geojson" -nln hood -t_srs EPSG:26986 \
    -makevalid -nlt MULTIPOLYGON
ogr2ogr -q -update "$db" "$source/precincts_epsg2249.geojson" -nln precinct -s_srs EPSG:2249 \
    -t_srs EPSG:26986 -makevalid -nlt MULTIPOLYGON
share() { # layer, column: gid and code of the largest share
    ogr2ogr -q -f CSV /vsistdout/ "$db" -dialect sqlite -sql "
        SELECT b.gid AS gid, a.$2 AS code,
               ST_Area(ST_Intersection(b.geom, a.geom)) AS share, 0 AS distance
        FROM blocks b JOIN $1 a ON ST_Intersects(b.geom, a.geom)
        UNION ALL
        SELECT b.gid, a.$2, 0, ST_Distance(b.geom, a.geom) FROM blocks b, $1 a
        WHERE b.gid NOT IN (SELECT b2.gid FROM blocks b2 JOIN $1 a2 ON ST_Intersects(b2.geom, a2.geom))"
}
share hood Neighborhood_ID > "$work/hood.csv"
share precinct WARD_PRECINCT > "$work/precinct.csv"
ogr2ogr -q -f CSV "$work/middle.csv" "$db" -dialect sqlite -sql \
    "SELECT gid, ST_X(ST_Centroid(geom)) AS x, ST_Y(ST_Centroid(geom)) AS y FROM blocks"
sqlite3 "$work/codes.db" <<SQL
.mode csv
.import '$work/hood.csv' hood
.import '$work/precinct.csv' precinct
.import '$work/middle.csv' middle
CREATE TABLE best AS
SELECT gid, code, row_number() OVER (PARTITION BY gid ORDER BY CAST(share AS REAL) DESC,
       CAST(distance AS REAL), code) AS place FROM hood;
CREATE TABLE best_precinct AS
SELECT gid, code, row_number() OVER (PARTITION BY gid ORDER BY CAST(share AS REAL) DESC,
       CAST(distance AS REAL), code) AS place FROM precinct;
.headers on
.once '$work/codes.csv'
SELECT CAST(m.gid AS INTEGER) AS gid, prefix || printf('%03d', row_number() OVER (
       PARTITION BY prefix ORDER BY -CAST(CAST(m.y AS REAL) / 50 AS INTEGER), CAST(m.x AS REAL))) AS code
FROM (SELECT middle.gid, x, y, printf('%02d', best.code) || substr(best_precinct.code, 1, 4) AS prefix
      FROM middle JOIN best ON best.gid = middle.gid AND best.place = 1
      JOIN best_precinct ON best_precinct.gid = middle.gid AND best_precinct.place = 1) AS m;
SQL
ogr2ogr -q -update "$db" "$work/codes.csv" -nln codes -oo AUTODETECT_TYPE=NO
rm -f "$work/blocks.geojson"
ogr2ogr -q -f GeoJSON "$work/blocks.geojson" "$db" -dialect sqlite -nln blocks \
    -lco COORDINATE_PRECISION=2 -lco RFC7946=NO -sql "
    SELECT codes.code AS code, blocks.geom AS geometry FROM blocks
    JOIN codes ON CAST(codes.gid AS INTEGER) = blocks.gid ORDER BY codes.code"
gzip -9nc "$work/blocks.geojson" > layers/blocks_epsg26986.geojson.gz
du -ch layers tables replay | tail -1
