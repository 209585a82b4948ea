#!/bin/sh -e
cat > /etc/motd <<'EOF'
Hello ${USER}
	EOT
EOT
EOF
  indented
