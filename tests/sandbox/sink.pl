#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A shop's end of the notifications: keeps each body in DIR/body.N, answers what DIR/answer says.
# usage: perl sink.pl DIR      (writes DIR/sink.port when it listens)
use strict;
use warnings;
use IO::Socket::INET;

my $dir = shift or die "usage: sink.pl DIR\n";
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 16)
    or die "cannot listen: $!\n";
keep("$dir/sink.port", $listener->sockport);
my $n = 0;
while (my $client = $listener->accept) {
    my ($length, $body) = (0, '');
    while (defined(my $line = <$client>)) {
        $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
        last if $line =~ /^\r?\n$/;
    }
    read($client, $body, $length);
    keep("$dir/body." . ++$n, $body);
    my $answer = slurp("$dir/answer");
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $answer,
        "\r\nConnection: close\r\n\r\n", $answer;
    close $client;
}

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or return 'success';
    local $/;
    return scalar <$file>;
}

sub keep {
    my ($path, $bytes) = @_;
    open my $file, '>:raw', "$path.new" or die "cannot write $path: $!\n";
    print $file $bytes;
    close $file;
    rename "$path.new", $path or die "cannot write $path: $!\n";
}
