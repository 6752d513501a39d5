# SPDX-License-Identifier: Apache-2.0
# daemon/flow/drive.c with a bug in it: what goes to the platform is committed only after it was sent.
s|^    } else if (drive->commit != NULL) {$|    } else if (drive->commit != NULL \&\& drive->answer.verdict.step != FQ_STEP_SEND) { /* planted */|
/^    fq_wait_wake(drive->flow, drive->seq);$/{
n
s|^    drive_send(drive);$|    drive->n_sends > 0 ? drive_sent(\&drive->send) : drive_send(drive); /* planted */|
}
/^    struct fq_drive \*drive = send->flow;$/a\
    if (drive->commit != NULL \&\& drive->tx.done == NULL) { /* planted */\
        drive_commit(drive);\
        return;\
    }
