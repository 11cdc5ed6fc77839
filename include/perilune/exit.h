/* Exit codes of the command line and of pl_run_exit_code(): a contract with schedulers and CI. */
#ifndef PERILUNE_EXIT_H
#define PERILUNE_EXIT_H

/* X(symbol, code, reason), in order of precedence: where several apply, the first listed wins.
 * 128+n (ended by signal n) comes before all of these. */
#define PL_EXIT_MAP(X)                                                                             \
  X(PL_EXIT_DEADLINE, 124, "deadline")             /* --deadline passed */                         \
  X(PL_EXIT_USAGE, 2, "usage")                     /* the command line is wrong */                 \
  X(PL_EXIT_BAD_FILE, 8, "bad_file")               /* file, configuration or database is bad */    \
  X(PL_EXIT_LOCKED, 75, "locked")                  /* another run holds the lock */                \
  X(PL_EXIT_SCRIPT, 5, "script_error")             /* the playbook failed */                       \
  X(PL_EXIT_INTERNAL, 1, "internal")               /* Perilune failed */                           \
  X(PL_EXIT_NO_ANSWER, 6, "target_never_answered") /* not one answer came */                       \
  X(PL_EXIT_REFUSED, 7, "refused")                 /* no grant, or approval is missing */          \
  X(PL_EXIT_INCONCLUSIVE, 4, "inconclusive")       /* the data cannot tell */                      \
  X(PL_EXIT_FAILED, 3, "objective_failed")         /* an objective or a comparison failed */       \
  X(PL_EXIT_PASS, 0, "pass")

#define PL_EXIT_ENUM(symbol, code, reason) symbol = code,
enum pl_exit { PL_EXIT_MAP(PL_EXIT_ENUM) PL_EXIT_SIGNAL = 128 /* + signal number */ };
#undef PL_EXIT_ENUM

#endif
