/* A session of HTTP/2 with a hostile server: the first byte is the length of a piece, the rest is what the server says, once in such
 * pieces and once at once. Every stream ends at most once, what is told of it lies within its bytes, and all is the same in both, unless
 * this side resets a stream: RST_STREAM goes with the next send, and what the server says on a stream that it has ended breaks the
 * session before (RFC 9113, section 5.1, half-closed), and is nothing afterwards (closed); or unless it finds a window opened too wide:
 * how far it may be opened depends on how much of a body has gone out before (section 6.9.1). */
#include "load/modules/http2_session.h"

#include "fuzz.h"

enum { STREAMS = 3, HEAD_MAX = 4096, BODY_MAX = 4096, OUT_MAX = 1 << 20 };
enum { AT_ONCE = 8 << 10 }; /* further frames that want an answer would be a flood */

typedef struct talk {
  void *session;
  pl_buf out;
  pl_http2_stream streams[STREAMS];
  uint64_t first_byte_ns;
  int ends[STREAMS];
  bool timing; /* this side has said what depends on when it came to send */
  bool ended; /* the session */
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

/* Whether there is a RST_STREAM among these frames, or a GOAWAY for flow control. */
static bool depends_on_timing(const pl_buf *frames)
{
  enum { HEAD = 9, RST_STREAM = 3, GOAWAY = 7, CODE_AT = HEAD + 7, FLOW_CONTROL_ERROR = 3 };
  const unsigned char *p = (const unsigned char *)frames->data;
  for (size_t at = 0, n; at < frames->len; at += HEAD + n) {
    FUZZ_EXPECT(frames->len - at >= HEAD);
    n = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];
    FUZZ_EXPECT(frames->len - at - HEAD >= n);
    if (p[at + 3] == RST_STREAM || (p[at + 3] == GOAWAY && p[at + CODE_AT] == FLOW_CONTROL_ERROR))
      return true;
  }
  return false;
}

/* Says what the server says, until the session breaks. */
static void converse(talk *t, void *context, fuzz_input in, size_t piece)
{
  *t = (talk){0};
  FUZZ_EXPECT(pl_http2_open(context, &t->session) == 0);
  pl_buf_init(&t->out, &pl_alloc_default, OUT_MAX);
  begin(t);
  for (int code = 0; in.len && !code;) {
    pl_buf_clear(&t->out);
    size_t n = in.len < piece ? in.len : piece;
    code = pl_http2_receive(t->session, (const char *)in.data, n, 1);
    in.data += n;
    in.len -= n;
    if (!code)
      code = pl_http2_send(t->session, &t->out, OUT_MAX / 2);
    take_ends(t);
    t->timing = t->timing || depends_on_timing(&t->out);
    t->ended = code || pl_http2_ended(t->session);
  }
}

static void end(talk *t)
{
  if (!t->ends[0])
    pl_http2_drop(t->session, &t->streams[0]);
  pl_http2_close(t->session);
  pl_buf_fini(&t->out);
  for (int i = 0; i < STREAMS; i++)
    pl_buf_fini(&t->streams[i].in);
}

/* What becomes of a stream; one whose session ended first is broken. */
static enum pl_http2_end fate(const talk *t, int i)
{
  return t->ends[i] ? t->streams[i].end : t->ended ? PL_HTTP2_INVALID : PL_HTTP2_OPEN;
}

/* The same, however the bytes were cut. */
static void compare(const talk *a, const talk *b)
{
  FUZZ_EXPECT(a->ended == b->ended);
  for (int i = 0; i < STREAMS; i++) {
    const pl_http2_stream *x = &a->streams[i], *y = &b->streams[i];
    FUZZ_EXPECT(fate(a, i) == fate(b, i));
    if (fate(a, i) != PL_HTTP2_COMPLETE)
      continue;
    FUZZ_EXPECT(x->status == y->status && x->head_len == y->head_len && x->in.len == y->in.len);
    FUZZ_EXPECT(memcmp(x->in.data, y->in.data, x->in.len) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  size_t piece = (size_t)fuzz_byte(&in) + 1;
  talk pieces, whole;
  void *context;
  FUZZ_EXPECT(pl_http2_context_new(&pl_alloc_default, &context) == 0);
  converse(&pieces, context, in, piece);
  converse(&whole, context, in, AT_ONCE);
  if (!pieces.timing && !whole.timing)
    compare(&pieces, &whole);
  end(&pieces);
  end(&whole);
  pl_http2_context_free(context);
  return 0;
}
