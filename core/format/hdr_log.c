/* Lines of HdrHistogram logs, both ways. */
#include "format/hdr_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "format/hdr.h"

enum { HISTOGRAM_MAX = 16 << 20, YEAR_S = 365 * 86400 };

struct pl_hdr_log {
  const pl_allocator *alloc;
  pl_hdr_events events;
  pl_lines lines;
  uint64_t unit_ns;
  bool has_start, has_base;
  int64_t start_ns, base_ns;
  pl_buf bytes, scratch;
  pl_hist hist, scaled;
};

/* The time of "#[StartTime: 1441812279.474 (seconds since epoch), ...]" or BaseTime. */
static void read_comment(pl_hdr_log *l, pl_str line)
{
  static const pl_str start = {"#[StartTime: ", 13}, base = {"#[BaseTime: ", 12};
  bool is_start = pl_str_starts(line, start), is_base = pl_str_starts(line, base);
  if (!is_start && !is_base)
    return;
  size_t skip = is_start ? start.len : base.len;
  line = (pl_str){line.data + skip, line.len - skip};
  pl_str word = pl_str_trim(pl_str_cut(&line, '('));
  if (is_start)
    l->has_start = pl_seconds_ns(word, &l->start_ns);
  else
    l->has_base = pl_seconds_ns(word, &l->base_ns);
}

/* When an interval began whose line says ns. */
static bool absolute(pl_hdr_log *l, int64_t *ns)
{
  if (!l->has_start) {
    l->has_start = true;
    l->start_ns = *ns;
  }
  if (!l->has_base) {
    l->has_base = true;
    l->base_ns = *ns < l->start_ns - YEAR_S * (int64_t)PL_S_NS ? l->start_ns : 0;
  }
  return !__builtin_add_overflow(*ns, l->base_ns, ns);
}

/* The counts of the log's unit as nanoseconds. */
static const pl_hist *scale(pl_hdr_log *l)
{
  uint32_t index = 0;
  uint64_t low, high, count, ns;
  if (l->unit_ns == 1)
    return &l->hist;
  pl_hist_clear(&l->scaled);
  while (pl_hist_next(&l->hist, &index, &low, &high, &count)) {
    if (__builtin_mul_overflow(low, l->unit_ns, &ns))
      ns = UINT64_MAX;
    pl_hist_record_n(&l->scaled, ns, count);
  }
  return &l->scaled;
}

/* Steps give 0, a refusal, or a negative code. */
static int read_histogram(pl_hdr_log *l, pl_str text)
{
  pl_buf_clear(&l->bytes);
  pl_hist_clear(&l->hist);
  int code = pl_base64_decode(&l->bytes, text);
  if (!code)
    code = pl_hdr_expand((pl_str){l->bytes.data, l->bytes.len}, &l->scratch, &l->hist, NULL);
  return code == PL_ENOMEM ? code : code ? PL_REFUSED_VALUE : PL_OK;
}

static int read_line(void *log, pl_str line, uint64_t number)
{
  pl_hdr_log *l = log;
  pl_hdr_interval i = {.line = number};
  line = pl_str_trim(line);
  if (line.len && line.data[0] == '#')
    read_comment(l, line);
  if (!line.len || line.data[0] == '#' || line.data[0] == '"')
    return PL_OK;
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  if (pl_str_starts(line, PL_STR("Tag="))) {
    i.tag = pl_str_cut(&line, ',');
    i.tag = (pl_str){i.tag.data + 4, i.tag.len - 4};
  }
  pl_str start = pl_str_cut(&line, ','), length = pl_str_cut(&line, ',');
  (void)pl_str_cut(&line, ','); /* the maximum is in the histogram */
  if (!line.data)
    return PL_REFUSED_SYNTAX;
  if (!pl_seconds_ns(start, &i.start_ns) || !pl_seconds_ns(length, &i.length_ns) || i.length_ns < 0 || !absolute(l, &i.start_ns))
    return PL_REFUSED_TIME;
  int code = read_histogram(l, line);
  if (code)
    return code;
  i.hist = scale(l);
  return l->events.interval(l->events.user, &i);
}

int pl_hdr_log_read(pl_hdr_log *l, pl_str *text, bool last)
{
  return pl_lines_read(&l->lines, text, last, &(pl_line_reader){read_line, l, l->events.refused, l->events.user});
}

int pl_hdr_log_new(const pl_allocator *a, uint64_t unit_ns, const pl_hdr_events *events, pl_hdr_log **out)
{
  pl_hdr_log *l = pl_alloc_zero(a, 1, sizeof *l);
  if (!l)
    return PL_ENOMEM;
  l->alloc = a;
  l->unit_ns = unit_ns;
  l->events = *events;
  pl_buf_init(&l->bytes, a, PL_LINE_MAX);
  pl_buf_init(&l->scratch, a, HISTOGRAM_MAX);
  pl_hist_init(&l->hist, a);
  pl_hist_init(&l->scaled, a);
  *out = l;
  return PL_OK;
}

void pl_hdr_log_free(pl_hdr_log *l)
{
  if (!l)
    return;
  pl_buf_fini(&l->bytes);
  pl_buf_fini(&l->scratch);
  pl_hist_fini(&l->hist);
  pl_hist_fini(&l->scaled);
  pl_free(l->alloc, l, sizeof *l);
}

/* ---- Writing --------------------------------------------------------------------------------------- */

/* "1441812279.474" of a moment from 1970 on. */
static int put_seconds(pl_buf *out, int64_t ns)
{
  uint64_t ms = ns > 0 ? (uint64_t)ns / PL_MS_NS : 0;
  return pl_buf_addf(out, "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
}

int pl_hdr_log_head(pl_buf *out, int64_t start_ns)
{
  char text[32];
  pl_wall_text(start_ns, text);
  (void)pl_buf_adds(out, "#[Logged with Perilune]\n#[Histogram log format version 1.3]\n#[StartTime: ");
  (void)put_seconds(out, start_ns);
  (void)pl_buf_addf(out, " (seconds since epoch), %s]\n", text);
  return pl_buf_adds(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
}

int pl_hdr_log_line(pl_buf *out, const pl_hdr_interval *i, pl_buf scratch[2])
{
  pl_buf_clear(&scratch[1]);
  int code = pl_hdr_compress(i->hist, &scratch[0], &scratch[1]);
  if (code)
    return code;
  if (i->tag.len)
    (void)pl_buf_addf(out, "Tag=%.*s,", (int)i->tag.len, i->tag.data);
  (void)put_seconds(out, i->start_ns);
  (void)pl_buf_addc(out, ',');
  (void)put_seconds(out, i->length_ns);
  (void)pl_buf_addf(out, ",%" PRIu64 ".%03" PRIu64 ",", i->hist->max / PL_MS_NS, i->hist->max % PL_MS_NS / 1000); /* in milliseconds */
  (void)pl_base64(out, (pl_str){scratch[1].data, scratch[1].len});
  return pl_buf_addc(out, '\n');
}
