/* Bytes of files and of standard input, plain and compressed. */
#include "ingest/input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/failing.h"
#include "support/temporary.h"

enum { LEN = 300000 };

typedef struct fixture {
  temporary folder;
  pl_buf text, packed, out; /* text: LEN bytes; packed: its gzip */
  pl_input in;
  pl_error err;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  memset(&f, 0, sizeof f);
  f.in.fd = -1;
  temporary_open(&f.folder);
  pl_buf_init(&f.text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&f.packed, &pl_alloc_default, 1 << 20);
  pl_buf_init(&f.out, &pl_alloc_default, 1 << 20);
  while (f.text.len < LEN)
    (void)pl_buf_addf(&f.text, "%zu\n", f.text.len);
  f.text.len = LEN;
  assert_int_equal(pl_deflate(PL_DEFLATE_GZIP, (pl_str){f.text.data, f.text.len}, &f.packed), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_input_close(&f->in);
  pl_buf_fini(&f->text);
  pl_buf_fini(&f->packed);
  pl_buf_fini(&f->out);
  temporary_close(&f->folder);
  return 0;
}

/* Opens a file of these bytes. */
static void open_bytes(fixture *f, pl_str bytes)
{
  char path[256];
  (void)temporary_file(&f->folder, "file", "", path, sizeof path);
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
  assert_int_equal(fclose(file), 0);
  pl_input_close(&f->in);
  assert_int_equal(pl_input_open(&f->in, &pl_alloc_default, path, &f->err), PL_OK);
  pl_buf_clear(&f->out);
}

static pl_str bytes_of(const pl_buf *b)
{
  return (pl_str){b->data, b->len};
}

/* Reads to the end, `most` bytes at a time; the code. */
static int read_all(fixture *f, size_t most)
{
  int code;
  size_t before;
  do {
    before = f->out.len;
    code = pl_input_read(&f->in, most, &f->out, &f->err);
    assert_true(f->out.len - before <= most);
  } while (code == PL_INPUT_MORE);
  return code;
}

static void files_come_as_they_are_or_decompressed(void **state)
{
  static const size_t steps[] = {1000, 7777, LEN, 2 * LEN};
  fixture *f = *state;
  for (size_t i = 0; i < 2 * sizeof steps / sizeof *steps; i++) {
    const pl_buf *file = i % 2 ? &f->packed : &f->text;
    open_bytes(f, bytes_of(file));
    assert_int_equal(read_all(f, steps[i / 2]), PL_INPUT_ENDED);
    assert_true(pl_str_eq(bytes_of(&f->out), bytes_of(&f->text)));
    assert_true(f->in.bytes == file->len && f->in.size == file->len);
  }
  open_bytes(f, PL_STR(""));
  assert_int_equal(read_all(f, 10), PL_INPUT_ENDED);
  open_bytes(f, PL_STR("\x1f"));
  assert_int_equal(read_all(f, 10), PL_INPUT_ENDED);
  assert_int_equal(f->out.len, 1);
}

static void gzip_that_is_none_is_said(void **state)
{
  fixture *f = *state;
  open_bytes(f, (pl_str){f->packed.data, f->packed.len - 1});
  assert_int_equal(read_all(f, LEN), PL_EPARSE);
  assert_string_equal(f->err.message, "the gzip is cut off");
  assert_int_equal(f->out.len, LEN);
  f->err = (pl_error){0};
  f->packed.data[f->packed.len / 2] ^= 0x55;
  open_bytes(f, bytes_of(&f->packed));
  assert_int_equal(read_all(f, LEN), PL_EPARSE);
  assert_string_equal(f->err.message, "the gzip is broken, or has something else behind its end");
}

static void gzip_may_not_stand_for_too_much(void **state)
{
  fixture *f = *state;
  open_bytes(f, bytes_of(&f->packed));
  f->in.expanded_max = LEN;
  assert_int_equal(read_all(f, 1000), PL_INPUT_ENDED);
  open_bytes(f, bytes_of(&f->packed));
  f->in.expanded_max = LEN - 1;
  assert_int_equal(read_all(f, 1000), PL_ELIMIT);
  assert_string_equal(f->err.message, "the gzip stands for more than 299999 bytes: decompress it, and import it in parts");
}

static void the_end_is_seen_where_it_can_be(void **state)
{
  fixture *f = *state;
  open_bytes(f, PL_STR("a 1\n# EOF\n"));
  assert_true(pl_input_ends_with(&f->in, PL_STR("# EOF"), false));
  assert_false(pl_input_ends_with(&f->in, PL_STR("# EOG"), true));
  open_bytes(f, PL_STR("x"));
  assert_false(pl_input_ends_with(&f->in, PL_STR("# EOF"), true));
  open_bytes(f, bytes_of(&f->packed));
  assert_true(pl_input_ends_with(&f->in, PL_STR("# EOF"), true));
  assert_false(pl_input_ends_with(&f->in, PL_STR("# EOF"), false));
}

static void what_is_no_file_is_said(void **state)
{
  fixture *f = *state;
  assert_int_equal(pl_input_open(&f->in, &pl_alloc_default, "/nowhere/x", &f->err), PL_ENOENT);
  pl_input_close(&f->in);
  f->err = (pl_error){0};
  assert_int_equal(pl_input_open(&f->in, &pl_alloc_default, "/dev/null", &f->err), PL_EIO);
  assert_string_equal(f->err.message, "import: /dev/null is no plain file");
}

/* Bytes come when they come; whoever reads is never held up. */
static void standard_input_is_not_waited_for(void **state)
{
  fixture *f = *state;
  int kept = dup(STDIN_FILENO), ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  assert_int_equal(pl_input_open(&f->in, &pl_alloc_default, "-", &f->err), PL_OK);
  assert_true(pl_input_ends_with(&f->in, PL_STR("# EOF"), true));
  assert_int_equal(read_all(f, 100), PL_INPUT_LATER);
  for (size_t at = 0; at < f->packed.len; at += 1000) {
    size_t n = f->packed.len - at < 1000 ? f->packed.len - at : 1000;
    assert_int_equal(write(ends[1], f->packed.data + at, n), n);
    assert_int_equal(read_all(f, LEN), PL_INPUT_LATER);
  }
  (void)close(ends[1]);
  assert_int_equal(read_all(f, LEN), PL_INPUT_ENDED);
  assert_true(pl_str_eq(bytes_of(&f->out), bytes_of(&f->text)));
  assert_true(f->in.bytes == f->packed.len && f->in.size == 0);
  (void)dup2(kept, STDIN_FILENO);
  (void)close(kept);
  (void)close(ends[0]);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {
      CASE(files_come_as_they_are_or_decompressed), CASE(gzip_that_is_none_is_said), CASE(gzip_may_not_stand_for_too_much),
      CASE(the_end_is_seen_where_it_can_be), CASE(what_is_no_file_is_said), CASE(standard_input_is_not_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
