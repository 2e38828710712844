#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Unit programs under valgrind's memcheck: valgrind.sh BUILD PROGRAM...
# Our own leaks and errors fail; tools/valgrind.supp names what is not ours.
set -eu
build=$1; shift
export GRIDCASE_WRAPPER="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --suppressions=tools/valgrind.supp"
exec tools/run_units.sh "$build" "$@"
