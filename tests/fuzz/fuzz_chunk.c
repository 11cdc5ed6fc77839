/* Chunked bodies: the same bytes in one piece and in pieces give the same body, and an error in both or in none. The first byte is the
 * length of a piece. */
#include "load/http1_chunk.h"

#include "fuzz.h"

/* Decodes all of data in pieces; the body is at its front then. Returns the decoder's last word. */
static int decode(char *data, size_t len, size_t piece, size_t *body)
{
  pl_chunk c = {0};
  const char *why = NULL;
  int code = 0;
  size_t at = 0;
  *body = 0;
  while (at < len && code == 0) {
    size_t n = len - at < piece ? len - at : piece, used = 0, decoded = 0;
    code = pl_chunk_decode(&c, data + at, n, &used, &decoded, &why);
    FUZZ_EXPECT(code >= 0 || why);
    if (code < 0)
      break;
    FUZZ_EXPECT(decoded <= used && used <= n && (code == 1 || used == n));
    memmove(data + *body, data + at, decoded);
    *body += decoded;
    at += used;
  }
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  size_t piece = (size_t)data[0] + 1, whole_body, body;
  char *whole = malloc(len - 1), *pieces = malloc(len - 1);
  if (whole && pieces) {
    memcpy(whole, data + 1, len - 1);
    memcpy(pieces, data + 1, len - 1);
    int code = decode(whole, len - 1, len, &whole_body);
    FUZZ_EXPECT(decode(pieces, len - 1, piece, &body) == code);
    FUZZ_EXPECT(code < 0 || (body == whole_body && memcmp(whole, pieces, body) == 0));
  }
  free(whole);
  free(pieces);
  return 0;
}
