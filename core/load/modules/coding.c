/* The content codings br (RFC 7932) and zstd (RFC 8878), by their own libraries, in pieces. */
#include "load/coding.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zstd.h>

enum { PIECE = 64 << 10, BR_QUALITY = 5 };

static int decode_br(pl_str in, pl_buf *out)
{
  BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
  if (!state)
    return PL_ENOMEM;
  const uint8_t *next = (const uint8_t *)in.data;
  size_t left = in.len;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && !out->bad) {
    char *room = pl_buf_room(out, PIECE);
    uint8_t *to = (uint8_t *)room;
    size_t space = room ? PIECE : 0;
    if (room)
      result = BrotliDecoderDecompressStream(state, &left, &next, &space, &to, NULL);
    out->len += room ? PIECE - space : 0;
  }
  BrotliDecoderDestroyInstance(state);
  if (out->bad)
    return out->bad;
  return result == BROTLI_DECODER_RESULT_SUCCESS && left == 0 ? 0 : PL_EPROTO;
}

static int decode_zstd(pl_str in, pl_buf *out)
{
  ZSTD_DStream *stream = ZSTD_createDStream();
  if (!stream)
    return PL_ENOMEM;
  ZSTD_inBuffer from = {in.data, in.len, 0};
  size_t left = 1; /* 0: a frame is complete */
  bool more = true;
  while (more && !out->bad) {
    char *room = pl_buf_room(out, PIECE);
    if (!room)
      break;
    ZSTD_outBuffer to = {room, PIECE, 0};
    left = ZSTD_decompressStream(stream, &to, &from);
    out->len += to.pos;
    bool over = from.pos == from.size && (left == 0 || to.pos < to.size);
    more = !ZSTD_isError(left) && !over;
  }
  ZSTD_freeDStream(stream);
  return out->bad ? out->bad : left == 0 ? 0 : PL_EPROTO;
}

static int encode_br(pl_str in, pl_buf *out)
{
  size_t n = BrotliEncoderMaxCompressedSize(in.len);
  char *room = pl_buf_room(out, n);
  if (!room)
    return out->bad;
  if (!BrotliEncoderCompress(BR_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, in.len, (const uint8_t *)in.data, &n, (uint8_t *)room))
    return PL_ENOMEM;
  out->len += n;
  return 0;
}

static int encode_zstd(pl_str in, pl_buf *out)
{
  size_t n = ZSTD_compressBound(in.len);
  char *room = pl_buf_room(out, n);
  if (!room)
    return out->bad;
  n = ZSTD_compress(room, n, in.data, in.len, ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(n))
    return PL_ENOMEM;
  out->len += n;
  return 0;
}

extern const pl_coding_module pl_module_entry;
PL_API const pl_coding_module pl_module_entry = {{PL_CODING_MODULE, PL_CODING_ABI}, decode_br, encode_br, decode_zstd, encode_zstd};
