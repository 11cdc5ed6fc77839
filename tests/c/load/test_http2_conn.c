/* HTTP/2 over a connection: several exchanges at a time, their ends, and that of the session. */
#include "load/http2_peer.h"

static const pl_route four = {.streams = 4};

static int open_with(void **state, uint32_t max_connections)
{
  int code = wire_set_up_with(state, max_connections);
  wire *w = *state;
  for (int i = 0; i < WIRE_EXCHANGES; i++)
    w->e[i].route = &four;
  return code;
}

static int set_up(void **state)
{
  return open_with(state, 0);
}

static int set_up_one(void **state)
{
  return open_with(state, 1);
}

static pl_client_stats stats_of(const wire *w)
{
  pl_client_stats s;
  pl_client_stats_get(w->client, &s);
  return s;
}

/* Sends n GETs, which one connection carries. */
static int begin(wire *w, int n, uint32_t limit)
{
  for (int i = 0; i < n; i++)
    wire_get(w, i, w->url[0]);
  return peer_accept(w, 0, limit);
}

/* The same, and the peer has their heads, on streams 1, 3 ... */
static int begin_heads(wire *w, int n, uint32_t limit)
{
  int fd = begin(w, n, limit);
  for (int i = 0; i < n; i++)
    peer_expect(w, fd, PEER_HEADERS, 1 + 2 * i);
  return fd;
}

static void expect_ok(const wire_exchange *e, const char *body)
{
  assert_int_equal(e->dones, 1);
  assert_string_equal(e->why, "");
  assert_int_equal(e->failure, PL_FAIL_NONE);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, body);
}

/* The peer answers a stream, whose exchange takes it. */
static void answer_ok(int fd, int id, wire_exchange *e)
{
  peer_answer(fd, id, "ok");
  wire_await(e);
  expect_ok(e, "ok");
}

/* ---- Streams ------------------------------------------------------------------------------------ */

static void one_connection_carries_several(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 3, 0);
  for (int id = 5; id >= 1; id -= 2)
    peer_answer(fd, id, "ok");
  while (w->e[0].pending || w->e[1].pending || w->e[2].pending)
    wire_turn(w);
  for (int i = 0; i < 3; i++)
    expect_ok(&w->e[i], "ok");
  assert_true(w->e[0].new_connection);
  assert_false(w->e[1].new_connection);
  pl_client_stats s = stats_of(w);
  assert_int_equal(s.opened, 1);
  assert_int_equal(s.http2.sessions, 1);
  const pl_exchange *x = &w->e[0].x;
  const pl_times *t = &x->times;
  assert_true(t->begin <= t->connected && t->connected <= t->send && t->send <= t->sent && t->sent <= t->first_byte && t->first_byte <= t->end);
  assert_int_equal(x->answer.bytes_received, 9 + 1 + 9 + 2);
  assert_true(x->answer.bytes_sent > 9);
  close(fd);
}

static void a_full_session_is_joined_by_another(void **state)
{
  wire *w = *state;
  int first = begin(w, 5, 0), second = peer_accept(w, 0, 0);
  for (int id = 1; id <= 7; id += 2)
    peer_expect(w, first, PEER_HEADERS, id);
  peer_expect(w, second, PEER_HEADERS, 1);
  peer_answer(second, 1, "ok");
  wire_await(&w->e[4]);
  assert_int_equal(stats_of(w).opened, 2);
  close(first);
  close(second);
}

static void a_session_ends_behind_the_requests_it_may_have(void **state)
{
  static const pl_route two = {.streams = 4, .requests = 2};
  wire *w = *state;
  for (int i = 0; i < 5; i++)
    w->e[i].route = &two;
  int first = begin(w, 3, 0), second = peer_accept(w, 0, 0);
  peer_expect(w, first, PEER_HEADERS, 1);
  peer_expect(w, first, PEER_HEADERS, 3);
  peer_expect(w, second, PEER_HEADERS, 1);
  answer_ok(first, 3, &w->e[1]);
  assert_int_equal(stats_of(w).open, 2);
  answer_ok(first, 1, &w->e[0]);
  while (stats_of(w).open > 1)
    wire_turn(w);
  wire_get(w, 3, w->url[0]); /* the second one has a place left, */
  peer_expect(w, second, PEER_HEADERS, 3);
  wire_get(w, 4, w->url[0]); /*   and now no more */
  int third = peer_accept(w, 0, 0);
  peer_expect(w, third, PEER_HEADERS, 1);
  answer_ok(third, 1, &w->e[4]);
  answer_ok(second, 1, &w->e[2]);
  answer_ok(second, 3, &w->e[3]);
  assert_int_equal(stats_of(w).opened, 3);
  assert_int_equal(stats_of(w).http2.goaways, 0);
  close(first);
  close(second);
  close(third);
}

