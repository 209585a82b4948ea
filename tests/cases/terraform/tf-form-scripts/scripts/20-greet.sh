echo "for ${USER} at 100%"
