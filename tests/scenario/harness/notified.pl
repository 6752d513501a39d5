#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What systemd would hear: each message that is sent to the socket PATH, one in a line.
# usage: perl notified.pl PATH
use strict;
use warnings;
use Socket;

my ($path) = @ARGV;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, sockaddr_un($path)) or die "$path: $!";
$| = 1;
print "listening\n";
while (defined recv($socket, my $message, 65536, 0)) {
    $message =~ s/\n/; /g;
    print "$message\n";
}
