/* Chunks and batches of samples: any samples come back bit by bit, and bytes with a checksum that is right are samples or refused. */
#include <string.h>

#include "format/crc32.h"
#include "fuzz.h"
#include "perilune/error.h"
#include "store/batch.h"

enum { SAMPLE = 16, BYTES_MAX = 1 << 16 };

static int64_t times_ns[PL_CHUNK_MAX];
static double values[PL_CHUNK_MAX];
static pl_batch_columns columns;

static void there_and_back(pl_codec *c, const uint8_t *data, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    memcpy(&times_ns[i], data + i * SAMPLE, 8);
    memcpy(&values[i], data + i * SAMPLE + 8, 8);
  }
  for (enum pl_chunk_effort e = PL_CHUNK_PACKED; e <= PL_CHUNK_SEALED; e++) {
    pl_buf out;
    pl_samples s;
    pl_buf_init(&out, &pl_alloc_default, 1 << 20);
    FUZZ_EXPECT(pl_chunk_write(c, times_ns, values, n, e, &out) == PL_OK);
    FUZZ_EXPECT(pl_chunk_read(c, (pl_str){out.data, out.len}, &s) == PL_OK && s.n == n);
    FUZZ_EXPECT(memcmp(s.times_ns, times_ns, n * 8) == 0 && memcmp(s.values, values, n * 8) == 0);
    pl_buf_fini(&out);
  }
}

static void read_sealed(pl_codec *c, const uint8_t *data, size_t len)
{
  static char chunk[BYTES_MAX + 5];
  pl_samples s;
  chunk[0] = 1;
  memcpy(chunk + 1, data, len);
  uint32_t sum = pl_crc32((pl_str){chunk, len + 1});
  for (int i = 0; i < 4; i++)
    chunk[len + 1 + (size_t)i] = (char)(sum >> (8 * i));
  int code = pl_chunk_read(c, (pl_str){chunk, len + 5}, &s);
  FUZZ_EXPECT(code == PL_OK || code == PL_ECORRUPT);
  pl_store_points points = {.alloc = &pl_alloc_default};
  code = pl_batch_read(c, &columns, (pl_str){chunk, len + 5}, &points);
  FUZZ_EXPECT(code == PL_OK || (code == PL_ECORRUPT && points.n == 0));
  pl_points_fini(&points);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_codec *c;
  if (len < 1 || len > BYTES_MAX || pl_codec_new(&pl_alloc_default, &c))
    return 0;
  if (data[0] & 1 && len > SAMPLE)
    there_and_back(c, data + 1, (len - 1) / SAMPLE);
  else
    read_sealed(c, data + 1, len - 1);
  pl_codec_free(c);
  return 0;
}
