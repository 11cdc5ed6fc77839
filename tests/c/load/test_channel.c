/* Channels over both kinds of lines: bytes over a socket of ours, here with a protocol of lines of text, and a library's own socket,
 * which it may close and open again while it connects. */
#include "load/channel.h"

#include "base/error.h"
#include "load/wire.h"

/* ---- A protocol of lines: say(text) sends a line, and the next line is its answer ------------------- */

typedef struct talk {
  char line[64];
  bool greets, knows;
  int asked; /* what it must know first */
  /* of a line of its own */
  int fd;
  struct sockaddr_in peer;
  bool dialled_twice, busy;
  char said[64];
} talk;

static bool given_up;

static int talk_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  talk *c = c_;
  (void)options, (void)a, (void)err;
  c->greets = pl_str_eqc(url->target, "/greet") || pl_str_eqc(url->target, "/open");
  c->fd = -1;
  return PL_OK;
}

static void talk_close(void *c_)
{
  assert_int_equal(((talk *)c_)->fd, -1);
}

static int talk_greet(void *c_, pl_buf *out, const char **why)
{
  talk *c = c_;
  (void)why;
  c->asked = 0;
  if (!c->greets)
    return PL_PROTOCOL_DONE;
  (void)pl_buf_adds(out, "hello\r\n\r\n");
  return PL_PROTOCOL_MORE;
}

static int talk_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_protocol_request *request,
                      pl_error *err)
{
  talk *c = c_;
  (void)named;
  request->since_opening = pl_str_eqc(operation, "hear");
  request->prepares = pl_str_eqc(operation, "learn") && c->asked++ < 2;
  request->known = c->knows = pl_str_eqc(operation, "know");
  if (request->prepares) {
    (void)pl_buf_adds(out, "what?\r\n\r\n");
    return PL_OK;
  }
  if (request->since_opening || request->known)
    return PL_OK;
  if (!args->n)
    return pl_fail(err, PL_EINVAL, "nothing to say");
  if (pl_str_eqc(operation, "flood")) /* and says nothing of it */
    return out->bad = PL_ELIMIT;
  (void)snprintf(c->said, sizeof c->said, "%.*s\r\n\r\n", (int)args->as.items[0].as.string.len, args->as.items[0].as.string.data);
  (void)pl_buf_adds(out, c->said);
  request->no_answer = pl_str_eqc(operation, "tell");
  return PL_OK;
}

static int talk_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  talk *c = c_;
  (void)out;
  const char *end = len ? memchr(data, '\n', len) : NULL;
  *used = end ? (size_t)(end - data) + 1 : 0;
  *why = "rubbish";
  if (len && data[0] == '!')
    return PL_EPROTO;
  if (!end)
    return c->knows ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
  (void)pl_copy(c->line, sizeof c->line, (pl_str){data, *used - 1});
  return PL_PROTOCOL_DONE;
}

static int talk_ended(void *c_, const char **why)
{
  (void)pl_copy(((talk *)c_)->line, 64, PL_STR("the end"));
  (void)why;
  return PL_PROTOCOL_DONE;
}

static int talk_over(const void *c_, const char **why)
{
  if (strcmp(((const talk *)c_)->line, "bye") != 0)
    return 0;
  *why = "it said bye";
  return PL_EPROTO;
}

static int talk_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  talk *c = c_;
  (void)arena;
  *status = c->line[0] == '-';
  *why = c->line;
  *value = pl_tree_text(pl_str_of(c->line));
  return PL_OK;
}

static const char *const operations[] = {"say", "tell", "hear", "learn", "know", "flood", NULL};
static const pl_protocol lines = {.head = {"talk", PL_PROTOCOL_ABI}, .word = "talk", .scheme = "talk", .operations = operations, .size = sizeof(talk),
                                  .open = talk_open, .close = talk_close, .greet = talk_greet, .begin = talk_begin,
                                  .receive = talk_receive, .ended = talk_ended, .over = talk_over, .result = talk_result};

/* ---- The same with a socket of its own, which is closed and opened anew once it is connected --------- */

static int dial_again(talk *c, pl_line_state *st)
{
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  (void)connect(c->fd, (struct sockaddr *)&c->peer, sizeof c->peer);
  st->fd = c->fd;
  st->waits = PL_LINE_WRITE;
  return PL_LINE_WAITS;
}

