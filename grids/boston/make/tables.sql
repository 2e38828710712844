-- SPDX-License-Identifier: MPL-2.0
-- Makes Boston's departments, classes, limits and routing out of the city's own record of
-- service requests. Run by make.sh with the sqlite3 shell; r15 and r11 are the records of
-- 2015 and 2011, rule the deadline rules of 2011.

-- ---- codes: small letters, digits and underscores ----
CREATE TABLE text_in AS
SELECT DISTINCT trim(type) AS text FROM (SELECT type FROM r15 UNION SELECT type FROM r11)
UNION SELECT DISTINCT trim(queue) FROM (SELECT queue FROM r15 UNION SELECT queue FROM r11)
UNION SELECT DISTINCT trim(reason) FROM (SELECT reason FROM r15 UNION SELECT reason FROM r11)
UNION SELECT DISTINCT trim(department) FROM (SELECT department FROM r15 UNION SELECT department FROM r11);
CREATE TABLE slug AS
WITH RECURSIVE step (text, rest, made) AS (
    SELECT text, lower(text), '' FROM text_in
    UNION ALL
    SELECT text, substr(rest, 2),
           CASE WHEN substr(rest, 1, 1) BETWEEN 'a' AND 'z' OR substr(rest, 1, 1) BETWEEN '0' AND '9'
                THEN made || substr(rest, 1, 1)
                WHEN made = '' OR made LIKE '%\_' ESCAPE '\' THEN made
                ELSE made || '_' END
    FROM step WHERE rest <> '')
SELECT text, substr(rtrim(made, '_'), 1, 60) AS code FROM step WHERE rest = '';
CREATE INDEX slug_text ON slug (text);

CREATE TABLE record AS
SELECT trim(type) AS type, trim(reason) AS reason, trim(queue) AS queue,
       trim(department) AS department, replace(police_district, '-', '') AS police, 2015 AS year,
       julianday(substr(open_dt, 7, 4) || '-' || substr(open_dt, 1, 2) || '-' || substr(open_dt, 4, 2)) AS open_day,
       CASE WHEN target_dt <> '' THEN
       julianday(substr(target_dt, 7, 4) || '-' || substr(target_dt, 1, 2) || '-' || substr(target_dt, 4, 2)) END AS target_day
FROM r15
UNION ALL
SELECT trim(type), trim(reason), trim(queue), trim(department), police_district, 2011,
       julianday(substr(open_dt, 1, 10)),
       CASE WHEN target_dt <> '' THEN julianday(substr(target_dt, 1, 10)) END
FROM r11
WHERE trim(type) NOT IN (SELECT trim(type) FROM r15);
DELETE FROM record WHERE type = '';
CREATE INDEX record_type ON record (type);

-- ---- departments: the 17 codes of the record, their queues below them ----
CREATE TABLE department_name (code TEXT PRIMARY KEY, name_en TEXT, name_zh TEXT);
INSERT INTO department_name VALUES
    ('PWDx', 'Public Works Department', '公共工程局'),
    ('ISD', 'Inspectional Services Department', '检查服务局'),
    ('BTDT', 'Boston Transportation Department', '交通局'),
    ('INFO', 'Mayor''s 24 Hour Hotline', '市长热线'),
    ('PARK', 'Parks and Recreation Department', '公园与游憩局'),
    ('PROP', 'Property Management', '物业管理局'),
    ('HS_O', 'Civil Rights', '民权办公室'),
    ('BWSC', 'Boston Water and Sewer Commission', '供排水委员会'),
    ('DISB', 'Disability Department', '残障事务部'),
    ('ANML', 'Animal Control', '动物管理处'),
    ('GEN_', 'General requests', '综合事务'),
    ('HS_Y', 'Youthline', '青年热线'),
    ('CHT_', 'City Hall Truck', '流动市政车'),
    ('BPS_', 'Boston Public Schools', '公立学校'),
    ('HS_V', 'Veterans'' Services', '退伍军人服务处'),
    ('HS_D', 'Human Services', '人力服务部'),
    ('No Q', 'No queue', '未分队列');
CREATE TABLE queue AS
SELECT queue, department, n, row_number() OVER (PARTITION BY queue ORDER BY n DESC, department) AS place
FROM (SELECT queue, department, count(*) AS n FROM record GROUP BY queue, department);
DELETE FROM queue WHERE place > 1 OR queue = '';
CREATE TABLE department AS
SELECT 0 AS rank, 'boston' AS code, '' AS parent, 'centre' AS kind,
       'City of Boston' AS name_en, '波士顿市' AS name_zh
UNION ALL
SELECT 1, replace(d.department, ' ', ''), 'boston', 'department',
       coalesce(name_en, d.department), coalesce(name_zh, '')
