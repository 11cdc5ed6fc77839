/* Size and speed of chunks: reads series as lines "nanoseconds value" with an empty line between two series, and prints for both
 * efforts the bytes a sample, and millions of samples that one core writes and reads a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/chunk.h"

enum { SAMPLES_MAX = 4 << 20, SERIES_MAX = 1 << 16 };

typedef struct input {
  int64_t *times_ns;
  double *values;
  size_t starts[SERIES_MAX + 1], n_series, n;
} input;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_input(input *in)
{
  char line[256];
  in->starts[0] = 0;
  while (fgets(line, sizeof line, stdin) && in->n < SAMPLES_MAX && in->n_series < SERIES_MAX - 1) {
    char *end;
    long long t = strtoll(line, &end, 10);
    if (end == line) {
      in->starts[++in->n_series] = in->n;
      continue;
    }
    in->times_ns[in->n] = t;
    in->values[in->n++] = strtod(end, NULL);
  }
  if (in->n > in->starts[in->n_series])
    in->starts[++in->n_series] = in->n;
}

/* Writes all series in chunks of `most` samples. */
static void write_all(pl_codec *c, const input *in, size_t most, enum pl_chunk_effort effort, pl_buf *out, size_t *ends, size_t *n_chunks)
{
  pl_buf_clear(out);
  *n_chunks = 0;
  for (size_t s = 0; s < in->n_series; s++)
    for (size_t from = in->starts[s]; from < in->starts[s + 1]; from += most) {
      size_t n = in->starts[s + 1] - from < most ? in->starts[s + 1] - from : most;
      if (pl_chunk_write(c, in->times_ns + from, in->values + from, n, effort, out))
        exit(1);
      ends[(*n_chunks)++] = out->len;
    }
}

/* Reads them back and compares. */
static void read_all(pl_codec *c, const input *in, const pl_buf *bytes, const size_t *ends, size_t n_chunks, bool compare)
{
  size_t at = 0, seen = 0;
  for (size_t i = 0; i < n_chunks; at = ends[i++]) {
    pl_samples s;
    if (pl_chunk_read(c, (pl_str){bytes->data + at, ends[i] - at}, &s))
      exit(2);
    if (compare && (memcmp(s.values, in->values + seen, s.n * sizeof *s.values) || memcmp(s.times_ns, in->times_ns + seen, s.n * sizeof *s.times_ns)))
      exit(3);
    seen += s.n;
  }
  if (seen != in->n)
    exit(4);
}

static void report(pl_codec *c, const input *in, size_t most, enum pl_chunk_effort effort)
{
  size_t *ends = malloc((in->n / most + in->n_series + 1) * sizeof *ends), n_chunks = 0, rounds = 0;
  pl_buf bytes;
  pl_buf_init(&bytes, &pl_alloc_default, SIZE_MAX);
  double from = seconds(), writing, reading;
  do {
    write_all(c, in, most, effort, &bytes, ends, &n_chunks);
    rounds++;
  } while ((writing = seconds() - from) < 0.5);
  writing /= (double)rounds;
  read_all(c, in, &bytes, ends, n_chunks, true);
  from = seconds();
  rounds = 0;
  do {
    read_all(c, in, &bytes, ends, n_chunks, false);
    rounds++;
  } while ((reading = seconds() - from) < 0.5);
  reading /= (double)rounds;
  printf("%-7s %.3f B/sample  write %.1f M/s  read %.1f M/s\n", effort == PL_CHUNK_SEALED ? "sealed" : "packed",
         (double)bytes.len / (double)in->n, (double)in->n / writing / 1e6, (double)in->n / reading / 1e6);
  pl_buf_fini(&bytes);
  free(ends);
}

int main(int argc, char **argv)
{
  static input in;
  pl_codec *c;
  size_t most = argc > 1 ? strtoul(argv[1], NULL, 10) : 4096;
  in.times_ns = malloc(SAMPLES_MAX * sizeof *in.times_ns);
  in.values = malloc(SAMPLES_MAX * sizeof *in.values);
  if (!in.times_ns || !in.values || most == 0 || pl_codec_new(&pl_alloc_default, &c))
    return 1;
  read_input(&in);
  if (in.n == 0)
    return 1;
  report(c, &in, most, PL_CHUNK_PACKED);
  if (argc < 3)
    report(c, &in, most, PL_CHUNK_SEALED);
  pl_codec_free(c);
  free(in.times_ns);
  free(in.values);
  return 0;
}
