/* See input.h. Bytes of the file are read into a piece of their own, and passed on from there. */
#include "ingest/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { TAIL = 64, PIPE_SIZE = 1 << 20 };

static const pl_str GZIP = {"\x1f\x8b", 2};

int pl_input_open(pl_input *in, const pl_allocator *a, const char *path, pl_error *err)
{
  struct stat st;
  bool standard = strcmp(path, "-") == 0;
  const char *name = standard ? "standard input" : path;
  *in = (pl_input){.alloc = a, .expanded_max = PL_INPUT_EXPANDED};
  in->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
  if (in->fd < 0 || fstat(in->fd, &st))
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "import: %s", name);
  in->file = S_ISREG(st.st_mode);
  if (!in->file && !standard)
    return pl_fail(err, PL_EIO, "import: %s is no plain file", name);
  if (in->file)
    in->size = (uint64_t)st.st_size;
  else
    (void)fcntl(in->fd, F_SETPIPE_SZ, PIPE_SIZE); /* so that there is more to take at a time */
  in->read = pl_alloc(a, PL_INPUT_READ);
  return in->read ? PL_OK : pl_fail(err, PL_ENOMEM, "import: out of memory");
}

void pl_input_close(pl_input *in)
{
  pl_gunzip_free(in->gunzip);
  if (in->read)
    pl_free(in->alloc, in->read, PL_INPUT_READ);
  if (in->fd >= 0)
    (void)close(in->fd);
}

bool pl_input_ends_with(const pl_input *in, pl_str end, bool unknown)
{
  char tail[TAIL];
  if (!in->file || (pread(in->fd, tail, GZIP.len, 0) == (ssize_t)GZIP.len && memcmp(tail, GZIP.data, GZIP.len) == 0))
    return unknown;
  ssize_t n = pread(in->fd, tail, TAIL, in->size > TAIL ? (off_t)(in->size - TAIL) : 0);
  return pl_str_ends(pl_str_trim((pl_str){tail, n > 0 ? (size_t)n : 0}), end);
}

/* Reads more behind the rest. PL_INPUT_MORE also at the end, which in->ended says. */
static int fill(pl_input *in, pl_error *err)
{
  ssize_t n;
  memmove(in->read, in->rest.data ? in->rest.data : in->read, in->rest.len);
  in->rest.data = in->read;
  if (!in->file && poll(&(struct pollfd){.fd = in->fd, .events = POLLIN}, 1, 0) <= 0)
    return PL_INPUT_LATER;
  do
    n = read(in->fd, in->read + in->rest.len, PL_INPUT_READ - in->rest.len);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return pl_fail_sys(err, PL_EIO, errno, "read");
  in->rest.len += (size_t)n;
  in->bytes += (uint64_t)n;
  in->ended = n == 0;
  return PL_INPUT_MORE;
}

/* Sees whether it is gzip once its first bytes are there. */
static int look(pl_input *in, pl_error *err)
{
  while (in->rest.len < GZIP.len && !in->ended) {
    int code = fill(in, err);
    if (code != PL_INPUT_MORE)
      return code;
  }
  if (pl_str_starts(in->rest, GZIP) && pl_gunzip_new(in->alloc, &in->gunzip))
    return pl_fail(err, PL_ENOMEM, "out of memory");
  in->known = true;
  return PL_INPUT_MORE;
}

/* Passes on what the rest stands for, at most `room` bytes; *n: how many. */
static int pass(pl_input *in, char *to, size_t room, size_t *n, pl_error *err)
{
  if (!in->gunzip) {
    *n = room < in->rest.len ? room : in->rest.len;
    memcpy(to, in->rest.data, *n);
    in->rest = (pl_str){in->rest.data + *n, in->rest.len - *n};
    return PL_OK;
  }
  int code = pl_gunzip_take(in->gunzip, &in->rest, to, room, n);
  in->expanded += *n;
  if (!code && in->expanded > in->expanded_max)
    return pl_fail(err, PL_ELIMIT, "the gzip stands for more than %llu bytes: decompress it, and import it in parts", (unsigned long long)in->expanded_max);
  if (code == PL_EPROTO || (!code && *n == 0 && in->ended && !pl_gunzip_whole(in->gunzip)))
    return pl_fail(err, PL_EPARSE, "the gzip is %s", code ? "broken, or has something else behind its end" : "cut off");
  return code ? pl_fail(err, code, "out of memory") : PL_OK;
}

int pl_input_read(pl_input *in, size_t most, pl_buf *text, pl_error *err)
{
  char *room = pl_buf_room(text, most);
  int code = in->known ? PL_INPUT_MORE : look(in, err);
  if (!room)
    return pl_fail(err, text->bad, "out of memory");
  for (size_t all = 0, n; code == PL_INPUT_MORE && all < most; all += n) {
    int passed = pass(in, room + all, most - all, &n, err);
    if (passed)
      return passed;
    text->len += n;
    if (n == 0)
      code = in->ended ? PL_INPUT_ENDED : fill(in, err);
  }
  return code;
}
