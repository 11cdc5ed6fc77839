/* Bytes over one socket, without a channel around it: a protocol whose answers are lines, and a peer that the test speaks for. */
#include "load/byte_line.h"

#include "base/error.h"
#include "load/wire.h"

enum { BIG = 8 << 20 };

/* What a conversation does next, and what it has heard. */
typedef struct talk {
  bool greets, ends;
  char line[64];
} talk;

static int talk_greet(void *c_, pl_buf *out, const char **why)
{
  (void)why;
  if (!((talk *)c_)->greets)
    return PL_PROTOCOL_DONE;
  return pl_buf_adds(out, "hello\n") ? PL_ENOMEM : PL_PROTOCOL_MORE;
}

/* "ping\n" is answered at once, and is no answer itself. */
static int talk_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  talk *c = c_;
  const char *end;
  *why = "rubbish";
  while ((end = memchr(data + *used, '\n', len - *used)) != NULL) {
    pl_str line = {data + *used, (size_t)(end - data) - *used};
    *used += line.len + 1;
    if (pl_str_eqc(line, "!"))
      return PL_EPROTO;
    if (!pl_str_eqc(line, "ping")) {
      (void)pl_copy(c->line, sizeof c->line, line);
      return PL_PROTOCOL_DONE;
    }
    (void)pl_buf_adds(out, "pong\n");
  }
  return PL_PROTOCOL_MORE;
}

static int talk_ended(void *c_, const char **why)
{
  *why = "it left";
  return ((talk *)c_)->ends ? PL_PROTOCOL_DONE : PL_ERESET;
}

static const pl_protocol stream = {.head = {"talk", PL_PROTOCOL_ABI}, .scheme = "talk", .greet = talk_greet, .receive = talk_receive, .ended = talk_ended};
static const pl_protocol patient = {.head = {"talk", PL_PROTOCOL_ABI}, .scheme = "talk", .keeps_end = true, .receive = talk_receive, .ended = talk_ended};
static const pl_protocol datagrams = {.head = {"talk", PL_PROTOCOL_ABI}, .scheme = "talk", .datagram = true, .receive = talk_receive};

typedef struct fixture {
  wire w;
  talk talk;
  pl_url url;
  pl_byte_line line;
  pl_line_state st;
  pl_times times;
  enum pl_line_progress last;
  int peer; /* the other end */
} fixture;

static const pl_line_kind *const kind = &pl_byte_line_kind;

static void set_up_line(fixture *f, const pl_protocol *protocol, const pl_route *route)
{
  f->url = (pl_url){.scheme = PL_STR("talk"), .host = PL_STR("target.example"), .port = 7};
  f->st = (pl_line_state){.clock = &pl_clock_system, .times = &f->times, .fd = -1};
  pl_byte_line_init(&f->line, f->w.client, protocol, &f->talk, &f->url, route, 0);
}

static void dial(fixture *f, int port)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
  f->last = kind->dial(&f->line, (struct sockaddr *)&a, &f->st);
  assert_int_equal(f->last, PL_LINE_WAITS);
  assert_int_equal(f->st.waits, PL_LINE_WRITE);
}

/* Goes on when the socket is ready for what the line waits for. */
static void turn(fixture *f)
{
  short events = (short)((f->st.waits & PL_LINE_READ ? POLLIN : 0) | (f->st.waits & PL_LINE_WRITE ? POLLOUT : 0));
  struct pollfd p = {.fd = f->st.fd, .events = events};
  if (!f->st.again)
    assert_int_equal(poll(&p, 1, WIRE_WAIT_MS), 1);
  int ready = (p.revents & (POLLIN | POLLHUP) ? PL_LINE_READ : 0) | (p.revents & POLLOUT ? PL_LINE_WRITE : 0) | (p.revents & POLLERR ? PL_LINE_BROKEN : 0);
  f->last = kind->step(&f->line, ready, &f->st);
}

static enum pl_line_progress settle(fixture *f)
{
  while (f->last == PL_LINE_WAITS)
    turn(f);
  return f->last;
}

static void begin_with(fixture *f, const pl_protocol *protocol)
{
  wire_open(&f->w, 0);
  set_up_line(f, protocol, &pl_route_default);
  dial(f, f->w.port[0]);
  assert_int_equal(settle(f), PL_LINE_STANDS);
  f->peer = accept(f->w.listener[0], NULL, NULL);
  assert_true(f->peer >= 0);
  f->last = kind->greet(&f->line, &f->st);
}

/* A line whose conversation is open, unless it greets. */
static void begin(fixture *f)
{
  begin_with(f, &stream);
}

