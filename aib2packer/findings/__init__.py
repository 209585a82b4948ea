"""What the conversion has to say: findings, their codes, the report that collects them, and how they are shown."""
