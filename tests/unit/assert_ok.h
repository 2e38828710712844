// SPDX-License-Identifier: MPL-2.0
// A call that must succeed; a struct error named error is in scope, and told when it does
// not. After cmocka.h.
#pragma once

#define assert_ok(call)                                                                    \
    do {                                                                                   \
        int code_ = (call);                                                                \
        if (code_ < 0)                                                                     \
            fail_msg("%s: %d %s: %s", #call, code_, error.slug, error.message);            \
    } while (0)
