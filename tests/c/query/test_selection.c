/* Which series a selector names, and what of their samples and distributions each step sees. */
#include "query/evaluated.h"

/* ---- Series ----------------------------------------------------------------------------------- */

/* The series of a selector, "{labels}" for each; a value of theirs is not read. */
static const char *named(evaluated *f, const char *selector)
{
  pl_selection found;
  pl_vector v;
  size_t steps = f->e.steps;
  assert_int_equal(pl_selection_read(&f->e, &parsed(f, selector)->selector, &found), PL_OK);
  assert_int_equal(pl_vector_init(&f->e, &v, found.n), PL_OK);
  for (size_t i = 0; i < found.n; i++)
    v.elements[i].labels = found.series[i].labels;
  f->e.steps = 0;
  const char *text = show(f, &v);
  f->e.steps = steps;
  return text;
}

static void series_come_in_order_of_their_labels(void **state)
{
  evaluated *f = *state;
  static const char *const selectors[] = {"b{job='x'}", "a{job='y',code='1'}", "a{job='x'}", "a{__name='1'}", "a{__name__s='1'}", "a{__o='1'}", "a{Z='1'}", "b{Z='0'}"};
  for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
    given(f, selectors[i], "1");
  assert_string_equal(named(f, "{source='import'}"), "{Z=\"0\", __name__=\"b\"}\n{Z=\"1\", __name__=\"a\"}\n{__name=\"1\", __name__=\"a\"}\n"
                                                     "{__name__=\"a\", __name__s=\"1\"}\n{__name__=\"a\", __o=\"1\"}\n{__name__=\"a\", code=\"1\", job=\"y\"}\n"
                                                     "{__name__=\"a\", job=\"x\"}\n{__name__=\"b\", job=\"x\"}");
}

static void tests_hold_for_labels(void **state)
{
  evaluated *f = *state;
  given(f, "x{job='a'}", "1");
  given(f, "x{job='b'}", "1");
  given(f, "x", "1");
  assert_string_equal(named(f, "x{job='a'}"), "{__name__=\"x\", job=\"a\"}");
  assert_string_equal(named(f, "x{job!='a'}"), "{__name__=\"x\", job=\"b\"}\n{__name__=\"x\"}"); /* source sorts behind job */
  assert_string_equal(named(f, "x{job=''}"), "{__name__=\"x\"}");
  assert_string_equal(named(f, "x{job=~'a|'}"), "{__name__=\"x\", job=\"a\"}\n{__name__=\"x\"}");
  assert_string_equal(named(f, "x{job!~'a|'}"), "{__name__=\"x\", job=\"b\"}");
  assert_string_equal(named(f, "{__name__!='x',job='a'}"), "");
  assert_string_equal(named(f, "{__name__=~'x+',job='b'}"), "{__name__=\"x\", job=\"b\"}");
  assert_string_equal(named(f, "{__name__='x',__name__='y'}"), "");
}

static void labels_of_the_source_count_unless_the_series_has_them(void **state)
{
  evaluated *f = *state;
  given(f, "x", "1");
  given(f, "own{instance='mine'}", "1");
  assert_string_equal(named(f, "x{instance='here',source='import',origin='production'}"), "{__name__=\"x\"}");
  assert_string_equal(named(f, "x{role='target'}"), "{__name__=\"x\"}"); /* both is a target and a generator */
  assert_string_equal(named(f, "x{role='generator'}"), "{__name__=\"x\"}");
  assert_string_equal(named(f, "x{role='other'}"), "");
  assert_string_equal(named(f, "own{instance='here'}"), "");
  pl_selection found;
  assert_int_equal(pl_selection_read(&f->e, &parsed(f, "own{instance='mine'}")->selector, &found), PL_OK);
  assert_int_equal(found.n, 1);
  assert_int_equal(found.series[0].labels.n, 5); /* a name, one instance, source, role, origin */
  assert_false(found.series[0].is_dist);
}

/* ---- Samples ---------------------------------------------------------------------------------- */

