/* Chunks of histograms: bytes with a checksum that is right are histograms or refused, and what was read is written and read again as the same. */
#include <string.h>

#include "format/crc32.h"
#include "format/hdr.h"
#include "fuzz.h"
#include "perilune/error.h"
#include "store/dist_chunk.h"

enum { BYTES_MAX = 1 << 16 };

static pl_buf read_hists, again_hists;

/* Reads a chunk, its histograms one behind the other into out. */
static int read_all(pl_codec *codec, pl_dist_reader *r, pl_str chunk, pl_buf *out)
{
  int code = pl_dist_reader_open(r, &pl_alloc_default, codec, chunk);
  pl_buf_clear(out);
  for (size_t i = 0; i < r->figures.n && !code; i++) {
    pl_str bytes;
    code = pl_dist_reader_bytes(r, i, &bytes);
    if (!code)
      code = pl_buf_add(out, bytes.data, bytes.len);
  }
  return code;
}

/* The counters of the histograms in `read_hists` as a chunk with these figures; false when one has a count that is not coded. */
static bool write_all(pl_codec *codec, pl_counters *c, const pl_dist_figures *f, pl_buf *chunk)
{
  pl_str rest = {read_hists.data, read_hists.len};
  pl_buf counters;
  bool all = true;
  pl_buf_init(&counters, &pl_alloc_default, SIZE_MAX);
  pl_counters_begin_write(c, &counters);
  for (size_t i = 0; i < f->n && all; i++) {
    const unsigned char *length = (const unsigned char *)rest.data + 4;
    size_t len = 40 + ((size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3]);
    all = pl_counters_write(c, (pl_str){rest.data, len}, (uint64_t)f->count[i]) == PL_OK;
    rest = (pl_str){rest.data + len, rest.len - len};
  }
  pl_counters_end_write(c);
  FUZZ_EXPECT(pl_dist_chunk_write(codec, f, (pl_str){counters.data, counters.len}, chunk) == PL_OK);
  pl_buf_fini(&counters);
  return all;
}

static void there_and_back(pl_codec *codec, pl_dist_reader *r)
{
  const pl_dist_figures figures = r->figures;
  pl_counters *c;
  pl_buf chunk;
  pl_buf_init(&chunk, &pl_alloc_default, SIZE_MAX);
  if (pl_counters_new(&pl_alloc_default, &c) == PL_OK && write_all(codec, c, &figures, &chunk)) {
    FUZZ_EXPECT(read_all(codec, r, (pl_str){chunk.data, chunk.len}, &again_hists) == PL_OK);
    FUZZ_EXPECT(again_hists.len == read_hists.len && memcmp(again_hists.data, read_hists.data, read_hists.len) == 0);
    FUZZ_EXPECT(r->figures.n == figures.n && memcmp(r->figures.ts_ms, figures.ts_ms, figures.n * 8) == 0);
  }
  pl_counters_free(c);
  pl_buf_fini(&chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static char chunk[BYTES_MAX + 5];
  pl_dist_reader r = {0};
  pl_codec *codec;
  if (len > BYTES_MAX || pl_codec_new(&pl_alloc_default, &codec))
    return 0;
  pl_buf_init(&read_hists, &pl_alloc_default, SIZE_MAX);
  pl_buf_init(&again_hists, &pl_alloc_default, SIZE_MAX);
  chunk[0] = 1;
  memcpy(chunk + 1, data, len);
  uint32_t sum = pl_crc32((pl_str){chunk, len + 1});
  for (int i = 0; i < 4; i++)
    chunk[len + 1 + (size_t)i] = (char)(sum >> (8 * i));
  int code = read_all(codec, &r, (pl_str){chunk, len + 5}, &read_hists);
  FUZZ_EXPECT(code == PL_OK || code == PL_ECORRUPT || code == PL_ELIMIT);
  if (code == PL_OK)
    there_and_back(codec, &r);
  pl_dist_reader_close(&r);
  pl_codec_free(codec);
  pl_buf_fini(&read_hists);
  pl_buf_fini(&again_hists);
  return 0;
}