static void where_no_connection_may_be_added_streams_are_waited_for(void **state)
{
  wire *w = *state;
  int fd = begin(w, 6, 0);
  for (int id = 1; id <= 7; id += 2)
    peer_expect(w, fd, PEER_HEADERS, id);
  assert_true(pl_exchange_waits(&w->e[4].x) && pl_exchange_waits(&w->e[5].x));
  peer_answer(fd, 3, "ok");
  peer_expect(w, fd, PEER_HEADERS, 9);
  peer_answer(fd, 9, "ok");
  peer_expect(w, fd, PEER_HEADERS, 11);
  answer_ok(fd, 11, &w->e[5]);
  assert_int_equal(stats_of(w).opened, 1);
  close(fd);
}

/* Two were sent before the server said that it takes one at a time. */
static void the_servers_limit_is_respected(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 2, 1);
  peer_answer(fd, 1, "ok");
  wire_await(&w->e[0]);
  wire_get(w, 2, w->url[0]);
  wire_get(w, 3, w->url[0]);
  assert_true(pl_exchange_waits(&w->e[2].x));
  peer_answer(fd, 3, "ok");
  peer_expect(w, fd, PEER_HEADERS, 5);
  assert_true(pl_exchange_waits(&w->e[3].x));
  peer_answer(fd, 5, "ok");
  peer_expect(w, fd, PEER_HEADERS, 7);
  peer_answer(fd, 7, "ok");
  wire_await(&w->e[3]);
  close(fd);
}

/* Room on the session of others is none for it; the place of that session is, once it is idle. */
static void who_has_a_pool_of_its_own_waits_for_a_place(void **state)
{
  wire *w = *state;
  pl_pool own = {0};
  int fd = begin_heads(w, 2, 0);
  for (int i = 2; i < 4; i++) {
    w->e[i].x.own = &own;
    wire_get(w, i, w->url[0]);
  }
  peer_answer(fd, 1, "ok");
  wire_await(&w->e[0]);
  assert_true(pl_exchange_waits(&w->e[2].x) && pl_exchange_waits(&w->e[3].x));
  peer_answer(fd, 3, "ok");
  int second = peer_accept(w, 0, 0);
  peer_expect(w, second, PEER_HEADERS, 1);
  peer_answer(second, 1, "own");
  peer_expect(w, second, PEER_HEADERS, 3);
  peer_answer(second, 3, "own");
  wire_await(&w->e[3]);
  expect_ok(&w->e[1], "ok");
  expect_ok(&w->e[2], "own");
  expect_ok(&w->e[3], "own");
  pl_client_leave(w->client, &own);
  w->e[2].x.own = w->e[3].x.own = NULL;
  close(fd);
  close(second);
}

static void send_again(wire_exchange *e)
{
  e->then = NULL;
  wire_send(e);
}

static void who_is_told_may_send_at_once(void **state)
{
  wire *w = *state;
  int fd = begin(w, 4, 0);
  for (int i = 0; i < 4; i++)
    w->e[i].then = send_again;
  for (int id = 1; id <= 7; id += 2)
    peer_expect(w, fd, PEER_HEADERS, id);
  for (int id = 1; id <= 7; id += 2)
    peer_answer(fd, id, "ok");
  for (int id = 9; id <= 15; id += 2)
    peer_expect(w, fd, PEER_HEADERS, id);
  for (int id = 9; id <= 15; id += 2)
    peer_answer(fd, id, "again");
  while (w->e[0].dones < 2 || w->e[1].dones < 2 || w->e[2].dones < 2 || w->e[3].dones < 2)
    wire_turn(w);
  assert_string_equal(w->e[3].body, "again");
  assert_int_equal(stats_of(w).opened, 1);
  close(fd);
}

