#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Makes the layers of the model out of the published files: grids/haidian/make/make.sh SOURCE
# where SOURCE holds osm-beijing/ and holidays/ (../README.md names them). Needs the sqlite3
# shell, ogr2ogr (gdal-bin, with SpatiaLite), jq, gzip and gridcase itself. What it writes is
# in the repository: nobody needs to run it to use the model.
set -eu
source=$(cd "$1" && pwd)
gridcase=$(cd "$(dirname "$0")/../../../build" && pwd)/gridcase
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p layers tables
db="$work/work.gpkg"
map="$source/osm-beijing/map.osm"

write_layer() { # name, query: a layer in CGCS2000 / Gauss-Kruger, packed
    rm -f "$work/out.geojson"
    ogr2ogr -q -f GeoJSON "$work/out.geojson" "$db" -dialect sqlite -nln "$1" -a_srs EPSG:4548 \
        -lco COORDINATE_PRECISION=3 -lco RFC7946=NO -sql "$2"
    gzip -9nc "$work/out.geojson" > "layers/$1.geojson.gz"
}

# ---- the blocks, and the communities and streets that make/blocks.csv puts them into ----
ogr2ogr -q -f GPKG "$db" "$source/osm-beijing/unit_grid_blocks.gpkg" blocks -nln blocks
ogr2ogr -q -update "$db" make/blocks.csv -nln place -oo AUTODETECT_TYPE=NO
ogr2ogr -q -update "$db" "$map" lines -nln line -t_srs EPSG:4548 -where "highway IS NOT NULL"
ogr2ogr -q -update "$db" "$map" points -nln point -t_srs EPSG:4548
ogr2ogr -q -update "$db" "$map" multipolygons -nln polygon -t_srs EPSG:4548 -nlt MULTIPOLYGON

write_layer district "
    SELECT '110108' AS code, '海淀区' AS name_zh, 'Haidian District' AS name_en,
           ST_Union(geom) AS geometry FROM blocks"
write_layer streets "
    SELECT place.street AS code, street_zh AS name_zh, street_en AS name_en,
           ST_Union(geom) AS geometry
    FROM blocks JOIN place ON CAST(place.gid AS INTEGER) = blocks.gid GROUP BY street"
write_layer communities "
    SELECT place.community AS code, community_zh AS name_zh, community_en AS name_en,
           CASE WHEN place.street = '110108010' THEN '1' ELSE '2' END AS area_class,
           ST_Union(geom) AS geometry
    FROM blocks JOIN place ON CAST(place.gid AS INTEGER) = blocks.gid GROUP BY community"

# The faces of the street network as they are, to compare with what is cut below.
write_layer blocks "SELECT gid, round(area_m2) AS area_m2, geom AS geometry FROM blocks ORDER BY gid"

# ---- duty grids, crews: whole communities ----
write_layer duty_grids "
    SELECT 'Z' || substr(community, 7, 3) || CASE substr(community, 10, 3)
               WHEN '001' THEN '1' WHEN '002' THEN '1' WHEN '003' THEN '2' WHEN '004' THEN '2'
               ELSE '3' END AS code,
           ST_Union(geom) AS geometry
    FROM blocks JOIN place ON CAST(place.gid AS INTEGER) = blocks.gid GROUP BY 1"
write_layer crews "
    SELECT trade || '_' || side AS code, trade || '_' || side AS department,
           ST_Union(geom) AS geometry
    FROM (SELECT trade, geom, CASE WHEN ST_X(ST_Centroid(geom)) < 444500 THEN 'w' ELSE 'e' END AS side
          FROM blocks, (SELECT 'hw' AS trade UNION ALL SELECT 'yl'))
    GROUP BY 1" # sanitation, greening: neither follows communities

# ---- base map ----
write_layer roads "
    SELECT name, highway AS kind, geom AS geometry FROM line
    WHERE highway IN ('motorway', 'motorway_link', 'primary', 'primary_link', 'secondary',
        'secondary_link', 'tertiary', 'tertiary_link', 'residential', 'living_street',
        'unclassified', 'service', 'footway', 'cycleway', 'path')
      AND ST_Intersects(geom, (SELECT ST_Union(geom) FROM blocks))"
# ---- unit grids: cut out of the communities along the roads ----
for layer in communities roads; do gzip -dc layers/$layer.geojson.gz > "$work/$layer.geojson"; done
"$gridcase" grid make --areas "$work/communities.geojson" --code code --roads "$work/roads.geojson" \
    --crs EPSG:4548 --out "$work/grids.gpkg"
rm -f "$work/out.geojson"
ogr2ogr -q -f GeoJSON "$work/out.geojson" "$work/grids.gpkg" -dialect sqlite -nln unit_grids \
    -a_srs EPSG:4548 -lco COORDINATE_PRECISION=4 -lco RFC7946=NO -sql "
    SELECT code, region, street, community, serial, round(area_m2) AS area_m2, geom AS geometry
    FROM grids ORDER BY code"
gzip -9nc "$work/out.geojson" > layers/unit_grids.geojson.gz

ogr2ogr -q -f CSV "$work/places.csv" "$db" -dialect sqlite -sql "
    SELECT name, kind, printf('%.7f', ST_X(at)) AS lon, printf('%.7f', ST_Y(at)) AS lat
    FROM (SELECT name, CASE WHEN other_tags LIKE '%\"amenity\"=>\"%' THEN 'amenity'
                            WHEN other_tags LIKE '%\"shop\"=>\"%' THEN 'shop'
                            WHEN highway = 'bus_stop' THEN 'bus_stop'
                            ELSE 'place' END AS kind, ST_Transform(geom, 4490) AS at
          FROM point WHERE name IS NOT NULL
          UNION ALL
          SELECT name, COALESCE(amenity, landuse, leisure, building, 'place'),
                 ST_Transform(ST_PointOnSurface(geom), 4490)
          FROM polygon WHERE name IS NOT NULL)
    WHERE lon IS NOT NULL GROUP BY name, kind, lon, lat ORDER BY name, kind"
