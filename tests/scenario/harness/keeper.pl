#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Does with a program what systemd does with a service that has a socket: holds the listening socket, hands
# it over as descriptor 3, and starts the program again. SIGUSR1 stops the program (SIGTERM), SIGUSR2
# starts it again, SIGTERM stops both; ends as the program ended.
# usage: perl keeper.pl PORT PROGRAM ARGUMENT...
use strict;
use warnings;
use Socket;
use POSIX ();

my ($port, @command) = @ARGV;
$| = 1;
$^F = 3; # descriptors above are closed in the program; 3 is the socket
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!";
bind($socket, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!";
listen($socket, 511) or die "listen: $!";

my $child = 0;
my ($is_ending, $wants_stop, $wants_start) = (0, 0, 1);
$SIG{TERM} = sub { $is_ending = $wants_stop = 1 };
$SIG{USR1} = sub { $wants_stop = 1 };
$SIG{USR2} = sub { $wants_start = 1 };

sub begin {
    $child = fork() // die "fork: $!";
    if ($child == 0) {
        POSIX::dup2(fileno($socket), 3) // die "dup2: $!";
        @ENV{qw(LISTEN_FDS LISTEN_PID LISTEN_FDNAMES)} = (1, $$, 'web');
        exec(@command) or POSIX::_exit(127);
    }
    print "keeper: started $child\n";
}

my $code = 0;
while (1) {
    if ($wants_start && !$child) { $wants_start = 0; begin(); }
    if ($wants_stop && $child) { $wants_stop = 0; kill 'TERM', $child; }
    exit $code if $is_ending && !$child;
    select(undef, undef, undef, 0.01);
    if ($child && waitpid($child, POSIX::WNOHANG()) == $child) {
        $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
        print "keeper: ended $code\n";
        $child = 0;
    }
}
