#!/bin/bash
set -e
dnf install -y podman
echo "${HOME}" > /etc/app-home
