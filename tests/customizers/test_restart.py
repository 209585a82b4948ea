"""Whether shell commands restart the VM."""

import pytest

from aib2packer.customizers.restart import restarts_vm

RESTARTS = [
    "reboot",
    "sudo reboot",
    "sudo -n /sbin/reboot -f",
    "reboot\r\n",
    "apt-get -y upgrade\n\treboot",
    "apt-get -y upgrade && reboot",
    "apt-get -y upgrade \\\n  && reboot",
    "echo hi;reboot",
    "shutdown -r now",
    "shutdown --reboot +1",
    "shutdown -r +5 'back soon'",
    "systemctl reboot",
    "sudo systemctl reboot --no-wall",
    "init 6",
    "telinit 6",
    "if [ -f /var/run/reboot-required ]; then reboot; fi",
    "if [ -f /var/run/reboot-required ]\nthen\n  reboot\nfi",
    "if needs-restarting -r; then :; else reboot; fi",
    "needs-restarting -r || sudo shutdown -r now",
    "test -f x && { reboot; }",
    "(sleep 5; reboot) &",
    "nohup sh -c 'sleep 1; reboot' &",
    'bash -c "reboot"',
    "for i in 1; do reboot; done",
    "case x in y) reboot;; esac",
    "x=1 reboot",
    "env x=1 reboot",
    "timeout 5 reboot",
    "if ! reboot; then :; fi",
    "echo a # comment\nreboot",
    "# don't\nreboot",
    "echo ${#list}; reboot",
    "curl https://example.com/#x && reboot",
    "cat > x <<'EOF'\nreboot\nEOF\nreboot",
]
NOTHING = [
    "",
    "true",
    "# reboot",
    "echo reboot",
    "echo 'now; reboot'",
    'echo "now; reboot" > /etc/motd',
    "echo done # then reboot",
    "grep reboot /var/log/messages",
    "man reboot || true",
    "which reboot",
    "command -v reboot",
    "reboot --help",
    "reboot_needed=1",
    "shutdown -c",
    "shutdown -h now",
    "shutdown now",
    "init 3",
    "systemctl restart nginx",
    "systemctl enable rebooter",
    "cat > x <<EOF\nreboot\nEOF",
    "cat > x <<-'END'\n\treboot\n\tEND",
    "(crontab -l; echo '0 5 * * * /sbin/shutdown -r now') | crontab -",
    "apt-get install -y reboot-notifier",
]


@pytest.mark.parametrize("commands", RESTARTS)
def test_a_command_that_restarts_the_vm_is_seen(commands: str) -> None:
    assert restarts_vm(commands)


@pytest.mark.parametrize("commands", NOTHING)
def test_what_only_speaks_of_a_restart_is_none(commands: str) -> None:
    assert not restarts_vm(commands)
