#include "load/parts.h"

#include "support/failing.h"

enum { PARTS = 3 };

typedef struct fixture {
  unsigned reached[PARTS]; /* the conversation */
  pl_times times;
  pl_answer answer;
  pl_channel_part parts[PARTS];
  pl_channel_operation operation;
  pl_arena arena;
  int told[PARTS];
} fixture;

static unsigned part(const void *conversation, size_t i)
{
  return ((const unsigned *)conversation)[i];
}

static int part_result(void *conversation, size_t i, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  (void)conversation, (void)arena;
  *value = pl_tree_integer((int64_t)i);
  *status = i == 1 ? 5 : 0;
  *why = "no such part";
  return PL_OK;
}

static const pl_protocol protocol = {.part = part, .part_result = part_result};

static void on_part(void *user, size_t i)
{
  ((fixture *)user)->told[i]++;
}

static void begin(fixture *f)
{
  *f = (fixture){.times.begin = 100};
  f->operation = (pl_channel_operation){.times = &f->times, .answer = &f->answer, .user = f, .parts = f->parts, .n_parts = PARTS,
                                        .part_done = on_part};
  pl_arena_init(&f->arena, &pl_alloc_default, 1 << 16);
  pl_parts_begin(&f->operation);
}

static void tell(fixture *f, bool last)
{
  pl_parts_tell(&protocol, f->reached, &f->operation, &f->arena, last);
}

static void each_has_times_and_an_answer_of_its_own(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.times.connected = 110;
  f.answer.new_connection = true;
  f.reached[0] = PL_PART_BEGUN;
  f.reached[1] = PL_PART_BEGUN | PL_PART_SENT;
  pl_parts_look(&protocol, f.reached, &f.operation, 120, 121);
  tell(&f, false);
  assert_true(f.told[0] + f.told[1] + f.told[2] == 0 && f.parts[2].times.send == 0);
  f.reached[0] |= PL_PART_SENT;
  f.reached[1] |= PL_PART_ANSWERED | PL_PART_DONE;
  f.reached[2] = PL_PART_BEGUN | PL_PART_SENT;
  pl_parts_look(&protocol, f.reached, &f.operation, 130, 135);
  tell(&f, false);
  assert_true(f.told[0] == 0 && f.told[1] == 1 && f.told[2] == 0);
  const pl_channel_part *p = f.parts;
  assert_true(p[0].times.begin == 100 && p[0].times.connected == 110 && p[0].answer.new_connection && p[0].times.send == 120 && p[0].times.sent == 135);
  assert_true(!p[1].times.connected && !p[1].answer.new_connection && p[1].times.sent == 121 && p[1].times.first_byte == 135 && p[1].times.end == 135);
  assert_int_equal(p[1].answer.status, 5);
  assert_string_equal(p[1].answer.why, "no such part");
  assert_true(p[2].times.send == 130 && p[2].times.sent == 135);
  f.reached[0] = f.reached[2] = PL_PART_BEGUN | PL_PART_SENT | PL_PART_ANSWERED | PL_PART_DONE;
  pl_parts_look(&protocol, f.reached, &f.operation, 140, 141);
  f.answer.bytes_sent = 70;
  tell(&f, true);
  assert_true(f.told[0] == 1 && f.told[1] == 1 && f.told[2] == 1);
  assert_true(p[0].answer.bytes_sent == 70 && p[1].answer.bytes_sent == 0 && p[2].answer.bytes_sent == 0);
  assert_int_equal(p[2].value.as.integer, 2);
  pl_arena_fini(&f.arena);
}

static void what_was_not_done_fails_with_the_connection(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.reached[0] = PL_PART_BEGUN | PL_PART_SENT;
  f.reached[1] = PL_PART_BEGUN | PL_PART_SENT | PL_PART_ANSWERED | PL_PART_DONE;
  pl_parts_look(&protocol, f.reached, &f.operation, 120, 121);
  f.answer.failure = PL_FAIL_TIMEOUT;
  f.times.end = 200;
  pl_parts_fail(&f.operation, PL_PHASE_WAIT);
  tell(&f, true);
  assert_true(f.told[0] == 1 && f.told[1] == 1 && f.told[2] == 1);
  assert_true(f.parts[0].answer.failure == PL_FAIL_TIMEOUT && f.parts[0].times.cut == 1 + PL_PHASE_WAIT && f.parts[0].times.end == 200);
  assert_true(f.parts[1].answer.failure == PL_FAIL_NONE && f.parts[1].times.cut == 0 && f.parts[1].times.end == 121);
  assert_true(f.parts[2].answer.failure == PL_FAIL_TIMEOUT && f.parts[2].times.cut == 0); /* it was never sent */
  pl_arena_fini(&f.arena);
}

/* What passed over the connection belongs to a part that was sent. */
static void a_part_that_was_known_has_no_bytes(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.reached[0] = PL_PART_DONE;
  f.reached[1] = f.reached[2] = PL_PART_BEGUN | PL_PART_SENT | PL_PART_ANSWERED | PL_PART_DONE;
  pl_parts_look(&protocol, f.reached, &f.operation, 120, 121);
  f.answer.bytes_sent = 70;
  tell(&f, true);
  assert_true(f.parts[0].times.send == 0 && f.parts[0].answer.bytes_sent == 0 && f.parts[1].answer.bytes_sent == 70);
  pl_arena_fini(&f.arena);
}

/* Where nothing was sent, the first part was in the connection's phase. */
static void a_connection_that_never_stood_is_the_first_parts(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.times.resolved = 105;
  f.answer.failure = PL_FAIL_TIMEOUT;
  f.times.end = 200;
  pl_parts_fail(&f.operation, PL_PHASE_CONNECT);
  assert_true(f.parts[0].times.resolved == 105 && f.parts[0].times.connected == 200 && f.parts[0].times.cut == 1 + PL_PHASE_CONNECT);
  assert_true(f.parts[1].times.resolved == 0 && f.parts[1].times.cut == 0);
  pl_arena_fini(&f.arena);
}

static void a_part_may_be_late_alone(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  f.reached[0] = f.reached[1] = PL_PART_BEGUN | PL_PART_SENT;
  pl_parts_look(&protocol, f.reached, &f.operation, 120, 121);
  f.reached[1] |= PL_PART_DONE | PL_PART_LATE;
  f.reached[2] = PL_PART_DONE | PL_PART_LATE; /* nobody sent it */
  pl_parts_look(&protocol, f.reached, &f.operation, 130, 135);
  tell(&f, false);
  assert_true(f.told[0] == 0 && f.told[1] == 1 && f.told[2] == 1);
  for (int i = 1; i < PARTS; i++) {
    assert_int_equal(f.parts[i].answer.failure, PL_FAIL_TIMEOUT);
    assert_string_equal(f.parts[i].answer.why, "no complete answer in time");
    assert_int_equal(f.parts[i].times.end, 135);
    assert_int_equal(f.parts[i].value.kind, PL_TREE_NIL);
  }
  assert_int_equal(f.parts[1].times.cut, 1 + PL_PHASE_WAIT);
  assert_int_equal(f.parts[2].times.cut, 0);
  assert_false(f.parts[0].done);
  pl_arena_fini(&f.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_has_times_and_an_answer_of_its_own), cmocka_unit_test(what_was_not_done_fails_with_the_connection),
                                     cmocka_unit_test(a_part_that_was_known_has_no_bytes), cmocka_unit_test(a_part_may_be_late_alone),
                                     cmocka_unit_test(a_connection_that_never_stood_is_the_first_parts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
