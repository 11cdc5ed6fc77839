/* How a channel comes to be connected: grants, names, one address after the other, Unix sockets. */
#include "load/channel.h"

#include <sys/resource.h>
#include <sys/un.h>

#include "base/error.h"
#include "load/wire.h"

static char socket_path[64];

static int mute_open(void *c, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  (void)c, (void)url, (void)options, (void)a, (void)err;
  return PL_OK;
}

static void mute_close(void *c)
{
  (void)c;
}

static int mute_begin(void *c, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_protocol_request *request, pl_error *err)
{
  (void)c, (void)operation, (void)args, (void)named, (void)err;
  request->no_answer = true;
  return pl_buf_adds(out, "hello\r\n\r\n");
}

static int mute_result(void *c, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  (void)c, (void)arena, (void)value, (void)why;
  *status = 0;
  return PL_OK;
}

static pl_str mute_path(const void *c)
{
  (void)c;
  return pl_str_of(socket_path);
}

static const char *const operations[] = {"tell", NULL};
static const pl_protocol mute = {.head = {"mute", PL_PROTOCOL_ABI}, .word = "mute", .scheme = "mute", .operations = operations, .size = 1,
                                 .open = mute_open, .close = mute_close, .socket_path = mute_path, .begin = mute_begin, .result = mute_result};

typedef struct caller {
  wire w;
  pl_channel *channel;
  pl_channel_operation operation;
  pl_times times;
  pl_answer answer;
  pl_tree args, named;
  bool inside;
  int dones;
} caller;

static void on_sending(void *user, uint64_t aside_ns)
{
  (void)user;
  assert_int_equal(aside_ns, 0);
}

static void on_done(void *user)
{
  caller *c = user;
  assert_false(c->inside);
  c->dones++;
}

/* One operation to the host, at the first listener's port. */
static void tell(caller *c, const char *host)
{
  char url[96];
  pl_protocol_request request;
  (void)snprintf(url, sizeof url, "mute://%s:%d", host, c->w.port[0]);
  assert_int_equal(pl_channel_new(c->w.client, &mute, pl_str_of(url), NULL, NULL, &c->channel, NULL), PL_OK);
  c->dones = 0;
  c->operation = (pl_channel_operation){.timeout_ns = 10 * PL_S_NS, .times = &c->times, .answer = &c->answer, .sending = on_sending,
                                        .done = on_done, .user = c};
  assert_int_equal(pl_channel_begin(c->channel, PL_STR("tell"), &c->args, &c->named, &request, NULL), PL_OK);
  c->inside = true;
  pl_channel_start(c->channel, &c->operation);
  c->inside = false;
  while (!c->dones)
    wire_turn(&c->w);
  pl_channel_close(c->channel);
}

static void what_lacks_a_descriptor_says_so(void **state)
{
  caller c = {.dones = 0};
  struct rlimit before, none;
  (void)state;
  wire_open(&c.w, 0);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = (struct rlimit){3, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  tell(&c, "127.0.0.1");
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_int_equal(c.answer.failure, PL_FAIL_CONNECT);
  assert_true(c.answer.lacked);
  wire_close(&c.w);
}

static void a_host_that_is_not_granted_is_not_called(void **state)
{
  caller c = {.dones = 0};
  (void)state;
  wire_open(&c.w, 0);
  tell(&c, "127.9.9.9");
  assert_int_equal(c.answer.failure, PL_FAIL_CONNECT);
  assert_string_equal(c.answer.why, "load to this host is not granted");
  assert_false(c.answer.new_connection);
  wire_close(&c.w);
}

static void a_number_is_no_name(void **state)
{
  caller c = {.dones = 0};
  (void)state;
  wire_open(&c.w, 0);
  tell(&c, "127.0.0.1");
  assert_int_equal(c.answer.failure, PL_FAIL_NONE);
  assert_true(c.times.resolved == 0 && c.times.connected);
  wire_close(&c.w);
}

/* The listener has an address of IPv4 alone: where the name has one of IPv6 as well, that one refuses. */
static void the_addresses_of_a_name_are_tried_in_turn(void **state)
{
  caller c = {.dones = 0};
  (void)state;
  wire_open(&c.w, 0);
  tell(&c, "localhost");
  assert_int_equal(c.answer.failure, PL_FAIL_NONE);
  assert_true(c.times.resolved && c.times.connected >= c.times.resolved && c.answer.new_connection);
  wire_close(&c.w);
}

static void a_unix_socket_needs_no_address(void **state)
{
  caller c = {.dones = 0};
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)state;
  (void)snprintf(socket_path, sizeof socket_path, "/tmp/test_channel_dial.%d", (int)getpid());
  (void)pl_copy(a.sun_path, sizeof a.sun_path, pl_str_of(socket_path));
  assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
  assert_int_equal(listen(fd, 1), 0);
  wire_open(&c.w, 0);
  tell(&c, "no-such-host.invalid");
  unlink(socket_path);
  close(fd);
  socket_path[0] = '\0';
  assert_int_equal(c.answer.failure, PL_FAIL_NONE);
  assert_int_equal(c.times.resolved, 0);
  wire_close(&c.w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_host_that_is_not_granted_is_not_called), cmocka_unit_test(a_number_is_no_name),
      cmocka_unit_test(what_lacks_a_descriptor_says_so),
      cmocka_unit_test(the_addresses_of_a_name_are_tried_in_turn), cmocka_unit_test(a_unix_socket_needs_no_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