static void end(fixture *f)
{
  kind->hang_up(&f->line);
  pl_byte_line_fini(&f->line);
  if (f->peer > 0)
    close(f->peer);
  wire_close(&f->w);
}

static void send_text(fixture *f, pl_str text, bool no_answer)
{
  f->times = (pl_times){.send = pl_now(&pl_clock_system)};
  f->st.sent = f->st.received = 0;
  f->last = kind->send(&f->line, text, no_answer, &f->st);
}

/* What the peer reads next. */
static void expect_heard(fixture *f, const char *text)
{
  char bytes[64] = "";
  size_t n = strlen(text);
  assert_int_equal(recv(f->peer, bytes, n, MSG_WAITALL), (ssize_t)n);
  assert_string_equal(bytes, text);
}

static void expect_failure(fixture *f, enum pl_failure failure, const char *why)
{
  assert_int_equal(settle(f), PL_LINE_FAILED);
  assert_int_equal(f->st.failure, failure);
  assert_non_null(strstr(f->st.why, why));
}

/* ---- Operations ---------------------------------------------------------------------------------- */

static void an_answer_comes_in_pieces(void **state)
{
  fixture f = {0};
  (void)state;
  begin(&f);
  assert_int_equal(f.last, PL_LINE_OPEN);
  send_text(&f, PL_STR("question\n"), false);
  assert_int_equal(f.last, PL_LINE_WAITS);
  assert_true(f.times.sent && !f.times.first_byte && f.st.sent == 9);
  expect_heard(&f, "question\n");
  wire_write(f.peer, "ans");
  turn(&f);
  assert_int_equal(f.last, PL_LINE_WAITS);
  assert_true(f.times.first_byte);
  wire_write(f.peer, "wer\nnext\n");
  assert_int_equal(settle(&f), PL_LINE_DONE);
  assert_string_equal(f.talk.line, "answer");
  assert_int_equal(f.st.received, 12);
  send_text(&f, PL_STR("?\n"), false); /* its answer is there already */
  assert_int_equal(f.last, PL_LINE_DONE);
  assert_string_equal(f.talk.line, "next");
  end(&f);
}

