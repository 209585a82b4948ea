#!/bin/sh -e
apt-get -y dist-upgrade
reboot