static enum pl_line_progress own_dial(void *c_, const struct sockaddr *peer, pl_line_state *st)
{
  talk *c = c_;
  memcpy(&c->peer, peer, sizeof c->peer);
  c->dialled_twice = c->busy = false;
  return (enum pl_line_progress)dial_again(c, st);
}

static enum pl_line_progress own_send(void *c_, pl_str request, bool no_answer, pl_line_state *st)
{
  talk *c = c_;
  (void)no_answer;
  c->busy = true;
  assert_int_equal(send(c->fd, request.data, request.len, MSG_NOSIGNAL), request.len);
  st->times->sent = pl_now(st->clock);
  st->waits = PL_LINE_READ;
  return PL_LINE_WAITS;
}

static enum pl_line_progress own_step(void *c_, int ready, pl_line_state *st)
{
  talk *c = c_;
  int error = 0;
  socklen_t size = sizeof error;
  if (!c->busy && ready & PL_LINE_WRITE) {
    (void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      return pl_line_fail(st, PL_FAIL_CONNECT, strerror(error));
    }
    if (!c->dialled_twice) {
      c->dialled_twice = true;
      close(c->fd);
      return (enum pl_line_progress)dial_again(c, st);
    }
    st->waits = PL_LINE_READ;
    return PL_LINE_OPEN;
  }
  ssize_t n = recv(c->fd, c->line, sizeof c->line - 1, 0);
  if (n <= 0)
    return pl_line_fail(st, PL_FAIL_RESET, "closed");
  c->line[n - 1] = '\0';
  c->busy = false;
  return PL_LINE_DONE;
}

static void own_hang_up(void *c_)
{
  talk *c = c_;
  close(c->fd);
  c->fd = -1;
}

static void note_given_up(void *data)
{
  *(bool *)data = true;
}

static pl_line_work own_give_up(void *c_)
{
  (void)c_;
  return (pl_line_work){note_given_up, &given_up};
}

static const pl_line_kind own = {.moves = true, .dial = own_dial, .send = own_send, .step = own_step, .hang_up = own_hang_up, .give_up = own_give_up};

/* ---- An operation of a test --------------------------------------------------------------------------- */

typedef struct speaker {
  wire w;
  pl_protocol protocol;
  pl_channel *channel;
  pl_channel_operation operation;
  pl_times times;
  pl_answer answer;
  pl_tree arg, args, named;
  bool inside;
  int sendings, dones;
  uint64_t aside_ns;
} speaker;

static void on_sending(void *user, uint64_t aside_ns)
{
  ((speaker *)user)->sendings++;
  ((speaker *)user)->aside_ns = aside_ns;
}

static void on_done(void *user)
{
  speaker *s = user;
  assert_false(s->inside);
  s->dones++;
}

static void speaker_open(speaker *s, const pl_line_kind *kind, const char *path, int port)
{
  char url[64];
  memset(s, 0, sizeof *s);
  wire_open(&s->w, 0);
  s->protocol = lines;
  s->protocol.line = kind;
  s->protocol.open_label = strcmp(path, "/open") == 0 ? "talk open" : NULL;
  (void)snprintf(url, sizeof url, "talk://127.0.0.1:%d%s", port ? port : s->w.port[0], path);
  assert_int_equal(pl_channel_new(s->w.client, &s->protocol, pl_str_of(url), NULL, NULL, &s->channel, NULL), PL_OK);
}

static void speaker_close(speaker *s)
{
  pl_channel_close(s->channel);
  wire_close(&s->w);
}

/* operation NULL: the opening. */
static void start(speaker *s, const char *operation, const char *text, uint64_t timeout_ms)
{
  pl_protocol_request request;
  s->arg = pl_tree_text(pl_str_of(text));
  s->args = (pl_tree){.kind = PL_TREE_LIST, .n = 1, .as.items = &s->arg};
  s->operation = (pl_channel_operation){.timeout_ns = timeout_ms * PL_MS_NS, .times = &s->times, .answer = &s->answer, .sending = on_sending,
                                        .done = on_done, .user = s};
  s->dones = s->sendings = 0;
  pl_str name = operation ? pl_str_of(operation) : (pl_str){NULL, 0};
  assert_int_equal(pl_channel_begin(s->channel, name, &s->args, &s->named, &request, NULL), PL_OK);
  s->inside = true;
  pl_channel_start(s->channel, &s->operation);
  s->inside = false;
}