/* What came while nobody asked waits in its order, also behind what follows it. */
static void a_backlog_is_taken_in_order(void **state)
{
  enum { LINES = 6000, BLOCK = 1000 };
  fixture f = {0};
  char text[8 * BLOCK], line[16];
  int written = 0;
  (void)state;
  begin(&f);
  for (int i = 0; i < LINES; i++) {
    for (; written < LINES && written < 2 * i + BLOCK; written += BLOCK) {
      size_t n = 0;
      for (int k = 0; k < BLOCK; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%d\n", written + k);
      wire_write(f.peer, text);
    }
    send_text(&f, PL_STR(""), false);
    assert_int_equal(settle(&f), PL_LINE_DONE);
    (void)snprintf(line, sizeof line, "%d", i);
    assert_string_equal(f.talk.line, line);
  }
  assert_int_equal(f.line.in.len, 0);
  end(&f);
}

static void a_greeting_opens(void **state)
{
  fixture f = {.talk.greets = true};
  (void)state;
  begin(&f);
  assert_int_equal(f.last, PL_LINE_WAITS);
  expect_heard(&f, "hello\n");
  wire_write(f.peer, "welcome\n");
  assert_int_equal(settle(&f), PL_LINE_OPEN);
  assert_string_equal(f.talk.line, "welcome");
  end(&f);
}

static void what_is_said_at_once_goes_out_before_the_answer(void **state)
{
  fixture f = {0};
  (void)state;
  begin(&f);
  send_text(&f, PL_STR("?\n"), false);
  wire_write(f.peer, "ping\n");
  turn(&f);
  assert_int_equal(f.last, PL_LINE_WAITS);
  expect_heard(&f, "?\npong\n");
  assert_int_equal(f.st.sent, 7); /* all that went out */
  wire_write(f.peer, "yes\n");
  assert_int_equal(settle(&f), PL_LINE_DONE);
  end(&f);
}

/* The peer reads BIG bytes, of a line that has more to send until then. */
static void hear_all(fixture *f)
{
  char *heard = calloc(1, BIG);
  for (size_t n = 0; n < BIG;) {
    ssize_t got = recv(f->peer, heard, BIG - n, MSG_DONTWAIT);
    if (got > 0)
      n += (size_t)got;
    else if (f->last == PL_LINE_WAITS)
      turn(f);
  }
  free(heard);
}

/* The peer does not read: the operation is complete when its last byte went out, and no sooner. */
static void a_request_larger_than_the_socket_takes(void **state)
{
  fixture f = {0};
  char *big = calloc(1, BIG);
  (void)state;
  begin(&f);
  send_text(&f, (pl_str){big, BIG}, true);
  assert_int_equal(f.last, PL_LINE_WAITS);
  assert_int_equal(f.st.waits, PL_LINE_READ | PL_LINE_WRITE);
  assert_true(f.times.sent == 0 && f.st.sent > 0 && f.st.sent < BIG);
  hear_all(&f);
  assert_int_equal(settle(&f), PL_LINE_DONE);
  assert_int_equal(f.st.waits, PL_LINE_READ);
  assert_true(f.times.sent && f.st.sent == BIG);
  free(big);
  end(&f);
}

/* ---- Failures ------------------------------------------------------------------------------------ */

static void nobody_listens(void **state)
{
  fixture f = {0};
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  (void)state;
  wire_open(&f.w, 0);
  set_up_line(&f, &stream, &pl_route_default);
  f.peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* has a port and does not listen: nobody else gets it */
  assert_int_equal(bind(f.peer, (struct sockaddr *)&a, size), 0);
  assert_int_equal(getsockname(f.peer, (struct sockaddr *)&a, &size), 0);
  dial(&f, ntohs(a.sin_port));
  expect_failure(&f, PL_FAIL_CONNECT, strerror(ECONNREFUSED));
  end(&f);
}

static void a_peer_that_leaves(void **state)
{
  static const struct {
    const char *said;
    bool ends;
    enum pl_line_progress progress;
    enum pl_failure failure;
    const char *why;
  } cases[] = {{"", false, PL_LINE_FAILED, PL_FAIL_RESET, "it left"},
               {"ans", false, PL_LINE_FAILED, PL_FAIL_TRUNCATED, "it left"},
               {"ans", true, PL_LINE_ENDED, PL_FAIL_NONE, ""}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f = {.talk.ends = cases[i].ends};
    begin(&f);
    send_text(&f, PL_STR("?\n"), false);
    expect_heard(&f, "?\n");
    wire_write(f.peer, cases[i].said);
    close(f.peer);
    f.peer = -1;
    assert_int_equal(settle(&f), cases[i].progress);
    assert_int_equal(f.st.failure, cases[i].failure);
    assert_string_equal(f.st.why, cases[i].why);
    end(&f);
  }
}

/* Nobody asked: there is no operation that an end could complete. */
static void a_peer_that_leaves_an_idle_line(void **state)
{
  fixture f = {.talk.ends = true};
  (void)state;
  begin(&f);
  close(f.peer);
  f.peer = -1;
  f.last = PL_LINE_WAITS;
  expect_failure(&f, PL_FAIL_RESET, "the connection was closed");
  end(&f);
}

/* Two lines and the end came before anybody asked. A peer that has not read what it was sent ends with a reset. */
static void an_end_waits_behind_what_was_said(void **state)
{
  (void)state;
  for (int broken = 0; broken < 2; broken++) {
    fixture f = {0};
    begin_with(&f, &patient);
    if (broken)
      send_text(&f, PL_STR("unheard"), true);
    wire_write(f.peer, "one\ntwo\n");
    f.last = PL_LINE_WAITS;
    turn(&f);
    close(f.peer);
    f.peer = -1;
    while (f.st.waits && f.last == PL_LINE_WAITS)
      turn(&f);
    assert_int_equal(f.last, PL_LINE_WAITS);
    assert_false(f.st.again);
    for (int i = 0; i < 2; i++) {
      assert_false(kind->spent(&f.line));
      send_text(&f, PL_STR(""), false);
      assert_int_equal(f.last, PL_LINE_DONE);
      assert_string_equal(f.talk.line, i ? "two" : "one");
      assert_int_equal(f.st.waits, 0);
    }
    assert_true(kind->spent(&f.line));
    send_text(&f, PL_STR(""), false);
    assert_int_equal(f.last, PL_LINE_FAILED);
    assert_string_equal(f.st.why, broken ? strerror(ECONNRESET) : "it left");
    end(&f);
  }
}

/* A peer that talks, and ends its side, while it is sent something that wants no answer: what it said waits. */
static void what_comes_while_something_is_sent_waits(void **state)
{
  fixture f = {.talk.ends = true};
  char *big = calloc(1, BIG);
  (void)state;
  begin_with(&f, &patient);
  send_text(&f, (pl_str){big, BIG}, true);
  wire_write(f.peer, "one\n");
  assert_int_equal(shutdown(f.peer, SHUT_WR), 0);
  while (f.st.waits & PL_LINE_READ)
    turn(&f);
  assert_int_equal(f.last, PL_LINE_WAITS);
  hear_all(&f);
  assert_int_equal(settle(&f), PL_LINE_DONE);
  assert_false(kind->spent(&f.line));
  send_text(&f, PL_STR(""), false);
  assert_int_equal(f.last, PL_LINE_DONE);
  assert_string_equal(f.talk.line, "one");
  send_text(&f, PL_STR(""), false);
  assert_int_equal(f.last, PL_LINE_ENDED);
  free(big);
  end(&f);
}

static void rubbish(void **state)
{
  fixture f = {0};
  (void)state;
  begin(&f);
  send_text(&f, PL_STR("?\n"), false);
  wire_write(f.peer, "!\n");
  expect_failure(&f, PL_FAIL_PROTOCOL, "rubbish");
  end(&f);
}

static void a_peer_that_talks_unasked_has_a_limit(void **state)
{
  fixture f = {0};
  (void)state;
  begin(&f);
  assert_int_equal(f.line.in.max, PL_BYTE_LINE_MAX);
  f.line.in.max = 8;
  wire_write(f.peer, "12345678");
  f.last = PL_LINE_WAITS;
  while (f.line.in.len < 8) {
    turn(&f);
    assert_int_equal(f.last, PL_LINE_WAITS);
  }
  wire_write(f.peer, "9");
  expect_failure(&f, PL_FAIL_PROTOCOL, "nobody asked for");
  end(&f);
}

static void without_memory_for_a_request(void **state)
{
  fixture f = {0};
  failing none;
  (void)state;
  begin(&f);
  failing_init(&none, 1);
  pl_buf_fini(&f.line.out);
  f.line.out.alloc = &none.allocator;
  send_text(&f, PL_STR("?\n"), false);
  expect_failure(&f, PL_FAIL_PROTOCOL, "out of memory for a request");
  end(&f);
}

/* ---- Connections one after the other ------------------------------------------------------------- */

static void nothing_of_a_line_that_was_hung_up_is_left(void **state)
{
  fixture f = {0};
  char *big = calloc(1, BIG);
  (void)state;
  begin(&f);
  wire_write(f.peer, "unasked\n");
  f.last = PL_LINE_WAITS;
  while (!f.line.in.len)
    turn(&f);
  send_text(&f, (pl_str){big, BIG}, true);
  assert_int_equal(f.last, PL_LINE_WAITS);
  kind->hang_up(&f.line);
  close(f.peer);
  dial(&f, f.w.port[0]);
  assert_int_equal(settle(&f), PL_LINE_STANDS);
  f.peer = accept(f.w.listener[0], NULL, NULL);
  assert_int_equal(kind->greet(&f.line, &f.st), PL_LINE_OPEN);
  send_text(&f, PL_STR("?\n"), false);
  assert_int_equal(f.last, PL_LINE_WAITS);
  expect_heard(&f, "?\n");
  free(big);
  end(&f);
}

static void through_a_proxy(void **state)
{
  static const char asked[] = "CONNECT target.example:7 HTTP/1.1\r\n";
  static const pl_proxy proxy = {.host = {"127.0.0.1", 9}, .port = 1};
  const pl_route route = {.proxy = &proxy};
  pl_protocol like_http = stream, datagram = stream;
  (void)state;
  like_http.scheme = datagram.scheme = "ws";
  datagram.datagram = true;
  assert_true(pl_byte_line_is_proxied(&like_http, &route));
  assert_false(pl_byte_line_is_proxied(&like_http, &pl_route_default));
  assert_false(pl_byte_line_is_proxied(&stream, &route));
  assert_false(pl_byte_line_is_proxied(&datagram, &route));
  for (int refused = 0; refused < 2; refused++) {
    fixture f = {0};
    char bytes[sizeof asked] = "";
    wire_open(&f.w, 0);
    set_up_line(&f, &like_http, &route);
    dial(&f, f.w.port[0]);
    turn(&f);
    assert_int_equal(f.last, PL_LINE_WAITS);
    f.peer = accept(f.w.listener[0], NULL, NULL);
    assert_int_equal(recv(f.peer, bytes, sizeof asked - 1, MSG_WAITALL), sizeof asked - 1);
    assert_string_equal(bytes, asked);
    wire_write(f.peer, refused ? "HTTP/1.1 403 No\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n");
    if (refused)
      expect_failure(&f, PL_FAIL_CONNECT, "403");
    else
      assert_int_equal(settle(&f), PL_LINE_STANDS);
    end(&f);
  }
}

/* ---- Datagrams ----------------------------------------------------------------------------------- */

/* An open line of datagrams, and its peer. */
static void begin_datagrams(fixture *f)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  wire_open(&f->w, 0);
  set_up_line(f, &datagrams, &pl_route_default);
  f->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(f->peer, (struct sockaddr *)&a, size), 0);
  assert_int_equal(getsockname(f->peer, (struct sockaddr *)&a, &size), 0);
  dial(f, ntohs(a.sin_port));
  assert_int_equal(settle(f), PL_LINE_STANDS);
  assert_int_equal(kind->greet(&f->line, &f->st), PL_LINE_OPEN);
  assert_int_equal(getsockname(f->st.fd, (struct sockaddr *)&a, &size), 0);
  assert_int_equal(connect(f->peer, (struct sockaddr *)&a, size), 0);
}