sed 's/"//g' "$work/places.csv" > layers/places.csv

# ---- components that the map has ----
# Each: class, the map's own things; 16 digits = region, major, minor, serial by map id.
ogr2ogr -q -f CSV "$work/seen.csv" "$db" -dialect sqlite -sql "
    WITH seen (class, osm_id, at) AS (
        SELECT CASE WHEN highway = 'street_lamp' THEN '0137' WHEN highway = 'bus_stop' THEN '0204'
                    WHEN highway = 'traffic_signals' THEN '0214'
                    WHEN other_tags LIKE '%\"amenity\"=>\"toilets\"%' THEN '0301'
                    WHEN other_tags LIKE '%\"power\"=>\"pole\"%' THEN '0130'
                    WHEN other_tags LIKE '%\"amenity\"=>\"bench\"%' THEN '0407'
                    WHEN other_tags LIKE '%\"amenity\"=>\"bicycle_parking\"%' THEN '0225'
                    WHEN other_tags LIKE '%\"amenity\"=>\"parking\"%' THEN '0201' END,
               CAST(osm_id AS INTEGER), geom FROM point
        UNION ALL
        SELECT '0201', CAST(COALESCE(osm_way_id, osm_id) AS INTEGER), ST_PointOnSurface(geom)
        FROM polygon WHERE amenity = 'parking'
        UNION ALL
        SELECT '0403', CAST(COALESCE(osm_way_id, osm_id) AS INTEGER), ST_PointOnSurface(geom)
        FROM polygon WHERE leisure IN ('park', 'garden') OR landuse IN ('grass', 'forest'))
    SELECT '110108' || class || printf('%06d', row_number() OVER (PARTITION BY class ORDER  BY osm_id)) AS code,
           'c' || class AS class, printf('%.3f', ST_Y(at)) AS x, printf('%.3f', ST_X(at)) AS y, osm_id
    FROM seen WHERE class IS NOT NULL AND ST_Intersects(at, (SELECT ST_Union(geom) FROM blocks))
    ORDER BY 1"
# ---- components that no open source has: set along the roads, by rule ----
# A cover every 30 m of road, 2.5 m into the lane, in the turn of eight trades; a litter bin
# every 80 m of the larger roads, 6 m beside the axis.
ogr2ogr -q -f CSV "$work/ruled.csv" "$db" -dialect sqlite -sql "
    WITH RECURSIVE road (id, geom, length, larger) AS (
        SELECT fid, ST_OffsetCurve(geom, 2.5), ST_Length(geom), highway IN ('primary', 'secondary', 'tertiary')
        FROM line WHERE highway IN ('primary', 'secondary', 'tertiary', 'residential',
            'living_street', 'unclassified') AND ST_Length(geom) > 40),
    step (id, geom, length, larger, place) AS (
        SELECT id, geom, length, larger, 15.0 FROM road
        UNION ALL
        SELECT id, geom, length, larger, place + 30 FROM step WHERE place + 30 < length),
    cover (class, id, place, at) AS (
        SELECT CASE row_number() OVER (ORDER  BY id, place) % 8
                   WHEN 0 THEN '0101' WHEN 1 THEN '0102' WHEN 2 THEN '0103' WHEN 3 THEN '0104'
                   WHEN 4 THEN '0105' WHEN 5 THEN '0107' WHEN 6 THEN '0110' ELSE '0111' END,
               id, place, ST_Line_Interpolate_Point(geom, place / length) FROM step),
    bin (class, id, place, at) AS (
        SELECT '0305', id, place, ST_Line_Interpolate_Point(geom, place / length) FROM step
        WHERE larger AND CAST(place / 30 AS INTEGER) % 3 = 1),
    made AS (SELECT * FROM cover UNION ALL SELECT * FROM bin)
    SELECT '110108' || class || printf('%06d', row_number() OVER (PARTITION BY class ORDER  BY id, place)) AS code,
           'c' || class AS class, printf('%.3f', ST_Y(at)) AS x, printf('%.3f', ST_X(at)) AS y, '' AS osm_id
    FROM made WHERE at IS NOT NULL AND ST_Intersects(at, (SELECT ST_Union(geom) FROM blocks))
    ORDER BY 1"

# ---- tables made of others ----
sqlite3 ':memory:' <<SQL
.mode csv
.import '$work/seen.csv' seen
.import '$work/ruled.csv' ruled
.import make/links.csv link
.headers on
.once layers/components_survey.csv
SELECT code AS ObjID, one.class AS class, substr(code, 1, 6) AS region, substr(code, 7, 2) AS major,
       substr(code, 9, 2) AS minor, substr(code, 11) AS serial, x AS X, y AS Y,
       competent AS DeptCode1, owner AS DeptCode2, maintainer AS DeptCode3, 'intact' AS ObjState,
       CASE WHEN osm_id <> '' THEN 'OpenStreetMap ' || osm_id ELSE 'set by rule' END AS DataSource
FROM (SELECT * FROM seen UNION ALL SELECT * FROM ruled) AS one LEFT JOIN link ON link.class = one.class
ORDER BY code;
SQL
jq -r '.days[] | [.date, (if .isOffDay then "holiday" else "workday" end), .name] | @csv' \
    "$source"/holidays/20[0-9][0-9].json | sed 's/"//g' | sort |
    sed -e '1i date,kind,name_zh' > tables/calendar_days.csv
du -ch layers tables | tail -1
