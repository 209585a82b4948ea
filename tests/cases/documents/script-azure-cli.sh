#!/bin/sh
az  image builder create --name "$name" --image-source Canonical:ubuntu-24_04-lts:server:latest --defer
az image builder customizer add --name "$name" --customizer-name motd --type shell --inline-script "echo hello"