/* What a walk gave: "STEP(FROM,TO] value value" for each call, seconds from BEGIN_S; "v" where values may fall, "+" where more follows. */
typedef struct record {
  char text[1024];
  size_t n;
  int code; /* to be returned */
} record;

static int on_step(void *user, size_t step, const pl_step_samples *s)
{
  const int64_t second = (int64_t)PL_S_NS, begin = second * BEGIN_S;
  record *r = user;
  char *to = r->text + r->n;
  size_t size = sizeof r->text - r->n, n;
  n = (size_t)snprintf(to, size, "%s%zu(%lld,%lld]", r->n ? "; " : "", step, (long long)((s->from_ns - begin) / second), (long long)((s->to_ns - begin) / second));
  for (size_t i = 0; i < s->piece.n; i++)
    n += (size_t)snprintf(to + n, size - n, pl_is_absent(s->piece.values[i]) ? " _" : " %g", s->piece.values[i]);
  n += (size_t)snprintf(to + n, size - n, "%s%s", s->piece.falls ? " v" : "", s->more ? " +" : "");
  assert_true(n < size);
  r->n += n;
  return r->code;
}

static int walk(evaluated *f, const char *selector, bool whole, pl_step_fn fn, void *user)
{
  const pl_selector *s = &parsed(f, selector)->selector;
  pl_selection found;
  assert_int_equal(pl_selection_read(&f->e, s, &found), PL_OK);
  assert_int_equal(found.n, 1);
  return pl_selection_walk(&f->e, &s->when, &found.series[0], whole, fn, user);
}

static void walks(evaluated *f, const char *selector, bool whole, const char *expected)
{
  record r = {.n = 0};
  if (walk(f, selector, whole, on_step, &r))
    fail_msg("%s", f->err.message);
  assert_string_equal(r.text, expected);
}

static void a_step_sees_its_window(void **state)
{
  evaluated *f = *state;
  f->e.steps = 4;
  given(f, "x", "1 5 _ 3");
  walks(f, "x[20s]", true, "0(-20,0] 1; 1(-10,10] 1 5; 2(0,20] 5; 3(10,30] 3"); /* marks of staleness are no samples of a range */
  walks(f, "x[30s]", true, "0(-30,0] 1; 1(-20,10] 1 5; 2(-10,20] 1 5; 3(0,30] 5 3 v");
  walks(f, "x[10s] offset 20s", true, "2(-10,0] 1; 3(0,10] 5");
  walks(f, "x", true, "0(-300,0] 1; 1(-290,10] 1 5; 2(-280,20] 1 5 _; 3(-270,30] 1 5 _ 3");
}

static void steps_between_samples_see_nothing(void **state)
{
  evaluated *f = *state;
  int64_t x = make_series(f, "x", PL_SERIES_GAUGE);
  put(f, x, 0, 0, 1);
  put(f, x, 0, 1000, 2);
  commit(f);
  f->e.steps = 3;
  f->e.step_ms = 500000;
  walks(f, "x[10s]", false, "0(-10,0] 1; 2(990,1000] 2");
  walks(f, "x offset 1h", false, "");
}

static void samples_of_several_runs_are_one_series(void **state)
{
  evaluated *f = *state;
  int64_t x = make_series(f, "x", PL_SERIES_GAUGE);
  put(f, x, 0, 0, 1);
  put(f, x, 0, 4, 3);
  put(f, x, 1, 2, 20);
  put(f, x, 1, 4, 30); /* the moment of an ambient sample: the run's holds */
  put(f, x, 2, 3, 200);
  commit(f);
  f->e.from_ms += 4000;
  walks(f, "x[10s]", false, "0(-6,4] 1 20 200 30 v");
  f->e.run = 1;
  walks(f, "x[10s]", false, "0(-6,4] 1 20 30");
  f->e.run = 2;
  walks(f, "x[10s]", false, "0(-6,4] 1 200 3 v");
  f->e.run = 3;
  walks(f, "x[10s]", false, "0(-6,4] 1 3");
}

