#!/bin/sh -e
docker inspect -f '{{.State.Running}}' web