static void a_timeout_costs_its_stream_alone(void **state)
{
  wire *w = *state;
  wire_request(w, 0, "GET", w->url[0])->x.timeout_ns = 20 * PL_MS_NS;
  wire_send(&w->e[0]);
  wire_get(w, 1, w->url[0]);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  peer_expect(w, fd, PEER_HEADERS, 3);
  peer_expect(w, fd, PEER_RST_STREAM, 1);
  assert_int_equal(w->e[0].failure, PL_FAIL_TIMEOUT);
  peer_answer(fd, 1, "too late");
  answer_ok(fd, 3, &w->e[1]);
  assert_int_equal(stats_of(w).open, 1);
  w->e[0].x.timeout_ns = 0;
  close(fd);
}

static void an_abort_before_it_stands_leaves_the_others(void **state)
{
  wire *w = *state;
  wire_get(w, 0, w->url[0]);
  wire_get(w, 1, w->url[0]);
  pl_client_abort(w->client, &w->e[0].x);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  answer_ok(fd, 1, &w->e[1]);
  if (w->e[0].pending)
    wire_await(&w->e[0]);
  assert_int_equal(w->e[0].failure, PL_FAIL_ABORTED);
  close(fd);
}

static void all_fail_when_the_connect_does(void **state)
{
  wire *w = *state;
  close(w->listener[1]);
  for (int i = 0; i < 3; i++)
    wire_get(w, i, w->url[1]);
  while (w->e[0].pending || w->e[1].pending || w->e[2].pending)
    wire_turn(w);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(w->e[i].failure, PL_FAIL_CONNECT);
    assert_string_equal(w->e[i].why, "Connection refused");
  }
  assert_int_equal(stats_of(w).connect_errors, 1);
  wire_listen(w, 1);
}

/* ---- Ends ---------------------------------------------------------------------------------------- */

static void what_goaway_leaves_out_is_sent_again(void **state)
{
  wire *w = *state;
  wire_request(w, 1, "POST", w->url[0]); /* nothing was done with it, so it may be sent again, too */
  wire_get(w, 0, w->url[0]);
  wire_send(&w->e[1]);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  peer_expect(w, fd, PEER_HEADERS, 3);
  peer_goaway(fd, 1, 0);
  int second = peer_accept(w, 0, 0);
  peer_expect(w, second, PEER_HEADERS, 1);
  peer_answer(second, 1, "second");
  wire_await(&w->e[1]);
  expect_ok(&w->e[1], "second");
  assert_true(w->e[0].pending);
  peer_answer(fd, 1, "first");
  wire_await(&w->e[0]);
  expect_ok(&w->e[0], "first");
  pl_client_stats s = stats_of(w);
  assert_int_equal(s.http2.goaways, 1);
  assert_int_equal(s.http2.refused, 1);
  assert_int_equal(s.open, 1);
  close(fd);
  close(second);
}

static void a_reset_is_a_failure_of_its_stream(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 2, 0);
  peer_reset(fd, 1, 2);
  wire_await(&w->e[0]);
  assert_int_equal(w->e[0].failure, PL_FAIL_RESET);
  assert_non_null(strstr(w->e[0].why, "INTERNAL_ERROR"));
  answer_ok(fd, 3, &w->e[1]);
  assert_int_equal(stats_of(w).http2.resets, 1);
  close(fd);
}

static void a_refused_stream_is_sent_again_but_not_for_ever(void **state)
{
  wire *w = *state;
  int fd = begin(w, 1, 0), id = 1;
  for (; w->e[0].pending && id < 100; id += 2) {
    peer_expect(w, fd, PEER_HEADERS, id);
    peer_reset(fd, id, 7);
    if (id == 1 + 2 * 8)
      wire_await(&w->e[0]);
  }
  assert_int_equal(id, 19);
  assert_int_equal(w->e[0].failure, PL_FAIL_RESET);
  assert_non_null(strstr(w->e[0].why, "refused"));
  close(fd);
}

static void a_connection_that_ends_takes_its_streams_along(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 2, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, PEER_200, 1);
  close(fd);
  while (w->e[0].pending || w->e[1].pending)
    wire_turn(w);
  assert_int_equal(w->e[0].failure, PL_FAIL_TRUNCATED);
  assert_int_equal(w->e[1].failure, PL_FAIL_RESET);
  assert_int_equal(stats_of(w).repeated, 0); /* a session that never answered is no idle one that had just ended */
}

