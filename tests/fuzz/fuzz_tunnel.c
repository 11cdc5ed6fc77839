/* A proxy's answer to CONNECT, over a socket: the tunnel stands when a good head has come and nothing behind it, whatever the pieces;
 * else it fails with a reason. The first byte is the length of a piece. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/http1.h"
#include "load/tunnel.h"

#include "fuzz.h"

enum { HEAD_MAX = 16 << 10 };

/* What becomes of the tunnel, by HTTP's parser alone. */
static enum pl_tunnel_progress expected(pl_str all, size_t piece)
{
  pl_http1_head head;
  const char *why;
  for (size_t seen = 0; seen < all.len;) {
    seen += piece < all.len - seen ? piece : all.len - seen;
    int code = seen > HEAD_MAX ? -1 : pl_http1_parse((pl_str){all.data, seen}, false, &head, &why);
    if (code < 0)
      return PL_TUNNEL_FAILED;
    if (code > 0)
      return head.status / 100 == 2 && head.len == seen ? PL_TUNNEL_STANDS : PL_TUNNEL_FAILED;
  }
  return PL_TUNNEL_FAILED; /* the proxy has closed */
}

static enum pl_tunnel_progress go(pl_tunnel *t, int ends[2], pl_str all, size_t piece)
{
  char why[96] = "";
  enum pl_tunnel_progress progress = pl_tunnel_step(t, ends[0], why);
  for (size_t at = 0; progress == PL_TUNNEL_READS && at < all.len;) {
    ssize_t n = send(ends[1], all.data + at, piece < all.len - at ? piece : all.len - at, 0);
    FUZZ_EXPECT(n > 0);
    at += (size_t)n;
    progress = pl_tunnel_step(t, ends[0], why);
  }
  if (progress == PL_TUNNEL_READS) {
    (void)shutdown(ends[1], SHUT_WR);
    progress = pl_tunnel_step(t, ends[0], why);
  }
  FUZZ_EXPECT((progress == PL_TUNNEL_FAILED) == (why[0] != '\0'));
  return progress;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const pl_proxy proxy;
  fuzz_input in = {data, len};
  size_t piece = (size_t)fuzz_byte(&in) + 1;
  pl_str all = fuzz_rest(&in);
  int ends[2];
  if (all.len > 2 * HEAD_MAX)
    return 0;
  FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  pl_tunnel *t = pl_tunnel_new(&pl_alloc_default, &proxy, PL_STR("h"), 1);
  FUZZ_EXPECT(t && go(t, ends, all, piece) == expected(all, piece));
  pl_tunnel_free(t);
  close(ends[0]);
  close(ends[1]);
  return 0;
}
