/* Bodies on the wire, piece by piece from any place. */
#include "load/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/http1_chunk.h"
#include "support/failing.h"

static char *make_text(size_t n)
{
  char *text = malloc(n + 1);
  for (size_t i = 0; i < n; i++)
    text[i] = (char)(' ' + (i * 7 + i / 1000) % 90);
  return text;
}

/* The whole stream, each piece cut after at most `step` bytes, as a full socket would. */
static char *stream_of(const pl_exchange *x, size_t step, size_t *len)
{
  char work[PL_BODY_PIECE];
  uint64_t size = pl_body_size(x), at = 0;
  char *all = malloc((size_t)size + 1);
  while (at < size) {
    pl_str piece;
    assert_true(pl_body_piece(x, at, work, &piece));
    assert_true(piece.len > 0);
    size_t n = piece.len < step ? piece.len : step;
    assert_true(at + n <= size);
    memcpy(all + at, piece.data, n);
    at += n;
  }
  *len = (size_t)size;
  return all;
}

static void expect_stream(pl_exchange *x, const char *text, size_t n, size_t step)
{
  size_t len, used, decoded;
  const char *why = "";
  x->chunked = false;
  char *all = stream_of(x, step, &len);
  assert_int_equal(len, n);
  assert_memory_equal(all, text, n);
  free(all);
  x->chunked = true;
  all = stream_of(x, step, &len);
  pl_chunk c = {0};
  assert_int_equal(pl_chunk_decode(&c, all, len, &used, &decoded, &why), 1);
  assert_int_equal(used, len);
  assert_int_equal(decoded, n);
  assert_memory_equal(all, text, n);
  free(all);
}

static void every_size_comes_whole_in_any_steps(void **state)
{
  static const size_t sizes[] = {0, 1, 15, 16, 255, 256, PL_BODY_CHUNK - 1, PL_BODY_CHUNK, PL_BODY_CHUNK + 1, 3 * PL_BODY_CHUNK, 100000};
  static const size_t steps[] = {1, 7, 4096, PL_BODY_CHUNK + 7, SIZE_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char *text = make_text(sizes[i]), path[] = "/tmp/perilune-test-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    assert_int_equal(write(fd, text, sizes[i]), (ssize_t)sizes[i]);
    pl_body_file file = {fd, sizes[i]};
    for (size_t s = sizes[i] > 1000 ? 1 : 0; s < sizeof steps / sizeof *steps; s++) {
      pl_exchange memory = {.body = {text, sizes[i]}}, disk = {.file = &file};
      expect_stream(&memory, text, sizes[i], steps[s]);
      expect_stream(&disk, text, sizes[i], steps[s]);
    }
    close(fd);
    free(text);
  }
}

static void a_file_that_has_shrunk_is_noticed(void **state)
{
  char path[] = "/tmp/perilune-test-XXXXXX", work[PL_BODY_PIECE];
  (void)state;
  int fd = mkstemp(path);
  unlink(path);
  pl_body_file file = {fd, 10};
  pl_exchange x = {.file = &file};
  pl_str piece;
  assert_false(pl_body_piece(&x, 0, work, &piece));
  close(fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_size_comes_whole_in_any_steps),
                                     cmocka_unit_test(a_file_that_has_shrunk_is_noticed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