/* They come between two operations: each stays one, nobody is woken by them, and none is read before it is asked for. */
static void datagrams_wait_for_a_receive(void **state)
{
  static const char *const answers[] = {"one\n", "two\n", "three\n"};
  fixture f = {0};
  (void)state;
  begin_datagrams(&f);
  send_text(&f, PL_STR("?\n"), true);
  assert_int_equal(f.last, PL_LINE_DONE);
  for (size_t i = 0; i < 3; i++)
    wire_write(f.peer, answers[i]);
  turn(&f);
  assert_int_equal(f.last, PL_LINE_WAITS);
  assert_int_equal(f.st.waits, 0);
  for (size_t i = 0; i < 3; i++) {
    uint64_t asked = pl_now(&pl_clock_system);
    send_text(&f, PL_STR(""), false);
    assert_int_equal(f.st.waits, PL_LINE_READ);
    assert_int_equal(settle(&f), PL_LINE_DONE);
    assert_memory_equal(f.talk.line, answers[i], strlen(answers[i]) - 1);
    assert_int_equal(f.st.received, strlen(answers[i]));
    assert_true(f.times.first_byte >= asked);
  }
  end(&f);
}

/* What came before a question is not its answer, whether it was noticed or not; and an empty datagram is no end. */
static void datagrams_that_are_passed_over(void **state)
{
  (void)state;
  for (int noticed = 0; noticed < 2; noticed++) {
    fixture f = {0};
    begin_datagrams(&f);
    wire_write(f.peer, "unasked\n");
    wire_write(f.peer, "");
    wire_write(f.peer, "unasked\n");
    if (noticed)
      turn(&f);
    send_text(&f, PL_STR("?\n"), false);
    assert_int_equal(f.last, PL_LINE_WAITS);
    wire_write(f.peer, "");
    turn(&f);
    assert_int_equal(f.last, PL_LINE_WAITS);
    assert_int_equal(f.times.first_byte, 0);
    wire_write(f.peer, "answer\n");
    assert_int_equal(settle(&f), PL_LINE_DONE);
    assert_string_equal(f.talk.line, "answer");
    end(&f);
  }
}