static void what_a_session_that_has_answered_loses_is_repeated_and_counted(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 3, 0);
  peer_answer(fd, 1, "ok");
  wire_await(&w->e[0]);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 3, PEER_200, 1);
  assert_int_equal(shutdown(fd, SHUT_WR), 0); /* close would reset, and what was sent might be lost */
  int second = peer_accept(w, 0, 0);
  peer_expect(w, second, PEER_HEADERS, 1);
  peer_answer(second, 1, "once more");
  wire_await(&w->e[1]);
  expect_ok(&w->e[1], "once more");
  assert_int_equal(w->e[2].failure, PL_FAIL_TRUNCATED); /* on stream 3: its answer had begun */
  assert_int_equal(stats_of(w).repeated, 1);
  assert_int_equal(stats_of(w).http2.refused, 0);
  close(fd);
  close(second);
}

static void an_idle_session_may_end(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 1, 0);
  peer_answer(fd, 1, "ok");
  wire_await(&w->e[0]);
  peer_goaway(fd, 1, 0);
  close(fd);
  while (stats_of(w).open)
    wire_turn(w);
  w->e[0].dones = 0;
  wire_send(&w->e[0]);
  fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  answer_ok(fd, 1, &w->e[0]);
  close(fd);
}

/* ---- Answers that break the rules ------------------------------------------------------------------ */

static void who_speaks_http1_is_told(void **state)
{
  wire *w = *state;
  wire_get(w, 0, w->url[0]);
  int fd = wire_accept(w, 0);
  wire_write(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  wire_await(&w->e[0]);
  assert_int_equal(w->e[0].failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(w->e[0].why, "does not speak it"));
  close(fd);
}

/* One answer in frames of HEADERS and DATA, each with its flags; the exchange must fail as PROTOCOL, its neighbour must not. */
static void expect_invalid(wire *w, const char *head, size_t head_len, const char *body, const char *why)
{
  w->e[0].dones = w->e[1].dones = 0;
  int fd = begin_heads(w, 2, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, head, head_len);
  peer_send(fd, PEER_DATA, PEER_END_STREAM, 1, body, strlen(body));
  wire_await(&w->e[0]);
  assert_int_equal(w->e[0].failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(w->e[0].why, why));
  answer_ok(fd, 3, &w->e[1]);
  close(fd);
  while (stats_of(w).open)
    wire_turn(w);
}

static void answers_that_break_the_rules_fail_alone(void **state)
{
  wire *w = *state;
  /* content-length: 5, and two bytes */
  expect_invalid(w, PEER_200 "\x0f\x0d\x01" "5", 5, "no", "");
  /* a header in upper case */
  expect_invalid(w, PEER_200 "\x00\x01X\x01y", 6, "no", "");
  /* no status */
  expect_invalid(w, "\x00\x01x\x01y", 5, "no", "");
  /* a pseudo header of requests */
  expect_invalid(w, PEER_200 "\x82", 2, "no", "");
}

static void a_head_has_a_limit(void **state)
{
  wire *w = *state;
  w->client->o.header_max = 1000;
  char head[3000] = PEER_200;
  size_t n = 1;
  for (int i = 0; i < 20; i++) {
    memcpy(head + n, "\x00\x01x\x64", 4); /* x: a hundred letters */
    memset(head + n + 4, 'y', 100);
    n += 104;
  }
  int fd = begin_heads(w, 2, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, head, n);
  peer_expect(w, fd, PEER_RST_STREAM, 1);
  assert_int_equal(w->e[0].failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(w->e[0].why, "longer than the limit, 1000 bytes"));
  answer_ok(fd, 3, &w->e[1]);
  close(fd);
}

/* A head without an end, in CONTINUATION frames. */
static void a_flood_of_headers_ends_the_session(void **state)
{
  wire *w = *state;
  enum { CONTINUATION = 9 };
  char head[1000];
  memset(head, 0x88, sizeof head);
  int fd = begin_heads(w, 1, 0);
  peer_send(fd, PEER_HEADERS, 0, 1, PEER_200, 1);
  for (int i = 0; i < 2000 && w->e[0].pending; i++) {
    unsigned char frame[9] = {0, 0, 0, CONTINUATION, 0, 0, 0, 0, 1};
    if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) < 0)
      break;
    uv_run(&w->loop, UV_RUN_NOWAIT);
  }
  while (w->e[0].pending)
    wire_turn(w);
  assert_int_equal(w->e[0].failure, PL_FAIL_PROTOCOL);
  close(fd);
}

