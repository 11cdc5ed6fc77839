/* The words of PromQL: those that are known, with their arguments, and those that are refused by name. */
#include "query/promql_tree.h"

#define SCALAR PL_VALUE_SCALAR
#define VECTOR PL_VALUE_VECTOR
#define MATRIX PL_VALUE_MATRIX
#define STRING PL_VALUE_STRING

static const pl_function functions[] = {
    {"rate", PL_FN_RATE, VECTOR, 1, 1, {MATRIX}},
    {"increase", PL_FN_INCREASE, VECTOR, 1, 1, {MATRIX}},
    {"delta", PL_FN_DELTA, VECTOR, 1, 1, {MATRIX}},
    {"irate", PL_FN_IRATE, VECTOR, 1, 1, {MATRIX}},
    {"deriv", PL_FN_DERIV, VECTOR, 1, 1, {MATRIX}},
    {"changes", PL_FN_CHANGES, VECTOR, 1, 1, {MATRIX}},
    {"resets", PL_FN_RESETS, VECTOR, 1, 1, {MATRIX}},
    {"avg_over_time", PL_FN_AVG_OVER, VECTOR, 1, 1, {MATRIX}},
    {"sum_over_time", PL_FN_SUM_OVER, VECTOR, 1, 1, {MATRIX}},
    {"min_over_time", PL_FN_MIN_OVER, VECTOR, 1, 1, {MATRIX}},
    {"max_over_time", PL_FN_MAX_OVER, VECTOR, 1, 1, {MATRIX}},
    {"count_over_time", PL_FN_COUNT_OVER, VECTOR, 1, 1, {MATRIX}},
    {"last_over_time", PL_FN_LAST_OVER, VECTOR, 1, 1, {MATRIX}},
    {"present_over_time", PL_FN_PRESENT_OVER, VECTOR, 1, 1, {MATRIX}},
    {"stddev_over_time", PL_FN_STDDEV_OVER, VECTOR, 1, 1, {MATRIX}},
    {"stdvar_over_time", PL_FN_STDVAR_OVER, VECTOR, 1, 1, {MATRIX}},
    {"quantile_over_time", PL_FN_QUANTILE_OVER, VECTOR, 2, 2, {SCALAR, MATRIX}},
    {"absent_over_time", PL_FN_ABSENT_OVER, VECTOR, 1, 1, {MATRIX}},
    {"abs", PL_FN_ABS, VECTOR, 1, 1, {VECTOR}},
    {"ceil", PL_FN_CEIL, VECTOR, 1, 1, {VECTOR}},
    {"floor", PL_FN_FLOOR, VECTOR, 1, 1, {VECTOR}},
    {"sqrt", PL_FN_SQRT, VECTOR, 1, 1, {VECTOR}},
    {"exp", PL_FN_EXP, VECTOR, 1, 1, {VECTOR}},
    {"ln", PL_FN_LN, VECTOR, 1, 1, {VECTOR}},
    {"round", PL_FN_ROUND, VECTOR, 1, 2, {VECTOR, SCALAR}},
    {"clamp", PL_FN_CLAMP, VECTOR, 3, 3, {VECTOR, SCALAR, SCALAR}},
    {"clamp_min", PL_FN_CLAMP_MIN, VECTOR, 2, 2, {VECTOR, SCALAR}},
    {"clamp_max", PL_FN_CLAMP_MAX, VECTOR, 2, 2, {VECTOR, SCALAR}},
    {"label_replace", PL_FN_LABEL_REPLACE, VECTOR, 5, 5, {VECTOR, STRING, STRING, STRING, STRING}},
    {"histogram_quantile", PL_FN_HISTOGRAM_QUANTILE, VECTOR, 2, 2, {SCALAR, VECTOR}},
    {"time", PL_FN_TIME, SCALAR, 0, 0, {SCALAR}},
    {"vector", PL_FN_VECTOR, VECTOR, 1, 1, {SCALAR}},
};

static const char *const aggregators[] = {"sum", "avg", "min", "max", "count", "group", "stddev", "quantile", "topk", "bottomk"};

static const char *const left_out[] = {
    "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh", "deg", "rad", "pi", "day_of_month",
    "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year", "timestamp", "double_exponential_smoothing", "holt_winters",
    "first_over_time", "mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
    "histogram_avg", "histogram_count", "histogram_fraction", "histogram_quantiles", "histogram_stddev", "histogram_stdvar", "histogram_sum", "idelta", "info",
    "label_join", "log10", "log2", "predict_linear", "scalar", "sgn", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "stdvar",
    "count_values", "limitk", "limit_ratio", "step",
};

const pl_function *pl_function_find(pl_str name)
{
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (pl_str_eqc(name, functions[i].name))
      return &functions[i];
  }
  return NULL;
}

int pl_aggregator_find(pl_str name)
{
  for (size_t i = 0; i < sizeof aggregators / sizeof *aggregators; i++) {
    if (pl_str_ieq(name, pl_str_of(aggregators[i])))
      return (int)i;
  }
  return -1;
}

bool pl_promql_is_left_out(pl_str name)
{
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
    if (pl_str_eqc(name, left_out[i]))
      return true;
  }
  return false;
}

const char *pl_value_type_text(enum pl_value_type type)
{
  static const char *const texts[] = {"scalar", "instant vector", "range vector", "string"};
  return texts[type];
}
