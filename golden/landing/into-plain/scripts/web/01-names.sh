#!/bin/sh -e
docker ps --format '{{.Names}}'
