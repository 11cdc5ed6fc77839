/* The format is SQLite's ("The Write-Ahead Log" of its file format): a header of 32 bytes, then frames: 24 bytes and a page. Each frame has the
 * two salts of the header and a sum of all before it. What a killed process leaves in part is the end; so a frame of the same salts that
 * ends a transaction, behind a sum that is wrong, was committed. */
#include "store/wal.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/page.h"

enum { HEADER = 32, FRAME = 24, SUMMED = 24, OF_FRAME = 8, SALTS = 8 };

#define MAGIC 0x377f0682U /* plus 1: words that are summed have their high byte first */

typedef struct wal {
  int fd;
  size_t page;
  bool high_first;
  uint32_t sum[2];
  uint8_t salts[SALTS];
} wal;

static uint32_t word(const uint8_t *p, bool high_first)
{
  uint32_t v = 0;
  for (int i = 0; i < 4; i++)
    v |= (uint32_t)p[i] << 8 * (high_first ? 3 - i : i);
  return v;
}

static void add(wal *w, const uint8_t *bytes, size_t n)
{
  for (size_t i = 0; i < n; i += 8) {
    w->sum[0] += word(bytes + i, w->high_first) + w->sum[1];
    w->sum[1] += word(bytes + i + 4, w->high_first) + w->sum[0];
  }
}

static bool is_sum(const wal *w, const uint8_t *stored)
{
  return word(stored, true) == w->sum[0] && word(stored + 4, true) == w->sum[1];
}

/* Whether the header is whole. The size of pages of one that is not is the usual, its salts are those of the first frame. */
static bool begin(wal *w, const uint8_t *header, const uint8_t *frame)
{
  uint32_t size = word(header + 8, true);
  w->high_first = word(header, true) == MAGIC + 1;
  add(w, header, SUMMED);
  bool whole = (word(header, true) | 1) == MAGIC + 1 && is_sum(w, header + SUMMED) && size >= 512 && size <= PL_PAGE_MAX;
  w->page = whole ? size : 4096;
  memcpy(w->salts, whole ? header + 16 : frame + OF_FRAME, SALTS);
  return whole;
}

/* Committed transactions behind the first frame that is damaged: those whose last frame has its sum, counted on from that of the frame before. What
 * a full disk took in part has it not. `frame` has room for one. */
static int64_t count(wal *w, uint8_t *frame, bool whole)
{
  int64_t lost = 0;
  size_t len = FRAME + w->page;
  const bool begun = whole; /* else the order of bytes may be another */
  for (off_t at = HEADER; pread(w->fd, frame, len, at) == (ssize_t)len; at += (off_t)len) {
    const uint8_t *sum = frame + OF_FRAME + SALTS;
    add(w, frame, OF_FRAME);
    add(w, frame + FRAME, w->page);
    bool same = memcmp(frame + OF_FRAME, w->salts, SALTS) == 0, fits = same && is_sum(w, sum), ends = word(frame + 4, true) != 0;
    lost += !whole && ends && (begun ? fits : same);
    whole = whole && fits;
    w->sum[0] = word(sum, true);
    w->sum[1] = word(sum + 4, true);
  }
  return lost;
}

int64_t pl_wal_lost(const pl_allocator *a, const char *path)
{
  enum { ROOM = FRAME + PL_PAGE_MAX };
  wal w = {.fd = -1};
  uint8_t head[HEADER + FRAME];
  int64_t lost = 0;
  size_t size = strlen(path) + sizeof "-wal";
  char *log = pl_alloc(a, size);
  uint8_t *frame = pl_alloc(a, ROOM);
  if (log && frame) {
    (void)snprintf(log, size, "%s-wal", path);
    w.fd = open(log, O_RDONLY | O_CLOEXEC);
    if (w.fd >= 0 && pread(w.fd, head, sizeof head, 0) == (ssize_t)sizeof head)
      lost = count(&w, frame, begin(&w, head, head + HEADER));
  }
  if (w.fd >= 0)
    close(w.fd);
  pl_free(a, frame, ROOM);
  pl_free(a, log, size);
  return lost;
}