static void await(speaker *s)
{
  while (!s->dones)
    wire_turn(&s->w);
  assert_int_equal(s->dones, 1);
  assert_true(s->times.end >= s->times.begin);
}

/* Opens a channel that has an opening, which is answered so; gives the peer's socket. */
static int open_answered(speaker *s, const char *answer)
{
  speaker_open(s, NULL, "/open", 0);
  start(s, NULL, "", 0);
  int fd = wire_serve(&s->w, 0, answer);
  await(s);
  return fd;
}

static const char *value_of(const speaker *s)
{
  static char text[64];
  assert_int_equal(s->answer.failure, PL_FAIL_NONE);
  (void)pl_copy(text, sizeof text, pl_channel_value(s->channel)->as.string);
  return text;
}

static void an_operation_that_is_refused_says_why(void **state)
{
  speaker s;
  pl_protocol_request request;
  pl_error err = {0}, none = {0};
  pl_tree word = pl_tree_text(PL_STR("a")), some = {.kind = PL_TREE_LIST, .n = 1, .as.items = &word}, empty = {.kind = PL_TREE_LIST};
  (void)state;
  speaker_open(&s, NULL, "", 0);
  assert_int_equal(pl_channel_begin(s.channel, PL_STR("flood"), &some, &s.named, &request, &err), PL_ELIMIT);
  assert_string_equal(err.message, "talk: the request is too large, or out of memory");
  assert_int_equal(pl_channel_begin(s.channel, PL_STR("say"), &empty, &s.named, &request, &none), PL_EINVAL);
  assert_string_equal(none.message, "nothing to say");
  speaker_close(&s);
}

static void one_connection_carries_many_operations(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/", 0);
  start(&s, "say", "one", 0);
  int fd = wire_serve(&s.w, 0, "first\nsecond\n");
  await(&s);
  assert_string_equal(value_of(&s), "first");
  assert_true(s.answer.new_connection && s.answer.bytes_sent == 7 && s.answer.bytes_received == 13 && s.sendings == 1);
  assert_true(s.times.connected && s.times.send <= s.times.sent && s.times.sent <= s.times.first_byte && s.times.first_byte <= s.times.end);
  start(&s, "say", "two", 0); /* its answer came before it was asked */
  await(&s);
  assert_string_equal(value_of(&s), "second");
  assert_false(s.answer.new_connection);
  start(&s, "tell", "three", 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_NONE);
  close(fd);
  speaker_close(&s);
}

/* What is known of the wait begins behind the greeting. */
static void a_greeting_comes_first(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/greet", 0);
  start(&s, "say", "one", 0);
  int fd = wire_accept(&s.w, 0);
  assert_string_equal(wire_read(&s.w, fd), "hello\r\n\r\n");
  assert_int_equal(s.sendings, 0);
  wire_write(fd, "welcome\n");
  assert_string_equal(wire_read(&s.w, fd), "one\r\n\r\n");
  wire_write(fd, "-no\n");
  await(&s);
  assert_int_equal(s.answer.status, 1);
  assert_int_equal(s.answer.bytes_sent, strlen("hello\r\n\r\none\r\n\r\n"));
  assert_string_equal(s.answer.why, "-no");
  assert_true(s.times.first_byte >= s.times.sent);
  close(fd);
  speaker_close(&s);
}

