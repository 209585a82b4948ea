<!DOCTYPE html>
<html><body>install.sh</body></html>
