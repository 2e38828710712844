#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# The house rules that a grep can check: floors, third-party headers, banned words, licence
# lines, SQL in its place, no step or role of a city named in code.
# Last line "house: N passed, N failed" (one per rule).
set -u
shopt -s lastpipe
passed=0; failed=0
rule() { # rule NAME: problems on standard input
    local found; found=$(cat)
    if [ -z "$found" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $1:"; echo "$found" | head -n 20; fi
}
sources() { git ls-files -- "$@"; }

declare -A floor=([core]=0 [geo]=1 [db]=1 [http]=1 [rules]=2 [city]=3 [account]=4 [media]=4
    [cases]=5 [notify]=6 [document]=6 [backup]=6 [evaluation]=7 [api]=8 [cli]=9)
floors() {
    sources 'src/*/*.[ch]' 'include/gridcase/*/*.h' | while read -r file; do
        own=$(echo "$file" | sed -E 's#^(src|include/gridcase)/([^/]+)/.*#\2#')
        grep -noE '#include <gridcase/[a-z]+/' "$file" | while IFS=: read -r line include; do
            other=$(echo "$include" | sed -E 's#.*gridcase/([a-z]+)/#\1#')
            [ "$own" = "$other" ] && continue
            if [ -z "${floor[$other]:-}" ] || [ -z "${floor[$own]:-}" ]; then
                echo "$file:$line: unknown floor $other"
            elif [ "${floor[$other]}" -gt "${floor[$own]}" ]; then
                echo "$file:$line: $own reaches up to $other"
            elif [ "${floor[$other]}" -eq "${floor[$own]}" ] && [ "$own" != cases ]; then
                echo "$file:$line: $own and $other are neighbours that do not know each other"
            elif [ "$own" = rules ] && [ "$other" != core ]; then
                echo "$file:$line: rules knows only core"
            fi
        done
    done
}
floors | rule "floors never reach up"

third_party() { # header pattern, folders that may include it
    sources 'src/*/*.[ch]' 'include/gridcase/*/*.h' | grep -vE "$2" |
        xargs -r grep -nE "#include <($1)" /dev/null
}
third_party 'sqlite3|spatialite|libpq-fe' '^src/db/' | rule "database headers only in src/db"
third_party 'gdal|ogr_|cpl_|geos_c|proj\.h' '^src/geo/' | rule "geo headers only in src/geo"
third_party 'microhttpd' '^src/http/' | rule "microhttpd only in src/http"
third_party 'jansson|argon2' '^src/core/' | rule "jansson, argon2 only in src/core"
third_party 'gnutls' '^src/(core|http)/' | rule "gnutls only in src/core, and for TLS in src/http"
third_party 'zlib\.h' '^src/(core|http|geo|media)/' | rule "zlib only in src/core, src/http, src/geo and src/media"
third_party 'glib' '^src/rules/' | rule "glib only in src/rules"
third_party 'turbojpeg|png\.h|jpeglib' '^src/(media|geo)/' | rule "image headers only in src/media and src/geo"
third_party 'xlsxwriter' '^src/document/' | rule "workbook headers only in src/document"
third_party 'pango|cairo|fontconfig' '^src/document/' | rule "page headers only in src/document"
third_party 'curl' '^src/notify/' | rule "curl headers only in src/notify"

banned='\b(strcpy|strcat|sprintf|strtok|atoi|atol|strtod|gmtime|localtime|rand|system|popen|setlocale|gets)\('
sources 'src/*/*.[ch]' 'include/gridcase/*/*.h' | xargs -r grep -nE "$banned" /dev/null | rule "banned functions"
sources 'src/*/*.c' | xargs -r grep -nE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) ' /dev/null |
    rule "no SQL text in C"
sources '*.c' '*.h' '*.sql' '*.ts' '*.tsx' '*.mjs' '*.sh' '*.awk' \
    '*.pl' '*.css' '*.html' '*.ini' '*.service' 'man/*.[1-8]' Makefile .ci/run | while read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MPL-2.0' || echo "$file"
done | rule "licence line in each source"
sources 'include/gridcase/*/*.h' | while read -r file; do
    grep -q '^#pragma once' "$file" || echo "$file: no #pragma once"
done | rule "headers guard themselves"
git grep -nIE '/(work|farm|root)/' -- . ':!web/package-lock.json' ':!tools/lint_house.sh' | rule "no path of a developer's machine"
git ls-files | grep -E '(^|/)(gmon\.out|core|a\.out|node_modules|build[^/]*)(/|$)|\.(o|a|gcda|gcno|db|db-wal)$' | grep -vE '^(src|include/gridcase)/core(/|$)' | rule "no build output is tracked"
git grep -nIE '"resolved": *"https?:' -- '*/package-lock.json' | rule "lock files name no registry"