FROM (SELECT DISTINCT department FROM record WHERE department <> '') AS d
LEFT JOIN department_name ON department_name.code = d.department
UNION ALL
SELECT 1, 'survey', 'boston', 'company', 'Street Survey Company (made up)',
       '街面调查公司（虚构）'
UNION ALL
SELECT 2, 'q_' || slug.code, replace(queue.department, ' ', ''), 'queue', queue.queue, ''
FROM queue JOIN slug ON slug.text = queue.queue;
.headers on
.mode csv
.once tables/departments.csv
SELECT code, parent, kind, name_en, name_zh FROM department ORDER BY rank, parent, code;

-- ---- classes: types, with the reason they mostly come under as major class ----
CREATE TABLE type AS
SELECT record.type, slug.code, count(*) AS n, min(year) AS year,
       (SELECT r.reason FROM record AS r WHERE r.type = record.type
        GROUP BY r.reason ORDER BY count(*) DESC, r.reason LIMIT 1) AS reason
FROM record JOIN slug ON slug.text = record.type GROUP BY record.type;
.once tables/classes.csv
SELECT type.code AS code, 'service' AS kind, slug.code AS major, type.reason AS major_name_en,
       type.type AS name_en,
       CASE WHEN type.type LIKE '%internal%' THEN 'no' ELSE 'yes' END AS public,
       n || ' cases in the record of ' || year AS note
FROM type LEFT JOIN slug ON slug.text = type.reason ORDER BY type.code;

-- ---- limits ----
-- 1. A rule of 2011 that the record of that year proves. 2. Otherwise, where at least half of
-- the cases have a target: the median of target date minus opening date in calendar days.
-- 3. Otherwise no limit. Column basis says which, and the figures.
CREATE TABLE spread AS
SELECT type, count(*) AS n, count(target_day) AS targets FROM record GROUP BY type;
CREATE TABLE ordered AS
SELECT type, target_day - open_day AS days,
       row_number() OVER (PARTITION BY type ORDER BY target_day - open_day) AS place,
       count(*) OVER (PARTITION BY type) AS n
FROM record WHERE target_day >= open_day;
CREATE TABLE median AS
SELECT type, n, max(CASE WHEN place = (n + 1) / 2 THEN days END) AS middle,
       max(CASE WHEN place = (n + 3) / 4 THEN days END) AS low,
       max(CASE WHEN place = (3 * n + 1) / 4 THEN days END) AS high
FROM ordered GROUP BY type;
CREATE TABLE limit_row AS
SELECT type.code AS condition,
       CASE WHEN rule.type IS NOT NULL THEN rule.n
            WHEN median.type IS NOT NULL AND spread.targets * 2 >= spread.n AND spread.targets >= 3
            THEN max(1, CAST(median.middle AS INTEGER)) ELSE 'none' END AS "limit",
       CASE WHEN rule.type IS NOT NULL THEN rule.unit
            WHEN median.type IS NOT NULL AND spread.targets * 2 >= spread.n AND spread.targets >= 3
            THEN 'calendar_day' ELSE 'none' END AS unit,
       CASE WHEN rule.type IS NOT NULL
            THEN 'rule of 2011: ' || rule.within_30s || ' of ' || rule.cases_with_target || ' targets to within 30 s'
            WHEN median.type IS NOT NULL AND spread.targets * 2 >= spread.n AND spread.targets >= 3
            THEN 'median of ' || spread.targets || ' targets; half of them ' ||
                 CAST(median.low AS INTEGER) || ' to ' || CAST(median.high AS INTEGER) || ' days'
            ELSE spread.targets || ' of ' || spread.n || ' cases have a target' || CASE WHEN spread.targets * 2 >= spread.n AND spread.targets > 0 THEN ': too few' ELSE '' END END AS note
FROM type JOIN spread ON spread.type = type.type
LEFT JOIN median ON median.type = type.type
LEFT JOIN rule ON rule.type = type.type;
.once tables/limits.csv
SELECT * FROM limit_row ORDER BY condition;

-- ---- routing: the queue that mostly got a type, by police district where that says more ----
CREATE TABLE by_type AS
SELECT type, queue, n, sum(n) OVER (PARTITION BY type) AS total,
       row_number() OVER (PARTITION BY type ORDER BY n DESC, queue) AS place
FROM (SELECT type, queue, count(*) AS n FROM record WHERE queue <> '' GROUP BY type, queue);
CREATE TABLE by_place AS
SELECT type, police, queue, n, sum(n) OVER (PARTITION BY type, police) AS total,
       row_number() OVER (PARTITION BY type, police ORDER BY n DESC, queue) AS place
FROM (SELECT type, police, queue, count(*) AS n FROM record
      WHERE queue <> '' AND police <> '' GROUP BY type, police, queue);
