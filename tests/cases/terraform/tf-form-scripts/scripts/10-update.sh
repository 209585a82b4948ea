#!/bin/bash
set -e
apt-get update
