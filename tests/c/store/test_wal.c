/* A flipped bit of a log is found wherever it is, and what a killed process leaves of one is no damage. */
#include "store/wal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/stored.h"

enum { TRANSACTIONS = 12, FLIPS = 300, LOG_MAX = 1 << 20 };

typedef struct fixture {
  char path[128], log[128];
  uint8_t bytes[LOG_MAX];
  size_t len, last; /* where the last transaction begins */
} fixture;

static fixture f;

static void put_back(size_t len)
{
  int fd = open(f.log, O_WRONLY | O_TRUNC);
  assert_true(fd >= 0 && write(fd, f.bytes, len) == (ssize_t)len);
  close(fd);
}

static size_t size_of(const char *path)
{
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  return (size_t)st.st_size;
}

/* A log of transactions, as a process leaves it that is killed. */
static void make_log(temporary *folder)
{
  char live[128];
  (void)temporary_file(folder, "live.db", NULL, live, sizeof live);
  (void)temporary_file(folder, "t.db-wal", "", f.log, sizeof f.log);
  (void)temporary_file(folder, "t.db", "", f.path, sizeof f.path);
  pl_store *s = stored_open(live, NULL, 0);
  assert_int_equal(pl_store_sync(s, NULL), PL_OK);
  (void)snprintf(live + strlen(live), 8, "-wal");
  for (int64_t i = 0; i < TRANSACTIONS; i++) {
    f.last = size_of(live);
    stored_put(s, 1, 0, i, 1);
    stored_commit(s);
  }
  f.len = size_of(live);
  int fd = open(live, O_RDONLY);
  assert_true(fd >= 0 && f.len <= LOG_MAX && read(fd, f.bytes, f.len) == (ssize_t)f.len);
  close(fd);
  pl_store_close(s);
}

static void a_flipped_bit_costs_what_is_behind_it(void **state)
{
  pl_rng r;
  make_log(*state);
  pl_rng_init(&r, 7, 0, 0, 0);
  put_back(f.len);
  assert_int_equal(pl_wal_lost(&pl_alloc_default, f.path), 0);
  for (int i = 0; i < FLIPS; i++) {
    /* In the last transaction it is what a killed process may leave, but for its last frame. */
    size_t bit = pl_rng_below(&r, 8 * (i % 10 ? f.last : 32));
    put_back(f.len);
    uint8_t byte = f.bytes[bit / 8] ^ (uint8_t)(1U << bit % 8);
    int fd = open(f.log, O_WRONLY);
    assert_true(fd >= 0 && pwrite(fd, &byte, 1, (off_t)(bit / 8)) == 1);
    close(fd);
    assert_true(pl_wal_lost(&pl_alloc_default, f.path) >= 1);
  }
}

static void what_was_cut_off_is_no_damage(void **state)
{
  make_log(*state);
  for (size_t len = 0; len < f.len; len += 333) {
    put_back(len);
    assert_int_equal(pl_wal_lost(&pl_alloc_default, f.path), 0);
  }
  assert_int_equal(unlink(f.log), 0);
  assert_int_equal(pl_wal_lost(&pl_alloc_default, f.path), 0);
}

static int look(const pl_allocator *a, void *user)
{
  (void)user;
  return pl_wal_lost(a, f.path) ? PL_OK : PL_ENOMEM;
}

static void check_says_it_once(void **state)
{
  pl_reader *r;
  make_log(*state);
  f.bytes[f.len / 2] ^= 1;
  put_back(f.len);
  failing_every(look, NULL, 3);
  pl_store *s;
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = f.path, .mend = true};
  int code = pl_store_open(&o, &s, NULL);
  assert_int_equal(code, PL_OK);
  assert_true(stored_number(s, "SELECT log_lost()") > 1);
  pl_store_close(s);
  assert_int_equal(pl_reader_open_mending(&pl_alloc_default, f.path, &r, NULL), PL_OK);
  pl_reader_close(r);
  assert_int_equal(pl_wal_lost(&pl_alloc_default, f.path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(a_flipped_bit_costs_what_is_behind_it), TEST(what_was_cut_off_is_no_damage), TEST(check_says_it_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
