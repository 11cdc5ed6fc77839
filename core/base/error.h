/* Filling pl_error (include/perilune/error.h). */
#ifndef PL_BASE_ERROR_H
#define PL_BASE_ERROR_H

#include "perilune/error.h"

/* Empties err; NULL is fine. What a public function does first. */
void pl_error_clear(pl_error *err);

/* Writes code and a printf text into err, unless err is NULL or already holds an error (the first
 * wins). Returns code, so that `return pl_fail(err, PL_EINVAL, "...")` reads well. */
int pl_fail(pl_error *err, int code, const char *format, ...) PL_PRINTF(3, 4);

/* As pl_fail, with ": " and the text of sys_errno behind the message (of EMFILE what to do, too), and err->sys set. */
int pl_fail_sys(pl_error *err, int code, int sys_errno, const char *format, ...) PL_PRINTF(4, 5);

/* Puts "operation: " before the message of an error that is set; a message too long loses its end.
 * Does nothing for NULL or an err without error. Returns err's code, or PL_OK. */
int pl_fail_in(pl_error *err, const char *format, ...) PL_PRINTF(2, 3);

/* The PL_E code that fits an errno best (ENOENT -> PL_ENOENT, ENOSPC -> PL_EFULL ... else PL_EIO). */
int pl_code_of_errno(int sys_errno);

#endif