/* Takes the pieces of the only step; the last one is the one that nothing follows. */
static int on_piece(void *user, size_t step, const pl_step_samples *s)
{
  record *r = user;
  assert_int_equal(step, 0);
  assert_int_equal(r->code, 0);
  assert_true(s->from_ns == (BEGIN_S - 10) * (int64_t)PL_S_NS && s->to_ns == (BEGIN_S + 50) * (int64_t)PL_S_NS);
  for (size_t i = 0; i < s->piece.n; i++)
    r->n += (size_t)snprintf(r->text + r->n, sizeof r->text - r->n, " %g", s->piece.values[i]);
  r->code = !s->more;
  return PL_OK;
}

static void an_only_step_may_come_in_pieces(void **state)
{
  evaluated *f = *state;
  record r = {.n = 0};
  given(f, "x", "1 _ 5 3 _ 4");
  f->e.from_ms += 50000;
  assert_int_equal(walk(f, "x[1m]", false, on_piece, &r), PL_OK);
  assert_string_equal(r.text, " 1 5 3 4");
  assert_true(r.code);
  assert_int_equal(f->samples.values_cap, 0); /* nothing was kept */
  walks(f, "x[1m]", true, "0(-10,50] 1 5 3 4 v");
  walks(f, "x", false, "0(-250,50] 1 _ 5 3 _ 4 v");
}

static void the_code_of_the_callback_ends_a_walk(void **state)
{
  evaluated *f = *state;
  record r = {.code = PL_ECANCELED};
  f->e.steps = 3;
  given(f, "x", "1 2 3");
  assert_int_equal(walk(f, "x[10s]", true, on_step, &r), PL_ECANCELED);
  assert_string_equal(r.text, "0(-10,0] 1");
}

enum { SAMPLES = 30000, PERIOD = 5000, WINDOW_S = 100 };

static void put_long_series(evaluated *f)
{
  int64_t x = make_series(f, "long", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < SAMPLES; i++)
    put(f, x, 0, i, (double)(i % PERIOD));
  commit(f);
}

/* Step i has the samples from 100 i on; their values fall where a period begins within. */
static int check_step(void *user, size_t step, const pl_step_samples *s)
{
  size_t *next = user;
  assert_int_equal(step, *next);
  assert_int_equal(s->piece.n, WINDOW_S);
  for (size_t i = 0; i < WINDOW_S; i++)
    assert_true(s->piece.values[i] == (double)((step * WINDOW_S + i) % PERIOD));
  assert_false(s->piece.falls); /* periods begin with steps */
  ++*next;
  return PL_OK;
}

static void a_long_series_loses_what_no_step_needs(void **state)
{
  evaluated *f = *state;
  size_t steps = 0;
  put_long_series(f);
  f->samples.max = SAMPLES / 2;
  f->e.from_ms += (WINDOW_S - 1) * 1000;
  f->e.step_ms = WINDOW_S * 1000;
  f->e.steps = SAMPLES / WINDOW_S;
  if (walk(f, "long[100s]", true, check_step, &steps))
    fail_msg("%s", f->err.message);
  assert_int_equal(steps, SAMPLES / WINDOW_S);
}

static void a_step_has_a_most_of_samples(void **state)
{
  evaluated *f = *state;
  size_t steps = 0;
  put_long_series(f);
  f->samples.max = 4000;
  f->e.from_ms += SAMPLES * 1000;
  assert_int_equal(walk(f, "long[3h]", true, check_step, &steps), PL_ELIMIT);
  assert_string_equal(f->err.message, "more than 4000 samples of one series are needed at once: ask for a shorter range, or a shorter time");
  assert_int_equal(steps, 0);
}

