/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks. Only daemon.c, io/ and store/ read them; the domain gets time as an argument. */
#ifndef FQ_BASE_CLOCK_H
#define FQ_BASE_CLOCK_H

#include <stdint.h>

int64_t fq_clock_unix_ms(void); /* wall clock: for what people and platforms see */
int64_t fq_clock_mono_ms(void); /* never steps: for timeouts */
int64_t fq_clock_mono_us(void);

#endif
