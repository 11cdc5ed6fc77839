/* Receivers as senders see them: answers come when the samples are on the timeline. */
#include "ingest/receiver.h"

#include "format/snappy.h"
#include "ingest/intake_fixture.h"
#include "io/loop.h"
#include "support/asking.h"
#include "support/write_request.h"

typedef struct setting {
  fixture *f;
  uv_loop_t loop;
  pl_receivers *all;
  uint32_t id, page_id;
  pl_receiver_ports ports;
  asking client;
} setting;

static pl_receiver_options options(void)
{
  const pl_address any = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
  return (pl_receiver_options){.listen = any, .statsd = any, .graphite = any, .protocols = PL_RECEIVE_HTTP | PL_RECEIVE_STATSD | PL_RECEIVE_GRAPHITE,
                               .role = PL_STR("target"), .origin = PL_STR("production"),
                               .limits = {.series = 10, .labels = 10, .label_bytes = 100, .samples_per_s = 2}, .body_max = 1000, .expanded_max = 1000,
                               .connections = 4, .module_dir = TEST_MODULE_DIR};
}

static int set_up(void **state)
{
  static setting s;
  s = (setting){.f = NULL};
  (void)fixture_set_up((void **)&s.f);
  assert_int_equal(pl_loop_open(&s.loop), 0);
  pl_receivers_place place = {.alloc = &pl_alloc_default, .clock = &s.f->clock.clock, .loop = &s.loop, .store = s.f->store, .feed = s.f->feed,
                              .instance = "here"};
  pl_receiver_options o = options();
  s.all = pl_receivers_new(&place);
  assert_int_equal(pl_receivers_start(s.all, &o, 7, &s.id, &s.ports, NULL), PL_OK);
  *state = &s;
  return 0;
}

static int tear_down(void **state)
{
  setting *s = *state;
  pl_receivers_free(s->all);
  pl_loop_close(&s->loop);
  return fixture_tear_down((void **)&s->f);
}

/* Posts n samples of one series; gives the status. */
static int post_to(setting *s, uint16_t port, const char *path, int n)
{
  pl_buf series, message, body, request;
  pl_buf *const all[] = {&series, &message, &body, &request};
  for (size_t i = 0; i < 4; i++)
    pl_buf_init(all[i], &pl_alloc_default, 1 << 16);
  put_label(&series, "__name__", "m");
  for (int i = 0; i < n; i++)
    put_sample(&series, bits_of(i), i);
  put_part(&message, 1, &series);
  assert_int_equal(pl_snappy_shorten((pl_str){message.data, message.len}, &body), 0);
  (void)pl_buf_addf(&request, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
                              "Content-Length: %zu\r\n\r\n", path, body.len);
  (void)pl_buf_add(&request, body.data, body.len);
  int status = ask(&s->loop, &s->client, port, request.data, request.len);
  for (size_t i = 0; i < 4; i++)
    pl_buf_fini(all[i]);
  return status;
}

static int post(setting *s, const char *path, int n)
{
  return post_to(s, s->ports.http, path, n);
}

static uint64_t refused(const setting *s, enum pl_reason why)
{
  return pl_receivers_counts(s->all, s->id)->refused[why];
}

static void samples_are_stored_before_the_answer(void **state)
{
  setting *s = *state;
  assert_int_equal(post(s, "/api/v1/write", 2), 204);
  assert_true(pl_store_due(s->f->store) == UINT64_MAX); /* none waits */
  assert_string_equal(fixture_series(s->f), "m{instance=here origin=production role=target source=remote_write } 0@0 1@1000000");
}

static void what_is_not_received_is_told(void **state)
{
  setting *s = *state;
  assert_int_equal(post(s, "/nothing", 1), 404);
  const char get[] = "GET /api/v1/write HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  assert_int_equal(ask(&s->loop, &s->client, s->ports.http, get, sizeof get - 1), 405);
  assert_true(refused(s, PL_REASON_PATH) == 1 && refused(s, PL_REASON_METHOD) == 1);
}

static void some_are_put(void **state)
{
  setting *s = *state;
  const char put[] = "PUT /metrics/job/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nm 1\n";
  assert_int_equal(ask(&s->loop, &s->client, s->ports.http, put, sizeof put - 1), 200);
  const char other[] = "PUT /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(ask(&s->loop, &s->client, s->ports.http, other, sizeof other - 1), 405);
  assert_true(pl_receivers_counts(s->all, s->id)->samples == 1);
}

static void too_fast_senders_are_put_off(void **state)
{
  setting *s = *state;
  assert_int_equal(post(s, "/api/v1/write", 3), 204);
  assert_int_equal(post(s, "/api/v1/write", 1), 503);
  assert_non_null(strstr(s->client.answer, "Retry-After: 1\r\n"));
  pl_fake_clock_advance(&s->f->clock, PL_S_NS);
  assert_int_equal(post(s, "/api/v1/write", 1), 204);
  assert_true(refused(s, PL_REASON_RATE) == 1);
}

static void counts_outlive_it(void **state)
{
  setting *s = *state;
  assert_int_equal(post(s, "/api/v1/write", 2), 204);
  pl_receivers_stop(s->all, s->id);
  assert_int_equal(pl_receivers_counts(s->all, s->id)->samples, 2);
  assert_int_equal(post(s, "/api/v1/write", 1), 0);
  pl_receivers_stop(s->all, s->id);
  assert_null(pl_receivers_counts(s->all, 5));
}

