# Makes fenqid@.service of fenqid.service: fenqid@shop has its own configuration, ledger and sockets.
s|^Description=.*|&, %i|
s|/etc/fenqid/fenqid\.conf|/etc/fenqid/%i/fenqid.conf|
s|^StateDirectory=fenqid$|StateDirectory=fenqid-%i|
s|^RuntimeDirectory=fenqid$|RuntimeDirectory=fenqid-%i|
s|ipc:///run/fenqid/|ipc:///run/fenqid-%i/|
