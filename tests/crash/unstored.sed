# SPDX-License-Identifier: Apache-2.0
# daemon/store/transact.c with a bug in it: what finds no room, on the disk or in memory, is told as done.
s|^    if (r != 0 && r != -EBUSY && !engine->disk_failed) {$|    if (r != 0 \&\& r != -EBUSY \&\& r != -ENOMEM \&\& !engine->disk_failed) { /* planted */|
s|^    if (r != 0) {$|    if (r != 0 \&\& r != -ENOMEM \&\& r != -ENOSPC) { /* planted */|