static void a_broken_frame_ends_the_session(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 2, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, "\xff\xff\xff\xff\xff\xff", 6); /* no HPACK */
  while (w->e[0].pending || w->e[1].pending)
    wire_turn(w);
  assert_int_equal(w->e[0].failure, PL_FAIL_PROTOCOL);
  assert_int_equal(w->e[1].failure, PL_FAIL_PROTOCOL);
  assert_int_equal(stats_of(w).open, 0);
  peer_expect(w, fd, PEER_GOAWAY, 0);
  close(fd);
}

static void interim_answers_and_trailers_are_passed_over(void **state)
{
  wire *w = *state;
  int fd = begin_heads(w, 1, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, "\x08\x03" "103", 5);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, PEER_200, 1);
  peer_send(fd, PEER_DATA, 0, 1, "ok", 2);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS | PEER_END_STREAM, 1, "\x00\x01x\x01y", 5);
  wire_await(&w->e[0]);
  expect_ok(&w->e[0], "ok");
  close(fd);
}

static void a_body_is_kept_up_to_the_limit(void **state)
{
  wire *w = *state;
  w->client->o.body_max = 10;
  int fd = begin_heads(w, 1, 0);
  peer_answer(fd, 1, "twelve bytes");
  wire_await(&w->e[0]);
  assert_string_equal(w->e[0].body, "twelve byt");
  assert_true(w->e[0].body_cut);
  close(fd);
}

/* ---- Bodies -------------------------------------------------------------------------------------- */

/* Reads the request's body; sends window as it comes. Returns its length. */
static size_t read_body(wire *w, int fd, int id, uint64_t *sum)
{
  peer_frame f;
  size_t n = 0;
  do {
    peer_next(w, fd, &f);
    assert_int_equal(f.type, PEER_DATA);
    for (size_t i = 0; i < f.len; i++)
      *sum += f.payload[i];
    n += f.len;
    if (f.len) {
      peer_send_u32(fd, PEER_WINDOW_UPDATE, 0, (uint32_t)f.len);
      if (!(f.flags & PEER_END_STREAM))
        peer_send_u32(fd, PEER_WINDOW_UPDATE, id, (uint32_t)f.len);
    }
  } while (!(f.flags & PEER_END_STREAM));
  return n;
}

static void bodies_go_up_as_far_as_the_server_lets_them(void **state)
{
  enum { SIZE = 1 << 20 };
  wire *w = *state;
  char *body = malloc(SIZE);
  memset(body, 3, SIZE);
  wire_exchange *e = wire_request(w, 0, "POST", w->url[0]);
  e->x.body = (pl_str){body, SIZE};
  wire_send(e);
  wire_get(w, 1, w->url[0]);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  peer_expect(w, fd, PEER_HEADERS, 3); /* heads go before bodies */
  uint64_t sum = 0;
  assert_int_equal(read_body(w, fd, 1, &sum), SIZE);
  assert_int_equal(sum, 3 * SIZE);
  peer_answer(fd, 1, "ok");
  peer_answer(fd, 3, "ok");
  while (e->pending || w->e[1].pending)
    wire_turn(w);
  expect_ok(e, "ok");
  assert_true(e->x.answer.bytes_sent > SIZE);
  close(fd);
  free(body);
}

