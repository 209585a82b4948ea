#!/bin/sh -e
echo café > /etc/name