/* Sends a line by a stream that the sender closes. */
static void send_line(uint16_t port, const char *text)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_true(send(fd, text, strlen(text), MSG_NOSIGNAL) > 0);
  (void)close(fd);
}

static void lines_are_taken_beside_http(void **state)
{
  setting *s = *state;
  send_line(s->ports.statsd, "hits:3|c\n");
  send_line(s->ports.graphite, "load 2 5\n");
  while (pl_receivers_counts(s->all, s->id)->samples < 2)
    (void)post(s, "/nothing", 1); /* turns the loop */
  pl_receivers_stop(s->all, s->id);
  assert_string_equal(fixture_series(s->f), "hits+{instance=here origin=production role=target source=statsd } 3@1"
                                            "load{instance=here origin=production role=target source=graphite } 2@5000000000");
}

/* A series has one type in all receivers of a run, and its second is written by those that go on. */
static void receivers_share_what_is_known_of_statsd(void **state)
{
  setting *s = *state;
  pl_receiver_options o = options();
  pl_receiver_ports ports;
  uint32_t second;
  o.protocols = PL_RECEIVE_STATSD;
  assert_int_equal(pl_receivers_start(s->all, &o, 7, &second, &ports, NULL), PL_OK);
  send_line(s->ports.statsd, "hits:3|c\n");
  while (pl_receivers_counts(s->all, s->id)->samples < 1)
    (void)post(s, "/nothing", 1);
  send_line(ports.statsd, "hits:3|ms\nhits:1|c\n");
  while (pl_receivers_counts(s->all, second)->samples < 1)
    (void)post(s, "/nothing", 1);
  assert_true(pl_receivers_counts(s->all, second)->refused[PL_REASON_KIND] == 1);
  pl_receivers_stop(s->all, s->id);
  assert_string_equal(fixture_series(s->f), "");
  pl_receivers_stop(s->all, second);
  assert_string_equal(fixture_series(s->f), "hits+{instance=here origin=production role=target source=statsd } 4@1");
}

static void only_what_is_asked_for_listens(void **state)
{
  setting *s = *state;
  pl_receiver_options o = options();
  pl_receiver_ports ports;
  uint32_t id;
  o.protocols = PL_RECEIVE_STATSD;
  assert_int_equal(pl_receivers_start(s->all, &o, 7, &id, &ports, NULL), PL_OK);
  assert_true(ports.http == 0 && ports.graphite == 0 && ports.statsd != 0);
  o.statsd.v4.sin_port = htons(ports.statsd);
  assert_int_equal(pl_receivers_start(s->all, &o, 7, &id, &ports, NULL), PL_EBUSY);
}

/* Answers the first request for a page from a timer, as another thread does by a job. */
static void on_turn(uv_timer_t *timer)
{
  setting *s = timer->data;
  pl_page_request page;
  if (!pl_receivers_page(s->all, s->page_id, &page))
    return;
  assert_string_equal(page.method, "GET");
  assert_string_equal(page.path, "/runs/a b");
  assert_string_equal(page.accept, "text/html");
  assert_false(pl_receivers_page(s->all, s->page_id, &page));
  pl_receivers_page_answer(s->all, s->page_id, page.number, &(pl_http_answer){.status = 200, .type = "text/plain", .body = PL_STR("a page")});
  pl_receivers_page_answer(s->all, s->page_id, page.number, &(pl_http_answer){.status = 500});
}

static void pages_are_answered_later(void **state)
{
  setting *s = *state;
  pl_receiver_options o = options();
  pl_receiver_ports ports;
  uv_timer_t timer;
  o.protocols = 0;
  o.pages = true;
  assert_int_equal(pl_receivers_start(s->all, &o, 7, &s->page_id, &ports, NULL), PL_OK);
  assert_int_equal(uv_timer_init(&s->loop, &timer), 0);
  timer.data = s;
  uv_unref((uv_handle_t *)&timer);
  assert_int_equal(uv_timer_start(&timer, on_turn, 1, 1), 0);
  const char get[] = "GET /runs/a%20b?x=1 HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
  assert_int_equal(ask(&s->loop, &s->client, ports.http, get, sizeof get - 1), 200);
  assert_non_null(strstr(s->client.answer, "\r\n\r\na page"));
  uv_close((uv_handle_t *)&timer, NULL);
  assert_int_equal(post_to(s, ports.http, "/api/v1/write", 1), 404);
}

static void there_is_a_most(void **state)
{
  setting *s = *state;
  pl_receiver_options o = options();
  uint32_t id;
  pl_receiver_ports ports;
  pl_error err = {0};
  for (int i = 1; i < PL_RECEIVERS_MAX; i++)
    assert_int_equal(pl_receivers_start(s->all, &o, 7, &id, &ports, &err), PL_OK);
  assert_int_equal(pl_receivers_start(s->all, &o, 7, &id, &ports, &err), PL_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(samples_are_stored_before_the_answer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_not_received_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(some_are_put, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_fast_senders_are_put_off, set_up, tear_down),
      cmocka_unit_test_setup_teardown(counts_outlive_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(lines_are_taken_beside_http, set_up, tear_down),
      cmocka_unit_test_setup_teardown(receivers_share_what_is_known_of_statsd, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_what_is_asked_for_listens, set_up, tear_down),
      cmocka_unit_test_setup_teardown(pages_are_answered_later, set_up, tear_down),
      cmocka_unit_test_setup_teardown(there_is_a_most, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