static void a_datagram_that_was_refused(void **state)
{
  fixture f = {0};
  (void)state;
  begin_datagrams(&f);
  close(f.peer);
  f.peer = -1;
  send_text(&f, PL_STR("?\n"), true);
  assert_int_equal(f.last, PL_LINE_DONE);
  send_text(&f, PL_STR("?\n"), false);
  expect_failure(&f, PL_FAIL_RESET, strerror(ECONNREFUSED));
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_comes_in_pieces),
      cmocka_unit_test(a_backlog_is_taken_in_order),
      cmocka_unit_test(a_greeting_opens),
      cmocka_unit_test(what_is_said_at_once_goes_out_before_the_answer),
      cmocka_unit_test(a_request_larger_than_the_socket_takes),
      cmocka_unit_test(nobody_listens),
      cmocka_unit_test(a_peer_that_leaves),
      cmocka_unit_test(a_peer_that_leaves_an_idle_line),
      cmocka_unit_test(an_end_waits_behind_what_was_said),
      cmocka_unit_test(what_comes_while_something_is_sent_waits),
      cmocka_unit_test(rubbish),
      cmocka_unit_test(a_peer_that_talks_unasked_has_a_limit),
      cmocka_unit_test(without_memory_for_a_request),
      cmocka_unit_test(nothing_of_a_line_that_was_hung_up_is_left),
      cmocka_unit_test(through_a_proxy),
      cmocka_unit_test(datagrams_wait_for_a_receive),
      cmocka_unit_test(datagrams_that_are_passed_over),
      cmocka_unit_test(a_datagram_that_was_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
