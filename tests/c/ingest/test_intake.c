/* What becomes of names, labels, limits. */
#include "ingest/intake.h"

#include "ingest/intake_fixture.h"

/* "name", then names and values of labels in turn. */
static int64_t find(fixture *f, const char *name, size_t n, const char *const *texts)
{
  pl_label labels[8];
  for (size_t i = 0; i < n; i++)
    labels[i] = (pl_label){pl_str_of(texts[2 * i]), pl_str_of(texts[2 * i + 1])};
  pl_intake_series s = {.source = PL_STR("remote_write"), .name = pl_str_of(name), .labels = labels, .n_labels = n};
  return pl_intake_find(f->intake, &s);
}

#define FIND(f, name, ...) find(f, name, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) / 2, (const char *const[]){__VA_ARGS__})

static void series_are_made_ours(void **state)
{
  fixture *f = *state;
  int64_t up = FIND(f, "up", "role", "db", "instance", "a:1", "empty", "");
  int64_t dotted = FIND(f, "9.a-b", "job", "x");
  assert_true(up >= 0 && dotted >= 0 && up != dotted);
  assert_true(FIND(f, "up", "instance", "a:1", "role", "db") == up);
  pl_intake_sample(f->intake, (uint32_t)up, 5, 1.5);
  pl_intake_sample(f->intake, (uint32_t)dotted, 6, 2);
  assert_string_equal(fixture_series(f), "_9_a_b{instance=here job=x origin=production role=target source=remote_write } 2@6"
                                         "up{exported_role=db instance=a:1 origin=production role=target source=remote_write } 1.5@5");
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(counts->samples == 2 && counts->series == 2);
}

static void an_origin_and_a_role_of_ours_stay(void **state)
{
  fixture *f = *state;
  pl_intake_sample(f->intake, (uint32_t)FIND(f, "m", "origin", "synthetic", "role", "generator", "source", "host"), 5, 1);
  pl_intake_sample(f->intake, (uint32_t)FIND(f, "n", "origin", "elsewhere", "role", "generator"), 5, 2);
  pl_intake_sample(f->intake, (uint32_t)FIND(f, "o", "origin", "production", "role", "db"), 5, 3);
  assert_string_equal(fixture_series(f), "m{exported_source=host instance=here origin=synthetic role=generator source=remote_write } 1@5"
                                         "n{exported_origin=elsewhere exported_role=generator instance=here origin=production role=target source=remote_write } 2@5"
                                         "o{exported_role=db instance=here origin=production role=target source=remote_write } 3@5");
}

/* Labels that a sender has put a NUL in are no others, and a label that is made ours is none that is there. */
static void labels_are_not_mixed_up(void **state)
{
  fixture *f = *state;
  pl_label labels[] = {{PL_STR("a"), PL_STR("b\0c\0d")}};
  const pl_intake_series s = {.source = PL_STR("remote_write"), .name = PL_STR("m"), .labels = labels, .n_labels = 1};
  assert_true(FIND(f, "m", "a", "b", "c", "d") >= 0);
  assert_int_equal(pl_intake_find(f->intake, &s), -1 - PL_REASON_LABELS);
  assert_int_equal(FIND(f, "m", "role", "a", "exported_role", "b"), -1 - PL_REASON_LABELS);
}

static void limits_hold(void **state)
{
  fixture *f = *state;
  assert_int_equal(FIND(f, "", "a", "b"), -1 - PL_REASON_NAME);
  assert_int_equal(FIND(f, "m", "a", "1", "b", "2", "c", "3", "d", "4"), -1 - PL_REASON_LABELS);
  assert_int_equal(FIND(f, "m", "a", "longer than twenty bytes"), -1 - PL_REASON_LABELS);
  assert_int_equal(FIND(f, "m", "a", "1", "a", "2"), -1 - PL_REASON_LABELS);
  assert_int_equal(FIND(f, "m", "", "2"), -1 - PL_REASON_LABELS);
  assert_true(FIND(f, "m", "a", "1", "b", "2", "c", "3", "instance", "i") >= 0);
  assert_true(FIND(f, "m", "a", "1") >= 0);
  assert_true(FIND(f, "m", "a", "2") >= 0);
  assert_int_equal(FIND(f, "m", "a", "3"), -1 - PL_REASON_SERIES);
  assert_true(FIND(f, "m", "a", "2") >= 0);
}

static void the_rate_is_kept(void **state)
{
  fixture *f = *state;
  uint32_t series = (uint32_t)FIND(f, "m", "a", "1");
  assert_true(pl_intake_rate_allows(f->intake));
  for (int i = 0; i < 20; i++)
    pl_intake_sample(f->intake, series, i, 1);
  assert_false(pl_intake_rate_allows(f->intake));
  pl_fake_clock_advance(&f->clock, PL_S_NS);
  assert_false(pl_intake_rate_allows(f->intake)); /* as much as came before is paid first */
  pl_fake_clock_advance(&f->clock, PL_MS_NS);
  assert_true(pl_intake_rate_allows(f->intake));
}

static void refusals_are_counted(void **state)
{
  fixture *f = *state;
  pl_intake_refuse(f->intake, PL_REASON_BODY, 1);
  pl_intake_refuse(f->intake, PL_REASON_BODY, 2);
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_BODY], 3);
  assert_string_equal(pl_reason_name(PL_REASON_BODY), "body");
  assert_string_equal(pl_reason_of(PL_REASON_SERIES), "samples");
  assert_string_equal(pl_reason_text(PL_REASON_SERIES), "too many series");
}

static void senseless_limits_are_refused(void **state)
{
  fixture *f = *state;
  pl_intake *in;
  pl_intake_options o = fixture_options(f);
  o.limits.labels = PL_INTAKE_LABELS + 1;
  assert_int_equal(pl_intake_new(&o, &in, NULL), PL_EINVAL);
  o = fixture_options(f);
  o.limits.series = 0;
  assert_int_equal(pl_intake_new(&o, &in, NULL), PL_EINVAL);
}

static int without_memory(const pl_allocator *a, void *user)
{
  pl_intake_options o = fixture_options(user);
  pl_intake *in;
  o.alloc = a;
  int code = pl_intake_new(&o, &in, NULL);
  if (code)
    return code;
  pl_label label = {PL_STR("a"), PL_STR("b")};
  pl_intake_series s = {.source = PL_STR("remote_write"), .name = PL_STR("a.b"), .labels = &label, .n_labels = 1};
  code = pl_intake_find(in, &s) < 0 ? PL_ENOMEM : PL_OK;
  pl_intake_free(in);
  return code;
}

static void memory_may_run_out(void **state)
{
  failing_every(without_memory, *state, 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(series_are_made_ours, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(an_origin_and_a_role_of_ours_stay, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(labels_are_not_mixed_up, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(limits_hold, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(the_rate_is_kept, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(refusals_are_counted, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(senseless_limits_are_refused, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(memory_may_run_out, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