static void several_runs_need_all_samples_at_once(void **state)
{
  evaluated *f = *state;
  size_t steps = 0;
  put_long_series(f);
  put(f, make_series(f, "long", PL_SERIES_GAUGE), 1, 0, 1);
  commit(f);
  f->samples.max = SAMPLES / 2;
  f->e.step_ms = WINDOW_S * 1000;
  f->e.steps = SAMPLES / WINDOW_S;
  assert_int_equal(walk(f, "long[100s]", true, check_step, &steps), PL_ELIMIT);
  assert_int_equal(steps, 0);
}

static int walk_once(const pl_allocator *a, void *user)
{
  evaluated *f = user;
  record r = {.n = 0};
  f->samples = (pl_sample_buffer){.alloc = a, .max = 1 << 16};
  int code = walk(f, "x[10s]", true, on_step, &r);
  pl_sample_buffer_fini(&f->samples);
  return code;
}

static void memory_of_samples_may_fail(void **state)
{
  evaluated *f = *state;
  int64_t x = make_series(f, "x", PL_SERIES_GAUGE);
  put(f, x, 1, 0, 1);
  put(f, x, 2, -1, 2);
  commit(f);
  failing_every(walk_once, f, 100);
  f->samples = (pl_sample_buffer){.alloc = &pl_alloc_default};
}

/* ---- Distributions ---------------------------------------------------------------------------- */

static const char *distributions(evaluated *f, const char *selector)
{
  const pl_selector *s = &parsed(f, selector)->selector;
  pl_selection found;
  pl_element x = {.labels = {NULL, 0}};
  assert_int_equal(pl_selection_read(&f->e, s, &found), PL_OK);
  assert_int_equal(found.n, 1);
  assert_true(found.series[0].is_dist);
  if (pl_selection_dists(&f->e, &s->when, &found.series[0], &x.dists))
    fail_msg("%s", f->err.message);
  return x.dists ? show(f, &(pl_vector){&x, 1}) : "none";
}

static void an_interval_stands_at_its_end(void **state)
{
  evaluated *f = *state;
  int64_t d = make_series(f, "d", PL_SERIES_DIST);
  f->e.steps = 4;
  put_dist(f, d, 0, -1, 1, 1);
  put_dist(f, d, 1, 8, 1, 10);
  put_dist(f, d, 2, 10, 1, 100);
  commit(f);
  assert_string_equal(distributions(f, "d"), "{} [1] [10] [100] [100]");
  assert_string_equal(distributions(f, "d[10s]"), "{} [1] [10] [100] _");
  assert_string_equal(distributions(f, "d[1m]"), "{} [1] [11] [111] [111]");
  assert_string_equal(distributions(f, "d[10s] offset 10s"), "{} _ [1] [10] [100]");
  f->e.from_ms += 500;
  assert_string_equal(distributions(f, "d[1s]"), "{} [1] _ _ _"); /* one that begins before the range */
  f->e.from_ms -= 500;
  f->e.run = 1;
  assert_string_equal(distributions(f, "d[1m]"), "{} [1] [11] [11] [11]");
  f->e.from_ms += 300000 - 1000;
  f->e.run = 0;
  assert_string_equal(distributions(f, "d"), "{} [100] [100] _ _");
  f->e.from_ms += 300000;
  assert_string_equal(distributions(f, "d"), "none");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      EVALUATED_TEST(series_come_in_order_of_their_labels),
      EVALUATED_TEST(tests_hold_for_labels),
      EVALUATED_TEST(labels_of_the_source_count_unless_the_series_has_them),
      EVALUATED_TEST(a_step_sees_its_window),
      EVALUATED_TEST(steps_between_samples_see_nothing),
      EVALUATED_TEST(samples_of_several_runs_are_one_series),
      EVALUATED_TEST(an_only_step_may_come_in_pieces),
      EVALUATED_TEST(the_code_of_the_callback_ends_a_walk),
      EVALUATED_TEST(a_long_series_loses_what_no_step_needs),
      EVALUATED_TEST(a_step_has_a_most_of_samples),
      EVALUATED_TEST(several_runs_need_all_samples_at_once),
      EVALUATED_TEST(memory_of_samples_may_fail),
      EVALUATED_TEST(an_interval_stands_at_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
