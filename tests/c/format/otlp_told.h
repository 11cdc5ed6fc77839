/* What is told of OTLP's messages, as text. */
#ifndef TEST_OTLP_TOLD_H
#define TEST_OTLP_TOLD_H

#include <stdio.h>
#include <string.h>

#include "format/otlp.h"
#include "support/failing.h"

typedef struct fixture {
  pl_buf wire;
  pl_otlp_faults faults; /* of the message of JSON that it is of */
  char told[8192];
  size_t len;
} fixture;

static inline int set_up(void **state)
{
  static fixture f;
  f.len = 0;
  pl_buf_init(&f.wire, &pl_alloc_default, 1 << 20);
  *state = &f;
  return 0;
}

static inline int tear_down(void **state)
{
  pl_buf_fini(&((fixture *)*state)->wire);
  return 0;
}

static void say(fixture *f, const char *format, ...) PL_PRINTF(2, 3);
static void say(fixture *f, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  f->len += (size_t)vsnprintf(f->told + f->len, sizeof f->told - f->len, format, args);
  va_end(args);
}

/* Nothing was told. */
static inline pl_str begin_telling(fixture *f, size_t len)
{
  f->len = 0;
  f->told[0] = '\0';
  return (pl_str){f->wire.data ? f->wire.data : "", len};
}

/* What `read` tells of a JSON message that has become `len` bytes of protobuf; the code of a failure instead. */
static inline const char *told_from(fixture *f, enum pl_otlp_signal signal, const char *json, int (*read)(fixture *f, size_t len))
{
  pl_buf_clear(&f->wire);
  int code = pl_otlp_from_json(&pl_alloc_default, signal, pl_str_of(json), &f->wire, &f->faults, NULL);
  if (!code)
    code = read(f, f->wire.len);
  if (code)
    (void)snprintf(f->told, sizeof f->told, "%d", code);
  return f->told;
}

/* Of the message that was told last nothing is told when its end is missing. */
static inline void only_whole_messages(fixture *f, int (*read)(fixture *f, size_t len))
{
  for (size_t len = 1; len < f->wire.len; len++) {
    assert_int_equal(read(f, len), PL_EPROTO);
    assert_int_equal(f->len, 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