/* An opening sends what opens. An answer that it has asked for counts from there, and has sent nothing itself. */
static void an_opening_is_sent_once(void **state)
{
  speaker s;
  (void)state;
  int fd = open_answered(&s, "welcome\nfirst\n");
  pl_times opening = s.times;
  assert_true(opening.send && opening.send <= opening.sent && opening.sent <= opening.first_byte);
  assert_true(s.sendings == 1 && s.answer.bytes_sent == strlen("hello\r\n\r\n"));
  start(&s, "hear", "", 0); /* came with the opening's answer */
  await(&s);
  assert_string_equal(value_of(&s), "first");
  assert_true(s.times.begin == opening.begin && s.times.send == opening.send && s.times.first_byte == s.times.end);
  assert_true(s.times.sent == 0 && s.sendings == 0 && s.answer.bytes_sent == 0);
  start(&s, "hear", "", 0);
  wire_write(fd, "second\n");
  await(&s);
  assert_string_equal(value_of(&s), "second");
  assert_true(s.times.sent == 0 && s.times.first_byte > s.times.send);
  close(fd);
  speaker_close(&s);
}

/* What the conversation must know before an operation is asked before its send, on a new connection and on one that stands. */
static void what_prepares_an_operation_is_in_no_figure(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/", 0);
  start(&s, "learn", "one", 0);
  int fd = wire_accept(&s.w, 0);
  for (int i = 0; i < 2; i++) {
    assert_string_equal(wire_read(&s.w, fd), "what?\r\n\r\n");
    assert_int_equal(s.sendings, 0);
    wire_write(fd, "this\n");
  }
  assert_string_equal(wire_read(&s.w, fd), "one\r\n\r\n");
  wire_write(fd, "first\n");
  await(&s);
  assert_string_equal(value_of(&s), "first");
  assert_true(s.sendings == 1 && s.aside_ns > 0 && s.times.send >= s.times.connected + s.aside_ns);
  assert_true(s.times.sent >= s.times.send && s.times.first_byte >= s.times.sent);
  start(&s, "say", "two", 0);
  (void)wire_read(&s.w, fd);
  wire_write(fd, "second\n");
  await(&s);
  assert_int_equal(s.aside_ns, 0);
  close(fd);
  speaker_close(&s);
  speaker_open(&s, NULL, "/", 0);
  start(&s, "say", "one", 0);
  fd = wire_serve(&s.w, 0, "first\n");
  await(&s);
  start(&s, "learn", "two", 20);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_TIMEOUT);
  assert_int_equal(s.times.cut, 0);
  close(fd);
  speaker_close(&s);
}

/* Nothing is sent for what is known, and nobody is told that it is. */
static void what_is_known_is_not_sent(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/", 0);
  start(&s, "say", "one", 0);
  int fd = wire_serve(&s.w, 0, "first\n");
  await(&s);
  start(&s, "know", "it", 0);
  await(&s);
  assert_true(s.answer.failure == PL_FAIL_NONE && s.sendings == 0 && s.times.send == 0 && s.times.end >= s.times.begin);
  start(&s, "say", "two", 0);
  assert_string_equal(wire_read(&s.w, fd), "two\r\n\r\n");
  wire_write(fd, "second\n");
  await(&s);
  assert_true(s.times.send > 0 && strcmp(value_of(&s), "second") == 0);
  close(fd);
  speaker_close(&s);
}

static void a_greeting_is_no_phase(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/greet", 0);
  start(&s, "say", "one", 20);
  int fd = wire_accept(&s.w, 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_TIMEOUT);
  assert_true(s.times.connected && s.times.connected < s.times.end && !s.times.cut);
  close(fd);
  speaker_close(&s);
}

static void an_end_that_completes_hangs_up_first(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/", 0);
  start(&s, "say", "one", 0);
  int fd = wire_accept(&s.w, 0);
  (void)wire_read(&s.w, fd);
  close(fd);
  await(&s);
  assert_string_equal(value_of(&s), "the end");
  assert_false(pl_channel_is_open(s.channel));
  start(&s, "say", "two", 0);
  fd = wire_serve(&s.w, 0, "again\n");
  await(&s);
  assert_string_equal(value_of(&s), "again");
  assert_true(s.answer.new_connection);
  close(fd);
  speaker_close(&s);
}

/* What came before the peer's end, while nobody asked, is there for those who do. */
static void an_end_between_operations_waits_behind_what_came_before(void **state)
{
  speaker s;
  (void)state;
  int fd = open_answered(&s, "hello\nfirst\nsecond\n");
  close(fd);
  for (int i = 0; i < 20; i++)
    wire_turn(&s.w);
  assert_true(pl_channel_is_open(s.channel));
  start(&s, "hear", "", 0);
  await(&s);
  assert_string_equal(value_of(&s), "first");
  start(&s, "hear", "", 0);
  await(&s);
  assert_string_equal(value_of(&s), "second");
  while (pl_channel_is_open(s.channel))
    wire_turn(&s.w);
  start(&s, "hear", "", 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_RESET);
  speaker_close(&s);
}

