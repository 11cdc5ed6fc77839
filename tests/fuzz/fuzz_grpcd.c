/* A hostile client of gRPC's server: its bytes in pieces, behind what every client says first. Requests are answered at once, later or never, as
 * their first byte says; whatever comes, the messages that are counted are those that are there. */
#include "net/modules/grpcd_session.h"

#include "fuzz.h"

enum { BODY_MAX = 1000, PIECE = 1 << 16, LATER = 8 };

typedef struct told {
  pl_http_request *waiting[LATER];
  size_t n;
  size_t bytes;
} told;

static unsigned on_begin(void *user, pl_http_request *r)
{
  (void)user;
  return pl_str_eqc(r->path, "/no") ? 404 : 0;
}

static void on_request(void *user, pl_http_request *r)
{
  told *t = user;
  FUZZ_EXPECT(r->body.len <= BODY_MAX);
  for (size_t i = 0; i < r->body.len; i++)
    t->bytes += (unsigned char)r->body.data[i] != 0;
  t->bytes += pl_grpcd_header(r, "Content-Encoding").len;
  if (r->body.len && r->body.data[0] == 'l' && t->n < LATER)
    t->waiting[t->n++] = r;
  else if (!r->body.len || r->body.data[0] != 'n')
    pl_grpcd_answer(r, &(pl_http_answer){.status = r->body.len && r->body.data[0] == 'e' ? 400 : 200, .body = r->body.len < 100 ? r->body : (pl_str){"", 0}});
}

static void on_refused(void *user, unsigned status)
{
  (void)user;
  FUZZ_EXPECT(status == 400 || status == 413 || status == 415 || status == 503);
}

static void serve(pl_grpcd_session *s, fuzz_input *in, pl_buf *out)
{
  static const char first[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
  int code = pl_grpcd_session_take(s, (pl_str){first, sizeof first - 1});
  FUZZ_EXPECT(code == PL_OK);
  while (!code && in->len) {
    size_t most = fuzz_byte(in), n = in->len < most + 1 ? in->len : most + 1;
    code = pl_grpcd_session_take(s, (pl_str){(const char *)in->data, n});
    in->data += n;
    in->len -= n;
    pl_buf_clear(out);
    FUZZ_EXPECT(pl_grpcd_session_give(s, out, PIECE) == PL_OK);
    if (pl_grpcd_session_over(s))
      return;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  told t = {.n = 0};
  pl_grpcd server = {.o = {.alloc = &pl_alloc_default, .body_max = BODY_MAX, .bodies_max = 3 * BODY_MAX, .begin = on_begin, .request = on_request,
                           .refused = on_refused, .user = &t}};
  pl_grpcd_session *s;
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, PIECE * 4);
  FUZZ_EXPECT(pl_grpcd_session_new(&server, &s) == PL_OK);
  serve(s, &in, &out);
  if (t.n)
    pl_grpcd_answer(t.waiting[0], &(pl_http_answer){.status = 200});
  FUZZ_EXPECT(server.bodies <= server.o.bodies_max);
  pl_grpcd_session_free(s);
  for (size_t i = 1; i < t.n; i++)
    pl_grpcd_answer(t.waiting[i], &(pl_http_answer){.status = 503});
  pl_grpcd_fini(&server);
  FUZZ_EXPECT(server.bodies == 0);
  pl_buf_fini(&out);
  return 0;
}