CREATE TABLE worth AS -- types whose queue hangs on the place
SELECT by_place.type FROM by_place JOIN by_type ON by_type.type = by_place.type AND by_type.place = 1
WHERE by_place.place = 1
GROUP BY by_place.type
HAVING sum(by_place.total) >= 100
   AND sum(by_place.n) * 1.0 / sum(by_place.total) >= max(by_type.n) * 1.0 / max(by_type.total) + 0.1;
CREATE TABLE routing AS
SELECT type.code AS class, 'police_district' AS level, by_place.police AS area,
       'q_' || slug.code AS department,
       CAST(round(100.0 * by_place.n / by_place.total) AS INTEGER) || ' % of ' || by_place.total || ' cases there' AS name
FROM by_place JOIN worth ON worth.type = by_place.type JOIN type ON type.type = by_place.type
JOIN by_type ON by_type.type = by_place.type AND by_type.place = 1
JOIN slug ON slug.text = by_place.queue
WHERE by_place.place = 1 AND by_place.total >= 10 AND by_place.queue <> by_type.queue
UNION ALL
SELECT type.code, '', '', 'q_' || slug.code,
       CAST(round(100.0 * by_type.n / by_type.total) AS INTEGER) || ' % of ' || by_type.total || ' cases'
FROM by_type JOIN type ON type.type = by_type.type JOIN slug ON slug.text = by_type.queue
WHERE by_type.place = 1;
INSERT INTO routing
SELECT code, '', '', '@manual', 'no queue in the record' FROM type
WHERE code NOT IN (SELECT class FROM routing);
.once tables/routing.csv
SELECT class, level, area, department, name FROM routing ORDER BY class, level = '', area;

-- ---- public holidays of Massachusetts, with Suffolk County's two ----
CREATE TABLE holiday AS
WITH RECURSIVE year (y) AS (SELECT 2010 UNION ALL SELECT y + 1 FROM year WHERE y < 2030)
SELECT y, y || '-01-01' AS day, 'New Year''s Day' AS name_en, '元旦' AS name_zh FROM year
UNION ALL SELECT y, date(y || '-01-01', 'weekday 1', '+14 days'), 'Martin Luther King Day', '马丁·路德·金纪念日' FROM year
UNION ALL SELECT y, date(y || '-02-01', 'weekday 1', '+14 days'), 'Presidents'' Day', '总统日' FROM year
UNION ALL SELECT y, y || '-03-17', 'Evacuation Day', '撤离日' FROM year
UNION ALL SELECT y, date(y || '-04-01', 'weekday 1', '+14 days'), 'Patriots'' Day', '爱国者日' FROM year
UNION ALL SELECT y, date(y || '-06-01', 'weekday 1', '-7 days'), 'Memorial Day', '阵亡将士纪念日' FROM year
UNION ALL SELECT y, y || '-06-17', 'Bunker Hill Day', '邦克山日' FROM year
UNION ALL SELECT y, y || '-06-19', 'Juneteenth', '六月节' FROM year WHERE y >= 2021
UNION ALL SELECT y, y || '-07-04', 'Independence Day', '独立日' FROM year
UNION ALL SELECT y, date(y || '-09-01', 'weekday 1'), 'Labor Day', '劳动节' FROM year
UNION ALL SELECT y, date(y || '-10-01', 'weekday 1', '+7 days'), 'Columbus Day', '哥伦布日' FROM year
UNION ALL SELECT y, y || '-11-11', 'Veterans Day', '退伍军人节' FROM year
UNION ALL SELECT y, date(y || '-11-01', 'weekday 4', '+21 days'), 'Thanksgiving', '感恩节' FROM year
UNION ALL SELECT y, y || '-12-25', 'Christmas Day', '圣诞节' FROM year;
.once tables/calendar_days.csv
SELECT CASE strftime('%w', day) WHEN '0' THEN date(day, '+1 day') ELSE day END AS date,
       'holiday' AS kind, min(name_en) AS name_en, min(name_zh) AS name_zh
FROM holiday GROUP BY 1 ORDER BY 1;

-- ---- a cut of the record for the demo ----
CREATE TABLE cut AS
SELECT substr(OPEN_DT, 7, 4) || substr(OPEN_DT, 1, 2) || substr(OPEN_DT, 4, 2) AS day, r15.*
FROM r15;
.once replay/record.csv
SELECT CASE_ENQUIRY_ID AS id, OPEN_DT AS opened, TARGET_DT AS target, CLOSED_DT AS closed, TYPE AS type,
       QUEUE AS queue, Department AS department, Source AS source, trim(CASE_TITLE) AS title,
       substr(CLOSURE_REASON, 1, 120) AS reason, trim(replace(Location, '  ', ' ')) AS location,
       LONGITUDE AS lon, LATITUDE AS lat
FROM cut WHERE day BETWEEN '20150801' AND '20150930' ORDER BY CASE_ENQUIRY_ID;
