#!/bin/bash -e
list=(nginx jq)
apt-get -y install "${list[@]}"