/* The peer closes a connection whose conversation is over; nothing is sent on it meanwhile. */
static void a_conversation_that_is_over_takes_no_operation(void **state)
{
  speaker s;
  char byte;
  (void)state;
  int fd = open_answered(&s, "hello\n");
  start(&s, "say", "bye", 0);
  (void)wire_read(&s.w, fd);
  assert_true(pl_channel_is_open(s.channel));
  wire_write(fd, "bye\n");
  await(&s);
  assert_string_equal(value_of(&s), "bye");
  assert_false(pl_channel_is_open(s.channel));
  assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
  start(&s, "say", "two", 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_PROTOCOL);
  assert_string_equal(s.answer.why, "it said bye");
  assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
  close(fd);
  speaker_close(&s);
}

static void failures_have_their_class(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, NULL, "/", 1);
  start(&s, "say", "one", 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_CONNECT);
  speaker_close(&s);
  speaker_open(&s, NULL, "/", 0);
  start(&s, "say", "one", 0);
  int fd = wire_serve(&s.w, 0, "!\n");
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_PROTOCOL);
  close(fd);
  start(&s, "say", "two", 20);
  fd = wire_accept(&s.w, 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_TIMEOUT);
  assert_int_equal(s.times.end, s.times.begin + 20 * PL_MS_NS);
  assert_int_equal(s.times.cut, 1 + PL_PHASE_WAIT);
  close(fd);
  start(&s, "say", "three", 0);
  fd = wire_accept(&s.w, 0);
  (void)wire_read(&s.w, fd);
  wire_reset(fd);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_RESET);
  start(&s, "say", "four", 0);
  pl_channel_abort(s.channel);
  assert_int_equal(s.dones, 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_ABORTED);
  speaker_close(&s);
}

/* The second socket has, most likely, the number of the first. */
static void a_library_moves_its_socket_while_it_connects(void **state)
{
  speaker s;
  (void)state;
  speaker_open(&s, &own, "/", 0);
  start(&s, "say", "one", 0);
  close(wire_accept(&s.w, 0));
  int fd = wire_serve(&s.w, 0, "first\n");
  await(&s);
  assert_string_equal(value_of(&s), "first");
  start(&s, "say", "two", 0);
  (void)wire_read(&s.w, fd);
  wire_write(fd, "second\n");
  await(&s);
  assert_string_equal(value_of(&s), "second");
  close(fd);
  while (pl_channel_is_open(s.channel))
    wire_turn(&s.w);
  speaker_close(&s);
}

static void a_library_is_told_to_give_up(void **state)
{
  speaker s;
  (void)state;
  given_up = false;
  speaker_open(&s, &own, "/", 0);
  start(&s, "say", "one", 50);
  close(wire_accept(&s.w, 0));
  int fd = wire_accept(&s.w, 0);
  await(&s);
  assert_int_equal(s.answer.failure, PL_FAIL_TIMEOUT);
  close(fd);
  speaker_close(&s); /* waits for what runs elsewhere */
  assert_true(given_up);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_operation_that_is_refused_says_why), cmocka_unit_test(one_connection_carries_many_operations), cmocka_unit_test(a_greeting_comes_first), cmocka_unit_test(an_opening_is_sent_once), cmocka_unit_test(a_greeting_is_no_phase),
      cmocka_unit_test(what_prepares_an_operation_is_in_no_figure),
      cmocka_unit_test(what_is_known_is_not_sent),
      cmocka_unit_test(an_end_that_completes_hangs_up_first), cmocka_unit_test(a_conversation_that_is_over_takes_no_operation),
      cmocka_unit_test(an_end_between_operations_waits_behind_what_came_before),
      cmocka_unit_test(failures_have_their_class),
      cmocka_unit_test(a_library_moves_its_socket_while_it_connects), cmocka_unit_test(a_library_is_told_to_give_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
