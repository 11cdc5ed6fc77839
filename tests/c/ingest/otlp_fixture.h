/* Sends messages of OTLP, written as JSON, to the function that takes them. */
#ifndef TEST_OTLP_FIXTURE_H
#define TEST_OTLP_FIXTURE_H

#include "format/deflate.h"
#include "format/otlp.h"
#include "ingest/message.h"
#include "support/failing.h"

/* At 99 ns since 1970: as JSON or as protobuf, in gzip or not. */
static inline pl_reply otlp_sent(pl_intake *in, pl_message_fn take, enum pl_otlp_signal signal, const char *text, bool json, bool gzip)
{
  pl_buf wire, packed, scratch, spare;
  pl_buf *const all[] = {&wire, &packed, &scratch, &spare};
  pl_reply reply = {.status = 0};
  pl_str body = pl_str_of(text);
  for (size_t i = 0; i < 4; i++)
    pl_buf_init(all[i], &pl_alloc_default, 1 << 16);
  if (!json) {
    pl_otlp_faults faults;
    assert_int_equal(pl_otlp_from_json(&pl_alloc_default, signal, body, &wire, &faults, NULL), 0);
    body = (pl_str){wire.data, wire.len};
  }
  if (gzip) {
    assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, body, &packed), 0);
    body = (pl_str){packed.data, packed.len};
  }
  pl_message m = {.body = body, .type = json ? PL_STR("application/json; charset=utf-8") : PL_STR("application/x-protobuf"),
                  .encoding = gzip ? PL_STR("gzip") : PL_STR(""), .now_ns = 99, .scratch = &scratch, .spare = &spare};
  take(in, &m, &reply);
  for (size_t i = 0; i < 4; i++)
    pl_buf_fini(all[i]);
  return reply;
}

#endif