# Steps and actions of the shipped processes: no C file and no page may name one. Codes that
# are also words of the fixed vocabulary (gridcase process words) mean that there; they, like
# all others, are never compared with a step or an action. The files left out are tables of
# commands, routes and metrics, which have names of their own.
words=$(sources src/rules/process_words.c src/rules/process_vocabulary.c | xargs grep -ohE '"[a-z_]+"' | tr -d '"' | sort -u)
codes=$(sources 'grids/*/process/*.csv' 'fixtures/*/process/*.csv' | grep -E '/(steps|actions)\.csv$' |
    xargs -r -n 1 awk -F, 'FNR > 1 {print $1}' | sort -u)
own=$(comm -23 <(echo "$codes") <(echo "$words") | grep -vx where | tr '\n' '|' | sed 's/|$//')
[ -n "$own" ] || echo "no code of a step or an action was found to look for" | rule "codes of processes"
sources 'src/*/*.c' 'web/*.ts' 'web/*.tsx' |
    grep -vE '/tests/|^src/cli/|^src/api/(metrics|route_table)\.c$|^src/account/command\.c$|^web/console/people/commands\.ts$' |
    xargs -r grep -nE "[\"'\`]($own)[\"'\`]" /dev/null | rule "no step or action of a city named in code"
{
    sources 'src/*/*.c' | xargs -r grep -nE 'strcmp\([^",]*(step|action)(_from|_to)?(->code|\.code)?, *"' /dev/null |
        grep -vF '"open") == 0)' # a word that no step may have
    sources 'web/*.ts' 'web/*.tsx' | grep -v '/tests/' |
        xargs -r grep -nE "\b(step|action)(\??\.code)? *[!=]==? *['\"\`]" /dev/null
} | rule "no step or action compared with a name"
roles='collector|acceptor|shift_leader|dispatcher|inspector|manager|administrator'
sources 'src/*/*.c' 'web/*.ts' 'web/*.tsx' |
    grep -vE '/tests/|^src/account/actor\.c$|^src/rules/process_words\.c$' |
    xargs -r grep -nE "[\"'\`]($roles)[\"'\`]" /dev/null | rule "roles named in their two tables alone"
sources '*.c' '*.h' '*.mjs' '*.ts' '*.tsx' '*.sh' | xargs -r wc -l |
    awk '$2 != "total" && $1 > 700 {print $2 ": " $1 " lines"}' | rule "files stay below 700 lines"
# A function's braces stand in column 0 (clang-format sees to that).
sources '*.c' '*.h' | xargs -r awk '
    FNR == 1 {open = 0}
    /^[A-Za-z_].*\(/ && !open {head = $0}
    /^\{/ {open = FNR}
    /^\}/ {if (open && FNR - open - 1 > 60) print FILENAME ":" open ": " FNR - open - 1 " lines: " head; open = 0}
' | rule "functions stay below 60 lines"
# Families of commands as src/cli/main.c lists them, sections and tables as the loader does.
sources 'src/cli/*.c' | xargs -r sed -nE 's/^    \{"([a-z]+)", (NULL|"[a-z]+"),.*/\1/p; s/^    \{"([a-z]+)", (NULL|"[a-z]+")?,?$/\1/p' |
    sort -u | while read -r family; do
    [ -f "man/gridcase-$family.1" ] || echo "no man/gridcase-$family.1"
done | rule "a manual page for each family of commands"
sed -nE 's/^    \{ERROR_[A-Z_]+, [0-9]+, ([0-9]+),.*/\1/p' src/core/error.c | while read -r status; do
    grep -q "^\.It $status\$" man/gridcase.1 || echo "man/gridcase.1 does not tell exit status $status"
done | rule "the manual tells every exit status"
sed -nE 's/^\[table ([a-z_]+)\].*/\1/p' $(git ls-files 'grids/*/city.ini' 'fixtures/*/city.ini') |
    sort -u | while read -r table; do
    git ls-files -- 'man/*.5' | xargs -r grep -qw "$table" ||
        echo "no manual page in section 5 describes table $table"
done | rule "a manual page for each table"
# shellcheck disable=SC2046
perl tools/codes.pl $(sources 'src/*/*.c') | diff man/gridcase-codes.7 - |
    rule "every stable code stands in the manual (make codes)"
echo "house: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
