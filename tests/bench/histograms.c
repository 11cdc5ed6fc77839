/* Chunks of histograms: bytes a histogram, and MB of HDR V2 that a core writes and reads a second.
 *   histograms RATE [SECONDS]     of a load of log-normal latencies around a millisecond, RATE requests a second, SECONDS (default 640)
 * Written: HDR V2 to chunks, as packing does it. Read: chunks to HDR V2. Figures: chunks to what stands beside the counters. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "format/deflate.h"
#include "format/hdr.h"
#include "store/dist_chunk.h"

enum { ROUNDS = 5 };

typedef struct bench {
  size_t n;
  pl_buf hists, deflated, chunks, bytes; /* HDR V2 of all, its chunks, scratch */
  size_t *ends, *chunk_ends, n_chunks;
  unsigned rate;
  uint64_t *firsts, *lasts; /* least and greatest of each */
  double *sums;
  pl_codec *codec;
  pl_counters *counters;
  pl_hist hist;
} bench;

static double cpu_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int code, const char *what)
{
  if (code) {
    fprintf(stderr, "%s: error %d\n", what, code);
    exit(1);
  }
}

/* The shape drifts by a tenth in some minutes, as a server's does. */
static void make(bench *b)
{
  pl_rng rng;
  pl_rng_init(&rng, 1, 0, 0, 0);
  for (size_t i = 0; i < b->n; i++) {
    double center = log(1e6 * (1 + 0.1 * sin((double)i / 60)));
    size_t from = b->hists.len;
    pl_hist_clear(&b->hist);
    for (unsigned r = 0; r < b->rate; r++)
      pl_hist_record(&b->hist, (uint64_t)exp(pl_rng_normal(&rng, center, 0.5)));
    must(pl_hdr_encode(&b->hist, &b->hists), "encode");
    must(pl_deflate(PL_DEFLATE_ZLIB, (pl_str){b->hists.data + from, b->hists.len - from}, &b->deflated), "deflate");
    b->ends[i] = b->hists.len;
    b->firsts[i] = b->hist.min;
    b->lasts[i] = b->hist.max;
    b->sums[i] = b->hist.sum;
  }
}

static pl_str hist_of(const bench *b, size_t i)
{
  size_t from = i ? b->ends[i - 1] : 0;
  return (pl_str){b->hists.data + from, b->ends[i] - from};
}

static void write_chunk(bench *b, size_t from)
{
  pl_dist_figures f = {0};
  pl_buf_clear(&b->bytes);
  pl_counters_begin_write(b->counters, &b->bytes);
  for (size_t i = from; i < b->n && f.n < PL_DIST_CHUNK_MAX; i++, f.n++) {
    must(pl_counters_write(b->counters, hist_of(b, i), b->rate), "write");
    f.ts_ms[f.n] = (int64_t)i * 1000;
    f.count[f.n] = (int64_t)b->rate;
    f.min[f.n] = (int64_t)b->firsts[i];
    f.max[f.n] = (int64_t)b->lasts[i];
    f.sum[f.n] = b->sums[i];
  }
  pl_counters_end_write(b->counters);
  must(pl_dist_chunk_write(b->codec, &f, (pl_str){b->bytes.data, b->bytes.len}, &b->chunks), "chunk");
  b->chunk_ends[b->n_chunks++] = b->chunks.len;
}

static void write_all(bench *b)
{
  pl_buf_clear(&b->chunks);
  b->n_chunks = 0;
  for (size_t from = 0; from < b->n; from += PL_DIST_CHUNK_MAX)
    write_chunk(b, from);
}

static void read_all(bench *b)
{
  pl_dist_reader r = {0};
  size_t i = 0;
  for (size_t c = 0; c < b->n_chunks; c++) {
    size_t from = c ? b->chunk_ends[c - 1] : 0;
    must(pl_dist_reader_open(&r, &pl_alloc_default, b->codec, (pl_str){b->chunks.data + from, b->chunk_ends[c] - from}), "open");
    for (size_t at = 0; at < r.figures.n; at++, i++) {
      pl_str bytes, wanted = hist_of(b, i);
      must(pl_dist_reader_bytes(&r, at, &bytes), "read");
      must(bytes.len != wanted.len || memcmp(bytes.data, wanted.data, bytes.len) != 0, "another histogram");
    }
  }
  must(i != b->n, "histograms are missing");
  pl_dist_reader_close(&r);
}

static double best_of(void (*fn)(bench *b), bench *b)
{
  double best = INFINITY;
  for (int i = 0; i < ROUNDS; i++) {
    double from = cpu_s();
    fn(b);
    best = fmin(best, cpu_s() - from);
  }
  return best;
}

int main(int argc, char **argv)
{
  unsigned rate = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5000;
  bench b = {.rate = rate, .n = argc > 2 ? strtoul(argv[2], NULL, 10) : 640};
  pl_buf *all[] = {&b.hists, &b.deflated, &b.chunks, &b.bytes};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    pl_buf_init(all[i], &pl_alloc_default, SIZE_MAX);
  pl_hist_init(&b.hist, &pl_alloc_default);
  b.ends = calloc(b.n, sizeof *b.ends);
  b.chunk_ends = calloc(b.n, sizeof *b.chunk_ends);
  b.firsts = calloc(b.n, sizeof *b.firsts);
  b.lasts = calloc(b.n, sizeof *b.lasts);
  b.sums = calloc(b.n, sizeof *b.sums);
  must(!b.ends || !b.chunk_ends || !b.firsts || !b.lasts || !b.sums || pl_codec_new(&pl_alloc_default, &b.codec) || pl_counters_new(&pl_alloc_default, &b.counters), "memory");
  make(&b);
  double wrote = best_of(write_all, &b), read = best_of(read_all, &b), n = (double)b.n, mb = (double)b.hists.len / 1e6;
  printf("%u/s: a histogram is %.0f bytes of HDR V2, %.0f deflated, %.0f in a chunk; written at %.1f, read at %.1f MB of HDR V2 a second (%.0f, %.0f us each)\n", rate,
         mb * 1e6 / n, (double)b.deflated.len / n, (double)b.chunks.len / n, mb / wrote, mb / read, wrote / n * 1e6, read / n * 1e6);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    pl_buf_fini(all[i]);
  pl_hist_fini(&b.hist);
  pl_counters_free(b.counters);
  pl_codec_free(b.codec);
  free(b.ends);
  free(b.chunk_ends);
  free(b.firsts);
  free(b.lasts);
  free(b.sums);
  return 0;
}
