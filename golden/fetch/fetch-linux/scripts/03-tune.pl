#!/usr/bin/env perl
exec "reboot";
