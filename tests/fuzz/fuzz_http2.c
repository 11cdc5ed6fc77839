/* A session of HTTP/2 with a hostile server: the first byte is the length of a piece, the rest is what the server says. Every stream
 * ends at most once, and what is told of it lies within its bytes. */
#include "load/modules/http2_session.h"

#include "fuzz.h"

enum { STREAMS = 3, HEAD_MAX = 4096, BODY_MAX = 4096, OUT_MAX = 1 << 20 };

typedef struct talk {
  void *session;
  pl_buf out;
  pl_http2_stream streams[STREAMS];
  uint64_t first_byte_ns;
  int ends[STREAMS];
} talk;

static int give_body(pl_http2_stream *s, char *out, size_t n, bool *last)
{
  (void)s;
  memset(out, 'x', n);
  *last = n < 100;
  return (int)n;
}

static void begin(talk *t)
{
  for (int i = 0; i < STREAMS; i++) {
    pl_http2_stream *s = &t->streams[i];
    *s = (pl_http2_stream){.header_max = HEAD_MAX, .body_max = BODY_MAX, .want_body = i != 1, .first_byte_ns = &t->first_byte_ns,
                           .body = i == 2 ? give_body : NULL};
    pl_buf_init(&s->in, &pl_alloc_default, HEAD_MAX + BODY_MAX);
    FUZZ_EXPECT(pl_http2_request(t->session, s, PL_STR("http"), PL_STR("POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"), &t->out) == 0);
  }
}

static void take_ends(talk *t)
{
  for (pl_http2_stream *s; (s = pl_http2_over(t->session)) != NULL;) {
    FUZZ_EXPECT(s->end != PL_HTTP2_OPEN && t->ends[s - t->streams]++ == 0);
    FUZZ_EXPECT(s->head_len <= s->in.len && s->in.len <= HEAD_MAX + BODY_MAX);
    FUZZ_EXPECT(s->end != PL_HTTP2_COMPLETE || (s->head_len && s->status >= 200 && s->status <= 999));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  size_t piece = (size_t)fuzz_byte(&in) + 1;
  talk t = {0};
  void *context;
  FUZZ_EXPECT(pl_http2_context_new(&pl_alloc_default, &context) == 0);
  FUZZ_EXPECT(pl_http2_open(context, &t.session) == 0);
  pl_buf_init(&t.out, &pl_alloc_default, OUT_MAX);
  begin(&t);
  for (int code = 0; in.len && !code; pl_buf_clear(&t.out)) {
    size_t n = in.len < piece ? in.len : piece;
    code = pl_http2_receive(t.session, (const char *)in.data, n, 1);
    in.data += n;
    in.len -= n;
    if (!code)
      code = pl_http2_send(t.session, &t.out, OUT_MAX / 2);
    take_ends(&t);
  }
  if (!t.ends[0])
    pl_http2_drop(t.session, &t.streams[0]);
  pl_http2_close(t.session);
  pl_http2_context_free(context);
  pl_buf_fini(&t.out);
  for (int i = 0; i < STREAMS; i++)
    pl_buf_fini(&t.streams[i].in);
  return 0;
}