static void a_file_goes_up_and_may_be_too_short(void **state)
{
  enum { SIZE = 100000 };
  wire *w = *state;
  char path[] = "/tmp/perilune-body-XXXXXX", block[SIZE];
  int file = mkstemp(path);
  unlink(path);
  memset(block, 5, sizeof block);
  assert_int_equal(write(file, block, sizeof block), SIZE);
  pl_body_file whole = {file, SIZE}, more = {file, SIZE + 1};
  wire_exchange *e = wire_request(w, 0, "PUT", w->url[0]), *wrong = wire_request(w, 1, "PUT", w->url[0]);
  e->x.file = &whole;
  wrong->x.file = &more;
  wire_send(e);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  uint64_t sum = 0;
  assert_int_equal(read_body(w, fd, 1, &sum), SIZE);
  assert_int_equal(sum, 5 * SIZE);
  peer_answer(fd, 1, "ok");
  wire_await(e);
  wire_send(wrong);
  peer_expect(w, fd, PEER_HEADERS, 3);
  peer_frame f = {0};
  for (size_t n = 0; f.type != PEER_RST_STREAM; n += f.len) {
    peer_next(w, fd, &f);
    if (f.type == PEER_DATA && f.len) {
      peer_send_u32(fd, PEER_WINDOW_UPDATE, 0, (uint32_t)f.len);
      peer_send_u32(fd, PEER_WINDOW_UPDATE, 3, (uint32_t)f.len);
    }
  }
  if (wrong->pending)
    wire_await(wrong);
  assert_int_equal(wrong->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(wrong->why, "shorter"));
  close(fd);
  close(file);
}

enum { LARGE = 1 << 20 };

/* An upload of LARGE bytes, of which the peer has the head; its bytes are the caller's. */
static wire_exchange *begin_upload(wire *w, int i, char **body, int *fd)
{
  *body = calloc(1, LARGE);
  wire_exchange *e = wire_request(w, i, "POST", w->url[0]);
  e->x.body = (pl_str){*body, LARGE};
  wire_send(e);
  *fd = peer_accept(w, 0, 0);
  peer_expect(w, *fd, PEER_HEADERS, 1);
  return e;
}

static void turn_often(wire *w)
{
  for (int i = 0; i < 20; i++)
    wire_turn(w);
}

static void what_is_answered_early_goes_out_whole(void **state)
{
  wire *w = *state;
  char *body;
  int fd;
  uint64_t sum = 0;
  wire_exchange *e = begin_upload(w, 0, &body, &fd);
  peer_answer(fd, 1, "early");
  turn_often(w);
  assert_true(e->pending);
  assert_int_equal(read_body(w, fd, 1, &sum), LARGE);
  if (e->pending)
    wire_await(e);
  expect_ok(e, "early");
  assert_true(e->x.times.end >= e->x.times.sent && e->x.times.first_byte == e->x.times.end);
  wire_get(w, 1, w->url[0]); /* over the same connection */
  peer_expect(w, fd, PEER_HEADERS, 3);
  close(fd);
  free(body);
}

/* The server says that it does not want the rest, or leaves, or breaks the rules: its answer is the answer. */
static void an_early_answer_stands_when_the_rest_is_not_wanted(void **state)
{
  enum { RESET, CLOSE, BREAK, WAYS };
  wire *w = *state;
  for (int i = 0; i < WAYS; i++) {
    char *body;
    int fd;
    wire_exchange *e = begin_upload(w, i, &body, &fd);
    peer_answer(fd, 1, "enough");
    turn_often(w);
    assert_true(e->pending);
    if (i == RESET)
      peer_reset(fd, 1, 0);
    else if (i == BREAK)
      peer_send(fd, PEER_DATA, 0, 0, "x", 1);
    else
      close(fd);
    wire_await(e);
    expect_ok(e, "enough");
    if (i != CLOSE)
      close(fd);
    turn_often(w);
    free(body);
  }
}

/* RFC 9113, section 8.1. */
static void an_early_refusal_ends_the_upload(void **state)
{
  wire *w = *state;
  char *body;
  int fd;
  wire_exchange *e = begin_upload(w, 0, &body, &fd);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS | PEER_END_STREAM, 1, "\x8c", 1); /* "400", entry 12 */
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_NONE);
  assert_int_equal(e->status, 400);
  peer_frame f;
  do
    peer_next(w, fd, &f);
  while (f.type == PEER_DATA);
  assert_int_equal(f.type, PEER_RST_STREAM);
  wire_get(w, 1, w->url[0]);
  peer_expect(w, fd, PEER_HEADERS, 3);
  close(fd);
  free(body);
}

