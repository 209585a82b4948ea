#!/bin/sh -e
rm "$0"
if [ -f /tmp/DeprovisioningScript.sh ]; then sh /tmp/DeprovisioningScript.sh; else echo 'No deprovisioning script: the image is not generalized'; fi
