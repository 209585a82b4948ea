#!/bin/sh -e
echo one
echo two

echo three