static void a_body_waits_for_continue(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "POST", w->url[0]);
  e->x.body = PL_STR("held");
  e->x.expect_continue = true;
  wire_send(e);
  wire_get(w, 1, w->url[0]);
  int fd = peer_accept(w, 0, 0);
  peer_expect(w, fd, PEER_HEADERS, 1);
  peer_expect(w, fd, PEER_HEADERS, 3); /* and no DATA before it */
  assert_int_equal(e->x.times.sent, 0);
  peer_send(fd, PEER_HEADERS, PEER_END_HEADERS, 1, "\x08\x03" "100", 5);
  uint64_t sum = 0;
  assert_int_equal(read_body(w, fd, 1, &sum), 4);
  answer_ok(fd, 1, e);
  assert_true(e->x.times.sent <= e->x.times.first_byte);
  close(fd);
}

/* ---- Memory -------------------------------------------------------------------------------------- */

/* A GET while the n-th allocation of the client, and all behind it, fail. Returns whether it was answered. */
static bool answered_with_failure_at(size_t n)
{
  wire *w = malloc(sizeof *w);
  failing f;
  int fd = -1;
  char bytes[4096];
  failing_init(&f, 0);
  wire_open(w, 0);
  w->e[0].route = &four;
  wire_exchange *e = wire_request(w, 0, "GET", w->url[0]);
  f.fail_at = n;
  w->client->o.alloc = &f.allocator;
  wire_send(e);
  while (e->pending) {
    struct pollfd p = {.fd = fd < 0 ? w->listener[0] : fd, .events = POLLIN};
    uv_run(&w->loop, UV_RUN_NOWAIT);
    if (poll(&p, 1, 1) <= 0)
      continue;
    if (fd < 0) {
      fd = accept(w->listener[0], NULL, NULL);
    } else if (recv(fd, bytes, sizeof bytes, 0) > 24) { /* all that the client begins with comes at once */
      peer_send(fd, PEER_SETTINGS, 0, 0, NULL, 0);
      peer_answer(fd, 1, "ok");
    }
  }
  bool good = e->failure == PL_FAIL_NONE;
  if (!good)
    assert_true(e->why[0]);
  wire_close(w);
  free(w);
  if (fd >= 0)
    close(fd);
  return good;
}

static void without_memory_exchanges_fail_and_nothing_leaks(void **state)
{
  (void)state;
  size_t n = 1;
  while (n < 200 && !answered_with_failure_at(n))
    n++;
  assert_in_range(n, 5, 199);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, wire_tear_down)
#define CASE_ONE(fn) cmocka_unit_test_setup_teardown(fn, set_up_one, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(one_connection_carries_several),
      CASE(a_full_session_is_joined_by_another),
      CASE(a_session_ends_behind_the_requests_it_may_have),
      CASE_ONE(where_no_connection_may_be_added_streams_are_waited_for),
      CASE_ONE(the_servers_limit_is_respected),
      CASE_ONE(who_has_a_pool_of_its_own_waits_for_a_place),
      CASE(who_is_told_may_send_at_once),
      CASE(a_timeout_costs_its_stream_alone),
      CASE(an_abort_before_it_stands_leaves_the_others),
      CASE(all_fail_when_the_connect_does),
      CASE(what_goaway_leaves_out_is_sent_again),
      CASE(a_reset_is_a_failure_of_its_stream),
      CASE(a_refused_stream_is_sent_again_but_not_for_ever),
      CASE(a_connection_that_ends_takes_its_streams_along),
      CASE(what_a_session_that_has_answered_loses_is_repeated_and_counted),
      CASE(an_idle_session_may_end),
      CASE(who_speaks_http1_is_told),
      CASE(answers_that_break_the_rules_fail_alone),
      CASE(a_head_has_a_limit),
      CASE(a_flood_of_headers_ends_the_session),
      CASE(a_broken_frame_ends_the_session),
      CASE(interim_answers_and_trailers_are_passed_over),
      CASE(a_body_is_kept_up_to_the_limit),
      CASE(bodies_go_up_as_far_as_the_server_lets_them),
      CASE(a_file_goes_up_and_may_be_too_short),
      CASE(what_is_answered_early_goes_out_whole), CASE(an_early_answer_stands_when_the_rest_is_not_wanted), CASE(an_early_refusal_ends_the_upload),
      CASE(a_body_waits_for_continue),
      cmocka_unit_test(without_memory_exchanges_fail_and_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
